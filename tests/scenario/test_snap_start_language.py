"""SnapStart as it is written, and what is said of what AWS would refuse."""

from __future__ import annotations

from small_scenario import SMALL, changed, codes, complaints

from lambdasim.scenario.load import parse_scenario

RUNTIME = "    runtime: python3.13\n"
HAVE = (
    "java11, java11.al2023, java17, java17.al2023, java21, java25, python3.12, python3.13, python3.14, python3.15, "
    "dotnet8, dotnet9, dotnet10"
)
PROVISIONED = "provisioned_concurrent_executions"
STORAGE = "1024 MB is above 512 MB, the most with SnapStart"


def function(*lines, runtime="python3.13"):
    """The small scenario with more keys of its function."""
    return changed(RUNTIME, "".join(f"    {line}\n" for line in (f"runtime: {runtime}", *lines)))


def test_all_that_aws_refuses_is_told_at_once_each_where_it_stands():
    text = function(
        "snap_start: {apply_on: PublishedVersions, restore: {billed_duration: 12 s}}",
        "ephemeral_storage: 1024",
        f"{PROVISIONED}: 3",
        runtime="ruby3.4",
    )
    limit = "the mean of 12 s is above 10 s, the limit with SnapStart: restores would time out"
    both = "version 1 has SnapStart, and AWS allows only one of the two; drop one"
    assert complaints(text) == [
        f"s.yaml:6:17: functions.api.snap_start: ruby3.4 has no SnapStart; these have: {HAVE} [snap_start_unsupported]",
        f"s.yaml:6:74: functions.api.snap_start.restore.billed_duration: {limit} [snap_start_over_limit]",
        f"s.yaml:7:24: functions.api.ephemeral_storage: {STORAGE} [snap_start_with_ephemeral_storage]",
        f"s.yaml:8:40: functions.api.{PROVISIONED}: {both} [snap_start_with_provisioned_concurrency]",
    ]


def test_another_image_is_asked_for_its_label():
    text = function("snap_start: {apply_on: PublishedVersions}", "package_type: Image", "init: {duration: 1s}")
    parse_scenario(text)
    [message] = complaints(text.replace("python3.13", "provided.al2023"))
    assert message.endswith(
        "for another one that has AWS's label add `allowed_by_image: true` [snap_start_unsupported]"
    )


def test_it_applies_to_published_versions_or_to_nothing():
    [message] = complaints(function("snap_start: {apply_on: PublishedVersion}"))
    assert message == (
        "s.yaml:6:28: functions.api.snap_start.apply_on: 'PublishedVersion' is not known here; "
        "did you mean 'PublishedVersions'? known: PublishedVersions, None"
    )
    [message] = complaints(function("snap_start: {}"))
    assert message == "s.yaml:6:5: functions.api.snap_start.apply_on: the key 'apply_on' is required"


def test_a_target_without_a_version_means_the_published_one():
    on, off = (parse_scenario(function(f"snap_start: {{apply_on: {on}}}")) for on in ("PublishedVersions", "None"))
    assert [version for _, _, version, _ in on.versions()] == ["$LATEST", "1"]
    assert [version for _, _, version, _ in off.versions()] == ["$LATEST"]


def test_where_a_restore_takes_longer_than_the_init_that_it_spares_a_warning_says_both():
    slow = "snap_start: {apply_on: PublishedVersions, restore: {duration: 400 ms}}"
    [warning] = parse_scenario(function(slow, "init: {duration: 96.4 ms}")).warnings
    assert (warning.code, warning.path) == ("restore_slower_than_init", "functions.api.snap_start")
    assert warning.message == (
        "a restore takes 400 ms on average, the init that it spares 96.4 ms: without SnapStart cold starts are shorter"
    )


def test_an_init_that_on_demand_would_be_cut_off_is_no_matter_for_a_snapshot():
    slow = "init: {duration: 60 s}"
    assert codes(function(slow)) == ["init_over_limit"]
    assert codes(function(slow, "snap_start: {apply_on: PublishedVersions}")) == []


def test_a_region_without_a_price_of_snapshots_is_refused_but_not_for_managed_java():
    keys = "snap_start: {apply_on: PublishedVersions}", "init: {duration: 1s}"
    known = f"{SMALL}region: me-south-1\n"
    assert [line.rpartition("[")[2] for line in complaints(known)] == ["no_price]"]  # of requests
    price = "parameters: {prices/me-south-1/requests: {price: 0.25, per: 1000000}}\n"
    parse_scenario(f"{known}{price}")
    for runtime, refused in (("java21", 0), ("dotnet8", 2)):
        text = f"{function(*keys, runtime=runtime)}region: me-south-1\n{price}"
        if refused:
            lines = complaints(text)
            assert [line.split(" in me-south-1")[0] for line in lines] == [
                "s.yaml:6:17: functions.api.snap_start: the parameter book has no price of the cache of SnapStart",
                "s.yaml:6:17: functions.api.snap_start: the parameter book has no price of restores by SnapStart",
            ]
        else:
            parse_scenario(text)
