"""The answer of a comparison, in a sentence: which variant to take, and what that says of the others."""

from __future__ import annotations

from collections.abc import Sequence

from lambdasim.analysis.comparands import COST
from lambdasim.analysis.compare import Comparison, Recommendation
from lambdasim.analysis.directions import Better
from lambdasim.analysis.served import SHARE
from lambdasim.analysis.telling import amount, interval
from lambdasim.analysis.verdicts import Compared, Verdict
from lambdasim.display.numbers import share, short_month

_MOST_TOLD = 3  # variants in one sentence


def answer(comparison: Comparison) -> str:
    """Which variant to take by the first measure and the cost, with intervals; or why none is recommended."""
    first = comparison.foremost
    sure = f"{share(comparison.design.confidence)} confidence, {comparison.design.replications} replications"
    if comparison.same_time and (month := short_month(comparison.variants[0].scenario.measured_s)):
        sure += f"; {month}"
    if comparison.recommendation is None:
        return f"{_undecided(comparison, first)} ({sure})."
    return f"{_recommended(comparison, comparison.recommendation)} ({sure})."


def _recommended(comparison: Comparison, found: Recommendation) -> str:
    return f"{_taken(comparison, found)}{_refusing(comparison, found)}{_price(comparison, found)}"


def _price(comparison: Comparison, found: Recommendation) -> str:
    """In which of the other measures what is taken is shown to be worse than the baseline."""
    taken, baseline = found.cheapest, comparison.baseline
    others = [one for one in comparison.compared if one is not found.first and one is not _cost_row(comparison)]
    worse = [one for one in others if one.rows[taken].verdict is Verdict.WORSE]
    if not worse:
        return ""
    told = ", ".join(f"{one.measure.text} ({_value(one, taken)}, {_value(one, baseline)} there)" for one in worse)
    return f"; it is shown to be worse than {comparison.labels[baseline]} in {told}"


def _refusing(comparison: Comparison, found: Recommendation) -> str:
    """Which variants are out because they turn events away, whatever else is good about them."""
    out = [number for number in range(len(comparison.labels)) if number not in found.serving]
    if not out:
        return ""
    ends = sorted(out, key=lambda number: found.unserved[number].value)
    told = " to ".join(interval(SHARE, found.unserved[number]) for number in dict.fromkeys((ends[0], ends[-1])))
    taken = f"with {comparison.labels[found.cheapest]} {interval(SHARE, found.unserved[found.cheapest])}"
    names = _listed([comparison.labels[number] for number in out])
    return f"; {names} left out: of events {told} do not end in success there, {taken}"


def _taken(comparison: Comparison, found: Recommendation) -> str:
    first, choice, cheapest = found.first, found.choice, found.cheapest
    name, labels, count = first.measure.text, comparison.labels, len(found.serving)
    superlative = "lowest" if first.better is Better.LOWER else "highest"
    superlative += "" if count == len(labels) else " of those that serve"
    by_cost = first.measure.path == tuple(COST.split("."))
    cost = "" if by_cost else f", {_cost(comparison, cheapest)}"
    if first.all_equal:
        everywhere = f"{name} is equal in {_all(len(labels))} variants, {_value(first, choice.best)}"
        return everywhere if by_cost else f"{everywhere}; {_take_cheapest(comparison, found, cost)}"
    if len(choice.not_worse) == count > 1:
        reach = _range(first, found.serving)
        none = f"No variant is shown to be worse in {name} than the one with the {superlative} ({reach})"
        if {first.rows[n].verdict for n in found.serving} <= {Verdict.BASELINE, Verdict.EQUAL, Verdict.NOT_SHOWN}:
            none = f"No difference in {name} is shown ({reach})"
        return none if by_cost else f"{none}; {_take_cheapest(comparison, found, cost)}"
    best = f"Take {labels[choice.best]}: its {name} is the {superlative}, {_value(first, choice.best)}"
    if count == 1:
        best = f"Take {labels[choice.best]}, with {name} {_value(first, choice.best)}"
    if len(choice.not_worse) == 1:
        return f"{best}{cost}"
    others = _listed([labels[n] for n in choice.not_worse if n != choice.best])
    if by_cost:
        return f"{best}, though {others} not shown to be dearer"
    if cheapest == choice.best:
        of_all = f"of the {len(choice.not_worse)} that are not shown to be worse"
        return f"{best}, and {of_all} it is the cheapest{_as_cheap(comparison, found)}{cost}"
    return (
        f"Take {labels[cheapest]}: its {name}, {_value(first, cheapest)}, is not shown to be worse than the "
        f"{superlative}, {_value(first, choice.best)} with {labels[choice.best]}, and it is the cheapest of the "
        f"{len(choice.not_worse)} of which that holds{_as_cheap(comparison, found)}{cost}"
    )


