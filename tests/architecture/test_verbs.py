"""The verbs of the command are functions of the public face, and alike: what one calls a thing, all call it."""

from __future__ import annotations

import inspect

import pytest

import lambdasim
from lambdasim.cli.main import Verbs

VARYING = ("compare", "sweep", "size", "trade_off")
ASKING = ("replicate", "check", "sensitivity", "cost")
SHARED = {  # what stands for the same thing has one name, and one default
    "measures": None,
    "objectives": (),
    "minimize": None,
    "design": lambdasim.Design(),
    "progress": None,
}
each = pytest.mark.parametrize("verb", [*VARYING, *ASKING])


def parameters(verb):
    return inspect.signature(getattr(lambdasim, verb)).parameters


def test_each_verb_that_analyses_is_a_function_of_that_name():
    assert {*VARYING, *ASKING} - {"trade_off"} <= set(Verbs.verbs) & set(lambdasim.__all__)


@each
def test_the_scenario_comes_first_and_what_is_varied_second_and_all_else_is_named(verb):
    kinds = {name: parameter.kind for name, parameter in parameters(verb).items()}
    positional = [name for name, kind in kinds.items() if kind is not inspect.Parameter.KEYWORD_ONLY]
    first = "scenarios" if verb == "compare" else "scenario"
    assert positional == ([first, "vary"] if verb in VARYING else [first])
    assert list(kinds)[-2:] == ["design", "progress"]


@each
def test_what_is_the_same_has_the_same_name_and_default(verb):
    found = {name: parameter.default for name, parameter in parameters(verb).items() if name in SHARED}
    assert found == {name: SHARED[name] for name in found}
    assert {"design", "progress"} <= found.keys()
