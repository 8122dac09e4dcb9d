"""Warm-up: MSER-5 against a sum by hand, a naive loop and series with a known transient; what it is refused for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lambdasim
from lambdasim.analysis import pilots
from lambdasim.analysis.observations import Design
from lambdasim.analysis.pilots import SLOTS, Pilot, Settling, piloted
from lambdasim.analysis.runner import Workers
from lambdasim.analysis.stationarity import changes_by_design
from lambdasim.analysis.warm_up import FEWEST, PILOTS, WarmUp, by_mser5, mser5, truncations_of, warm_up_of, with_warm_up
from lambdasim.errors import AnalysisError, InputError
from lambdasim.randomness import stream
from tests.theory.worlds import direct, function, world
from tests.worlds import load
from tests.worlds import world as small_world

SERVICE_S, LOAD = 10.0, 27.0


def filling(duration="600 s", **keys):
    """Long services from an empty start: the concurrency rises as 1 - exp(-t / service)."""
    calls = direct("f", {"poisson": {"rate": f"{LOAD / SERVICE_S}/s"}})
    return world(
        {"f": function({"exponential": {"mean": f"{SERVICE_S} s"}})}, {"calls": calls}, duration=duration, **keys
    )


def batches_of(*means):
    return [mean for mean in means for _ in range(5)]


def test_mser5_by_hand():
    # Eight means; the last five are no candidates. d = 0: 32 / 64; d = 1: (40 - 16^2 / 7) / 49 = 0.070; d = 2: 0.093.
    assert mser5(batches_of(8, 2, 3, 2, 3, 2, 3, 1)) == 5


def test_what_does_not_fill_a_batch_is_not_looked_at():
    assert mser5([*batches_of(8, 2, 3, 2, 3, 2, 3, 1), 1e9, -1e9]) == 5


@settings(max_examples=100)
@given(st.lists(st.integers(-20, 20), min_size=30, max_size=200))
def test_mser5_is_what_a_loop_over_its_definition_finds(values):
    means = np.reshape(values[: len(values) // 5 * 5], (-1, 5)).mean(axis=1)
    k = len(means)
    errors = [((means[d:] - means[d:].mean()) ** 2).sum() / (k - d) ** 2 for d in range(k - 5)]
    least = min(errors)
    first = next(d for d, error in enumerate(errors) if math.isclose(error, least, rel_tol=1e-9, abs_tol=1e-12))
    dropped = mser5(values)
    if dropped is None:
        assert min(error for d, error in enumerate(errors) if d > k / 2) <= least + 1e-12
    else:
        assert errors[dropped // 5] <= least + 1e-12
        assert dropped // 5 >= first


@settings(max_examples=50)
@given(st.lists(st.integers(-20, 20), min_size=30, max_size=100), st.sampled_from([-2.0, 4.0]), st.integers(-9, 9))
def test_the_unit_of_a_series_moves_no_truncation(values, scale, shift):
    series = np.array(values, dtype=float)
    plain, moved = mser5(series), mser5(series * scale + shift)
    assert plain == moved or _tied(series)


def _tied(series):
    """Where two truncations are equally good, rounding may choose."""
    means = series[: len(series) // 5 * 5].reshape(-1, 5).mean(axis=1)
    errors = sorted(means[d:].var() / len(means[d:]) for d in range(len(means) - 5))
    return len(errors) > 1 and math.isclose(errors[0], errors[1], rel_tol=1e-6, abs_tol=1e-9)


def test_a_transient_that_decays_is_cut_where_it_sinks_into_the_noise():
    t = np.arange(2000)
    for seed in range(20):
        noise = stream(seed, "noise").standard_normal((5, t.size)).mean(axis=0)
        dropped = mser5(10 * np.exp(-t / 50) + noise)
        assert dropped is not None
        assert 50 <= dropped <= 400  # after one time constant 3.7 is left, eight standard errors; after eight 0.003
        assert mser5(noise) < 200


def test_values_that_depend_on_each_other_have_their_transient_found_too():
    for seed in range(20):
        rng, level, levels = stream(seed, "ar"), 30.0, []
        for step in rng.standard_normal((5, 4000)).mean(axis=0):
            level = 0.95 * level + step
            levels.append(level)
        dropped = mser5(levels)
        assert dropped is not None
        assert 20 <= dropped <= 1000


@pytest.mark.parametrize("series", [np.arange(500.0), np.arange(500.0) ** 2, batches_of(*range(9), *[9] * 7)])
def test_a_series_that_does_not_settle_in_its_first_half_has_no_steady_state(series):
    assert mser5(series) is None


@pytest.mark.parametrize("n", [0, 1, 24, 29])
def test_a_series_without_a_candidate_has_none_either(n):
    assert mser5(np.ones(n)) is None


def test_a_series_of_equal_values_is_steady_from_its_first():
    assert mser5([0.1] * 100) == 0
    assert mser5([7.7] * 5 + [0.1] * 100) == 5


def test_a_filling_function_is_left_out_until_it_has_filled():
    found = warm_up_of(filling(), "mser5")
    missing = math.exp(-found.us / 1e6 / SERVICE_S)  # of the steady concurrency, M/G/infinity
    assert found.method == "mser5"
    assert missing < 0.3
    assert found.us < 300_000_000
    latency, concurrency = found.truncations
    assert (latency.series, concurrency.series) == ("f's latency", "f's concurrency")
    assert found.us == max(latency.warm_up_us, concurrency.warm_up_us)


def test_the_longest_transient_of_all_functions_is_taken_and_rounded_up_to_a_millisecond():
    calls = {name: direct(name, {"poisson": {"rate": "3/s"}}) for name in ("slow", "quick")}
    functions = {
        "slow": function({"exponential": {"mean": "10 s"}}),
        "quick": function({"exponential": {"mean": "0.1 s"}}),
    }
    found = warm_up_of(world(functions, calls, duration="600 s"), "mser5")
    longest_us = max(truncation.warm_up_us for truncation in found.truncations)
    assert 0 <= found.us - longest_us < 1000
    assert found.us % 1000 == 0
    by_series = {truncation.series: truncation.warm_up_us for truncation in found.truncations}
    assert by_series["slow's concurrency"] > by_series["quick's concurrency"]


def test_a_warm_up_is_never_rounded_down():
    n = 10_000
    latency_us = (1e6 * np.exp(-np.arange(n) / 500) + 1e5 * stream(1, "noise").random(n)).astype(np.int64)
    settling = Settling(np.arange(n) * 60_007 + 1, latency_us, np.ones(SLOTS))
    found = by_mser5(filling(duration=f"{n * 60_007} us"), [{"f": settling}])
    assert found.truncations[0].warm_up_us % 1000
    assert 0 < found.us - found.truncations[0].warm_up_us < 1000


def test_a_function_with_few_events_is_named_and_one_without_any_is_not():
    functions = dict.fromkeys(("busy", "rare", "idle"), function("1 s"))
    calls = {"a": direct("busy", {"poisson": {"rate": "3/s"}}), "b": direct("rare", {"poisson": {"rate": "3/min"}})}
    found = warm_up_of(world(functions, calls, duration="400 s"), "mser5")
    assert found.too_few == ("rare",)
    assert {truncation.series.partition("'")[0] for truncation in found.truncations} == {"busy"}


def test_no_replication_is_its_own_pilot(monkeypatch):
    seeds = []

    def watched(scenario, *, seed):
        seeds.append(seed)
        return lambdasim.simulate(scenario, seed=seed)

    monkeypatch.setattr(pilots, "simulate", watched)
    warm_up_of(filling(), "mser5", Design(seed=4))
    assert len(set(seeds)) == PILOTS
    assert min(seeds) >= 10**9


def test_the_warm_up_found_does_not_depend_on_the_number_of_workers():
    assert warm_up_of(filling(), "mser5", Design(workers=Workers(2))) == warm_up_of(filling(), "mser5")


def test_the_warm_up_found_does_not_depend_on_the_one_stated():
    assert warm_up_of(filling(warm_up="5m"), "mser5") == warm_up_of(filling(), "mser5")


def test_a_long_series_is_averaged_over_its_neighbours_and_found_at_the_same_time():
    n, duration_us = 10 * SLOTS, 1_000_000 * SLOTS
    arrived_us = np.arange(n) * duration_us // n
    decaying = 1e6 * np.exp(-np.arange(n) / 500) + 1e5 * stream(1, "noise").random(n)
    settling = Settling(arrived_us, decaying.astype(np.int64), np.ones(SLOTS))
    latency, concurrency = truncations_of("f", [settling], duration_us)
    assert 50e6 <= latency.warm_up_us <= 400e6  # 500 events are 50 s
    assert concurrency.warm_up_us == 0


def test_a_pilot_shows_the_latencies_and_the_concurrency_of_the_summary():
    sqs = {
        "type": "sqs",
        "target": "g",
        "queue": {"visibility_timeout": "1h"},
        "arrivals": {"poisson": {"rate": "2/s"}},
    }
    scenario = world(
        {"f": function({"exponential": {"mean": "2 s"}}), "g": function("500 ms")},
        {"calls": direct("f", {"poisson": {"rate": "3/s"}}), "q": sqs},
        duration="300 s",
    )
    settlings, summary = piloted(Pilot(scenario, 5)), lambdasim.simulate(scenario, seed=5).summary()
    for name, settling in settlings.items():
        entry = summary["functions"][name]
        assert settling.latency_us.size == settling.arrived_us.size == entry["successes"] > 500
        assert settling.latency_us.mean() / 1000 == pytest.approx(entry["latency_ms"]["mean"])
        assert np.all(np.diff(settling.arrived_us) >= 0)
        assert settling.concurrency.mean() == pytest.approx(entry["concurrency"]["mean"])


def test_a_run_that_holds_its_environment_at_the_end_is_concurrency_until_then():
    scenario = load(small_world(duration="10s", drain="0s", handler={"duration": "25 s"}))
    concurrency = piloted(Pilot(scenario, 0))["f"].concurrency
    assert concurrency.shape == (SLOTS,)
    assert concurrency == pytest.approx(1)


# Rules.


def test_stated_leaves_the_scenario_as_it_is():
    scenario = filling(warm_up="30 s")
    assert with_warm_up(scenario) is scenario
    assert warm_up_of(scenario) == WarmUp(30_000_000, "stated")


def test_a_duration_replaces_the_scenarios_own():
    scenario = with_warm_up(filling(warm_up="30 s"), "1m")
    assert (scenario.warm_up_us, scenario.duration_us) == (60_000_000, 600_000_000)
    assert with_warm_up(filling(warm_up="30 s"), "0s").warm_up_us == 0


def test_what_mser5_finds_is_what_the_scenario_gets():
    scenario = filling()
    assert with_warm_up(scenario, "mser5").warm_up_us == warm_up_of(scenario, "mser5").us > 0


@pytest.mark.parametrize("rule", ["soon", "5", "", "MSER5", "-3 s"])
def test_a_rule_that_is_none_is_refused(rule):
    with pytest.raises(
        InputError, match=r"--warm-up: .*is no warm-up; write stated, mser5, or a duration such as '5m'"
    ):
        warm_up_of(filling(), rule)


@pytest.mark.parametrize("rule", ["600 s", "2h"])
def test_a_warm_up_that_leaves_nothing_is_refused_as_the_options_own(rule):
    with pytest.raises(InputError, match=r"^--warm-up: warm_up: the warm-up takes all of the duration"):
        warm_up_of(filling(), rule)


def test_a_run_that_fills_for_more_than_half_of_its_time_has_no_steady_state():
    calls = direct("f", {"constant": {"rate": "6/s"}})
    with pytest.raises(AnalysisError) as refused:
        warm_up_of(world({"f": function("55 s")}, {"calls": calls}, duration="100 s"), "mser5")
    told = "no steady state was found within 50 s, half of the duration: f's concurrency; simulate longer"
    assert told in str(refused.value)


def test_too_few_events_to_tell_are_said_to_be():
    with pytest.raises(AnalysisError, match=f"--warm-up mser5: no function had {FEWEST} events .* simulate longer"):
        warm_up_of(filling(duration="60 s"), "mser5")


CHANGING = {
    "triggers.t.arrivals": {"trigger": {"arrivals": {"diurnal": {"mean_rate": "2/s"}}}},
    "incidents[0]": {
        "trigger": {"arrivals": {"poisson": {"rate": "2/s"}}},
        "incidents": [{"at": "5m", "for": "5m", "function": "f", "handler": {"duration": "x10"}}],
    },
    "functions.f.aliases.a.deployment": {
        "trigger": {"arrivals": {"poisson": {"rate": "2/s"}}, "target": "f:a"},
        "function": {
            "versions": {"1": {}, "2": {}},
            "aliases": {"a": {"function_version": "1", "deployment": {"type": "AllAtOnce", "to": "2", "at": "5m"}}},
        },
    },
    "functions.f.aliases.a.autoscaling.scheduled_actions": {
        "trigger": {"arrivals": {"poisson": {"rate": "2/s"}}, "target": "f:a"},
        "function": {
            "runtime": "python3.13",
            "versions": {"1": {}},
            "aliases": {
                "a": {
                    "function_version": "1",
                    "provisioned_concurrent_executions": 1,
                    "autoscaling": {
                        "min_capacity": 1,
                        "max_capacity": 9,
                        "scheduled_actions": [{"schedule": "cron(0 7 ? * MON-FRI *)", "min_capacity": 4}],
                    },
                }
            },
        },
    },
}


@pytest.mark.parametrize("path", CHANGING)
def test_what_changes_by_design_has_no_steady_state_and_mser5_says_where(path):
    scenario = load(small_world(**CHANGING[path]))
    assert [found for found, _ in changes_by_design(scenario)] == [path]
    with pytest.raises(InputError, match="so there is no steady state for mser5 to find; state a duration") as refused:
        warm_up_of(scenario, "mser5")
    assert [problem.path for problem in refused.value.problems] == [path]
    assert with_warm_up(scenario, "2m").warm_up_us == 120_000_000  # to state one is the user's own business


def test_a_backlog_that_drains_has_no_steady_state():
    sqs = {
        "type": "sqs",
        "target": "f",
        "queue": {"backlog": 1000, "visibility_timeout": "1h"},
        "arrivals": {"poisson": {"rate": "2/s"}},
    }
    found = changes_by_design(world({"f": function("1 s")}, {"q": sqs}, duration="1h"))
    assert found == (("triggers.q", "its backlog drains"),)


STEADY = {
    "poisson": {"poisson": {"rate": "2/s"}},
    "constant": {"constant": {"rate": "2/s"}},
    "renewal": {"renewal": {"rate": "2/s", "cv": 2}},
    "bursts": {"bursts": {"low": "1/s", "high": "9/s", "mean_low": "1m", "mean_high": "10s"}},
    "batch": {"batch": {"rate": "2/h"}},
    "one rate": {"piecewise": {"points": [["0s", "2/s"], ["5m", "2/s"]]}},
    "a flat day": {"diurnal": {"mean_rate": "2/s", "peak_to_mean": 1, "weekend_factor": 1}},
    "a keep-warm ping": {"schedule": {"expression": "rate(5 minutes)"}},
    "a sum of these": {"sum": [{"poisson": {"rate": "2/s"}}, {"constant": {"rate": "1/s"}}]},
}
UNSTEADY = {
    "diurnal": {"diurnal": {"mean_rate": "2/s"}},
    "weekends": {"diurnal": {"mean_rate": "2/s", "peak_to_mean": 1, "weekend_factor": 0.5}},
    "piecewise": {"piecewise": {"points": [["0s", "2/s"], ["5m", "3/s"]]}},
    "at once": {"at_once": {"events": 10}},
    "cron": {"schedule": {"expression": "cron(0 7 ? * MON-FRI *)"}},
    "one unsteady part": {"sum": [{"poisson": {"rate": "2/s"}}, {"at_once": {"events": 10}}]},
}


@pytest.mark.parametrize("arrivals", STEADY)
def test_traffic_whose_law_stays_is_steady(arrivals):
    assert changes_by_design(load(small_world(trigger={"arrivals": STEADY[arrivals]}))) == ()


@pytest.mark.parametrize("arrivals", UNSTEADY)
def test_traffic_that_follows_a_curve_or_the_clock_is_not(arrivals):
    scenario = load(small_world(trigger={"arrivals": UNSTEADY[arrivals]}))
    assert changes_by_design(scenario) == (("triggers.t.arrivals", "the traffic changes with time"),)
