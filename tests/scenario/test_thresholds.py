import pytest

from lambdasim.scenario.measures import Names
from lambdasim.scenario.thresholds import read_threshold

NAMES = Names(("checkout", "total-2"), {"api": "api_gateway", "jobs": "sqs", "odd": "fax"}, ("orders-db",))
SUMMARY = {
    "functions": {
        "checkout": {
            "latency_ms": {"p99": 250.0, "p99.9": 800.0, "max": None},
            "cold_start_rate": 0.02,
            "throttles": {"total": 3, "by_reason": {"ConcurrentInvocationLimitExceeded": 3}},
            "cost_usd": {"total": 1.5},
            "provisioned_concurrency": {"configured": {"mean": 4.5}, "spillover_invocations": 12},
            "versions": {"3": {"error_rate": 0.02, "duration_ms": {"mean": 80.0}}, "$LATEST": {"errors": 1}},
        }
    },
    "triggers": {
        "api": {"status_codes": {"200": 9, "429": 7}, "final_failures": {"total": 2, "expired": 2}},
        "jobs": {"latency_ms": {"p99.9": 61.5}, "drained_s": 90.5},
    },
    "account": {"concurrency": {"max": 10}},
    "total": {"cost_usd_per_month": 499.0},
}


@pytest.mark.parametrize(
    ("text", "holds", "value"),
    [
        ("checkout.latency_ms.p99 < 300", True, 250),
        ("checkout.latency_ms.p99 < 250", False, 250),
        ("checkout.latency_ms.p99<=250", True, 250),
        ("checkout.latency_ms.p99 > 250", False, 250),
        ("checkout.latency_ms.p99 >= 250ms", True, 250),
        ("functions.checkout.latency_ms.p99.9 < 0.9 s", True, 800),
        ("checkout.latency_ms.p99.9 < 700 ms", False, 800),
        ("checkout.cold_start_rate < 1%", False, 0.02),
        ("checkout.cold_start_rate < 0.03", True, 0.02),
        ("checkout.throttles.by_reason.ConcurrentInvocationLimitExceeded <= 3", True, 3),
        ("checkout.cost_usd.total < 2 USD", True, 1.5),
        ("checkout.provisioned_concurrency.configured.mean < 5", True, 4.5),
        ("checkout.provisioned_concurrency.spillover_invocations < 12", False, 12),
        ("checkout.versions.3.error_rate < 1%", False, 0.02),
        ("checkout.versions.3.duration_ms.mean < 0.1 s", True, 80),
        ("functions.checkout.versions.$LATEST.errors <= 1", True, 1),
        ("api.status_codes.429 < 8", True, 7),
        ("triggers.api.status_codes.429 < 7", False, 7),
        ("jobs.latency_ms.p99.9 < 61 ms", False, 61.5),
        ("triggers.jobs.latency_ms.p99.9 < 62 ms", True, 61.5),
        ("jobs.drained_s < 2m", True, 90.5),
        ("account.concurrency.max < 11", True, 10),
        ("total.cost_usd_per_month < 500", True, 499),
    ],
)
def test_a_threshold_compares_the_summarys_number_in_the_keys_own_unit(text, holds, value):
    assert read_threshold(text, NAMES).check(SUMMARY) == (holds, value)


@pytest.mark.parametrize(
    "text",
    [
        "api.status_codes.502 <= 0",
        "triggers.api.final_failures.recursive < 1",
        "checkout.throttles.by_reason.CallerRateLimitExceeded <= 0",
    ],
)
def test_what_a_summary_lists_only_where_it_occurred_is_zero_where_it_did_not(text):
    assert read_threshold(text, NAMES).check(SUMMARY) == (True, 0)


