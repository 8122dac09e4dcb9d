"""The scaling rule before 2023-11, on the example of AWS's operator guide (On-demand scaling example).

10,000 requests in us-east-1, in equal bulks at the start of each of one to four minutes; each call lasts just under a
minute. 3,000 environments at once, then 500 more a minute.
"""

import numpy as np
import pytest

from lambdasim.codes import StartCause, StartType
from tests.theory.worlds import direct, function, log_of, ran, throttled, world

REQUESTS = 10_000


def bulks(minutes, requests=REQUESTS):
    """``requests`` in equal bulks, the first ones one larger where it does not divide."""
    sizes = [requests // minutes + (n < requests % minutes) for n in range(minutes)]
    return {"sum": [{"at_once": {"events": n, "at": f"{m}m", "over": "0 s"}} for m, n in enumerate(sizes)]}


def old_rule(functions, triggers, **keys):
    account = {"scaling": "regional_burst", "concurrent_executions": 100_000}
    return world(functions, triggers, duration="5m", account=account, region="us-east-1", **keys)


@pytest.mark.parametrize(("minutes", "expected"), [(1, [7000]), (2, [2000, 1500]), (3, [334, 0, 0]), (4, [0, 0, 0, 0])])
def test_ten_thousand_requests_are_throttled_as_the_operator_guide_says(minutes, expected):
    # The guide's 333 in the first of three minutes is a third of 10,000; the first bulk here has 3,334.
    log = log_of(old_rule({"f": function("59 s")}, {"calls": direct("f", bulks(minutes))}))
    minute = log["arrived_us"] // 60_000_000
    assert np.bincount(minute[throttled(log)], minlength=minutes).tolist() == expected
    assert ran(log).sum() == REQUESTS - sum(expected)


def test_all_functions_of_the_region_share_the_burst():
    scenario = old_rule(
        {"f": function("59 s"), "g": function("59 s")},
        {"to-f": direct("f", bulks(2, 4000)), "to-g": direct("g", bulks(2, 4000))},
    )
    log = log_of(scenario)
    first = log["arrived_us"] == 0
    assert ran(log)[first].sum() == 3000  # of 4,000
    assert ran(log)[~first].sum() == 3000 + 500  # those again, and 500 environments more


@pytest.mark.parametrize(("region", "burst"), [("us-east-2", 1000), ("eu-west-1", 3000), ("eu-north-1", 500)])
def test_the_initial_burst_depends_on_the_region(region, burst):
    account = {"scaling": "regional_burst", "concurrent_executions": 100_000}
    calls = {"calls": direct("f", bulks(1))}
    log = log_of(world({"f": function("59 s")}, calls, duration="1m", account=account, region=region))
    assert ran(log).sum() == burst
    assert set(log["start_type"][ran(log)]) == {StartType.COLD}
    assert set(log["start_cause"][ran(log)]) == {StartCause.SCALE_OUT}
