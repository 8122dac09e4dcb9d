"""A run as a trace: the rules of the Trace Event Format, and the logs' own numbers again."""

import json
from collections import Counter, defaultdict

import numpy as np
import pytest

from lambdasim.codes import EndCause, Outcome
from lambdasim.records import NEVER
from lambdasim.result.trace_events import events
from tests.worlds import EXACT_LIFE, at, environments, rows, run, world

PHASES = {"cold_starts/platform_overhead": "50 ms"}  # a start has several
WITH_TIME = {"X", "i", "C"}
POISSON = {"arrivals": {"poisson": {"rate": "20/s"}}}


def busy():
    """Everything that goes wrong in a row: errors, crashes, timeouts, resets, throttles, expiry, incidents, a batch."""
    document = world(
        duration="1m",
        parameters=PHASES,
        lifecycle={"idle_timeout": "2 s", "surplus_idle_timeout": "2 s", "recycle_rate": "200/h"}
        | {"proactive_initialization": {"on_retirement": "100%", "otherwise": "50%"}},
        function={"timeout": 1, "reserved_concurrent_executions": 4},
        handler={
            "duration": {"exponential": {"mean": "200 ms"}},
            "error_rate": "5%",
            "crash_rate": "5%",
            "emits": [{"to": "queue"}],
        },
        incidents=[{"at": "20s", "for": "5s", "function": "f", "handler": {"duration": "x3"}}],
        trigger=POISSON,
    )
    document["functions"]["g"] = {"runtime": "python3.13", "handler": {"duration": "500 ms"}}
    document["triggers"]["queue"] = {"type": "sqs", "target": "g", "arrivals": "none", "batch_size": 5}
    return document


def prepared():
    """Provisioned concurrency, which was there before the run, of one of two versions; SnapStart's of the other."""
    return world(
        duration="1m",
        parameters=PHASES,
        function={
            "runtime": "python3.13",
            "snap_start": {"apply_on": "PublishedVersions"},
            "versions": {"1": {}, "2": {"snap_start": {"apply_on": "None"}}},
            "aliases": {
                "live": {"function_version": "1"},
                "kept": {"function_version": "2", "provisioned_concurrent_executions": 3},
            },
        },
        triggers={
            "a": {"type": "direct", "target": "f:live", "client": {"retries": "none"}} | POISSON,
            "b": {"type": "direct", "target": "f:kept", "client": {"retries": "none"}} | POISSON,
        },
    )


def cut_short():
    """Runs that were under way when the simulation ended, and starts too."""
    return world(
        duration="10s",
        drain="0s",
        handler={"duration": "4 s"},
        init={"duration": "2 s"},
        trigger={"arrivals": at("7s", "9s")},
    )


def nothing():
    return world(duration="1m", trigger={"arrivals": "none"})


WORLDS = {
    "busy": busy,
    "prepared": prepared,
    "cut short": cut_short,
    "nothing": nothing,
    "one": world,
}


@pytest.fixture(scope="module", params=WORLDS)
def result(request):
    return run(WORLDS[request.param]())


def found(result):
    logs = (result.invocation_columns, result.environment_columns, result.change_columns)
    return list(events(*logs, result.header))


@pytest.fixture(scope="module")
def trace(result):
    return found(result)


def complete(trace, category):
    return [event for event in trace if event["ph"] == "X" and event["cat"] == category]


def test_the_worlds_have_all_that_a_trace_shows():
    outcomes, ends = set(), set()
    for document in WORLDS.values():
        made = run(document())
        outcomes |= set(made.invocation_columns["outcome"].tolist())
        ends |= set(made.environment_columns["end_cause"].tolist())
    assert outcomes >= {Outcome.SUCCESS, Outcome.ERROR, Outcome.TIMEOUT, Outcome.CRASH, Outcome.THROTTLED}
    assert Outcome.UNFINISHED in outcomes
    assert ends >= {EndCause.IDLE_EXPIRED, EndCause.RECYCLED, EndCause.ALIVE}


