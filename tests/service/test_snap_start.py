"""SnapStart: restores in place of inits, the first of a version slower, and what REPORT says of them."""

from __future__ import annotations

import numpy as np
import pytest

from lambdasim.codes import InitializationType, Outcome, StartCause, StartType
from lambdasim.parameters.book import load_book
from lambdasim.service.restore import RestoreDraws, restore_model
from lambdasim.units import US_PER_MS
from tests.worlds import at, environments, load, rows, run, world

MS, S = 1_000, 1_000_000
BOOK = "cold_starts/snap_start_restore"


def snap_start(**restore):
    """The keys of a function with SnapStart that restores as ``restore`` says."""
    return {"runtime": "java17", "snap_start": {"apply_on": "PublishedVersions", "restore": restore}}


EXACT = snap_start(duration="400 ms", billed_duration="50 ms")
FIRST_SLOWER = {f"{BOOK}/first/java17/Zip/x86_64": "3 s", f"{BOOK}/in_use": "1 s", f"{BOOK}/billed_share": "10%"}
NO_EXTRA = {f"{BOOK}/first_invocation/java17": {128: 0, 256: 0, 512: 0, 1024: 0}}

# Duration, Restore Duration and Billed Restore Duration, then Billed Duration, from published log lines.
REPORTS = [
    ("2338.66 ms", "398.97 ms", "182 ms", 2521),  # java11, 2023: README of a SIP application for Amazon Chime SDK
    ("306.34 ms", "511.25 ms", "303 ms", 610),  # the same
    ("36.97 ms", "511.56 ms", "136 ms", 173),  # 2023: maxday/lambda-perf, a test of its log parser
    ("333.03 ms", "527.20 ms", "232 ms", 566),  # Micronaut without CRaC hooks
    ("280.43 ms", "438.11 ms", "253 ms", 534),  # Micronaut with CRaC hooks
    ("127.10 ms", "325.93 ms", "26 ms", 154),  # java21, 2024
    ("147.156 ms", "500.795 ms", "53 ms", 201),  # 2024: alexcasalboni/aws-lambda-power-tuning, a test of its log parser
    ("149.53 ms", "789.64 ms", "163 ms", 313),  # java21, 2025: just published
    ("98.35 ms", "422.92 ms", "76 ms", 175),  # ... and nine hours later
]


@pytest.mark.parametrize(("duration", "restore", "billed_restore", "billed_ms"), REPORTS)
def test_a_restored_call_is_billed_as_in_published_log_lines(duration, restore, billed_restore, billed_ms):
    function = snap_start(duration=restore, billed_duration=billed_restore)
    result = run(world(function=function, handler={"duration": duration}, parameters=NO_EXTRA))
    (line,) = result.invocations.to_dict("records")
    assert line["billed_ms"] == billed_ms
    assert (line["restore_us"], line["init_us"]) == (round(float(restore.removesuffix(" ms")) * US_PER_MS), 0)


def test_billed_restore_duration_is_whole_milliseconds_and_no_more_than_the_restore():
    (row,) = rows(run(world(function=snap_start(duration="500 ms"), parameters={f"{BOOK}/billed_share": "13.1%"})))
    assert row["billed_restore_us"] == 66 * MS
    (row,) = rows(run(world(function=snap_start(duration="99.5 ms", billed_duration="3 s"))))
    assert row["billed_restore_us"] == 100 * MS


def test_a_restore_stands_in_place_of_package_and_init_in_both_logs():
    function = EXACT | {"package_size": "100 MB"}
    changes = {"init": {"duration": "2 s"}, "parameters": {"cold_starts/platform_overhead": "130 ms"}}
    result = run(world(function=function, trigger={"arrivals": at("0s", "60s")}, **changes))
    first, second = rows(result)
    assert (first["start_type"], first["start_cause"]) == (StartType.RESTORED, StartCause.SCALE_OUT)
    assert (first["wait_us"], first["init_us"], first["restore_us"]) == (530 * MS, 0, 400 * MS)
    assert (second["start_type"], second["wait_us"], second["restore_us"]) == (StartType.WARM, 0, 0)
    (life,) = environments(result)
    assert life["initialization"] == InitializationType.SNAP_START
    assert life["ready_us"] - life["created_us"] == life["platform_us"] + life["restore_us"] == 530 * MS
    assert life["download_us"] == life["runtime_init_us"] == life["function_init_us"] == 0


def test_restores_are_first_ones_until_one_is_over():
    arrivals = {"sum": [*at("0s", "2999ms")["sum"], *at("3s", events=2)["sum"]]}
    function, long = snap_start() | {"timeout": 900}, {"duration": "60 s"}
    result = run(world(function=function, handler=long, parameters=FIRST_SLOWER, trigger={"arrivals": arrivals}))
    assert [row["restore_us"] for row in rows(result)] == [3 * S, 3 * S, S, S]
    assert [row["billed_restore_us"] for row in rows(result)] == [300 * MS, 300 * MS, 100 * MS, 100 * MS]


