"""What a run has shown: the evidence's numbers are the summary's, and it says so when nothing showed."""

import pytest

import lambdasim
from lambdasim.advice.advise import OBSERVATIONS, RULES
from tests.advice.designs import CLICKS, JOBS, OFTEN, QUEUE, SOUND, behind, design, given, load
from tests.test_shipped import SCENARIOS

HOOK = {"type": "direct_async", "target": "api", "arrivals": OFTEN}
API = SOUND["functions"]["api"]
SNAPPED = {"snap_start": {"apply_on": "PublishedVersions"}}
FULL = {"provisioned_concurrent_executions": 2, "reserved_concurrent_executions": 2}
VPC = {"subnet_ids": ["a"], "security_group_ids": ["s"]}
CONNECTED = {"connections": {"to": "db"}}
ALARMS = [{"metric_name": "ErrorRate", "threshold": "2%"}]
KEPT = {**API, "reserved_concurrent_executions": 900}
CALLS = {"type": "direct", "target": "api", "arrivals": OFTEN}
FAILING = {"handler": {"duration": "80 ms", "error_rate": "100%"}}
SLOW = {"timeout": 60, "handler": {"duration": "31 s"}}
BURSTS = {"bursts": {"low": "0/s", "high": "2/s", "mean_low": "3m", "mean_high": "1m"}}
AT_ONCE = {"at_once": {"events": 900, "at": "10s"}}


def aliased(deployment, version):
    """The sound design with a second version, to which an alias moves."""
    alias = {"function_version": "1", "deployment": {"to": "2", "at": "1m", **deployment}}
    return behind(CALLS, target="api:prod", function={"versions": {"2": version}, "aliases": {"prod": alias}})


