"""The report's tables on versions, and on the provisioned concurrency that they have."""

from __future__ import annotations

from lambdasim.display.numbers import milliseconds, number, share
from lambdasim.display.table import Summary, Table, table


def provisioned_table(functions: Summary) -> Table:
    """How much provisioned concurrency functions have, how it was used, and what it was not enough for."""
    rows = []
    for name, function in functions.items():
        found = function["provisioned_concurrency"]
        if found is not None:
            runs, spilled = found["invocations"], found["spillover_invocations"]
            configured, utilization = found["configured"], found["utilization"]
            rows.append(
                (
                    name,
                    number(configured["mean"]),
                    number(configured["max"]),
                    number(runs),
                    number(spilled),
                    share(spilled / (runs + spilled) if runs + spilled else None),
                    share(utilization["mean"]),
                    share(utilization["max"]),
                )
            )
    columns = ("function", "configured", "max", "runs on it", "spilled", "spill rate", "mean use", "max use")
    return table("Provisioned concurrency", columns, rows, "function")


def version_table(functions: Summary) -> Table:
    """How the versions of functions fared, where traffic went to more than one."""
    rows = [
        (
            name,
            version,
            *(number(found[key]) for key in ("invocations", "errors")),
            share(found["error_rate"]),
            *(number(found[key]) for key in ("throttles", "cold_starts")),
            *(milliseconds(found["duration_ms"][key]) for key in ("mean", "max")),
        )
        for name, function in functions.items()
        for version, found in function["versions"].items()
    ]
    counts = ("runs", "errors", "error rate", "throttled", "cold", "mean ms", "max ms")
    return table("Versions", ("function", "version", *counts), rows, "function", "version")
