"""The command ``lambdasim``: finds the verb, runs it, and turns errors into messages and exit statuses.

Exit statuses: 0 done, 1 a threshold failed, 2 the input or the output place is wrong, 130 interrupted.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module

import click

from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import abandon_output
from lambdasim.errors import InputError, LambdasimError

INPUT_ERROR = 2
INTERRUPTED = 130


class Verbs(click.Group):
    """A group that imports a verb's module only when that verb is used, so that ``--help`` answers at once."""

    verbs = {  # noqa: RUF012 - a table, never changed
        "run": ("lambdasim.cli.run:run", "Simulate a scenario: the answer first, then the tables."),
        "replicate": ("lambdasim.cli.replicate:replicate", "Run a scenario on many seeds: how sure its numbers are."),
        "size": ("lambdasim.cli.size:size", "Find the smallest value that meets an objective, and what it costs."),
        "check": ("lambdasim.cli.check:check", "Tell which thresholds hold: for pipelines."),
        "sensitivity": ("lambdasim.cli.sensitivity:sensitivity", "Tell which assumption moves the answer."),
        "cost": ("lambdasim.cli.cost:cost", "Answer cost questions: traffic, arm64, Fargate, provisioned concurrency."),
        "compare": ("lambdasim.cli.compare:compare", "Compare variants on the same luck: which differences are shown."),
        "report": ("lambdasim.cli.report:report", "Write one HTML page about a run, or about a comparison."),
        "plot": ("lambdasim.cli.plot:plot", "Draw one figure of a run, a sweep or a comparison, as SVG or PNG."),
        "sweep": ("lambdasim.cli.sweep:sweep", "Simulate at many points, into one table that survives a kill."),
        "validate": ("lambdasim.cli.validate:validate", "Check scenarios without running them."),
        "advise": ("lambdasim.cli.advise:advise", "Tell what a reviewer would say of scenarios."),
        "runtimes": ("lambdasim.cli.runtimes:runtimes", "List runtimes: deprecation dates, and how fast they start."),
        "schema": ("lambdasim.cli.schema:schema", "Print the JSON Schema of scenarios, for editors."),
    }

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """See click."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """See click."""
        if cmd_name not in self.verbs:
            return None
        module, _, name = self.verbs[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.verbs.items()])


def _version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        from lambdasim import __version__  # noqa: PLC0415 - only this option needs it

        click.echo(f"lambdasim {__version__}")
        ctx.exit()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Show the version.")
def cli() -> None:
    """Simulate AWS Lambda before you deploy: latency, cold starts, throttles, concurrency and the bill."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; never returns."""
    with Interrupts() as interrupts, warnings.catch_warnings():
        warnings.showwarning = _tell  # type: ignore[assignment]  # what it ignores may be anything
        try:
            status = _status(arguments, interrupts)
            interrupts.check()
        except BaseException as error:
            if not (interrupts.came or isinstance(error, click.Abort | KeyboardInterrupt)):
                raise
            click.echo("lambdasim: interrupted; no half-written result was left.", err=True)
            status = INTERRUPTED
    sys.exit(status)


def _tell(message: Warning | str, *_of: object) -> None:
    """A warning, as a line for people: not where in the code it came up."""
    click.echo(f"lambdasim: {message}", err=True)


def _status(arguments: list[str] | None, interrupts: Interrupts) -> int:
    """Run a verb; its exit status."""
    try:
        status = cli.main(args=arguments, prog_name="lambdasim", standalone_mode=False, obj=interrupts)
    except InputError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        count = len(error.problems)
        known = f"found after {error.after}" if error.after else "nothing was simulated"
        click.echo(f"{count} problem{'' if count == 1 else 's'}; {known}.", err=True)
    except LambdasimError as error:
        click.echo(f"lambdasim: {error}", err=True)
    except OSError as error:  # all other files are guarded where they are used: standard output is a full disk
        abandon_output()
        click.echo(f"lambdasim: standard output: {error.strerror}", err=True)
    except MemoryError:
        click.echo("lambdasim: out of memory; `--log none`, a lower rate or a shorter duration need less", err=True)
    except click.ClickException as error:
        error.show()
    else:
        return status if isinstance(status, int) else 0
    return INPUT_ERROR