SHOWN = {  # code -> a design in whose run the matter shows, and one in whose run it does not
    "no_failure_destination": (behind(HOOK, function=FAILING), behind(HOOK)),
    "source_without_dead_letter": (
        behind(
            HOOK | {"type": "eventbridge"},
            retry_policy={"maximum_event_age_in_seconds": 60},
            endpoint={"outages": [{"at": "1m", "for": "5m"}]},
        ),
        behind(HOOK | {"type": "eventbridge"}),
    ),
    "visibility_timeout_too_short": (
        behind(JOBS, function={"handler": {"duration": "9.9 s"}}, queue=QUEUE | {"visibility_timeout": "10s"}),
        behind(JOBS, queue=QUEUE | {"visibility_timeout": "10s"}),
    ),
    "pollers_over_reserved": (
        behind(
            JOBS,
            function={"reserved_concurrent_executions": 1, "handler": {"duration": "9 s"}},
            batch_size=1,
            queue=QUEUE | {"visibility_timeout": "10s", "max_receive_count": 1},
        ),
        behind(JOBS, function={"reserved_concurrent_executions": 50}),
    ),
    "queue_without_dead_letter": (
        behind(JOBS, function=FAILING, queue={"visibility_timeout": "60s"}),
        behind(JOBS, queue={"visibility_timeout": "60s"}),
    ),
    "few_receives": (
        behind(JOBS, function=FAILING, queue=QUEUE | {"max_receive_count": 1}),
        behind(JOBS, queue=QUEUE | {"max_receive_count": 1}),
    ),
    "stream_never_gives_up": (
        behind(CLICKS, maximum_retry_attempts=None, poison={"records": [9]}),
        behind(CLICKS, maximum_retry_attempts=None),
    ),
    "stream_failures_not_kept": (
        behind(CLICKS, function=FAILING, on_failure=None, maximum_retry_attempts=0),
        behind(CLICKS, on_failure=None),
    ),
    "too_few_lanes": (behind(CLICKS, function={"handler": {"duration": "3 s"}}, batch_size=1), None),
    "batches_fail_as_a_whole": (
        behind(JOBS, function=FAILING, function_response_types=None),
        behind(JOBS, function_response_types=None),
    ),
    "integration_timeout_below_function_timeout": (design(function=SLOW), design(function={"timeout": 60})),
    "read_timeout_below_function_timeout": (
        behind(CALLS, function=SLOW, client={"read_timeout": "30s"}),
        behind(CALLS, client={"read_timeout": "9s"}),
    ),
    "out_of_memory": (design(function={"handler": {"duration": "80 ms", "max_memory_used": 513}}), None),
    "unused_vcpus": (
        design(function={"memory_size": 3538}),
        behind(HOOK, function={"memory_size": 3538, "reserved_concurrent_executions": 0}),
    ),
    "handler_over_timeout": (design(function={"handler": {"duration": "10.1 s"}}), None),
    "init_over_limit": (design(function={"init": {"duration": "11 s"}}), None),
    "restore_slower_than_init": (
        design(function=SNAPPED),
        behind(HOOK, function=SNAPPED | {"reserved_concurrent_executions": 0}),
    ),
    "snap_start_unused": (
        behind(CALLS, target="api:$LATEST", function=SNAPPED),
        behind(HOOK, target="api:$LATEST", function=SNAPPED | {"reserved_concurrent_executions": 0}),
    ),
    "provisioned_but_not_invoked": (
        behind(CALLS, target="api:$LATEST", function={"provisioned_concurrent_executions": 2}),
        None,
    ),
    "single_subnet": (
        design(
            function={"vpc_config": VPC},
            vpc={"subnets": {"a": {"availability_zone": "1"}}},
            incidents=[{"at": "1m", "availability_zone": "1"}],
        ),
        design(function={"vpc_config": VPC}),
    ),
    "more_connections_than_limit": (
        design(function=CONNECTED | {"handler": {"duration": "9 s"}}, downstream={"db": {"max_connections": 2}}),
        design(function=CONNECTED, downstream={"db": {"max_connections": 99}}),
    ),
    "deployment_without_rollback": (
        aliased({"type": "AllAtOnce"}, {"handler": {"error_rate": "50%"}}),
        aliased({"type": "AllAtOnce"}, {}),
    ),
    "too_few_requests_to_judge": (aliased({"type": "Canary10Percent5Minutes", "alarms": ALARMS}, {}), None),
    "provisioned_leaves_nothing": (
        design(function=FULL | {"handler": {"duration": "5 s"}}),
        behind(CALLS, function=FULL, arrivals={"constant": {"rate": "1/s"}}),
    ),
    "package_near_limit": (
        design(function={"unzipped_size": "200 MB"}),
        behind(HOOK, function={"unzipped_size": "200 MB", "reserved_concurrent_executions": 0}),
    ),
    "quota_below_unreserved_minimum": (
        design(function={"handler": {"duration": "5 s"}}, account={"concurrent_executions": 2}),
        design(account={"concurrent_executions": 99}),
    ),
    "little_unreserved": (
        design(
            functions={"api": {**API, "handler": {"duration": "9 s"}}, "kept": KEPT},
            triggers={"web": CALLS | {"client": {"retries": "none"}, "arrivals": AT_ONCE}},
        ),
        design(functions={"api": API, "kept": KEPT}),
    ),
}  # fmt: skip
SEEN = {  # what only a run can tell: a design in which it shows, and one in which it does not
    "provisioned_idle": (
        design(function={"provisioned_concurrent_executions": 10, "handler": {"duration": "5 s"}}),
        design(function={"provisioned_concurrent_executions": 4, "handler": {"duration": "5 s"}}),
    ),
    "provisioned_overflows": (
        design(function={"provisioned_concurrent_executions": 4, "handler": {"duration": "5 s"}}),
        design(function={"provisioned_concurrent_executions": 10, "handler": {"duration": "5 s"}}, warm_up="3m"),
    ),
    "throttled": (
        design(function={"reserved_concurrent_executions": 1, "handler": {"duration": "5 s"}}),
        design(function={"reserved_concurrent_executions": 5}),
    ),
    "account_near_quota": (
        design(function={"handler": {"duration": "5 s"}}, account={"concurrent_executions": 12}),
        design(account={"concurrent_executions": 12}),
    ),
    "many_cold_starts": (
        behind(CALLS, function={"handler": {"duration": "5 s"}}, arrivals=AT_ONCE),
        behind(CALLS, arrivals={"sum": [OFTEN, {"at_once": {"events": 20, "at": "10s"}}]}),
    ),
    "many_timeouts": (
        design(function={"handler": {"duration": {"exponential": {"mean": "5 s"}}}}),
        design(function={"handler": {"duration": {"exponential": {"mean": "1 s"}}}}),
    ),
    "event_age_near_maximum": (
        behind(
            HOOK,
            function={
                "reserved_concurrent_executions": 1,
                "handler": {"duration": "5 s"},
                "event_invoke_config": {"maximum_event_age_in_seconds": 60},
            },
        ),
        behind(HOOK, function={"event_invoke_config": {"maximum_event_age_in_seconds": 60}}),
    ),
    "iterator_age_grows": (behind(CLICKS, function={"handler": {"duration": "3 s"}}, batch_size=1), behind(CLICKS)),
}  # fmt: skip


def number_at(summary, path):
    value = summary
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def check_numbers(evidence, summary):
    for path, number in evidence.numbers.items():
        if "." in path:
            assert number == (number_at(summary, path) or 0), path


