"""Systems in which nobody waits and nobody is lost: Lambda below its limits, where each event has an environment."""

from __future__ import annotations

import math

from lambdasim.formulas.arguments import not_negative, positive

_FAR = 40  # standard deviations: no share of time that a float can tell from 0 lies beyond


def mginf_busy(busy: int, load: float) -> float:
    r"""The share of time in which just ``busy`` servers are, of ever so many (M/G/infinity): Poisson's law.

    .. math:: P(N = n) = e^{-a} a^n / n!

    Mean and variance are the load, whatever the service's law.

    Args:
        busy: n, a whole number.
        load: offered load a, in erlangs: the mean concurrency.

    Returns:
        A probability.

    Raises:
        ValueError: an argument is negative.

    References:
        Takacs, L. (1962), Introduction to the Theory of Queues, chapter 3; Gross and Harris (1998), section 5.2.

    Examples:
        >>> round(mginf_busy(3, 2.0), 4)
        0.1804
    """
    not_negative(busy=busy, load=load)
    if load == 0:
        return float(busy == 0)
    return math.exp(busy * math.log(load) - load - math.lgamma(busy + 1))


def mginf_level(share: float, load: float) -> int:
    """The concurrency that is not exceeded for the share ``share`` of the time (M/G/infinity): Poisson's quantile.

    Args:
        share: in (0, 1): 0.99 for the 99th percentile.
        load: offered load, in erlangs.

    Returns:
        The smallest n with P(N <= n) >= share.

    Raises:
        ValueError: load is negative, or share outside (0, 1).

    References:
        As for :func:`mginf_busy`.

    Examples:
        >>> mginf_level(0.99, 10.0)  # as in Poisson tables
        18
    """
    not_negative(load=load)
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; it must be in (0, 1)")
    below = 0.0
    most = math.ceil(load + _FAR * (math.sqrt(load) + 1))  # rounding may keep the sum below `share`
    for n in range(most):
        below += mginf_busy(n, load)
        if below >= share:
            return n
    return most


def mginf_mean_error(arrival_rate: float, service_mean: float, service_cv: float, span: float) -> float:
    r"""The standard error of the mean concurrency over a run of length ``span`` (M/G/infinity).

    .. math:: \sqrt{\lambda E[S^2] / T}, \quad E[S^2] = S^2 (1 + v^2)

    Derivation: but for the two ends, the mean concurrency is the sum of the services of all arrivals over T. That is a
    compound Poisson sum: its variance is the mean number of arrivals, lambda T, times the service's second moment.

    Args:
        arrival_rate: lambda, arrivals per unit of time.
        service_mean: S, in units of time.
        service_cv: v, the service's coefficient of variation.
        span: T, in units of time; long against a service.

    Returns:
        Erlangs.

    Raises:
        ValueError: an argument is out of range.

    References:
        Riordan, J. (1951), Telephone traffic time averages, Bell System Technical Journal 30.

    Examples:
        >>> mginf_mean_error(10, 1.0, 0.0, 1000)
        0.1
    """
    not_negative(arrival_rate=arrival_rate, service_mean=service_mean, service_cv=service_cv)
    positive(span=span)
    return service_mean * math.sqrt(arrival_rate * (1 + service_cv**2) / span)


def nobody_left_probability(arrival_rate: float, idle_timeout: float, service_mean: float = 0.0) -> float:
    r"""The share of events that find no environment alive, if a quiet function loses all after ``idle_timeout``.

    .. math:: P = e^{-\lambda (T + S)}

    A function has environments as long as a request was under way within the last T: it is M/G/infinity with services
    that last T longer, and an event comes to an empty one with the probability of Poisson's law for 0. With S = 0 it is
    the share of gaps longer than T: each such event starts cold.

    Args:
        arrival_rate: lambda, events per unit of time.
        idle_timeout: T, in units of time, the same for every environment.
        service_mean: S, how long a request holds its environment.

    Returns:
        A probability; cold starts because all environments are busy come on top.

    Raises:
        ValueError: an argument is negative.

    References:
        Takacs (1962), as for :func:`mginf_busy`; Mahmoudi, N. and Khazaei, H. (2020), Performance modeling of
        serverless computing platforms, IEEE Transactions on Cloud Computing (the idle rule).

    Examples:
        >>> round(nobody_left_probability(1 / 180, 600), 4)  # an event every 3 minutes, gone after 10
        0.0357
    """
    not_negative(arrival_rate=arrival_rate, idle_timeout=idle_timeout, service_mean=service_mean)
    return math.exp(-arrival_rate * (idle_timeout + service_mean))


def environment_life(arrival_rate: float, idle_timeout: float, service_mean: float = 0.0) -> float:
    r"""For how long a function has environments without a break, on average: a busy period of M/G/infinity.

    .. math:: E = \frac{e^{\lambda (T + S)} - 1}{\lambda}

    Args:
        arrival_rate: lambda, events per unit of time; above 0.
        idle_timeout: T, in units of time.
        service_mean: S, in units of time.

    Returns:
        Units of time, the last idle timeout included.

    Raises:
        ValueError: arrival_rate is not above 0, or another argument negative.

    References:
        Takacs (1962), as for :func:`mginf_busy`.

    Examples:
        >>> round(environment_life(1 / 180, 600), 2)  # SimFaaS, its notebook 01: 4931.7 s, simulated
        4865.69
    """
    positive(arrival_rate=arrival_rate)
    not_negative(idle_timeout=idle_timeout, service_mean=service_mean)
    return math.expm1(arrival_rate * (idle_timeout + service_mean)) / arrival_rate
