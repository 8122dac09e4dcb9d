"""Replays the eleven runs recorded on AWS Lambda in 2020, and writes how close the simulation comes.

python -m tests.validation.aws_2020 results/validation

Each run's own arrivals come again at their recorded instants; service times are drawn from the run's own, warm from
warm, cold from cold; everything else is the lifecycle preset `aws-2020`, one for all runs.
"""

from __future__ import annotations

import csv
import gzip
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

import lambdasim
from lambdasim.codes import StartType
from lambdasim.service.placement import MostRecentlyUsed

DATA = Path(__file__).parents[2] / "scenarios" / "data" / "aws_2020"
SEEDS = 20
KEPT_S = 600  # an environment counts until so long after its last call; the authors' own `IdleMinutesBeforeKill`
LEAD_S = 60  # the recordings begin with a warm function: its environments are called once, so long before
BATCH_S = 7200  # the recording's interval comes from batches of this length: about an environment's life
PRESET = {"preset": "aws-2020"}
WITHOUT_LIMIT = {"preset": "aws-2020", "maximum_lifetime": "unlimited"}
LEAST_RECYCLING = {"preset": "aws-2020", "recycle_rate": "0.13/h"}  # 3.6e-5/s, the lower end of its 95 % interval

SCENARIO = """\
name: recorded
duration: {duration_s:.6f} s
warm_up: {warm_up_s} s
lifecycle: {{{lifecycle}}}
functions:
  recorded:
    runtime: python3.6
    memory_size: 128
    timeout: 60
    handler: {{duration: {{samples: {{file: warm.csv, column: ms}}}}}}
    init: {{duration: {{samples: {{file: cold.csv, column: ms}}}}}}
triggers:
  client:
    type: direct
    target: recorded
    arrivals: {{trace: {{file: arrivals.csv, format: timestamps, column: s}}}}
    client: {{retries: none}}
parameters:
  cold_starts/platform_overhead: 0 ms
"""


@dataclass(frozen=True, slots=True)
class Calls:
    """When environments served: one entry a call, seconds from the recording's beginning, shape (calls,)."""

    environment: np.ndarray
    began_s: np.ndarray
    ended_s: np.ndarray
    length_s: float

    def kept(self) -> np.ndarray:
        """(environments, 2): when each began to count, and when it ended to."""
        _, index = np.unique(self.environment, return_inverse=True)
        first = np.full(index.max() + 1, np.inf)
        last = np.full(index.max() + 1, -np.inf)
        np.minimum.at(first, index, self.began_s)
        np.maximum.at(last, index, self.ended_s)
        return np.stack([np.maximum(first, 0), np.minimum(last + KEPT_S, self.length_s)], axis=1)

    def mean_environments(self) -> float:
        """Time average of the environments that count."""
        kept = self.kept()
        return float((kept[:, 1] - kept[:, 0]).sum() / self.length_s)

    def batch_interval(self) -> float:
        """Half the 95 % interval of that mean, by batch means."""
        edges = np.linspace(0, self.length_s, round(self.length_s / BATCH_S) + 1)
        kept = self.kept()[:, :, None]
        inside = np.minimum(kept[:, 1], edges[1:]) - np.maximum(kept[:, 0], edges[:-1])
        return half_interval(np.maximum(inside, 0).sum(axis=0) / np.diff(edges))


def half_interval(values: Sequence[float] | np.ndarray) -> float:
    """Half of the 95 % interval of a mean, by Student's t."""
    quantile: float = stats.t.ppf(0.975, len(values) - 1)
    return quantile * float(np.std(values, ddof=1)) / len(values) ** 0.5


@dataclass(frozen=True)
class Recording:
    """One recorded run."""

    name: str
    arrivals_s: np.ndarray
    service_s: np.ndarray
    is_first: np.ndarray
    started_ahead: np.ndarray  # of the first calls
    environment: np.ndarray

    @cached_property
    def calls(self) -> Calls:
        """Its calls."""
        ended_s = self.arrivals_s + self.service_s
        return Calls(self.environment, self.arrivals_s, ended_s, float(self.arrivals_s[-1]))

    @property
    def rate(self) -> float:
        """Arrivals per second."""
        return (len(self.arrivals_s) - 1) / self.calls.length_s

    @property
    def first_calls(self) -> int:
        """First calls on an environment, whether or not AWS had initialised it ahead."""
        return int(self.is_first.sum())

    @property
    def warm_before(self) -> int:
        """Environments that were there when the recording began."""
        return len(np.unique(self.environment)) - self.first_calls

    def write(self, folder: Path) -> None:
        """What the scenario reads: arrivals, warm service times, and what a first call that had to wait adds."""
        warm_ms = self.service_s[~self.is_first] * 1000
        cold_ms = self.service_s[self.is_first][~self.started_ahead] * 1000 - warm_ms.mean()
        write_column(folder / "warm.csv", "ms", warm_ms)
        write_column(folder / "cold.csv", "ms", np.maximum(cold_ms, 0))
        write_column(folder / "arrivals.csv", "s", [*[0.0] * self.warm_before, *(LEAD_S + self.arrivals_s)])


def write_column(file: Path, name: str, values: Iterable[float]) -> None:
    file.write_text("".join([f"{name}\n", *(f"{value:.6f}\n" for value in values)]), encoding="utf-8")


