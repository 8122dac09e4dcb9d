"""What the checks of incidents and downstreams find, and what is just allowed: for test_scenario_checks.py."""

from __future__ import annotations

from small_scenario import SMALL

FUNCTION = "    runtime: python3.13\n"


def during(*incidents, more=""):
    """The small scenario with incidents, and more keys at its top."""
    return SMALL + more + "incidents:\n" + "".join(f"  - {{{incident}}}\n" for incident in incidents)


def keyed(text, key):
    """A key more of the function."""
    return text.replace(FUNCTION, f"{FUNCTION}    {key}\n")


def connected(text, connections="{to: db}"):
    return keyed(text, f"connections: {connections}")


PROVISIONED = "provisioned_concurrent_executions: 5"
DB = "downstream: {db: {}}\n"
SLOW = "function: api, handler: {duration: x2}"
RESERVE = "function: api, reserved_concurrent_executions: {}"
QUOTA = "account: {{concurrent_executions: {}}}"
ZONES = "vpc: {subnets: {a: {availability_zone: z1}, b: {}}}\n"
BROKEN = {
    "unknown_downstream": [
        connected(SMALL),
        connected(SMALL + DB, "[{to: db}, {to: cache}]"),
        during("at: 1m, downstream: cache, latency: x2", more=DB),
    ],
    "connected_twice": [connected(SMALL + DB, "[{to: db}, {to: db, per_environment: 2}]")],
    "waiting_above_all": [
        connected(
            f"{SMALL}downstream: {{db: {{}}, cache: {{}}}}\n", "[{to: db, waiting: 60%}, {to: cache, waiting: 41%}]"
        )
    ],
    "unknown_zone": [
        during("at: 1m, availability_zone: z1"),
        during("at: 1m, availability_zone: z2", more=ZONES),
    ],
    "latest_not_invoked": [
        keyed(during("at: 1m, function: api, update_function_code: true"), PROVISIONED),
        keyed(during("at: 1m, function: api, update_function_code: true"), 'versions: {"2": {}}').replace(
            "target: api", "target: 'api:2'"
        ),
    ],
    "reserved_over_quota_later": [
        during(f"at: 1m, {RESERVE.format(901)}"),
        during(f"at: 1m, {RESERVE.format(600)}", f"at: 2m, {QUOTA.format(699)}"),
        # What ends leaves a reservation that was too much without it.
        during(f"at: 0s, for: 3m, {QUOTA.format(2000)}", f"at: 1m, {RESERVE.format(1500)}"),
    ],
    "provisioned_over_quota_later": [keyed(during(f"at: 1m, {QUOTA.format(104)}"), PROVISIONED)],
    "provisioned_over_reserved_later": [keyed(during(f"at: 1m, {RESERVE.format(4)}"), PROVISIONED)],
}
SOUND = {
    "unknown_downstream": [connected(during("at: 1m, downstream: db, latency: x2", more=DB))],
    "connected_twice": [connected(f"{SMALL}downstream: {{db: {{}}, cache: {{}}}}\n", "[{to: db}, {to: cache}]")],
    "waiting_above_all": [
        connected(
            f"{SMALL}downstream: {{db: {{}}, cache: {{}}}}\n", "[{to: db, waiting: 60%}, {to: cache, waiting: 40%}]"
        )
    ],
    "unknown_zone": [during("at: 1m, availability_zone: z1", more=ZONES)],
    "latest_not_invoked": [
        during("at: 1m, function: api, update_function_code: true"),
        keyed(during("at: 1m, function: api, handler: {duration: x2}"), PROVISIONED),
    ],
    "reserved_over_quota_later": [
        during(f"at: 1m, {RESERVE.format(900)}"),
        during(f"at: 0s, {QUOTA.format(2000)}", f"at: 1m, {RESERVE.format(1500)}"),
        during(f"at: 1m, for: 1m, {RESERVE.format(900)}", f"at: 2m, {QUOTA.format(100)}"),
        # What began last holds, wherever it is written.
        during(f"at: 2m, {RESERVE.format(100)}", f"at: 1m, {RESERVE.format(200)}", f"at: 3m, {QUOTA.format(200)}"),
    ],
    "provisioned_over_quota_later": [keyed(during(f"at: 1m, {QUOTA.format(105)}"), PROVISIONED)],
    "provisioned_over_reserved_later": [
        keyed(during(f"at: 1m, {RESERVE.format(5)}", f"at: 2m, {RESERVE.format('none')}"), PROVISIONED)
    ],
}
SCALED = (
    "aliases: {a: {function_version: '1', provisioned_concurrent_executions: 5, "
    "autoscaling: {min_capacity: 1, max_capacity: 20, target_value: 0.7}}}"
)
CARELESS = {
    "autoscaling_over_quota_later": [
        keyed(during(f"at: 1m, {QUOTA.format(119)}"), SCALED),
        keyed(during(f"at: 1m, for: 5m, {RESERVE.format(19)}"), SCALED),
    ],
    "incident_never_begins": [during(f"at: 1h, {SLOW}"), during(f"at: 2h, for: 1m, {SLOW}")],
    "nothing_connects": [during("at: 1m, downstream: db, throttle: 5/s", more=DB)],
    "nothing_waits": [connected(during("at: 1m, downstream: db, latency: x2", more=DB))],
}
CAREFUL = {
    "autoscaling_over_quota_later": [
        keyed(during(f"at: 1m, {QUOTA.format(120)}"), SCALED),
        keyed(during(f"at: 1m, for: 5m, {RESERVE.format(20)}"), SCALED),
        keyed(during("at: 1m, function: api, handler: {duration: x2}"), SCALED.replace("20", "901")),
    ],
    "incident_never_begins": [during(f"at: 3599s, for: 2h, {SLOW}"), during(f"at: 0s, {SLOW}")],
    "nothing_connects": [connected(during("at: 1m, downstream: db, throttle: 5/s", more=DB))],
    "nothing_waits": [
        connected(during("at: 1m, downstream: db, error_rate: 5%", more=DB)),
        connected(during("at: 1m, downstream: db, latency: x2", more=DB)).replace("80 ms", "80 ms, cpu_fraction: 99%"),
    ],
}
