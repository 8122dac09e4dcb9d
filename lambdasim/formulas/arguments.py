"""What the arguments of formulas must be; ValueError tells which of them is not, and what it is."""

from __future__ import annotations

import math


def not_negative(**values: float) -> None:
    """Each is 0 or more, and finite."""
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} is {value}; it must be 0 or more, and finite")


def positive(**values: float) -> None:
    """Each is above 0, and finite."""
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is {value}; it must be above 0, and finite")


def probability(**values: float) -> None:
    """Each is in (0, 1]."""
    for name, value in values.items():
        if not 0 < value <= 1:
            raise ValueError(f"{name} is {value}; it must be above 0, and at most 1")
