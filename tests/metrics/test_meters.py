import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import cut, header, invocations, measure, random_log, two_versions

from lambdasim.codes import COLD_STARTS, NO_STATUS, Capacity, Final, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.metrics.measures import MEASURES, PER_MILLE, nearest_ranks
from lambdasim.metrics.meters import Meters
from lambdasim.randomness import stream
from lambdasim.records import NEVER
from lambdasim.units import US_PER_MINUTE, US_PER_MS, billed_ms

HEADER = header()


def metered(*chunks, head=HEADER):
    meters = Meters(head, sketched=True)
    for chunk in chunks:
        meters.add(chunk)
    return meters


def everything(meters):
    """All that meters can say."""
    counts = [meters.counts._keys.tolist(), meters.counts._sizes.tolist(), meters.busy_us.tolist()]
    of_versions = (meters.outcomes, meters.cold_starts, meters.provisioned_busy_us, meters.runs, meters.billed_us)
    counts += [values.tolist() for values in (*of_versions, meters.version_durations.sums_us)]
    return counts + [[d.sketched_spread(f) for f in range(2)] for d in meters.durations.values()]


@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_meters_of_any_pieces_of_a_log_merge_to_the_meters_of_the_whole(seed, rows, one, other):
    log, head = random_log(stream(seed, "merge"), rows, versions=True), two_versions()
    first, *rest = (metered(piece, head=head) for piece in reversed(cut(log, min(one, rows), min(other, rows))))
    for piece in rest:
        first.merge(piece)
    assert everything(first) == everything(metered(log, head=head))


@given(st.integers(0, 2**32), st.integers(0, 300))
def test_what_is_counted_by_version_and_capacity_equals_the_rows(seed, rows):
    log, head = random_log(stream(seed, "versions"), rows, versions=True), two_versions()
    meters = metered(log, head=head)
    measured = log["arrived_us"] >= head.warm_up_us
    took_us = log["ended_us"] - log["started_us"]
    for version in range(3):
        mine = measured & (log["version"] == version)
        ran = mine & (log["outcome"] < Outcome.THROTTLED)
        assert meters.outcomes[version].tolist() == [(mine & (log["outcome"] == kind)).sum() for kind in Outcome]
        assert meters.cold_starts[version] == (mine & np.isin(log["start_type"], COLD_STARTS)).sum()
        assert meters.version_durations.sums_us[version] == took_us[ran].sum()
        for place, capacity in enumerate((Capacity.ON_DEMAND, Capacity.PROVISIONED, Capacity.SPILLOVER)):
            own = ran & (log["capacity"] == capacity)
            before_us = log["init_us"][own] + log["billed_restore_us"][own]
            billed = [billed_ms(int(us), int(init)) for us, init in zip(took_us[own], before_us, strict=True)]
            assert meters.runs[version, place] == own.sum()
            assert meters.billed_us[version, place] == sum(billed) * US_PER_MS


