import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import header, invocations, measure, queued_header, random_attempts, random_log, two_versions

from lambdasim.codes import NO_STATUS, Capacity, Outcome
from lambdasim.header import FunctionFacts, VersionFacts
from lambdasim.kernel.buckets import bucket, buckets
from lambdasim.kernel.counting import Counting
from lambdasim.metrics.cloudwatch import PerMinute
from lambdasim.metrics.meters import Meters
from lambdasim.metrics.minutes import Cells
from lambdasim.metrics.provisioned_minutes import ProvisionedMinutes
from lambdasim.metrics.recorder import Recorder
from lambdasim.metrics.sketch import Sketches, bucket_of
from lambdasim.randomness import stream
from lambdasim.records import INVOCATION_COLUMNS
from lambdasim.units import US_PER_MINUTE


def rows_of(log):
    """The rows that an engine writes."""
    return np.column_stack([log[column.name].astype(np.int64) for column in INVOCATION_COLUMNS])


def plain(counted):
    """All that meters hold, as lists."""
    if isinstance(counted, np.ndarray):
        return counted.tolist()
    if isinstance(counted, Cells):
        return [part.tolist() for part in counted.arrays()]
    if isinstance(counted, Sketches):
        counted._settle()
    if isinstance(counted, list):
        return [plain(value) for value in counted]
    if isinstance(counted, dict):
        return {name: plain(value) for name, value in counted.items()}
    if hasattr(counted, "__dict__") and type(counted).__module__.startswith("lambdasim.metrics"):
        return plain(vars(counted))
    return counted


def compiled_meters(log, head, *, sketched, edges=()):
    counting, counted = Counting(head, sketched=sketched), fresh(head, sketched=sketched)
    for piece in np.split(rows_of(log), sorted(edges)):
        counting.add(piece)
    counting.settle(*counted)
    return plain(list(counted))


def numpy_meters(log, head, *, sketched):
    counted = fresh(head, sketched=sketched)
    for each in counted:
        each.add(log)
    return plain(list(counted))


def fresh(head, *, sketched):
    return Meters(head, sketched=sketched), PerMinute(), ProvisionedMinutes(head)


def assert_equal(log, head, *, sketched, edges=()):
    found, wanted = (
        compiled_meters(log, head, sketched=sketched, edges=edges),
        numpy_meters(log, head, sketched=sketched),
    )
    assert found == wanted


@given(st.integers(0, 2**32), st.integers(0, 400), st.lists(st.integers(0, 400), max_size=3), st.booleans())
def test_a_log_in_any_pieces_comes_to_the_meters_of_the_whole(seed, rows, edges, sketched):
    log = random_log(stream(seed, "counted"), rows, versions=True)
    assert_equal(log, two_versions(), sketched=sketched, edges=[min(edge, rows) for edge in edges])


@pytest.mark.parametrize("warm_up_us", [0, 9 * US_PER_MINUTE])
def test_a_warm_up_of_any_length_is_left_out_alike(warm_up_us):
    log = random_log(stream(3, "warm-up"), 5_000, versions=True)
    assert_equal(log, two_versions(warm_up_us=warm_up_us), sketched=True)


def test_attempts_of_queued_events_are_counted_alike():
    log, head = random_attempts(stream(4, "queued"), 5_000), queued_header()
    (found, *cells), (wanted, *cells_wanted) = (of(log, head, sketched=True) for of in (compiled_meters, numpy_meters))
    by_numpy = ("ages", "batches")  # Meters.count_queued
    assert {name: found[name] for name in found if name not in by_numpy} == {
        name: wanted[name] for name in wanted if name not in by_numpy
    }
    assert cells == cells_wanted


def test_what_numpy_counts_of_queued_events_is_the_rest_of_what_meters_count():
    log, head = random_attempts(stream(5, "rest"), 5_000), queued_header()
    meters = Meters(head, sketched=True)
    meters.count_queued(log)
    found, wanted = plain(meters), numpy_meters(log, head, sketched=True)[0]
    assert wanted["ages"]["counts"] != [0] * 5
    assert wanted["batches"]["sums"] != [0] * 5
    assert [found[name] for name in ("ages", "batches")] == [wanted[name] for name in ("ages", "batches")]


@pytest.mark.parametrize("keep_log", [True, False])
@pytest.mark.parametrize("counted", [True, False])
def test_a_recorder_that_takes_rows_comes_to_what_one_comes_to_that_has_them_appended(keep_log, counted):
    log, head = random_attempts(stream(8, "recorded"), 20_000), queued_header()
    _, wanted = measure(log, head, keep_log=keep_log)
    recorder = Recorder(head, keep_log=keep_log, counting=Counting(head, sketched=not keep_log) if counted else None)
    for piece in np.split(rows_of(log), [1, 4_000]):
        recorder.take_invocations(piece)
    found = recorder.finish(
        offered=wanted.offered, peaks=wanted.peaks, journeys={}, tallies={}, ended_us=head.duration_us
    )
    assert min(wanted.provisioned_minutes.minutes, wanted.queued_minutes.minutes) >= 10
    parts = ("meters", "per_minute", "queued_minutes", "provisioned_minutes", "spreads")
    assert [plain(getattr(found, part)) for part in parts] == [plain(getattr(wanted, part)) for part in parts]
    kept = recorder.invocations.columns()
    assert recorder.invocations.rows == 20_000
    assert [kept[name].tolist() for name in log] == [values.tolist() if keep_log else [] for values in log.values()]


def test_functions_by_the_thousand_make_every_table_grow():
    """20,000 cells of function and minute, and more codes than a table has room for at first."""
    functions = 2_000
    head = header(
        functions=tuple(FunctionFacts(f"f{number}") for number in range(functions)),
        versions=tuple(VersionFacts(number, "$LATEST", 512, "x86_64", 512) for number in range(functions)),
    )
    log = random_log(stream(6, "many"), 60_000, functions=functions)
    assert_equal(log, head, sketched=True, edges=(100, 10_000))


def test_durations_of_nothing_of_an_edge_and_of_days_are_counted_alike():
    ends = np.concatenate([[0, 1, 2, 999, 1000, 1001], buckets().edges[600:1900:100], [86_400_000_000]]).tolist()
    start = 2 * US_PER_MINUTE
    rows = [{"ended_us": start + us, "answered_us": start + us, "init_us": us % 7} for us in ends]
    unfinished = {"outcome": Outcome.UNFINISHED, "ended_us": -1, "answered_us": -1, "capacity": Capacity.PROVISIONED}
    unheard = {"status": NO_STATUS, "answered_us": start + 1}  # nobody waited
    assert_equal(invocations(*rows, unfinished, unheard), header(), sketched=True)


def test_each_duration_falls_into_the_bucket_that_the_sketch_would_put_it_in():
    tables = buckets()
    edges = tables.edges[tables.edges < 2**53]
    drawn = np.exp(stream(7, "buckets").uniform(0, 36, 20_000)).astype(np.int64)
    values_us = np.concatenate([np.arange(3_000), edges, edges[1:] - 1, edges + 1, drawn, [2**53 - 1]])
    found = [bucket(tables.first, tables.edges, value_us) for value_us in values_us.tolist()]
    assert found == bucket_of(values_us).tolist()
