"""Numbers as the report writes them: three or four digits that matter, thousands apart, a dash for what is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_UNITS_MS = ((172_800_000, 86_400_000, "d"), (3_600_000, 3_600_000, "h"), (100_000, 60_000, "min"), (0, 1000, "s"))
_LONG_S = 3600  # from here on a month of such spans needs no word: a judgement


def number(value: float | None) -> str:
    """Counts in full, other numbers to four digits.

    >>> number(172677), number(103764.21), number(3.82514), number(None)
    ('172,677', '103,764', '3.825', '-')
    """
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def many(count: int, noun: str) -> str:
    """How many of what, in words.

    >>> many(1, "run"), many(0, "run"), many(1200, "run")
    ('1 run', '0 runs', '1,200 runs')
    """
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def milliseconds(value: float | None) -> str:
    """Whole from 100 on, else three digits.

    >>> milliseconds(1004.21), milliseconds(99.96), milliseconds(0.21349), milliseconds(None)
    ('1,004', '100', '0.213', '-')
    """
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def share(value: float | None) -> str:
    """A share of 1 in per cent, to three digits.

    >>> share(0.0002143), share(1.0), share(0.0), share(None)
    ('0.0214 %', '100 %', '0 %', '-')
    """
    return "-" if value is None else f"{value * 100:.3g} %"


def usd(value: float) -> str:
    """Cents from a dollar on, below it four decimals; of what is saved too.

    >>> usd(19495.25), usd(0.1666), usd(2e-7), usd(0), usd(-2.5)
    ('$19,495.25', '$0.1666', 'under $0.0001', '$0.00', '-$2.50')
    """
    if value < 0:
        return f"-{usd(-value)}"
    if 0 < value < 0.0001:
        return "under $0.0001"
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.4f}"


def instant(seconds: float) -> str:
    """When something was, from the start of the run, to a tenth of a second.

    >>> instant(1800.0), instant(90061.5), instant(0.25)
    ('30m00s', '25h01m01.5s', '0m00.2s')
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    whole, _, fraction = f"{rest:.1f}".removesuffix(".0").partition(".")
    tail = f"{whole:0>2}{'.' if fraction else ''}{fraction}s"
    return f"{hours}h{minutes:02}m{tail}" if hours else f"{minutes}m{tail}"


def span(summary: Mapping[str, Any]) -> str:
    """How long the measured part of the run is.

    >>> span({"simulated_s": 86400.0, "warm_up_s": 0.0}), span({"simulated_s": 130.0, "warm_up_s": 10.0})
    ('24 h', '2 min')
    """
    return _lasting(summary["simulated_s"] - summary["warm_up_s"])


def month_of(seconds: float) -> str:
    """How a month is that a measured span was scaled to: a short span is said, for few months are made of such.

    >>> month_of(7200), month_of(20)
    ('like this', 'made of such 20 s')
    """
    return "like this" if seconds >= _LONG_S else f"made of such {_lasting(seconds)}"


def short_month(seconds: float) -> str:
    """The same as a clause of its own, where a month's price stands alone; empty of a long span.

    >>> short_month(20)
    'a month is made of such 20 s'
    """
    return "" if seconds >= _LONG_S else f"a month is {month_of(seconds)}"


def took(value_ms: float) -> str:
    """How long something took, in a sentence: milliseconds up to ten seconds, then the unit that makes it short.

    >>> took(85.34), took(1004.21), took(62_340), took(598_000), took(7_230_000), took(259_200_000)
    ('85.3 ms', '1,004 ms', '62.3 s', '9.97 min', '2.01 h', '3 d')
    """
    if value_ms < 10_000:
        return f"{milliseconds(value_ms)} ms"
    size, unit = next((size, unit) for least, size, unit in _UNITS_MS if value_ms >= least)
    return f"{value_ms / size:,.3g} {unit}"


def short_month_sentence(seconds: float | None) -> str:
    """The same as a sentence behind others, with the blank before it; empty too where the span is not known.

    >>> short_month_sentence(20), short_month_sentence(None)
    (' A month is made of such 20 s.', '')
    """
    told = "" if seconds is None else short_month(seconds)
    return f" {told[0].upper()}{told[1:]}." if told else ""


def _lasting(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:,.4g} h"
    return f"{seconds / 60:.3g} min" if seconds >= 60 else f"{seconds:.3g} s"
