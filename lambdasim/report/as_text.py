"""What the command prints of a result or of an analysis, as text: for notebooks, logs and letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lambdasim.analysis.compare import Comparison
from lambdasim.analysis.cost import CostAnswers
from lambdasim.analysis.pareto import TradeOff
from lambdasim.analysis.replicate import Replications
from lambdasim.analysis.sensitivity import Sensitivity
from lambdasim.analysis.size import Sizing
from lambdasim.analysis.sweep import Sweep
from lambdasim.analysis.thresholds import Checks
from lambdasim.display.screen import NARROWEST, Screen
from lambdasim.report.checks import checks_text
from lambdasim.report.compare import compare_text
from lambdasim.report.cost import cost_text
from lambdasim.report.over_time import over_time
from lambdasim.report.pareto import trade_off_text
from lambdasim.report.replicate import replicate_text
from lambdasim.report.sensitivity import sensitivity_text
from lambdasim.report.size import size_text
from lambdasim.report.sweep import sweep_text
from lambdasim.report.text import run_text
from lambdasim.result.result import Result

Told = Result | Replications | Comparison | Sizing | TradeOff | Sweep | Checks | Sensitivity | CostAnswers
_TEXTS: dict[type, Callable[[Any, Screen], str]] = {
    Result: lambda result, screen: run_text(result.summary(), over_time(result), screen),
    Replications: replicate_text,
    Comparison: compare_text,
    Sizing: size_text,
    TradeOff: trade_off_text,
    Sweep: sweep_text,
    Checks: lambda checks, screen: checks_text([checks], screen),
    Sensitivity: sensitivity_text,
    CostAnswers: cost_text,
}


def text_report(found: Told, *, width: int | None = None) -> str:
    """What the command of the same name prints, without styles: the answer in a sentence, then tables and notes.

    Args:
        found: what ``simulate``, ``replicate``, ``compare``, ``size``, ``trade_off``, ``sweep``, ``check``,
            ``sensitivity`` or ``cost`` returned.
        width: signs in a line, 40 or more: sentences are folded, tables cut into pieces; None: nothing is.

    Raises:
        TypeError: it is something else.
        ValueError: no text is so narrow.

    >>> from lambdasim import load_scenario, simulate
    >>> print(text_report(simulate(load_scenario("scenarios/cron_herd.yaml"))).splitlines()[2])
    Functions over 45 min
    """
    tell = _TEXTS.get(type(found))
    if tell is None:
        expected = ", ".join(kind.__name__ for kind in _TEXTS)
        raise TypeError(f"expected one of {expected}, found {type(found).__name__}")
    if width is not None and width < NARROWEST:
        raise ValueError(f"expected a width of {NARROWEST} or more, found {width}")
    return tell(found, Screen(width))
