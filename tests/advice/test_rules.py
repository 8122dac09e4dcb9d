"""Each rule fires where its practice is broken, and not where its own remedy has been applied."""

import pytest
import yaml

import lambdasim
from lambdasim.advice.advise import OBSERVATIONS, RULES
from lambdasim.advice.rule import Severity
from tests.advice.designs import CLICKS, JOBS, OFTEN, QUEUE, SOUND, behind, design, given, load
from tests.test_shipped import SCENARIOS

API = SOUND["functions"]["api"]
HOOK = {"type": "direct_async", "target": "api", "arrivals": OFTEN}
RULE = {"type": "eventbridge", "target": "api", "arrivals": OFTEN}
WORKER = {"reserved_concurrent_executions": 8}
DEAD = {"visibility_timeout": "60s"}
BUN = {"runtime": "provided.al2", "language": "bun_layer"}
POLLERS = {"minimum_pollers": 2, "maximum_pollers": 9}
READY = {"provisioned_concurrent_executions": 2}
HEAVY = {"init": {"duration": "6 s"}}
ALARMS = [{"metric_name": "ErrorRate", "threshold": "2%"}]


def aliased(alias, target="api:prod", **function):
    """The sound design with a second version, and an alias that triggers invoke."""
    function = {"versions": {"2": {}}, "aliases": {"prod": {"function_version": "1", **alias}}, **function}
    return behind({"type": "api_gateway", "target": target, "arrivals": OFTEN}, function=function)


def shifted(deployment):
    return aliased({"deployment": {"to": "2", "at": "1m", **deployment}})


def weighted(weight):
    return aliased({"routing_config": {"additional_version_weights": {"2": weight}}})


ZONE = {"availability_zone": "1"}
TWO_ZONES = {"subnets": {"a": ZONE, "b": {"availability_zone": "2"}}}
CONNECTED = {**API, "connections": {"to": "db", "per_environment": 3}}


def attached(vpc=None, **vpc_config):
    """The sound design, attached to a VPC."""
    config = {"subnet_ids": ["a", "b"], "security_group_ids": ["s"], **vpc_config}
    return design(function={"vpc_config": config}, vpc=vpc)


def connected(per_environment, limit, function=None, **changes):
    """The sound design, connected to a database."""
    connections = {"connections": {"to": "db", "per_environment": per_environment}}
    return design(function=connections | (function or {}), downstream={"db": {"max_connections": limit}}, **changes)


