"""Laws of streams: lanes that suffice and lanes that do not, waits for a window and for a poll, catching up."""

import numpy as np
import pytest

import lambdasim
from lambdasim.codes import Fate
from tests.stream_worlds import AT_ONCE, S
from tests.theory.laws import LIMIT, z_of_batches, z_of_mean
from tests.theory.worlds import function, world

BATCH = 10


def streaming(trigger, handler, *, duration, drain="0s", parameters=AT_ONCE, **keys):
    """A stream read by a function whose environments start for nothing."""
    trigger = {"type": "kinesis", "target": "f", **trigger}
    result = lambdasim.simulate(
        world(
            {"f": function(**handler)}, {"t": trigger}, duration=duration, drain=drain, parameters=parameters, **keys
        ),
        seed=1,
    )
    events = {name: values.astype(np.int64) for name, values in result.event_columns.items()}
    order = np.argsort(events["event"])
    log = {name: values.astype(np.int64) for name, values in result.invocation_columns.items()}
    return log, {name: values[order] for name, values in events.items()}, result.summary()["triggers"]["t"]


def overloaded(lanes):
    """100 records/s against lanes that each take a batch of 10 a second."""
    trigger = {"arrivals": {"constant": {"rate": "100/s"}}, "shards": lanes, "batch_size": BATCH}
    return streaming(trigger, {"duration": "1 s"}, duration="10m")


@pytest.mark.parametrize("lanes", [4, 8])
def test_with_fewer_lanes_than_rate_times_duration_over_batch_the_backlog_grows_by_what_they_lack(lanes):
    log, events, summary = overloaded(lanes)
    # needed: 100/s x 1 s / 10 = 10 lanes. Of what comes, those there do a share of lanes / 10.
    share = lanes / 10
    assert events["event"].size == pytest.approx(share * 100 * 600, rel=0.02)
    assert summary["waiting_end"] == pytest.approx((1 - share) * 100 * 600, rel=0.03)
    # The iterator age grows by 1 - share each second, without bound.
    late = log["invoked_us"] > 300 * S
    slope = np.polyfit(log["invoked_us"][late], (log["invoked_us"] - log["arrived_us"])[late], 1)[0]
    assert slope == pytest.approx(1 - share, abs=0.05)


@pytest.mark.parametrize("lanes", [13, 20])
def test_with_more_the_iterator_age_stays_where_it_is(lanes):
    log, _, summary = overloaded(lanes)
    ages = log["invoked_us"] - log["arrived_us"]
    for half in (log["invoked_us"] < 300 * S, log["invoked_us"] >= 300 * S):
        assert np.percentile(ages[half], 99) < 3 * S
    assert summary["waiting_end"] < 3 * 100


def test_the_parallelization_factor_is_as_good_as_shards():
    trigger = {"arrivals": {"constant": {"rate": "100/s"}}, "shards": 3, "parallelization_factor": 5}
    _, _, summary = streaming({**trigger, "batch_size": BATCH}, {"duration": "1 s"}, duration="10m")
    assert summary["waiting_end"] < 3 * 100


def test_a_lane_of_batches_of_one_is_the_queue_m_d_1():
    # One lane, one record at a time, 1 s each, Poisson arrivals at 0.7/s: the Pollaczek-Khinchine formula for constant
    # service gives the mean wait rho x d / (2 (1 - rho)).
    trigger = {"arrivals": {"poisson": {"rate": "0.7/s"}}, "batch_size": 1}
    log, _, _ = streaming(trigger, {"duration": "1 s"}, duration="60h", drain="1h")
    waits = (log["invoked_us"] - log["arrived_us"])[np.argsort(log["event"])] / S
    assert abs(z_of_batches(waits, 0.7 / (2 * 0.3))) < LIMIT


