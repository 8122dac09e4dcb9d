import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_logs import (
    CLICKS,
    ORDERS,
    UPLOADS,
    attempts,
    cut,
    events,
    header,
    measure,
    queued_header,
    random_attempts,
    random_events,
)

from lambdasim.codes import Fate, Outcome
from lambdasim.header import TriggerFacts
from lambdasim.metrics.events import FAILED, EventMeters
from lambdasim.metrics.measures import PER_MILLE, nearest_ranks
from lambdasim.metrics.meters import Meters
from lambdasim.randomness import stream
from lambdasim.records import CHUNK, NEVER, Tally
from lambdasim.units import US_PER_MINUTE

HEADER = queued_header()
START = 2 * US_PER_MINUTE


def metered(*chunks):
    meters = EventMeters(HEADER, sketched=True)
    for chunk in chunks:
        meters.add(chunk)
    return meters


def everything(meters):
    """All that event meters can say."""
    durations = (meters.latencies, meters.trigger_latencies, meters.end_to_end)
    attempts_of = [meters.attempts.of(trigger) for trigger in range(5)]
    return [meters.counts._keys.tolist(), meters.counts._sizes.tolist(), attempts_of] + [
        d.sketched_spreads() for d in durations
    ]


@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_event_meters_of_any_pieces_of_a_log_merge_to_those_of_the_whole(seed, rows, one, other):
    log = random_events(stream(seed, "merge events"), rows)
    first, *rest = (metered(piece) for piece in reversed(cut(log, min(one, rows), min(other, rows))))
    for piece in rest:
        first.merge(piece)
    assert everything(first) == everything(metered(log))


@given(st.integers(0, 2**32), st.integers(0, 300), st.integers(0, 300))
def test_ages_and_batches_of_any_pieces_of_a_log_merge_to_those_of_the_whole(seed, rows, edge):
    log = random_attempts(stream(seed, "merge attempts"), rows)

    def told(*pieces):
        meters = [Meters(HEADER, sketched=True) for _ in pieces]
        for mine, piece in zip(meters, pieces, strict=True):
            mine.add(piece)
        for mine in meters[1:]:
            meters[0].merge(mine)
        return meters[0].ages.sketched_spreads(), [meters[0].batches.of(trigger) for trigger in range(5)]

    assert told(*reversed(cut(log, min(edge, rows)))) == told(log)


@given(st.integers(0, 2**32), st.integers(1, 300))
def test_every_margin_of_the_event_meters_equals_a_count_of_the_rows(seed, rows):
    log = random_events(stream(seed, "margin of events"), rows)
    measured = log["arrived_us"] >= HEADER.warm_up_us
    counts = metered(log).counts
    by_trigger = counts.margin("trigger", "fate", "kept", shape=(5, len(Fate), 16))
    unrun = counts.margin("function", "fate", shape=(2, len(Fate)), ran=0)
    for fate in Fate:
        mine = measured & (log["fate"] == fate)
        for trigger in (UPLOADS, ORDERS, CLICKS):
            for kept in range(16):
                expected = (mine & (log["trigger"] == trigger) & (log["kept"] == kept)).sum()
                assert by_trigger[trigger, fate, kept] == expected
        for function in range(2):
            assert unrun[function, fate] == (mine & (log["function"] == function) & (log["runs"] == 0)).sum()
    assert by_trigger.sum() == measured.sum()


def test_an_event_that_came_in_the_warm_up_counts_nowhere():
    meters = metered(events({"arrived_us": HEADER.warm_up_us - 1}))
    assert meters.counts.margin("function", shape=(2,)).sum() == 0
    assert meters.latencies.counts.sum() == meters.end_to_end.counts.sum() == meters.attempts.counts.sum() == 0


def test_latency_runs_from_the_source_and_end_to_end_from_the_beginning_of_the_chain():
    fed = {"trigger": ORDERS, "ended_us": START + 900_000, "origin_us": START - 700_000, "origin_trigger": 0}
    lost = [{"fate": fate, "trigger": ORDERS} for fate in (*FAILED, Fate.FILTERED)]
    meters = metered(events(fed, {"function": 1, "ended_us": START + 5}, *lost))
    assert meters.latencies.sums_us.tolist() == [900_000, 5]
    assert meters.trigger_latencies.sums_us.tolist() == [0, 0, 5, 900_000, 0]
    assert meters.end_to_end.sums_us.tolist() == [0, 0, 5, 1_600_000, 0]
    assert meters.latencies.counts.sum() == 2


def test_attempts_are_those_of_all_events_that_a_filter_let_through():
    rows = ({"attempts": 1}, {"attempts": 4, "fate": Fate.RECEIVES_EXCEEDED}, {"attempts": 9, "fate": Fate.FILTERED})
    assert metered(events(*rows, trigger=ORDERS)).attempts.of(ORDERS) == {"mean": 2.5, "max": 4}
    assert metered(events(trigger=ORDERS)).attempts.of(ORDERS) == {"mean": None, "max": None}


