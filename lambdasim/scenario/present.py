"""What a scenario has at a path at present: as it is written there, else by default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from lambdasim.scenario.model import Scenario
from lambdasim.scenario.overrides import steps_of, with_overrides
from lambdasim.scenario.schema import names_at
from lambdasim.scenario.source import compose


def present(scenario: Scenario, path: str) -> str | None:
    """The number or text at a path, as YAML writes it; None where there is none, or more than one.

    ``path`` is as for ``--set``. What a default stands for is told if it is a plain number; of provisioned concurrency
    that nobody configured it is 0.
    """
    steps = steps_of(path)
    node, _ = compose(scenario.written.text, scenario.file)
    assert node is not None, "the scenario was read from it"
    node, _ = with_overrides(node, scenario.written.overrides, names_at)
    for step in steps:
        found = node.child(step)
        node = found if found is not None or not step.isdecimal() else node.child(int(step))
        if node is None:
            return _text(_default(scenario, steps))
    return _text(node.data)


def _default(scenario: Scenario, steps: tuple[str, ...]) -> Any:
    """The checked value at a path, if it is a plain number: only there it is what the user would write."""
    value: Any = scenario
    for step in steps:
        if isinstance(value, BaseModel):
            fields = type(value).model_fields
            name = next((name for name, info in fields.items() if (info.alias or name) == step), None)
            if name is None or name != step:  # under an alias it has a unit of our own
                return None
            value = getattr(value, name)
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return None
    return 0 if value is None and steps[-1] == "provisioned_concurrent_executions" else value


def _text(value: Any) -> str | None:
    """A number or a text as it is written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)
