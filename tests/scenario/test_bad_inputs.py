from pathlib import Path

import pytest
import yaml
from small_scenario import SMALL, changed, complaints

from lambdasim.errors import InputError
from lambdasim.scenario.load import parse_scenario

TABLE = yaml.safe_load((Path(__file__).parent / "bad_inputs.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["put"].strip() or "nothing")
def test_a_mistake_is_told_word_for_word_with_its_place(case):
    text = changed(case["for"], case["put"]) if "for" in case else f"{SMALL}{case['put']}\n"
    assert complaints(text) == [f"s.yaml:{line}" for line in case["says"]]


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = changed("duration: 1h", "duration: 12:30").replace("80 ms", "80").replace("5/s", "5") + "sed: 3\nname: b\n"
    assert [line.split(": ")[0] for line in complaints(text)] == [
        "s.yaml:2:11",
        "s.yaml:6:15",
        "s.yaml:8:63",
        "s.yaml:9:1",
        "s.yaml:10:1",
    ]


def test_a_problem_knows_its_file_line_column_path_and_text():
    with pytest.raises(InputError) as caught:
        parse_scenario(changed("80 ms", "80 mss"), file="shop.yaml")
    [problem] = caught.value.problems
    assert (problem.file, problem.line, problem.column) == ("shop.yaml", 6, 15)
    assert problem.path == "functions.api.handler.duration"


def test_a_value_that_was_refused_is_not_called_missing_too():
    assert len(complaints(changed("runtime: python3.13", "runtime: yes"))) == 1


def test_a_function_that_was_refused_is_still_a_known_target():
    [message] = complaints(changed("  api:\n", "  idle: {runtime: ruby3.4, handler: {duration: 1s}}\n  api: !!map\n"))
    assert "the tag !!map" in message
    text = SMALL.replace("  api:\n", "  other: {runtime: ruby3.4, handler: {duration: 1s}}\n  api: yes\n  junk:\n")
    assert len(complaints(text)) == 1


NAMES = """\
    connections: {to: db}
    vpc_config: {subnet_ids: [a, b], security_group_ids: [c]}
    versions: {"2": {}}
    aliases: {live: {function_version: "2"}}
"""
DOWNSTREAM = "downstream: {db: {}}\n"
SUBNETS = "vpc: {subnets: {a: {availability_zone: z}, b: {}}}\n"
LOST = "incidents: [{at: 1m, availability_zone: z}]\n"


@pytest.mark.parametrize(
    ("old", "wrong"),
    [
        ("db: {}", "db: null"),
        ("db: {}", "db: 5"),
        ("z}, b: {}", "z}, b: null"),
        ("z}, b: {}", "z}, b: 5"),
        ("availability_zone: z}, ", "availability_zone: 5}, "),
        ('"2": {}', '"2": null'),
        ('"2": {}', '"2": 5'),
    ],
)
def test_what_is_there_but_refused_is_not_called_missing_by_those_who_name_it(old, wrong):
    text = changed("    handler", f"{NAMES}    handler").replace("target: api", "target: 'api:live'")
    text += DOWNSTREAM + SUBNETS + LOST
    parse_scenario(text)
    [message] = complaints(text.replace(old, wrong))
    assert "[unknown_" not in message


def test_a_span_too_short_for_the_clock_is_refused_where_it_must_be_above_zero():
    [message] = complaints(changed("duration: 1h", "duration: 1 ns"))
    assert message == "s.yaml:2:11: duration: 1 ns is less than the clock can count"