def read(file: Path) -> list[dict[str, str]]:
    opened: Any = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def recordings() -> tuple[Recording, ...]:
    """The eleven runs, slowest first."""
    ahead: dict[str, list[bool]] = {}
    for row in read(DATA / "first_calls.csv"):
        ahead.setdefault(row["file"], []).append(row["proactive"] == "True")
    runs = []
    for file in DATA.glob("2020-*.csv.gz"):
        rows, name = read(file), file.name.removesuffix(".csv.gz")
        began, ended = (np.array([float(row[f"client_{end}_s"]) for row in rows]) for end in ("start", "end"))
        runs.append(
            Recording(
                name,
                began - began[0],
                ended - began,
                np.array([row["is_cold"] == "True" for row in rows]),
                np.array(ahead[name]),
                np.array([row["environment"] for row in rows]),
            )
        )
    return tuple(sorted(runs, key=lambda run: run.rate))


@cache
def published_environments() -> tuple[tuple[float, float], ...]:
    """(arrival rate, mean environments) of the authors' own summary."""
    rows = read(DATA / "published_summary.csv")
    return tuple((float(row["ArrivalRate"]), float(row["AverageInstanceCount"])) for row in rows)


@dataclass(frozen=True)
class Replay:
    """One recording, and what the simulation made of it, seed by seed."""

    recording: Recording
    first_calls: tuple[int, ...]
    started_ahead: tuple[int, ...]
    environments: tuple[float, ...]

    @property
    def mean_first_calls(self) -> float:
        return statistics.fmean(self.first_calls)

    @property
    def mean_environments(self) -> float:
        return statistics.fmean(self.environments)

    @property
    def ratio(self) -> float:
        """Simulated over observed first calls."""
        return self.mean_first_calls / self.recording.first_calls

    @property
    def environments_ratio(self) -> float:
        return self.mean_environments / self.recording.calls.mean_environments()

    @property
    def z(self) -> float:
        """Observed less simulated first calls, in Poisson standard errors."""
        return (self.recording.first_calls - self.mean_first_calls) / self.mean_first_calls**0.5

    @property
    def narrow_z(self) -> float:
        """The same in standard deviations of one simulated run on these arrivals: a narrower ruler."""
        return (self.recording.first_calls - self.mean_first_calls) / statistics.stdev(self.first_calls)


def replay(recording: Recording, seeds: int = SEEDS, lifecycle: dict[str, str] = PRESET) -> Replay:
    """Simulate one recording with seeds 1 to ``seeds``."""
    with tempfile.TemporaryDirectory() as folder:
        recording.write(Path(folder))
        text = SCENARIO.format(
            duration_s=LEAD_S + recording.calls.length_s + 1,
            warm_up_s=LEAD_S / 2,
            lifecycle=", ".join(f"{key}: {value}" for key, value in lifecycle.items()),
        )
        scenario = lambdasim.parse_scenario(text, base=Path(folder))
    counted = [count(lambdasim.simulate(scenario, seed=seed), recording) for seed in range(1, seeds + 1)]
    return Replay(recording, *zip(*counted, strict=True))


def count(result: lambdasim.Result, recording: Recording) -> tuple[int, int, float]:
    """First calls, those of them on environments started ahead, and mean environments, of one run."""
    columns = result.invocation_columns
    began_s = columns["invoked_us"] / 1e6 - LEAD_S
    kinds = columns["start_type"][began_s > -LEAD_S / 2]
    ahead = int((kinds == StartType.PRE_INITIALIZED).sum())
    calls = Calls(columns["environment"], began_s, columns["ended_us"] / 1e6 - LEAD_S, recording.calls.length_s)
    return ahead + int((kinds == StartType.COLD).sum()), ahead, calls.mean_environments()


def study(seeds: int = SEEDS, lifecycle: dict[str, str] = PRESET) -> list[Replay]:
    """All eleven."""
    return [replay(recording, seeds, lifecycle) for recording in recordings()]


@contextmanager
def replacements_taken_first() -> Iterator[None]:
    """Another rule, to compare: an environment that Lambda has started ahead is taken before all that were used."""
    as_it_is = MostRecentlyUsed.__init__

    def taken_first(pool: MostRecentlyUsed) -> None:
        as_it_is(pool)
        pool.put_unused = pool.put

    MostRecentlyUsed.__init__ = taken_first
    try:
        yield
    finally:
        MostRecentlyUsed.__init__ = as_it_is


def mean_error(ratios: Iterable[float]) -> float:
    """Mean absolute error of ratios that should be 1."""
    return statistics.fmean(abs(ratio - 1) for ratio in ratios)


def main(folder: Path) -> None:
    """Run the study, and write the page and the picture."""
    from tests.validation import aws_2020_page as page  # noqa: PLC0415 (it draws, and needs this module)

    began_s = time.perf_counter()
    with_limit, without = study(), study(lifecycle=WITHOUT_LIMIT)
    least_recycling = study(lifecycle=LEAST_RECYCLING)
    with replacements_taken_first():
        taken_first = study()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "aws_2020.md").write_text(page.page(with_limit, without, least_recycling, taken_first), encoding="utf-8")
    page.picture(with_limit, without, folder / "aws_2020.png")
    print(page.verdict(with_limit, without))
    print(f"{4 * SEEDS * len(with_limit)} runs, {time.perf_counter() - began_s:.0f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
