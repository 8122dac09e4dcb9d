"""What comes first of the things that happen at one instant: ends, then what becomes ready, then arrivals.

Handlers of no time make the order visible: such an environment becomes ready and is free again at one instant.
"""

from __future__ import annotations

from typing import Any

from lambdasim.codes import Outcome, StartType
from tests.worlds import at, environments, rows, run, world

S = 1_000_000


def slow_and_instant(**changes: Any) -> dict[str, Any]:
    """``f`` takes 1 s, ``g`` no time; both take 100 ms to start. Users ``u`` call f, then g; others call g."""
    document = world(function={"timeout": 1}, **changes)
    document["functions"]["g"] = document["functions"]["f"] | {"handler": {"duration": "0 s"}}
    steps = [{"invoke": "f"}, {"invoke": "g"}]
    document["triggers"] = {
        "u": {"type": "journey", "arrivals": at("0s"), "flows": [{"weight": 1, "steps": steps}]},
        "others": {"type": "direct", "target": "g", "client": {"retries": "none"}, "arrivals": at("1s")},
    }
    document["triggers"]["u"] |= {"on_error": "continue", "client": {"retries": "none", "read_timeout": "2 s"}}
    return document


def calls_of_g(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of ``g``: the user's, then the other's."""
    return sorted((row for row in rows(run(document)) if row["function"] == 1), key=lambda row: row["trigger"])


def test_a_call_that_arrives_as_an_environment_becomes_ready_comes_after_it():
    document = world(handler={"duration": "0 s"})
    document["triggers"]["late"] = document["triggers"]["t"] | {"arrivals": at("100ms")}
    result = run(document)
    assert [row["start_type"] for row in rows(result)] == [StartType.COLD, StartType.WARM]
    assert len(environments(result)) == 1


def test_what_follows_from_an_end_comes_before_an_environment_that_becomes_ready_at_that_instant():
    # f ends at 1.1 s, and the user calls g at once; g's environment for the other's call is ready at 1.1 s.
    users, others = calls_of_g(slow_and_instant())
    assert users["invoked_us"] == others["started_us"] == others["ended_us"] == 1_100_000
    assert users["start_type"] is StartType.COLD


def test_who_stops_waiting_goes_on_before_those_who_arrive_at_that_instant():
    # The user gives f up at 0.5 s and calls g, which has room for one; another's call of g arrives at 0.5 s.
    document = slow_and_instant()
    document["functions"]["g"]["reserved_concurrent_executions"] = 1
    document["triggers"]["u"]["client"]["read_timeout"] = "500 ms"
    document["triggers"]["others"]["arrivals"] = at("500ms")
    users, others = calls_of_g(document)
    assert users["invoked_us"] == others["invoked_us"] == S // 2
    assert (users["outcome"], others["outcome"]) == (Outcome.SUCCESS, Outcome.THROTTLED)
