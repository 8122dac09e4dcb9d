"""CloudWatch's metrics of provisioned concurrency."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import cut, invocations, measure, random_log, two_versions

from lambdasim.codes import Capacity, Outcome
from lambdasim.metrics.provisioned_minutes import ProvisionedMinutes, measured, most_configured
from lambdasim.randomness import stream
from lambdasim.records import ConcurrencyPeaks, ProvisionedPeriod, UtilizationMinutes
from lambdasim.units import US_PER_MINUTE

MINUTE = US_PER_MINUTE
HEADER = two_versions()  # versions 0 and 2 are of the first function
INVOCATIONS, SPILLOVER = "ProvisionedConcurrencyInvocations", "ProvisionedConcurrencySpilloverInvocations"
EXECUTIONS = "ProvisionedConcurrentExecutions"
AVERAGE, MAXIMUM = "ProvisionedConcurrencyUtilization_Average", "ProvisionedConcurrencyUtilization_Maximum"


def period(configured, from_min, to_min, *, version=0):
    return ProvisionedPeriod(version, configured, configured, round(from_min * MINUTE), round(to_min * MINUTE))


def run(from_min, to_min, **changes):
    """A run on provisioned concurrency."""
    times = dict.fromkeys(("arrived_us", "invoked_us", "started_us"), round(from_min * MINUTE))
    return {**times, "ended_us": round(to_min * MINUTE), "capacity": Capacity.PROVISIONED} | changes


def samples(*by_minute):
    """The utilization that a version's invocations showed: minute after minute, a list of samples."""
    counts, sums, maxima = zip(*((len(of), sum(of), max(of, default=0)) for of in by_minute), strict=True)
    return UtilizationMinutes(np.array(counts), np.array(sums, dtype=float), np.array(maxima, dtype=float))


def series(log, *, provisioned=None, utilization=None, minutes=12):
    counted = ProvisionedMinutes(HEADER)
    counted.add(log)
    return counted.series(minutes, ConcurrencyPeaks(provisioned=provisioned or {}), utilization or {})


def test_runs_are_counted_where_they_were_sent_by_whose_environment_they_were_on():
    log = invocations(
        run(2.9, 3.5),
        run(3, 3.1, function=1),
        run(3, 3.1, capacity=Capacity.SPILLOVER),
        run(3, 3.1, capacity=Capacity.ON_DEMAND),
        run(3, 3.1, version=2),
        run(3, 3.1, outcome=Outcome.ERROR),
        run(3, -1, outcome=Outcome.UNFINISHED),
    )
    found = series(log)
    assert found[INVOCATIONS][2].tolist() == [1, 0, 1]
    assert found[INVOCATIONS][3].tolist() == [2, 1, 3]
    assert found[SPILLOVER][3].tolist() == [1, 0, 1]
    assert found[INVOCATIONS].sum() == 2 * 4
    assert found[SPILLOVER].sum() == 2


def test_the_most_that_were_busy_is_that_of_the_functions_busiest_version():
    busy = {0: np.array([0, 0, 3, 7]), 2: np.array([0, 0, 4, 1])}
    found = series(invocations(), provisioned=busy)[EXECUTIONS]
    assert found[2:5, 0] == pytest.approx([4, 7, np.nan], nan_ok=True)
    assert found[3].tolist() == pytest.approx([7, np.nan, 7], nan_ok=True)


def test_utilization_is_that_of_the_samples_that_invocations_took():
    found = series(invocations(), utilization={0: samples([0.2, 0.4], [], [1.2]), 2: samples([0.9])})
    assert found[AVERAGE][:4, 0] == pytest.approx([0.5, np.nan, 1.2, np.nan], nan_ok=True)
    assert found[MAXIMUM][:4, 0] == pytest.approx([0.9, np.nan, 1.2, np.nan], nan_ok=True)
    for name in (AVERAGE, MAXIMUM):
        assert np.isnan(found[name][:, 1]).all()
        assert np.array_equal(found[name][:, 2], found[name][:, 0], equal_nan=True)


def test_more_minutes_than_are_shown_are_cut():
    found = series(invocations(), utilization={0: samples(*[[0.5]] * 20)}, provisioned={0: np.arange(1, 20)}, minutes=3)
    assert found[AVERAGE].shape == found[EXECUTIONS].shape == (3, 3)
    assert found[EXECUTIONS][:, 0].tolist() == [1, 2, 3]


def test_a_scenario_without_provisioned_concurrency_has_none_of_the_metrics():
    _, metrics = measure(invocations(run(2, 3, capacity=Capacity.ON_DEMAND)), HEADER)
    assert not any(name.startswith("Provisioned") for name in metrics.timeline(None))


@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300))
def test_the_minutes_add_up_to_the_log_however_it_is_cut(seed, rows, edge):
    log = random_log(stream(seed, "provisioned"), rows, versions=True)
    whole, first, second = (ProvisionedMinutes(HEADER) for _ in range(3))
    whole.add(log)
    one, two = cut(log, min(edge, rows))
    first.add(two)
    second.add(one)
    first.merge(second)
    minutes = max(10, whole.minutes)
    found, again = (counted.series(minutes, ConcurrencyPeaks(), {}) for counted in (whole, first))
    for name, values in found.items():
        assert np.array_equal(values, again[name], equal_nan=True)
    ran = log["outcome"] < Outcome.THROTTLED
    for function in range(2):
        mine = ran & (log["function"] == function)
        assert found[INVOCATIONS][:, function].sum() == (mine & (log["capacity"] == Capacity.PROVISIONED)).sum()
        assert found[SPILLOVER][:, function].sum() == (mine & (log["capacity"] == Capacity.SPILLOVER)).sum()


def test_they_are_part_of_the_timeline():
    utilization = {0: samples([], [], [1.0, 0.5])}
    _, metrics = measure(invocations(run(2, 3)), HEADER, provisioned=[period(1, 0, 25)], utilization=utilization)
    columns = metrics.timeline(None)
    row = np.flatnonzero((columns["minute"] == 2) & (columns["scope"] == 0))[0]
    assert (columns[INVOCATIONS][row], columns[AVERAGE][row], columns[MAXIMUM][row]) == (1, 0.75, 1.0)


# How much of it there was.


def test_only_the_parts_of_periods_in_the_measured_span_are_told():
    parts = measured([period(1, 0, 0.5), period(2, 0, 3), period(3, 9, 20), period(4, 10, 11)], HEADER)
    assert parts == [period(2, 1, 3), period(3, 9, 10)]


def test_the_most_that_was_configured_is_of_all_versions_at_one_time():
    moved = (period(5, 0, 4), period(5, 4, 10, version=2))
    assert most_configured(moved) == 5
    assert most_configured((*moved, period(1, 3.9, 4.1, version=1))) == 6
    assert most_configured(()) == 0