def test_provisioned_environments_are_busy_for_the_part_of_their_runs_in_the_span():
    minute = US_PER_MINUTE
    rows = (
        {"invoked_us": minute // 2, "ended_us": 3 * minute},  # half a minute before the span
        {"invoked_us": 9 * minute, "ended_us": 12 * minute, "version": 2},  # two minutes beyond it
        {"invoked_us": 9 * minute, "outcome": Outcome.UNFINISHED, "started_us": 9 * minute, "ended_us": NEVER},
        {"invoked_us": 4 * minute, "ended_us": 5 * minute, "capacity": Capacity.SPILLOVER},
        {"invoked_us": 4 * minute, "ended_us": 5 * minute, "capacity": Capacity.ON_DEMAND},
    )
    meters = metered(invocations(*rows, capacity=Capacity.PROVISIONED), head=two_versions())
    assert meters.provisioned_busy_us.tolist() == [(2 + 1) * minute, 0, minute]


@given(st.integers(0, 2**32), st.integers(1, 300))
def test_every_margin_equals_a_count_of_the_rows(seed, rows):
    log = random_log(stream(seed, "margin"), rows)
    measured = log["arrived_us"] >= HEADER.warm_up_us
    counts = metered(log).counts
    for function in range(2):
        mine = measured & (log["function"] == function)
        for name, codes in (
            ("outcome", Outcome),
            ("final", Final),
            ("start_type", StartType),
            ("start_cause", StartCause),
        ):
            known = [code for code in codes if code != 255]
            table = counts.margin("function", name, shape=(2, len(known)))
            assert table[function].tolist() == [int((mine & (log[name] == code)).sum()) for code in known]
        assert counts.margin("function", shape=(2,), retry=1)[function] == (mine & (log["attempt"] > 1)).sum()
        reason = ThrottleReason.CallerRateLimitExceeded
        throttled = counts.margin("function", shape=(2,), throttle_reason=reason)
        assert throttled[function] == (mine & (log["throttle_reason"] == reason)).sum()
    statuses = counts.margin("trigger", "status", shape=(2, 1000))
    assert statuses.sum() == (measured & (log["status"] != NO_STATUS)).sum()
    assert statuses[1, 502] == (measured & (log["trigger"] == 1) & (log["status"] == 502)).sum()


def test_a_row_that_never_started_is_no_pre_initialized_or_cold_start():
    counts = metered(invocations({"outcome": Outcome.THROTTLED, "start_type": StartType.NONE})).counts
    assert counts.margin("function", "start_type", shape=(2, 3)).sum() == 0


def test_an_event_that_came_in_the_warm_up_is_not_counted_though_its_retry_came_after():
    meters = metered(invocations({"arrived_us": HEADER.warm_up_us - 1, "attempt": 2}))
    assert meters.counts.margin("function", shape=(2,)).sum() == 0
    assert all(durations.counts.sum() == 0 for durations in meters.durations.values())


def test_an_event_of_the_measured_span_counts_though_it_ended_in_the_drain():
    late = HEADER.duration_us + US_PER_MINUTE
    meters = metered(invocations({"arrived_us": HEADER.duration_us - 1, "ended_us": late, "answered_us": late}))
    assert meters.counts.margin("function", shape=(2,))[0] == 1
    assert meters.durations["latency"].maxima_us[0] == US_PER_MINUTE + 1


def test_a_function_is_busy_from_admission_to_the_end_and_only_the_part_in_the_span_counts():
    minute = US_PER_MINUTE
    rows = (
        {"invoked_us": minute // 2, "started_us": minute, "ended_us": 3 * minute},  # half a minute before the span
        {"invoked_us": 9 * minute, "started_us": 10 * minute, "ended_us": 12 * minute},  # two minutes beyond it
        {"invoked_us": 4 * minute, "started_us": NEVER, "ended_us": NEVER, "outcome": Outcome.THROTTLED},
    )
    assert metered(invocations(*rows)).busy_us.tolist() == [2 * minute + minute, 0]


def test_durations_are_those_of_aws_report_lines():
    start = 2 * US_PER_MINUTE
    rows = [
        {
            "invoked_us": start - 400_000,
            "started_us": start,
            "ended_us": start + duration,
            "init_us": init,
            "start_type": 1,
        }
        for duration, init in ((133_610, 80_000), (3_016_780, 84_000))
    ]
    durations = metered(invocations(*rows)).durations
    assert durations["billed_duration"].sums_us[0] == (214 + 3101) * US_PER_MS
    assert durations["duration"].maxima_us[0] == 3_016_780
    assert durations["init_duration"].sums_us[0] == 164_000
    assert durations["cold_start"].maxima_us[0] == 400_000


def test_an_init_done_again_inside_duration_is_part_of_what_the_caller_waited_for():
    row = {"suppressed_init_us": 250_000, "start_type": StartType.COLD, "start_cause": StartCause.RESET}
    assert metered(invocations(row)).durations["cold_start"].sums_us[0] == 250_000


def test_only_successful_events_have_a_latency_and_it_runs_from_their_first_arrival():
    start = 2 * US_PER_MINUTE
    rows = (
        {
            "arrived_us": start,
            "invoked_us": start,
            "answered_us": start + 5,
            "final": Final.NO,
            "outcome": Outcome.ERROR,
        },
        {"arrived_us": start, "invoked_us": start + 50, "answered_us": start + 900, "attempt": 2},
        {"arrived_us": start, "answered_us": start + 70_000, "final": Final.FAILURE, "outcome": Outcome.ERROR},
    )
    latency = metered(invocations(*rows)).durations["latency"]
    assert (latency.counts[0], latency.sums_us[0]) == (1, 900)


def test_failed_runs_are_billed_and_throttled_ones_are_not():
    rows = (
        {"outcome": Outcome.TIMEOUT},
        {"outcome": Outcome.OUT_OF_MEMORY},
        {"outcome": Outcome.THROTTLED, "started_us": NEVER, "ended_us": NEVER},
        {"outcome": Outcome.REJECTED, "started_us": NEVER, "ended_us": NEVER},
    )
    _, metrics = measure(invocations(*rows), HEADER)
    assert metrics.requests.tolist() == [[2, 0, 0], [0, 0, 0]]
    assert metrics.billed_us.tolist() == [[200 * US_PER_MS, 0, 0], [0, 0, 0]]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=300))