BROKEN = {
    "no_failure_destination": [
        behind(HOOK),
        behind({"type": "s3", "target": "api", "arrivals": OFTEN}),
        behind(RULE),
        behind({"type": "sns", "targets": ["api"], "arrivals": OFTEN}),
    ],
    "source_without_dead_letter": [
        behind(RULE),
        behind({"type": "sns", "target": "api", "arrivals": OFTEN}),
        behind(
            {"type": "schedule", "target": "api", "arrivals": {"schedule": {"expression": "rate(1 minute)"}}},
        ),
        behind(RULE | {"bus": "custom", "invocation_type": "REQUEST_RESPONSE"}),
    ],
    "visibility_timeout_too_short": [
        behind(JOBS, queue=QUEUE | {"visibility_timeout": "59s"}),
        behind(JOBS, maximum_batching_window_in_seconds=1),
        behind(JOBS, target="api:2", function={"versions": {"2": {"timeout": 11}}}),
        design(
            triggers={
                "jobs": JOBS | {"arrivals": "none", "queue": QUEUE | {"backlog": 5}},
                "too": {"type": "sqs", "target": "slow", "queue": {"shared_with": "jobs"}},
            },
            functions={"api": API, "slow": {**API, "timeout": 11}},
        ),
    ],
    "pollers_over_reserved": [
        behind(JOBS, function=WORKER),
        behind(JOBS, function=WORKER, scaling_config={"maximum_concurrency": 9}),
        behind(JOBS, function={"reserved_concurrent_executions": 1}),
        behind(JOBS, function={"reserved_concurrent_executions": 60}, provisioned_poller_config=POLLERS),
        behind(JOBS, function=WORKER, provisioned_poller_config=POLLERS),
        design(function=WORKER, triggers={"jobs": JOBS, "more": JOBS | {"scaling_config": {"maximum_concurrency": 5}}}),
        design(
            function={"reserved_concurrent_executions": 25},
            triggers={"jobs": JOBS, "paid": JOBS | {"provisioned_poller_config": POLLERS}},
        ),
    ],
    "queue_without_dead_letter": [
        behind(JOBS, queue={"visibility_timeout": "60s"}),
        behind(JOBS, queue={"visibility_timeout": "60s", "max_receive_count": 9}),
    ],
    "few_receives": [behind(JOBS, queue=QUEUE | {"max_receive_count": 4})],
    "stream_never_gives_up": [
        behind(CLICKS, maximum_retry_attempts=None),
        behind(CLICKS, type="dynamodb_streams", maximum_retry_attempts=-1, on_failure=None),
    ],
    "stream_failures_not_kept": [
        behind(CLICKS, on_failure=None),
        behind(CLICKS, on_failure=None, maximum_retry_attempts=None, maximum_record_age_in_seconds=60),
    ],
    "too_few_lanes": [
        behind(CLICKS, function={"handler": {"duration": "3.3 s"}}, batch_size=1),
        behind(CLICKS, function={"handler": {"duration": "9 s"}}, batch_size=1, arrivals={"poisson": {"rate": "9/s"}}),
    ],
    "batches_fail_as_a_whole": [
        behind(JOBS, function_response_types=None),
        behind(CLICKS, function_response_types=None),
    ],
    "integration_timeout_below_function_timeout": [
        design(function={"timeout": 31}),
        aliased({"function_version": "2"}, versions={"2": {"timeout": 31}}),
        behind({"type": "api_gateway", "target": "api", "integration_timeout": "9500 ms", "arrivals": OFTEN}),
    ],
    "read_timeout_below_function_timeout": [
        behind({"type": "direct", "target": "api", "arrivals": OFTEN}, function={"timeout": 61}),
        behind({"type": "alb", "target": "api", "client": {"read_timeout": "9s"}, "arrivals": OFTEN}),
    ],
    "runtime_deprecated": [
        design(function={"runtime": "python3.9"}),
        design(function={"runtime": "go1.x", "init": {"duration": "80 ms"}}),
        design(function={"runtime": "provided.al2", "language": "rust"}, start="2026-06-01T00:00:00Z"),
        design(function={"runtime": "dotnetcore3.1", "init": {"duration": "80 ms"}}),
        design(function={"runtime": "dotnet6", "init": {"duration": "80 ms"}}),
        design(function={"runtime": "nodejs22.x"}, start="2027-03-01T00:00:00Z"),
        design(function={"versions": {"2": {"runtime": "python3.9"}}}),
    ],
    "out_of_memory": [design(function={"handler": {"duration": "80 ms", "max_memory_used": 513}})],
    "unused_vcpus": [
        design(function={"memory_size": 1770}),
        design(function={"memory_size": 10240, "handler": {"duration": "80 ms", "threads": 2}}),
    ],
    "handler_over_timeout": [
        design(function={"handler": {"duration": "10.1 s"}}),
        design(function={"timeout": 800, "handler": {"duration": "899 s"}}, triggers={"web": HOOK}),
    ],
    "package_near_limit": [
        design(function={"unzipped_size": "200 MB"}),
        design(function={"package_size": "240 MB", "unzipped_size": "200 MB"}),
        design(function={"unzipped_size": "140 MB", "layers": [{"size": "30 MB", "unzipped_size": "100 MB"}]}),
        design(function={"unzipped_size": "210 MB", "versions": {"2": {"memory_size": 256}}}),
        design(function={"versions": {"2": {"unzipped_size": "210 MB"}}}),
    ],
    "quota_below_unreserved_minimum": [design(account={"concurrent_executions": 10})],
    "little_unreserved": [
        design(functions={"api": API, "kept": {**API, "reserved_concurrent_executions": 801}}),
        design(functions={"api": API, "kept": {**API, "provisioned_concurrent_executions": 801}}),
    ],
    "restore_slower_than_init": [
        design(function={"snap_start": {"apply_on": "PublishedVersions"}}),
        design(function={"versions": {"2": {"snap_start": {"apply_on": "PublishedVersions"}}}}),
    ],
    "snap_start_unused": [
        behind(HOOK, target="api:$LATEST", function=HEAVY | {"snap_start": {"apply_on": "PublishedVersions"}})
    ],
    "provisioned_but_not_invoked": [
        behind(HOOK, target="api:$LATEST", function=READY),
        aliased({"provisioned_concurrent_executions": 2}, target="api:2"),
        aliased({"provisioned_concurrent_executions": 2}, target="api"),
    ],
    "provisioned_leaves_nothing": [
        design(function=READY | {"reserved_concurrent_executions": 2}),
        aliased(
            {"provisioned_concurrent_executions": 9, "autoscaling": {"min_capacity": 1, "max_capacity": 9}},
            reserved_concurrent_executions=9,
        ),
    ],
    "single_subnet": [
        attached(subnet_ids=["a"]),
        attached(subnet_ids=["a", "a"]),
        attached({"subnets": {"a": ZONE, "b": ZONE, "c": {"availability_zone": "2"}}}),
        design(function={"versions": {"2": {"vpc_config": {"subnet_ids": ["a"], "security_group_ids": ["s"]}}}}),
    ],
    "fewer_nat_gateways_than_zones": [
        attached(TWO_ZONES | {"nat_gateways": 1}, internet_traffic="20 KB"),
    ],
    "more_connections_than_limit": [
        connected(1, 999),
        connected(2, 1000),
        connected(2, 99, function={"reserved_concurrent_executions": 50}),
        connected(3, 700, functions={"api": CONNECTED, "too": CONNECTED}),
    ],
    "deployment_without_rollback": [
        shifted({"type": "Canary10Percent5Minutes"}),
        shifted({"type": "AllAtOnce"}),
        shifted({"type": "AllAtOnce", "alarms": ALARMS}),
    ],
    "too_few_requests_to_judge": [
        shifted({"type": "Canary10Percent5Minutes", "alarms": ALARMS}),  # 10 % of 300 requests
        shifted({"type": "Linear10PercentEvery1Minute", "alarms": ALARMS}),
    ],
}  # fmt: skip
CURED_BY_HAND = {
    "init_over_limit": (
        design(function={"init": {"duration": "10.1 s"}}),
        design(function={"init": {"duration": "9.9 s"}}),
    ),
    "unused_vcpus": (
        design(function={"memory_size": 3008, "handler": {"duration": "80 ms", "max_memory_used": 2000}}),
        design(function={"memory_size": 3008, "handler": {"duration": "80 ms", "max_memory_used": 2000, "threads": 2}}),
    ),
    "handler_over_timeout": (
        design(function={"timeout": 900, "handler": {"duration": "901 s"}}, triggers={"web": HOOK}),
        design(function={"timeout": 900, "handler": {"duration": "899 s"}}, triggers={"web": HOOK}),
    ),
    "out_of_memory": (
        design(function={"memory_size": 10240, "handler": {"duration": "80 ms", "max_memory_used": 10241}}),
        design(function={"memory_size": 10240, "handler": {"duration": "80 ms", "max_memory_used": 10240}}),
    ),
    "integration_timeout_below_function_timeout": (
        behind({"type": "api_gateway", "target": "api", "integration_timeout": "900 ms", "arrivals": OFTEN}),
        behind({"type": "api_gateway", "target": "api", "integration_timeout": "10 s", "arrivals": OFTEN}),
    ),
    "runtime_deprecated": (
        design(function={"runtime": "ruby4.0", "init": {"duration": "80 ms"}}, start="2030-01-01T00:00:00Z"),
        design(function={"runtime": "ruby4.0", "init": {"duration": "80 ms"}}),
    ),
    "too_few_requests_to_judge": (weighted("9%"), weighted("17%")),  # of 600 requests
    "alarm_too_late": (
        shifted({"type": "Canary10Percent5Minutes", "alarms": [ALARMS[0] | {"evaluation_periods": 9}]}),
        shifted({"type": "Canary10Percent30Minutes", "alarms": [ALARMS[0] | {"evaluation_periods": 9}]}),
    ),
    "single_subnet": (
        attached({"subnets": {"a": ZONE, "b": ZONE}}, subnet_ids=["a"]),
        attached({"subnets": {"a": ZONE, "b": {"availability_zone": "2"}}}),
    ),
    "more_connections_than_limit": (connected(9, 10, account={"concurrent_executions": 100}), connected(1, 1000)),
    "package_near_limit": (
        design(function=BUN | {"unzipped_size": "250 MB"}),  # nobody has measured it as an image
        design(function=BUN | {"unzipped_size": "199 MB"}),
    ),
}
SILENT = {
    "no_failure_destination": [
        behind(HOOK, function={"event_invoke_config": {"on_failure": "discard-counted"}}),
        behind(HOOK, function={"dead_letter_config": {"target": "discard-counted"}}),
        behind(RULE | {"bus": "custom", "invocation_type": "REQUEST_RESPONSE"}),
        behind(JOBS),
    ],
    "queue_without_dead_letter": [
        design(triggers={"jobs": JOBS | {"queue": {**QUEUE, "dead_letter": "dead"}}, "dead": {**JOBS, "queue": DEAD}})
    ],
    "batches_fail_as_a_whole": [behind(JOBS, function_response_types=None, batch_size=1)],
    "stream_failures_not_kept": [behind(CLICKS, on_failure=None, maximum_retry_attempts=None)],
    "provisioned_but_not_invoked": [
        design(function=READY),
        behind(HOOK, target="api:live", function=READY),
        aliased(READY),
    ],
    "provisioned_leaves_nothing": [
        design(function=READY | {"reserved_concurrent_executions": 3}),
        design(function=READY),
    ],
    "deployment_without_rollback": [shifted({"type": "Canary10Percent5Minutes", "alarms": ALARMS})],
    "fewer_nat_gateways_than_zones": [
        attached(TWO_ZONES | {"nat_gateways": 2}, internet_traffic="20 KB"),
        attached(TWO_ZONES | {"nat_gateways": 1}),
        attached(TWO_ZONES, internet_traffic="20 KB"),  # no way at all, of which a warning tells
    ],
    "more_connections_than_limit": [connected(2, 100, function={"reserved_concurrent_executions": 50})],
    "too_few_requests_to_judge": [
        shifted({"type": "Canary10Percent30Minutes", "alarms": ALARMS}),
        shifted({"type": "AllAtOnce"}),
        weighted("0%"),
    ],
    "few_receives": [behind(JOBS, queue={"visibility_timeout": "60s", "max_receive_count": 1})],
    "package_near_limit": [design(function={"package_type": "Image", "package_size": "240 MB"})],
    "little_unreserved": [design(function={"reserved_concurrent_executions": 900})],
}  # fmt: skip


