"""What a run takes, how it ends, and what that does to its environment."""

from __future__ import annotations

import pytest

from lambdasim.codes import Outcome, StartCause, StartType
from lambdasim.service.handler import duration_scale, first_call_extra_ms
from tests.worlds import at, environments, rows, run, world

MS = 1000
S = 1_000_000


def test_the_phases_of_a_cold_start_are_kept_apart_and_add_up_to_the_wait():
    parameters = {
        "cold_starts/platform_overhead": "130 ms",
        "cold_starts/vpc/hyperplane": "50 ms",
        "cold_starts/zip_fetch_ms_per_mb": 10,
        "cold_starts/zip_fetch_free_mb": 10,
        "cold_starts/init/python3.13/Zip/x86_64": "90 ms",
        "cold_starts/first_invocation/python3.13": {128: 0, 256: 0, 512: 0, 1024: 0},
    }
    function = {
        "runtime": "python3.13",
        "package_size": "30 MB",
        "vpc_config": {"subnet_ids": ["a", "b"], "security_group_ids": ["s"]},
    }
    result = run(world(function=function, init={"code": "400 ms"}, parameters=parameters))
    environment, row = environments(result)[0], rows(result)[0]
    phases = ("platform_us", "download_us", "network_us", "runtime_init_us", "function_init_us")
    assert [environment[phase] for phase in phases] == [130 * MS, 200 * MS, 50 * MS, 90 * MS, 400 * MS]
    assert row["wait_us"] == 870 * MS == environment["ready_us"] - environment["created_us"]
    assert row["init_us"] == 490 * MS  # REPORT's Init Duration has only the last two
    assert row["duration_us"] == 1 * S


def test_layers_are_fetched_with_the_package():
    """30 MB of package and 12 + 8 MB of layers, of which 10 MB take no time, at 10 ms/MB; then 100 ms of Init."""
    parameters = {"cold_starts/zip_fetch_ms_per_mb": 10, "cold_starts/zip_fetch_free_mb": 10}
    layers = {"layers": ["12 MB", {"size": "8 MB", "unzipped_size": "40 MB"}]}
    for package, fetched_ms in (({"package_size": "30 MB"}, 400), ({}, 100)):
        result = run(world(function=package | layers, parameters=parameters))
        assert environments(result)[0]["download_us"] == fetched_ms * MS
        assert rows(result)[0]["wait_us"] == (fetched_ms + 100) * MS


def test_an_image_fetches_nothing_by_size_and_takes_its_own_measured_init():
    parameters = {
        "cold_starts/init/python3.13/Image/x86_64": "170 ms",
        "cold_starts/init/python3.13/Zip/x86_64": "90 ms",
    }
    document = world(
        function={"runtime": "python3.13", "package_type": "Image", "package_size": "500 MB"},
        init={},
        parameters=parameters,
    )
    environment = environments(run(document))[0]
    assert (environment["download_us"], environment["runtime_init_us"]) == (0, 170 * MS)


def test_an_init_beyond_ten_seconds_is_done_again_inside_the_invocation():
    result = run(world(init={"duration": "12 s"}, trigger={"arrivals": at("0s", "60s")}))
    first, second = rows(result)
    assert first["wait_us"] == 10 * S  # cut off
    assert first["suppressed_init_us"] == 12 * S
    assert first["duration_us"] == 13 * S
    assert first["init_us"] == 0  # REPORT has no Init Duration then
    assert first["start_type"] is StartType.COLD
    assert second["start_type"] is StartType.WARM
    assert second["duration_us"] == 1 * S


def test_whether_the_cut_off_init_is_billed_is_a_parameter_that_the_user_can_set():
    result = run(world(init={"duration": "12 s"}, parameters={"billing/failed_init_billed": True}))
    assert rows(result)[0]["init_us"] == 10 * S


def test_an_init_and_work_longer_than_the_timeout_time_out_for_ever():
    document = world(function={"timeout": 10}, init={"duration": "12 s"}, trigger={"arrivals": at("0s", "60s", "120s")})
    for row in rows(run(document)):
        assert row["outcome"] is Outcome.TIMEOUT
        assert row["duration_us"] == row["suppressed_init_us"] == 10 * S


def test_a_run_stops_at_the_functions_timeout():
    row = rows(run(world(function={"timeout": 3}, handler={"duration": "5 s"})))[0]
    assert row["outcome"] is Outcome.TIMEOUT
    assert row["duration_us"] == 3 * S