@pytest.mark.parametrize("text", ["checkout.latency_ms.max > 0", "total-2.events >= 0", "jobs.visible_max < 1"])
def test_a_number_that_the_summary_does_not_have_holds_nothing(text):
    assert read_threshold(text, NAMES).check(SUMMARY) == (False, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("checkout.latency_ms.p99", "'checkout.latency_ms.p99' is not a threshold; write for example "),
        ("checkout.latency_ms.p99 == 3", "is not a threshold"),
        ("checkout.latency_ms.p99 < x", "is not a threshold"),
        ("checkout.latency_ms.p99 < 1.2.3", "'1.2.3' is not a number"),
        ("checkuot.errors < 1", ("'checkuot' is no function or trigger here, and neither total nor account; "
                                "did you mean 'checkout'")),
        ("functions.chekout.errors < 1", "there is no function 'chekout'; did you mean 'checkout'"),
        ("triggers.apj.x < 1", "there is no trigger 'apj'; did you mean 'api'"),
        ("checkout.latensy_ms.p99 < 1", "the summary has no 'latensy_ms' under checkout; did you mean 'latency_ms'"),
        ("checkout.latency_ms.p98 < 1", "the summary has no 'p98' under checkout.latency_ms; did you mean 'p99'"),
        ("checkout.latency_ms < 1", "checkout.latency_ms stops short of a number; known: mean, p50"),
        ("checkout.errors.total < 1", "checkout.errors is a number; nothing lies below it, found 'total'"),
        ("api.final_failures.expird < 1", ("the summary has no 'expird' under api.final_failures; "
                                           "did you mean 'expired'?")),
        ("jobs.iterator_age_ms.max < 1", "the summary has no 'iterator_age_ms' under jobs; known: events, "),
        ("triggers.jobs.drained < 1", "the summary has no 'drained' under triggers.jobs; did you mean 'drained_s'?"),
        ("jobs.drained_s.max < 1", "jobs.drained_s is a number; nothing lies below it, found 'max'"),
        ("api.latency_ms.p99 < 1", "the summary has no 'latency_ms' under api; known: events, "),
        ("downstream.order-db.minutes_over < 1", "there is no downstream 'order-db'; did you mean 'orders-db'?"),
        ("downstream.orders-db.minutes < 1", ("the summary has no 'minutes' under downstream.orders-db; "
                                             "did you mean 'minutes_over'?")),
        ("api.status_codes.ok < 1", "'ok' is no status code, such as 429"),
        ("checkout.versions < 1", "checkout.versions stops short of a number; known: <version>"),
        ("checkout.versions.3 < 1", "checkout.versions.3 stops short of a number; known: "),
        ("checkout.versions.3.erors < 1", ("the summary has no 'erors' under checkout.versions.3; "
                                          "did you mean 'errors'")),
        ("total.cost < 1", "the summary has no 'cost' under total; did you mean 'cost_usd'"),
        ("api < 1", "api stops short of a number; known: events, "),
        ("jobs.latency_ms. < 1", "jobs.latency_ms stops short of a number; known: mean, p50"),
        ("jobs.latency_ms..p99 < 1", "jobs.latency_ms stops short of a number"),
        ("checkout.cold_start_rate < 1 s", "functions.checkout.cold_start_rate has no unit 's'"),
        ("checkout.latency_ms.p99 < 1 km", "'1 km' is not a duration"),
        ("checkout.throttles.total < 1%", "checkout.throttles.total is no share, so it has no percentage"),
        ("checkout.latency_ms.p99 < 300%", "checkout.latency_ms.p99 is no share, so it has no percentage"),
        ("checkout.cold_start_rate < 50", ("checkout.cold_start_rate is a share from 0 to 1, or 0% to 100%, found 50; "
                                           "did you mean 50%?")),
        ("checkout.versions.3.error_rate > 120%", "is a share from 0 to 1, or 0% to 100%, found 120%"),
        ("checkout.cold_start_rate > -0.1", "is a share from 0 to 1, or 0% to 100%, found -0.1"),
        ("checkout.provisioned_concurrency.utilization.mean < 70", "found 70; did you mean 70%?"),
    ],
)  # fmt: skip
def test_a_threshold_on_what_no_summary_has_is_refused_with_the_nearest_name(text, reason):
    with pytest.raises(ValueError, match=r"\w") as caught:
        read_threshold(text, NAMES)
    assert reason in str(caught.value)


def test_of_a_trigger_whose_type_is_none_any_number_may_be_meant():
    """The type is told; what hangs on it is not told as well."""
    assert read_threshold("odd.anything.p99.9 < 1", NAMES).measure.path == ("triggers", "odd", "anything", "p99.9")
