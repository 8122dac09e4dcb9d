"""The runtimes for people and for programs: until when each is supported, and how fast a hello world starts on it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from lambdasim.display.numbers import milliseconds
from lambdasim.display.table import Table, plain, table
from lambdasim.scenario.runtimes import SHARES, SOON_DAYS, Runtime, Status

WIDTH = 80
_SHORT = {  # a column of ten letters
    Status.SUPPORTED: "supported",
    Status.DEPRECATED_SOON: "ends soon",
    Status.DEPRECATED: "deprecated",
    Status.CREATE_BLOCKED: "no create",
    Status.UPDATE_BLOCKED: "no update",
}
_WORDS = (
    f"Ends soon: within {SOON_DAYS} days. Deprecated: no more patches. No create: no new functions. No update: no "
    "changes to functions. Invocations are never blocked."
)


def runtimes_text(runtimes: Sequence[Runtime], as_of: date, emphasise: Callable[[str], str] = str) -> str:
    """Two tables within 80 columns, and where the numbers come from; ``emphasise`` styles the titles."""
    made = [_support(runtimes, as_of), _inits(runtimes)]
    dates = dict.fromkeys(runtime.source for runtime in runtimes)
    inits = dict.fromkeys(f"{init.source}, {init.as_of}" for runtime in runtimes for init in runtime.inits)
    notes = [_WORDS, *(f"Dates: {source}" for source in dates), *(f"Init: {source}" for source in inits)]
    told = "\n".join(textwrap.fill(note, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for note in notes)
    return "\n\n".join([*(_titled(each, emphasise) for each in made if each.rows), told])


def _titled(shown: Table, emphasise: Callable[[str], str]) -> str:
    title, rows = plain(shown).split("\n", maxsplit=1)
    return f"{emphasise(title)}\n{rows}"


def _support(runtimes: Sequence[Runtime], as_of: date) -> Table:
    columns = ("runtime", "OS", "arm64", "deprecated", "no create", "no update", "status")
    rows = [
        (
            runtime.name,
            runtime.os,
            "yes" if "arm64" in runtime.architectures else "-",
            *(_day(day) or "-" for day in _days(runtime)),
            _SHORT[runtime.support.status(as_of)],
        )
        for runtime in runtimes
    ]
    return table(f"Runtimes on {as_of}", columns, rows, *columns)


def _inits(runtimes: Sequence[Runtime]) -> Table:
    rows = [
        (
            f"{init.language}@{runtime.name}" if init.language else runtime.name,
            init.package_type,
            init.architecture,
            *(milliseconds(init.percentiles_ms[name]) for name in SHARES),
        )
        for runtime in runtimes
        for init in runtime.inits
    ]
    title = "Init Duration of hello world in ms: percentiles of the fitted distributions"
    return table(title, ("runtime", "package", "architecture", *SHARES), rows, "runtime", "package", "architecture")


def _days(runtime: Runtime) -> tuple[date | None, ...]:
    own = runtime.support
    return own.deprecation_date, own.block_create, own.block_update


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def runtimes_document(runtimes: Sequence[Runtime], as_of: date) -> dict[str, Any]:
    """The same as plain values that are strict JSON: dates as ISO text, or null where none is announced."""
    return {
        "as_of": as_of.isoformat(),
        "runtimes": [
            {
                "runtime": runtime.name,
                "family": runtime.family,
                "os": runtime.os,
                "architectures": list(runtime.architectures),
                "deprecation_date": _day(runtime.support.deprecation_date),
                "block_create": _day(runtime.support.block_create),
                "block_update": _day(runtime.support.block_update),
                "status": runtime.support.status(as_of).value,
                "source": runtime.source,
                "init_duration_ms": [
                    {
                        "language": init.language,
                        "package_type": init.package_type,
                        "architecture": init.architecture,
                        **{name: round(value, 3) for name, value in init.percentiles_ms.items()},
                        "source": init.source,
                        "as_of": init.as_of,
                    }
                    for init in runtime.inits
                ],
            }
            for runtime in runtimes
        ],
    }
