"""A header from the plain values of a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambdasim.header import (
    BilledItem,
    DownstreamFacts,
    FunctionFacts,
    Header,
    IncidentFacts,
    LimitFacts,
    TriggerFacts,
    VersionFacts,
)


def header_from(fields: Mapping[str, Any]) -> Header:
    """The header whose fields these are, as ``dataclasses.asdict`` and JSON left them."""
    return Header(
        **{
            **fields,
            "functions": tuple(FunctionFacts(**function) for function in fields["functions"]),
            "versions": tuple(VersionFacts(**version) for version in fields["versions"]),
            "triggers": tuple(_trigger(trigger) for trigger in fields["triggers"]),
            "subjects": tuple(fields["subjects"]),
            "downstream": tuple(_downstream(downstream) for downstream in fields["downstream"]),
            "incidents": tuple(IncidentFacts(**incident) for incident in fields["incidents"]),
            "limits": tuple(LimitFacts(**limit) for limit in fields.get("limits", ())),
        }
    )


def _downstream(fields: Mapping[str, Any]) -> DownstreamFacts:
    return DownstreamFacts(**{**fields, "connections": tuple(map(tuple, fields["connections"]))})


def _trigger(fields: Mapping[str, Any]) -> TriggerFacts:
    return TriggerFacts(**{**fields, "billed": tuple(BilledItem(**item) for item in fields["billed"])})
