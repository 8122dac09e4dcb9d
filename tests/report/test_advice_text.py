"""Advice as people read it, and as programs do."""

import json
import shlex

import pytest

import lambdasim
from lambdasim.advice.advise import RULES, Advice
from lambdasim.advice.rule import Evidence, Severity
from lambdasim.display.screen import PIPE, Screen
from lambdasim.report.advice import advice_document, advice_text
from lambdasim.report.as_json import as_json_text

EIGHTY = Screen(80)
SCENARIO = lambdasim.parse_scenario(
    "name: shop\nduration: 1m\nfunctions: {api: {runtime: python3.13, handler: {duration: 80 ms}}}\n", file="shop.yaml"
)
PIECE = Advice(
    code="some_code",
    severity=Severity.HIGH,
    path="functions.api.timeout",
    message="what is so " * 12,
    why="What follows from it. " * 6,
    remedy="what to do " * 12,
    settings={"functions.api.vpc_config.subnet_ids": "[a, b]", "functions.api.timeout": "7"},
    source=max((rule.source for rule in RULES), key=len),
    evidence=Evidence(True, "what a run has shown " * 6, {"functions.api.errors": 3}),
)


def text_of(*advice, screen=EIGHTY):
    return advice_text(SCENARIO, advice, screen)


@pytest.mark.parametrize("width", [60, 80])
def test_no_line_is_longer_than_the_terminal_is_wide(width):
    assert max(map(len, text_of(PIECE, screen=Screen(width)).splitlines())) <= width


def test_through_a_pipe_each_part_is_a_line():
    lines = text_of(PIECE, screen=PIPE).splitlines()[2:]
    assert len(lines) == 9
    assert lines[2] == f"  {PIECE.message}"


def test_each_part_stands_under_its_head_with_what_continues_it_beside():
    lines = text_of(PIECE).splitlines()[2:]
    assert lines[:2] == ["high  some_code", "  functions.api.timeout"]
    heads = [line[2:7].strip() for line in lines[2:]]
    assert [head for head in heads if head in {"Why", "Do", "Try", "Run", "See"}] == [
        "Why", "Do", "Try", "Run", "See",
    ]  # fmt: skip
    assert all(not line.endswith(" ") for line in lines)


def test_settings_can_be_pasted_into_a_shell():
    lines = [line for line in text_of(PIECE).splitlines() if "--set" in line]
    assert [line.partition("--set")[0] for line in lines] == ["  Try  ", "       "]  # all of them together
    assert [shlex.split(line)[-2:] for line in lines] == [
        ["--set", "functions.api.vpc_config.subnet_ids=[a, b]"],
        ["--set", "functions.api.timeout=7"],
    ]


def test_what_is_to_be_copied_is_not_broken():
    name = "a-function-with-quite-a-long-name-that-fills-a-line-almost-by-itself-and-then-some"
    piece = Advice("code", Severity.LOW, "p", f"of {name}", "w", "r", {f"functions.{name}.timeout": "7"}, "https://a")
    assert f"--set \\\n       functions.{name}.timeout=7" in text_of(piece)


def test_without_evidence_nothing_is_said_of_a_run():
    piece = Advice("code", Severity.LOW, "p", "m", "w", "r", {}, "https://a")
    assert "Run" not in text_of(piece)
    assert "Try" not in text_of(piece)


@pytest.mark.parametrize(
    ("severities", "line"),
    [
        ((), "shop.yaml: nothing to advise"),
        (("low",), "shop.yaml: 1 piece of advice: 1 low"),
        (("high", "high", "low"), "shop.yaml: 3 pieces of advice: 2 high, 1 low"),
        (("high", "medium"), "shop.yaml: 2 pieces of advice: 1 high, 1 medium"),
    ],
)
def test_the_first_line_sums_up(severities, line):
    advice = [Advice("code", Severity(severity), "p", "m", "w", "r", {}, "https://a") for severity in severities]
    assert text_of(*advice).splitlines()[0] == line


def test_only_headings_are_emphasised():
    text = text_of(PIECE, screen=Screen(80, styled=True))
    assert [line for line in text.splitlines() if "\x1b" in line] == ["\x1b[1mhigh  some_code\x1b[0m"]


def test_json_has_all_of_it():
    document = json.loads(as_json_text(advice_document(SCENARIO, [PIECE], 7)))
    assert document["file"] == "shop.yaml"
    assert document["scenario"] == {"name": "shop", "sha256": SCENARIO.sha256}
    assert document["seed"] == 7
    [piece] = document["advice"]
    assert list(piece) == [
        "code", "severity", "path", "message", "why", "remedy", "settings", "source", "evidence",
    ]  # fmt: skip
    assert piece["severity"] == "high"
    assert piece["settings"] == dict(PIECE.settings)
    assert piece["evidence"] == {
        "shown": True,
        "message": PIECE.evidence.message,
        "numbers": {"functions.api.errors": 3},
    }