def test_every_event_has_what_its_phase_demands(trace):
    for event in trace:
        assert event["ph"] in WITH_TIME | {"M"}
        assert {"name", "pid", "tid", "args"} <= event.keys()
        assert event["pid"] > 0
        assert event["tid"] > 0
        times = [event[key] for key in ("ts", "dur") if key in event]
        assert all(isinstance(time, int) and time >= 0 for time in times)
        assert ("ts" in event) is (event["ph"] in WITH_TIME)
        assert ("dur" in event) is (event["ph"] == "X")
        assert event["ph"] != "i" or event["s"] == "t"
        json.dumps(event, allow_nan=False)


def test_complete_events_of_a_row_lie_within_each_other_or_apart(trace):
    """Format: `complete events`: nested by time; one that begins with another and is written first contains it."""
    open_until = defaultdict(list)
    slices = [event for event in trace if event["ph"] == "X"]
    for event in sorted(slices, key=lambda event: event["ts"]):  # stable: as written, where times are equal
        stack, end = open_until[event["pid"], event["tid"]], event["ts"] + event["dur"]
        while stack and stack[-1] <= event["ts"] and end > stack[-1]:
            stack.pop()
        assert not stack or end <= stack[-1], event
        stack.append(end)


def test_every_process_and_every_row_has_one_name_and_one_place(trace):
    for what, key in (("process", ("pid",)), ("thread", ("pid", "tid"))):
        for kind in ("name", "sort_index"):
            told = Counter(tuple(e[k] for k in key) for e in trace if e["name"] == f"{what}_{kind}")
            used = {
                tuple(e[k] for k in key) for e in trace if e["ph"] in ({"X", "i"} if what == "thread" else WITH_TIME)
            }
            assert used <= told.keys()
            assert set(told.values()) <= {1}
    rows_of = {(e["pid"], e["tid"]) for e in trace if e["name"] == "thread_name"}
    assert len({tid for _, tid in rows_of} | {pid for pid, _ in rows_of}) == len(rows_of) + len({p for p, _ in rows_of})


def test_every_invocation_that_ran_is_there_once_with_its_times(result, trace):
    shown = Counter(
        (e["args"]["trigger"], e["args"]["event"], e["args"]["attempt"], e["name"], e["ts"])
        for e in complete(trace, "invocation")
        if e["name"] != "init again"
    )
    triggers = [trigger.name for trigger in result.header.triggers]
    ran = Counter(
        (triggers[row["trigger"]], row["event"], row["attempt"], row["outcome"].name.lower(), row["started_us"])
        for row in rows(result)
        if row["started_us"] != NEVER
    )
    assert shown == ran


def test_a_row_is_busy_as_long_as_the_log_says(result, trace):
    busy_us, starts_us = Counter(), {}
    for event in trace:
        if event["ph"] == "X" and event["cat"] == "invocation" and event["name"] not in {"init again", "unfinished"}:
            busy_us[event["tid"]] += event["dur"]
        elif event["name"] == "cold start":
            starts_us[event["tid"]] = event["dur"]
    for environment in environments(result):
        row = 1000 + environment["environment"]
        waited = starts_us.get(row, 0) if environment["invocations"] and not environment["pre_initialized"] else 0
        assert busy_us[row] + waited == environment["busy_us"]


def test_phases_follow_each_other_through_the_start_that_they_are_of(trace):
    starts, until_us = {}, {}
    for event in complete(trace, "start"):
        row, end_us = event["tid"], event["ts"] + event["dur"]
        if event["name"].endswith("start"):
            starts[row], until_us[row] = end_us, event["ts"]
        else:
            assert event["ts"] == until_us[row]
            until_us[row] = end_us
    assert until_us == starts


def test_every_end_of_an_environment_and_every_refusal_is_an_instant(result, trace):
    instants = Counter((e["cat"], e["name"], e["ts"]) for e in trace if e["ph"] == "i" and e["cat"] != "change")
    expected = Counter(
        ("environment", f"ended: {EndCause(e['end_cause']).name.lower()}", e["ended_us"])
        for e in environments(result)
        if e["ended_us"] != NEVER
    )
    refused = result.invocations[result.invocations["outcome"] == "throttled"]
    expected += Counter(
        ("refused", reason, at_us)
        for reason, at_us in zip(refused["throttle_reason"], refused["invoked_us"], strict=True)
    )
    assert instants == expected


