"""User journeys: a closed loop."""

from __future__ import annotations

import math

from tests.worlds import at, rows, run, world

S = 1_000_000


def journey(flows, **changes):
    document = world(**changes)
    document["functions"]["g"] = dict(document["functions"]["f"])
    options = changes.get("options", {})
    document.pop("options", None)
    document["triggers"] = {"users": {"type": "journey", "arrivals": changes["arrivals"], "flows": flows, **options}}
    document.pop("arrivals")
    return document


def test_each_step_waits_for_the_one_before():
    steps = [{"invoke": "f"}, {"wait": "3s"}, {"invoke": "g"}, {"invoke": "f"}]
    first, second, third = rows(run(journey([{"weight": 1, "steps": steps}], arrivals=at("10s"))))
    assert first["invoked_us"] == 10 * S
    assert second["invoked_us"] == first["ended_us"] + 3 * S
    assert third["invoked_us"] == second["ended_us"]
    assert [row["function"] for row in (first, second, third)] == [0, 1, 0]
    assert [row["arrived_us"] for row in (first, second, third)] == [
        row["invoked_us"] for row in (first, second, third)
    ]


def test_flows_are_taken_by_their_weights():
    flows = [{"weight": 3, "steps": [{"invoke": "f"}]}, {"weight": 1, "steps": [{"invoke": "g"}]}]
    result = run(journey(flows, arrivals={"constant": {"rate": "1/s"}}))
    n, on_g = len(rows(result)), sum(row["function"] for row in rows(result))
    assert abs(on_g - n / 4) < 4 * math.sqrt(n * 0.25 * 0.75)


def test_a_failed_step_ends_the_journey_unless_it_is_told_to_go_on():
    steps = [{"invoke": "f"}, {"invoke": "g"}]
    flows = [{"weight": 1, "steps": steps}]
    broken = {"handler": {"error_rate": "100%"}}
    stopped = run(journey(flows, arrivals=at("0s"), **broken))
    assert len(rows(stopped)) == 1
    assert stopped.summary()["triggers"]["users"]["completed"] == 0
    went_on = run(journey(flows, arrivals=at("0s"), options={"on_error": "continue"}, **broken))
    assert len(rows(went_on)) == 2
    assert went_on.summary()["triggers"]["users"]["completed"] == 1


def test_a_user_whose_call_takes_too_long_goes_on_when_the_client_gives_up():
    flows = [{"weight": 1, "steps": [{"invoke": "f"}, {"invoke": "g"}]}]
    options = {"on_error": "continue", "client": {"retries": "none", "read_timeout": "2 s"}}
    document = journey(flows, arrivals=at("0s"), options=options, handler={"duration": "10 s"})
    first, second = rows(run(document))
    assert second["invoked_us"] == 2 * S < first["ended_us"]


def test_the_time_of_a_whole_journey_is_reported():
    flows = [{"weight": 1, "steps": [{"invoke": "f"}, {"wait": "3s"}, {"invoke": "g"}]}]
    users = run(journey(flows, arrivals=at("0s", "60s"))).summary()["triggers"]["users"]
    assert (users["users"], users["completed"]) == (2, 2)
    assert users["journey_ms"]["max"] == 2 * 1100 + 3000  # both cold
    assert users["journey_ms"]["p50"] == 2 * 1000 + 3000