def cases(table):
    return [pytest.param(code, document, id=f"{code}-{n}") for code in table for n, document in enumerate(table[code])]


@pytest.mark.parametrize(("code", "document"), cases(BROKEN))
def test_a_broken_practice_is_found_and_its_own_remedy_cures_it(code, document, tmp_path):
    [piece] = given(load(document, tmp_path), code)
    assert piece.settings
    assert given(load(document, tmp_path, **piece.settings), code) == []


@pytest.mark.parametrize("code", CURED_BY_HAND)
def test_where_no_value_is_the_cure_the_remedy_is_in_words_only(code, tmp_path):
    broken, cured = CURED_BY_HAND[code]
    [piece] = given(load(broken, tmp_path), code)
    assert (dict(piece.settings), piece.remedy != "") == ({}, True)
    assert given(load(cured, tmp_path), code) == []


@pytest.mark.parametrize(("code", "document"), cases(SILENT))
def test_a_practice_that_is_kept_in_another_way_is_not_called_broken(code, document, tmp_path):
    assert given(load(document, tmp_path), code) == []


def test_a_sound_design_gets_no_advice(tmp_path):
    for document in (design(), behind(JOBS), behind(CLICKS)):
        assert lambdasim.advise(load(document, tmp_path)) == ()


def test_every_rule_is_tested_above():
    assert {rule.code for rule in RULES} == BROKEN.keys() | CURED_BY_HAND.keys()


