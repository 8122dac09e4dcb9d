import pytest

from lambdasim.analysis.directions import Better, better_when
from lambdasim.scenario.measures import Measure, Names, read_measure
from lambdasim.scenario.summary_keys import (
    ACCOUNT_KEYS,
    DOWNSTREAM_KEYS,
    FUNCTION_KEYS,
    TOTAL_KEYS,
    TRIGGER_TYPES,
    trigger_keys,
)

NEITHER = {
    "functions": {
        "events", "invocations", "start_types", "environments", "concurrency", "provisioned_concurrency", "network",
        "versions",
    },
    "account": {"concurrency", "claimed_max", "network_interfaces_max"},
    "total": {"events", "invocations"},
    "downstream": {"max_connections"},
    "triggers": {
        "events", "invocations", "attempts", "filtered", "batches", "batch_size", "status_codes", "users",
        # what is counted for the bill; that has a direction
        "extra_requests", "publishes", "billed_publishes", "billed_events", "scheduled", "put_units", "shard_hours",
        "consumer_shard_hours", "read_gb", "requests", "send_requests", "receive_requests", "delete_requests",
        "poller_hours", "sent", "received", "deleted", "empty_receives", "reads", "final_window_invocations",
        "not_visible_max", "pollers_mean", "pollers_max",
    },
}  # fmt: skip


def meant(text):
    types = {"web": "api_gateway", "successes": "kinesis", "topic": "sns", "jobs": "sqs", "clicks": "kinesis"}
    return better_when(read_measure(text, Names(("api", "errors"), types, ("db",))))


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("api.latency_ms.p99", "lower"),
        ("api.billed_duration_ms.mean", "lower"),
        ("api.cold_starts", "lower"),
        ("api.cold_start_causes.scale_out", "lower"),
        ("api.start_types.cold", "lower"),
        ("api.start_types.warm", None),
        (f"api.throttles.by_reason.{next(iter(FUNCTION_KEYS['throttles']['by_reason']))}", "lower"),
        ("api.final_failures.total", "lower"),
        ("api.in_flight", "lower"),
        ("api.provisioned_concurrency.spillover_invocations", "lower"),
        ("api.provisioned_concurrency.utilization.mean", None),
        ("api.versions.3.error_rate", "lower"),
        ("api.versions.3.invocations", None),
        ("api.network.waited_for_interface_share", "lower"),
        ("api.successes", "higher"),
        ("errors.successes", "higher"),  # a function by that name
        ("errors.concurrency.max", None),
        ("account.concurrency.max", None),
        ("account.throttles", "lower"),
        ("total.cost_usd_per_month", "lower"),
        ("total.successes", "higher"),
        ("total.invocations", None),
        ("triggers.successes.iterator_age_ms.max", "lower"),  # a trigger by that name
        ("topic.event_age_ms.p99", "lower"),
        ("jobs.visible_max", "lower"),
        ("clicks.waiting_end", "lower"),
        ("jobs.drained_s", "lower"),
        ("web.status_codes.200", "higher"),
        ("web.status_codes.429", "lower"),
        ("jobs.batches", None),
        ("downstream.db.minutes_over", "lower"),
        ("downstream.db.connections.max", "lower"),
        ("downstream.db.max_connections", None),
    ],
)
def test_less_is_better_of_what_hurts_or_costs_and_more_of_successes(text, better):
    assert meant(text) is (None if better is None else Better(better))


@pytest.mark.parametrize(
    ("room", "keys"),
    [
        ("functions", FUNCTION_KEYS),
        ("account", ACCOUNT_KEYS),
        ("total", TOTAL_KEYS),
        ("downstream", DOWNSTREAM_KEYS),
        *(("triggers", trigger_keys(kind)) for kind in TRIGGER_TYPES),
    ],
)
def test_each_number_of_a_summary_has_a_direction_or_is_known_to_have_none(room, keys):
    name = {"functions": ("api",), "downstream": ("db",), "triggers": ("web",)}.get(room, ())

    def leaves(below, path):
        if below is None:
            yield path
        else:
            for key, rest in below.items():
                yield from leaves(rest, (*path, key))

    without = {path[0] for path in leaves(keys, ()) if better_when(Measure("", (room, *name, *path))) is None}
    assert without == NEITHER[room] & keys.keys()