def test_an_age_is_taken_at_every_attempt_also_a_throttled_one_of_asynchronous_events_and_streams_only():
    ages_us = (40_000, 1_040_000, 2_000_000)
    throttled = {"outcome": Outcome.THROTTLED, "started_us": NEVER, "ended_us": NEVER}
    rows = [{"invoked_us": START + age, "attempt": n} for n, age in enumerate(ages_us, 1)]
    rows[1] |= throttled
    for trigger, counted in ((UPLOADS, 3), (CLICKS, 3), (ORDERS, 0), (0, 0)):
        meters = Meters(HEADER, sketched=True)
        meters.add(attempts(*rows, trigger=trigger))
        assert meters.ages.counts.sum() == meters.ages.counts[trigger] == counted
        assert meters.ages.sums_us[trigger] == (sum(ages_us) if counted else 0)


def test_where_lambdas_event_queue_has_no_part_there_is_no_age():
    bus = header(triggers=(TriggerFacts("bus", "eventbridge", calls=True), TriggerFacts("topic", "sns")))
    meters = Meters(bus, sketched=True)
    meters.add(attempts({"trigger": 0}, {"trigger": 1}))
    assert meters.ages.counts.tolist() == [0, 1]


def test_a_batch_counts_once_however_often_it_is_sent():
    rows = ({"records": 10}, {"records": 10, "attempt": 2}, {"records": 4}, {"records": 7, "trigger": UPLOADS})
    meters = Meters(HEADER, sketched=True)
    meters.add(attempts(*rows, trigger=ORDERS))
    assert meters.batches.counts.tolist() == [0, 0, 0, 2, 0]
    assert meters.batches.of(ORDERS) == {"mean": 7, "max": 10}


def test_a_run_that_nobody_waits_for_has_no_caller_who_could_be_gone():
    cut_short = {"outcome": Outcome.UNFINISHED, "ended_us": NEVER, "answered_us": START + 5}
    meters = Meters(HEADER, sketched=True)
    meters.add(attempts(cut_short, {"answered_us": START + 5}))
    assert meters.counts.margin("trigger", shape=(5,), client_gone=1).sum() == 0


@pytest.mark.parametrize("keep_log", [True, False])
def test_spreads_with_queued_events_are_exact_from_kept_logs_and_close_without(keep_log):
    log, queued = random_attempts(stream(5, "spreads"), 4000), random_events(stream(6, "spreads"), 4000)
    recorder, metrics = measure(log, HEADER, keep_log=keep_log, event_log=queued)
    assert (recorder.events.columns()["event"].size > 0) is keep_log
    called, ended = log["arrived_us"] >= HEADER.warm_up_us, queued["arrived_us"] >= HEADER.warm_up_us
    called_us, succeeded = (log["answered_us"] - log["arrived_us"]), ended & (queued["fate"] == Fate.SUCCESS)
    latency_us, whole_us = queued["ended_us"] - queued["arrived_us"], queued["ended_us"] - queued["origin_us"]
    expected = {}
    for function in range(2):
        sync = called_us[called & (log["final"] == 1) & (log["function"] == function)]
        expected["functions", "latency", function] = np.concatenate(
            [sync, latency_us[succeeded & (queued["function"] == function)]]
        )
    for trigger in (UPLOADS, ORDERS, CLICKS):
        mine = succeeded & (queued["trigger"] == trigger)
        expected["triggers", "latency", trigger] = latency_us[mine]
        expected["triggers", "end_to_end", trigger] = whole_us[mine]
        if trigger != ORDERS:
            sent = called & (log["trigger"] == trigger)
            expected["triggers", "age", trigger] = (log["invoked_us"] - log["arrived_us"])[sent]
    for (of, name, index), values in expected.items():
        spread = getattr(metrics.spreads, of)[name][index]
        assert spread.count == values.size > 100
        assert spread.mean_us == pytest.approx(values.mean(), rel=1e-12)
        assert spread.maximum_us == values.max()
        assert len(spread.percentiles_us) == len(PER_MILLE)
        tolerance = 1e-15 if keep_log else 0.005 + 1e-9
        assert spread.percentiles_us == pytest.approx(nearest_ranks(values), rel=tolerance)


def test_without_the_log_its_chunks_are_counted_and_dropped():
    queued = random_events(stream(9, "chunks"), 2 * CHUNK + 7)
    recorder, metrics = measure(attempts(), HEADER, keep_log=False, event_log=queued)
    assert recorder.events.rows == 2 * CHUNK + 7
    assert recorder.events.columns()["event"].size == 0
    assert everything(metrics.events) == everything(metered(queued))


def test_what_is_billed_of_a_trigger_are_its_tallies_and_its_attempts_and_events():
    calls = attempts(
        {}, {"outcome": Outcome.THROTTLED}, {"outcome": Outcome.REJECTED}, {"arrived_us": 0}, trigger=0, status=200
    )
    waited = events({}, {"fate": Fate.FILTERED}, {"fate": Fate.EXPIRED}, trigger=ORDERS)
    tallies = {ORDERS: Tally(counts={"requests": 12.0})}
    _, metrics = measure(calls, HEADER, event_log=waited, tallies=tallies, offered={(0, 0): 4, (ORDERS, 0): 5})
    assert metrics.trigger_counts()[0] == {"events": 4, "attempts": 3, "accepted": 2}
    assert metrics.trigger_counts()[ORDERS] == {"events": 4, "attempts": 0, "accepted": 0, "requests": 12.0}