def test_a_run_of_exactly_the_timeout_succeeds():
    assert rows(run(world(function={"timeout": 5}, handler={"duration": "5 s"})))[0]["outcome"] is Outcome.SUCCESS


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"function": {"timeout": 3}, "handler": {"duration": "5 s"}}, Outcome.TIMEOUT),
        ({"handler": {"crash_rate": "100%"}}, Outcome.CRASH),
        ({"handler": {"max_memory_used": 2000}}, Outcome.OUT_OF_MEMORY),
    ],
)
def test_after_a_timeout_a_crash_or_lack_of_memory_the_next_call_pays_an_init_inside_its_duration(changes, outcome):
    first, second = rows(run(world(**changes, trigger={"arrivals": at("0s", "60s")})))
    assert first["outcome"] is second["outcome"] is outcome
    assert second["environment"] == first["environment"]
    assert second["wait_us"] == 0
    assert second["init_us"] == 0
    assert second["suppressed_init_us"] == 100 * MS
    assert (second["start_type"], second["start_cause"]) == (StartType.COLD, StartCause.RESET)
    if outcome is not Outcome.TIMEOUT:
        assert second["duration_us"] == first["duration_us"] + 100 * MS


def test_a_handled_exception_leaves_the_environment_warm():
    first, second = rows(run(world(handler={"error_rate": "100%"}, trigger={"arrivals": at("0s", "60s")})))
    assert first["outcome"] is second["outcome"] is Outcome.ERROR
    assert second["start_type"] is StartType.WARM
    assert second["suppressed_init_us"] == 0


def test_errors_and_crashes_come_at_their_rates():
    document = world(duration="10h", handler={"duration": "10 ms", "error_rate": "20%", "crash_rate": "5%"},
                     trigger={"arrivals": {"constant": {"rate": "1/s"}}})  # fmt: skip
    outcomes = [row["outcome"] for row in rows(run(document))]
    n = len(outcomes)
    for outcome, share in ((Outcome.ERROR, 0.2), (Outcome.CRASH, 0.05)):
        assert abs(outcomes.count(outcome) - share * n) < 4 * (n * share * (1 - share)) ** 0.5


def test_cpu_time_scales_with_memory_up_to_the_threads_and_waiting_does_not():
    assert duration_scale(128, 256, 1.0, 1, 1769) == 2
    assert duration_scale(3538, 1769, 1.0, 1, 1769) == 1  # one thread can't use a second vCPU
    assert duration_scale(3538, 1769, 1.0, 2, 1769) == 0.5
    assert duration_scale(128, 256, 0.0, 1, 1769) == 1
    half = rows(run(world(function={"memory_size": 884}, handler={"measured_at": 1768, "cpu_fraction": "50%"})))[0]
    assert half["duration_us"] == 1.5 * S


def test_cpu_bound_duration_follows_the_recorded_slope_of_minus_one_up_to_a_vcpu_and_is_flat_beyond():
    # 46 sizes recorded in 2020: duration ~ memory^-1.02 from 128 to 1,024 MB, slope 0.00 from 1,792 MB.
    assert duration_scale(128, 1024, 1.0, 1, 1769) == pytest.approx((1024 / 128) ** 1.02, rel=0.05)
    assert duration_scale(3008, 1792, 1.0, 1, 1769) == 1


def test_a_first_call_takes_longer_by_the_measured_extra_and_a_warm_one_does_not():
    by_memory = {128: 800, 256: 400, 512: 200, 1024: 100}
    parameters = {"cold_starts/first_invocation/dotnet8": by_memory}
    document = world(
        function={"runtime": "dotnet8", "memory_size": 512},
        parameters=parameters,
        trigger={"arrivals": at("0s", "60s")},
    )
    first, second = rows(run(document))
    assert first["duration_us"] - second["duration_us"] == 200 * MS
    assert first_call_extra_ms(by_memory, 181.0193) == pytest.approx(565.685, rel=1e-4)  # halfway on a log-log line
    assert first_call_extra_ms(by_memory, 3008) == pytest.approx(100)


def test_after_a_reset_the_code_is_cold_again_and_the_first_call_extra_is_paid_again():
    parameters = {"cold_starts/first_invocation/dotnet8": {128: 800, 256: 400, 512: 200, 1024: 100}}
    function = {"runtime": "dotnet8", "memory_size": 512}
    document = world(
        function=function, handler={"crash_rate": "100%"}, parameters=parameters, trigger={"arrivals": at("0s", "60s")}
    )
    first, second = rows(run(document))
    assert first["duration_us"] == 1 * S + 200 * MS
    assert second["duration_us"] == 1 * S + 200 * MS + 100 * MS


def test_setting_a_parameter_that_nothing_asks_for_is_warned_of():
    changed = {"sdk/adaptive/beta": 0.5, "cold_starts/platform_overhead": "1 s"}
    warnings = run(world(parameters=changed)).summary()["warnings"]
    unused = [w["path"] for w in warnings if w["code"] == "parameter_without_effect"]
    assert unused == ["parameters.sdk/adaptive/beta"]