def test_a_percentile_is_numpys_nearest_rank(values):
    fractions = [per_mille / 1000 for per_mille in PER_MILLE.values()]
    ranks = [math.ceil(Fraction(per_mille, 1000) * len(values)) for per_mille in PER_MILLE.values()]
    assert nearest_ranks(np.array(values)) == tuple(float(sorted(values)[rank - 1]) for rank in ranks)
    numpys = np.quantile(values, fractions, method="inverted_cdf").tolist()
    far = [abs(f * len(values) - round(f * len(values))) > 1e-6 for f in fractions]  # else numpy's rank may be rounded
    assert all(a == b for a, b, ok in zip(nearest_ranks(np.array(values)), numpys, far, strict=True) if ok)


@pytest.mark.parametrize("keep_log", [True, False])
def test_spreads_are_exact_from_a_kept_log_and_close_without_one(keep_log):
    log = random_log(stream(3, "spreads"), 5000)
    recorder, metrics = measure(log, HEADER, keep_log=keep_log)
    assert (recorder.invocations.columns()["event"].size > 0) is keep_log
    measured = log["arrived_us"] >= HEADER.warm_up_us
    for kind in MEASURES:
        for function in range(2):
            rows, values = kind.of(log)
            exact = np.sort(values[rows & measured & (log["function"] == function)])
            spread = metrics.spreads.functions[kind.name][function]
            assert spread.count == exact.size > 0
            assert spread.mean_us == pytest.approx(exact.mean(), rel=1e-12)
            assert spread.maximum_us == exact[-1]
            tolerance = 1e-15 if keep_log else 0.005 + 1e-9
            assert spread.percentiles_us == pytest.approx(nearest_ranks(exact), rel=tolerance)
            assert max(spread.percentiles_us) <= spread.maximum_us


def test_what_never_happened_has_no_spread():
    for keep_log in (True, False):
        _, metrics = measure(invocations(), HEADER, keep_log=keep_log)
        assert set(metrics.spreads.functions["latency"][0].as_ms().values()) == {None}


def test_sketched_percentiles_never_leave_the_range_of_what_was_seen():
    log = random_log(stream(1, "constant"), 200)
    for name in ("started_us", "invoked_us", "arrived_us"):
        log[name][:] = 2 * US_PER_MINUTE
    log["ended_us"][:] = log["answered_us"][:] = 2 * US_PER_MINUTE + 80_000
    log["outcome"][:], log["capacity"][:] = Outcome.SUCCESS, 0
    spread = metered(log).durations["duration"].sketched_spread(0)
    assert spread.percentiles_us is not None
    assert set(spread.percentiles_us) == {80_000.0} == {spread.mean_us}
