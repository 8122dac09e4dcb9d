"""How much room text takes on a terminal: a sign of Chinese, Japanese or Korean, and an emoji, the room of two."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

_IS_WIDE = {"W", "F"}  # Wide and Fullwidth: Unicode Standard Annex 11, East Asian Width


def width_of(text: str) -> int:
    r"""How many columns of a terminal ``text`` takes.

    >>> width_of("shop"), width_of("日本語"), width_of("cafe\u0301")
    (4, 6, 4)
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def begins_within(text: str, width: int) -> int:
    """How many signs of ``text``, one at least, take ``width`` columns or fewer.

    >>> begins_within("shop", 3), begins_within("日本語", 5)
    (3, 2)
    """
    taken = 0
    for place, sign in enumerate(text):
        taken += _columns(sign)
        if taken > width:
            return max(place, 1)
    return len(text)


def _columns(sign: str) -> int:
    if combining(sign):
        return 0
    return 2 if east_asian_width(sign) in _IS_WIDE else 1
