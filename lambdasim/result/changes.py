"""What changed during a run, in words: incidents, deployments, provisioned concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdasim.codes import NO_VERSION, Change
from lambdasim.header import Header, IncidentFacts
from lambdasim.metrics.measures import whole
from lambdasim.records import CHANGE_COLUMNS, Columns
from lambdasim.result.frames import frame, name_of
from lambdasim.units import US_PER_S, format_us

if TYPE_CHECKING:
    import pandas as pd

_PER_CENT = 10_000  # millionths


_WORDS = {
    Change.PROVISIONED_REQUESTED: "provisioned concurrency of {value:,} requested for version {version}",
    Change.PROVISIONED_READY: "provisioned concurrency of {value:,} is ready at version {version}",
    Change.AUTOSCALED: "auto scaling wants provisioned concurrency of {value:,}",
    Change.SCALING_REFUSED: "auto scaling was refused provisioned concurrency of {value:,}: others need the rest",
    Change.ALIAS_SHIFTED: "{share:g} % of requests go to version {version}",
    Change.ALIAS_ROLLED_BACK: "rolled back to version {version}",
}


def text_of(change: Change, value: int, to_version: int, header: Header) -> str:
    """What changed, without when and of whom; the arguments as in ``records.CHANGE_COLUMNS``."""
    if change in (Change.INCIDENT_BEGAN, Change.INCIDENT_ENDED):
        return _incident(header.incidents[value], ended=change is Change.INCIDENT_ENDED)
    version = header.versions[to_version].version if to_version != NO_VERSION else ""
    return _WORDS[change].format(value=value, share=value / _PER_CENT, version=version)


def _incident(incident: IncidentFacts, *, ended: bool) -> str:
    if ended:
        return f"over: {incident.text}"
    return incident.text if incident.lasts_us is None else f"{incident.text} for {format_us(incident.lasts_us)}"


def _texts(changes: Columns, header: Header) -> list[str]:
    columns = (whole(changes, name).tolist() for name in ("change", "value", "to_version"))
    return [text_of(Change(change), value, version, header) for change, value, version in zip(*columns, strict=True)]


def listed(changes: Columns, header: Header) -> list[dict[str, Any]]:
    """The changes for the summary, in the order in which they happened."""
    rows = zip(*(whole(changes, name).tolist() for name in ("at_us", "change", "subject")), strict=True)
    return [
        {"at_s": at_us / US_PER_S, "change": name_of(Change(change)), "subject": header.subjects[subject], "text": text}
        for (at_us, change, subject), text in zip(rows, _texts(changes, header), strict=True)
    ]


def change_frame(changes: Columns, header: Header) -> pd.DataFrame:
    """The change log: the columns of records.CHANGE_COLUMNS, and ``text``: what changed, in words."""
    table = frame({column.name: changes[column.name] for column in CHANGE_COLUMNS}, header)
    table["text"] = _texts(changes, header)
    return table
