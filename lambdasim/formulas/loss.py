"""Loss systems: who finds all servers busy goes away. Reserved and provisioned concurrency are such."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count, islice, pairwise

from lambdasim.formulas.arguments import not_negative, positive

_MOST_FOR_GAMMA = 100.0  # erlangs up to which the incomplete gamma function is far from running out of range


def erlang_b(load: float, servers: float) -> float:
    r"""The share of arrivals that find all servers busy and are lost (M/G/c/c): Erlang's B formula.

    .. math:: B(c, a) = \frac{a^c / c!}{\sum_{k=0}^{c} a^k / k!}, \quad B(c) = \frac{a B(c-1)}{c + a B(c-1)}

    It depends on the service only through its mean. For a number of servers that is not whole it is
    1 / B(c, a) = a times the integral of exp(-a y) (1 + y)^c over y > 0.

    Args:
        load: offered load a, in erlangs; 0 or more.
        servers: how many servers c, 0 or more; whole or not.

    Returns:
        The probability of loss, in [0, 1].

    Raises:
        ValueError: an argument is negative or no number.

    References:
        Erlang, A. K. (1917); Cooper, R. B. (1981), Introduction to Queueing Theory, 2nd ed., section 3.3; Jagerman,
        D. L. (1974), Some properties of the Erlang loss function, Bell System Technical Journal 53.

    Examples:
        >>> round(erlang_b(10, 15), 4)  # as in traffic tables
        0.0365
        >>> round(erlang_b(2016, 1000), 6), round(erlang_b(1991, 1000), 6)  # as SimFaaS and pacsltk give them
        (0.504455, 0.498245)
        >>> erlang_b(10, 14.5) > erlang_b(10, 15)
        True
    """
    not_negative(load=load, servers=servers)
    whole = math.floor(servers)
    return next(islice(losses(load, servers - whole), whole, None))


def losses(load: float, first: float = 0.0) -> Iterator[float]:
    """Erlang B of ``first`` servers (in [0, 1)), and of 1, 2, ... more."""
    lost = _below_one(load, first) if first else 1.0
    for n in count(1):
        yield lost
        lost = load * lost / (n + first + load * lost)


def _below_one(load: float, servers: float) -> float:
    """Erlang B for less than one server, by special functions that both give the integral."""
    if load == 0:
        return 0.0
    from scipy import special  # noqa: PLC0415  heavy

    if load > _MOST_FOR_GAMMA:  # where it is Tricomi's function U(1, c + 2, a)
        return 1 / (load * float(special.hyperu(1, servers + 2, load)))
    density = math.exp(servers * math.log(load) - load - math.lgamma(servers + 1))
    return density / float(special.gammaincc(servers + 1, load))


def overflow(load: float, servers: int) -> tuple[float, float]:
    r"""Mean and variance of the load that ``servers`` cannot take, as ever so many further servers would have it.

    .. math:: m = a B(c, a), \quad v = m \left(1 - m + \frac{a}{c + 1 - a + m}\right)

    Their ratio v / m, the peakedness, is above 1: overflow comes in bursts.

    Args:
        load: offered load a, in erlangs; above 0.
        servers: c.

    Returns:
        (mean, variance), in erlangs and their squares.

    Raises:
        ValueError: load is not above 0, or servers negative.

    References:
        Riordan, in Wilkinson, R. I. (1956), Theories for toll traffic engineering in the U.S.A., Bell System Technical
        Journal 35, appendix I.

    Examples:
        >>> mean, variance = overflow(10, 10)
        >>> round(mean, 3), variance > mean
        (2.146, True)
    """
    positive(load=load)
    mean = load * erlang_b(load, servers)
    return mean, mean * (1 - mean + load / (servers + 1 - load + mean))


def hayward(mean: float, variance: float, servers: float) -> float:
    r"""The share lost of traffic that is not Poisson: Hayward's approximation.

    .. math:: B(c / z, m / z), \quad z = v / m

    For the load that several functions spill over into one pool: means add, and so do variances.

    Args:
        mean: m, the load's mean in erlangs, above 0.
        variance: v, its variance, above 0 (:func:`overflow`).
        servers: c, whole or not.

    Returns:
        A probability.

    Raises:
        ValueError: an argument is out of range.

    References:
        Fredericks, A. A. (1980), Congestion in blocking systems: a simple approximation technique, Bell System
        Technical Journal 59.

    Examples:
        >>> round(hayward(10, 10, 15), 4)  # of Poisson traffic it is Erlang B
        0.0365
        >>> hayward(10, 20, 15) > hayward(10, 10, 15)
        True
    """
    positive(mean=mean, variance=variance)
    z = variance / mean
    return erlang_b(mean / z, servers / z)


def erlang_b_error(load: float, servers: int, arrivals: float) -> float:
    r"""The standard error of the share lost of so many arrivals, in a run that begins in equilibrium.

    .. math:: \sqrt{v / n}, \quad v = \sum_{i < c} \pi_i \left[(\Delta_i - B)^2 + \Delta_i^2\right] + B (1 - B)^2,
        \quad \Delta_i = B(c, a) / B(i, a)

    with pi_i the share of time in which i servers are busy. Losses come in bursts, so it is more than a coin's. Exact
    for many arrivals and exponential service; other laws of service change it a little.

    Derivation: with x = 1 at a loss, else 0, less B, the sum of x over arrivals is a martingale less g(N), where g
    solves Poisson's equation; for a birth-and-death process g(i + 1) - g(i) = B pi(0..i) / pi(i) = B(c) / B(i), and v
    is the martingale's quadratic variation for each arrival.

    Args:
        load: offered load a, in erlangs; above 0.
        servers: c, 1 or more.
        arrivals: n, how many events came.

    Returns:
        A share.

    Raises:
        ValueError: an argument is out of range.

    References:
        Whitt, W. (1992), Asymptotic formulas for Markov processes with applications to simulation, Operations Research
        40 (birth-and-death processes); Srikant, R. and Whitt, W. (1996), Simulation run lengths to estimate blocking
        probabilities, ACM Transactions on Modeling and Computer Simulation 6.

    Examples:
        >>> round(erlang_b_error(10, 15, 10_000), 5), round((0.0365 * 0.9635 / 10_000) ** 0.5, 5)  # and a coin's
        (0.00378, 0.00188)
    """
    positive(load=load, servers=servers, arrivals=arrivals)
    lost, states = _states(load, servers)
    variance = sum(share * ((rise - lost) ** 2 + rise**2) for share, rise in states) + lost * (1 - lost) ** 2
    return math.sqrt(variance / arrivals)


def erlang_b_shortfall(load: float, servers: int) -> float:
    r"""How many arrivals fewer are lost, all in all, because a run begins with all servers free.

    .. math:: \sum_{i=1}^{c} \pi_i \sum_{j < i} B(c, a) / B(j, a)

    Args:
        load: offered load a, in erlangs; above 0.
        servers: c, 1 or more.

    Returns:
        A number of arrivals, exact for exponential service.

    Raises:
        ValueError: an argument is out of range.

    References:
        As for :func:`erlang_b_error`: g's mean in equilibrium, less g(0).

    Examples:
        >>> round(erlang_b_shortfall(2.0, 1), 4)  # one server, a = 2: (2/3)^2
        0.4444
    """
    positive(load=load, servers=servers)
    lost, states = _states(load, servers)
    risen = short = 0.0
    for (_, rise), (share, _) in pairwise([*states, (lost, 0.0)]):
        risen += rise
        short += share * risen
    return short


def _states(load: float, servers: int) -> tuple[float, list[tuple[float, float]]]:
    """B(c), and (pi_i, B(c) / B(i)) of each state i below c."""
    lost_by = list(islice(losses(load), servers + 1))
    share = lost = lost_by[-1]
    states = []
    for n in range(servers, 0, -1):
        share *= n / load
        states.append((share, lost / lost_by[n - 1] if lost else 0.0))
    return lost, states[::-1]
