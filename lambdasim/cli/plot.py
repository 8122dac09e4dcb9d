"""``lambdasim plot``: one figure of a run, a sweep or a comparison, as SVG or PNG."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import click

from lambdasim.cli.cost import traffic_option
from lambdasim.cli.experiment import experiment_options, measure_option, vary_option
from lambdasim.cli.files import check_place, write_file
from lambdasim.cli.interrupts import Interrupts
from lambdasim.cli.output import say, screen
from lambdasim.cli.plot_sources import OF, Wanted, source_of
from lambdasim.display.folding import said
from lambdasim.errors import InputError, Problem

_FORMATS = (".svg", ".png")
_TIMES = {"from_s": "--from", "to_s": "--to"}
_KEYWORDS = {"function", "trigger", "most", *_TIMES}  # that some figures take, as options of the same name


class _Listing(click.Command):
    """A command whose help ends with the figures that there are."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """See click."""
        from lambdasim.plots.catalogue import KINDS  # noqa: PLC0415 - only help needs it

        with formatter.section("Figures"):
            formatter.write_dl([(name, f"{kind.shows} ({OF[kind.of]})") for name, kind in KINDS.items()])


@click.command(cls=_Listing)
@click.argument("runs", metavar="RUN...", type=click.Path(path_type=Path), nargs=-1)
@click.argument("figure", metavar="FIGURE")
@click.option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Write the figure to this file, .svg or .png; may be repeated.  [default: FIGURE.svg]",
)
@click.option("--function", metavar="NAME", help="Draw this function, where the figure is of one.")
@click.option("--trigger", metavar="NAME", help="Draw this trigger, where the figure is of one.")
@click.option("--from", "from_s", metavar="TIME", help="Begin at this time of the run, e.g. 10m.")
@click.option("--to", "to_s", metavar="TIME", help="End at this time of the run, e.g. 12m.")
@click.option("--most", type=click.IntRange(min=1), help="Draw no more than so many lanes or lines.")
@vary_option
@traffic_option("Draw cost-by-traffic at so many times the traffic.")
@measure_option("what most questions need")
@click.option(
    "--baseline",
    metavar="LABEL|N",
    help="The variant that comparison compares the others with: its label, or its number from 1 on.  [default: 1]",
)
@experiment_options
@click.pass_context
def plot(ctx: click.Context, /, runs: tuple[Path, ...], figure: str, outputs: tuple[Path, ...], **options: Any) -> int:
    """Draw FIGURE of RUN: a folder that `lambdasim run -o` wrote, or a scenario (a YAML file), simulated here.

    Figures of many runs are drawn of a scenario, simulated here, or of the table that `lambdasim sweep -o` wrote;
    memory takes --vary functions.NAME.memory_size=..., or tries the usual sizes of its only function; comparison takes
    several scenarios, too. What there is to see is printed in words.

    Exit status: 0; 2 if RUN, FIGURE, an option or the output is wrong, or there is nothing that the figure shows;
    130 if interrupted.
    """
    from lambdasim.plots.catalogue import KINDS  # noqa: PLC0415 - keeps --help fast
    from lambdasim.plots.saving import WRITERS  # noqa: PLC0415
    from lambdasim.scenario.wording import nearest  # noqa: PLC0415

    interrupts = ctx.find_object(Interrupts) or Interrupts()
    if not runs:
        text = "name RUN and FIGURE, for example: lambdasim plot scenario.yaml latency; figures: " + ", ".join(KINDS)
        raise InputError([Problem("FIGURE", None, None, figure, text)])
    if figure not in KINDS:
        raise InputError([Problem("FIGURE", None, None, figure, f"is no figure; {nearest(figure, KINDS)}")])
    kind = KINDS[figure]
    source = source_of(runs, figure, kind.of)
    places = outputs or (Path(f"{figure}.svg"),)
    keywords = _KEYWORDS & signature(kind.drawing).parameters.keys()
    window, problems = _window({name: options[name] for name in _TIMES if options[name] is not None})
    options |= window
    problems += [*_misplaced(ctx, keywords | source.takes, f"{figure} of {source.told}"), *_wrong_places(places)]
    if problems:
        raise InputError(problems)
    subject = source.subject(Wanted(runs, figure, options), interrupts)
    interrupts.check()
    drawing = kind.drawing(subject, **{name: options[name] for name in keywords if options[name] is not None})
    picture = drawing.figure()
    contents = [WRITERS[place.suffix](picture) for place in places]
    interrupts.check()
    for place, content in zip(places, contents, strict=True):
        write_file(place, content)
        click.echo(f"Written to {place}", err=True)
    say(said(drawing.words, screen()))
    return 0


def _window(texts: Mapping[str, str]) -> tuple[dict[str, float], list[Problem]]:
    """What ``--from`` and ``--to`` say, in seconds, and what is wrong with it."""
    from lambdasim.units import US_PER_S, parse_duration_us  # noqa: PLC0415 - keeps --help fast

    window, problems = dict[str, float](), list[Problem]()
    for name, text in texts.items():
        try:
            window[name] = parse_duration_us(text) / US_PER_S
        except ValueError as error:
            problems.append(Problem(_TIMES[name], None, None, "", str(error)))
    if len(window) == len(_TIMES) and window["from_s"] >= window["to_s"]:
        problems.append(Problem("--to", None, None, texts["to_s"], f"is not after --from {texts['from_s']}"))
    return window, problems


def _misplaced(ctx: click.Context, taken: Collection[str], what: str) -> Iterator[Problem]:
    """Each option that was given, and that the figure has no use for: its value would be nowhere."""
    options = {str(each.name): each.opts[0] for each in ctx.command.params if isinstance(each, click.Option)}
    known = [option for name, option in options.items() if name in taken]
    takes = f"it takes {', '.join(known)}" if known else "it takes none but -o"
    for name, option in options.items():
        given = ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name not in taken and name != "outputs":
            yield Problem(option, None, None, "", f"{what} has no use for it; {takes}")


def _wrong_places(places: Sequence[Path]) -> Iterator[Problem]:
    for place in places:
        if place.suffix not in _FORMATS:
            text = f"the name says no format; end it in {' or '.join(_FORMATS)}"
            yield Problem("-o", None, None, str(place), text)
            continue
        try:
            check_place(place, "-o")
        except InputError as error:
            yield from error.problems
