r"""What the same work would cost on AWS Fargate, in closed form: how many tasks, at what price, from which rate on.

A run of a function is :math:`c` vCPU-seconds of work and :math:`w` seconds of waiting. A task of :math:`v` vCPUs and
:math:`m` GB that is kept at :math:`u` of its vCPUs serves

.. math:: \mu = \min\left(\frac{u v}{c},\; \frac{\lfloor m / m_1 \rfloor}{w + c / \min(v, k)}\right)

runs a second: as many as its CPU can do, and (by Little's law) as many as its memory has room for at a time, where a
run holds :math:`m_1` of it and uses at most :math:`k` vCPUs. A vCPU of Fargate is taken for a vCPU of Lambda.
At a rate :math:`\lambda` it takes :math:`n = \max(n_{min}, \lceil \lambda / \mu \rceil)` tasks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.parameters.book import Book
from lambdasim.units import HOURS_PER_MONTH, MB_PER_GB

_S_PER_HOUR = 3600
_ROUNDING = 1e-9  # a rate that fills its tasks exactly needs no further one
_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Work:
    """What one run takes: vCPU-seconds, seconds of waiting, MB while it runs; and how many vCPUs it can use at once."""

    vcpu_s: float
    waiting_s: float
    memory_mb: float
    threads: int = 1

    def duration_s(self, vcpu: float) -> float:
        """How long it runs on so many vCPUs if nothing else does."""
        return self.waiting_s + self.vcpu_s / min(vcpu, self.threads)


@dataclass(frozen=True, slots=True)
class Task:
    """A size of task that Fargate offers, and what it costs in an hour."""

    vcpu: float
    memory_gb: float
    usd_per_hour: float

    def runs_per_s(self, work: Work, utilization: float) -> float:
        """How many runs a second it serves at that utilization of its vCPUs; 0 if not even one fits its memory."""
        at_a_time = math.floor(self.memory_gb * MB_PER_GB / work.memory_mb)
        by_memory = at_a_time / max(work.duration_s(self.vcpu), 1e-6)  # a run takes a microsecond at least
        by_cpu = utilization * self.vcpu / work.vcpu_s if work.vcpu_s > 0 else math.inf
        return min(by_cpu, by_memory)


def tasks_offered(book: Book, region: str, architecture: str) -> Iterator[Task]:
    """All sizes of a Linux task in a Region; ``ParameterError`` if the book has no price of them."""
    prices = f"prices/{region}/fargate/{architecture}"
    vcpu_usd, gb_usd = (book.value(f"{prices}/{part}") for part in ("vcpu", "memory"))
    for vcpu, sizes_gb in book.value("fargate/task_sizes").items():
        for memory_gb in sizes_gb:
            yield Task(vcpu, memory_gb, vcpu * vcpu_usd + memory_gb * gb_usd)


@dataclass(frozen=True, eq=False)
class Profile:
    """A load over time: ``rates`` (n,) in runs per second, for ``weights`` (n,) of the time, which add up to 1."""

    rates: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def steady(cls, rate: float) -> Profile:
        """One rate all the time."""
        return cls(np.array([rate]), np.array([1.0]))

    @property
    def mean(self) -> float:
        """Runs per second."""
        return float(self.rates @ self.weights)

    def times(self, factor: float) -> Profile:
        """The same curve, so many times as high."""
        return Profile(self.rates * factor, self.weights)


@dataclass(frozen=True, slots=True)
class FrontDoor:
    """What stands before the tasks: USD an hour, and USD a request."""

    usd_per_hour: float = 0.0
    usd_per_request: float = 0.0


NO_DOOR = FrontDoor()


def load_balancer(book: Book, region: str) -> FrontDoor:
    """An Application Load Balancer: its hours, and capacity units by the new connections that requests open."""
    prices = f"prices/{region}/services/application_load_balancer"
    dimension = "fargate/load_balancer"
    per_lcu = book.value(f"{dimension}/new_connections_per_second") * book.value(f"{dimension}/requests_per_connection")
    return FrontDoor(book.value(f"{prices}/hour"), book.value(f"{prices}/lcu_hour") / (per_lcu * _S_PER_HOUR))


@dataclass(frozen=True, slots=True)
class Service:
    """Tasks of one size that carry a function's work, at least ``minimum`` of them; ``rate``: runs a second by each."""

    task: Task
    rate: float
    minimum: int
    door: FrontDoor = NO_DOOR

    def tasks(self, profile: Profile) -> float:
        """How many run on average, where their number follows the profile."""
        needed = np.maximum(np.ceil(profile.rates / self.rate - _ROUNDING), self.minimum)
        return float(needed @ profile.weights)

    def month_usd(self, profile: Profile, rate: float | None = None) -> float:
        """What a month costs, in USD, with tasks for that profile; ``rate``: runs a second, if not the profile's."""
        hour_usd = self.tasks(profile) * self.task.usd_per_hour + self.door.usd_per_hour
        runs_per_hour = (profile.mean if rate is None else rate) * _S_PER_HOUR
        return HOURS_PER_MONTH * (hour_usd + self.door.usd_per_request * runs_per_hour)

    def crossing(self, shape: Profile, run_usd: float, hour_usd: float = 0.0) -> float:
        r"""The least mean rate (runs/s) at which the tasks cost no more than Lambda; inf if none, 0 if with no load.

        Lambda costs ``run_usd`` a run, and ``hour_usd`` an hour whatever runs; ``shape`` is a profile of mean 1. The
        bills agree where :math:`\lambda = (n(\lambda) p + p_0 - x_0) / (3600\,(x - y))`: n tasks at p an hour, the
        door's p0 an hour and y a run, Lambda's x0 an hour and x a run. The right side never falls, so that its
        repetition from a rate of 0 on climbs to the least such rate. Where one full task costs more than Lambda for the
        same runs, there is none. Above it, one more task may make them dearer again: see :func:`lasting_crossing`.

        With a steady load, no door and at most the minimum of tasks: ``minimum * p / (3600 x)``.

        >>> steady = Profile.steady(1.0)
        >>> round(Service(Task(1, 2, 0.05), rate=40.0, minimum=2).crossing(steady, run_usd=1e-6), 2)
        27.78
        >>> Service(Task(1, 2, 0.05), rate=4.0, minimum=2).crossing(steady, run_usd=1e-6)
        inf
        """
        net_usd, fixed_usd = run_usd - self.door.usd_per_request, self.door.usd_per_hour - hour_usd
        if self.tasks(shape.times(0.0)) * self.task.usd_per_hour + fixed_usd <= 0:
            return 0.0
        if net_usd <= 0 or self.task.usd_per_hour >= self.rate * _S_PER_HOUR * net_usd:
            return math.inf
        rate = 0.0
        for _ in range(_MOST_STEPS):
            tasks_usd = self.tasks(shape.times(rate)) * self.task.usd_per_hour
            following = (tasks_usd + fixed_usd) / (_S_PER_HOUR * net_usd)
            if following <= rate * (1 + _ROUNDING):
                return rate
            rate = following
        return math.inf