def test_each_code_is_one_rule_s_and_each_rule_says_why_and_who_says_so():
    codes = [rule.code for rule in (*RULES, *OBSERVATIONS)]
    assert len(set(codes)) == len(codes)
    for rule in (*RULES, *OBSERVATIONS):
        assert rule.why.endswith(".")
        assert rule.source.startswith("https://docs.aws.amazon.com/")
        assert len(rule.source.removeprefix("https://")) <= 73, "the report has no room for more"


def test_the_remedy_for_reserved_concurrency_shares_it_among_the_mappings(tmp_path):
    document = design(function=WORKER, triggers={"jobs": JOBS, "more": JOBS})
    [piece] = given(load(document, tmp_path), "pollers_over_reserved")
    assert dict(piece.settings) == {
        "triggers.jobs.scaling_config.maximum_concurrency": "4",
        "triggers.more.scaling_config.maximum_concurrency": "4",
    }


def test_one_reserved_environment_is_less_than_a_mapping_can_be_held_to_so_five_are_advised(tmp_path):
    scenario = load(behind(JOBS, function={"reserved_concurrent_executions": 1}), tmp_path)
    [piece] = given(scenario, "pollers_over_reserved")
    assert piece.settings["functions.api.reserved_concurrent_executions"] == "5"


def test_the_remedy_for_a_stream_that_never_gives_up_isolates_the_bad_record_and_keeps_it(tmp_path):
    scenario = load(behind(CLICKS, maximum_retry_attempts=None, on_failure=None), tmp_path)
    [piece] = given(scenario, "stream_never_gives_up")
    assert dict(piece.settings) == {
        "triggers.source.maximum_retry_attempts": "3",
        "triggers.source.bisect_batch_on_function_error": "true",
        "triggers.source.on_failure": "discard-counted",
    }