@pytest.mark.parametrize("code", SHOWN)
def test_evidence_shows_what_came_of_it_with_the_summary_s_numbers(code, tmp_path):
    scenario = load(SHOWN[code][0], tmp_path)
    result = lambdasim.simulate(scenario)
    [piece] = given(scenario, code, result)
    assert piece.evidence.shown
    assert any(piece.evidence.numbers.values())
    check_numbers(piece.evidence, result.summary())


@pytest.mark.parametrize("code", [code for code, (_, harmless) in SHOWN.items() if harmless is not None])
def test_evidence_says_that_it_did_not_show(code, tmp_path):
    scenario = load(SHOWN[code][1], tmp_path)
    result = lambdasim.simulate(scenario)
    [piece] = given(scenario, code, result)
    assert not piece.evidence.shown
    check_numbers(piece.evidence, result.summary())


@pytest.mark.parametrize("code", SEEN)
def test_what_only_a_run_can_tell_is_told_where_it_shows_and_nowhere_else(code, tmp_path):
    showing, quiet = (load(document, tmp_path) for document in SEEN[code])
    result = lambdasim.simulate(showing)
    [piece] = given(showing, code, result)
    assert piece.evidence.shown
    check_numbers(piece.evidence, result.summary())
    assert given(showing, code) == []
    assert given(quiet, code, lambdasim.simulate(quiet)) == []


def test_all_that_has_evidence_is_tested_above():
    assert {rule.code for rule in RULES if rule.proof is not None} == SHOWN.keys()
    assert {observation.code for observation in OBSERVATIONS} == SEEN.keys()


def test_a_run_changes_nothing_in_what_is_found_without_it(tmp_path):
    for document, _ in SHOWN.values():
        scenario = load(document, tmp_path)
        alone = [(piece.code, piece.path, piece.message) for piece in lambdasim.advise(scenario)]
        codes = {observation.code for observation in OBSERVATIONS}
        together = lambdasim.advise(scenario, lambdasim.simulate(scenario))
        assert [(p.code, p.path, p.message) for p in together if p.code not in codes] == alone


def test_runs_that_outlive_their_caller_cost_their_share_of_the_duration(tmp_path):
    half = {"mixture": [{"weight": 1, "constant": "10 s"}, {"weight": 1, "constant": "40 s"}]}
    scenario = load(design(function={"timeout": 60, "handler": {"duration": half}}), tmp_path)
    result = lambdasim.simulate(scenario)
    [piece] = given(scenario, "integration_timeout_below_function_timeout", result)
    runs = result.invocations
    gone = runs[runs["ended_us"] > runs["answered_us"]]
    [line] = [one for one in result.summary()["functions"]["api"]["cost_usd"]["lines"] if one["unit"] == "GB-s"]
    usd = piece.evidence.numbers["usd_of_runs_that_outlived_their_caller"]
    assert 0 < len(gone) < len(runs)
    assert piece.evidence.numbers["triggers.web.client_gone"] == len(gone)
    assert usd == pytest.approx(line["usd"] * gone["billed_ms"].sum() / runs["billed_ms"].sum())


def test_without_a_log_the_cost_is_left_out(tmp_path):
    scenario = load(SHOWN["integration_timeout_below_function_timeout"][0], tmp_path)
    [piece] = given(scenario, "integration_timeout_below_function_timeout", lambdasim.simulate(scenario, log="none"))
    assert piece.evidence.shown
    assert "cost" not in piece.evidence.message


def test_a_longer_timeout_is_no_cure_behind_an_api_that_waits_no_longer(tmp_path):
    exponential = {"handler": {"duration": {"exponential": {"mean": "20 s"}}}}
    long, short = (load(design(function={"timeout": s, **exponential}), tmp_path) for s in (30, 29))
    [piece] = given(long, "many_timeouts", lambdasim.simulate(long))
    assert dict(piece.settings) == {}
    [piece] = given(short, "many_timeouts", lambdasim.simulate(short))
    assert dict(piece.settings) == {"functions.api.timeout": "58"}


def test_the_quota_that_is_advised_is_claimed_no_more_than_it_may_be(tmp_path):
    document = SEEN["account_near_quota"][0]
    scenario = load(document, tmp_path)
    [piece] = given(scenario, "account_near_quota", lambdasim.simulate(scenario))
    enough = load(document, tmp_path, **{"account.concurrent_executions": "1000"})
    needed = lambdasim.simulate(enough).summary()["account"]["claimed_max"]
    assert needed > 12, "the throttles hid what was needed"
    settings = {"account.concurrent_executions": str(int(needed / 0.8) + 1)}
    cured = load(document, tmp_path, **settings)
    assert given(cured, "account_near_quota", lambdasim.simulate(cured)) == []
    assert int(piece.settings["account.concurrent_executions"]) > 12


