"""What can be said in a scenario, and what is understood."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from small_scenario import SMALL, changed

from lambdasim.errors import InputError
from lambdasim.parameters.book import load_book
from lambdasim.scenario.distributions import distribution_from
from lambdasim.scenario.load import load_scenario, parse_scenario
from lambdasim.units import US_PER_HOUR, US_PER_MINUTE, US_PER_MS, US_PER_S
from lambdasim.workload.arrivals import (
    AtOnce,
    Batch,
    Bursts,
    ConstantRate,
    Diurnal,
    NoArrivals,
    Piecewise,
    Poisson,
    Renewal,
    Sum,
)
from lambdasim.workload.distributions import (
    Constant,
    Exponential,
    Gamma,
    Lognormal,
    Mixture,
    Normal,
    ShiftedLognormal,
    Uniform,
    Weibull,
)
from lambdasim.workload.empirical import Quantiles
from lambdasim.workload.schedules import Schedule
from lambdasim.workload.traces import CountTrace, Trace

RICH = Path(__file__).parent / "rich.yaml"
MS = US_PER_MS


@pytest.fixture(scope="module")
def rich():
    return load_scenario(RICH)


def arrivals(spec, **files):
    return parse_scenario(changed("{poisson: {rate: 5/s}}", spec), **files).triggers["web"].arrivals


def test_the_top_level_is_understood(rich):
    assert (rich.name, rich.seed, rich.region) == ("checkout", 7, "us-east-1")
    assert (rich.duration_us, rich.warm_up_us, rich.drain_us) == (US_PER_HOUR, 5 * US_PER_MINUTE, 15 * US_PER_MINUTE)
    assert rich.start == datetime(2026, 1, 5, 18, tzinfo=UTC)
    account = rich.account
    assert (account.concurrent_executions, account.free_tier, account.scaling) == (1200, True, "regional_burst")


def test_what_is_not_said_has_the_default_of_the_page_or_of_the_book():
    scenario, book = parse_scenario(SMALL), load_book()
    assert (scenario.seed, scenario.warm_up_us, scenario.drain_us) == (0, 0, 15 * US_PER_MINUTE)
    assert scenario.start == datetime(2026, 1, 5, tzinfo=UTC)
    assert scenario.start.weekday() == 0
    assert scenario.account.concurrent_executions == book.value("quotas/account/concurrent_executions")
    function = scenario.functions["api"]
    for key in ("memory_size", "timeout", "ephemeral_storage"):
        assert getattr(function, key) == book.value(f"quotas/function/{key}/default")
    assert function.timeout_us == function.timeout * US_PER_S
    assert (function.architecture, function.package_type, function.handler.cpu_fraction) == ("x86_64", "Zip", 1)


def test_a_lifecycle_is_its_preset_but_for_what_is_said():
    book = load_book()
    default, other = (parse_scenario(f"{SMALL}{more}").lifecycle for more in ("", "lifecycle: {preset: aws-2021}\n"))
    assert default.preset == "default"
    assert other.idle_timeout == distribution_from(book.value("lifecycles/aws-2021/idle_timeout"))
    assert default.idle_timeout != other.idle_timeout
    assert default.keep_alive == "renewed"


def test_a_lifecycle_takes_overrides_and_the_rest_from_the_preset(rich):
    lifecycle = rich.lifecycle
    assert lifecycle.idle_timeout == Constant(600 * US_PER_S)
    assert lifecycle.surplus_idle_timeout == Lognormal.from_median_sigma(23 * US_PER_MINUTE, 0.1)
    assert lifecycle.maximum_lifetime is None
    assert lifecycle.recycle_rate_per_us == pytest.approx(0.176 / US_PER_HOUR)
    assert (lifecycle.proactive_on_retirement, lifecycle.proactive_otherwise) == (0.8, 0.05)
    assert (lifecycle.placement, lifecycle.keep_alive) == ("random", "not_renewed")


def test_functions_are_understood(rich):
    api, worker, image, _, go = rich.functions.values()
    assert (api.package_size_mb, api.unzipped_size_mb, api.reserved_concurrent_executions) == (12, 40, 100)
    assert (api.handler.cpu_fraction, api.handler.error_rate) == (0.6, 0.001)
    assert api.init.code == Constant(300 * MS)
    assert worker.init.duration.shift == 100 * MS
    assert api.vpc_config.subnet_ids == ("a", "b")
    assert (image.has_snap_start, image.snap_start.restore.billed_duration) == (True, Constant(20 * MS))
    assert [function.init_key for function in (api, worker, image, go)] == [
        "python3.13",
        "python3.13",
        "rust@provided.al2023",
        "go@provided.al2023",
    ]


def test_triggers_are_understood(rich):
    shop = rich.triggers["shop"]
    assert (shop.api, shop.burst, shop.integration_timeout_us) == ("rest", 100, 29 * US_PER_S)
    assert shop.rate_per_us == pytest.approx(500 / US_PER_S)
    assert (shop.client.retries, shop.client.read_timeout_us, shop.client.clients) == ("standard", 30 * US_PER_S, 5)
    assert shop.targets == ("api",)
    users = rich.triggers["users"]
    assert users.targets == ("api", "worker", "go_fn")
    assert [flow.weight for flow in users.flows] == [3, 0.25]
    assert users.flows[0].steps[1].wait == Constant(3 * US_PER_S)
    assert users.on_error == "continue"


def test_sdk_callers_retry_by_default_and_browsers_do_not(rich):
    retries = {name: trigger.client.retries for name, trigger in rich.triggers.items()}
    assert (retries["nightly"], retries["users"], retries["steady"]) == ("legacy", "legacy", "none")
    assert (retries["link"], retries["balancer"]) == ("none", "none")


def test_an_api_waits_as_long_as_it_can_by_default():
    for api in ("rest", "http"):
        text = changed("{type: direct,", f"{{type: api_gateway, api: {api},")
        longest = load_book().value(f"front_doors/api_gateway/{api}/integration_timeout_s/default")
        assert parse_scenario(text).triggers["web"].integration_timeout_us == longest * US_PER_S


@pytest.mark.parametrize(
    ("spec", "process"),
    [
        ("none", NoArrivals()),
        ("{constant: {rate: 60/min}}", ConstantRate(60 / (60 * US_PER_S))),
        ("{poisson: {rate: 5/s}}", Poisson(5 / US_PER_S)),
        ("{renewal: {rate: 5/s, cv: 0.5}}", Renewal(5 / US_PER_S, 0.5)),
        (
            "{diurnal: {mean_rate: 5/s, peak_to_mean: 2, peak_at: 15h, weekend_factor: 1}}",
            Diurnal(5 / US_PER_S, 2, 15 * US_PER_HOUR),
        ),
        ("{piecewise: {points: [[0s, 0/s], [1m, 5/s]]}}", Piecewise(((0, 0), (US_PER_MINUTE, 5 / US_PER_S)))),
        (
            "{bursts: {low: 0/s, high: 5/s, mean_low: 1m, mean_high: 1s}}",
            Bursts(0, 5 / US_PER_S, US_PER_MINUTE, US_PER_S),
        ),
        ("{batch: {rate: 5/s, size: 10, spacing: 1 ms}}", Batch(5 / US_PER_S, Constant(10), Constant(1000))),
        (
            "{batch: {rate: 5/s, size: {uniform: {low: 1, high: 9}}, spacing: 0s}}",
            Batch(5 / US_PER_S, Uniform(1, 9), Constant(0)),
        ),
        ("{at_once: {events: 7, at: 1m, over: 2s}}", AtOnce(7, US_PER_MINUTE, 2 * US_PER_S)),
        ("{schedule: {expression: rate(5 minutes)}}", Schedule("rate(5 minutes)")),
        ("{sum: [none, {at_once: {events: 7}}]}", Sum((NoArrivals(), AtOnce(7)))),
    ],
)
def test_every_arrival_process_becomes_its_value(spec, process):
    assert arrivals(spec) == process


@pytest.mark.parametrize(
    ("spec", "process"),
    [
        ("{renewal: {rate: 5/s}}", Renewal(5 / US_PER_S, 1.75)),
        ("{diurnal: {mean_rate: 5/s}}", Diurnal(5 / US_PER_S, 1.5, 14 * US_PER_HOUR, 0.85)),
        ("{batch: {}}", Batch(2 / US_PER_HOUR, Lognormal.from_median_p99(50, 5000), Constant(50 * MS))),
    ],
)
def test_what_is_not_said_of_arrivals_has_the_usual_shape_of_their_kind(spec, process):
    assert arrivals(spec) == process


def test_the_usual_shape_is_in_the_book_and_can_be_set():
    text = changed("{poisson: {rate: 5/s}}", "{batch: {rate: 1/h}}") + "parameters: {arrivals/batch/spacing: 7 ms}\n"
    scenario = parse_scenario(text)
    assert scenario.triggers["web"].arrivals.spacing == Constant(7 * MS)
    used = {parameter.path for parameter in scenario.book.used}
    assert {"arrivals/batch/spacing", "arrivals/batch/size_p99"} <= used
    assert "arrivals/batch/rate" not in used


@pytest.mark.parametrize(
    ("spec", "distribution"),
    [
        ("120 ms", Constant(120 * MS)),
        ({"constant": "120 ms"}, Constant(120 * MS)),
        ({"exponential": {"mean": "120 ms"}}, Exponential(120 * MS)),
        ({"lognormal": {"median": "80 ms", "p99": "400 ms"}}, Lognormal.from_median_p99(80 * MS, 400 * MS)),
        ({"lognormal": {"sigma": 0.4, "median": "80 ms"}}, Lognormal.from_median_sigma(80 * MS, 0.4)),
        ({"lognormal": {"mean": "80 ms", "cv": 0.4}}, Lognormal.from_mean_cv(80 * MS, 0.4)),
        ({"gamma": {"mean": "80 ms", "cv": 0.4}}, Gamma(80 * MS, 0.4)),
        ({"weibull": {"scale": "80 ms", "shape": 0.9}}, Weibull(80 * MS, 0.9)),
        ({"uniform": {"low": "0s", "high": "1s"}}, Uniform(0, US_PER_S)),
        ({"normal": {"mean": "600 s", "sd": "60 s"}}, Normal(600 * US_PER_S, 60 * US_PER_S)),
        ({"quantiles": {"max": "9s", "p50": "1s", "p99.9": "5s"}}, Quantiles(((0.5, 1e6), (0.999, 5e6), (1.0, 9e6)))),
        (
            {"mixture": [{"weight": "90%", "constant": "1s"}, {"weight": 0.1, "exponential": {"mean": "2s"}}]},
            Mixture(((0.9, Constant(1e6)), (0.1, Exponential(2e6)))),
        ),
    ],
)
def test_every_distribution_becomes_its_value(spec, distribution):
    assert distribution_from(spec) == distribution


def test_a_shifted_lognormal_has_the_given_part_above_its_shift():
    spec = {"shifted_lognormal": {"shift": "100 ms", "median": "80 ms", "sigma": 0.4}}
    above = Lognormal.from_median_sigma(80 * MS, 0.4)
    assert distribution_from(spec) == ShiftedLognormal(100 * MS, above.mu, above.sigma)


@pytest.mark.parametrize("nonsense", [5, None, [], {}, {"gama": {}}, "fast", {"gamma": {"mean": "1s"}}, {1: 2}])
def test_a_distribution_from_nonsense_is_a_value_error(nonsense):
    with pytest.raises(ValueError, match=r"\w"):
        distribution_from(nonsense)


@pytest.mark.parametrize(("unit", "factor"), [("", MS), (", unit: us", 1), (", unit: s", US_PER_S)])
def test_samples_are_read_from_a_column_beside_the_scenario(tmp_path, unit, factor):
    (tmp_path / "d.csv").write_text("n,took\n1,5\n2,7.5\n")
    text = changed("80 ms", f"{{samples: {{file: d.csv, column: took{unit}}}}}")
    samples = parse_scenario(text, base=tmp_path).functions["api"].handler.duration
    np.testing.assert_allclose(samples.values, np.array([5, 7.5]) * factor)


def test_traces_are_read_beside_the_scenario(tmp_path):
    (tmp_path / "t.csv").write_text("timestamp\n0.5\n2\n")
    (tmp_path / "c.csv").write_text("minute,f,g\n0,3,1\n1,4,2\n")
    trace = arrivals("{trace: {file: t.csv, format: timestamps, time_scale: 2, repeat: true}}", base=tmp_path)
    assert isinstance(trace, Trace)
    assert (trace.instants_us.tolist(), trace.time_scale, trace.repeat) == ([500_000, 2_000_000], 2, True)
    counts = arrivals("{trace: {file: c.csv, format: counts_per_minute, function: f}}", base=tmp_path)
    assert isinstance(counts, CountTrace)
    assert counts.counts.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("timestamp\n5\n3\n", "times must be in order"),
        ("timestamp\n-5\n", "0 or more"),
        ("timestamp\n5\n\n7\n", "nothing"),
    ],
)
def test_a_trace_that_is_wrong_is_a_problem_of_its_file(tmp_path, content, reason):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=reason):
        arrivals("{trace: {file: t.csv, format: timestamps}}", base=tmp_path)


def test_the_scenarios_own_parameters_replace_the_books(rich):
    assert rich.book.value("scaling/per_function/burst") == 500
    assert rich.book.get("scaling/per_function/burst").confidence == "user"
    text = f"{SMALL}parameters:\n  quotas/function/memory_size/default: 256\n  lifecycles/default/idle_timeout: 9m\n"
    scenario = parse_scenario(text)
    assert scenario.functions["api"].memory_size == 256
    assert scenario.lifecycle.idle_timeout == Constant(9 * US_PER_MINUTE)


def test_ranges_come_from_the_book_so_that_a_scenario_can_widen_them():
    text = changed("    runtime", "    timeout: 1000\n    runtime")
    assert (
        parse_scenario(f"{text}parameters: {{quotas/function/timeout/maximum: 5400}}\n").functions["api"].timeout
        == 1000
    )


def test_the_digest_covers_the_bytes_and_the_overrides(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(SMALL)
    plain = load_scenario(file).sha256
    assert plain == load_scenario(file).sha256 == parse_scenario(SMALL).sha256
    assert plain != load_scenario(file, overrides={"seed": "1"}).sha256
    assert load_scenario(file, overrides={"seed": "1"}).sha256 != load_scenario(file, overrides={"seed": "2"}).sha256
    file.write_text(f"{SMALL}# a comment\n")
    assert plain != load_scenario(file).sha256


def test_a_scenario_can_go_to_another_process(rich):
    again = pickle.loads(pickle.dumps(rich))  # noqa: S301  # our own
    assert (repr(again), again.sha256, again.warnings) == (repr(rich), rich.sha256, rich.warnings)


def test_reading_a_scenario_loads_no_pandas_and_no_simpy():
    code = (
        "import sys; from lambdasim.scenario.load import load_scenario; load_scenario(sys.argv[1]);"
        "print([m for m in ('pandas', 'simpy', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    small = RICH.with_name("rich.yaml")
    done = subprocess.run([sys.executable, "-c", code, str(small)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
