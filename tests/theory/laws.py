"""Closed forms, and how far an estimate lies from one, in standard errors."""

from __future__ import annotations

import math

import numpy as np

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


def z_of_mean(values: np.ndarray, expected: float) -> float:
    """Standard errors between the mean of independent ``values`` and ``expected``."""
    return float((np.mean(values) - expected) / (np.std(values, ddof=1) / math.sqrt(len(values))))


def z_of_batches(values: np.ndarray, expected: float, batches: int = 30) -> float:
    """The same for values that depend on their neighbours: the error is that of the means of ``batches`` long runs."""
    kept = values[: len(values) // batches * batches]
    return z_of_mean(kept.reshape(batches, -1).mean(axis=1), expected)
