"""Words folded to a width: broken at spaces, an interval and a number with its unit kept together where they can be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.width import begins_within, width_of
from lambdasim.errors import printable

_HELD = "\N{NO-BREAK SPACE}"
_UNIT = r"(?: (?:%|ms|s|min|h|d|kB|MB|GB|USD|vCPU|points)(?![\w-]))"
_INTERVAL = re.compile(rf"(?<!\S)[-+$\d][\d.,$]*{_UNIT}? \[[^\[\]]*\]")
_TOGETHER = re.compile(rf"\[[^\[\]]*\]|(?<=\d){_UNIT}")
# Where a word that is longer than a line is broken first, and where if that is not enough; no number is.
_BREAKS = re.compile(r"(?<=[./=,:])(?!\d)")
_MORE_BREAKS = re.compile(r"(?<=[_-])(?!\d)|(?<=[a-z])(?=[A-Z])")


def folded(text: str, width: int, *, indent: int = 0) -> list[str]:
    """``text`` in lines of at most ``width`` columns, all but the first with ``indent``; only spaces are lost.

    Words longer than a line are broken after a dot, a slash or the like, and anywhere if they have none.

    >>> folded("api.latency_ms.p99 is 502 ms [495, 510] at 1,024 MB", 24, indent=2)
    ['api.latency_ms.p99 is', '  502 ms [495, 510] at', '  1,024 MB']
    >>> folded("triggers/sqs/pollers/wait", 12)
    ['triggers/', 'sqs/pollers/', 'wait']
    """
    if width_of(text) <= width:
        return [text]
    lines, line, room = list[str](), "", width
    for word in held(text, width - indent).split(" "):
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= room:
            line = joined
            continue
        lines += [line] if line else []
        *full, line = _broken(word, width - indent)
        lines += full
        room = width - indent if lines else width
    first, *others = (each.replace(_HELD, " ").rstrip() for each in (*lines, line))
    return [first, *(" " * indent + other for other in others)]


def said(text: str, screen: Screen = PIPE, *, head: str = "", indent: int = 0, style: str = "") -> str:
    """``text`` after ``head``, for a screen: made printable and folded to its width; ``style`` is one of its styles.

    Each line of ``text`` is a paragraph. What goes on in a further line stands below what came after ``head``, and
    ``indent`` further to the right.

    >>> print(said("Take the cheapest, $10.05 [$9.72, $10.38] a month.", Screen(30), head="  Do   "))
      Do   Take the cheapest,
           $10.05 [$9.72, $10.38]
           a month.
    """
    lines = [printable(line) for line in text.split("\n")]
    if screen.width is not None:
        room = screen.width - len(head)
        lines = [part for line in lines for part in folded(line, room, indent=indent)]
    first, *others = lines
    told = "\n".join((head + first, *(" " * len(head) + line for line in others)))
    return screen.in_style(style, told) if style else told


def to_copy(words: list[str], screen: Screen = PIPE, *, head: str = "") -> str:
    r"""Words of a command after ``head``, for a screen: broken between words alone, as a shell goes on (``\``).

    >>> print(to_copy(["--set", "functions.api.timeout=7"], Screen(28), head="  Try  "))
      Try  --set \
           functions.api.timeout=7
    """
    lines = [f"{head}{words[0]}"]
    for word in words[1:]:
        if screen.width is None or len(lines[-1]) + 1 + len(word) <= screen.width - (word is not words[-1]) * 2:
            lines[-1] += f" {word}"
        else:
            lines[-1] += " \\"
            lines.append(f"{' ' * len(head)}{word}")
    return printable_lines("\n".join(lines))


def printable_lines(text: str) -> str:
    """``text`` with what would steer a terminal written out, its line ends kept."""
    return "\n".join(map(printable, text.split("\n")))


def held(text: str, width: int) -> str:
    r"""With no-break spaces where no line is to be broken: in front of and inside of brackets, and before a unit.

    What is held together is at most ``width`` long.

    >>> held("$12 [$11, $13] or 5 % in 20 ms", 20).replace("\u00a0", "_")
    '$12_[$11,_$13] or 5_% in 20_ms'
    """
    for together in (_INTERVAL, _TOGETHER):
        text = together.sub(lambda found: found[0].replace(" ", _HELD) if len(found[0]) <= width else found[0], text)
    return text


def _broken(word: str, width: int) -> Iterator[str]:
    """A word in parts of at most ``width``: the word itself if it is no longer."""
    line = ""
    for part in _parts(word, width):
        if line and width_of(line) + width_of(part) > width:
            yield line
            line = ""
        line += part
        while width_of(line) > width:
            end = begins_within(line, width)
            yield line[:end]
            line = line[end:]
    yield line


def _parts(word: str, width: int) -> Iterator[str]:
    for part in _BREAKS.split(word) if width_of(word) > width else (word,):
        yield from _MORE_BREAKS.split(part) if width_of(part) > width else (part,)
