"""Each check by its code: what AWS would refuse, and what is probably not meant."""

import incident_cases
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
SNAP = "snap_start: {apply_on: PublishedVersions}"
PROVISIONED = "provisioned_concurrent_executions: 5"
RESERVED = "reserved_concurrent_executions: 5"
SECOND = "{additional_version_weights: {'2': 0.1}}"
VPC = "vpc_config: {subnet_ids: [a, b], security_group_ids: [web]}"
LEGACY = VPC.replace("}", ", network_interfaces: legacy}")
SUBNETS = "vpc: {subnets: {a: {available_addresses: 1, availability_zone: z1}, b: {availability_zone: z2}}}\n"


def restored(*lines, runtime="python3.13", snap_start=SNAP):
    """The small scenario with SnapStart, and with more keys of its function."""
    return with_key(snap_start, "init: {duration: 2s}", *lines).replace("python3.13", runtime)


def provisioned(*aliases, versions="{'2': {}}", keys=()):
    """The small scenario with aliases, each with provisioned concurrency: ``a: function_version: '1'``."""
    written = (f"{name}: {{{rest}, {PROVISIONED}}}" for name, _, rest in (alias.partition(": ") for alias in aliases))
    return with_key(f"aliases: {{{', '.join(written)}}}", f"versions: {versions}", *keys)


def scaling(most, actions="[]", *, keys=(), routing=""):
    """The small scenario with provisioned concurrency that is scaled."""
    scaled = f"autoscaling: {{min_capacity: 1, max_capacity: {most}, target_value: 0.7, scheduled_actions: {actions}}}"
    return provisioned(f"a: function_version: '1'{routing}, {scaled}", keys=keys)


def moving(kind="Canary10Percent5Minutes", at="20m", alarm="metric_name: Errors, threshold: 3"):
    """The small scenario behind an alias that moves from version 1 to 2."""
    deployment = f"{{type: {kind}, to: '2', at: {at}, alarms: [{{{alarm}}}]}}"
    alias = f"aliases: {{blue: {{function_version: '1', deployment: {deployment}}}}}"
    return with_key("versions: {'2': {}}", alias).replace("target: api", "target: 'api:blue'")


