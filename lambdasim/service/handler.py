"""How long a handler runs and how it ends: CPU share by memory, first-call extra, timeout, failures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import Outcome
from lambdasim.service.cold_start import whole_us
from lambdasim.units import US_PER_MS

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.functions import Configuration
    from lambdasim.workload.distributions import Distribution


def vcpus(memory_mb: float, threads: int, mb_per_vcpu: float) -> float:
    """The vCPUs that code with ``threads`` threads can use: memory / 1769 MB, but not more than its threads.

    Source: AWS Lambda developer guide, configuration-memory (1,769 MB is one vCPU).

    >>> vcpus(884.5, 1, 1769), vcpus(10240, 1, 1769)
    (0.5, 1)
    """
    return min(memory_mb / mb_per_vcpu, threads)


def duration_scale(
    memory_mb: float, measured_at_mb: float, cpu_fraction: float, threads: int, mb_per_vcpu: float
) -> float:
    """The factor from a duration measured at one memory size to another: CPU time scales, waiting does not.

    ``scale = (1 - f) + f * vcpus(measured) / vcpus(memory)``, f being the share of CPU time when measured.

    >>> duration_scale(256, 512, 0.5, 1, 1769)
    1.5
    """
    speedup = vcpus(measured_at_mb, threads, mb_per_vcpu) / vcpus(memory_mb, threads, mb_per_vcpu)
    return (1 - cpu_fraction) + cpu_fraction * speedup


def first_call_extra_ms(by_memory: dict[int, float], memory_mb: float) -> float:
    """What an environment's first call takes beyond a warm one, by memory: log-log between measured sizes.

    Outside the measured sizes the nearest one holds; extrapolating the slope would invent numbers.
    """
    sizes = sorted(by_memory)
    logs = [math.log(max(by_memory[size], _NOTHING_MS)) for size in sizes]
    return math.exp(float(np.interp(math.log(memory_mb), [math.log(size) for size in sizes], logs)))


SUCCESS = Outcome.SUCCESS
_NOTHING_MS = 1e-6  # an extra of nothing, on a logarithmic scale: a nanosecond


@dataclass(frozen=True, slots=True)
class HandlerModel:
    """Everything that decides a run of one function's handler."""

    duration: Distribution
    scale: float
    per_record_us: int
    first_call_us: int
    timeout_us: int
    crash_below: float
    error_below: float
    out_of_memory: bool
    record_error_rate: float  # of a batch's records
    waiting: float  # the share of its time in which it waits for something other than the CPU

    def sample_us(self, generator: np.random.Generator, n: int) -> NDArray[np.int64]:
        """``n`` handler durations at the function's memory size, int64 microseconds, shape (n,)."""
        return whole_us(self.duration, self.scale)(generator, n)

    def run(self, handler_us: int, coin: float, before_us: int) -> tuple[int, Outcome]:
        """The run of a handler that must first do ``before_us`` (init again, first call): its Duration and outcome.

        ``coin`` in [0, 1) decides on failures. The function's timeout counts from the start of the run and
        takes the suppressed init with it. Crash and lack of memory strike when the handler's time is over
        (AWS says nothing of when).
        """
        duration_us = before_us + handler_us
        if duration_us > self.timeout_us:
            return self.timeout_us, Outcome.TIMEOUT
        if self.out_of_memory:
            return duration_us, Outcome.OUT_OF_MEMORY
        if coin < self.crash_below:
            return duration_us, Outcome.CRASH
        if coin < self.error_below:
            return duration_us, Outcome.ERROR
        return duration_us, SUCCESS


def handler_model(function: Configuration, book: Book) -> HandlerModel:
    """The handler of a scenario's function, with the book's CPU rule and first-call measurements.

    The first-call extra is the hello-world function's first Duration for its runtime; where ``init.duration``
    stands in for a runtime that was never measured, there is none.
    """
    handler = function.handler
    first_call_ms = 0.0
    path = f"cold_starts/first_invocation/{function.init_key}"
    if book.has(path):
        first_call_ms = first_call_extra_ms(book.value(path), function.memory_size)
    scale = duration_scale(
        function.memory_size,
        handler.measured_at or function.memory_size,
        handler.cpu_fraction,
        handler.threads,
        book.value("handler/mb_per_vcpu"),
    )
    return HandlerModel(
        duration=handler.duration,
        scale=scale,
        per_record_us=round(handler.per_record_us * scale),
        first_call_us=round(first_call_ms * US_PER_MS),
        timeout_us=function.timeout_us,
        crash_below=handler.crash_rate,
        error_below=handler.crash_rate + handler.error_rate,
        out_of_memory=(handler.max_memory_used or 0) > function.memory_size,
        record_error_rate=handler.record_error_rate,
        waiting=(1 - handler.cpu_fraction) / scale,
    )
