"""What is known of triggers stands in the book as it is known: the number, its unit, and no surer than it is.

The numbers are AWS's (its guides, botocore's models), measurements, or assumptions where nobody has published any.
"""

import pytest

from lambdasim.parameters.book import load_book
from lambdasim.scenario.distributions import distribution_from

SURE = "HMLAU"  # from sure to unsourced
ASYNCHRONOUS, SQS, STREAMS = "triggers/asynchronous", "triggers/sqs", "triggers/streams"
FACTS = {
    f"{ASYNCHRONOUS}/event_queue": {
        "maximum_retry_attempts/minimum": (0, "retries", "H"),
        "maximum_retry_attempts/maximum": (2, "retries", "H"),
        "maximum_retry_attempts/default": (2, "retries", "H"),
        "maximum_event_age_in_seconds/minimum": (60, "s", "H"),
        "maximum_event_age_in_seconds/maximum": (6 * 3600, "s", "H"),
        "maximum_event_age_in_seconds/default": (6 * 3600, "s", "H"),
        "function_error_waits_s": ([60, 120], "s", "H"),
        "throttle_backoff/first_s": (1, "s", "H"),
        "throttle_backoff/cap_s": (300, "s", "H"),
        "throttle_backoff/factor": (2, "factor", "A"),
        "throttle_backoff/jitter": ("10%", "share", "A"),
        "duplicated": ("0%", "share", "A"),
    },
    f"{ASYNCHRONOUS}/maximum_payload_mb": {
        "direct_async": (1, "MB", "H"),
        "sns": (0.25, "MB", "M"),
        "sqs": (1, "MB", "H"),
    },
    f"{ASYNCHRONOUS}/retry_policy": {
        "maximum_retry_attempts/maximum": (185, "retries", "H"),
        "maximum_retry_attempts/default": (185, "retries", "M"),
        "maximum_event_age_in_seconds/minimum": (60, "s", "H"),
        "maximum_event_age_in_seconds/maximum": (24 * 3600, "s", "H"),
        "maximum_event_age_in_seconds/default": (24 * 3600, "s", "M"),
    },
    f"{ASYNCHRONOUS}/eventbridge/custom": {
        "maximum_retry_attempts": (5, "retries", "H"),
        "maximum_event_age_in_seconds": (300, "s", "H"),
        "request_response_timeout_s": (30, "s", "H"),
    },
    f"{ASYNCHRONOUS}/sns/retries": {
        "immediate": (3, "retries", "H"),
        "before_backoff": (2, "retries", "H"),
        "before_backoff_wait_s": (1, "s", "H"),
        "backoff": (10, "retries", "H"),
        "backoff_first_s": (1, "s", "H"),
        "backoff_last_s": (20, "s", "H"),
        "after_backoff": (100_000, "retries", "H"),
        "after_backoff_wait_s": (20, "s", "H"),
    },
    f"{ASYNCHRONOUS}/schedule/flexible_time_window_minutes": {
        "minimum": (1, "min", "H"),
        "maximum": (1440, "min", "H"),
    },
    "triggers/recursion": {
        "limit": (16, "invocations", "H"),
        "detected_through": (["direct_async", "s3", "sns", "sqs"], "trigger types", "H"),
    },
    f"{SQS}/queue": {
        "visibility_timeout_s/default": (30, "s", "H"),
        "visibility_timeout_s/maximum": (12 * 3600, "s", "H"),
        "message_retention_s/minimum": (60, "s", "H"),
        "message_retention_s/maximum": (14 * 86_400, "s", "H"),
        "message_retention_s/default": (4 * 86_400, "s", "H"),
        "delay_s/maximum": (900, "s", "H"),
        "max_receive_count/default": (10, "receives", "H"),
        "maximum_message_mb": (1, "MB", "H"),
        "in_flight/standard": (120_000, "messages", "H"),
        "in_flight/fifo": (120_000, "messages", "H"),
        "messages_per_receive": (10, "messages", "H"),
        "long_poll_s": (20, "s", "H"),
    },
    f"{SQS}/mapping": {
        "batch_size/minimum": (1, "messages", "H"),
        "batch_size/maximum": (10_000, "messages", "H"),
        "batch_size/default": (10, "messages", "H"),
        "batch_size_of_fifo": (10, "messages", "H"),
        "batch_size_without_window": (10, "messages", "H"),
        "maximum_batching_window_in_seconds/maximum": (300, "s", "H"),
        "maximum_batching_window_in_seconds/default": (0, "s", "H"),
    },
    f"{SQS}/pollers": {
        "start": (5, "concurrent batches", "H"),
        "ramp_per_minute": (300, "concurrent batches per minute", "H"),
        "ceiling": (1250, "concurrent batches", "H"),
        "maximum_concurrency/minimum": (2, "concurrent batches", "H"),
        "maximum_concurrency/maximum": (1000, "concurrent batches", "H"),
        "scale_in/long_idle": (2, "concurrent batches", "H"),
        "scale_in/after_s": (60, "s", "A"),
        "scale_in/factor": (0.5, "times", "A"),
        "backoff/floor": (2, "concurrent batches", "A"),
        "backoff/after_function_error": (0.5, "times", "A"),
        "backoff/after_throttle": (0.5, "times", "A"),
        "backoff/wait_first_s": (0.5, "s", "A"),
        "backoff/wait_factor": (2, "times", "A"),
        "backoff/wait_cap_s": (10, "s", "A"),
    },
    f"{SQS}/provisioned": {
        "minimum_pollers/minimum": (2, "pollers", "H"),
        "minimum_pollers/maximum": (200, "pollers", "H"),
        "minimum_pollers/default": (2, "pollers", "H"),
        "maximum_pollers/minimum": (2, "pollers", "H"),
        "maximum_pollers/maximum": (2000, "pollers", "H"),
        "maximum_pollers/default": (200, "pollers", "H"),
        "invokes_per_poller": (10, "concurrent batches", "H"),
        "mb_per_second_per_poller": (1, "MB/s", "H"),
        "polls_per_second_per_poller": (10, "receives/s", "H"),
        "ramp_per_minute": (1000 / 10, "pollers per minute", "H"),
    },
    f"{STREAMS}/mapping": {
        "batch_size/maximum": (10_000, "records", "H"),
        "batch_size/default": (100, "records", "H"),
        "maximum_batching_window_in_seconds/maximum": (300, "s", "H"),
        "maximum_batching_window_in_seconds/default": (0, "s", "H"),
        "parallelization_factor/maximum": (10, "lanes per shard", "H"),
        "parallelization_factor/default": (1, "lanes per shard", "H"),
        "maximum_retry_attempts/minimum": (-1, "retries", "H"),
        "maximum_retry_attempts/maximum": (10_000, "retries", "H"),
        "maximum_retry_attempts/default": (-1, "retries", "H"),
        "maximum_record_age_in_seconds/minimum": (60, "s", "H"),
        "maximum_record_age_in_seconds/maximum": (7 * 86_400, "s", "H"),
        "maximum_record_age_in_seconds/default": (-1, "s", "H"),
        "tumbling_window_in_seconds/maximum": (900, "s", "H"),
        "tumbling_window_idle_s": (120, "s", "H"),
        "backoff/first_s": (1, "s", "A"),
        "backoff/factor": (2, "times", "A"),
        "backoff/cap_s": (60, "s", "A"),
        "backoff/jitter": ("20%", "share", "A"),
    },
    f"{STREAMS}/kinesis": {
        "polls_per_second": (1, "polls/s", "H"),
        "read/records": (10_000, "records per call", "H"),
        "read/mb": (10, "MB per call", "H"),
        "read/calls_per_second": (5, "calls/s per shard", "H"),
        "read/mb_per_second": (2, "MB/s per shard", "H"),
        "write/records_per_second": (1000, "records/s per shard", "H"),
        "write/mb_per_second": (1, "MB/s per shard", "H"),
        "record_mb": (10, "MB", "M"),
        "retention_h/minimum": (24, "h", "H"),
        "retention_h/maximum": (8760, "h", "H"),
        "retention_h/default": (24, "h", "H"),
        "enhanced_fan_out/consumers": (20, "consumers per stream", "H"),
        "enhanced_fan_out/mb_per_second": (2, "MB/s per shard and consumer", "H"),
    },
    f"{STREAMS}/dynamodb_streams": {
        "polls_per_second": (4, "polls/s", "H"),
        "read/records": (1000, "records per call", "H"),
        "read/mb": (1, "MB per call", "H"),
        "readers_per_shard": (2, "readers", "H"),
        "retention_h": (24, "h", "H"),
        "shards": (4, "shards", "A"),
    },
    f"{STREAMS}/partition_keys": {"zipf": (1.0, "exponent", "A")},
    "billing": {
        "asynchronous_request/first_kb": (256, "KB", "H"),
        "asynchronous_request/further_kb": (64, "KB", "H"),
        "sqs_chunk_kb": (64, "KB per request", "M"),
        "eventbridge_chunk_kb": (64, "KB per event", "M"),
        "kinesis_put_payload_unit_kb": (25, "KB", "M"),
        "event_poller_unit/minimum_s": (60, "s", "H"),
    },
    "prices/us-east-1": {
        "event_poller_units/sqs": (0.00925, "USD per unit and hour", "H"),
        "services/sns/standard_publish": (0.50, "USD per million publishes", "M"),
        "services/eventbridge/custom_events": (1.00, "USD per million events", "M"),
        "services/eventbridge/scheduler": (1.00, "USD per million invocations", "M"),
    },
}
# Measured from source to start: https://bitesizedserverless.com/bite/serverless-messaging-latency-compared/
DELAYS = {
    f"{ASYNCHRONOUS}/event_queue/hop": "A",
    f"{ASYNCHRONOUS}/s3/delay": "A",
    f"{ASYNCHRONOUS}/sns/delay": "M",
    f"{ASYNCHRONOUS}/eventbridge/delay": "M",
    f"{ASYNCHRONOUS}/schedule/scheduler/precision": "A",
    f"{ASYNCHRONOUS}/schedule/rule/precision": "A",
    f"{SQS}/mapping/pick_up_latency/standard": "M",
    f"{SQS}/mapping/pick_up_latency/fifo": "M",
    f"{STREAMS}/kinesis/propagation": "A",
    f"{STREAMS}/kinesis/enhanced_fan_out/propagation": "M",
    f"{STREAMS}/dynamodb_streams/propagation": "A",
}


@pytest.mark.parametrize(
    ("path", "value", "unit", "confidence"),
    [(f"{node}/{name}", *fact) for node, facts in FACTS.items() for name, fact in facts.items()],
)
def test_a_number_of_the_world_is_in_the_book_as_it_is_known(path, value, unit, confidence):
    entry = load_book().get(path)
    assert (entry.value, entry.unit) == (value, unit)
    assert SURE.index(entry.confidence) >= SURE.index(confidence)
    assert entry.source


@pytest.mark.parametrize(("path", "confidence"), DELAYS.items())
def test_a_delay_is_no_surer_than_its_measurement(path, confidence):
    entry = load_book().get(path)
    assert entry.unit == "duration"
    assert SURE.index(entry.confidence) >= SURE.index(confidence)
    assert distribution_from(entry.value).mean() > 0
