"""The smallest useful scenario, and what a test does with it."""

from __future__ import annotations

import pytest

from lambdasim.errors import InputError
from lambdasim.scenario.load import parse_scenario

SMALL = """\
name: small
duration: 1h
functions:
  api:
    runtime: python3.13
    handler: {duration: 80 ms}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 5/s}}}
"""


def complaints(text):
    """What is said of a text that is no scenario: the lines of the error."""
    with pytest.raises(InputError) as caught:
        parse_scenario(text, file="s.yaml")
    assert caught.value.problems
    return str(caught.value).splitlines()


def changed(old, new):
    """The small scenario with one piece replaced."""
    assert SMALL.count(old) == 1, old
    return SMALL.replace(old, new)


def codes(text):
    """The codes of a scenario's warnings."""
    return [warning.code for warning in parse_scenario(text).warnings]
