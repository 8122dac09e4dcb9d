"""Sensitivity for people and for programs: which assumption the answer hangs on, and how to find out what it is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

from lambdasim.analysis.intervals import ALL_EQUAL, ORDER_STATISTICS
from lambdasim.analysis.sensitivity import Sensitivity
from lambdasim.analysis.telling import PERCENTILES, amount, change, estimate_document, interval
from lambdasim.analysis.tornado import Effect, End, Tornado
from lambdasim.analysis.uncertainty import Assumption
from lambdasim.display.folding import said, to_copy
from lambdasim.display.layout import laid_out, room_for_one_more
from lambdasim.display.numbers import short_month
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Row, Table
from lambdasim.report.measuring import how_to_measure
from lambdasim.report.ranges import brief

MOST = 10  # rows of a tornado, unless it is said
_TOLD = 3  # assumptions whose source is told
_LITTLE = 0.01  # of the measure: what is less is not told one by one
_PATH, _LEAST_BAR, _MOST_BAR = 30, 4, 30
_WHY = {
    "M": "from a third party",
    "L": "from one weak source",
    "A": "assumed",
    "U": "no source was found",
    "user": "the scenario's",
}


def sensitivity_text(found: Sensitivity, screen: Screen = PIPE, *, most: int = MOST) -> str:
    """The answers, a sentence for each measure; then the tornados, ``most`` assumptions each, and what to find out."""
    first, *others = (answer(tornado, found) for tornado in found.tornados)
    blocks = ["\n".join((said(first, screen, style="bold"), *(said(other, screen) for other in others)))]
    blocks += [_tornado(tornado, most, screen) for tornado in found.tornados if tornado.shown]
    if told := list(_to_find_out(found, screen)):
        blocks.append("\n".join((said("What to find out first", screen, style="bold"), *told)))
    blocks.append("\n".join(said(note, screen, indent=2) for note in _notes(found)))
    return "\n\n".join(blocks)


def answer(tornado: Tornado, found: Sensitivity) -> str:
    """What a measure hangs on, in a sentence."""
    is_there = tornado.base.n > 0
    base = f"{tornado.measure.text} {f'= {amount(tornado.measure, tornado.base)}' if is_there else 'has no value'}"
    count = len(tornado.effects) + len(found.unmoved)
    if not tornado.shown:
        if not count:
            return f"{base}; it rests on no assumption."
        which = f"none of {count} assumptions is" if count > 1 else "the only assumption is not"
        return f"{base}; {which} shown to change that."
    much = [effect for effect in tornado.shown if _is_much(effect, tornado)]
    if not much:
        lead = f"{base} and moves by less than 1 % with any of {count} assumptions, the most with {_told(tornado)}"
    else:
        lead = f"{base} depends most on {_told(tornado)}"
        lead += f"; {len(much) - 1 or 'none'} of {count - 1} others move{'s' * (len(much) < 3)} it by 1 % or more"
    return f"{lead}.{''.join(f' {flip}' for flip in _flips(tornado, found))}"


def _told(tornado: Tornado) -> str:
    """The assumption with the largest swing, and what it does."""
    top = tornado.shown[0]
    ends = ", ".join(f"{_there(end, tornado)} at {brief(end.value)}" for end in top.ends)
    return f"the {_name(top.assumption.path)} ({top.assumption.path}, {_WHY[top.assumption.confidence]}): {ends}"


def _there(end: End, tornado: Tornado) -> str:
    if not end.estimate.n:
        return "no value"
    return amount(tornado.measure, end.estimate) if end.shown else "no difference shown"


def _name(path: str) -> str:
    """What a path is about, in words.

    >>> _name("lifecycles/default/idle_timeout"), _name("deployments/alarm_delay_s")
    ('idle timeout', 'alarm delay')
    >>> _name("triggers/sqs/pollers/backoff/wait_cap_s"), _name("functions.api.handler.duration")
    ('backoff wait cap', 'handler duration')
    """
    words = path.replace(".", "/").split("/")
    told = words[-1:] if words[0] == "lifecycles" or len(words) == 2 else words[-2:]
    return re.sub(r"_(s|h|kb|mb)$", "", " ".join(told)).replace("_", " ")


def _is_much(effect: Effect, tornado: Tornado) -> bool:
    return not effect.swing < _LITTLE * abs(tornado.base.value)


def _flips(tornado: Tornado, found: Sensitivity) -> Iterator[str]:
    """Which thresholds of the scenario turn with an assumption, by the estimates."""
    for threshold in found.scenario.thresholds:
        if threshold.measure.path != tornado.measure.path or tornado.base.n == 0:
            continue
        holds = threshold.holds(tornado.base.value)
        turned = [
            f"{effect.assumption.path} at {brief(end.value)}"
            for effect in tornado.shown
            for end in effect.ends
            if end.shown and end.estimate.n and threshold.holds(end.estimate.value) != holds
        ]
        if turned:
            now, then = ("holds", "would not") if holds else ("does not hold", "would")
            yield f"{threshold.text!r} {now}, and {then} with {', or '.join(turned)}."


def _tornado(tornado: Tornado, most: int, screen: Screen) -> str:
    """The largest swings first: two rows each, its ends, with a bar for the change where there is room."""
    shown = tornado.shown[:most]
    bare = _effects(tornado, shown, None, screen)
    room = room_for_one_more(bare, screen, least=_LEAST_BAR, most=_MOST_BAR) if screen.draws else None
    left = len(tornado.shown) - len(shown)
    more = [said(f"... and {left} more with smaller swings", screen)] if left else []
    return "\n".join((laid_out(_effects(tornado, shown, room, screen), screen), *more))


def _effects(tornado: Tornado, shown: Sequence[Effect], room: int | None, screen: Screen) -> Table:
    """The rows, with bars of ``room`` signs at most, or without."""
    changes = [abs(end.change.value) for effect in shown for end in effect.ends if end.shown and end.change.n]
    longest = max(changes, default=0.0)
    rows = list[Row]()
    for effect in shown:
        one = effect.assumption
        names = (one.path, one.path) if screen.width is None else _folded(one.path)
        heads = [(names[0], one.confidence), (names[1], one.confidence if screen.width is None else "")]
        for head, end in zip(heads, effect.ends, strict=False):
            bar = [] if room is None else [_bar(end, longest, room)]
            rows.append((*head, brief(end.value), *_moved(end, tornado), *bar))
        if names[1] and len(effect.ends) == 1 and screen.width is not None:
            rows.append((names[1], *[""] * (4 if room is None else 5)))
    title = f"{tornado.measure.text}: as assumed {interval(tornado.measure, tornado.base)}"
    columns = ("parameter", "conf", "at", "gives", "change", *([] if room is None else [" "]))
    return Table(title, columns, rows, frozenset(("parameter", "conf", " ")), 2, frozenset([" "]))


def _bar(end: End, longest: float, room: int) -> str:
    """As long as the change is large, of its sign; none for what is not shown."""
    if not end.shown or not end.change.n or not longest:
        return ""
    return ("+" if end.change.value > 0 else "-") * math.ceil(room * abs(end.change.value) / longest)


def _moved(end: End, tornado: Tornado) -> tuple[str, str]:
    value = interval(tornado.measure, end.estimate)
    if end.change.n == 0:
        return value, "no value" if end.estimate.n == 0 else "none before"
    if not end.shown:
        return value, "no difference" if end.change.method == ALL_EQUAL else "no difference shown"
    return value, change(tornado.measure, end.change)


def _folded(path: str) -> tuple[str, str]:
    """A path on one line, or on two of about the same length.

    >>> _folded("triggers/asynchronous/event_queue/throttle_backoff/jitter")
    ('triggers/asynchronous/event_queue/', '  throttle_backoff/jitter')
    """
    if len(path) <= _PATH or "/" not in path:
        return path, ""
    cuts = [at + 1 for at, sign in enumerate(path) if sign == "/"]
    at = min(cuts, key=lambda cut: max(cut, len(path) - cut + 2))
    return path[:at], f"  {path[at:]}"


def _to_find_out(found: Sensitivity, screen: Screen) -> Iterator[str]:
    """Source, note and a way to measure of what moves a measure most, each told once."""
    tops = [
        effect.assumption for tornado in found.tornados for effect in tornado.shown[:_TOLD] if _is_much(effect, tornado)
    ]
    below = " " * 4
    for one in {assumption.path: assumption for assumption in tops}.values():
        yield said(one.path, screen, head="  ", indent=2)
        if one.in_book:
            yield said(f"{one.confidence}: {one.source}; {one.note}".removesuffix("; "), screen, head=below)
            yield said(f"To measure: {how_to_measure(one.path)}.", screen, head=below)
            yield to_copy(["--set", f"{one.setting}=..."], screen, head=f"{below}Then say it: ")
        else:
            yield said("The scenario says it: measure it on your own function.", screen, head=below)


def _notes(found: Sensitivity) -> Iterator[str]:
    hidden = [effect.assumption for tornado in found.tornados for effect in tornado.effects]
    shown = {effect.assumption.path for tornado in found.tornados for effect in tornado.shown}
    quiet = {one.path: one for one in hidden if one.path not in shown}
    yield from _listed("No difference shown; more --replications show smaller ones", quiet.values())
    yield from _listed("Changed nothing at all in the first replication, and were not run again", found.unmoved)
    if any(tornado.base.method == ORDER_STATISTICS for tornado in found.tornados):
        yield PERCENTILES
    is_priced = any(tornado.measure.path[-1].endswith("_per_month") for tornado in found.tornados)
    if is_priced and (month := short_month(found.scenario.measured_s)):
        yield f"{month.capitalize()}."
    for one in found.refused:
        yield f"Not tried: {one.assumption.path} at {brief(one.value)}: {one.why}"
    yield (
        f"One at a time, {found.design.replications} replications each on common random numbers, {found.runs:,} runs. "
        f"Intervals of changes hold together at {found.design.confidence * 100:.3g} % for each measure (Bonferroni: "
        f"{found.comparisons} differences). Assumptions that are off together may do more. What AWS states (H), and "
        "what the scenario sets, is not varied; --parameter PATH=LOW,HIGH varies anything."
    )


def _listed(title: str, assumptions: Any) -> Iterator[str]:
    paths = [one.path for one in assumptions]
    if paths:
        yield f"{title}: {', '.join(paths)}."


def sensitivity_document(found: Sensitivity) -> dict[str, Any]:
    """All of it as plain values that are strict JSON."""
    return {
        "schema_version": 1,
        "file": found.scenario.file,
        "scenario": {"name": found.scenario.name, "sha256": found.scenario.sha256},
        "replications": found.design.replications,
        "confidence": found.design.confidence,
        "seed": found.design.seed_of(found.scenario, 0),
        "runs": found.runs,
        "comparisons": found.comparisons,
        "confidence_of_each_change": found.each,
        "measures": [
            {
                "measure": tornado.measure.text,
                "answer": answer(tornado, found),
                "base": estimate_document(tornado.base),
                "effects": [_effect(effect) for effect in tornado.effects],
            }
            for tornado in found.tornados
        ],
        "unmoved": [_assumption(one) for one in found.unmoved],
        "refused": [{**_assumption(one.assumption), "refused": one.value, "why": one.why} for one in found.refused],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    ends: Sequence[tuple[str, End | None]] = (("at_low", effect.low), ("at_high", effect.high))
    told = {
        name: None
        if end is None
        else {
            "value": end.value,
            "estimate": estimate_document(end.estimate),
            "change": estimate_document(end.change),
            "shown": end.shown,
        }
        for name, end in ends
    }
    swing = effect.swing if math.isfinite(effect.swing) else None
    return {**_assumption(effect.assumption), "shown": effect.shown, "swing": swing, **told}


def _assumption(one: Assumption) -> dict[str, Any]:
    told = ("path", "value", "low", "high", "unit", "confidence", "source", "note")
    return {("parameter" if name == "path" else name): getattr(one, name) for name in told}
