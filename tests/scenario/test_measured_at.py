"""Another memory size that is laid over a scenario leaves its durations where they were measured."""

from __future__ import annotations

import pytest

from lambdasim import compare, load_scenario, parse_scenario, replicate
from lambdasim.analysis.observations import Design
from lambdasim.analysis.variants import variants_of
from lambdasim.errors import InputError
from lambdasim.scenario.load import override

MEMORY, HANDLER = "functions.f.memory_size", "functions.f.handler"
TEXT = """\
name: small
duration: 10m
functions:
  f:
    runtime: python3.13
    memory_size: 512
    handler: {duration: {exponential: {mean: 100 ms}}}
    versions:
      "2": {handler: {duration: 80 ms}}
      "3": {memory_size: 256, handler: {duration: 90 ms}}
      "4": {memory_size: 1024}
      "5": {handler: {duration: 50 ms, measured_at: 128}}
  g: {runtime: python3.13, handler: {duration: 1 s}}
triggers:
  t: {type: direct, target: f, arrivals: {poisson: {rate: 1/s}}}
"""


def laid(values, text=TEXT):
    """Where the handler of each version was measured; None: at its own memory size."""
    functions = override(parse_scenario(text), values).functions
    return {name: own.handler.measured_at for name, own in functions["f"].configurations.items()}


def test_durations_stay_those_at_the_files_memory_size():
    assert laid({MEMORY: "1024"}) == {"$LATEST": 512, "1": 512, "2": 512, "3": None, "4": 512, "5": 128}
    assert laid({"functions.f.versions.3.memory_size": "2048"})["3"] == 256
    assert laid({"functions.f.versions.2.memory_size": "2048"})["2"] == 512
    assert laid({"functions.f.versions.4.memory_size": "2048"})["4"] == 512


def test_the_default_is_the_files_memory_size_where_it_names_none():
    functions = override(parse_scenario(TEXT), {"functions.g.memory_size": "1024"}).functions
    assert functions["g"].handler.measured_at == 128
    assert laid({MEMORY: "null"})["$LATEST"] == 512


@pytest.mark.parametrize(
    "values",
    [
        {"functions.f.timeout": "9"},
        {MEMORY: "512"},
        {MEMORY: "1024", f"{HANDLER}.duration": "100 ms"},
        {MEMORY: "1024", f"{HANDLER}.duration.exponential.mean": "100 ms"},
        {MEMORY: "1024", HANDLER: "{duration: 100 ms}"},
        {MEMORY: "1024", f"{HANDLER}.measured_at": "null"},
        {"functions.f": "{runtime: python3.13, memory_size: 1024, handler: {duration: 100 ms}}"},
    ],
)
def test_what_is_said_of_the_duration_or_is_no_other_memory_size_changes_nothing(values):
    assert laid(values)["$LATEST"] is None


def test_where_a_duration_was_measured_is_taken_as_it_is_written():
    written = TEXT.replace("mean: 100 ms}}}", "mean: 100 ms}}, measured_at: 1769}")
    assert laid({MEMORY: "1024"}, written)["$LATEST"] == 1769
    assert laid({MEMORY: "1024", f"{HANDLER}.measured_at": "2048"})["$LATEST"] == 2048


def test_a_wrong_memory_size_is_told_once_and_one_that_it_replaces_is_not_told(tmp_path):
    with pytest.raises(InputError) as caught:
        laid({MEMORY: "64"})
    assert [str(problem).partition(" is ")[0] for problem in caught.value.problems] == [f"--set: {MEMORY}: 64"]
    file = tmp_path / "wrong.yaml"
    file.write_text(TEXT.replace("memory_size: 512", "memory_size: 5"), encoding="utf-8")
    assert load_scenario(file, overrides={MEMORY: "1024"}).functions["f"].handler.measured_at is None


def test_one_memory_size_gives_the_same_numbers_whoever_lays_it_over(tmp_path):
    file = tmp_path / "small.yaml"
    file.write_text(TEXT, encoding="utf-8")
    measures, design = ["f.duration_ms.mean"], Design(replications=2)
    [variant] = variants_of(load_scenario(file), [{MEMORY: "1024"}])
    by_set = load_scenario(file, overrides={MEMORY: "1024"})
    told = [replicate(one, measures=measures, design=design).values for one in (by_set, variant.scenario)]
    compared = compare(load_scenario(file), {MEMORY: [512, 1024]}, measures=measures, design=design)
    assert told[0].tolist() == told[1].tolist() == compared.values[1, :, :1].tolist()
    assert compared.values[1, 0, 0] == pytest.approx(compared.values[0, 0, 0] / 2, rel=0.01)
