"""Folding: nothing is lost, no line is too long, no number is broken."""

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.display.folding import folded, said, to_copy
from lambdasim.display.screen import PIPE, Screen

WORDS = st.lists(
    st.sampled_from(["a", "is", "shown", "api.latency_ms.p99", "functions.worker.reserved_concurrent_executions=100"])
    | st.floats(0, 1e9).map(lambda value: f"{value:,.2f}")
    | st.tuples(st.integers(0, 10**6 - 1), st.integers(0, 10**6 - 1)).map(lambda ends: f"[{ends[0]:,}, {ends[1]:,}]"),
    min_size=1,
)
WIDTHS = st.integers(20, 100)


@given(WORDS, WIDTHS, st.integers(0, 4))
def test_no_line_is_longer_than_the_width_and_only_spaces_are_lost(words, width, indent):
    lines = folded(" ".join(words), width, indent=indent)
    assert max(map(len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join("".join(words).split())
    assert all(line.startswith(" " * indent) for line in lines[1:])


@given(WORDS, WIDTHS)
def test_no_number_and_no_interval_is_broken(words, width):
    lines = folded(" ".join(words), width)
    for word in words:
        if word[0] in "[0123456789":
            assert any(word in line for line in lines)


@given(st.integers(20, 60))
def test_an_estimate_stands_beside_its_interval_and_its_unit(width):
    lines = folded("the p99 of the api's latency is 502 ms [495, 510] at 1,024 MB and x", width)
    assert any("502 ms [495, 510]" in line for line in lines)
    assert any("1,024 MB" in line for line in lines)


def test_a_long_word_is_broken_behind_its_dots_first():
    assert folded("functions.api.latency_ms.p99", 16) == ["functions.api.", "latency_ms.p99"]
    assert folded("reserved_concurrent_executions", 20) == ["reserved_concurrent_", "executions"]
    assert folded("ReservedFunctionConcurrentInvocation", 20) == ["ReservedFunction", "ConcurrentInvocation"]
    assert folded("x" * 30, 20) == ["x" * 20, "x" * 10]


@pytest.mark.parametrize("width", [6, 7, 20])
def test_signs_of_two_columns_count_as_two(width):
    lines = folded("注文.yaml: 🚀 valid", width)
    assert (
        lines
        == {
            6: ["注文.", "yaml:", "🚀", "valid"],
            7: ["注文.", "yaml:", "🚀", "valid"],
            20: ["注文.yaml: 🚀 valid"],
        }[width]
    )
    assert folded("注文書類", 5) == ["注文", "書類"]
    assert folded("e\u0301" * 4, 4) == ["e\u0301" * 4]  # a letter and its accent: one column


def test_through_a_pipe_nothing_is_folded_and_each_line_stays_one():
    text = "word " * 100
    assert said(f"{text}\nnext", PIPE, head="  ") == f"  {text}\n  next"


def test_what_would_steer_the_terminal_is_written_out_and_only_the_style_is_not():
    told = said("a \x1b[31m name", Screen(80, styled=True), style="bold")
    assert told == "\x1b[1ma \\x1b[31m name\x1b[0m"


def test_a_style_ends_with_each_line():
    lines = said("word " * 30, Screen(40, styled=True), style="bold").split("\n")
    assert len(lines) == 4
    assert all(line.startswith("\x1b[1m") and line.endswith("\x1b[0m") for line in lines)


@pytest.mark.parametrize("width", [20, 40, 60])
def test_a_command_to_copy_is_the_same_to_a_shell_however_narrow_the_terminal(width):
    words = ["--set", "functions.api.memory_size=512", "--set", shlex.quote("functions.api.vpc={a: [b, c]}")]
    told = to_copy(words, Screen(width), head="  Try  ")
    typed = re.sub(r"\\\n", "", told.removeprefix("  Try"))  # as a shell reads it: POSIX.1-2017, 2.2.1
    assert shlex.split(typed) == shlex.split(" ".join(words))
    assert all(
        len(line) <= width or " " not in line.strip().removesuffix(" \\") or "'" in line for line in told.split("\n")
    )
