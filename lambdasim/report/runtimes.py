"""The runtimes for people and for programs: until when each is supported, and how fast a hello world starts on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from lambdasim.display.folding import said
from lambdasim.display.layout import laid_out
from lambdasim.display.numbers import milliseconds
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.table import Table, table
from lambdasim.scenario.runtimes import SHARES, SOON_DAYS, Runtime, Status

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


def runtimes_text(runtimes: Sequence[Runtime], as_of: date, screen: Screen = PIPE) -> str:
    """Two tables, and where the numbers come from."""
    made = (_support(runtimes, as_of), _inits(runtimes))
    dates = dict.fromkeys(runtime.source for runtime in runtimes)
    inits = dict.fromkeys(f"{init.source}, {init.as_of}" for runtime in runtimes for init in runtime.inits)
    notes = (_WORDS, *(f"Dates: {source}" for source in dates), *(f"Init: {source}" for source in inits))
    told = "\n".join(said(note, screen, indent=2) for note in notes)
    return "\n\n".join((*(laid_out(each, screen) for each in made if each.rows), told))


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
    return Table(f"Runtimes on {as_of}", columns, rows, frozenset(columns), heads=1)


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
