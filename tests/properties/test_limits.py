"""Concurrency, recomputed from the log: never above a limit, and its peaks as CloudWatch's series show them."""

import numpy as np
from hypothesis import given

import lambdasim
from lambdasim.units import US_PER_MINUTE
from tests.properties.strategies import EXAMPLES, run, worlds
from tests.theory.worlds import direct, function
from tests.theory.worlds import world as bare_world


def steps(rows):
    """(times, concurrency from each time on) of runs that hold [invoked, ended); ends go before beginnings."""
    times = np.concatenate([rows["ended_us"], rows["invoked_us"]])
    change = np.repeat([-1, 1], rows["ended_us"].size)
    order = np.lexsort((change, times))
    return times[order], np.cumsum(change[order])


def highest(rows):
    return int(steps(rows)[1].max(initial=0))


def of_functions(rows, indices):
    chosen = np.isin(rows["function"], indices)
    return {name: values[chosen] for name, values in rows.items()}


def peaks(rows, minutes):
    """The highest concurrency in each minute: what it begins with, and what it rises to."""
    times, level = steps(rows)
    found = []
    for minute in range(minutes):
        from_us, to_us = minute * US_PER_MINUTE, (minute + 1) * US_PER_MINUTE
        settled = np.searchsorted(times, from_us, side="right")  # all that happens at the minute's first instant
        begins = level[settled - 1] if settled else 0
        within = level[(times >= from_us) & (times < to_us)]
        found.append(int(max(begins, within.max(initial=0))))
    return found


def reserved_of(world):
    return [function.get("reserved_concurrent_executions") for function in world["functions"].values()]


@EXAMPLES
@given(worlds())
def test_concurrency_stays_within_quota_reservation_and_unreserved_pool(world):
    ran, reserved = run(world).ran, reserved_of(world)
    quota = world["account"]["concurrent_executions"]
    assert highest(ran) <= quota
    for index, limit in enumerate(reserved):
        if limit is not None:
            assert highest(of_functions(ran, [index])) <= limit
    unreserved = [index for index, limit in enumerate(reserved) if limit is None]
    assert highest(of_functions(ran, unreserved)) <= quota - sum(limit or 0 for limit in reserved)


@EXAMPLES
@given(worlds(drain="15m", duration="70 s"))
def test_the_peaks_of_each_minute_are_those_of_the_log(world):
    outcome = run(world)
    table = outcome.result.timeline
    table = table[table["measured"]]
    reserved = reserved_of(world)
    for index, name in enumerate([*world["functions"], "*"]):
        rows = outcome.ran if name == "*" else of_functions(outcome.ran, [index])
        shown = table["ConcurrentExecutions"][table["function"] == name].tolist()
        assert shown == peaks(rows, len(shown)), name
    unreserved = of_functions(outcome.ran, [index for index, limit in enumerate(reserved) if limit is None])
    shown = table["UnreservedConcurrentExecutions"][table["function"] == "*"].tolist()
    assert shown == peaks(unreserved, len(shown))


def test_a_run_that_ends_as_a_minute_begins_is_not_in_flight_in_it():
    once = {"at_once": {"events": 2, "at": "0 s", "over": "0 s"}}
    scenario = bare_world({"f": function("60 s")}, {"calls": direct("f", once)}, duration="3m")
    table = lambdasim.simulate(scenario).timeline
    assert table["ConcurrentExecutions"][table["function"] == "f"].tolist() == [2, 0, 0]
