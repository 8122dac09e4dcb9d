"""Tables on a screen: within its width, with all that is in their cells."""

import itertools
import re

import pytest

from lambdasim.display.layout import laid_out, room_for_one_more, stands_whole
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table, table
from lambdasim.randomness import stream

SEEDS = range(40)
EACH = pytest.mark.parametrize("width", [40, 60, 80, 120])
LETTERS = list("abcdefghijklmnopqrstuvwxyz")
NUMBERS = ["$12.34 [$11.00, $13.00]", "-", "0.0185 %", "1,234,567.89", "+100 [-3, +27]", "7"]


def made(seed):
    """A table of one to three columns of names, then up to eight others, of numbers or of words."""
    chance = stream(seed, "tables")

    def word():
        parts = ("".join(chance.choice(LETTERS, chance.integers(1, 12))) for _ in range(chance.integers(1, 4)))
        return chance.choice([".", "_", "-", "/"]).join(parts)

    kinds = [True] * chance.integers(1, 4) + (chance.random(chance.integers(0, 9)) < 0.4).tolist()
    columns = tuple(f"{word()} {place}" for place in range(len(kinds)))
    rows = [
        tuple(
            " ".join(word() for _ in range(chance.integers(1, 8))) if words else str(chance.choice(NUMBERS))
            for words in kinds
        )
        for _ in range(chance.integers(1, 6))
    ]
    return table("Title", columns, rows, *(one for one, words in zip(columns, kinds, strict=True) if words))


def squeezed(text):
    return "".join(text.split())


@EACH
def test_no_line_is_longer_than_the_terminal_is_wide(width):
    for one in map(made, SEEDS):
        assert max(map(len, laid_out(one, Screen(width)).split("\n"))) <= width


@EACH
def test_no_number_is_broken(width):
    for one in map(made, SEEDS):
        text = laid_out(one, Screen(width))
        for column, cells in zip(one.columns, zip(*one.rows, strict=True), strict=True):
            if column in one.texts:
                continue
            for number in itertools.chain.from_iterable(cell.split(" ") for cell in cells):
                assert number.strip("[],") in text


@EACH
def test_each_column_is_shown_below_its_heading_from_the_first_row_to_the_last(width):
    for one in map(made, SEEDS):
        found = []
        body = laid_out(one, Screen(width)).split("\n")
        rules = [number for number, line in enumerate(body) if line and set(line) <= {"─", " "}]
        for rule in rules:
            for begin, end in (part.span() for part in re.finditer("─+", body[rule])):
                last = next((number for number in rules if number > rule), len(body))
                found.append(squeezed("".join(line[begin:end] for line in body[rule + 1 : last])))
        for cells in zip(*one.rows, strict=True):
            wanted = squeezed("".join(cells))
            assert any(column.startswith(wanted) for column in found)


def test_through_a_pipe_a_row_is_a_line_and_nothing_is_folded():
    for one in map(made, SEEDS):
        lines = laid_out(one, PIPE).split("\n")
        assert len(lines) == len(one.rows) + 2
        for row, line in zip(one.rows, lines[2:], strict=True):
            assert all(cell in line for cell in row)
            assert line == line.rstrip()


@pytest.mark.parametrize("in_blocks", [True, False])
def test_a_terminal_without_such_signs_gets_ascii(in_blocks):
    text = laid_out(table("T", ("a", "b"), [("x", "1")], "a"), Screen(60, in_blocks=in_blocks))
    assert text.isascii() is not in_blocks


def test_columns_stand_below_each_other_whatever_their_signs_take():
    made = table("T", ("file", "runs"), [("注文", "1"), ("shop", "22")], "file")
    for screen in (PIPE, Screen(60)):
        assert [line for line in laid_out(made, screen).split("\n") if "─" not in line] == [
            "T",
            "file  runs",
            "注文     1",
            "shop    22",
        ]


def test_a_narrower_gap_saves_a_piece():
    made = table("T", ("name", *(f"n{number}" for number in range(6))), [("abc", *["1234567"] * 6)], "name")
    # 4 + 6 x 7 signs and 6 gaps: of two signs 58, of one 52
    assert [stands_whole(made, Screen(width)) for width in (58, 52, 51)] == [True, True, False]
    assert laid_out(made, Screen(58)).split("\n")[-1] == "abc   1234567  1234567  1234567  1234567  1234567  1234567"


def test_each_piece_says_what_its_rows_are_about():
    made = Table("T", ("point", *(f"n{n}" for n in range(9))), [("7", *["123,456"] * 9)], frozenset(), heads=1)
    lines = laid_out(made, Screen(40)).split("\n")
    assert len(lines) > 4
    assert all(line.split()[0] == ("point" if number % 3 == 1 else "─────" if number % 3 == 2 else "7")
               for number, line in enumerate(lines) if number)  # fmt: skip


@EACH
def test_one_more_column_as_wide_as_there_is_room_makes_no_line_too_long(width):
    for one in map(made, SEEDS):
        room = room_for_one_more(one, Screen(width), least=16, most=60)
        assert 0 < room <= 60
        rows = [(*row, "#" * room) for row in one.rows]
        more = Table("T", (*one.columns, " "), rows, one.texts | {" "}, one.first_columns, frozenset([" "]))
        text = laid_out(more, Screen(width))
        assert max(map(len, text.split("\n"))) <= width
        assert text.count("#" * room) == len(rows)
