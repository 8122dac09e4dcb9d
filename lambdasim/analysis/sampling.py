"""Points to simulate at: a grid over values, or a Latin hypercube over ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.analysis.ranges import Range, is_range, parse_range
from lambdasim.analysis.variants import OPTION, grid, yaml_text
from lambdasim.errors import InputError, Problem
from lambdasim.randomness import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOG = "log"
MOST_POINTS = 100_000
_DIGITS = 6  # of a number that was drawn: what is simulated is what the table shows


def points(vary: Mapping[str, Sequence[Any]], sample: int | None, seed: int) -> list[dict[str, str]]:
    """The values of each point, by path: the grid over all values, or ``sample`` points drawn over ranges.

    A path's values are a list, or one range ``LOW..HIGH``, spaced by logarithms if ``log`` follows it. Where points are
    drawn, those of a list come equally often.

    Raises:
        InputError: there is nothing to vary, a range is none or comes without ``sample``, or there are too many points.
    """
    problems, ranges = list[Problem](), dict[str, Range]()
    for path, values in vary.items():
        try:
            if (found := _range(values, sample)) is not None:
                ranges[path] = found
        except ValueError as error:
            problems.append(Problem(OPTION, None, None, path, str(error)))
    number = math.prod(len(values) for values in vary.values()) if sample is None else sample
    if not vary or not number:
        text = "name what to vary, such as functions.api.memory_size=256,512"
        problems.append(Problem(OPTION, None, None, "", text))
    if number > MOST_POINTS:
        text = f"{number:,} points are more than {MOST_POINTS:,}; try fewer values, or draw some points with --sample"
        problems.append(Problem(OPTION if sample is None else "--sample", None, None, "", text))
    if problems:
        raise InputError(problems)
    return grid(vary) if sample is None else _drawn(vary, ranges, sample, seed)


def ends(vary: Mapping[str, Sequence[Any]]) -> list[dict[str, str]]:
    """For each range its two ends, alone: whatever is wrong with a range shows there."""
    ranges = {path: parse_range(values[0]) for path, values in vary.items() if _is_range(values)}
    return [{path: _text(found, end)} for path, found in ranges.items() for end in (found.low, found.high)]


def _is_range(values: Sequence[Any]) -> bool:
    return bool(values) and isinstance(values[0], str) and is_range(values[0]) and values[0][0] not in "./"


def _range(values: Sequence[Any], sample: int | None) -> Range | None:
    """The range that ``values`` are; None if they are a list."""
    if not _is_range(values):
        return None
    found = parse_range(values[0])
    if len(values) > 1 and list(values[1:]) != [LOG]:
        raise ValueError(f"a range stands alone, or with {LOG!r} after it: {values[0]},{LOG}")
    if len(values) > 1 and found.low <= 0:
        raise ValueError(f"{values[0]!r} has no logarithms: its lower end must be above 0")
    if sample is None:
        raise ValueError(f"{values[0]!r} is a range; say with --sample how many points to draw, or list its values")
    return found


def _drawn(
    vary: Mapping[str, Sequence[Any]], ranges: Mapping[str, Range], sample: int, seed: int
) -> list[dict[str, str]]:
    columns = dict[str, list[str]]()
    for path, values in vary.items():
        shares = hypercube_column(sample, seed, path)
        if path in ranges:
            columns[path] = [_text(ranges[path], value) for value in _spread(ranges[path], shares, len(values) > 1)]
        else:
            columns[path] = [yaml_text(values[place]) for place in np.floor(shares * len(values)).astype(int)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def hypercube_column(n: int, seed: int, path: str) -> NDArray[np.float64]:
    """One dimension of a Latin hypercube: in each n-th of [0, 1) one number, in random order; shape (n,).

    Each path has a stream of its own, so that one more path moves no other's values.

    References:
        M. D. McKay, R. J. Beckman, W. J. Conover, "A comparison of three methods for selecting values of input
        variables in the analysis of output from a computer code", Technometrics 21 (1979), 239-245.
    """
    generator = stream(seed, "latin hypercube", path)
    shares: NDArray[np.float64] = (generator.permutation(n) + generator.random(n)) / n
    return shares


def _spread(found: Range, shares: NDArray[np.float64], by_logarithm: bool) -> list[float]:
    """Numbers in [0, 1) as values of the range; whole ones are equally likely, both ends included."""
    low, high = found.low, found.high + (1 if _counts(found) else 0)
    values = low * (high / low) ** shares if by_logarithm else low + (high - low) * shares
    if _counts(found):
        values = np.minimum(np.floor(values), found.high)
    return [float(value) for value in values]


def _text(found: Range, value: float) -> str:
    """A value as a scenario has it: without an exponent, which YAML may take for text."""
    if _counts(found):
        return found.text(value)
    number = np.format_float_positional(value, _DIGITS, fractional=False, trim="-")
    return f"{number} {found.unit}".rstrip()


def _counts(found: Range) -> bool:
    """Whether there is nothing between its whole numbers; between 1 s and 2 s there is."""
    return found.whole and not found.unit
