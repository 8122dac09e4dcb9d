"""Weighted aliases, canaries and linear shifts, rollback: traffic moves when and as far as CodeDeploy says."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from lambdasim.codes import EndCause, Outcome, StartCause, StartType
from lambdasim.units import US_PER_MINUTE
from tests.worlds import at, environments, rows, run, world

BROKEN = {"error_rate": "40%"}


def deployed(kind="Canary10Percent5Minutes", rate="100/s", begin="2m", alarms=(), faulty=None, old=None, **changes):
    """``f`` behind an alias that moves from version 1 to 2; handlers take 10 ms, inits nothing."""
    function = {
        "versions": {"1": {"handler": old or {}}, "2": {"handler": faulty or {}}},
        "aliases": {
            "live": {
                "function_version": "1",
                "deployment": {"type": kind, "to": "2", "at": begin, "alarms": list(alarms)},
            }
        },
    }
    document = world(
        duration="15m",
        function=function,
        handler={"duration": "10 ms"},
        init={"duration": "0 s"},
        trigger={"target": "f:live", "arrivals": {"poisson": {"rate": rate}}},
    )
    return document | changes


def weighted(weight, rate="50/s", seed=1, **changes):
    document = deployed(rate=rate, seed=seed, **{"duration": "10m", **changes})
    alias = {"function_version": "1", "routing_config": {"additional_version_weights": {"2": weight}}}
    document["functions"]["f"]["aliases"] = {"live": alias}
    return document


def to_second(result):
    """Whether each event was sent to version 2, in the order of arrival, and the minutes when."""
    columns = result.invocation_columns
    order = np.lexsort((columns["event"], columns["invoked_us"]))
    second = [version.version == "2" for version in result.header.versions]
    return np.array(second)[columns["version"][order]], columns["invoked_us"][order] / US_PER_MINUTE


def within(count, n, share, z=4.0):
    """Whether a binomial count is within ``z`` standard errors of its mean."""
    return abs(count - n * share) < z * math.sqrt(n * share * (1 - share))


@pytest.mark.parametrize("weight", ["1%", "10%", "50%", "97%"])
def test_a_weighted_alias_sends_the_second_version_its_binomial_share(weight):
    second, _ = to_second(run(weighted(weight)))
    assert len(second) > 25_000
    assert within(second.sum(), len(second), float(weight.removesuffix("%")) / 100)


@pytest.mark.parametrize(("weight", "expected"), [("0%", 0), ("100%", 1)])
def test_a_weight_of_nothing_sends_nothing_and_a_weight_of_all_sends_all(weight, expected):
    second, _ = to_second(run(weighted(weight)))
    assert second.mean() == expected


def test_each_request_draws_by_itself():
    second, _ = to_second(run(weighted("30%")))
    share, n = second.mean(), len(second)
    for lag in (1, 2, 10):
        correlation = np.corrcoef(second[:-lag], second[lag:])[0, 1]
        assert abs(correlation) * math.sqrt(n) < 4
    runs = 1 + sum(a != b for a, b in pairwise(second.tolist()))  # Wald and Wolfowitz, 1940
    ones, zeros = second.sum(), n - second.sum()
    mean = 1 + 2 * ones * zeros / n
    deviation = math.sqrt((mean - 1) * (mean - 2) / (n - 1))
    assert abs(runs - mean) < 4 * deviation
    assert 0 < share < 1


def test_retries_of_one_event_draw_anew():
    document = weighted("50%", rate="20/s", duration="2m")
    document["functions"]["f"]["reserved_concurrent_executions"] = 0  # every attempt is throttled
    document["triggers"]["t"]["client"] = {"retries": "legacy"}
    by_event = {}
    for row in rows(run(document)):
        by_event.setdefault(row["event"], []).append(row["version"])
    firsts = [versions[:2] for versions in by_event.values() if len(versions) > 1]
    assert len(firsts) > 2000
    assert within(sum(first != second for first, second in firsts), len(firsts), 0.5)


def test_a_larger_weight_moves_requests_only_one_way():
    few, many = (to_second(run(weighted(weight)))[0] for weight in ("10%", "40%"))
    assert (many[few]).all()


def test_versions_with_equal_settings_give_each_event_the_same_duration():
    spread = {"lognormal": {"median": "80 ms", "p99": "900 ms"}}
    first, second = weighted("0%"), weighted("100%")
    for document in (first, second):
        document["functions"]["f"]["handler"]["duration"] = spread
        document["duration"] = "3m"
    durations = [[row["duration_us"] for row in rows(run(document))] for document in (first, second)]
    assert len(set(durations[0])) > 1000
    assert durations[0] == durations[1]


def share_between(result, begin, end):
    """How many requests were invoked in [begin, end) minutes, and how many of them went to version 2."""
    second, minutes = to_second(result)
    inside = (minutes >= begin) & (minutes < end)
    return int(second[inside].sum()), int(inside.sum())


def test_a_canary_has_a_tenth_for_its_five_minutes_and_then_all():
    result = run(deployed(rate="30/s", duration="9m"))
    assert share_between(result, 0, 2)[0] == 0
    canary, n = share_between(result, 2, 7)
    assert within(canary, n, 0.1)
    later, n = share_between(result, 7, 16)
    assert later == n > 0


def sent(*times, events=1, **changes):
    """A deployment with requests at exact instants."""
    document = deployed(**changes)
    document["triggers"]["t"]["arrivals"] = at(*times, events=events)
    return document


def test_traffic_moves_before_the_requests_of_the_same_instant():
    result = run(sent("119.999999 s", "2m", "2m1s", kind="AllAtOnce"))
    assert to_second(result)[0].tolist() == [False, True, True]


@pytest.mark.parametrize(("kind", "minutes"), [("Linear10PercentEvery1Minute", 1), ("Linear10PercentEvery2Minutes", 2)])
def test_a_linear_shift_moves_a_tenth_more_after_each_interval(kind, minutes):
    result = run(deployed(kind, rate=f"{30 / minutes}/s", duration=f"{4 + 10 * minutes}m"))
    for step in range(10):
        begin = 2 + step * minutes
        count, n = share_between(result, begin, begin + minutes)
        share = (step + 1) / 10
        assert count == n if share == 1 else within(count, n, share), begin
    count, n = share_between(result, 2 + 10 * minutes, 99)
    assert count == n > 0


ERROR_RATE = {"metric_name": "ErrorRate", "threshold": "7.5%"}
TIMES = [f"{minute}m{second}s" for minute in range(15) for second in (10, 20, 30, 40, 50)]


def rolled_back(result):
    """The minutes at which the alias was rolled back."""
    changes = result.changes
    return [at_us / US_PER_MINUTE for at_us in changes.at_us[changes.change == "alias_rolled_back"]]


def doubled(seed, old="5%", new="10%"):
    """A canary of 600 requests a minute that fails twice as often as what it replaces, with an alarm halfway."""
    document = deployed(old={"error_rate": old}, faulty={"error_rate": new}, alarms=[ERROR_RATE], seed=seed)
    return run(document | {"duration": "8m"})


def test_a_canary_that_doubles_the_error_rate_is_rolled_back_in_time():
    """Of 600 requests a minute 60 fail, not 30: above 45 in all but 2 % of minutes, and there are three of them."""
    for seed in range(4):
        result = doubled(seed)
        [back] = rolled_back(result)
        assert back in (4, 5, 6)  # the end of a minute from 2 on, and the alarm's delay; the canary's end is at 7
        second, minutes = to_second(result)
        assert (minutes[second] >= 2).all()
        assert (minutes[second] < back).all()
        assert (~second[minutes >= back]).all()
        ran_second = np.array([version.version == "2" for version in result.header.versions])
        columns = result.invocation_columns
        errors = int((columns["outcome"][ran_second[columns["version"]]] == Outcome.ERROR).sum())
        assert within(errors, second.sum(), 0.1)
        assert errors < 0.1 * (back - 2) * 6000 * 0.1 + 4 * math.sqrt(0.1 * (back - 2) * 6000 * 0.1)


def test_a_canary_without_the_defect_goes_through_but_for_false_alarms():
    """Each of three minutes breaks the threshold by chance with the binomial probability of over 45 failures in 600."""
    false_alarm = 3 * stats.binom.sf(45, 600, 0.05)
    assert false_alarm < 0.02
    results = [doubled(seed, new="5%") for seed in range(4)]
    assert not any(rolled_back(result) for result in results)
    for result in results:
        second, minutes = to_second(result)
        assert second[minutes >= 7].all()


def test_the_change_log_tells_each_shift_and_the_rollback():
    result = run(sent(*TIMES, events=20, kind="Linear10PercentEvery1Minute", faulty=BROKEN, alarms=[ERROR_RATE]))
    changes = result.changes
    assert list(changes.at_us / US_PER_MINUTE) == [2, 3, 4, 4]
    assert list(changes.change) == ["alias_shifted"] * 3 + ["alias_rolled_back"]
    assert list(changes.value) == [100_000, 200_000, 300_000, 1_000_000]
    assert set(changes.subject) == {"f:live"}
    assert [result.header.versions[index].version for index in result.change_columns["to_version"]] == [
        "2",
        "2",
        "2",
        "1",
    ]
    assert (~to_second(result)[0][to_second(result)[1] >= 4]).all()


def test_what_was_invoked_in_a_period_counts_if_it_ends_before_that_is_judged():
    """A run of 30 s that begins at 3m50s ends at 4m20s: after its period, and before the delay is over."""
    document = sent("3m50s", kind="AllAtOnce", begin="1m", alarms=[])
    live = document["functions"]["f"]["aliases"]["live"]["deployment"]
    live |= {"type": "Canary10Percent30Minutes", "alarms": [{"metric_name": "Errors", "threshold": 0}]}
    document["functions"]["f"]["versions"]["2"]["handler"] = {"duration": "30 s", "error_rate": "100%"}
    document["functions"]["f"]["timeout"] = 60
    document["parameters"]["deployments/traffic_shifts/Canary10Percent30Minutes/percentage"] = 99
    document["parameters"]["deployments/alarm_delay_s"] = 21
    assert rolled_back(run(document)) == [4.35]
    document["parameters"]["deployments/alarm_delay_s"] = 19
    assert rolled_back(run(document)) == []


def test_after_the_last_of_the_traffic_has_moved_nothing_rolls_it_back():
    result = run(sent(*TIMES, events=20, kind="AllAtOnce", faulty=BROKEN, alarms=[ERROR_RATE]))
    assert rolled_back(result) == []
    second, minutes = to_second(result)
    assert second[minutes >= 2].all()


def test_an_alarm_of_the_whole_alias_sees_the_old_version_too():
    """The old version fails always, the new one never."""
    alias_alarm = ERROR_RATE | {"dimension": "Resource"}
    for alarm, back in ((ERROR_RATE, []), (alias_alarm, [4])):
        assert rolled_back(run(sent(*TIMES, events=20, old={"error_rate": "100%"}, alarms=[alarm]))) == back


def test_a_deployment_starts_cold_and_the_old_environments_idle_out():
    """Five requests at once, each minute; the two more that come once are no deployment's doing."""
    document = sent("1m", "2m", "3m", events=5, kind="AllAtOnce")
    document["triggers"]["t"]["arrivals"]["sum"].append({"at_once": {"events": 7, "at": "4m", "over": "0s"}})
    result = run(document)
    table = rows(result)
    causes = {
        minute: [row["start_cause"] for row in table if row["invoked_us"] == minute * US_PER_MINUTE]
        for minute in (1, 2, 3, 4)
    }
    assert causes[1] == [StartCause.SCALE_OUT] * 5
    assert causes[2] == [StartCause.DEPLOYMENT] * 5
    assert causes[3] == [StartCause.NONE] * 5 or {row["start_type"] for row in table[10:15]} == {StartType.WARM}
    assert sum(cause is StartCause.SCALE_OUT for cause in causes[4]) == 2
    by_version = {}
    for environment in environments(result):
        by_version.setdefault(result.header.versions[environment["version"]].version, []).append(environment)
    assert len(by_version["1"]) == 5
    assert len(by_version["2"]) == 7
    for environment in by_version["1"]:
        assert environment["end_cause"] == EndCause.IDLE_EXPIRED
        assert environment["ended_us"] == environment["last_used_us"] + 10 * US_PER_MINUTE


