"""How long callers wait for an answer, and what they do when none has come."""

from __future__ import annotations

import pytest

from lambdasim.codes import Final, Outcome
from tests.worlds import rows, run, world

S = 1_000_000


@pytest.mark.parametrize("api", ["rest", "http"])
@pytest.mark.parametrize("retries", ["none", "standard"])
def test_a_client_that_waits_less_long_than_the_integration_may_take_is_gone_first(api, retries):
    trigger = {"type": "api_gateway", "api": api, "integration_timeout": "10 s",
               "client": {"retries": retries, "read_timeout": "3 s"}}  # fmt: skip
    table = rows(run(world(handler={"duration": "20 s"}, trigger=trigger)))
    assert {row["status"] for row in table} == {0}
    assert {row["answered_us"] - row["invoked_us"] for row in table} == {3 * S}
    assert {row["duration_us"] for row in table} == {20 * S}  # the function knows nothing of it
    assert table[-1]["final"] == Final.FAILURE


@pytest.mark.parametrize(("api", "status"), [("rest", 504), ("http", 503)])
def test_a_client_that_waits_longer_than_the_integration_may_take_is_told_that_it_timed_out(api, status):
    trigger = {"type": "api_gateway", "api": api, "integration_timeout": "10 s",
               "client": {"retries": "none", "read_timeout": "12 s"}}  # fmt: skip
    (row,) = rows(run(world(handler={"duration": "20 s"}, trigger=trigger)))
    assert (row["status"], row["answered_us"]) == (status, 10 * S)


@pytest.mark.parametrize(
    ("read_timeout_s", "platform_s", "init_s"),
    [(3, 0, 5), (15, 20, 1), (35, 29, 9)],
    ids=["init", "placement", "placement and init"],
)
def test_a_client_gives_a_cold_start_up_in_time_though_the_functions_own_timeout_is_shorter(
    read_timeout_s, platform_s, init_s
):
    result = run(
        world(
            function={"timeout": 1},
            handler={"duration": "500 ms"},
            init={"duration": f"{init_s} s"},
            parameters={"cold_starts/platform_overhead": f"{platform_s} s"},
            trigger={"client": {"retries": "standard", "read_timeout": f"{read_timeout_s} s"}},
        )
    )
    first, second = rows(result)[:2]
    assert (first["status"], first["answered_us"], first["outcome"]) == (0, read_timeout_s * S, Outcome.SUCCESS)
    longest_backoff_us = 1 * S
    assert 0 <= second["invoked_us"] - first["answered_us"] <= longest_backoff_us
    assert second["invoked_us"] < first["ended_us"]
    assert second["environment"] != first["environment"]
