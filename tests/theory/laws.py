"""Closed forms, and how far an estimate lies from one, in standard errors."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

LIMIT = 4  # standard errors: at fixed seeds a true law fails once in 16,000 times


def erlang_b(load: float, servers: int) -> float:
    """The share of calls lost by ``servers`` without a queue: B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1.

    >>> round(erlang_b(2016, 1000), 6)  # facts that other simulators publish
    0.504455
    """
    lost = 1.0
    for n in range(1, servers + 1):
        lost = load * lost / (n + load * lost)
    return lost


def erlang_b_between(load: float, servers: float) -> float:
    """Erlang B for any number of servers: 1 / B = integral of a exp(-a y) (1 + y)^n over y > 0 (Jagerman, 1974).

    >>> round(erlang_b_between(5, 10) / erlang_b(5, 10), 9)
    1.0
    """
    log = servers * math.log(load) - load - math.lgamma(servers + 1)
    return math.exp(log) / float(special.gammaincc(servers + 1, load))


def overflow(load: float, servers: int) -> tuple[float, float]:
    """Mean and variance of the load that ``servers`` lose (Riordan, in Wilkinson, Bell System Tech. J. 35, 1956).

    >>> mean, variance = overflow(10, 10)
    >>> round(mean, 3), variance > mean  # it comes in bursts
    (2.146, True)
    """
    mean = load * erlang_b(load, servers)
    return mean, mean * (1 - mean + load / (servers + 1 - load + mean))


def hayward(mean: float, variance: float, servers: int) -> float:
    """The share that ``servers`` lose of a load with that mean and variance: Hayward's approximation, B(a/z, n/z).

    ``z`` is variance / mean (Fredericks, Bell System Tech. J. 59, 1980).
    """
    z = variance / mean
    return erlang_b_between(mean / z, servers / z)


def z_of_mean(values: np.ndarray, expected: float) -> float:
    """Standard errors between the mean of independent ``values`` and ``expected``."""
    return float((np.mean(values) - expected) / (np.std(values, ddof=1) / math.sqrt(len(values))))


def z_of_batches(values: np.ndarray, expected: float, batches: int = 30) -> float:
    """The same for values that depend on their neighbours: the error is that of the means of ``batches`` long runs."""
    kept = values[: len(values) // batches * batches]
    return z_of_mean(kept.reshape(batches, -1).mean(axis=1), expected)