def lasting_crossing(candidates: Sequence[Service], shape: Profile, run_usd: float, hour_usd: float = 0.0) -> float:
    r"""The mean rate (runs/s) from which on the cheapest of some services never costs more than Lambda; inf if none.

    ``candidates`` stand behind the same door; the rest is :meth:`Service.crossing`'s. With the least cost of all sizes
    on the right side of its equation, which still never falls, repetition from an upper bound descends to the greatest
    rate at which the bills agree. A task serves what a rate needs with less than one more, so that this is a bound:

    .. math:: \lambda \le \frac{p (1 + n_{min}) + p_0 - x_0}{3600\,(x - y) - p / \mu}

    Two tasks serve 28 runs/s for what Lambda costs at 27.8; the third is not yet paid for at 28.1. From 125 tasks on,
    the next one is paid for as soon as it is needed.

    >>> two = Service(Task(1, 2, 0.05), rate=14.0, minimum=2)
    >>> round(lasting_crossing([two], Profile.steady(1.0), run_usd=1e-6), 2)
    1736.11
    """
    if not candidates:
        return math.inf
    door = candidates[0].door
    hour_net, fixed_usd = _S_PER_HOUR * (run_usd - door.usd_per_request), door.usd_per_hour - hour_usd
    bounds = (
        (each.task.usd_per_hour * (1 + each.minimum) + fixed_usd) / (hour_net - each.task.usd_per_hour / each.rate)
        for each in candidates
        if each.task.usd_per_hour < each.rate * hour_net
    )
    rate = max(0.0, min(bounds, default=math.inf))
    if not math.isfinite(rate):
        return math.inf
    usd, serves, minima = (
        np.array(values)
        for values in zip(*((each.task.usd_per_hour, each.rate, each.minimum) for each in candidates), strict=True)
    )
    for _ in range(_MOST_STEPS):
        needed = np.ceil(np.outer(1 / serves, shape.rates * rate) - _ROUNDING)
        tasks = np.maximum(needed, minima[:, np.newaxis]) @ shape.weights
        following = max(0.0, (float((tasks * usd).min()) + fixed_usd) / hour_net)
        if following >= rate * (1 - _ROUNDING):
            break
        rate = following
    return rate


def services(book: Book, region: str, architecture: str, work: Work, door: FrontDoor = NO_DOOR) -> tuple[Service, ...]:
    """A service of each size of task that can do the work, at the book's utilization and least number of tasks."""
    utilization = book.value("fargate/service/target_utilization")
    minimum = book.value("fargate/service/minimum_tasks")
    rates = ((task, task.runs_per_s(work, utilization)) for task in tasks_offered(book, region, architecture))
    return tuple(Service(task, rate, minimum, door) for task, rate in rates if rate > 0)
