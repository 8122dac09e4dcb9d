"""Multilinear interpolation: values between the points of a rectangular grid."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def multilinear(
    axes: Sequence[Sequence[float]], table: NDArray[np.float64], point: Sequence[float]
) -> NDArray[np.float64]:
    r"""Values at a point of a grid, by straight lines along each axis between the points around it.

    With :math:`t_i` the share of the way from the grid's value below to the one above along axis i:

    .. math:: f(x) = \sum_{c \in \{0,1\}^d} \prod_i t_i^{c_i} (1 - t_i)^{1 - c_i} f_c

    Straight lines assume no model, and never leave the range of the points around: a cubic spline would overshoot where
    a limit is reached, and show throttles below 0. Where a curve bends, they are off; how far, the grid can tell only
    at points that it has. A point around with no part in the sum (:math:`t_i = 0`) is not looked at.

    Args:
        axes: of each axis its values, rising, at least one.
        table: what was found at each point, shape (values of axis 1, values of axis 2, ..., k).
        point: a value of each axis, in [first, last] of it.

    Returns:
        Shape (k,), NaN where one of the points around has none.

    Raises:
        ValueError: the point lies outside.

    >>> multilinear([[0, 10]], np.array([[1.0], [3.0]]), [2.5])
    array([1.5])
    """
    corners = list[list[tuple[int, float]]]()
    for values, wanted in zip(axes, point, strict=True):
        place, share = between(values, wanted)
        corners.append([(place, 1 - share), (place + 1, share)] if share > 0 else [(place, 1.0)])
    total = np.zeros(table.shape[-1])
    parts = []
    for corner in itertools.product(*corners):
        part = table[tuple(place for place, _ in corner)]
        total = total + math.prod(share for _, share in corner) * part
        parts.append(part)
    bounded: NDArray[np.float64] = np.minimum(np.maximum(total, np.min(parts, axis=0)), np.max(parts, axis=0))
    return bounded  # rounding may have left the range


def between(values: Sequence[float], wanted: float) -> tuple[int, float]:
    """The place of the last value that is not above ``wanted``, and the share of the way to the next one, below 1.

    >>> between([1, 2, 4], 3), between([1, 2, 4], 4)
    ((1, 0.5), (2, 0.0))
    """
    if not values[0] <= wanted <= values[-1]:
        raise ValueError(f"{wanted:g} lies outside {values[0]:g} to {values[-1]:g}")
    place = bisect_right(values, wanted) - 1
    if wanted == values[place]:
        return place, 0.0
    return place, (wanted - values[place]) / (values[place + 1] - values[place])
