import pytest

import lambdasim
from tests.worlds import load, world

DESIGN = lambdasim.Design(replications=2)
WORLD = world(
    duration="1m",
    function={"runtime": "python3.13", "memory_size": 512, "handler": {"duration": "20 ms"}},
    thresholds=["f.latency_ms.p99 < 2000"],
)
MEMORY = {"functions.f.memory_size": [512, 1024]}
LIMIT = ["f.latency_ms.p99 < 2000"]


@pytest.mark.parametrize(
    ("find", "told"),
    [
        (lambdasim.simulate, "f's successful calls"),
        (lambda scenario: lambdasim.replicate(scenario, design=DESIGN), "2 replications"),
        (lambda scenario: lambdasim.compare(scenario, MEMORY, design=DESIGN), "memory_size=1024"),
        (lambda scenario: lambdasim.size(scenario, MEMORY, objectives=LIMIT, design=DESIGN), "memory_size"),
        (lambda scenario: lambdasim.sweep(scenario, MEMORY, design=DESIGN), "memory_size=512"),
        (lambda scenario: lambdasim.check(scenario, design=DESIGN), "f.latency_ms.p99 < 2000"),
        (lambda scenario: lambdasim.sensitivity(scenario, design=DESIGN), "requests_per_second_burst_s"),
        (lambda scenario: lambdasim.cost(scenario, questions=["traffic"], traffic=[1], design=DESIGN), "a month"),
    ],
    ids=["simulate", "replicate", "compare", "size", "sweep", "check", "sensitivity", "cost"],
)
def test_what_a_verb_finds_is_told_as_text_without_styles(find, told):
    text = lambdasim.text_report(find(load(WORLD)))
    assert told in text
    assert "\x1b" not in text


def test_a_text_is_folded_to_the_width_that_is_asked_for_and_loses_no_word():
    replications = lambdasim.replicate(load(WORLD), design=DESIGN)
    narrow, wide = (lambdasim.text_report(replications, width=width) for width in (60, None))
    assert max(map(len, narrow.splitlines())) <= 60 < max(map(len, wide.splitlines()))
    assert set(wide.split()) <= set(narrow.split())
    with pytest.raises(ValueError, match="expected a width of 40 or more, found 8"):
        lambdasim.text_report(replications, width=8)


def test_what_no_verb_finds_is_refused_with_what_could_be_told():
    with pytest.raises(TypeError, match=r"expected one of Result, Replications, .*, found Scenario"):
        lambdasim.text_report(load(WORLD))
