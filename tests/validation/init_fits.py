"""The mixtures of the book's cold starts, fitted to the measured quantiles; prints them as the book has them.

Two lognormals, or three where two miss the median by 1 %, the 99th percentile by 3 %, or any from the 5th on by
10 %. Least squares on the logarithms of nine quantiles, with most weight on the first two:

    minimise  sum_i  w_i^2 (ln Q(p_i) - ln q_i)^2

where q_i are the measured quantiles and Q is the inverse of the mixture's distribution function. Two more on both sides
of the 99th, interpolated, keep it out of gaps between the parts.

python -m tests.validation.init_fits
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
DATA = Path(__file__).parent / "data" / "init_quantiles.csv"
SHARES = (0.01, 0.05, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99, 0.999)
_FITTED = (*SHARES[:-2], 0.98, 0.99, 0.995, 0.999)
_WEIGHTS = np.array([0.3, 0.5, 1, 3, 1, 1, 1, 0.7, 2, 0.7, 0.3])
_MEDIAN, _P99 = SHARES.index(0.50), SHARES.index(0.99)
_NARROWEST, _WIDEST = 0.02, 0.8  # sigma: a peak of less is an artefact, a tail of more has no bound in sight
_RAREST, _MOST = 0.004, 20.0  # a part's weight against the first's: fewer starts can't be told from chance
_WHERE = {2: ((3, 5), (3, 8), (2, 4)), 3: ((3, 2, 8), (3, 4, 8), (3, 6, 8), (2, 4, 6), (3, 5, 10))}  # parts begin there
_SPREAD = {2: (0.07, 0.25), 3: (0.07, 0.1, 0.3)}
_FIRST = {2: ((0.1,), (0.5,)), 3: ((0.05, 0.02), (0.3, 0.2), (1.0, 0.05))}


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the data: an entry's path below ``cold_starts``, and its quantiles in ms at :data:`SHARES`."""

    path: str
    starts: int
    quantiles_ms: tuple[float, ...]

    def at(self, share: float) -> float:
        """The quantile of one of :data:`SHARES`, in ms."""
        return self.quantiles_ms[SHARES.index(share)]


def measured() -> list[Measured]:
    """All rows of the data."""
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [f"p{share * 100:g}_ms" for share in SHARES]
    return [Measured(row["path"], int(row["starts"]), tuple(float(row[name]) for name in names)) for row in rows]


def _parts(parameters: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights, mu, sigma, each of shape (parts,), of what the optimiser moves."""
    parts = (len(parameters) + 1) // 3
    weights = np.exp(np.append(0.0, parameters[: parts - 1]))
    mu, log_sigma = parameters[parts - 1 :].reshape(2, parts)
    return weights / weights.sum(), mu, np.exp(log_sigma)


def log_quantiles(shares: tuple[float, ...], weights: Floats, mu: Floats, sigma: Floats) -> Floats:
    """The logarithms of a mixture's quantiles, from its distribution function on a grid."""
    grid = np.linspace((mu - 4.5 * sigma).min(), (mu + 4.5 * sigma).max(), 1500)
    below = (weights * ndtr((grid[:, None] - mu) / sigma)).sum(axis=1)
    return np.interp(shares, below, grid)


def fit(quantiles_ms: tuple[float, ...]) -> tuple[Floats, Floats, Floats]:
    """Weights, mu and sigma (of ln ms), by weight, of the lognormals that come nearest to the quantiles."""
    logs = np.log(np.array(quantiles_ms))
    fitted = np.interp(ndtri(_FITTED), ndtri(SHARES), logs)
    parts = _nearest(fitted, 2)
    misses = np.abs(log_quantiles(SHARES, *parts) - logs)
    if misses[_MEDIAN] > 0.01 or misses[_P99] > 0.03 or misses[1:].max() > 0.1:
        parts = _nearest(fitted, 3)
    order = np.argsort(-parts[0])
    weights, mu, sigma = (values[order] for values in parts)
    return weights, mu, sigma


def _nearest(logs: Floats, parts: int) -> tuple[Floats, Floats, Floats]:
    """The best of fits from several starts."""
    others, each = np.ones(parts - 1), np.ones(parts)
    lowest = np.concatenate([others * np.log(_RAREST), each * (logs[0] - 0.5), each * np.log(_NARROWEST)])
    highest = np.concatenate([others * np.log(_MOST), each * logs[-1], each * np.log(_WIDEST)])
    fits = [
        least_squares(
            lambda x: _WEIGHTS * (log_quantiles(_FITTED, *_parts(x)) - logs),
            np.concatenate([np.log(weights), logs[list(places)], np.log(_SPREAD[parts])]),
            bounds=(lowest, highest),
            max_nfev=200,
        )
        for weights in _FIRST[parts]
        for places in _WHERE[parts]
    ]
    return _parts(min(fits, key=lambda found: found.cost).x)


def as_written(parts: tuple[Floats, Floats, Floats]) -> str:
    """A mixture as the book has it: weights that sum to 1, four digits of the rest."""
    weights, mu, sigma = parts
    rounded = [round(float(weight), 4) for weight in weights]
    rounded[0] = 1 - sum(rounded[1:])
    written = [
        f"{{weight: {weight:.4f}, lognormal: {{median: {np.exp(m):.4g} ms, sigma: {s:.4g}}}}}"
        for weight, m, s in zip(rounded, mu, sigma, strict=True)
    ]
    return f"{{mixture: [{', '.join(written)}]}}"


def main() -> None:
    """Fit all, and print each path with its mixture."""
    for row in measured():
        sys.stdout.write(f"{row.path}: {as_written(fit(row.quantiles_ms))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
