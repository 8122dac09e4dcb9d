"""Thresholds: what must hold of a run's summary, such as ``checkout.latency_ms.p99 < 300``."""

from __future__ import annotations

import operator
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import core_schema

from lambdasim.codes import Fate, Outcome, StartCause, StartType, ThrottleReason
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.wording import found, nearest
from lambdasim.units import US_PER_MS, US_PER_S, parse_duration_us

_OPERATORS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}
_FORM = re.compile(
    r"\s*(?P<path>[^<>=\s]+)\s*(?P<operator><=|>=|<|>)\s*(?P<number>[-+]?[0-9.]+(?:[eE][-+]?\d+)?)\s*(?P<unit>\S*)\s*"
)
EXAMPLE = "checkout.latency_ms.p99 < 300"

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
class Threshold:
    """A bound on one number of the summary; ``path`` leads there, from the summary's root."""

    text: str
    path: tuple[str, ...]
    operator: str
    limit: float

    def check(self, summary: Mapping[str, Any]) -> tuple[bool, float | None]:
        """Whether it holds, and the number; a number that the summary doesn't have holds nothing."""
        value: Any = summary
        for word in self.path:
            value = value.get(word) if isinstance(value, Mapping) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False, None
        return bool(_OPERATORS[self.operator](value, self.limit)), float(value)


class ThresholdText:
    """Annotation: the user writes a text, the model holds the :class:`Threshold`."""

    @staticmethod
    def read(value: Any, info: ValidationInfo) -> Threshold:
        """The threshold, by the names that the scenario has."""
        if not isinstance(value, str):
            raise ValueError(f"expected a threshold such as {EXAMPLE!r}, found {found(value)}")
        surroundings = Surroundings.of(info)
        functions, triggers = surroundings.functions or (), surroundings.triggers or ()
        return read_threshold(value, functions, triggers, surroundings.downstream or ())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Pydantic: read the text."""
        return core_schema.with_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic: text of the form."""
        return {"type": "string", "pattern": r"^\s*[^<>=\s]+\s*(<=|>=|<|>)\s*[-+]?[0-9.]", "examples": [EXAMPLE]}


def read_threshold(
    text: str, functions: Collection[str], triggers: Collection[str], downstream: Collection[str] = ()
) -> Threshold:
    """The threshold in ``text``; ``ValueError`` if it has another form, or names what no summary has."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a threshold; write for example {EXAMPLE!r}")
    try:
        number = float(match["number"])
    except ValueError:
        raise ValueError(f"{match['number']!r} is not a number; write for example {EXAMPLE!r}") from None
    path = _resolved(match["path"], functions, triggers, downstream)
    return Threshold(text, path, match["operator"], _in_the_keys_unit(number, match["unit"], path))


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


def _in_the_keys_unit(number: float, unit: str, path: tuple[str, ...]) -> float:
    """The limit as the summary counts: shares from 0 to 1, milliseconds, USD."""
    if not unit:
        return number
    if unit == "%":
        return number / 100
    if unit.upper() == "USD" and any("usd" in word for word in path):
        return number
    scales = {"_ms": US_PER_MS, "_s": US_PER_S}
    scale = next((us for suffix, us in scales.items() for word in path[1:] if word.endswith(suffix)), None)
    if scale is None:
        raise ValueError(f"{'.'.join(path)} has no unit {unit!r}; write a bare number, or a percentage")
    return parse_duration_us(f"{number} {unit}") / scale
