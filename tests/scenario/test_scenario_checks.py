"""Each check by its code: what AWS would refuse, and what is probably not meant."""

import pytest
from small_scenario import SMALL, changed, codes, complaints

from lambdasim.scenario.checks import ERRORS, WARNINGS
from lambdasim.scenario.load import parse_scenario

FUNCTION = "    runtime: python3.13\n"


def with_key(*lines):
    return changed(FUNCTION, FUNCTION + "".join(f"    {line}\n" for line in lines))


def with_trigger(keys):
    return changed("{type: direct, target: api,", f"{{{keys}, target: api,")


def emitting(emits, *triggers):
    """The small scenario with more triggers, and a function ``api`` that emits."""
    return changed("80 ms", f"80 ms, emits: [{emits}]") + "".join(f"  {trigger}\n" for trigger in triggers)


QUEUE = "queue: {type: sqs, target: api, arrivals: none}"
STREAM = "stream: {type: kinesis, target: api, arrivals: none}"
DEAD = "dead: {{type: sqs, target: api{}}}"
HOOK = "hook: {type: direct_async, target: api, arrivals: {poisson: {rate: 1/s}}}"
BROKEN = {
    "warm_up_too_long": [f"{SMALL}warm_up: 1h\n"],
    "too_many_events": [
        changed("poisson: {rate: 5/s}", "poisson: {rate: 277778/s}"),
        changed("poisson: {rate: 5/s}", "at_once: {events: 1000000001}"),
        changed(
            "{type: direct, target: api,", "{type: journey, flows: [{steps: [{invoke: api}, {wait: 1s}]}],"
        ).replace("rate: 5/s", "rate: 138889/s"),
        changed("80 ms", "80 ms, emits: [{to: jobs, events: 60000}]") + "  jobs: {type: sqs, target: api}\n",
    ],
    "backlog_too_large": [
        f"{SMALL}  jobs: {{type: sqs, target: api, queue: {{backlog: 100000001}}}}\n",
        f"{SMALL}  jobs: {{type: sqs, target: api, queue: {{backlog: 10000001, fifo: true}}}}\n",
    ],
    "too_many_minutes": [changed("duration: 1h", "duration: 7000d")],
    "too_many_clients": [with_trigger("type: direct, client: {clients: 100001}")],
    "stream_too_large": [
        f"{SMALL}  clicks: {{type: kinesis, target: api, shards: 100001, backlog: 5}}\n",
        f"{SMALL}  clicks: {{type: kinesis, target: api, backlog: 10000001}}\n",
        f"{SMALL}  clicks: {{type: kinesis, target: api, partition_keys: {{count: 10000001}}, backlog: 5}}\n",
    ],
    "lifetime_too_short": [
        f"{SMALL}lifecycle: {{maximum_lifetime: 0s}}\n",
        f"{SMALL}lifecycle: {{maximum_lifetime: {{exponential: {{mean: 999 ms}}}}}}\n",
    ],
    "reserved_over_quota": [
        with_key("reserved_concurrent_executions: 901"),
        with_key("reserved_concurrent_executions: 1") + "account: {concurrent_executions: 100}\n",
    ],
    "package_too_large": [
        with_key("unzipped_size: 251 MB"),
        with_key("package_size: 251 MB"),
        with_key("package_type: Image", "package_size: 10.1 GB"),
    ],
    "architecture_not_offered": [
        SMALL.replace("python3.13", "python3.7\n    architecture: arm64\n    init: {duration: 1s}")
    ],
    "too_many_in_vpc_config": [
        with_key("vpc_config: {subnet_ids: [a], security_group_ids: [a, b, c, d, e, f]}"),
    ],
    "no_measured_init": [
        SMALL.replace("python3.13", "python3.7"),
        SMALL.replace("python3.13", "provided.al2023\n    language: swift"),
        SMALL.replace("python3.13", "provided.al2\n    language: bun_layer\n    package_type: Image"),
    ],
    "no_price": [f"{SMALL}region: eu-south-1\n"],
    "unsuited_sink": [
        emitting("{to: web}"),
        emitting(
            "{to: clock}", "clock: {type: schedule, target: api, arrivals: {schedule: {expression: rate(1 day)}}}"
        ),
        with_key("dead_letter_config: {target: stream}") + f"  {STREAM}\n  {HOOK}\n",
        with_key("event_invoke_config: {on_success: upload}") + f"  upload: {{type: s3, target: api}}\n  {HOOK}\n",
    ],
    "fifo_sink": [
        with_key(f"{key}: {{{use}: dead}}") + f"  {DEAD.format(', queue: {fifo: true}')}\n  {HOOK}\n"
        for key, use in (
            ("dead_letter_config", "target"),
            ("event_invoke_config", "on_failure"),
            ("event_invoke_config", "on_success"),
        )
    ]
    + [
        f"{SMALL}  {DEAD.format(', queue: {fifo: true}')}\n  {trigger}\n"
        for trigger in (
            "topic: {type: sns, target: api, dead_letter_config: {target: dead}, arrivals: {poisson: {rate: 1/s}}}",
            "clicks: {type: kinesis, target: api, on_failure: dead, arrivals: {poisson: {rate: 1/s}}}",
        )
    ],
    "dead_letters_to_itself": [
        SMALL + "  jobs: {type: sqs, target: api, queue: {dead_letter: jobs}, arrivals: {poisson: {rate: 1/s}}}\n",
    ],
    "endless_loop": [
        emitting("{to: stream}", STREAM),
        emitting("{to: stream, events: 4, probability: 25%}", STREAM),
        emitting("{to: stream}", "stream: {type: kinesis, target: twin}").replace(
            "  api:\n", "  twin: {runtime: ruby3.4, handler: {duration: 1s, emits: [{to: queue}]}}\n  api:\n"
        )
        + f"  {QUEUE}\n",
        emitting("{to: queue}", QUEUE).replace(FUNCTION, f"{FUNCTION}    recursive_loop: Allow\n"),
    ],
    "visibility_timeout_below_function_timeout": [
        SMALL + "  jobs: {type: sqs, target: api, queue: {visibility_timeout: 2 s, backlog: 5}}\n",
        with_key("timeout: 31") + "  jobs: {type: sqs, target: api, queue: {backlog: 5}}\n",
    ],
    "no_queue_to_share": [SMALL + "  jobs: {type: sqs, target: api, queue: {shared_with: web}}\n"],
    "dead_letter_queue_of_another_kind": [
        SMALL
        + "  jobs: {type: sqs, target: api, queue: {dead_letter: dead, fifo: true, backlog: 5}}\n"
        + "  dead: {type: sqs, target: api}\n",
    ],
    "batch_too_large_for_fifo": [
        SMALL
        + "  jobs: {type: sqs, target: api, queue: {fifo: true, backlog: 5}}\n"
        + "  too: {type: sqs, target: api, queue: {shared_with: jobs}, batch_size: 11, "
        + "maximum_batching_window_in_seconds: 1}\n",
    ],
}
SOUND = {
    "warm_up_too_long": [f"{SMALL}warm_up: 59m\n"],
    "too_many_events": [
        changed("poisson: {rate: 5/s}", "poisson: {rate: 277777/s}"),
        changed("poisson: {rate: 5/s}", "at_once: {events: 1000000000}"),
    ],
    "backlog_too_large": [
        f"{SMALL}  jobs: {{type: sqs, target: api, queue: {{backlog: 100000000}}}}\n",
        f"{SMALL}  jobs: {{type: sqs, target: api, queue: {{backlog: 10000000, fifo: true}}}}\n",
    ],
    "too_many_minutes": [changed("duration: 1h", "duration: 6900d").replace("5/s", "1/s")],
    "too_many_clients": [with_trigger("type: direct, client: {clients: 100000}")],
    "stream_too_large": [
        f"{SMALL}  clicks: {{type: kinesis, target: api, shards: 10000, parallelization_factor: 10, backlog: 5}}\n",
        f"{SMALL}  clicks: {{type: kinesis, target: api, partition_keys: {{count: 10000000}}, backlog: 10000000}}\n",
    ],
    "lifetime_too_short": [
        f"{SMALL}lifecycle: {{maximum_lifetime: 1s}}\n",
        f"{SMALL}lifecycle: {{maximum_lifetime: 0s, proactive_initialization: {{on_retirement: 0%}}}}\n",
    ],
    "reserved_over_quota": [with_key("reserved_concurrent_executions: 900")],
    "package_too_large": [
        with_key("unzipped_size: 250 MB"),
        with_key("package_type: Image", "package_size: 10 GB"),
    ],
    "architecture_not_offered": [with_key("architecture: arm64")],
    "too_many_in_vpc_config": [with_key("vpc_config: {subnet_ids: [a], security_group_ids: [a, b, c, d, e]}")],
    "no_measured_init": [SMALL.replace("python3.13", "python3.7\n    init: {duration: 1s}")],
    "no_price": [f"{SMALL}region: eu-west-1\n"],
    "unsuited_sink": [
        with_key("dead_letter_config: {target: queue}") + f"  {QUEUE}\n  {HOOK}\n",
        with_key("dead_letter_config: {target: discard-counted}") + f"  {HOOK}\n",
        with_key("event_invoke_config: {on_failure: upload}") + f"  upload: {{type: s3, target: api}}\n  {HOOK}\n",
    ],
    "fifo_sink": [
        with_key("dead_letter_config: {target: dead}") + f"  {DEAD.format('')}\n  {HOOK}\n",
        emitting("{to: dead}", DEAD.format(", queue: {fifo: true}")),
    ],
    "dead_letters_to_itself": [
        SMALL
        + "  jobs: {type: sqs, target: api, queue: {dead_letter: dead}, arrivals: {poisson: {rate: 1/s}}}\n"
        + "  dead: {type: sqs, target: api}\n",
    ],
    "endless_loop": [
        emitting("{to: queue}", QUEUE),  # Lambda stops this one
        emitting("{to: stream, probability: 99%}", STREAM),
        emitting("{to: queue, probability: 99%}", QUEUE).replace(FUNCTION, f"{FUNCTION}    recursive_loop: Allow\n"),
        # Its twin is on the way round, and is stopped.
        emitting("{to: queue}", "queue: {type: sqs, target: twin}", "back: {type: sns, target: api}")
        .replace(FUNCTION, f"{FUNCTION}    recursive_loop: Allow\n")
        .replace("  api:\n", "  twin: {runtime: ruby3.4, handler: {duration: 1s, emits: [{to: back}]}}\n  api:\n"),
    ],
    "visibility_timeout_below_function_timeout": [
        with_key("timeout: 30") + "  jobs: {type: sqs, target: api, queue: {backlog: 5}}\n",
    ],
    "no_queue_to_share": [
        SMALL
        + "  jobs: {type: sqs, target: api, queue: {backlog: 5}}\n"
        + "  too: {type: sqs, target: api, queue: {shared_with: jobs}}\n",
    ],
    "dead_letter_queue_of_another_kind": [
        SMALL
        + "  jobs: {type: sqs, target: api, queue: {dead_letter: dead, fifo: true, backlog: 5}}\n"
        + "  dead: {type: sqs, target: api, queue: {fifo: true}}\n",
    ],
    "batch_too_large_for_fifo": [
        SMALL
        + "  jobs: {type: sqs, target: api, queue: {fifo: true, backlog: 5}}\n"
        + "  too: {type: sqs, target: api, queue: {shared_with: jobs}, batch_size: 10}\n",
    ],
}
CARELESS = {
    "integration_timeout_below_function_timeout": [
        with_trigger("type: api_gateway, integration_timeout: 2 s"),
        with_trigger("type: api_gateway").replace(FUNCTION, f"{FUNCTION}    timeout: 31\n"),
    ],
    "read_timeout_below_function_timeout": [
        with_trigger("type: direct, client: {read_timeout: 2 s}"),
        with_trigger("type: alb, client: {read_timeout: 2 s}"),
        with_key("timeout: 61"),
    ],
    "runtime_deprecated": [
        SMALL.replace("python3.13", "python3.9"),
        f"{SMALL}start: 2029-06-30\n",
        f"{SMALL}start: 2029-01-01\n",
    ],
    "out_of_memory": [changed("80 ms", "80 ms, max_memory_used: 129")],
    "unused_vcpus": [
        with_key("memory_size: 1770"),
        changed("80 ms", "80 ms, threads: 2").replace("  api:\n", "  api:\n    memory_size: 4000\n"),
    ],
    "handler_over_timeout": [changed("80 ms", "4 s"), changed("80 ms", "{exponential: {mean: 3.1 s}}")],
    "init_over_limit": [with_key("init: {duration: 11 s}"), with_key("init: {code: 11 s}")],
    "quota_below_unreserved_minimum": [f"{SMALL}account: {{concurrent_executions: 10}}\n"],
    "function_without_trigger": [
        SMALL.replace("triggers:", "  idle:\n    runtime: ruby3.4\n    handler: {duration: 1s}\ntriggers:")
    ],
    "trigger_without_events": [f"{SMALL}  {QUEUE}\n", f"{SMALL}  {STREAM}\n"],
    "batch_keys_without_batches": [
        changed("80 ms", "80 ms, per_record: 2 ms"),
        changed("80 ms", "1s, record_error_rate: 1%"),
    ],
    "asynchronous_keys_without_events": [
        with_key("event_invoke_config: {maximum_retry_attempts: 0}"),
        with_key("dead_letter_config: {target: discard-counted}"),
    ],
    "pollers_over_reserved": [
        with_key("reserved_concurrent_executions: 800") + "  jobs: {type: sqs, target: api, queue: {backlog: 5}}\n",
        with_key("reserved_concurrent_executions: 9")
        + "  jobs: {type: sqs, target: api, queue: {backlog: 5}, scaling_config: {maximum_concurrency: 10}}\n",
    ],
    "fifo_needs_high_throughput": [
        SMALL + "  jobs: {type: sqs, target: api, queue: {fifo: true}, arrivals: {constant: {rate: 301/s}}}\n",
    ],
    "backlog_behind_latest": [SMALL + "  clicks: {type: kinesis, target: api, backlog: 5}\n"],
    # A batch of one record takes 80 ms: a lane gets 12.5 of them done in a second.
    "too_few_lanes": [
        SMALL + "  clicks: {type: kinesis, target: api, batch_size: 1, arrivals: {constant: {rate: 12.6/s}}}\n",
    ],
}
CAREFUL = {
    "integration_timeout_below_function_timeout": [with_trigger("type: api_gateway, integration_timeout: 3 s")],
    "read_timeout_below_function_timeout": [
        with_trigger("type: direct, client: {read_timeout: 3 s}"),
        with_trigger("type: alb").replace(FUNCTION, f"{FUNCTION}    timeout: 61\n"),
        with_trigger("type: api_gateway, client: {retries: standard}").replace(
            FUNCTION, f"{FUNCTION}    timeout: 61\n"
        ),
    ],
    "runtime_deprecated": [f"{SMALL}start: 2028-12-31\n"],
    "out_of_memory": [changed("80 ms", "80 ms, max_memory_used: 128")],
    "unused_vcpus": [with_key("memory_size: 1769")],
    "handler_over_timeout": [changed("80 ms", "3 s"), changed("80 ms", "4 s, measured_at: 256")],
    "init_over_limit": [with_key("init: {duration: 10 s}")],
    "quota_below_unreserved_minimum": [f"{SMALL}account: {{concurrent_executions: 100}}\n"],
    "function_without_trigger": [SMALL],
    "trigger_without_events": [
        emitting("{to: queue}", QUEUE),
        f"{SMALL}  queue: {{type: sqs, target: api, queue: {{backlog: 5}}}}\n",
    ],
    "batch_keys_without_batches": [changed("80 ms", "80 ms, per_record: 2 ms") + f"  {QUEUE}\n"],
    "asynchronous_keys_without_events": [
        with_key("event_invoke_config: {maximum_retry_attempts: 0}") + f"  {HOOK}\n",
    ],
    "pollers_over_reserved": [
        with_key("reserved_concurrent_executions: 10")
        + "  jobs: {type: sqs, target: api, queue: {backlog: 5}, scaling_config: {maximum_concurrency: 10}}\n",
        with_key("reserved_concurrent_executions: 0") + "  jobs: {type: sqs, target: api, queue: {backlog: 5}}\n",
    ],
    "fifo_needs_high_throughput": [
        SMALL + "  jobs: {type: sqs, target: api, queue: {fifo: true}, arrivals: {constant: {rate: 300/s}}}\n",
        SMALL + "  jobs: {type: sqs, target: api, arrivals: {constant: {rate: 301/s}}}\n",
    ],
    "backlog_behind_latest": [
        SMALL + "  clicks: {type: kinesis, target: api, backlog: 5, starting_position: TRIM_HORIZON}\n"
    ],
    "too_few_lanes": [
        SMALL + "  clicks: {type: kinesis, target: api, batch_size: 1, arrivals: {constant: {rate: 12.4/s}}}\n",
    ],
}