BROKEN = {
    "too_many_layers": [with_key("layers: [1 MB, 1 MB, 1 MB, 1 MB, 1 MB, 1 MB]")],
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
    "unknown_subnet": [with_key(VPC.replace("b]", "c]")) + SUBNETS],
    "no_address_for_interface": [
        with_key(VPC) + SUBNETS.replace("addresses: 1", "addresses: 0"),
        # Two functions with other security groups need an address each.
        with_key(VPC).replace("  api:\n", f"  api:\n    versions: {{'2': {{{VPC.replace('web', 'db')}}}}}\n") + SUBNETS,
        with_key(VPC) + "parameters: {quotas/account/network_interfaces_per_vpc: 1}\n",
    ],
    "legacy_is_over": [
        with_key(LEGACY, "memory_size: 3073"),
        with_key(LEGACY, PROVISIONED),
        provisioned("a: function_version: '2'", versions=f"{{'2': {{{LEGACY}}}}}"),
    ],
    "no_measured_init": [
        SMALL.replace("python3.13", "python3.7"),
        SMALL.replace("python3.13", "provided.al2023\n    language: swift"),
        SMALL.replace("python3.13", "provided.al2\n    language: bun_layer\n    package_type: Image"),
    ],
    "no_price": [f"{SMALL}region: eu-south-1\n"],
    "snap_start_unsupported": [
        restored(runtime="python3.11"),
        restored(runtime="java8.al2"),
        restored("package_type: Image", runtime="nodejs22.x"),
    ],
    "snap_start_with_provisioned_concurrency": [
        restored(PROVISIONED),
        restored(f"aliases: {{a: {{function_version: '2', {PROVISIONED}}}}}", "versions: {'2': {}}"),
        with_key(f"aliases: {{a: {{function_version: '2', {PROVISIONED}}}}}", f"versions: {{'2': {{{SNAP}}}}}"),
        with_key(
            f"aliases: {{a: {{function_version: '1', {PROVISIONED}, routing_config: {SECOND}}}}}",
            f"versions: {{'2': {{{SNAP}}}}}",
        ),
    ],
    "snap_start_with_ephemeral_storage": [restored("ephemeral_storage: 513")],
    "snap_start_over_limit": [
        restored().replace("2s", "131s"),
        restored("timeout: 200").replace("duration: 2s", "code: 201s"),
        restored(snap_start=SNAP.replace("s}", "s, restore: {billed_duration: 11s}}")),
    ],
    "unknown_target": [
        changed("target: api", "target: 'api:1'"),
        moving().replace("api:blue", "api:green"),
        SMALL + "  topic: {type: sns, targets: ['api:live'], arrivals: {poisson: {rate: 1/s}}}\n",
    ],
    "unknown_version": [moving().replace("to: '2'", "to: '3'"), with_key("aliases: {a: {function_version: '2'}}")],
    "two_aliases_live": [with_key(PROVISIONED, "aliases: {live: {function_version: '1'}}")],
    "provisioned_over_quota": [
        with_key("provisioned_concurrent_executions: 901"),
        with_key(PROVISIONED) + "account: {concurrent_executions: 104}\n",
    ],
    "provisioned_over_reserved": [
        with_key("reserved_concurrent_executions: 4", PROVISIONED),
        provisioned("a: function_version: '1'", "b: function_version: '2'", keys=["reserved_concurrent_executions: 9"]),
    ],
    "provisioned_latest": [provisioned("a: function_version: $LATEST")],
    "provisioned_init_over_limit": [
        with_key(PROVISIONED, "init: {duration: 131s}"),
        with_key(PROVISIONED, "init: {code: 201s}", "timeout: 200"),
        provisioned("a: function_version: '2'", versions="{'2': {init: {duration: 131s}}}"),
    ],
    "provisioned_twice": [
        provisioned("a: function_version: '1'", "b: function_version: '1'"),
        provisioned("a: function_version: '1'", keys=[PROVISIONED]),
        provisioned(f"a: function_version: '1', routing_config: {SECOND}", "b: function_version: '2'"),
        provisioned(
            "a: function_version: '1', deployment: {type: AllAtOnce, to: '2', at: 5m}", "b: function_version: '2'"
        ),
    ],
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
    "too_many_layers": [with_key("layers: [1 MB, 1 MB, 1 MB, 1 MB, 1 MB]")],
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
    "unknown_subnet": [with_key(VPC), with_key(VPC) + SUBNETS],
    "no_address_for_interface": [
        with_key(VPC) + SUBNETS,
        with_key(LEGACY) + SUBNETS.replace("addresses: 1", "addresses: 0"),
        with_key(VPC) + "parameters: {quotas/account/network_interfaces_per_vpc: 2}\n",
    ],
    "legacy_is_over": [
        with_key(LEGACY, "memory_size: 3072"),
        with_key(VPC, "memory_size: 3073", PROVISIONED),
        provisioned("a: function_version: '1'", versions=f"{{'2': {{{LEGACY}}}}}"),
        provisioned("a: function_version: '2'", versions=f"{{'2': {{{VPC}}}}}", keys=[LEGACY]),
    ],
    "no_measured_init": [SMALL.replace("python3.13", "python3.7\n    init: {duration: 1s}")],
    "no_price": [f"{SMALL}region: eu-west-1\n"],
    "snap_start_unsupported": [
        restored(),
        restored(runtime="java11"),
        restored(runtime="dotnet8"),
        restored("package_type: Image"),
        restored(
            "package_type: Image", runtime="nodejs22.x", snap_start=SNAP.replace("s}", "s, allowed_by_image: true}")
        ),
        with_key("snap_start: {apply_on: None}").replace("python3.13", "python3.12"),
    ],
    "snap_start_with_provisioned_concurrency": [
        with_key(PROVISIONED, "snap_start: {apply_on: None}"),
        with_key(f"aliases: {{a: {{function_version: '1', {PROVISIONED}}}}}", f"versions: {{'2': {{{SNAP}}}}}"),
    ],
    "snap_start_with_ephemeral_storage": [restored("ephemeral_storage: 512"), with_key("ephemeral_storage: 513")],
    "snap_start_over_limit": [
        restored().replace("2s", "130s"),
        restored("timeout: 200").replace("2s", "200s"),
        restored(snap_start=SNAP.replace("s}", "s, restore: {billed_duration: 10s, duration: 11s}}")),
    ],
    "unknown_target": [moving(), with_key(PROVISIONED).replace("target: api", "target: 'api:live'")],
    "unknown_version": [moving(), with_key("aliases: {a: {function_version: $LATEST}}")],
    "provisioned_over_quota": [
        with_key("provisioned_concurrent_executions: 900"),
        with_key(RESERVED, PROVISIONED) + "account: {concurrent_executions: 105}\n",
    ],
    "provisioned_over_reserved": [with_key(RESERVED, PROVISIONED)],
    "provisioned_latest": [
        provisioned("a: function_version: '1'"),
        with_key("aliases: {a: {function_version: $LATEST}}", PROVISIONED),
    ],
    "provisioned_init_over_limit": [
        with_key(PROVISIONED, "init: {duration: 130s}"),
        with_key(PROVISIONED, "init: {code: 200s}", "timeout: 200"),
        provisioned("a: function_version: '1'", versions="{'2': {init: {duration: 131s}}}"),
    ],
    "provisioned_twice": [
        provisioned("a: function_version: '1'", "b: function_version: '2'"),
        with_key(PROVISIONED, "aliases: {a: {function_version: '1'}}"),
    ],
    "two_aliases_live": [
        with_key(PROVISIONED, "aliases: {a: {function_version: '1'}}"),
        with_key("aliases: {live: {function_version: '1'}}"),
    ],
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
TO_901 = "[{schedule: rate(1 hour), max_capacity: 901}]"
CARELESS = {
    "provisioned_leaves_nothing": [with_key(RESERVED, PROVISIONED)],
    "autoscaling_over_quota": [
        scaling(901),
        scaling(10, TO_901),
        scaling(21, keys=["reserved_concurrent_executions: 20"]),
    ],
    "autoscaling_while_routing": [scaling(10, routing=f", routing_config: {SECOND}")],
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
    "snap_start_unused": [restored().replace("target: api", "target: 'api:$LATEST'")],
    "restore_slower_than_init": [
        restored().replace("2s", "400 ms"),
        with_key(SNAP),
        restored(snap_start=SNAP.replace("s}", "s, restore: {duration: 2.1s}}")),
    ],
    "quota_below_unreserved_minimum": [f"{SMALL}account: {{concurrent_executions: 10}}\n"],
    "deployment_never_begins": [moving(at="1h"), moving(at="2h")],
    "alarm_too_late": [
        moving("AllAtOnce"),
        moving(alarm="metric_name: Errors, threshold: 3, period: 300"),
        moving(alarm="metric_name: Errors, threshold: 3, evaluation_periods: 4"),
        moving() + "parameters: {deployments/alarm_delay_s: 240}\n",
    ],
    "single_subnet": [
        with_key(VPC.replace(", b", "")),
        with_key(VPC.replace(", b", ", a")),
        with_key(VPC) + SUBNETS.replace("z2", "z1"),
    ],
    "no_nat_gateway": [with_key(VPC.replace("}", ", internet_traffic: 20 KB}"))],
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
    "traffic_not_scaled": [
        changed("poisson: {rate: 5/s}", "schedule: {expression: rate(1 minute)}") + "traffic: 2\n",
        SMALL + "  clicks: {type: kinesis, target: api, backlog: 5, starting_position: TRIM_HORIZON}\ntraffic: 2\n",
    ],
}
CAREFUL = {
    "provisioned_leaves_nothing": [with_key("reserved_concurrent_executions: 6", PROVISIONED), with_key(PROVISIONED)],
    "autoscaling_over_quota": [
        scaling(900),
        scaling(10, TO_901.replace("901", "900")),
        scaling(20, keys=["reserved_concurrent_executions: 20"]),
    ],
    "autoscaling_while_routing": [scaling(10)],
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
    "init_over_limit": [with_key("init: {duration: 10 s}"), restored().replace("2s", "11s")],
    "snap_start_unused": [
        restored(),
        restored() + "  too: {type: direct, target: 'api:$LATEST', arrivals: {poisson: {rate: 1/s}}}\n",
    ],
    "restore_slower_than_init": [
        restored(),
        with_key(SNAP, "init: {code: 400 ms}"),
        restored(snap_start=SNAP.replace("s}", "s, restore: {duration: 1.9s}}")),
    ],
    "quota_below_unreserved_minimum": [f"{SMALL}account: {{concurrent_executions: 100}}\n"],
    "deployment_never_begins": [moving(at="59m")],
    "alarm_too_late": [
        moving(),
        moving(alarm="metric_name: Errors, threshold: 3, period: 180"),
        moving(alarm="metric_name: Errors, threshold: 3, evaluation_periods: 3"),
        moving(alarm="metric_name: Errors, threshold: 3, evaluation_periods: 4, datapoints_to_alarm: 3"),
        moving() + "parameters: {deployments/alarm_delay_s: 239}\n",
    ],
    "single_subnet": [with_key(VPC), with_key(VPC) + SUBNETS, with_key(VPC) + "vpc: {subnets: {a: {}, b: {}}}\n"],
    "no_nat_gateway": [
        with_key(VPC),
        with_key(VPC.replace("}", ", internet_traffic: 20 KB}")) + "vpc: {nat_gateways: 1}\n",
    ],
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
    "traffic_not_scaled": [
        changed("poisson: {rate: 5/s}", "schedule: {expression: rate(1 minute)}") + "traffic: 1\n",
        SMALL + "traffic: 2\n",
    ],
}


BROKEN |= incident_cases.BROKEN
SOUND |= incident_cases.SOUND
CARELESS |= incident_cases.CARELESS
CAREFUL |= incident_cases.CAREFUL


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
    assert warning.message == (
        "python3.9 is deprecated since 2025-12-15 (at the scenario's start); new functions are blocked from "
        "2027-02-01, updates from 2027-03-03, invocations never; python3.14 is the newest supported"
    )


def test_a_missing_init_names_the_measured_neighbours():
    [message] = complaints(SMALL.replace("python3.13", "python3.7"))
    assert "python3.8, " in message
    assert "give init.duration" in message


def test_a_missing_price_names_the_regions_that_have_one():
    [message] = complaints(f"{SMALL}region: eu-south-1\n")
    assert message.startswith("s.yaml:9:9: region: the parameter book has no price of requests in eu-south-1")
    assert "eu-west-1" in message
