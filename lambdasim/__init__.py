"""lambdasim: a discrete-event simulator of AWS Lambda's scaling, cold starts, throttles and cost.

>>> import lambdasim
>>> scenario = lambdasim.load_scenario("scenarios/first.yaml")
>>> result = lambdasim.simulate(scenario, seed=1)
>>> sorted(result.summary()["functions"])
['api']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lambdasim.errors import (
    AnalysisError,
    FigureError,
    InputError,
    LambdasimError,
    ParameterError,
    Problem,
    ResultError,
    WorkerError,
)

if TYPE_CHECKING:
    from lambdasim import queueing
    from lambdasim.advice.advise import Advice, advise
    from lambdasim.analysis.apart import Apart, simulate_apart
    from lambdasim.analysis.compare import Comparison, compare
    from lambdasim.analysis.cost import CostAnswers, cost
    from lambdasim.analysis.observations import Design
    from lambdasim.analysis.pareto import TradeOff, trade_off
    from lambdasim.analysis.replicate import Replications, replicate
    from lambdasim.analysis.runner import Workers
    from lambdasim.analysis.sensitivity import Sensitivity, sensitivity
    from lambdasim.analysis.size import Sizing, size
    from lambdasim.analysis.sweep import Sweep, sweep
    from lambdasim.analysis.thresholds import Checks, check
    from lambdasim.analysis.warm_up import with_warm_up
    from lambdasim.parameters.book import load_book
    from lambdasim.plots import figures
    from lambdasim.report.as_text import text_report
    from lambdasim.report.page.html import html_report
    from lambdasim.report.widgets import what_if
    from lambdasim.result.result import Result
    from lambdasim.scenario.load import load_scenario, parse_scenario
    from lambdasim.scenario.schema import json_schema
    from lambdasim.simulation import simulate

__version__ = "0.1.0"
__all__ = [
    "Advice",
    "AnalysisError",
    "Apart",
    "Checks",
    "Comparison",
    "CostAnswers",
    "Design",
    "FigureError",
    "InputError",
    "LambdasimError",
    "ParameterError",
    "Problem",
    "Replications",
    "Result",
    "ResultError",
    "Sensitivity",
    "Sizing",
    "Sweep",
    "TradeOff",
    "WorkerError",
    "Workers",
    "advise",
    "check",
    "compare",
    "cost",
    "figures",
    "html_report",
    "json_schema",
    "load_book",
    "load_scenario",
    "parse_scenario",
    "queueing",
    "replicate",
    "sensitivity",
    "simulate",
    "simulate_apart",
    "size",
    "sweep",
    "text_report",
    "trade_off",
    "what_if",
    "with_warm_up",
]

_HOMES = {
    "Advice": "lambdasim.advice.advise",
    "Apart": "lambdasim.analysis.apart",
    "Checks": "lambdasim.analysis.thresholds",
    "Comparison": "lambdasim.analysis.compare",
    "CostAnswers": "lambdasim.analysis.cost",
    "Design": "lambdasim.analysis.observations",
    "Replications": "lambdasim.analysis.replicate",
    "Result": "lambdasim.result.result",
    "Sensitivity": "lambdasim.analysis.sensitivity",
    "Sizing": "lambdasim.analysis.size",
    "Sweep": "lambdasim.analysis.sweep",
    "TradeOff": "lambdasim.analysis.pareto",
    "Workers": "lambdasim.analysis.runner",
    "advise": "lambdasim.advice.advise",
    "check": "lambdasim.analysis.thresholds",
    "compare": "lambdasim.analysis.compare",
    "cost": "lambdasim.analysis.cost",
    "html_report": "lambdasim.report.page.html",
    "json_schema": "lambdasim.scenario.schema",
    "load_book": "lambdasim.parameters.book",
    "load_scenario": "lambdasim.scenario.load",
    "parse_scenario": "lambdasim.scenario.load",
    "replicate": "lambdasim.analysis.replicate",
    "sensitivity": "lambdasim.analysis.sensitivity",
    "simulate": "lambdasim.simulation",
    "simulate_apart": "lambdasim.analysis.apart",
    "size": "lambdasim.analysis.size",
    "sweep": "lambdasim.analysis.sweep",
    "text_report": "lambdasim.report.as_text",
    "trade_off": "lambdasim.analysis.pareto",
    "what_if": "lambdasim.report.widgets",
    "with_warm_up": "lambdasim.analysis.warm_up",
}
_MODULES = {"figures": "lambdasim.plots.figures", "queueing": "lambdasim.queueing"}


def __getattr__(name: str) -> Any:
    """Load the rest of the public face when it is first used: ``import lambdasim`` itself stays light."""
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lambdasim' has no attribute {name!r}")
