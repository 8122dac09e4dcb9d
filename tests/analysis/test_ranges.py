import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.analysis.ranges import Range, is_range, parse_range


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("128..1024", Range(128, 1024, "", whole=True)),
        (" 0 .. 40 ", Range(0, 40, "", whole=True)),
        ("-1..5", Range(-1, 5, "", whole=True)),
        ("300s..3600s", Range(300, 3600, "s", whole=True)),
        ("30..180 s", Range(30, 180, "s", whole=True)),
        ("10/s..50/s", Range(10, 50, "/s", whole=True)),
        ("1%..5%", Range(1, 5, "%", whole=True)),
        ("0.1..2", Range(0.1, 2, "")),
        ("0.5 h..2 h", Range(0.5, 2, "h")),
        ("7..7", Range(7, 7, "", whole=True)),
    ],
)
def test_a_range_has_two_ends_and_a_unit(text, expected):
    assert parse_range(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("9..3", "'9..3' is empty: 9 is above 3; write the smaller end first"),
        ("1..", "'1..' is no range: '' is no number; write for example 128..1024, 30s..180s or 0.1..2"),
        ("..", "'..' is no range: '' is no number"),
        ("a..9", "'a..9' is no range: 'a' is no number"),
        ("1..2..3", "'1..2..3' is no range"),
        ("1s..2h", "'1s..2h' has the unit 's' at one end and 'h' at the other; use one"),
        ("1s..2", "'1s..2' has the unit 's' at one end and none at the other; use one"),
        ("0..1e999", "'0..1e999' has an end that is too large"),
    ],
)
def test_what_is_no_range_is_told_with_a_right_one(text, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        parse_range(text)


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.sampled_from(["", "s", "ms", "/s", "%", "MB"]))
def test_a_range_written_out_is_read_as_itself(low, span, unit):
    written = Range(low, low + span, unit, whole=True)
    assert parse_range(str(written)) == written
    assert written.count == span + 1


def test_only_whole_numbers_can_be_counted():
    with pytest.raises(ValueError, match=r"0\.1\.\.2\.0 is not in whole numbers, so it has no next value"):
        _ = Range(0.1, 2).count


def test_two_dots_make_a_range():
    assert [text for text in ("1..2", "1.2", "1,2", "a..b") if is_range(text)] == ["1..2", "a..b"]
