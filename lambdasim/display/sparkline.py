"""Sparklines: a series as one line of text, as high as its values (E. R. Tufte, Beautiful Evidence, 2006, 46-63)."""

from __future__ import annotations

import math
from collections.abc import Sequence

LEVELS = {True: "▁▂▃▄▅▆▇█", False: "_.-:=+*#"}  # in blocks, and in ASCII; the lowest is nothing at all
_GAP = " "
_STEPS_MIN = (1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440)


def sparkline(values: Sequence[float], *, in_blocks: bool = True) -> str:
    """A character for each value (>= 0): the highest has the full block, 0 alone the lowest level, NaN none.

    Between them the seven upper levels are a seventh of the highest value each.

    >>> sparkline([0, 1, 50, 100, math.nan, 14.2]), sparkline([0, 1, 50, 100, math.nan, 14.2], in_blocks=False)
    ('▁▂▅█ ▂', '_.=# .')
    >>> sparkline([0, 0])
    '▁▁'
    """
    levels = LEVELS[in_blocks]
    top = max((value for value in values if value == value), default=0.0)  # noqa: PLR0124  not NaN
    steps = len(levels) - 1
    return "".join(
        _GAP if math.isnan(value) else levels[max(1, min(steps, math.ceil(value / top * steps))) if value > 0 else 0]
        for value in values
    )


def step_min(minutes: int, width: int) -> int:
    """The least handy number of minutes (an hour, a day, whole days) of which ``width`` cover ``minutes``.

    >>> step_min(10, 40), step_min(1440, 50), step_min(100_000, 10)
    (1, 30, 10080)
    """
    steps = (step for step in _STEPS_MIN if step * width >= minutes)
    return next(steps, _STEPS_MIN[-1] * -(-minutes // (_STEPS_MIN[-1] * width)))


def in_steps(values: Sequence[float], step: int, *, added: bool = False) -> list[float]:
    """Each ``step`` values as one: the highest, of counts (``added``) the sum; NaN where there is none.

    >>> in_steps([1, 4, 2, math.nan, math.nan, math.nan, 3], 3), in_steps([1, 4, 2, 3], 3, added=True)
    ([4, nan, 3], [7, 3])
    """
    parts = [[value for value in values[at : at + step] if value == value] for at in range(0, len(values), step)]  # noqa: PLR0124
    return [(sum(part) if added else max(part)) if part else math.nan for part in parts]