def test_the_wait_for_the_next_poll_is_uniform_over_the_polls_interval():
    parameters = {**AT_ONCE, "triggers/streams/kinesis/polls_per_second": 1}
    trigger = {"arrivals": {"poisson": {"rate": "0.05/s"}}, "shards": 20}
    _, events, _ = streaming(trigger, {"duration": "0.001 ms"}, duration="40h", drain="1m", parameters=parameters)
    waits = (events["ended_us"] - events["arrived_us"]) / S
    assert waits.min() >= 0
    assert waits.max() <= 1 + 1e-5
    assert abs(z_of_mean(waits, 0.5)) < LIMIT
    assert abs(z_of_mean((waits - 0.5) ** 2, 1 / 12)) < LIMIT


def test_batches_of_a_window_have_what_comes_in_it_and_their_last_record_is_as_old_as_the_gap_to_it():
    # A window of 10 s at 2/s: it begins with a record, and 20 more come on average; then the next begins 1 ms later.
    trigger = {"arrivals": {"poisson": {"rate": "2/s"}}, "batch_size": 10_000, "maximum_batching_window_in_seconds": 10}
    log, _, _ = streaming(trigger, {"duration": "0.001 ms"}, duration="30h", drain="1m")
    assert abs(z_of_mean(log["records"][:-1], 1 + 20)) < LIMIT
    # Looking back from the window's end, the last record is an exponential of mean 0.5 s away, cut at 10 s.
    ages = (log["invoked_us"] - log["arrived_us"])[:-1] / S
    assert abs(z_of_mean(ages, 0.5 * (1 - np.exp(-20)))) < LIMIT


def test_transient_failures_cost_geometric_runs():
    # Batches of one that fail with 20%: 1 / 0.8 runs each on average, without limit.
    trigger = {"arrivals": {"constant": {"rate": "1/s"}}, "batch_size": 1, "parallelization_factor": 10, "shards": 10}
    handler = {"duration": "1 ms", "handler": {"error_rate": "20%"}}
    _, events, _ = streaming(trigger, handler, duration="4h", drain="2h")
    assert set(events["fate"]) == {Fate.SUCCESS}
    assert abs(z_of_mean(events["runs"], 1 / 0.8)) < LIMIT


def test_a_record_fails_for_good_with_the_probability_that_all_its_tries_fail():
    trigger = {"arrivals": {"constant": {"rate": "5/s"}}, "batch_size": 1, "parallelization_factor": 10, "shards": 10,
               "maximum_retry_attempts": 2}  # fmt: skip
    handler = {"duration": "1 ms", "handler": {"record_error_rate": "30%"}}
    _, events, _ = streaming(trigger, handler, duration="1h", drain="2h")
    assert abs(z_of_mean(events["fate"] == Fate.RETRIES_EXHAUSTED, 0.3**3)) < LIMIT


def test_the_retries_of_a_shards_batches_multiply_the_load_by_what_batches_fail():
    # A batch of 20 fails if any of its records does: 1 - 0.99^20. With partial responses only the rest runs again.
    trigger = {"starting_position": "TRIM_HORIZON", "backlog": 20_000, "batch_size": 20}
    handler = {"duration": "1 ms", "handler": {"record_error_rate": "1%"}}
    _, whole, _ = streaming(trigger, handler, duration="20h", drain="4h")
    partial = {**trigger, "function_response_types": ["ReportBatchItemFailures"]}
    _, rest, _ = streaming(partial, handler, duration="20h", drain="4h")
    assert set(whole["fate"]) == set(rest["fate"]) == {Fate.SUCCESS}
    by_batch = whole["runs"].reshape(-1, 20)
    assert np.all(by_batch == by_batch[:, :1])
    assert abs(z_of_mean(by_batch[:, 0], 1 / 0.99**20)) < LIMIT
    # A record runs again for a failure of its own, or of one before it in what is left of the batch.
    assert rest["runs"].sum() < whole["runs"].sum()
    firsts = rest["runs"].reshape(-1, 20)[:, 0]
    assert abs(z_of_mean(firsts, 1 / 0.99)) < LIMIT
