"""Which formulas speak of a run, what they say of it, and when they must be silent."""

import copy
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from synthetic_logs import environments

import lambdasim
from lambdasim import queueing
from lambdasim.records import ENVIRONMENT_COLUMNS, NEVER, empty
from lambdasim.report.text import run_text
from lambdasim.report.theory_table import theory_table
from lambdasim.result.companion import _started_alone
from lambdasim.result.comparison import FAR, Comparison
from lambdasim.result.result import Result
from tests.theory.laws import LIMIT
from tests.theory.worlds import direct, function, world

CONCURRENCY, STAFFING = "mean concurrency", "environments for 1 % waiting"
THROTTLED, SPILLED = "throttled by reserved concurrency", "spilled over"
EXPIRED, WAIT = "found no environment left", "mean wait in the queue"
SERVICES = {
    "constant": "1 s",
    "exponential": {"exponential": {"mean": "1 s"}},
    "lognormal": {"lognormal": {"mean": "1 s", "cv": 2}},
}


def poisson(rate):
    return {"poisson": {"rate": f"{rate}/s"}}


def queue(**keys):
    own = {"visibility_timeout": "1h", **keys.pop("queue", {})}
    return {"type": "sqs", "target": "f", "arrivals": poisson(3), "batch_size": 1, "queue": own,
            "scaling_config": {"maximum_concurrency": 4}, **keys}  # fmt: skip


# One world for each quantity, and what its formula says, from what the line says it was given.
WORLDS = {
    CONCURRENCY: ({}, poisson(5), {}),
    THROTTLED: ({"reserved_concurrent_executions": 5}, poisson(5), {}),
    SPILLED: ({"provisioned_concurrent_executions": 4}, poisson(5), {}),
    EXPIRED: ({}, poisson(0.02), {"duration": "20000 s", "lifecycle": {"idle_timeout": "100 s"}}),
    WAIT: ({}, queue(), {}),
}
FORMULAS = {
    CONCURRENCY: lambda x: x["load_erlangs"],
    THROTTLED: lambda x: queueing.erlang_b(x["load_erlangs"], x["servers"]),
    SPILLED: lambda x: queueing.erlang_b(x["load_erlangs"], x["servers"]),
    EXPIRED: lambda x: math.exp(-x["arrival_rate_per_s"] * (x["idle_timeout_s"] + x["service_mean_s"])),
    WAIT: lambda x: 1000 * (
        queueing.mgc_mean_wait(x["arrival_rate_per_s"], x["service_mean_s"], x["service_cv"], x["servers"])
        + (1 - queueing.erlang_c(x["load_erlangs"], x["servers"])) * x["pick_up_s"]
    ),
}  # fmt: skip


def world_of(quantity, service="exponential", **changes):
    """A quantity's world; ``function`` and ``trigger`` change those (None takes a key away), the rest the top's."""
    own, arrivals, keys = copy.deepcopy(WORLDS[quantity])
    trigger = arrivals if "type" in arrivals else direct("f", arrivals)
    own |= changes.pop("function", {})
    handler = {"duration": SERVICES[service], **own.pop("handler", {})}
    functions = {"f": function(handler.pop("duration"), handler=handler, **present(own))}
    functions |= changes.pop("functions", {})
    triggers = {"t": present({**trigger, **changes.pop("trigger", {})})} | changes.pop("triggers", {})
    lifecycle = {**keys.pop("lifecycle", {}), **changes.pop("lifecycle", {})}
    keys = {"duration": "400 s", "warm_up": "20 s", **keys, **changes, "lifecycle": lifecycle}
    return world(functions, triggers, **keys)


def present(keys):
    return {name: value for name, value in keys.items() if value is not None}


def lines(scenario, *, log="none", name="f", seed=1):
    """The lines on a function, by quantity."""
    found = lambdasim.simulate(scenario, seed=seed, log=log).summary()["theory"]
    return {line["quantity"]: line for line in found if line["function"] == name}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("quantity", WORLDS)
def test_where_a_formula_applies_it_stands_beside_what_was_simulated(quantity, service):
    line = lines(world_of(quantity, service))[quantity]
    assert line["note"] == ""
    assert line["theory"] == pytest.approx(FORMULAS[quantity](line["inputs"]))
    assert line["inputs"]["arrival_rate_per_s"] == pytest.approx(
        0.02 if quantity is EXPIRED else 3 if quantity is WAIT else 5
    )
    if quantity is WAIT:  # an approximation, and a standard error of heavy traffic: no z, but not far off either
        assert line["z"] is None
        assert line["law"].endswith("approximately")
        assert abs(line["simulated"] - line["theory"]) < LIMIT * line["standard_error"]
    else:
        assert line["z"] == pytest.approx((line["simulated"] - line["theory"]) / line["standard_error"])
        assert abs(line["z"]) < LIMIT


