"""Systems in which arrivals wait for a server: a queue with a fixed number of pollers, a shard, a message group."""

from __future__ import annotations

import math

from lambdasim.formulas.arguments import not_negative, positive
from lambdasim.formulas.loss import erlang_b


def erlang_c(load: float, servers: int) -> float:
    r"""The share of arrivals that find all servers busy and wait (M/M/c): Erlang's C formula.

    .. math:: C(c, a) = \frac{B(c, a)}{1 - (a / c) (1 - B(c, a))}

    Args:
        load: offered load a, in erlangs; below ``servers``.
        servers: how many servers c.

    Returns:
        The probability of waiting, in [0, 1].

    Raises:
        ValueError: load is not below servers, so that the queue grows for ever.

    References:
        Erlang, A. K. (1917); Gross, D. and Harris, C. M. (1998), Fundamentals of Queueing Theory, 3rd ed., section 2.3.

    Examples:
        >>> round(erlang_c(2, 3), 4)  # an eye clinic: 6 patients an hour, three doctors, 20 minutes each
        0.4444
    """
    _stable(load, servers)
    lost = erlang_b(load, servers)
    return lost / (1 - load / servers * (1 - lost))


def mmc_mean_wait(arrival_rate: float, service_mean: float, servers: int) -> float:
    r"""Mean wait before service, over all arrivals, with exponential service (M/M/c).

    .. math:: W = C(c, a) \, S / (c - a), \quad a = \lambda S

    Args:
        arrival_rate: lambda, arrivals per unit of time.
        service_mean: S, in units of time.
        servers: c.

    Returns:
        Units of time.

    Raises:
        ValueError: arrival_rate x service_mean is not below servers.

    References:
        Gross and Harris (1998), as for :func:`erlang_c`.

    Examples:
        >>> round(60 * mmc_mean_wait(6, 1 / 3, 3), 1)  # the eye clinic's wait, in minutes: 4/27 of an hour
        8.9
    """
    load = _load(arrival_rate, service_mean)
    return erlang_c(load, servers) * service_mean / (servers - load)


def mmc_wait_exceeds(wait: float, arrival_rate: float, service_mean: float, servers: int) -> float:
    r"""The share of arrivals that wait longer than ``wait`` (M/M/c, first come, first served).

    .. math:: P(W > t) = C(c, a) \, e^{-(c - a) t / S}

    Args:
        wait: t, in units of time; 0 gives the share that waits at all.
        arrival_rate: arrivals per unit of time.
        service_mean: S, in units of time.
        servers: c.

    Returns:
        A probability.

    Raises:
        ValueError: arrival_rate x service_mean is not below servers, or wait is negative.

    References:
        Gross and Harris (1998), as for :func:`erlang_c`.

    Examples:
        >>> round(mmc_wait_exceeds(0.5, 6, 1 / 3, 3), 4)  # more than half an hour: 4/9 exp(-3/2)
        0.0992
    """
    not_negative(wait=wait)
    load = _load(arrival_rate, service_mean)
    waits = erlang_c(load, servers)
    return waits * math.exp(-(servers - load) * wait / service_mean) if wait else waits


def mmc_wait_percentile(share: float, arrival_rate: float, service_mean: float, servers: int) -> float:
    r"""The wait that the share ``share`` of arrivals does not exceed (M/M/c, first come, first served).

    .. math:: t_p = \max(0, \ln(C(c, a) / (1 - p)) \, S / (c - a))

    Args:
        share: p, in [0, 1): 0.99 for the 99th percentile.
        arrival_rate: arrivals per unit of time.
        service_mean: S, in units of time.
        servers: c.

    Returns:
        Units of time; 0 if so many do not wait at all.

    Raises:
        ValueError: arrival_rate x service_mean is not below servers, or share outside [0, 1).

    References:
        Gross and Harris (1998), as for :func:`erlang_c`: the tail of :func:`mmc_wait_exceeds`, inverted.

    Examples:
        >>> round(60 * mmc_wait_percentile(0.9, 6, 1 / 3, 3), 1), mmc_wait_percentile(0.5, 6, 1 / 3, 3)
        (29.8, 0.0)
    """
    if not 0 <= share < 1:
        raise ValueError(f"share is {share}; it must be in [0, 1)")
    load = _load(arrival_rate, service_mean)
    waits = erlang_c(load, servers)
    return math.log(waits / (1 - share)) * service_mean / (servers - load) if waits > 1 - share else 0.0


