"""Cold starts that a request waited for, from the environment log: how long each phase took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lambdasim.codes import InitializationType
from lambdasim.display.numbers import many, took
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import rank_of, spread_of, whole
from lambdasim.plots.chosen import function_of
from lambdasim.units import US_PER_MS

if TYPE_CHECKING:
    from lambdasim.header import Header
    from lambdasim.result.result import Result

PHASES = {
    "platform": "platform_us",
    "package download": "download_us",
    "VPC network": "network_us",
    "runtime init": "runtime_init_us",
    "function init": "function_init_us",
    "snapshot restore": "restore_us",
}
"""The phases of a cold start in the order in which they pass, and their columns in the environment log."""


@dataclass(frozen=True, slots=True)
class Started:
    """The starts of one version or runtime, the quickest first: ``phases_us`` of shape (n, phases), their spread."""

    name: str
    runtime: str
    phases_us: NDArray[np.int64]
    spread: Mapping[str, float]

    @classmethod
    def of(cls, name: str, runtime: str, phases_us: NDArray[np.int64]) -> Started:
        """Of starts in any order, at least one."""
        totals_us = phases_us.sum(axis=1)
        spread = {key: value for key, value in spread_of(totals_us).as_ms().items() if value is not None}
        return cls(name, runtime, phases_us[np.argsort(totals_us, kind="stable")], spread)

    def told(self) -> str:
        """Median and p99, in a clause."""
        if self.count == 1:
            return f"took {took(self.spread['p50'])}"
        return f"half took at most {took(self.spread['p50'])}, 99 % at most {took(self.spread['p99'])}"

    @property
    def count(self) -> int:
        """How many."""
        return len(self.phases_us)

    @property
    def phases_ms(self) -> NDArray[np.float64]:
        """``phases_us`` in milliseconds."""
        return self.phases_us / US_PER_MS

    @property
    def totals_ms(self) -> NDArray[np.float64]:
        """How long each took, from the request to an environment that is ready, in ascending order."""
        totals_us: NDArray[np.int64] = self.phases_us.sum(axis=1)
        return totals_us / US_PER_MS

    def middle_half(self) -> tuple[float, float]:
        """The quartiles: p25 and p75, by nearest rank."""
        low, high = (self.totals_ms[rank_of(per_mille, self.count) - 1] for per_mille in (250, 750))
        return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Starts:
    """Environments that were started for a request, within [warm_up, duration).

    ``version`` (index into Header.versions) of each, shape (n,), and whether it was ``restored`` from a snapshot;
    ``phases_us`` of shape (n, phases). ``ahead``: how many others were started in the same time, for no request.
    """

    header: Header
    version: NDArray[np.int64]
    restored: NDArray[np.bool_]
    phases_us: NDArray[np.int64]
    ahead: int

    def counted(self) -> str:
        """What is counted, in a sentence."""
        ahead = f"; {many(self.ahead, 'other')} came ahead of any request" if self.ahead else ""
        return f"{many(len(self.version), 'start')} that a request waited for{ahead}."

    def by_version(self) -> list[Started]:
        """Apart by version, that with the most starts first; a function with one version has no version in its name."""
        facts, functions = self.header.versions, self.header.functions
        used = np.unique(self.version).tolist()
        several = [facts[index].function for index in used]
        groups = []
        for index in used:
            function, version = facts[index].function, facts[index].version
            name = functions[function].name + (f":{version}" if several.count(function) > 1 else "")
            groups.append(Started.of(name, self.runtime(index), self.phases_us[self.version == index]))
        return sorted(groups, key=lambda group: -group.count)

    def by_runtime(self) -> list[Started]:
        """Apart by runtime, package type and way to start, the quickest median first."""
        labels = [self.runtime(index) for index in range(len(self.header.versions))]
        groups: dict[str, list[NDArray[np.int64]]] = {}
        for index in np.unique(self.version).tolist():
            for restored, end in ((False, ""), (True, ", SnapStart")):
                rows = (self.version == index) & (self.restored == restored)
                if rows.any():
                    groups.setdefault(labels[index] + end, []).append(self.phases_us[rows])
        started = [Started.of(name, name, np.concatenate(parts)) for name, parts in groups.items()]
        return sorted(started, key=lambda group: (group.spread["p50"], group.name))

    def runtime(self, version: int) -> str:
        """What a version runs on: ``python3.13``, ``go on provided.al2023``, ``java21, Image``."""
        facts = self.header.versions[version]
        language, _, system = facts.runtime.partition("@")
        runtime = f"{language} on {system}" if system else language or "runtime not kept"
        return runtime if facts.package_type == "Zip" else f"{runtime}, {facts.package_type}"


def starts_of(result: Result, function: str | None = None) -> Starts:
    """The starts of a run, of one function or (None) of all.

    Raises:
        FigureError: no request waited for one, or there is no such function.
    """
    log, header = result.environment_columns, result.header
    created_us = whole(log, "created_us")
    chosen = (header.warm_up_us <= created_us) & (created_us < header.duration_us)
    if function is not None:
        chosen &= whole(log, "function") == function_of(header, function)
    initialization = whole(log, "initialization")
    ahead = (whole(log, "pre_initialized") == 1) | (initialization == InitializationType.PROVISIONED_CONCURRENCY)
    rows = chosen & ~ahead
    if not rows.any():
        of = "" if function is None else f" of {function}"
        raise FigureError(f"no request waited for an environment{of} to start")
    return Starts(
        header,
        whole(log, "version")[rows],
        initialization[rows] == InitializationType.SNAP_START,
        np.stack([whole(log, column)[rows] for column in PHASES.values()], axis=1),
        int((chosen & ahead).sum()),
    )
