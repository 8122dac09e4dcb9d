"""Ranges: all values between two ends, as a user writes them: ``128..1024``, ``30s..180s``, ``0.1..2``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_BETWEEN = ".."
_EXAMPLE = "write for example 128..1024, 30s..180s or 0.1..2"
_END = re.compile(r"\s*(?P<number>[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<unit>[^\d\s.][^\d.]*?)?\s*")


@dataclass(frozen=True, slots=True)
class Range:
    """All values from ``low`` to ``high``, both included, in ``unit`` (empty for bare numbers).

    ``whole`` says that only whole numbers of the unit are meant: both ends were written as such.
    """

    low: float
    high: float
    unit: str = ""
    whole: bool = False

    def text(self, value: float) -> str:
        """A value of it as it is written in a scenario.

        >>> Range(30, 180, "s", whole=True).text(45), Range(0.1, 2).text(0.25), Range(1, 9, whole=True).text(3)
        ('45 s', '0.25', '3')
        """
        number = str(round(value)) if self.whole else repr(float(value))
        return f"{number} {self.unit}" if self.unit else number

    @property
    def count(self) -> int:
        """How many values it has, if only whole numbers are meant; ``ValueError`` if not."""
        if not self.whole:
            raise ValueError(f"{self} is not in whole numbers, so it has no next value; write the values one by one")
        return round(self.high) - round(self.low) + 1

    def __str__(self) -> str:
        ends = (self.text(self.low), self.text(self.high))
        return _BETWEEN.join(end.replace(" ", "") for end in ends)


def number_and_unit(text: str) -> tuple[float, str] | None:
    """A single number with its unit, empty for a bare one; None of anything else.

    >>> number_and_unit("2.5 s"), number_and_unit("512"), number_and_unit("1h30m"), number_and_unit("arm64")
    ((2.5, 's'), (512.0, ''), None, None)
    """
    found = _END.fullmatch(text)
    if found is None or not math.isfinite(float(found["number"])):
        return None
    return float(found["number"]), found["unit"] or ""


def is_range(text: str) -> bool:
    """Whether a text means a range.

    >>> is_range("128..1024"), is_range("128,1024"), is_range("1.5")
    (True, False, False)
    """
    return _BETWEEN in text


def parse_range(text: str) -> Range:
    """The range that ``text`` means; ``ValueError`` says what is wrong with it.

    A unit stands at both ends and is the same at both; it may be left out at the first.

    >>> parse_range("128..1024")
    Range(low=128.0, high=1024.0, unit='', whole=True)
    >>> parse_range("0.5s .. 3s")
    Range(low=0.5, high=3.0, unit='s', whole=False)
    """
    ends = text.split(_BETWEEN)
    if len(ends) != 2:
        raise ValueError(f"{text!r} is no range; {_EXAMPLE}")
    low, high = (_END.fullmatch(end) for end in ends)
    if low is None or high is None:
        wrong = ends[0] if low is None else ends[1]
        raise ValueError(f"{text!r} is no range: {wrong.strip()!r} is no number; {_EXAMPLE}")
    units = low["unit"] or "", high["unit"] or ""
    if units[0] not in ("", units[1]):
        second = f"{units[1]!r}" if units[1] else "none"
        raise ValueError(f"{text!r} has the unit {units[0]!r} at one end and {second} at the other; use one")
    numbers = float(low["number"]), float(high["number"])
    if not all(map(math.isfinite, numbers)):
        raise ValueError(f"{text!r} has an end that is too large; {_EXAMPLE}")
    if numbers[0] > numbers[1]:
        raise ValueError(
            f"{text!r} is empty: {ends[0].strip()} is above {ends[1].strip()}; write the smaller end first"
        )
    whole = all(re.fullmatch(r"[-+]?\d+", end["number"]) for end in (low, high))
    return Range(*numbers, units[1], whole)
