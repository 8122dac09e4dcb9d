"""Compare: variants of a scenario, or several scenarios, on common random numbers; which is shown to be better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lambdasim.analysis.comparands import COST, Comparands, Scenarios, comparands
from lambdasim.analysis.directions import Better
from lambdasim.analysis.intervals import Estimate, estimate_of
from lambdasim.analysis.observations import USUAL, Design, Progress, observe
from lambdasim.analysis.served import SHARE, counts_of, serving, unserved_share
from lambdasim.analysis.variants import Variant
from lambdasim.analysis.verdicts import Choice, Compared, chosen, compared_by, each_of
from lambdasim.scenario.measures import Measure

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Of those that serve, and that the first measure doesn't show to be worse than the best of them, the cheapest.

    ``as_cheap`` are those among them that are not shown to be dearer, itself too. ``serving`` are all but those that
    are shown to leave more events without success than others: what is turned away costs nothing and waits for nothing,
    so that neither cost nor latency tells. ``unserved`` is that share, by variant, of the events of
    the function or trigger that the first measure is of, else of all.
    """

    first: Compared
    choice: Choice
    cheapest: int
    as_cheap: tuple[int, ...]
    serving: tuple[int, ...]
    unserved: tuple[Estimate, ...]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What variants came to, measure by measure, and what is shown of their differences to the baseline.

    ``values`` has shape (variants, replications, measures), NaN where a run had none; replication r of every variant
    had the seed ``seeds[r]``. The intervals of a measure's differences have the confidence ``each``, so that all of
    them hold together with the design's (Bonferroni). ``foremost`` is the measure that the recommendation goes by.
    """

    labels: tuple[str, ...]
    variants: tuple[Variant, ...]
    baseline: int
    design: Design
    measures: tuple[Measure, ...]
    values: NDArray[np.float64]
    compared: tuple[Compared, ...]
    foremost: Compared
    recommendation: Recommendation | None

    @property
    def seeds(self) -> tuple[int, ...]:
        """The replications' seeds."""
        return tuple(self.design.seed_of(self.variants[0].scenario, r) for r in range(self.design.replications))

    @property
    def each(self) -> float:
        """The confidence of each difference's interval."""
        return each_of(self.design.confidence, len(self.variants))

    @property
    def same_time(self) -> bool:
        """Whether all variants are measured for equally long."""
        return _same_time(self.variants)

    @property
    def same_traffic(self) -> bool:
        """Whether all variants have the same factor on their traffic: that comes, and is not chosen."""
        return _same_traffic(self.variants)

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each measure and variant: what was laid over, estimate, difference to the baseline, verdict.

        Columns: ``measure``, ``variant``, one for each path that varies, ``value``, ``low``, ``high``, ``n``;
        ``difference``, ``relative`` and ``variance_ratio``, each with ``_low`` and ``_high``; ``verdict``.
        """
        import pandas as pd  # noqa: PLC0415 - slow to load

        return pd.DataFrame(list(self._records()))

    def _records(self) -> Iterator[dict[str, Any]]:
        paths = dict.fromkeys(path for variant in self.variants for path in variant.overrides)
        for compared in self.compared:
            for label, variant, row in zip(self.labels, self.variants, compared.rows, strict=True):
                difference = row.difference
                yield {
                    "measure": compared.measure.text,
                    "variant": label,
                    **{path: variant.overrides.get(path) for path in paths},
                    **{key: getattr(row.estimate, key) for key in ("value", "low", "high", "n")},
                    **_ends("difference", difference.absolute if difference else None),
                    **_ends("relative", difference.relative if difference else None),
                    **_ends("variance_ratio", difference.variance_ratio if difference else None),
                    "verdict": row.verdict.value,
                }

    @property
    def runs(self) -> pd.DataFrame:
        """What each run came to, a row for each variant and seed, and a column for each measure."""
        import pandas as pd  # noqa: PLC0415 - slow to load

        index = pd.MultiIndex.from_product([self.labels, self.seeds], names=["variant", "seed"])
        columns = [measure.text for measure in self.measures]
        return pd.DataFrame(self.values.reshape(-1, len(columns)), index=index, columns=columns)


def compare(
    scenarios: Scenarios,
    vary: Mapping[str, Sequence[Any]] | None = None,
    *,
    measures: Sequence[str] | None = None,
    baseline: int | str = 0,
    design: Design = USUAL,
    progress: Progress | None = None,
) -> Comparison:
    """Simulate variants on common random numbers, and tell which differences to a baseline are shown.

    ``compare(scenario, {"functions.api.memory_size": [128, 256]})``, or ``compare([today, tomorrow])``, or both: then
    each scenario with each combination of values.

    Args:
        scenarios: what ``load_scenario`` returned; several as a list, or by the label that each shall have.
        vary: values to lay over the scenarios, by path, as in YAML; every combination of them is a variant.
        measures: such as ``api.latency_ms.p99``, the one that counts first; without them each function's p99, cold
            starts and throttles, as far as all scenarios have them, and the first that differs counts first. The
            month's cost is always there.
        baseline: which variant the others are compared with, by number from 0 on, or by label.
        design: replications, confidence, seed, workers. Without a seed the first scenario's is that of all.
        progress: told the share of done work, in [0, 1].

    Raises:
        InputError: with all that is wrong with values, measures or baseline.
    """
    found = comparands(scenarios, {} if vary is None else vary, measures, baseline)
    design = replace(design, seed=design.seed_of(found.variants[0].scenario, 0))
    counts = [counts_of(measure) for measure in found.measures]
    observed = {one.path: one for one in (*found.measures, *(one for pair in counts for one in pair))}
    values = observe([each.scenario for each in found.variants], tuple(observed.values()), design, progress=progress)
    at = {path: values[:, :, place] for place, path in enumerate(observed)}
    unserved = [unserved_share(at[events.path], at[successes.path]) for events, successes in counts]
    own = values[:, :, : len(found.measures)]
    return weighed(found, own, design, first_counts=measures is not None, unserved=unserved)


def weighed(
    found: Comparands,
    values: NDArray[np.float64],
    design: Design,
    *,
    first_counts: bool,
    unserved: Sequence[NDArray[np.float64]],
) -> Comparison:
    """The comparison of what was observed, ``values`` of shape (variants, replications, measures).

    ``first_counts``: the recommendation goes by the first measure, and not by the first that differs. ``unserved``: for
    each measure the share of events without success of what it is a measure of, shape (variants, replications).
    """
    judged = _same_time(found.variants) and _same_traffic(found.variants)
    compared = tuple(
        compared_by(measure, values[:, :, place], found.baseline, design.confidence, judged=judged)
        for place, measure in enumerate(found.measures)
    )
    foremost = compared[0] if first_counts else first_that_differs(compared)
    return Comparison(
        labels=found.labels,
        variants=found.variants,
        baseline=found.baseline,
        design=design,
        measures=found.measures,
        values=values,
        compared=compared,
        foremost=foremost,
        recommendation=_recommendation(found.measures, foremost, values, unserved, design.confidence),
    )


def first_that_differs(compared: Sequence[Compared]) -> Compared:
    """The first measure that tells variants apart; the cost, which is the last, comes in anyway."""
    return next((one for one in compared[:-1] if one.has_pairs and not one.all_equal), compared[0])


def _recommendation(
    measures: Sequence[Measure],
    first: Compared,
    values: NDArray[np.float64],
    unserved: Sequence[NDArray[np.float64]],
    confidence: float,
) -> Recommendation | None:
    if first.better is None or not first.has_pairs:
        return None
    place = measures.index(first.measure)
    serve = serving(unserved[place], confidence)
    choice = chosen(values[:, :, place], first.better, confidence, serve)
    if choice is None:
        return None
    cheap = chosen(values[:, :, _cost_of(measures)], Better.LOWER, confidence, choice.not_worse)
    shares = tuple(estimate_of(SHARE, own, confidence) for own in unserved[place])
    return None if cheap is None else Recommendation(first, choice, cheap.best, cheap.not_worse, serve, shares)


def _cost_of(measures: Sequence[Measure]) -> int:
    return next(number for number, measure in enumerate(measures) if ".".join(measure.path) == COST)


def _same_traffic(variants: Sequence[Variant]) -> bool:
    return len({variant.scenario.traffic for variant in variants}) == 1


def _same_time(variants: Sequence[Variant]) -> bool:
    return len({variant.scenario.duration_us - variant.scenario.warm_up_us for variant in variants}) == 1


def _ends(name: str, estimate: Estimate | None) -> dict[str, float]:
    keys = {name: "value", f"{name}_low": "low", f"{name}_high": "high"}
    return {key: float("nan") if estimate is None else getattr(estimate, part) for key, part in keys.items()}
