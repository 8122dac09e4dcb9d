"""``lambdasim schema``: the JSON Schema that editors check and complete scenarios with."""

from __future__ import annotations

import json

import click

from lambdasim.cli.output import say


@click.command()
def schema() -> None:
    """Print the JSON Schema (draft 7) of scenario files.

    Save it beside your scenarios and name it in their first line:
    `# yaml-language-server: $schema=lambdasim.schema.json`.
    """
    from lambdasim.scenario.schema import json_schema  # noqa: PLC0415 - keeps --help fast

    say(json.dumps(json_schema(), indent=2))