def _take_cheapest(comparison: Comparison, found: Recommendation, cost: str) -> str:
    """What the cost says where the first measure tells nothing apart."""
    if len(found.as_cheap) == len(found.serving):
        return f"none is shown to be dearer than the cheapest, {comparison.labels[found.cheapest]}{cost}"
    return f"take the cheapest, {comparison.labels[found.cheapest]}{_as_cheap(comparison, found)}{cost}"


def _as_cheap(comparison: Comparison, found: Recommendation) -> str:
    others = [comparison.labels[n] for n in found.as_cheap if n != found.cheapest]
    return f" ({_listed(others)} not shown to be dearer)" if others else ""


def _undecided(comparison: Comparison, first: Compared) -> str:
    name, labels = first.measure.text, comparison.labels
    if not first.has_values:
        return f"No run of any variant had a value of {name}, so it can't be compared"
    if not first.has_pairs:
        return f"Too few runs had a value of {name} to compare it with that of {labels[comparison.baseline]}"
    why = "whether more of it is better depends on what is wanted"
    if not comparison.same_time:
        why = "the variants are measured for different lengths of time, so none is recommended"
    elif not comparison.same_traffic:
        why = "the variants have different traffic, which comes and is not chosen, so none is recommended"
    known = [n for n, row in enumerate(first.rows) if row.estimate.n]
    low, high = (pick(known, key=lambda n: first.rows[n].estimate.value) for pick in (min, max))
    if first.all_equal:
        return f"{name} is equal in {_all(len(labels))} variants, {_value(first, low)}"
    shown = any(row.verdict in {Verdict.HIGHER, Verdict.LOWER} for row in first.rows)
    told = f"{name} goes from {_value(first, low)} with {labels[low]} to {_value(first, high)} with {labels[high]}"
    if not shown:
        return f"{told}, and no difference to {labels[comparison.baseline]} is shown"
    return f"{told}; {why}"


def _all(count: int) -> str:
    return "both" if count == 2 else f"all {count}"


def _value(compared: Compared, number: int) -> str:
    return amount(compared.measure, compared.rows[number].estimate)


def _range(compared: Compared, among: Sequence[int]) -> str:
    known = [n for n in among if compared.rows[n].estimate.n]
    low, high = (pick(known, key=lambda n: compared.rows[n].estimate.value) for pick in (min, max))
    return f"{_value(compared, low)} to {_value(compared, high)}"


def _cost_row(comparison: Comparison) -> Compared:
    return next(one for one in comparison.compared if ".".join(one.measure.path) == COST)


def _cost(comparison: Comparison, number: int) -> str:
    cost = _cost_row(comparison)
    return amount(cost.measure, cost.rows[number].estimate)


def _listed(labels: Sequence[str]) -> str:
    """``a and b are``."""
    shown = list(labels[:_MOST_TOLD])
    if len(labels) > _MOST_TOLD:
        shown = [*labels[: _MOST_TOLD - 1], f"{len(labels) - _MOST_TOLD + 1} others"]
    joined = " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    return f"{joined} {'is' if len(labels) == 1 else 'are'}"