@pytest.mark.parametrize("quantity", [CONCURRENCY, THROTTLED, SPILLED, EXPIRED])
def test_z_is_spread_over_seeds_as_a_standard_normal_is_or_less(quantity):
    scenario = world_of(quantity, duration="20000 s" if quantity is EXPIRED else "200 s")
    z = np.array([lines(scenario, seed=seed)[quantity]["z"] for seed in range(40)])
    # Measured services stand in for the law's, which takes their fluctuation out: z is narrower, never wider.
    assert abs(z.mean()) < LIMIT / math.sqrt(z.size)
    assert 0.4 < z.std(ddof=1) < 1 + LIMIT / math.sqrt(2 * z.size)


def test_what_is_simulated_is_what_the_summary_says():
    summary = lambdasim.simulate(world_of(THROTTLED)).summary()
    own = summary["functions"]["f"]
    (line, _) = summary["theory"]
    assert line["simulated"] == own["throttles"]["total"] / own["events"]
    assert line["inputs"]["service_mean_s"] == pytest.approx(own["duration_ms"]["mean"] / 1000, rel=1e-6)
    summary = lambdasim.simulate(world_of(SPILLED)).summary()
    own = summary["functions"]["f"]
    (concurrency, line, _) = summary["theory"]
    assert concurrency["simulated"] == own["concurrency"]["mean"]
    assert line["simulated"] == own["provisioned_concurrency"]["spillover_invocations"] / own["events"]


def test_spillover_goes_by_the_service_on_provisioned_concurrency_alone():
    slow_starts = {"init": {"duration": "3 s"}}
    scenario = world_of(SPILLED, function=slow_starts, lifecycle={"maximum_lifetime": "1 s"}, duration="2000 s")
    found = lines(scenario)
    assert found[SPILLED]["inputs"]["service_mean_s"] < found[CONCURRENCY]["inputs"]["service_mean_s"] - 0.1
    assert abs(found[SPILLED]["z"]) < LIMIT
    assert abs(found[CONCURRENCY]["z"]) < LIMIT


def test_the_wait_is_that_of_pick_up_too_where_a_poller_waits():
    parameters = {"triggers/sqs/mapping/pick_up_latency/standard": "80 ms"}
    line = lines(world_of(WAIT, parameters=parameters, trigger={"arrivals": poisson(0.5)}, duration="4000 s"))[WAIT]
    assert line["inputs"]["pick_up_s"] == 0.08
    assert line["simulated"] == pytest.approx(line["theory"], rel=0.05)
    assert line["theory"] > 75


def test_a_sum_of_poisson_processes_is_one():
    parts = {"sum": [poisson(2), poisson(3), "none"]}
    assert lines(world_of(CONCURRENCY, trigger={"arrivals": parts}))[CONCURRENCY]["inputs"]["arrival_rate_per_s"] == 5
    several = {"u": {"type": "function_url", "target": "f", "arrivals": poisson(4)}}
    found = lines(world_of(CONCURRENCY, triggers=several))[CONCURRENCY]
    assert found["inputs"]["arrival_rate_per_s"] == 9
    assert abs(found["z"]) < LIMIT


def test_traffic_that_is_multiplied_counts_as_it_comes():
    found = lines(world_of(CONCURRENCY, traffic=3))[CONCURRENCY]
    assert found["inputs"]["arrival_rate_per_s"] == pytest.approx(15)
    assert abs(found["z"]) < LIMIT


def test_the_square_root_rule_is_shown_for_the_load():
    line = lines(world_of(CONCURRENCY))[STAFFING]
    assert line["theory"] == queueing.square_root_staffing(line["inputs"]["load_erlangs"], 0.01)
    assert (line["simulated"], line["standard_error"], line["z"]) == (None, None, None)


# Where a formula must be silent

