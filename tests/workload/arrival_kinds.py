"""Arrival processes of every kind, and how the tests run them."""

from datetime import UTC, datetime

import numpy as np

from lambdasim.randomness import stream
from lambdasim.units import US_PER_HOUR, US_PER_S
from lambdasim.workload.arrivals import (
    AtOnce,
    Batch,
    Bursts,
    ConstantRate,
    Diurnal,
    NoArrivals,
    Piecewise,
    Poisson,
    Renewal,
    Sum,
)
from lambdasim.workload.distributions import Constant, Exponential, Lognormal, Mixture, Uniform
from lambdasim.workload.schedules import Schedule
from lambdasim.workload.traces import CountTrace, Trace

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
PER_S = 1 / US_PER_S
SPREAD = Mixture(((0.5, Constant(0.0)), (0.5, Exponential(2e6))))

KINDS = [
    NoArrivals(),
    ConstantRate(7 * PER_S),
    Poisson(5 * PER_S),
    Renewal(5 * PER_S, 0.3),
    Renewal(5 * PER_S, 3.0),
    Diurnal(2 * PER_S, 3.0, 14 * US_PER_HOUR, 0.4),
    Piecewise(((0, 0.0), (60e6, 20 * PER_S), (60e6, 1 * PER_S), (600e6, 0.0))),
    Piecewise(((10e6, 3 * PER_S), (90e6, 0.0), (200e6, 9 * PER_S)), "step"),
    Bursts(0.0, 50 * PER_S, 20e6, 2e6),
    Batch(0.2 * PER_S, Lognormal.from_mean_cv(40, 2), SPREAD),
    AtOnce(1000, 5_000_000, 100_000_000),
    AtOnce(1000),
    Schedule("rate(1 minute)", jitter=Uniform(0, 100e6)),
    Schedule("cron(0/2 * * * ? *)", "Europe/London", SPREAD),
    Trace(np.array([0, 5, 900, 900, 7000]) * 1000, 1.5, repeat=True),
    Trace(np.array([3, 5]) * US_PER_S),
    CountTrace(np.array([0, 50, 3, 40_000]), 20 * US_PER_S, 0.5, repeat=True),
    Trace(np.array([0, 5, 900, 900, 7000]) * 1000, 1.5, repeat=True, copies=2.4),
    Trace(np.array([3, 5, 5, 9, 30]) * US_PER_S, copies=0.3),
    CountTrace(np.array([0, 50, 3, 700]), 20 * US_PER_S, 0.5, repeat=True, copies=1.7),
    Sum((Poisson(PER_S), ConstantRate(PER_S), Batch(PER_S, Constant(3.0), SPREAD))),
]


def blocks_of(process, until_us, *, seed=1, start=MONDAY):
    return list(process.times_us(stream(seed, "test"), until_us, start))


def times_of(process, until_us, *, seed=1, start=MONDAY):
    return np.concatenate([np.empty(0, dtype=np.int64), *blocks_of(process, until_us, seed=seed, start=start)])


def counts_of(process, until_us, runs, *, start=MONDAY):
    return np.array([times_of(process, until_us, seed=seed, start=start).size for seed in range(runs)])