def test_throttles_that_a_queue_evens_out_weigh_less_than_refused_callers(tmp_path):
    slow = {"reserved_concurrent_executions": 1, "handler": {"duration": "2 s"}}
    called, queued = (load(document, tmp_path) for document in (design(function=slow), behind(HOOK, function=slow)))
    severities = [given(s, "throttled", lambdasim.simulate(s))[0].severity.value for s in (called, queued)]
    assert severities == ["high", "medium"]


def test_each_reason_of_a_throttle_has_its_own_cure(tmp_path):
    document = design(
        functions={
            "api": {**API, "reserved_concurrent_executions": 1, "handler": {"duration": "2 s"}},
            "rest": {**API, "handler": {"duration": "2 s"}},
        },
        account={"concurrent_executions": 102},
        triggers={name: {"type": "alb", "target": name, "arrivals": AT_ONCE} for name in ("api", "rest")},
    )
    scenario = load(document, tmp_path)
    advice = given(scenario, "throttled", lambdasim.simulate(scenario))
    assert [piece.path for piece in advice] == [
        "account.concurrent_executions",
        "functions.api.reserved_concurrent_executions",
    ]
    assert len({piece.remedy for piece in advice}) == 2


def test_a_result_of_another_scenario_is_no_evidence(tmp_path):
    other = lambdasim.simulate(load(design(duration="1m"), tmp_path))
    with pytest.raises(ValueError, match="result of another scenario than sound"):
        lambdasim.advise(load(design(), tmp_path), other)


def test_a_saved_result_is_evidence_too(tmp_path):
    scenario = load(SHOWN["integration_timeout_below_function_timeout"][0], tmp_path)
    result = lambdasim.simulate(scenario)
    result.save(tmp_path / "out")
    assert lambdasim.advise(scenario, lambdasim.Result.load(tmp_path / "out")) == lambdasim.advise(scenario, result)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_advised_on_with_evidence(path):
    scenario = lambdasim.load_scenario(path)
    if not scenario.incidents:  # which must lie within the duration
        scenario = lambdasim.load_scenario(path, overrides={"duration": "10s", "warm_up": "0s", "drain": "10s"})
    result = lambdasim.simulate(scenario)
    for piece in lambdasim.advise(scenario, result):
        if piece.evidence is not None:
            check_numbers(piece.evidence, result.summary())


def test_the_concurrency_that_cold_starts_want_provisioned_makes_them_fewer(tmp_path):
    document = behind(CALLS, function={"handler": {"duration": "5 s"}}, arrivals=BURSTS, duration=None, client=None)
    document |= {"duration": "1h", "lifecycle": {"idle_timeout": "30s", "surplus_idle_timeout": "30s"}}
    scenario = load(document, tmp_path)
    before = lambdasim.simulate(scenario)
    [piece] = given(scenario, "many_cold_starts", before)
    cured = lambdasim.simulate(load(document, tmp_path, **piece.settings))
    rates = [result.summary()["functions"]["api"]["cold_start_rate"] for result in (before, cured)]
    assert rates[1] < rates[0] / 2


def test_what_can_t_be_provisioned_is_not_advised(tmp_path):
    slow = {"handler": {"duration": "5 s"}}
    pointed_to = {"aliases": {"prod": {"function_version": "1"}}}
    for function, events in ((slow, 900), (slow | pointed_to, 99), (slow | {"reserved_concurrent_executions": 99}, 99)):
        scenario = load(behind(CALLS, function=function, arrivals={"at_once": {"events": events}}), tmp_path)
        [piece] = given(scenario, "many_cold_starts", lambdasim.simulate(scenario))
        assert dict(piece.settings) == {}


def test_provisioned_concurrency_breaks_even_at_60_per_cent(tmp_path):
    for function in ({}, {"architecture": "arm64"}):
        scenario = load(design(function={"provisioned_concurrent_executions": 9, **function}), tmp_path)
        [piece] = given(scenario, "provisioned_idle", lambdasim.simulate(scenario))
        assert "below 60% the same runs cost less on demand" in piece.message


def test_a_few_runs_may_spill_over(tmp_path):
    quiet = load(SEEN["provisioned_overflows"][1], tmp_path)
    provisioned = lambdasim.simulate(quiet).summary()["functions"]["api"]["provisioned_concurrency"]
    assert 0 < provisioned["spillover_invocations"] < 0.05 * provisioned["invocations"]
