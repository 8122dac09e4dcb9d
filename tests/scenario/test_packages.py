"""What a function is deployed as, in the user's words: packages, layers, runtimes and their ends."""

import pytest
from small_scenario import changed, complaints

from lambdasim.scenario.load import parse_scenario

RUNTIME = "    runtime: python3.13\n"


def with_keys(*lines, runtime="python3.13", start="2026-01-05"):
    keys = "".join(f"    {line}\n" for line in (f"runtime: {runtime}", *lines))
    return f"{changed(RUNTIME, keys)}start: {start}\n"


def function(*lines, **others):
    return parse_scenario(with_keys(*lines, **others)).functions["api"]


def warning(*lines, **others):
    [told] = [
        each for each in parse_scenario(with_keys(*lines, **others)).warnings if each.code == "runtime_deprecated"
    ]
    return told.message


def test_layers_are_fetched_and_unpacked_with_the_package():
    api = function("package_size: 12 MB", "unzipped_size: 30 MB", "layers: [5 MB, {size: 8 MB, unzipped_size: 20 MB}]")
    assert [(layer.size_mb, layer.unzipped_size_mb) for layer in api.layers] == [(5, None), (8, 20)]
    assert api.fetched_mb == 12 + 5 + 8
    assert api.unpacked_mb == 30 + 5 + 20


def test_a_package_of_which_nothing_is_said_has_no_size():
    assert (function().fetched_mb, function().unpacked_mb) == (0, 0)
    assert (function("layers: [5 MB]").fetched_mb, function("layers: [5 MB]").unpacked_mb) == (5, 5)


REFUSED = {
    "7:13: functions.api.layers: 200 MB of package and 50.5 MB of layers are above 250 MB, the most that a Zip "
    "package, unzipped and with its layers, may have; use `package_type: Image` [package_too_large]": (
        "unzipped_size: 200 MB",
        "layers: [{size: 20 MB, unzipped_size: 50.5 MB}]",
    ),
    "6:14: functions.api.layers[0]: 12 has no unit; write for example '12 MB'": ("layers: [12]",),
    "6:28: functions.api.layers[0].unzip_size: unknown key 'unzip_size'; did you mean 'unzipped_size'?": (
        "layers: [{size: 12 MB, unzip_size: 40 MB}]",
    ),
    "6:14: functions.api.layers[0].size: the key 'size' is required": ("layers: [{unzipped_size: 40 MB}]",),
    "6:13: functions.api.layers: expected a list, found '12 MB'": ("layers: 12 MB",),
    "7:13: functions.api.layers: an image has no layers of Lambda; add what they hold to its `package_size`": (
        "package_type: Image",
        "layers: [5 MB]",
    ),
}


@pytest.mark.parametrize(("says", "keys"), REFUSED.items())
def test_what_aws_would_refuse_of_layers_is_an_error_where_it_stands(says, keys):
    assert complaints(with_keys(*keys)) == [f"s.yaml:{says}"]


def test_a_package_and_layers_may_fill_250_mb():
    assert function("unzipped_size: 200 MB", "layers: [{size: 20 MB, unzipped_size: 50 MB}]").unpacked_mb == 250


def test_a_version_may_have_other_layers():
    versions = function("layers: [5 MB, 6 MB]", "versions: {'2': {layers: [7 MB]}, '3': {timeout: 9}}").versions
    assert [versions[name].fetched_mb for name in ("2", "3")] == [7, 11]


def test_a_version_that_becomes_an_image_must_give_up_its_layers():
    keys = ("layers: [5 MB]", "versions: {'2': {package_type: Image}}")
    [told] = complaints(with_keys(*keys))
    assert "functions.api.versions.2.layers: an image has no layers" in told
    assert function(keys[0], "versions: {'2': {package_type: Image, layers: []}}").versions["2"].layers == ()


@pytest.mark.parametrize("runtime", ["python3.14", "nodejs24.x", "java25", "provided.al2023", "dotnet10", "ruby3.4"])
def test_every_family_that_aws_has_starts_without_being_told_how(runtime):
    assert function(runtime=runtime).init.duration is None


def test_a_runtime_of_ones_own_must_say_how_it_starts():
    [told] = complaints(with_keys(runtime="custom"))
    assert told.startswith("s.yaml:5:14: functions.api.runtime: no init was measured for custom as Zip on x86_64 (")
    assert told.endswith("); give init.duration, such as 300 ms [no_measured_init]")
    assert function("init: {duration: 300 ms}", runtime="custom").runtime == "custom"
    assert parse_scenario(with_keys("init: {duration: 300 ms}", runtime="custom")).warnings == ()


@pytest.mark.parametrize(
    ("runtime", "start", "ends", "create", "update", "newest"),
    [
        # near its end, past its end, past the first block, past both
        (
            "ruby3.3",
            "2026-12-01",
            "will be deprecated on 2027-03-31, in 120 days",
            "from 2027-04-30",
            "from 2027-05-31",
            "ruby3.4",
        ),
        (
            "nodejs16.x",
            "2027-01-31",
            "is deprecated since 2024-06-12",
            "from 2027-02-01",
            "from 2027-03-03",
            "nodejs24.x",
        ),
        (
            "nodejs16.x",
            "2027-02-01",
            "is deprecated since 2024-06-12",
            "since 2027-02-01",
            "from 2027-03-03",
            "nodejs24.x",
        ),
        (
            "nodejs16.x",
            "2027-03-03",
            "is deprecated since 2024-06-12",
            "since 2027-02-01",
            "since 2027-03-03",
            "nodejs24.x",
        ),
        # an OS-only runtime keeps its language
        (
            "provided.al2",
            "2026-08-01",
            "is deprecated since 2026-07-31",
            "from 2027-02-01",
            "from 2027-03-03",
            "provided.al2023",
        ),
    ],
)
def test_a_runtime_past_or_near_its_end_is_told_with_its_dates_and_what_to_take(
    runtime, start, ends, create, update, newest
):
    assert warning(runtime=runtime, start=start) == (
        f"{runtime} {ends} (at the scenario's start); new functions are blocked {create}, updates {update}, "
        f"invocations never; {newest} is the newest supported"
    )


def test_go_has_moved_to_the_os_only_runtime():
    assert "provided.al2023 is the newest" in warning("init: {duration: 80 ms}", runtime="go1.x")


def test_a_runtime_without_announced_blocks_says_only_that_invocations_go_on():
    told = warning("init: {duration: 300 ms}", "package_type: Image", runtime="dotnet9", start="2026-12-01")
    assert told == (
        "dotnet9 is deprecated since 2026-11-10 (at the scenario's start); invocations are never blocked; "
        "dotnet10 is the newest supported"
    )


def test_nothing_is_recommended_that_is_near_its_own_end():
    assert "newest" not in warning("init: {duration: 300 ms}", runtime="python3.8", start="2029-05-01")


def test_the_invocations_of_a_runtime_that_is_gone_are_simulated():
    assert parse_scenario(with_keys("init: {duration: 1s}", runtime="nodejs", start="2030-01-01")).functions
