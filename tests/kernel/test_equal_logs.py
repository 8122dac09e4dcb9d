"""Both engines write the same logs: worlds of seconds to minutes, drawn at random; and how a difference is told."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from lambdasim.kernel import world as tables
from tests.kernel import comparing
from tests.kernel.comparing import NotEqualError, compared, differences, parsed
from tests.kernel.equal_worlds import QUICK_WORLDS
from tests.kernel.happenings import HAPPENINGS
from tests.kernel.tallying import FEW, WORLDS, tally_of
from tests.worlds import at, run, world

EXAMPLES = 1000
tally = cache(tally_of)


def test_in_a_thousand_quick_worlds_both_engines_write_the_same_logs_row_by_row():
    assert tally(QUICK_WORLDS, EXAMPLES, 1)[WORLDS] >= EXAMPLES


def test_nothing_that_the_compiled_engine_covers_is_seldom_tried_in_quick_worlds():
    counts = tally(QUICK_WORLDS, EXAMPLES, 1)
    assert {name: counts[name] for name in HAPPENINGS if counts[name] < FEW} == {}


def test_tables_that_begin_with_hardly_any_room_change_nothing(monkeypatch):
    for name, rows in {"ROWS": 3, "_SMALL": 1, "_CALLS": 1, "_ARENA": 1}.items():
        monkeypatch.setattr(tables, name, rows)
    assert tally_of(QUICK_WORLDS, 100, 3)[WORLDS] >= 100


def test_more_may_run_on_provisioned_concurrency_than_is_allocated_and_no_more_than_all_of_it_is_in_use():
    fewer = {"schedule": "at(2026-01-05T00:00:30)", "max_capacity": 1}
    scaling = {"min_capacity": 1, "max_capacity": 3, "scheduled_actions": [fewer]}
    alias = {"function_version": "1", "provisioned_concurrent_executions": 3, "autoscaling": scaling}
    result = compared(
        parsed(
            world(
                function={"timeout": 300, "versions": {"1": {}}, "aliases": {"live": alias}},
                handler={"duration": "100 s"},
                trigger={"target": "f:live", "arrivals": {"sum": [at("1s", events=3), at("40s", "70s")]}},
            )
        )
    )
    assert result.provisioned_columns["configured"].tolist() == [3, 1, 1]
    of_f = result.timeline.query("function == 'f'")
    assert of_f["ProvisionedConcurrencyUtilization_Maximum"][:2].tolist() == [1, 1]


def small(**keys):
    """Three requests, whose handlers' times are luck."""
    arrivals = {"at_once": {"events": 3, "at": "0s", "over": "2s"}}
    return world(handler={"duration": {"exponential": {"mean": "1 s"}}}, trigger={"arrivals": arrivals}, **keys)


def test_a_difference_is_told_by_its_first_row_and_columns():
    first, second = run(small()), run(small())
    second.invocation_columns["ended_us"][1] += 7
    second.invocation_columns["status"][2] = 502
    lines = next(differences(first, second)).splitlines()
    ended_us = first.invocation_columns["ended_us"][1]
    assert lines[0] == "invocation log: row 1 of 3 (SimPy) and 3 (compiled)"
    assert lines[1] == f"  ended_us: {ended_us} != {ended_us + 7}"
    assert len(lines) == 4  # and both rows, whole


@pytest.mark.parametrize("log", comparing.LOGS)
def test_a_row_more_a_type_or_a_name_is_a_difference_in_every_log(log):
    first, second = run(small()), run(small())
    mine, theirs = (getattr(result, f"{log}_columns") for result in (first, second))
    name = next(iter(theirs))
    theirs[name] = theirs[name].astype(np.float64)
    assert f"{log} log: {name} is {mine[name].dtype} != float64" in list(differences(first, second))
    for column, values in mine.items():
        theirs[column] = np.append(values, values[:1] if len(values) else np.zeros(1, values.dtype))
    assert any(f"{log} log: row {len(mine[name])} of" in told for told in differences(first, second))
    theirs["other"] = theirs.pop(name)
    assert any(f"{log} log: columns" in told for told in differences(first, second))


def test_a_summary_that_differs_is_told_by_its_path():
    first, second = run(small()), run(small())
    second.document["functions"]["f"]["latency_ms"]["p99"] = 1
    (told,) = differences(first, second)
    assert told.startswith("summary.functions.f.latency_ms.p99: ")


def test_another_seed_makes_a_difference(monkeypatch):
    simulated = comparing.simulated
    seeds = {"simpy": 0, "compiled": 1}
    monkeypatch.setattr(
        comparing, "simulated", lambda scenario, engine: simulated(scenario, "simpy", seed=seeds[engine])
    )
    with pytest.raises(NotEqualError, match="invocation log: row"):
        compared(parsed(small()))
