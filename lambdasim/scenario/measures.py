"""Measures: which number of a run's summary is meant, such as ``checkout.latency_ms.p99``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lambdasim.codes import Fate, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.scenario.wording import nearest

_PERCENTILE = re.compile(r"p\d+(\.\d+)?")
_SPREAD = dict.fromkeys(("mean", "p50", "p75", "p90", "p95", "p99", "p99.9", "max"))
_names = {
    kind: dict.fromkeys(member.name.lower() for member in kind if member.name != "NONE")
    for kind in (StartType, StartCause)
}
_FAILURES = dict.fromkeys(
    (
        "total",
        *(outcome.name.lower() for outcome in Outcome if outcome not in {Outcome.SUCCESS, Outcome.UNFINISHED}),
        "client_gone",
        *(fate.name.lower() for fate in Fate if fate not in {Fate.SUCCESS, Fate.FILTERED}),
    )
)
_ANY_NAME = "<version>"  # a key that stands for any name
_COUNTED = ("by_reason", "final_failures", "status_codes")  # below them stands only what occurred
_VERSION = {
    **dict.fromkeys(("invocations", "errors", "error_rate", "throttles", "cold_starts", "cold_start_rate")),
    "duration_ms": dict.fromkeys(("mean", "max")),
}
_REASONS = dict.fromkeys(reason.name for reason in ThrottleReason if reason.name != "NONE")
FUNCTION_KEYS: Mapping[str, Any] = {
    **dict.fromkeys(("events", "invocations", "successes", "errors", "timeouts", "retries", "dropped")),
    **dict.fromkeys(("dead_lettered", "in_flight", "cold_starts", "cold_start_rate")),
    "final_failures": _FAILURES,
    "throttles": {"total": None, "by_reason": _REASONS},
    "start_types": _names[StartType],
    "cold_start_causes": _names[StartCause],
    "environments": dict.fromkeys(("created", "mean", "max", "mean_busy", "mean_idle")),
    "concurrency": dict.fromkeys(("mean", "max")),
    **dict.fromkeys(("latency_ms", "duration_ms", "billed_duration_ms"), _SPREAD),
    **dict.fromkeys(("init_duration_ms", "restore_duration_ms", "cold_start_ms"), _SPREAD),
    "provisioned_concurrency": {
        **dict.fromkeys(("configured", "utilization"), dict.fromkeys(("mean", "max"))),
        **dict.fromkeys(("invocations", "spillover_invocations")),
    },
    "versions": {_ANY_NAME: _VERSION},
    "network": {
        **dict.fromkeys(("interfaces_max", "starts", "waited_for_interface", "waited_for_interface_share")),
        "start_failures": {"total": None, "by_reason": _REASONS},
    },
    "cost_usd": dict.fromkeys(("total", "per_million_invocations")),
}
ACCOUNT_KEYS: Mapping[str, Any] = {
    "concurrency": dict.fromkeys(("mean", "max")),
    **dict.fromkeys(("throttles", "claimed_max", "network_interfaces_max")),
    "cost_usd": dict.fromkeys(("total",)),
}
TOTAL_KEYS: Mapping[str, Any] = dict.fromkeys(
    ("cost_usd", "cost_usd_per_month", "events", "successes", "dropped", "dead_lettered", "invocations",
     "cold_start_rate")
)  # fmt: skip


DOWNSTREAM_KEYS: Mapping[str, Any] = {
    **dict.fromkeys(("max_connections", "minutes_over", "first_over_s")),
    "connections": dict.fromkeys(("mean", "max")),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of the summary, as the user names it; ``path`` leads there, from the summary's root."""

    text: str
    path: tuple[str, ...]

    def value(self, summary: Mapping[str, Any]) -> float | None:
        """The number; None if the summary doesn't have it, but 0 for what it would count, had it occurred."""
        value: Any = summary
        for above, word in zip(("", *self.path), self.path, strict=False):
            value = value.get(word, 0 if above in _COUNTED else None) if isinstance(value, Mapping) else None
        return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)

    @property
    def is_percentile(self) -> bool:
        """Whether it is a percentile, such as p99."""
        return _PERCENTILE.fullmatch(self.path[-1]) is not None


def read_measure(
    text: str, functions: Collection[str], triggers: Collection[str], downstream: Collection[str] = ()
) -> Measure:
    """The measure that ``text`` names; a function or trigger may stand by its name alone.

    Raises ``ValueError`` if it names what no summary has.
    """
    return Measure(text, _resolved(text, functions, triggers, downstream))


def _resolved(
    text: str, functions: Collection[str], triggers: Collection[str], downstream: Collection[str]
) -> tuple[str, ...]:
    """The words from the summary's root on: a function or trigger may stand by its name alone."""
    first, _, rest = text.partition(".")
    if first == "functions":
        name, _, rest = rest.partition(".")
        _known(name, functions, "function")
        return (first, name, *_keys(rest, FUNCTION_KEYS, f"functions.{name}"))
    if first == "triggers":
        name, _, rest = rest.partition(".")
        _known(name, triggers, "trigger")
        return (first, name, *_open_keys(rest, text))
    if first == "downstream":
        name, _, rest = rest.partition(".")
        _known(name, downstream, "downstream")
        return (first, name, *_keys(rest, DOWNSTREAM_KEYS, f"downstream.{name}"))
    if first in ("account", "total"):
        return (first, *_keys(rest, ACCOUNT_KEYS if first == "account" else TOTAL_KEYS, first))
    if first in functions:
        return ("functions", first, *_keys(rest, FUNCTION_KEYS, first))
    if first in triggers:
        return ("triggers", first, *_open_keys(rest, text))
    hint = nearest(first, (*functions, *triggers, "total", "account"))
    raise ValueError(f"{first!r} is no function or trigger here, and neither total nor account; {hint}")


def _known(name: str, names: Collection[str], kind: str) -> None:
    if name not in names:
        raise ValueError(f"there is no {kind} {name!r}; {nearest(name, names)}".removesuffix("; "))


def _open_keys(rest: str, text: str) -> Iterator[str]:
    """What a trigger counts depends on its kind; a missing key shows when the threshold is checked."""
    words = re.findall(r"p\d+\.\d+|[^.]+", rest)  # a key may contain a dot (p99.9)
    if not words or ".".join(words) != rest:
        raise ValueError(f"{text!r} stops short of a number")
    if words[0] == "final_failures" and words[-1] not in _FAILURES:
        raise ValueError(f"no event fails by {words[-1]!r}; {nearest(words[-1], _FAILURES)}")
    if words[0] == "status_codes" and not words[-1].isdecimal():
        raise ValueError(f"{words[-1]!r} is no status code, such as 429")
    yield from words


def _keys(rest: str, known: Mapping[str, Any], where: str) -> Iterator[str]:
    """The words of ``rest``, each a key below the one before; a key may contain a dot (p99.9)."""
    while True:
        word = next((key for key in known if rest == key), None) or rest.partition(".")[0]
        if word and _ANY_NAME in known:
            known = {word: known[_ANY_NAME]}
        if word not in known:
            problem = f"the summary has no {word!r} under {where}" if word else f"{where} stops short of a number"
            raise ValueError(f"{problem}; {nearest(word, known)}")
        yield word
        rest, below = rest[len(word) + 1 :], known[word]
        if below is None:
            if rest:
                raise ValueError(f"{where}.{word} is a number; nothing lies below it, found {rest!r}")
            return
        known, where = below, f"{where}.{word}"
