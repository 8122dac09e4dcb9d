"""Tables laid out for a screen: one line a row through a pipe, within the width of a terminal.

A table too wide for a terminal is cut into pieces between its columns, each with the columns that say what a row is
about. Words are folded; numbers never are, but for a space between a number and its interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from lambdasim.display.folding import folded, said
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table
from lambdasim.display.width import width_of
from lambdasim.errors import printable

_GAPS = (2, 1)  # between columns: the wider one, unless the narrower saves a piece
_WORD = 14  # a word of a heading, or of folded words, may make a column so wide; a longer one is broken
_INDENTED = 12  # from this width on, what goes on in a further line is indented
_RULE = {True: "─", False: "-"}


@dataclass(frozen=True, slots=True)
class _Column:
    """What stands below each other: ``cells`` without the heading; words stand left and are folded, if need be."""

    heading: str
    cells: tuple[str, ...]
    is_left: bool
    is_words: bool

    @property
    def wished(self) -> int:
        """The width at which nothing is folded."""
        return max(map(width_of, (self.heading, *self.cells)))

    def needed(self, most: int) -> int:
        """The width without which it moves into another piece of the table; words need no more than ``most``."""
        longest = max(map(width_of, self.cells), default=0)
        return max(min(longest, most) if self.is_words else longest, self.least)

    @property
    def least(self) -> int:
        """The width that its words need, not to be broken."""
        words = [word for cell in (self.heading, *(self.cells if self.is_words else ())) for word in cell.split(" ")]
        return min(max(map(width_of, words)), _WORD)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Columns that stand beside each other, by their place in the table, each with its width; ``gap`` between them."""

    widths: dict[int, int]
    gap: int

    @property
    def taken(self) -> int:
        return sum(self.widths.values()) + self.gap * (len(self.widths) - 1)


def laid_out(table: Table, screen: Screen = PIPE) -> str:
    """The table as text: its title, in bold; the names of its columns, underlined on a terminal; its rows.

    >>> from lambdasim.display.table import table
    >>> print(laid_out(table("Runs", ("function", "runs"), [("api", "1,024"), ("mail", "7")], "function")))
    Runs
    function   runs
    api       1,024
    mail          7
    """
    columns = _columns(table)
    lines = [said(table.title, screen, style="bold")]
    if screen.width is None:
        piece = _Piece({place: column.wished for place, column in enumerate(columns)}, _GAPS[0])
        return "\n".join((*lines, *(line for block in _blocks(columns, piece) for line in block)))
    for piece in _pieces(columns, table.first_columns, screen.width):
        head, *rows = _blocks(columns, piece)
        rule = (" " * piece.gap).join(_RULE[screen.in_blocks] * width for width in piece.widths.values()).rstrip()
        lines += [*head, rule, *(line for row in rows for line in row)]
    return "\n".join(lines)


def room_for_one_more(table: Table, screen: Screen, *, least: int, most: int) -> int:
    """How wide one more column may be: beside all others if that is ``least`` or more, else in a piece of its own.

    ``most`` on a pipe, and never more than that.
    """
    if screen.width is None:
        return most
    columns = [*_columns(table), _Column("", (" " * least,), is_left=True, is_words=False)]
    last = _pieces(columns, table.first_columns, screen.width)[-1]
    return min(most, least + screen.width - last.taken)


def stands_whole(table: Table, screen: Screen) -> bool:
    """Whether all of its columns stand beside each other."""
    return screen.width is None or len(_pieces(_columns(table), table.first_columns, screen.width)) == 1


def _columns(table: Table) -> list[_Column]:
    contents = [tuple(map(printable, cells)) for cells in zip(table.columns, *table.rows, strict=True)]
    return [
        _Column(heading, tuple(cells), name in table.texts, name in table.texts and name not in table.pictures)
        for name, (heading, *cells) in zip(table.columns, contents, strict=True)
    ]


def _pieces(columns: Sequence[_Column], first: int, width: int) -> list[_Piece]:
    """Which columns stand beside each other, and how wide, in as few pieces as can be."""
    return min((_cut(columns, first, width, gap) for gap in _GAPS), key=len)


def _cut(columns: Sequence[_Column], first: int, width: int, gap: int) -> list[_Piece]:
    """Each piece begins with the ``first`` columns.

    These take half of the width at most, other words a third, but where there is room to spare.
    """
    if first == len(columns):  # words throughout
        widths = _levelled([column.wished for column in columns], [column.least for column in columns], width, gap)
        if _Piece(widths, gap).taken <= width:
            return [_Piece(widths, gap)]
        first = 1
    names = _levelled([one.needed(width // 2) for one in columns[:first]], [1] * first, width // 2, gap)
    found = [_Piece(dict(names), gap)]
    for place in range(first, len(columns)):
        room = width - gap - _Piece(names, gap).taken if names else width
        needed = min(columns[place].needed(width // 3), room)
        if len(found[-1].widths) > first and found[-1].taken + gap + needed > width:
            found.append(_Piece(dict(names), gap))
        found[-1].widths[place] = needed
    for piece in found:
        for place in piece.widths:
            piece.widths[place] += max(0, min(columns[place].wished - piece.widths[place], width - piece.taken))
    return found


def _levelled(wished: Sequence[int], least: Sequence[int], room: int, gap: int) -> dict[int, int]:
    """Widths, the widest made narrower until all have ``room``, or are as narrow as they may be."""
    widths = list(wished)
    while sum(widths) + gap * (len(widths) - 1) > room:
        wide = [place for place, width in enumerate(widths) if width > least[place]]
        if not wide:
            break
        widths[max(wide, key=lambda place: widths[place])] -= 1
    return dict(enumerate(widths))


def _blocks(columns: Sequence[_Column], piece: _Piece) -> Iterator[list[str]]:
    """The heading and each row, as lines; a heading's last line stands above the rows."""
    headings = [folded(columns[place].heading, width) for place, width in piece.widths.items()]
    height = max(map(len, headings))
    yield _beside([[""] * (height - len(heading)) + heading for heading in headings], columns, piece)
    for number in range(len(columns[0].cells)):
        cells = [_folded(columns[place], number, width) for place, width in piece.widths.items()]
        yield _beside(cells, columns, piece)


def _beside(cells: Sequence[Sequence[str]], columns: Sequence[_Column], piece: _Piece) -> list[str]:
    """Cells of several lines each beside each other."""
    return [
        (" " * piece.gap)
        .join(
            _filled(part, width, is_left=columns[place].is_left)
            for part, (place, width) in zip(parts, piece.widths.items(), strict=True)
        )
        .rstrip()
        for parts in zip_longest(*cells, fillvalue="")
    ]


def _filled(part: str, width: int, *, is_left: bool) -> str:
    gap = " " * (width - width_of(part))
    return part + gap if is_left else gap + part


def _folded(column: _Column, number: int, width: int) -> list[str]:
    """A cell in lines; what goes on in a further one is indented, to be told from the next row."""
    return folded(column.cells[number], width, indent=2 if column.is_words and width >= _INDENTED else 0)
