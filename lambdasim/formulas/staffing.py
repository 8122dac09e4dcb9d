"""Staffing: how many servers a load needs, for a target share of arrivals that are lost or that wait."""

from __future__ import annotations

import math
from collections.abc import Callable

from lambdasim.formulas.arguments import not_negative, probability
from lambdasim.formulas.loss import losses

_LARGEST_BETA = 37.0  # beyond it the probability of waiting is below the smallest float
_BISECTIONS = 200  # more than halve any float's range down to its last bit


def servers_for_blocking(load: float, blocking: float) -> int:
    """The fewest servers with which at most the share ``blocking`` of arrivals is lost: Erlang B the other way round.

    Args:
        load: offered load, in erlangs.
        blocking: the share that may be lost, in (0, 1].

    Returns:
        The smallest c with B(c, load) <= blocking.

    Raises:
        ValueError: load is negative, or blocking outside (0, 1].

    References:
        As for :func:`erlang_b`; the recursion goes on until B is low enough.

    Examples:
        >>> servers_for_blocking(10, 0.01)  # as in traffic tables
        18
    """
    not_negative(load=load)
    probability(blocking=blocking)
    return next(n for n, lost in enumerate(losses(load)) if lost <= blocking)


def servers_for_wait(load: float, wait_probability: float) -> int:
    """The fewest servers with which at most the share ``wait_probability`` of arrivals waits: Erlang C, inverted.

    Args:
        load: offered load, in erlangs.
        wait_probability: the share that may wait, in (0, 1].

    Returns:
        The smallest c above ``load`` with C(c, load) <= wait_probability.

    Raises:
        ValueError: load is negative, or wait_probability outside (0, 1].

    References:
        As for :func:`erlang_c`.

    Examples:
        >>> servers_for_wait(10, 0.2), servers_for_wait(100, 0.01)
        (14, 125)
    """
    not_negative(load=load)
    probability(wait_probability=wait_probability)
    return next(
        n for n, lost in enumerate(losses(load)) if n > load and lost / (1 - load / n * (1 - lost)) <= wait_probability
    )


def halfin_whitt(beta: float) -> float:
    r"""The share of arrivals that wait if there are load + beta sqrt(load) servers, in the limit of large loads.

    .. math:: \alpha = \left[1 + \beta \Phi(\beta) / \varphi(\beta)\right]^{-1}

    with the distribution and the density of the standard normal.

    Args:
        beta: the margin in square roots of the load; 0 or more.

    Returns:
        The probability of waiting, in (0, 1].

    Raises:
        ValueError: beta is negative.

    References:
        Halfin, S. and Whitt, W. (1981), Heavy-traffic limits for queues with many exponential servers, Operations
        Research 29, proposition 1.

    Examples:
        >>> round(halfin_whitt(1), 4)
        0.2234
    """
    not_negative(beta=beta)
    if beta > _LARGEST_BETA:
        return 0.0
    below = (1 + math.erf(beta / math.sqrt(2))) / 2
    return 1 / (1 + beta * below * math.sqrt(2 * math.pi) * math.exp(beta**2 / 2))


def square_root_staffing(load: float, wait_probability: float) -> int:
    r"""The servers for a load and a target probability of waiting: the square-root rule.

    .. math:: c = \lceil a + \beta \sqrt{a} \rceil, \quad \alpha(\beta) = \text{target}

    Args:
        load: offered load a, in erlangs.
        wait_probability: the share that may find all servers busy, in (0, 1].

    Returns:
        How many servers, to one or two those of :func:`servers_for_wait`.

    Raises:
        ValueError: load is negative, or wait_probability outside (0, 1].

    References:
        Halfin and Whitt (1981), as for :func:`halfin_whitt`; Gans, N., Koole, G. and Mandelbaum, A. (2003), Telephone
        call centers: tutorial, review, and research prospects, Manufacturing & Service Operations Management 5.

    Examples:
        >>> square_root_staffing(100, 0.01), square_root_staffing(10_000, 0.01)  # 24 % over the load, and 2.4 %
        (124, 10238)
    """
    not_negative(load=load)
    probability(wait_probability=wait_probability)
    beta = _falls_to(halfin_whitt, wait_probability, _LARGEST_BETA)
    return math.ceil(load + beta * math.sqrt(load))


def _falls_to(function: Callable[[float], float], target: float, most: float) -> float:
    """Where a falling ``function`` comes down to ``target``, within [0, most]."""
    low, high = 0.0, most
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > target else (low, middle)
    return high
