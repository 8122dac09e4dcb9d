"""How far an estimate lies from a law, in standard errors; the closed forms themselves are lambdasim.queueing's."""

from __future__ import annotations

import math

import numpy as np

LIMIT = 4  # standard errors: at fixed seeds a true law fails once in 16,000 times


def z_of_mean(values: np.ndarray, expected: float) -> float:
    """Standard errors between the mean of independent ``values`` and ``expected``."""
    return float((np.mean(values) - expected) / (np.std(values, ddof=1) / math.sqrt(len(values))))


def z_of_batches(values: np.ndarray, expected: float, batches: int = 30) -> float:
    """The same for values that depend on their neighbours: the error is that of the means of ``batches`` long runs."""
    kept = values[: len(values) // batches * batches]
    return z_of_mean(kept.reshape(batches, -1).mean(axis=1), expected)
