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

from lambdasim.errors import InputError, LambdasimError, ParameterError, Problem, ResultError

if TYPE_CHECKING:
    from lambdasim.advice.advise import Advice, advise
    from lambdasim.parameters.book import load_book
    from lambdasim.result.result import Result
    from lambdasim.scenario.load import load_scenario, parse_scenario
    from lambdasim.scenario.schema import json_schema
    from lambdasim.simulation import simulate

__version__ = "0.1.0"
__all__ = [
    "Advice",
    "InputError",
    "LambdasimError",
    "ParameterError",
    "Problem",
    "Result",
    "ResultError",
    "advise",
    "json_schema",
    "load_book",
    "load_scenario",
    "parse_scenario",
    "simulate",
]

_HOMES = {
    "Advice": "lambdasim.advice.advise",
    "Result": "lambdasim.result.result",
    "advise": "lambdasim.advice.advise",
    "json_schema": "lambdasim.scenario.schema",
    "load_book": "lambdasim.parameters.book",
    "load_scenario": "lambdasim.scenario.load",
    "parse_scenario": "lambdasim.scenario.load",
    "simulate": "lambdasim.simulation",
}


def __getattr__(name: str) -> Any:
    """Load the rest of the public face when it is first used: ``import lambdasim`` itself stays light."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lambdasim' has no attribute {name!r}")
