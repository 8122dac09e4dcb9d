"""The report for people: the answer in one sentence, then the tables. Reads a summary and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out
from lambdasim.display.numbers import many, milliseconds, month_of, number, share, usd
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Summary
from lambdasim.header import Family
from lambdasim.report.over_time import OverTime, over_time_table
from lambdasim.report.tables import busiest, tables
from lambdasim.report.trigger_tables import family_of
from lambdasim.units import US_PER_MS, format_us

MOST_ON_A_TERMINAL = 20  # functions; more would push the answer off the screen


def run_text(summary: Summary, found: OverTime | None = None, screen: Screen = PIPE) -> str:
    """The whole report: the answer, the tables, what to know of them; on a terminal only the busiest functions'.

    ``found``: how it went over time, to be told after the first table.
    """
    most = MOST_ON_A_TERMINAL if screen.width is not None else None
    hidden = summary["functions"].keys() - busiest(summary["functions"], most)
    shown = tables(summary, most=most)
    if found is not None and (series := over_time_table(found, screen, hidden=hidden)).rows:
        shown.insert(1, series)
    parts = [said(answer(summary), screen, style="bold"), *(laid_out(each, screen) for each in shown)]
    if hidden:
        told = f"{len(hidden)} more functions had fewer events; the report through a pipe shows all of them."
        parts.append(said(told, screen))
    return "\n\n".join((*parts, *_notes(summary, screen)))


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
    return many(count, noun) if count else f"no {noun}"


def _notes(summary: Summary, screen: Screen) -> Iterator[str]:
    if summary["warnings"]:
        lines = (f"{warning['path']}: {warning['message']} [{warning['code']}]" for warning in summary["warnings"])
        yield _listed("Warnings", lines, screen)
    if summary["assumptions"]:
        entries = summary["assumptions"]
        lines = (f"{entry['path']} = {entry['value']}  ({entry['confidence']}: {entry['source']})" for entry in entries)
        yield _listed("Assumptions (A, U: no measurement or AWS document behind them; user: set here)", lines, screen)


def _listed(title: str, lines: Iterable[str], screen: Screen) -> str:
    told = (said(line, screen, head="  ", indent=2) for line in lines)
    return "\n".join((said(title, screen, style="bold"), *told))
