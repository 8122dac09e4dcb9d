"""Lambda below its limits is a queue with infinitely many servers."""

import math

import numpy as np
import pytest

import lambdasim
from tests.theory.laws import LIMIT, z_of_mean
from tests.theory.worlds import direct, function, log_of, world

LAWS = {
    "constant": "2 s",
    "exponential": {"exponential": {"mean": "2 s"}},
    "lognormal": {"lognormal": {"mean": "2 s", "cv": 1.5}},
}


def in_flight(log, at_us):
    """How many runs were under way at each of ``at_us``: those that had come, less those that had gone."""
    came = np.searchsorted(np.sort(log["invoked_us"]), at_us, side="right")
    return came - np.searchsorted(np.sort(log["ended_us"]), at_us, side="right")


@pytest.mark.parametrize("law", LAWS)
def test_the_number_in_service_is_poisson_with_mean_and_variance_rate_times_mean_service(law):
    load = 20.0
    scenario = world(
        {"f": function(LAWS[law])},
        {"calls": direct("f", {"poisson": {"rate": f"{load / 2}/s"}})},
        duration="10000 s",
    )
    # Sampled every 10 mean service times, so that samples are as good as independent.
    count = in_flight(log_of(scenario), np.arange(200e6, 10_000e6, 20e6))
    assert abs(z_of_mean(count, load)) < LIMIT
    # A Poisson sample's variance has the standard error sqrt((a + 2 a^2) / n), from its fourth moment a + 3 a^2.
    error = math.sqrt((load + 2 * load**2) / len(count))
    assert abs(count.var(ddof=1) - load) / error < LIMIT


def test_cold_starts_add_to_the_time_in_service_and_so_to_the_number_in_service():
    # Every start takes 3 s and no environment is ever found warm: service is 2 s + 3 s.
    scenario = world(
        {"f": function(LAWS["exponential"], init={"duration": "3 s"})},
        {"calls": direct("f", {"poisson": {"rate": "4/s"}})},
        duration="10000 s",
        lifecycle={"maximum_lifetime": "0 s"},
    )
    count = in_flight(log_of(scenario), np.arange(200e6, 10_000e6, 50e6))
    assert abs(z_of_mean(count, 4 * 5.0)) < LIMIT


MIXED = {
    "quick": ({"poisson": {"rate": "20/s"}}, 20.0),
    "bulky": ({"batch": {"rate": "0.5/s", "size": {"uniform": {"low": 5, "high": 15}}}}, 5.0),
    "steady": ({"constant": {"rate": "3/s"}}, 3.0),
    "lumpy": ({"renewal": {"rate": "2/s", "cv": 2}}, 2.0),
}


def mixed_scenario():
    services = {
        "quick": {"lognormal": {"median": "80 ms", "p99": "400 ms"}},
        "bulky": {"gamma": {"mean": "1.5 s", "cv": 0.5}},
        "steady": {"exponential": {"mean": "4 s"}},
        "lumpy": {"weibull": {"scale": "1 s", "shape": 0.8}},
    }
    return world(
        {name: function(law, init={"duration": "700 ms"}) for name, law in services.items()},
        {f"to-{name}": direct(name, arrivals) for name, (arrivals, _) in MIXED.items()},
        duration="900 s",
        warm_up="100 s",
        account={"concurrent_executions": 1000},
        lifecycle={"idle_timeout": "30 s", "surplus_idle_timeout": "60 s", "maximum_lifetime": "300 s"},
    )


def test_mean_concurrency_is_arrival_rate_times_mean_time_in_system_for_each_function():
    # Little's law: the rate is the scenario's, the other two are measured. Error: 24 independent seeds.
    scenario = mixed_scenario()
    runs = [lambdasim.simulate(scenario, seed=seed).summary()["functions"] for seed in range(24)]
    for name, (_, rate) in MIXED.items():
        differences = [run[name]["concurrency"]["mean"] - rate * run[name]["latency_ms"]["mean"] / 1000 for run in runs]
        assert abs(z_of_mean(np.array(differences), 0.0)) < LIMIT, name
