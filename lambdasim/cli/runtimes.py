"""``lambdasim runtimes``: which runtimes there are, until when, and how fast their hello world starts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from lambdasim.cli.output import say, screen

_SCHEMA_VERSION = 1


@click.command()
@click.option("--family", help="Only this family, such as python, or a language of OS-only runtimes, such as rust.")
@click.option("--architecture", type=click.Choice(["x86_64", "arm64"]), help="Only what runs on it.")
@click.option("--package-type", type=click.Choice(["Zip", "Image"]), help="Only the inits of such packages.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day for the status; today by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def runtimes(
    family: str | None, architecture: str | None, package_type: str | None, as_of: datetime | None, as_json: bool
) -> None:
    """List Lambda's runtimes: dates of deprecation, and percentiles of a hello world's Init Duration.

    The percentiles are of the distributions that the parameter book has fitted to measured cold starts.
    Exit status: 0; 2 if there is no such family or language.
    """
    from lambdasim.parameters.book import load_book  # noqa: PLC0415 - keeps --help fast
    from lambdasim.report.as_json import as_json_text  # noqa: PLC0415
    from lambdasim.report.runtimes import runtimes_document, runtimes_text  # noqa: PLC0415
    from lambdasim.scenario.runtimes import known_runtimes  # noqa: PLC0415

    day = _today() if as_of is None else as_of.date()
    found = known_runtimes(load_book(), family, architecture, package_type)
    if as_json:
        say(as_json_text({"schema_version": _SCHEMA_VERSION, **runtimes_document(found, day)}))
    else:
        say(runtimes_text(found, day, screen()))


def _today() -> date:
    return datetime.now(UTC).date()  # noqa: TID251 - here a person asks, no simulation