def mgc_mean_wait(arrival_rate: float, service_mean: float, service_cv: float, servers: int) -> float:
    r"""Mean wait before service, with any service (M/G/c): an approximation, exact for exponential service.

    .. math:: W \approx \frac{1 + v^2}{2} \, W_{M/M/c}

    It is exact for one server too (Pollaczek and Khinchine), and off by some per cent for several.

    Args:
        arrival_rate: arrivals per unit of time.
        service_mean: in units of time.
        service_cv: v, the service's coefficient of variation.
        servers: c.

    Returns:
        Units of time.

    Raises:
        ValueError: arrival_rate x service_mean is not below servers, or service_cv is negative.

    References:
        Lee, A. M. and Longton, P. A. (1959), Queueing processes associated with airline passenger check-in, Operational
        Research Quarterly 10; Allen, A. O. (1990), Probability, Statistics, and Queueing Theory, 2nd ed. (there the
        Allen-Cunneen approximation, of which this is the case of Poisson arrivals).

    Examples:
        >>> round(mgc_mean_wait(6, 1 / 3, 0.0, 3) / mmc_mean_wait(6, 1 / 3, 3), 9)  # constant service: half the wait
        0.5
    """
    not_negative(service_cv=service_cv)
    return (1 + service_cv**2) / 2 * mmc_mean_wait(arrival_rate, service_mean, servers)


def mgc_mean_wait_error(
    arrival_rate: float, service_mean: float, service_cv: float, servers: int, span: float
) -> float:
    r"""The standard error of the mean wait over a run of length ``span`` (M/G/c), in heavy traffic.

    .. math:: W \sqrt{\frac{2 a S (1 + v^2)}{T (c - a)^2}}

    Waits depend on each other for long when servers are nearly all busy: this is the reflected Brownian motion that
    the queue then looks like. At light load it is a rough figure.

    Args:
        arrival_rate: arrivals per unit of time.
        service_mean: S, in units of time.
        service_cv: v, the service's coefficient of variation.
        servers: c.
        span: T, in units of time.

    Returns:
        Units of time.

    Raises:
        ValueError: arrival_rate x service_mean is not below servers, or an argument is out of range.

    References:
        Whitt, W. (1989), Planning queueing simulations, Management Science 35.

    Examples:
        >>> wait = mgc_mean_wait(0.9, 1, 1, 1)
        >>> round(mgc_mean_wait_error(0.9, 1, 1, 1, 36_000) / wait, 3)  # a tenth of the wait, after 10 hours
        0.1
    """
    positive(span=span)
    load = _load(arrival_rate, service_mean)
    wait = mgc_mean_wait(arrival_rate, service_mean, service_cv, servers)
    return wait * math.sqrt(2 * load * service_mean * (1 + service_cv**2) / span) / (servers - load)


def mg1_mean_wait(arrival_rate: float, service_mean: float, service_cv: float) -> float:
    r"""Mean wait before service at one server, with any service (M/G/1): Pollaczek and Khinchine's formula.

    .. math:: W = \frac{\lambda E[S^2]}{2 (1 - \rho)}, \quad E[S^2] = S^2 (1 + v^2), \quad \rho = \lambda S

    One shard's invoker, one message group of a FIFO queue, a worker with a reserved concurrency of 1 are such.

    Args:
        arrival_rate: lambda, arrivals per unit of time.
        service_mean: S, in units of time.
        service_cv: v, the service's coefficient of variation.

    Returns:
        Units of time.

    Raises:
        ValueError: arrival_rate x service_mean is not below 1, or service_cv is negative.

    References:
        Pollaczek, F. (1930); Khinchine, A. (1932); Gross and Harris (1998), section 5.1.

    Examples:
        >>> round(mg1_mean_wait(0.8, 1.0, 1.0), 9), round(mg1_mean_wait(0.8, 1.0, 0.0), 9)  # M/M/1, M/D/1
        (4.0, 2.0)
    """
    load = _load(arrival_rate, service_mean)
    _stable(load, 1)
    not_negative(service_cv=service_cv)
    return load * service_mean * (1 + service_cv**2) / (2 * (1 - load))


def _load(arrival_rate: float, service_mean: float) -> float:
    not_negative(arrival_rate=arrival_rate)
    positive(service_mean=service_mean)
    return arrival_rate * service_mean


def _stable(load: float, servers: float) -> None:
    not_negative(load=load)
    if not load < servers:
        raise ValueError(f"a load of {load:g} erlangs is not below {servers:g} servers: the queue would grow for ever")