ALWAYS = {  # whatever the formula, calls
    "arrivals that are not Poisson": {"trigger": {"arrivals": {"constant": {"rate": "5/s"}}}},
    "arrivals that are not Poisson in part": {
        "trigger": {"arrivals": {"sum": [poisson(4), {"constant": {"rate": "1/s"}}]}}
    },
    "a rate that changes": {"trigger": {"arrivals": {"piecewise": {"points": [["0s", "2/s"], ["100s", "8/s"]]}}}},
    "a second trigger that is not Poisson": {"triggers": {"u": direct("f", {"renewal": {"rate": "1/s", "cv": 2}})}},
    "users who wait for each step": {
        "triggers": {"u": {"type": "journey", "arrivals": poisson(1), "flows": [{"steps": [{"invoke": "f"}] * 2}]}}
    },
    "a second trigger whose events wait": {"triggers": {"u": {"type": "sns", "target": "f", "arrivals": poisson(1)}}},
    "an incident": {"incidents": [{"at": "300 s", "for": "10 s", "function": "f", "handler": {"duration": "x3"}}]},
    "callers who try again": {
        "trigger": {"type": "function_url", "client": {"retries": "standard"}},
        "function": {"handler": {"error_rate": "20%"}},
    },
    "runs under way at the end": {"drain": "0 s"},
    "no time in service": {"function": {"handler": {"duration": "0 s"}}},
}  # fmt: skip
DEPLOYED = {
    "versions": {"2": {}},
    "aliases": {
        "live": {"function_version": "1", "deployment": {"type": "Canary10Percent5Minutes", "to": "2", "at": "10 s"}}
    },
}
TWO_VERSIONS = {
    "versions": {"1": {}, "2": {}},
    "aliases": {"live": {"function_version": "1", "routing_config": {"additional_version_weights": {"2": 0.5}}}},
}
SILENT = {
    CONCURRENCY: {
        **ALWAYS,
        "throttles": {"account": {"concurrent_executions": 7}},
        "a front door that refuses": {"trigger": {"type": "api_gateway", "rate": "5/s", "burst": 5}},
        "a version that takes over": {"function": DEPLOYED, "trigger": {"target": "f:live"}},
        "few events": {"trigger": {"arrivals": poisson(0.015)}},
        "an empty start": {"warm_up": "0 s", "trigger": {"arrivals": poisson(200)}, "duration": "20 s"},
        "services longer than what is measured": {
            "function": {"handler": {"duration": "200 s"}}, "warm_up": "300 s", "trigger": {"arrivals": poisson(1)}
        },
    },
    THROTTLED: {
        **ALWAYS,
        "provisioned concurrency": {"function": {"provisioned_concurrent_executions": 2}},
        "another limit": {"parameters": {"quotas/account/requests_per_second_per_concurrency": 1}},
        "no reserved concurrency": {"function": {"reserved_concurrent_executions": None}},
        "reserved concurrency of 0": {"function": {"reserved_concurrent_executions": 0}},
        "few throttles": {"function": {"reserved_concurrent_executions": 18}},
        "an empty start": {
            "function": {"reserved_concurrent_executions": 200}, "trigger": {"arrivals": poisson(250)},
            "warm_up": "0 s", "duration": "5 s",
        },
    },
    SPILLED: {
        "no Poisson process": ALWAYS["a rate that changes"],
        "throttles": {"function": {"provisioned_concurrent_executions": 4, "reserved_concurrent_executions": 6}},
        "few that spill over": {"function": {"provisioned_concurrent_executions": 17}},
        "a version without it": {"triggers": {"u": direct("f:$LATEST", poisson(1))}},
        "too many requests a second": {
            "function": {"handler": {"duration": "50 ms"}}, "trigger": {"arrivals": poisson(60)}
        },
        "a number that changes": {
            "function": {
                "provisioned_concurrent_executions": None,
                "aliases": {"live": {
                    "function_version": "1", "provisioned_concurrent_executions": 4, "autoscaling": {
                        "min_capacity": 4, "max_capacity": 9, "target_value": 0.7, "scheduled_actions": [
                            {"schedule": "at(2026-01-05T00:02:00)", "min_capacity": 8, "max_capacity": 9}]}}},
            },
            "trigger": {"target": "f:live"}, "duration": "600 s",
        },
    },
    EXPIRED: {
        "no Poisson process": {"trigger": {"arrivals": {"renewal": {"rate": "0.02/s", "cv": 2}}}},
        "a timeout that varies": {"lifecycle": {"idle_timeout": {"uniform": {"low": "50 s", "high": "150 s"}}}},
        "no timeout": {"lifecycle": {"idle_timeout": "unlimited"}},
        "a maximum lifetime": {"lifecycle": {"maximum_lifetime": "1h"}},
        "recycling": {"lifecycle": {"recycle_rate": "1/h"}},
        "environments started ahead": {
            "lifecycle": {"proactive_initialization": {"on_retirement": "0%", "otherwise": "5%"}}
        },
        "a keep-alive that is not renewed": {"lifecycle": {"keep_alive": "not_renewed"}},
        "surplus ones that go before": {"lifecycle": {"surplus_idle_timeout": "30 s"}},
        "surplus ones that go at any time": {
            "lifecycle": {"surplus_idle_timeout": {"uniform": {"low": "90 s", "high": "150 s"}}}
        },
        "provisioned concurrency": {"function": {"provisioned_concurrent_executions": 1}},
        "throttles": {"function": {"reserved_concurrent_executions": 1, "handler": {"duration": "5 s"}}},
        "two versions": {"function": TWO_VERSIONS, "trigger": {"target": "f:live"}},
        "few that find none": {"lifecycle": {"idle_timeout": "400 s"}},
        "few that find one": {"lifecycle": {"idle_timeout": "0 s"}, "function": {"handler": {"duration": "1 ms"}}},
    },
    WAIT: {
        "no Poisson process": {"trigger": {"arrivals": {"constant": {"rate": "3/s"}}}},
        "no maximum concurrency": {"trigger": {"scaling_config": None}},
        "pollers that come and go": {"trigger": {"scaling_config": {"maximum_concurrency": 6}}},
        "batches": {"trigger": {"batch_size": 2, "arrivals": poisson(0.5)}},  # though none has two messages
        "a window": {"trigger": {"maximum_batching_window_in_seconds": 1}},
        "a filter": {"trigger": {"filter": {"pass": "90%"}}},
        "an order to keep": {"trigger": queue(queue={"fifo": True})},
        "a delay": {"trigger": queue(queue={"delay": "1 s"})},
        "a backlog": {"trigger": queue(queue={"backlog": 5})},
        "a second trigger": {"triggers": {"u": direct("f", poisson(0.1))}},
        "a queue that others feed": {
            "functions": {"g": function("1 s", handler={"emits": [{"to": "t"}]})},
            "triggers": {"u": direct("g", poisson(0.2))},
        },
        "a queue that others poll": {
            "functions": {"g": function("1 s")},
            "triggers": {"u": {"type": "sqs", "target": "g", "queue": {"shared_with": "t"}}},
        },
        "too much load": {"trigger": {"arrivals": poisson(4.2)}},
        "function errors": {"function": {"handler": {"error_rate": "1%"}}},
        "function errors that a second receive mends": {
            "function": {"handler": {"error_rate": "1%"}, "timeout": 30},
            "trigger": queue(queue={"visibility_timeout": "30 s"}),
        },
        "messages that are given up at once": {
            "function": {"handler": {"error_rate": "1%"}},
            "trigger": queue(queue={"max_receive_count": 1, "dead_letter": "discard-counted"}),
        },
        "throttles": {"function": {"reserved_concurrent_executions": 3}},
        "few messages": {"duration": "21 s"},
        "a run that says little": {"trigger": {"arrivals": poisson(3.8)}},
        "a pick-up as long as the service": {
            "parameters": {"triggers/sqs/mapping/pick_up_latency/standard": "300 ms"}
        },
        "an event queue in place of one that is polled": {
            "trigger": {"type": "sns", "batch_size": None, "queue": None, "scaling_config": None}
        },
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "reason"), [(quantity, reason) for quantity, reasons in SILENT.items() for reason in reasons]
)
def test_a_formula_whose_assumptions_do_not_hold_is_silent(quantity, reason):
    assert quantity not in lines(world_of(quantity, **copy.deepcopy(SILENT[quantity][reason])))


