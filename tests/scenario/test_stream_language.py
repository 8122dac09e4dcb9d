"""Streams as a user writes them: keys, defaults, ranges, and what is probably not meant."""

import json

import jsonschema
import pytest
import yaml
from small_scenario import SMALL, complaints

import lambdasim
from lambdasim.scenario.load import parse_scenario
from lambdasim.units import US_PER_HOUR

OTHERS = "\n".join(f"  g{n}: {{runtime: python3.13, handler: {{duration: 80 ms}}}}" for n in range(25))


def with_stream(text, *, others=False):
    """The small scenario and a stream, ``x``."""
    base = SMALL.replace("triggers:\n", f"{OTHERS}\ntriggers:\n") if others else SMALL
    return f"{base}  x: {{{text}}}\n"


def kinesis(text="", **options):
    return with_stream(
        f"type: kinesis, target: api, arrivals: {{poisson: {{rate: 1/s}}}}{text and ', '}{text}", **options
    )


def stream(text):
    return parse_scenario(text).triggers["x"]


def complaint(text):
    (problem,) = complaints(text)
    return problem


def warnings(text):
    return {warning.code: warning for warning in parse_scenario(text).warnings}


def test_defaults_are_those_of_aws():
    for trigger, shards in (
        (stream(kinesis()), 1),
        (stream(with_stream("type: dynamodb_streams, target: api, arrivals: {poisson: {rate: 1/s}}")), 4),
    ):
        assert trigger.shards == shards
        assert trigger.batch_size == 100
        assert trigger.maximum_batching_window_in_seconds == 0
        assert trigger.parallelization_factor == 1
        assert trigger.starting_position == "LATEST"
        assert (trigger.maximum_retry_attempts, trigger.maximum_record_age_in_seconds) == (-1, -1)
        assert not trigger.bisect_batch_on_function_error
        assert trigger.tumbling_window_in_seconds == 0
        assert not trigger.reports_failures
        assert trigger.partition_keys is trigger.filter is trigger.poison is trigger.on_failure is None
    assert stream(kinesis()).retention_us == 24 * US_PER_HOUR
    assert stream(kinesis()).on_write_throttle == "retry"


def test_a_stream_is_written_in_terraforms_words():
    trigger = stream(
        kinesis(
            "shards: 3, partition_keys: {count: 50, zipf: 1.1}, batch_size: 500, parallelization_factor: 4, "
            "maximum_batching_window_in_seconds: 30, starting_position: TRIM_HORIZON, backlog: 1000, "
            "maximum_retry_attempts: 3, maximum_record_age_in_seconds: 3600, bisect_batch_on_function_error: true, "
            "tumbling_window_in_seconds: 60, on_failure: discard-counted, enhanced_fan_out: true, "
            "function_response_types: [ReportBatchItemFailures], filter: {pass: 80%}, "
            "poison: {rate: 0.1%, records: [7]}, retention: 48h, on_write_throttle: drop, payload_size: 4 KB"
        )
    )
    assert (trigger.partition_keys.count, trigger.partition_keys.zipf) == (50, 1.1)
    assert trigger.filter.passing == 0.8
    assert (trigger.poison.rate, trigger.poison.records) == (0.001, (7,))
    assert trigger.sinks == {("on_failure",): "discard-counted"}
    assert trigger.retention_us == 48 * US_PER_HOUR
    assert trigger.reports_failures


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("batch_size: 0", "batch_size: 0 is outside 1 to 10000"),
        ("batch_size: 10001", "10001 is outside 1 to 10000 records"),
        ("maximum_batching_window_in_seconds: 301", "301 is outside 0 to 300 s"),
        ("parallelization_factor: 11", "11 is outside 1 to 10"),
        ("maximum_retry_attempts: -2", "-2 is outside -1 to 10000"),
        ("maximum_retry_attempts: 10001", "10001 is outside -1 to 10000"),
        ("maximum_record_age_in_seconds: 59", "59 is outside 60 to 604800 s, or -1 for no limit"),
        ("maximum_record_age_in_seconds: 0", "0 is outside 60 to 604800 s, or -1 for no limit"),
        ("maximum_record_age_in_seconds: 604801", "604801 is outside"),
        ("tumbling_window_in_seconds: 901", "901 is outside 0 to 900 s"),
        ("starting_position: AT_TIMESTAMP", "starting_position: 'AT_TIMESTAMP' is not known here"),
        ("function_response_types: [ReportBatchItemFailure]", "did you mean 'ReportBatchItemFailures'"),
        ("retention: 23h", "is outside 1 d to 365 d"),
        ("retention: 9000h", "is outside 1 d to 365 d"),
        ("shards: 0", "shards: 0 is below 1"),
        ("payload_size: 7 MB", "7 MB is above the 6 MB that an invocation carries"),
        ("payload_size: 11 MB", "11 MB is above the 10 MB that the stream takes"),
        ("on_failure: nobody", "there is no trigger 'nobody'"),
        ("partition_keys: {zipf: 1.0}", "count"),
        ("poison: {}", "say which records"),
        ("on_write_throttle: wait", "on_write_throttle"),
        ("shards: 20000, parallelization_factor: 10", "200,000 lanes; at most 100,000"),
        ("starting_position: TRIM_HORIZON, backlog: 100000000", "100,000,000 records; at most 10,000,000"),
        ("partition_keys: {count: 100000000}", "100,000,000 keys; at most 10,000,000"),
    ],
)
def test_what_aws_or_the_machine_refuses_is_an_error_with_the_range(text, words):
    assert words in complaint(kinesis(text))