def cases(table):
    return [pytest.param(code, text, id=f"{code}-{n}") for code, texts in table.items() for n, text in enumerate(texts)]


def test_every_check_is_tried_from_both_sides():
    assert set(BROKEN) == set(SOUND) == set(ERRORS)
    assert set(CARELESS) == set(CAREFUL) == set(WARNINGS)


@pytest.mark.parametrize(("code", "text"), cases(BROKEN))
def test_what_aws_would_refuse_is_an_error_with_its_code(code, text):
    assert [line for line in complaints(text) if line.endswith(f"[{code}]")]


@pytest.mark.parametrize(("_code", "text"), cases(SOUND))
def test_at_the_limit_it_is_allowed(_code, text):  # the code names the case
    parse_scenario(text)


@pytest.mark.parametrize(("code", "text"), cases(CARELESS))
def test_what_is_probably_not_meant_is_a_warning_with_its_code(code, text):
    assert code in codes(text)


@pytest.mark.parametrize(("code", "text"), cases(CAREFUL))
def test_at_the_limit_there_is_no_warning(code, text):
    assert code not in codes(text)


def test_the_small_scenario_is_above_suspicion():
    assert codes(SMALL) == []


def test_a_reservation_over_the_quota_counts_all_functions():
    text = SMALL.replace("  api:\n", "  api: &api\n    reserved_concurrent_executions: 500\n").replace(
        "triggers:", "  twin: {<<: *api, reserved_concurrent_executions: 401}\ntriggers:"
    )
    [message] = complaints(text)
    assert "functions.api.reserved_concurrent_executions: all functions together reserve 901; at most 900" in message


def test_a_deprecation_is_told_with_its_date():
    [warning] = parse_scenario(SMALL.replace("python3.13", "python3.9")).warnings
    assert warning.path == "functions.api.runtime"
    assert warning.message == "python3.9 is deprecated since 2025-12-15 (at the scenario's start)"


def test_a_missing_init_names_the_measured_neighbours():
    [message] = complaints(SMALL.replace("python3.13", "python3.7"))
    assert "python3.8, " in message
    assert "give init.duration" in message


def test_a_missing_price_names_the_regions_that_have_one():
    [message] = complaints(f"{SMALL}region: eu-south-1\n")
    assert message.startswith("s.yaml:9:9: region: the parameter book has no price of requests in eu-south-1")
    assert "eu-west-1" in message