def test_no_environment_serves_two_versions():
    result = run(deployed("Linear10PercentEvery1Minute", rate="20/s"))
    served = {}
    for row in rows(result):
        served.setdefault(row["environment"], set()).add(row["version"])
    assert all(len(versions) == 1 for versions in served.values())


EVENTS = {"arrivals": {"constant": {"rate": "2/s"}}}
FAMILIES = {
    "direct": {"type": "direct", "target": "f:live", **EVENTS},
    "api": {"type": "api_gateway", "api": "http", "target": "f:live", **EVENTS},
    "asynchronous": {"type": "direct_async", "target": "f:live", **EVENTS},
    "topic": {"type": "sns", "targets": ["f:live"], **EVENTS},
    "bus": {"type": "eventbridge", "target": "f:live", **EVENTS},
    "queue": {"type": "sqs", "target": "f:live", **EVENTS},
    "fifo": {"type": "sqs", "target": "f:live", "queue": {"fifo": True, "message_groups": 5}, **EVENTS},
    "stream": {"type": "kinesis", "target": "f:live", "shards": 2, **EVENTS},
    "table": {"type": "dynamodb_streams", "target": "f:live", "shards": 2, **EVENTS},
    "journey": {
        "type": "journey",
        "flows": [{"steps": [{"invoke": "f:live"}, {"wait": "1s"}, {"invoke": "f:live"}]}],
        **EVENTS,
    },
}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_trigger_follows_its_alias(family):
    document = deployed("Canary10Percent5Minutes", duration="9m", triggers={"t": FAMILIES[family]})
    document["functions"]["f"]["aliases"]["live"]["deployment"]["type"] = "Canary10Percent5Minutes"
    result = run(document)
    assert share_between(result, 0, 2)[0] == 0
    canary, n = share_between(result, 2, 7)
    assert n > 200
    assert within(canary, n, 0.1)
    later, n = share_between(result, 7, 30)
    assert later == n > 50