def test_a_stream_of_dynamodb_has_no_retention_of_its_own_no_fan_out_and_no_write_limit():
    for key in ("retention: 48h", "enhanced_fan_out: true", "on_write_throttle: drop"):
        text = with_stream(f"type: dynamodb_streams, target: api, arrivals: {{poisson: {{rate: 1/s}}}}, {key}")
        assert f"unknown key '{key.split(':')[0]}'" in complaint(text)
    large = with_stream("type: dynamodb_streams, target: api, arrivals: {poisson: {rate: 1/s}}, payload_size: 2 MB")
    assert "2 MB is above the 1 MB that the stream takes" in complaint(large)


def test_a_shard_of_dynamodb_has_two_readers_at_most_and_a_stream_20_consumers_with_fan_out():
    arrivals = "arrivals: {poisson: {rate: 1/s}}"
    three = with_stream(f"type: dynamodb_streams, targets: [api, g1, g2], {arrivals}", others=True)
    assert "triggers.x.targets: 3 functions; at most 2 may read a shard" in complaint(three)
    names = ", ".join(f"g{n}" for n in range(21))
    many = with_stream(f"type: kinesis, targets: [{names}], enhanced_fan_out: true, {arrivals}", others=True)
    assert "21 functions; a stream has at most 20 such consumers" in complaint(many)
    assert len(stream(many.replace("enhanced_fan_out: true, ", "")).targets) == 21


def test_all_mistakes_of_a_stream_come_at_once_with_their_places():
    lines = complaints(kinesis("batch_size: 0, retention: 1h, shards: none, poison: {rate: 200%}"))
    assert len(lines) == 4
    assert all(line.startswith("s.yaml:9:") for line in lines)


def test_a_backlog_behind_latest_is_never_read_and_warned_of():
    assert "backlog_behind_latest" in warnings(kinesis("backlog: 10"))
    assert "backlog_behind_latest" not in warnings(kinesis("backlog: 10, starting_position: TRIM_HORIZON"))


def test_too_few_lanes_for_the_rate_are_warned_of():
    # 80 ms a batch of 10 records: 1,000/s keep 8 lanes busy.
    def busy(text):
        return warnings(kinesis(f"batch_size: 10, {text}").replace("rate: 1/s", "rate: 1000/s")).get("too_few_lanes")

    assert busy("shards: 8") is None
    assert busy("shards: 2, parallelization_factor: 4") is None
    assert busy("shards: 7, filter: {pass: 80%}") is None
    warning = busy("shards: 7")
    assert warning.path == "triggers.x.parallelization_factor"
    assert "1e+03 records/s, and 80 ms in api for each batch of 10, keep 8 lanes busy; 7 " in warning.message


def test_the_schema_takes_what_the_loader_takes_and_refuses_what_it_refuses():
    schema = json.loads(json.dumps(lambdasim.json_schema()))
    validator = jsonschema.Draft7Validator(schema)
    fine = ("maximum_record_age_in_seconds: -1", "maximum_record_age_in_seconds: 60", "filter: {pass: 10%}",
            "maximum_retry_attempts: -1", "poison: {records: [1, 2]}", "retention: 100h")  # fmt: skip
    for text in fine:
        validator.validate(yaml.safe_load(kinesis(text)))
        parse_scenario(kinesis(text))
    for text in ("maximum_record_age_in_seconds: 30", "maximum_retry_attempts: -2", "filter: {passing: 10%}"):
        assert not validator.is_valid(yaml.safe_load(kinesis(text)))
        assert complaints(kinesis(text))


def test_kinesis_bills_shards_and_payload_units_and_fan_out_besides_and_dynamodb_nothing():
    counts = [item.count for item in stream(kinesis()).billed]
    assert counts == ["shard_hours", "put_units"]
    counts = [item.count for item in stream(kinesis("enhanced_fan_out: true")).billed]
    assert counts == ["shard_hours", "put_units", "consumer_shard_hours", "read_gb"]
    assert stream(with_stream("type: dynamodb_streams, target: api, arrivals: {poisson: {rate: 1/s}}")).billed == ()