@pytest.mark.parametrize("warm_up", ["0 s", "20 s"])
def test_a_run_that_forgets_its_empty_start_has_a_line_with_a_warm_up_or_without(warm_up):
    for quantity in (CONCURRENCY, THROTTLED, SPILLED):
        assert abs(lines(world_of(quantity, warm_up=warm_up, duration="1000 s"))[quantity]["z"]) < LIMIT


def test_a_warm_up_makes_up_for_an_empty_start():
    for quantity in (CONCURRENCY, THROTTLED):
        changes = copy.deepcopy(SILENT[quantity]["an empty start"])
        changes |= {"warm_up": "30 s", "duration": f"{30 + int(changes['duration'].removesuffix(' s'))} s"}
        assert abs(lines(world_of(quantity, **changes))[quantity]["z"]) < LIMIT


def test_a_function_that_nothing_triggers_has_no_line():
    scenario = world_of(CONCURRENCY, functions={"g": function("1 s")}, triggers={"u": direct("g", "none")})
    assert lines(scenario, name="g") == {}


def test_an_environment_started_alone_if_all_before_it_had_ended():
    log = environments(
        {"created_us": 0, "ended_us": 10, "environment": 0},
        {"created_us": 5, "ended_us": 30, "environment": 1},
        {"created_us": 30, "ended_us": 40, "environment": 2},  # as the one before ends: alone
        {"created_us": 50, "ended_us": NEVER, "environment": 4},
        {"created_us": 50, "ended_us": 60, "environment": 5},  # at the same instant, but second
        {"created_us": 70, "ended_us": 80, "environment": 6},  # that of 50 is there still
        {"created_us": 75, "ended_us": 80, "environment": 3, "function": 1},
    )
    assert _started_alone(log, 0, 0, 100) == 3
    assert _started_alone(log, 0, 1, 50) == 1
    assert _started_alone(log, 1, 0, 100) == 1
    assert _started_alone(empty(ENVIRONMENT_COLUMNS), 0, 0, 100) == 0