@pytest.mark.parametrize(
    ("target", "version"), [("f", "$LATEST"), ("f:1", "1"), ("f:2", "2"), ("f:$LATEST", "$LATEST")]
)
def test_whoever_names_another_alias_or_version_is_not_moved(target, version):
    document = sent("1m", "2m", "3m", kind="AllAtOnce")
    document["triggers"]["t"]["target"] = target
    result = run(document)
    assert {result.header.versions[row["version"]].version for row in rows(result)} == {version}


def test_every_version_runs_with_its_own_settings():
    document = weighted("50%", rate="2/s", duration="5m")
    versions = document["functions"]["f"]["versions"]
    versions["1"] = {"handler": {"duration": "20 ms"}, "init": {"duration": "1 s"}}
    versions["2"] = {"memory_size": 3538, "handler": {"threads": 2}}
    result = run(document)
    table = rows(result)
    by_version = {"1": set(), "2": set()}
    inits = {"1": set(), "2": set()}
    for row in table:
        name = result.header.versions[row["version"]].version
        by_version[name].add(row["duration_us"])
        inits[name].add(row["init_us"])
    assert by_version == {"1": {20_000}, "2": {5_000}}  # as measured at one vCPU, on two
    assert inits == {"1": {0, 1_000_000}, "2": {0}}
    memory = {version.version: version.memory_mb for version in result.header.versions}
    assert memory == {"$LATEST": 1769, "1": 1769, "2": 3538}


@pytest.mark.parametrize("family", ["queue", "stream"])
def test_records_fail_by_the_rate_of_the_version_that_gets_them(family):
    reporting = FAMILIES[family] | {"function_response_types": ["ReportBatchItemFailures"], "batch_size": 1}
    document = deployed("AllAtOnce", begin="4m", duration="8m", triggers={"t": reporting})
    document["functions"]["f"]["versions"]["2"]["handler"] = {"record_error_rate": "30%"}
    events = run(document).events
    late = events.arrived_us >= 4 * US_PER_MINUTE
    assert set(events.runs[~late & (events.ended_us < 4 * US_PER_MINUTE)]) == {1}
    again = (events.runs[late] > 1).sum()
    assert within(again, late.sum(), 0.3)


def test_a_run_without_alarms_lists_no_assumption_about_them():
    def assumed(document):
        return str(run(document).summary()["assumptions"])

    path = "deployments/alarm_delay_s"
    assert path not in assumed(sent("1m"))
    assert path in assumed(sent("1m", alarms=[ERROR_RATE]))