def test_each_version_has_a_first_restore_of_its_own():
    function = snap_start() | {"versions": {"2": {}}}
    triggers = {
        name: {"type": "direct", "target": target, "client": {"retries": "none"}, "arrivals": at(time)}
        for name, target, time in (("old", "f:1", "0s"), ("new", "f:2", "60s"))
    }
    result = run(world(function=function, parameters=FIRST_SLOWER) | {"triggers": triggers})
    assert [row["restore_us"] for row in rows(result)] == [3 * S, 3 * S]


def test_the_latest_version_is_never_restored():
    (row,) = rows(run(world(function=EXACT, trigger={"target": "f:$LATEST"})))
    assert (row["start_type"], row["init_us"], row["restore_us"]) == (StartType.COLD, 100 * MS, 0)


def test_apply_on_none_is_without_snap_start():
    off = {"runtime": "java17", "snap_start": {"apply_on": "None"}}
    (row,) = rows(run(world(function=off)))
    assert (row["start_type"], row["init_us"]) == (StartType.COLD, 100 * MS)


def test_after_a_crash_a_restored_environment_inits_instead_of_being_restored():
    result = run(world(function=EXACT, handler={"crash_rate": "100%"}, trigger={"arrivals": at("0s", "60s")}))
    first, second = rows(result)
    assert first["outcome"] is second["outcome"] is Outcome.CRASH
    assert (second["environment"], second["wait_us"], second["restore_us"]) == (first["environment"], 0, 0)
    assert second["suppressed_init_us"] == 100 * MS
    assert (second["start_type"], second["start_cause"]) == (StartType.COLD, StartCause.RESET)


def test_what_lambda_starts_ahead_is_restored_too():
    life = {"maximum_lifetime": "100 s", "proactive_initialization": {"on_retirement": "100%", "otherwise": "0%"}}
    result = run(world(function=EXACT, lifecycle=life, trigger={"arrivals": at("0s", "200s")}))
    first, second = rows(result)
    assert (first["start_type"], second["start_type"]) == (StartType.RESTORED, StartType.PRE_INITIALIZED)
    assert (second["wait_us"], second["restore_us"], second["billed_restore_us"]) == (0, 400 * MS, 50 * MS)
    assert {e["initialization"] for e in environments(result)} == {InitializationType.SNAP_START}
    assert {e["restore_us"] for e in environments(result)} == {400 * MS}


def test_the_first_call_after_a_restore_takes_what_was_measured_beyond_a_warm_one():
    book = load_book()
    restored_ms = book.value(f"{BOOK}/first_invocation/java17")[512]
    plain_ms = book.value("cold_starts/first_invocation/java17")[512]
    assert restored_ms > 2 * plain_ms
    for function, extra_ms in ((EXACT, restored_ms), ({"runtime": "java17"}, plain_ms)):
        first, second = rows(run(world(function=function | {"memory_size": 512}, trigger={"arrivals": at("0s", "9s")})))
        assert first["duration_us"] - second["duration_us"] == pytest.approx(extra_ms * MS, abs=1)


def test_restored_starts_are_cold_starts_that_someone_waited_for():
    arrivals = {"sum": [*at("0s", events=3)["sum"], *at("60s", events=4)["sum"]]}
    result = run(world(function=EXACT, trigger={"arrivals": arrivals}))
    f, timeline = result.summary()["functions"]["f"], result.timeline
    assert timeline[timeline["function"] == "f"]["cold_starts"].sum() == 4
    assert f["start_types"] == {"warm": 3, "cold": 0, "pre_initialized": 0, "provisioned": 0, "restored": 4}
    assert (f["cold_starts"], f["cold_start_rate"]) == (4, pytest.approx(4 / 7))
    assert f["cold_start_causes"]["scale_out"] == sum(f["cold_start_causes"].values()) == 4
    assert (f["restore_duration_ms"]["p50"], f["init_duration_ms"]["p50"]) == (400, None)
    assert f["cold_start_ms"]["max"] == 400


def draws(runtime, package_type="Zip", n=13_000, *, first):
    """Restores of a version, in ms."""
    function = {"runtime": runtime, "package_type": package_type, "snap_start": {"apply_on": "PublishedVersions"}}
    scenario = load(world(function=function))
    model = restore_model(scenario.functions["f"], scenario.book)
    luck = RestoreDraws(1, ("t", "f", 1), model)
    return np.array([luck.at(index, first=first)[0] for index in range(n)]) / MS


@pytest.mark.parametrize(
    ("runtime", "p50", "p99"), [("java11", 632.8, 924.8), ("java17", 666.8, 1058), ("java21", 681.2, 1171)]
)
def test_first_restores_have_the_quantiles_that_were_measured_and_later_ones_are_shorter(runtime, p50, p99):
    first, later = draws(runtime, first=True), draws(runtime, first=False)
    assert np.quantile(first, 0.5) == pytest.approx(p50, rel=0.02)
    assert np.quantile(first, 0.99) == pytest.approx(p99, rel=0.12)  # the fit's own error: 11 % for java21
    for p in (0.1, 0.5, 0.9, 0.99):
        assert np.quantile(later, p) < np.quantile(first, p)


@pytest.mark.parametrize(("package_type", "p50"), [("Zip", 650), ("Image", 500)])
def test_the_first_restore_of_a_runtime_that_was_not_measured_goes_by_its_package_type(package_type, p50):
    assert np.quantile(draws("python3.13", package_type, first=True), 0.5) == pytest.approx(p50, rel=0.02)