# What becomes of the lines


def test_a_line_that_is_far_off_says_so():
    far = Comparison("f", "Erlang B", THROTTLED, "share", 0.1, {}, 0.1 + 4.01 * 0.01, 0.01)
    near = Comparison("f", "Erlang B", THROTTLED, "share", 0.1, {}, 0.1 - 3.99 * 0.01, 0.01)
    assert FAR == 4
    assert far.note == "beyond 4 standard errors: the formula's assumptions do not hold here, or something is wrong"
    assert replace(far, simulated=0.1 - 4.01 * 0.01).note == far.note
    assert near.note == ""
    assert Comparison("f", "x", "y", "ms", 1.0, {}, 9.0, 0.01, is_exact=False).z is None


@pytest.mark.parametrize("quantity", WORLDS)
def test_lines_are_the_same_whether_or_not_the_log_is_kept(quantity):
    scenario = world_of(quantity)
    assert lines(scenario, log="full") == lines(scenario, log="none")


def test_lines_are_saved_and_loaded_and_a_result_of_before_them_has_none(tmp_path):
    result = lambdasim.simulate(world_of(SPILLED))
    result.save(tmp_path)
    assert Result.load(tmp_path).summary() == result.summary()
    assert [line["quantity"] for line in result.summary()["theory"]] == [CONCURRENCY, SPILLED, STAFFING]
    path = tmp_path / "summary.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["theory"]
    path.write_text(json.dumps(document), encoding="utf-8")
    old = Result.load(tmp_path).summary()
    assert old["theory"] == []
    assert "queueing theory" not in run_text(old)


def test_the_report_has_a_table_of_the_lines_and_none_without_any():
    summary = lambdasim.simulate(world_of(THROTTLED)).summary()
    (line, rule) = summary["theory"]
    report = run_text(summary).split("\n")
    (title,) = (n for n, text in enumerate(report) if text.startswith("Beside the formulas of queueing theory"))
    words = ["function", "formula", "quantity", "theory", "simulated", "std.", "error", "z", "load"]
    assert report[title + 1].split() == words
    assert report[title + 2].split()[:3] == ["f", "Erlang", "B"]
    shown = [f"{100 * line[key]:.3g} %" for key in ("theory", "simulated", "standard_error")]
    assert [text for text in shown if text not in report[title + 2]] == []
    assert f"{line['z']:+.1f}" in report[title + 2].split()
    assert str(rule["theory"]) in report[title + 3].split()
    without = lambdasim.simulate(world_of(THROTTLED, trigger={"arrivals": {"constant": {"rate": "5/s"}}})).summary()
    assert without["theory"] == []
    assert "queueing theory" not in run_text(without)


def test_the_table_has_notes_only_where_there_is_one_and_lines_only_of_functions_that_are_shown():
    line = Comparison("f", "Erlang B", THROTTLED, "share", 0.1, {"load_erlangs": 3.0}, 0.5, 0.01)
    wait = Comparison("g", "M/G/c", WAIT, "ms", 1234.5, {"load_erlangs": 2}, 20.25, 1.0, is_exact=False)
    table = theory_table([line.document(), wait.document()], {"f", "g"})
    assert table.columns[-1] == "note"
    assert table.rows[0] == ("f", "Erlang B", THROTTLED, "10 %", "50 %", "1 %", "+40.0", "3", line.note)
    assert table.rows[1] == ("g", "M/G/c", WAIT, "1,234 ms", "20.2 ms", "1 ms", "-", "2", "")
    table = theory_table([line.document(), wait.document()], {"g"})
    assert table.columns[-1] == "load"
    assert [row[0] for row in table.rows] == ["g"]
