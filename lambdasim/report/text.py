"""The report for people: the answer in one sentence, then the tables. Reads a summary and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdasim.display.numbers import milliseconds, month_of, number, share, usd
from lambdasim.display.table import Summary, Table, plain
from lambdasim.errors import printable
from lambdasim.header import Family
from lambdasim.report.tables import tables
from lambdasim.report.trigger_tables import family_of
from lambdasim.units import US_PER_MS, format_us

if TYPE_CHECKING:
    from rich.console import Console

_SPACE = 2  # between columns
MOST_ON_A_TERMINAL = 20  # functions; more would push the answer off the screen


def plain_report(summary: Summary) -> str:
    """The whole report without styles: one line a row, columns aligned, nothing cut off or folded."""
    parts = [answer(summary), *(plain(table) for table in tables(summary)), *_notes(summary)]
    return "\n\n".join(parts)


def styled_report(summary: Summary) -> str:
    """The report for the terminal that standard output is: its width, its colours; the busiest functions only."""
    from rich.console import Console  # noqa: PLC0415 - rich is only needed here

    console = Console(highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(answer(summary), style="bold")
        for table in tables(summary, most=MOST_ON_A_TERMINAL):
            console.print(f"\n{table.title}", style="bold")
            _print_styled(console, table)
        hidden = len(summary["functions"]) - MOST_ON_A_TERMINAL
        if hidden > 0:
            console.print(f"\n{hidden} more functions had fewer events; the report through a pipe shows all of them.")
        for note in _notes(summary):
            console.print(f"\n{note}")
    return captured.get().rstrip("\n")


def answer(summary: Summary) -> str:
    """The run in one sentence: latency, starts, throttles, failures, the month's cost, thresholds that failed.

    Latency is that of the function which was offered the most events; all else is of all functions. What failed for
    good though its trigger could have kept it is told apart: lost, or dead-lettered.
    """
    functions = summary["functions"]
    events = sum(function["events"] for function in functions.values())
    parts = [*_service(summary), *_losses(summary, events)] if events else ["No event arrived"]
    traffic, like_this = summary["scenario"].get("traffic"), month_of(summary["simulated_s"] - summary["warm_up_s"])
    like_this += "" if traffic is None else f", at {number(traffic)} times the traffic,"
    parts.append(f"a month {like_this} would cost {usd(summary['total']['cost_usd_per_month'])}")
    failed = sum(not threshold["ok"] for threshold in summary["thresholds"])
    if failed:
        parts.append(f"{failed} of {_counted(len(summary['thresholds']), 'threshold')} failed")
    return "; ".join(parts) + "."


def _service(summary: Summary) -> Iterator[str]:
    functions, total = summary["functions"], summary["total"]
    name = max(functions, key=lambda n: functions[n]["events"])
    busiest = functions[name]
    among = f" (the busiest of {len(functions)} functions)" if len(functions) > 1 else ""
    if busiest["successes"]:
        yield f"99 % of {name}'s successful {_done_within(busiest, summary['triggers'])}{among}"
    else:
        yield f"None of {name}'s {_counted(busiest['events'], 'event')} succeeded{among}"
    if total["invocations"]:
        cold = share(total["cold_start_rate"]) if total["cold_start_rate"] else "none"
        yield f"{cold} of {_counted(total['invocations'], 'run')} started cold"
        provisioned = [f["provisioned_concurrency"] for f in functions.values() if f["provisioned_concurrency"]]
        if spilled := sum(each["spillover_invocations"] for each in provisioned):
            yield f"{_counted(spilled, 'run')} spilled over from provisioned concurrency"
    else:
        yield "nothing ran"


def _done_within(function: Summary, triggers: Summary) -> str:
    """What was done within how long; events that waited in a queue may take hours."""
    p99_ms = function["latency_ms"]["p99"]
    called = {family_of(triggers[name]) is Family.SYNCHRONOUS for name in function["triggers"]}
    if called == {True}:
        return f"calls were answered within {milliseconds(p99_ms)} ms"
    within = format_us(p99_ms * US_PER_MS)
    return f"events were {'answered or processed' if True in called else 'processed'} within {within}"


def _losses(summary: Summary, events: int) -> Iterator[str]:
    functions, total = summary["functions"].values(), summary["total"]
    failed = sum(function["final_failures"]["total"] for function in functions)
    in_flight = sum(function["in_flight"] for function in functions)
    throttled = summary["account"]["throttles"]
    yield f"{_counted(throttled, 'attempt')} {'were' if throttled > 1 else 'was'} throttled"
    unstarted = sum(function["network"]["start_failures"]["total"] for function in functions if "network" in function)
    if unstarted:
        yield f"{_counted(unstarted, 'attempt')} found no environment that could start"
    fates = ((total["dropped"], "lost"), (total["dead_lettered"], "dead-lettered"))
    told = ", ".join(f"{count:,} {fate}" for count, fate in fates if count)
    of_which = f" ({told})" if told else ""
    yield f"{share(failed / events)} of events failed for good{of_which}" if failed else "no event failed for good"
    if in_flight:
        yield f"{_counted(in_flight, 'event')} had no outcome by the end"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}" if count else f"no {noun}"


def _notes(summary: Summary) -> Iterator[str]:
    if summary["warnings"]:
        lines = (printable(f"  {w['path']}: {w['message']} [{w['code']}]") for w in summary["warnings"])
        yield "\n".join(("Warnings", *lines))
    if summary["assumptions"]:
        entries = summary["assumptions"]
        lines = (printable(f"  {a['path']} = {a['value']}  ({a['confidence']}: {a['source']})") for a in entries)
        yield "\n".join(("Assumptions (A, U: no measurement or AWS document behind them; user: set here)", *lines))


def _print_styled(console: Console, table: Table) -> None:
    from rich import box  # noqa: PLC0415 - rich is only needed here
    from rich.table import Table as Drawing  # noqa: PLC0415

    for piece in pieces(table, console.width):
        drawing = Drawing(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        for column in (table.columns[place] for place in piece):
            if column in table.texts:
                drawing.add_column(column, overflow="fold")
            else:  # a number stays in one piece, so its heading makes way
                drawing.add_column(column.replace(" ", "\n"), justify="right", no_wrap=True)
        for row in table.rows:
            drawing.add_row(*(row[place] for place in piece))
        console.print(drawing)


def pieces(table: Table, width: int) -> list[list[int]]:
    """Which columns stand beside each other in ``width``, by their places; each piece begins with who is spoken of.

    Words that stand first may be folded, to half of the width, and other words to a third; numbers never.
    """
    first = next((n for n, column in enumerate(table.columns) if column not in table.texts), len(table.columns))
    names = list(range(first))
    taken_by_names = min(sum(_width(table, place) for place in names), width // 2)
    found, taken = [list(names)], taken_by_names
    for place in range(first, len(table.columns)):
        needed = _width(table, place)
        if table.columns[place] in table.texts:
            needed = min(needed, width // 3)
        if taken + needed - _SPACE > width and len(found[-1]) > len(names):
            found.append(list(names))
            taken = taken_by_names
        found[-1].append(place)
        taken += needed
    return found


def _width(table: Table, place: int) -> int:
    """How wide a column is, with the space after it; a heading may take a line for each of its words."""
    longest = max(map(len, table.columns[place].split()), default=0)
    return max([longest, *(len(row[place]) for row in table.rows)]) + _SPACE
