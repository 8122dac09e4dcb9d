"""What a cold start is made of: its phases, kept apart, and where each one's distribution comes from.

Placement and platform overhead, fetching the package, attaching to the network, the runtime's init, the
function's own init. The first three are not in REPORT's Init Duration and not billed; the last two are.
A restore from a snapshot (:mod:`.restore`) stands in place of the package and of both inits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.scenario.distributions import distribution_from
from lambdasim.units import US_PER_MS, US_PER_S

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book
    from lambdasim.scenario.functions import Configuration
    from lambdasim.workload.distributions import Distribution

Sampler = Callable[[np.random.Generator, int], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The phases of one cold start, in microseconds, in the order in which they happen."""

    platform_us: int
    download_us: int
    network_us: int
    runtime_init_us: int
    function_init_us: int
    restore_us: int = 0  # REPORT's Restore Duration ...
    billed_restore_us: int = 0  # ... and the part of it that is billed

    @property
    def before_init_us(self) -> int:
        """What passes before the Init phase begins."""
        return self.platform_us + self.download_us + self.network_us

    @property
    def init_us(self) -> int:
        """The Init phase: REPORT's Init Duration."""
        return self.runtime_init_us + self.function_init_us

    @property
    def total_us(self) -> int:
        """From the decision to start an environment to its being ready."""
        return self.before_init_us + self.init_us + self.restore_us

    def cut(self, limit_us: int) -> ColdStart:
        """The same start with its Init stopped at ``limit_us``, as Lambda does after 10 s."""
        runtime_us = min(self.runtime_init_us, limit_us)
        function_us = min(self.function_init_us, limit_us - runtime_us)
        return ColdStart(self.platform_us, self.download_us, self.network_us, runtime_us, function_us)


@dataclass(frozen=True, slots=True)
class ColdStartModel:
    """The distribution of each phase for one function; ``None`` where a phase takes no time."""

    platform: Distribution
    download_us: int
    network: Distribution | None
    runtime_init: Distribution | None
    function_init: Distribution | None
    init_limit_us: int

    def samplers(self) -> tuple[tuple[str, Sampler], ...]:
        """(name of the phase, its block sampler) for each phase that is drawn."""
        return (
            ("platform overhead", whole_us(self.platform)),
            ("network", whole_us(self.network)),
            ("runtime init", whole_us(self.runtime_init)),
            ("function init", whole_us(self.function_init)),
        )


def cold_start_model(function: Configuration, book: Book) -> ColdStartModel:
    """Where a function's cold start comes from: what the scenario says, else what the book has measured.

    ``init.duration`` is the whole Init Duration as REPORT shows it; it can't be split, and is kept as the
    function's. Otherwise the runtime's measured hello-world init comes first, then ``init.code``.
    """
    measured = None
    if function.init.duration is None:
        path = f"cold_starts/init/{function.init_key}/{function.package_type}/{function.architecture}"
        measured = distribution_from(book.value(path))
    download_us = 0.0
    if function.package_type == "Zip" and function.fetched_mb:
        beyond_mb = max(0.0, function.fetched_mb - book.value("cold_starts/zip_fetch_free_mb"))
        download_us = beyond_mb * book.value("cold_starts/zip_fetch_ms_per_mb") * US_PER_MS
    network = None
    if function.vpc_config is not None:
        is_legacy = function.vpc_config.is_legacy
        kind = "legacy/setup_without_new_interface" if is_legacy else "hyperplane"
        network = distribution_from(book.value(f"cold_starts/vpc/{kind}"))
    return ColdStartModel(
        platform=distribution_from(book.value("cold_starts/platform_overhead")),
        download_us=round(download_us),
        network=network,
        runtime_init=measured,
        function_init=function.init.duration or function.init.code,
        init_limit_us=round(book.value("quotas/function/init_timeout_s") * US_PER_S),
    )


def whole_us(distribution: Distribution | None, scale: float = 1.0) -> Sampler:
    """Draws of a duration as whole microseconds, times ``scale``; all zero for ``None``."""

    def sample(generator: np.random.Generator, n: int) -> NDArray[np.int64]:
        if distribution is None:
            return np.zeros(n, dtype=np.int64)
        return np.rint(distribution.sample(generator, n) * scale).astype(np.int64)

    return sample