def test_the_counters_reach_what_the_summary_says_and_change_with_every_event(result, trace):
    functions = {function.name: function for function in result.header.functions}
    names = {e["pid"]: e["args"]["name"] for e in trace if e["name"] == "process_name"}
    summary = result.summary()
    several = len({environment["version"] for environment in environments(result)}) != 1
    for counter, summed in (("concurrency", "concurrency"), ("environments", "environments")):
        values = defaultdict(dict)
        for event in trace:
            if event["ph"] == "C" and event["name"] == counter:
                [value] = event["args"].values()
                assert event["ts"] not in values[event["pid"]]
                values[event["pid"]][event["ts"]] = value
        assert all(0 in steps for steps in values.values())
        assert all(np.diff(list(steps.values())).all() for steps in values.values())
        for pid, steps in values.items():
            within = [value for at_us, value in steps.items() if at_us < result.header.duration_us]
            if names[pid] in functions:
                assert max(within) == summary["functions"][names[pid]][summed]["max"]
        assert several is (1 in values)
    if len(values) > 1:
        assert max(values[1].values()) <= sum(max(steps.values()) for pid, steps in values.items() if pid != 1)


def test_what_was_before_the_run_is_cut_off():
    result = run(prepared())
    trace = found(result)
    before = [e for e in environments(result) if e["created_us"] < 0]
    assert before
    lives = {e["args"]["environment"]: e for e in complete(trace, "environment")}
    for environment in before:
        life = lives[environment["environment"]]
        assert life["ts"] == 0
        assert life["args"]["created_us"] == environment["created_us"]
        assert not any(e["tid"] == life["tid"] for e in complete(trace, "start"))


def test_what_had_no_end_lasts_until_the_end_of_the_run():
    trace = found(run(cut_short()))
    begun, lives = complete(trace, "invocation"), complete(trace, "environment")
    assert [(e["name"], e["ts"] + e["dur"]) for e in begun] == [("unfinished", 10_000_000)]
    assert [e["ts"] + e["dur"] for e in lives] == [10_000_000] * 2
    assert [e["dur"] for e in complete(trace, "start")] == [2_000_000] * 2 + [1_000_000] * 2  # the last was cut off
    assert not any(e["ph"] == "i" for e in trace)
    assert [e["args"] for e in trace if e["ph"] == "C"][-1] == {"alive": 2}


def test_versions_are_processes_and_the_account_is_one():
    trace = found(run(prepared()))
    names = [e["args"]["name"] for e in trace if e["name"] == "process_name"]
    assert names[0] == "account"
    assert names[1:] == ["f:1", "f:2"]  # and not $LATEST, which nobody called
    assert any(e["args"].get("labels") == "1769 MB, x86_64" for e in trace)


def test_changes_are_told_in_words():
    trace = found(run(busy()))
    began, over = [e for e in trace if e["ph"] == "i" and e["cat"] == "change"]
    assert began["ts"] == 20_000_000
    assert began["name"].startswith("f: ")
    assert over["name"].startswith("f: over: ")


def test_one_cold_and_one_warm_invocation_by_hand():
    trace = found(run(world(lifecycle=dict(EXACT_LIFE), trigger={"arrivals": at("0s", "10s")})))
    slices = [(e["name"], e["ts"], e["dur"]) for e in trace if e["ph"] == "X"]
    ends_us = 10_000_000 + 1_000_000 + 600_000_000
    assert slices == [
        ("environment", 0, ends_us),
        ("cold start", 0, 100_000),
        ("function init", 0, 100_000),
        ("success", 100_000, 1_000_000),
        ("success", 10_000_000, 1_000_000),
    ]
    cold, warm = (e["args"] for e in complete(trace, "invocation"))
    assert cold == {"trigger": "t", "event": 0, "attempt": 1, "start_type": "cold", "billed_ms": 1100}
    assert warm == {"trigger": "t", "event": 1, "attempt": 1, "start_type": "warm", "billed_ms": 1000}
    [end] = [e for e in trace if e["ph"] == "i"]
    assert (end["name"], end["ts"]) == ("ended: idle_expired", ends_us)