def test_six_times_the_timeout_and_the_window_are_advised(tmp_path):
    scenario = load(behind(JOBS, function={"timeout": 7}, maximum_batching_window_in_seconds=20), tmp_path)
    [piece] = given(scenario, "visibility_timeout_too_short")
    assert dict(piece.settings) == {"triggers.source.queue.visibility_timeout": "62s"}


def test_what_counts_as_near_is_a_parameter(tmp_path):
    document = design(function={"unzipped_size": "190 MB"}, parameters={"advice/package/unzipped": "75%"})
    assert given(load(document, tmp_path), "package_near_limit")
    assert not given(load(document | {"parameters": {}}, tmp_path), "package_near_limit")


def test_advice_leaves_no_trace_among_the_assumptions_of_a_run(tmp_path):
    scenario = load(behind(HOOK, function={"unzipped_size": "240 MB"}), tmp_path)
    before = scenario.book.used
    assert lambdasim.advise(scenario)
    assert scenario.book.used == before


def test_a_parameter_of_advice_is_not_called_useless_by_a_run(tmp_path):
    scenario = load(design(parameters={"advice/package/unzipped": "75%"}), tmp_path)
    assert lambdasim.simulate(scenario).warnings == []


def test_a_source_that_waits_for_its_function_loses_more_without_a_dead_letter_queue(tmp_path):
    scenario = load(BROKEN["source_without_dead_letter"][-1], tmp_path)
    [piece] = given(scenario, "source_without_dead_letter")
    assert piece.severity is Severity.HIGH


def test_the_gravest_comes_first_and_then_what_stands_first_in_the_scenario(tmp_path):
    sinful = {"unzipped_size": "240 MB", "memory_size": 3008}
    functions = {name: design(function=sinful)["functions"]["api"] for name in ("b", "a")}
    triggers = {name: HOOK | {"target": name} for name in ("a", "b")}
    advice = lambdasim.advise(load(design(functions=functions, triggers=triggers), tmp_path))
    assert [(piece.code, piece.path.split(".")[1]) for piece in advice] == [
        (code, name)
        for code in ("no_failure_destination", "unused_vcpus", "package_near_limit")
        for name in ("b", "a")
    ]  # fmt: skip


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_remedy_for_a_shipped_scenario_is_accepted_and_cures(path):
    for piece in lambdasim.advise(lambdasim.load_scenario(path)):
        if piece.settings:
            cured = lambdasim.load_scenario(path, overrides=piece.settings)
            assert (piece.code, piece.path) not in {(other.code, other.path) for other in lambdasim.advise(cured)}


def test_settings_are_yaml_texts_by_paths(tmp_path):
    for documents in BROKEN.values():
        for piece in lambdasim.advise(load(documents[0], tmp_path)):
            for path, text in piece.settings.items():
                assert path.split(".")[0] in ("account", "vpc", "functions", "triggers")
                assert yaml.safe_load(text) is not None
