"""What a planner finds out about functions that share an account, and about cures for cold starts (scenarios/)."""

from tests.findings.worlds import run, summary


def test_an_import_that_fills_the_accounts_pool_starves_a_checkout_that_needs_twenty():
    checkout = summary("noisy_neighbour", duration="8m")["functions"]["checkout"]
    assert list(checkout["throttles"]["by_reason"]) == ["ConcurrentInvocationLimitExceeded"]
    assert checkout["final_failures"]["total"] > 100
    log = run("noisy_neighbour", duration="8m").invocations
    refused = log[(log["function"] == "checkout") & (log["outcome"] == "throttled")]
    assert refused["invoked_us"].min() > 5 * 60_000_000  # not before the import begins


def test_a_ceiling_for_the_import_makes_the_checkout_whole():
    found = summary("noisy_neighbour", duration="8m", functions__import__reserved_concurrent_executions="500")
    assert found["functions"]["checkout"]["throttles"]["total"] == 0
    assert found["functions"]["import"]["throttles"]["total"] > 0


def test_a_slow_database_fails_pages_that_never_touch_it():
    found = summary("slow_downstream", duration="16m")["functions"]
    assert found["browse"]["throttles"]["total"] > 1000
    log = run("slow_downstream", duration="16m").invocations
    refused = log[(log["function"] == "browse") & (log["outcome"] == "throttled")]
    assert refused["invoked_us"].between(10 * 60_000_000, 15 * 60_000_000 + 10_000_000).all()


def test_a_timeout_near_what_a_checkout_may_take_keeps_the_pages_whole():
    found = summary("slow_downstream", duration="16m", functions__checkout__timeout="1")["functions"]
    assert found["browse"]["throttles"]["total"] == 0
    assert found["checkout"]["timeouts"] > 0


def test_a_schedule_is_in_time_for_a_spike_of_four_minutes_and_target_tracking_is_not():
    functions = summary("autoscaling_too_slow", duration="30m")["functions"]
    assert functions["tracked"]["cold_starts"] > 20 * max(functions["scheduled"]["cold_starts"], 1)
    spilled = functions["tracked"]["provisioned_concurrency"]["spillover_invocations"]
    assert spilled > 0.3 * 4 * 60 * 50  # of what comes within the spike


def test_what_target_tracking_asks_for_is_usable_when_a_spike_of_four_minutes_is_over():
    changes = run("autoscaling_too_slow", duration="30m").changes
    tracked = changes[(changes["subject"] == "tracked:live") & (changes["at_us"] > 20 * 60_000_000)]
    asked, ready = (
        tracked.loc[tracked["change"] == change, "at_us"].min() / 60_000_000
        for change in ("autoscaled", "provisioned_ready")
    )
    assert asked >= 20 + 3
    assert ready >= 20 + 4


def test_snapstart_takes_seconds_off_a_java_cold_start_for_nothing_and_provisioned_concurrency_all_for_much_more():
    functions = summary("snapstart_or_provisioned", duration="50m")["functions"]
    p99 = {name: function["latency_ms"]["p99"] for name, function in functions.items()}
    cost = {name: function["cost_usd"]["total"] for name, function in functions.items()}
    assert p99["plain"] > 4000
    assert 1000 > p99["snap"] > p99["ready"]
    assert functions["ready"]["cold_starts"] == 0
    assert cost["snap"] < cost["plain"]
    assert cost["ready"] > 50 * cost["snap"]


def test_environments_of_a_slow_minute_take_more_connections_than_the_database_has_and_a_ceiling_prevents_it():
    without = summary("database_connections", duration="22m")["downstream"]["orders-db"]
    ceiling = {"functions__orders__reserved_concurrent_executions": "180"}
    with_it = summary("database_connections", duration="22m", **ceiling)["downstream"]["orders-db"]
    assert with_it["connections"]["max"] <= without["max_connections"] < without["connections"]["max"]
