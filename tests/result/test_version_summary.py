"""What the summary tells of versions, and of the provisioned concurrency that they have."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_logs import invocations, random_log, two_versions
from worlds import made

from lambdasim.codes import Capacity, Outcome, StartType
from lambdasim.randomness import stream
from lambdasim.records import NEVER, ProvisionedPeriod, UtilizationMinutes
from lambdasim.result.result import Result
from lambdasim.scenario.summary_keys import FUNCTION_KEYS
from lambdasim.units import US_PER_MINUTE

MINUTE = US_PER_MINUTE
HEAD = two_versions()  # the first function has $LATEST and 2
FAILED = {"outcome": Outcome.ERROR}
THROTTLED = {"outcome": Outcome.THROTTLED, "started_us": NEVER, "ended_us": NEVER, "start_type": StartType.NONE}


def function(*rows, name="api", log=None, **changes):
    columns = invocations(*rows) if log is None else log
    return made(columns, head=HEAD, **changes).summary()["functions"][name]


def period(configured, from_min, to_min, *, version=0, allocated=None):
    allocated = configured if allocated is None else allocated
    return ProvisionedPeriod(version, configured, allocated, round(from_min * MINUTE), round(to_min * MINUTE))


def test_versions_are_told_apart_where_more_than_one_was_called():
    start = 2 * MINUTE
    cold = {"start_type": StartType.COLD, "invoked_us": start - 1000}
    rows = ({}, FAILED, {**cold, "version": 2, "ended_us": start + 300_000}, {**THROTTLED, "version": 2})
    found = function(*rows)["versions"]
    assert found["$LATEST"] == {
        "invocations": 2,
        "errors": 1,
        "error_rate": 0.5,
        "throttles": 0,
        "cold_starts": 0,
        "cold_start_rate": 0.0,
        "duration_ms": {"mean": 100.0, "max": 100.0},
    }
    assert found["2"] == {
        "invocations": 1,
        "errors": 0,
        "error_rate": 0.0,
        "throttles": 1,
        "cold_starts": 1,
        "cold_start_rate": 1.0,
        "duration_ms": {"mean": 300.0, "max": 300.0},
    }


def test_a_version_that_was_only_throttled_has_no_rates_and_no_durations():
    found = function({}, {**THROTTLED, "version": 2})["versions"]["2"]
    assert (found["invocations"], found["throttles"]) == (0, 1)
    assert (found["error_rate"], found["cold_start_rate"]) == (None, None)
    assert found["duration_ms"] == {"mean": None, "max": None}


def test_a_function_with_one_version_in_use_has_no_table_of_versions():
    assert function({}, FAILED)["versions"] == function({"version": 2})["versions"] == {}
    assert function({}, name="007")["versions"] == {}


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(20, 200))
def test_versions_add_up_to_their_function(seed, rows):
    found = function(log=random_log(stream(seed, "add up"), rows, versions=True))
    versions = found["versions"].values()
    if versions:
        for name in ("invocations", "errors", "cold_starts"):
            assert sum(version[name] for version in versions) == found[name]
        assert sum(version["throttles"] for version in versions) == found["throttles"]["total"]
        assert max(version["duration_ms"]["max"] or 0 for version in versions) == (found["duration_ms"]["max"] or 0)


def test_result_versions_is_a_table_of_them_and_survives_saving(tmp_path):
    result = made(invocations({}, FAILED, {"version": 2}), head=HEAD)
    table = result.versions
    assert table[["function", "version", "invocations", "error_rate"]].to_numpy().tolist() == [
        ["api", "$LATEST", 2, 0.5],
        ["api", "2", 1, 0.0],
    ]
    assert table["duration_mean_ms"].tolist() == [100.0, 100.0]
    result.save(tmp_path / "run")
    assert Result.load(tmp_path / "run").versions.equals(table)
    assert len(made(invocations()).versions) == 0


# Provisioned concurrency.


def provisioned(*rows, periods=(), name="api", **changes):
    return function(*rows, name=name, provisioned=periods, **changes)["provisioned_concurrency"]


def test_a_function_without_any_has_none():
    assert provisioned({}) is None
    assert provisioned({}, periods=[period(1, 0, 25)], name="007") is None


def test_what_was_configured_is_averaged_over_the_span():
    found = provisioned(periods=[period(9, 0, 0.9), period(2, 0.9, 4), period(4, 4, 7), period(4, 7, 25, version=2)])
    assert found["configured"] == {"mean": pytest.approx((3 * 2 + 6 * 4) / 9), "max": 4}
    assert (found["invocations"], found["spillover_invocations"]) == (0, 0)
    assert found["utilization"] == {"mean": 0.0, "max": None}


def test_runs_are_told_by_whose_environment_they_were_on_and_utilization_is_of_what_could_be_used():
    start = 2 * MINUTE
    on = {"capacity": Capacity.PROVISIONED, "start_type": StartType.PROVISIONED}
    rows = (
        {**on, "ended_us": start + 3 * MINUTE},
        {**on, "version": 2},
        {"capacity": Capacity.SPILLOVER},
        {"capacity": Capacity.ON_DEMAND},
        {**on, "arrived_us": 0, "invoked_us": 0, "started_us": 0, "ended_us": 10},  # in the warm-up
    )
    periods = [period(8, 0, 5, allocated=0), period(8, 5, 25, allocated=4), period(1, 0, 25, version=2)]
    found = provisioned(*rows, periods=periods)
    assert (found["invocations"], found["spillover_invocations"]) == (2, 1)
    assert found["utilization"]["mean"] == pytest.approx((3 * MINUTE + 100_000) / ((5 * 4 + 9 * 1) * MINUTE))


def test_the_highest_utilization_is_that_of_a_measured_minute():
    one, none = np.array([1, 0, 1, 1]), np.zeros(4)
    watched = {0: UtilizationMinutes(one, none, np.array([1.0, 0, 0.3, 0.1]))}
    found = provisioned(periods=[period(10, 0, 25)], utilization=watched)
    assert found["utilization"] == {"mean": 0.0, "max": 0.3}


def test_it_is_strict_json_and_every_number_of_it_can_have_a_threshold():
    log = random_log(stream(5, "json"), 300, versions=True)
    found = function(log=log, provisioned=[period(3, 0, 25), period(2, 0, 9, version=2)])
    json.dumps(found, allow_nan=False)
    assert FUNCTION_KEYS["provisioned_concurrency"].keys() == found["provisioned_concurrency"].keys()
    for key in ("configured", "utilization"):
        assert found["provisioned_concurrency"][key].keys() == FUNCTION_KEYS["provisioned_concurrency"][key].keys()
    [keys] = FUNCTION_KEYS["versions"].values()
    for version in found["versions"].values():
        assert version.keys() == keys.keys()
        assert version["duration_ms"].keys() == keys["duration_ms"].keys()
