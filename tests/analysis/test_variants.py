"""Variants: combinations of values, checked before anything runs, and labels that tell them apart in few words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lambdasim
from lambdasim.analysis.variants import grid, labels_of, short_paths, variants_of, yaml_text
from lambdasim.errors import InputError
from lambdasim.scenario.load import override
from tests.worlds import load, world

MEMORY, CPU = "functions.f.memory_size", "functions.f.architecture"


def labels(overrides, scenario=None):
    return labels_of([scenario or load(world())] * len(overrides), overrides)


def test_what_all_share_and_the_beginning_of_paths_are_left_out():
    combinations = grid({"functions.f.timeout": [5], MEMORY: [256, 512], CPU: ["arm64", "x86_64"]})
    assert labels(combinations) == (
        "memory_size=256, architecture=arm64",
        "memory_size=256, architecture=x86_64",
        "memory_size=512, architecture=arm64",
        "memory_size=512, architecture=x86_64",
    )


def test_of_paths_that_end_alike_more_is_told():
    assert short_paths(["functions.a.timeout", "functions.b.timeout", "duration"]) == (
        "a.timeout",
        "b.timeout",
        "duration",
    )
    assert short_paths(["x.timeout", "timeout"]) == ("x.timeout", "timeout")
    assert short_paths(["functions.a.my_timeout", "functions.a.timeout"]) == ("my_timeout", "timeout")


def test_a_place_in_a_list_is_no_name_by_itself():
    assert short_paths(["incidents.0", "duration"]) == ("incidents.0", "duration")


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from(["a", "b", "c", "7"]), min_size=1, max_size=4).map(".".join), unique=True))
def test_no_two_paths_are_shortened_to_the_same(paths):
    short = short_paths(paths)
    assert len(set(short)) == len(paths)
    for path, tail in zip(paths, short, strict=True):
        assert path == tail or path.endswith(f".{tail}")


def test_what_was_laid_over_before_counts_too():
    scenario = load(world())
    assert labels_of([scenario, override(scenario, {MEMORY: "512"})], [{}, {}]) == ("as written", "memory_size=512")


def test_scenarios_go_by_their_names():
    one, other = load(world(name="today")), load(world(name="tomorrow"))
    assert labels_of([one, one, other], [{MEMORY: "256"}, {MEMORY: "512"}, {MEMORY: "256"}]) == (
        "today, memory_size=256",
        "today, memory_size=512",
        "tomorrow, memory_size=256",
    )


def test_scenarios_of_one_name_go_by_their_files(tmp_path):
    paths = [tmp_path / folder / "shop.yaml" for folder in ("old", "new")]
    for timeout, path in enumerate(paths, start=3):
        path.parent.mkdir()
        text = load(world(function={"timeout": timeout})).written.text
        path.write_text(text, encoding="utf-8")
    loaded = [lambdasim.load_scenario(path) for path in paths]
    assert labels_of(loaded, [{}, {}]) == ("old/shop", "new/shop")
    other = tmp_path / "new" / "b.yaml"
    other.write_text(loaded[0].written.text, encoding="utf-8")
    assert labels_of([loaded[0], lambdasim.load_scenario(other)], [{}, {}]) == ("shop", "b")


def test_what_is_the_same_is_numbered():
    scenario = load(world())
    assert labels_of([scenario, scenario], [{}, {}]) == ("as written (1)", "as written (2)")
    assert labels_of([scenario, load(world(duration="2h"))], [{}, {}]) == ("world (1)", "world (2)")


def test_names_that_are_given_stand_in_place_of_the_files():
    scenario = load(world())
    overrides = [{MEMORY: "256"}, {MEMORY: "512"}]
    assert labels_of([scenario] * 2, overrides, ["a", "a"]) == ("a, memory_size=256", "a, memory_size=512")
    assert labels_of([scenario, override(scenario, {MEMORY: "512"})], [{}, {}], ["a", "b"]) == ("a", "b")


def test_values_are_written_as_in_yaml():
    assert [yaml_text(value) for value in ("300 s", True, 5, 2.5, None, [1, "x"], {"mean": "1 s"}, np.int64(7))] == [
        "300 s", "true", "5", "2.5", "null", '[1, "x"]', '{"mean": "1 s"}', "7",
    ]  # fmt: skip
    with pytest.raises(TypeError):
        yaml_text(object())


def test_provisioned_concurrency_may_be_varied_from_none():
    variants = variants_of(load(world()), grid({"functions.f.provisioned_concurrent_executions": [0, 10]}))
    assert [one.scenario.functions["f"].provisioned_concurrent_executions for one in variants] == [None, 10]


def test_all_that_is_wrong_with_any_variant_is_told_at_once():
    with pytest.raises(InputError) as refused:
        variants_of(load(world()), grid({MEMORY: [64, 512, 99999], "functions.g.timeout": [1]}))
    texts = sorted(str(problem) for problem in refused.value.problems)
    assert [text.partition(" is ")[0] for text in texts] == [
        "--vary: functions.f.memory_size: 64",
        "--vary: functions.f.memory_size: 99999",
        "--vary: functions.g.timeout: there",
    ]
