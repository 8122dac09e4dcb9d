"""What readers of the logs must know of a scenario: the header that goes with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lambdasim.header import (
    THE_ACCOUNT,
    DownstreamFacts,
    FunctionFacts,
    Header,
    IncidentFacts,
    TriggerFacts,
    VersionFacts,
)
from lambdasim.scenario.asynchronous_triggers import EventBridgeTrigger
from lambdasim.scenario.keeping import hides_us_of, keeps_us_of
from lambdasim.scenario.limits import limits_of
from lambdasim.scenario.price_checks import snapshot_charged

if TYPE_CHECKING:
    from lambdasim.scenario.functions import Configuration
    from lambdasim.scenario.model import Scenario
    from lambdasim.scenario.triggers import Trigger

_OS_ONLY = ("provided", "custom")  # provided, provided.al2, provided.al2023; a runtime of the customer's own


def header_of(scenario: Scenario, seed: int) -> Header:
    """What a reader of the logs must know of the scenario."""
    return Header(
        scenario=scenario.name,
        seed=seed,
        region=scenario.region,
        start_epoch_s=scenario.start.timestamp(),
        warm_up_us=scenario.warm_up_us,
        duration_us=scenario.duration_us,
        functions=tuple(FunctionFacts(name) for name in scenario.functions),
        versions=tuple(
            VersionFacts(
                function,
                version,
                settings.memory_size,
                settings.architecture,
                settings.ephemeral_storage,
                snapshot_charged(settings, version, scenario.book),
                _nat_mb(settings, scenario),
                is_managed_zip(settings),
                settings.init_key,
                settings.package_type,
            )
            for function, _, version, settings in scenario.versions()
        ),
        triggers=tuple(
            TriggerFacts(
                name,
                trigger.type,
                trigger.billed,
                calls=_waits_for_the_function(trigger),
                keeps_us=keeps_us_of(name, scenario),
                hides_us=hides_us_of(name, scenario),
            )
            for name, trigger in scenario.triggers.items()
        ),
        subjects=tuple(dict.fromkeys(_subjects_of(scenario))),
        incidents=tuple(IncidentFacts(incident.text, incident.lasts_us) for incident in scenario.incidents),
        downstream=tuple(
            DownstreamFacts(name, downstream.max_connections, tuple(_connections_to(scenario, name)))
            for name, downstream in scenario.downstream.items()
        ),
        nat_gateways=scenario.vpc.nat_gateways,
        traffic=scenario.traffic,
        limits=tuple(limits_of(scenario)),
    )


def is_managed_zip(settings: Configuration) -> bool:
    """Whether it is a Zip package on a managed runtime; one that brings its own is on an OS-only runtime."""
    return settings.package_type == "Zip" and not (settings.runtime or "").startswith(_OS_ONLY)


def _nat_mb(settings: Configuration, scenario: Scenario) -> float:
    """What an invocation sends and gets through a NAT gateway, in MB: nothing, if there is none."""
    vpc = settings.vpc_config
    return vpc.internet_traffic_mb or 0.0 if vpc is not None and scenario.vpc.nat_gateways else 0.0


def _subjects_of(scenario: Scenario) -> Iterator[str]:
    """All that may change during the run: names that differ."""
    yield THE_ACCOUNT
    for name, function in scenario.functions.items():
        yield name
        yield from (f"{name}:{alias}" for alias in function.pointers)
    yield from (incident.subject for incident in scenario.incidents)


def _connections_to(scenario: Scenario, downstream: str) -> Iterator[tuple[int, int]]:
    """Which functions connect to it (by index), and how often each of their environments does."""
    for index, function in enumerate(scenario.functions.values()):
        yield from ((index, c.per_environment) for c in function.connections if c.to == downstream)


def _waits_for_the_function(trigger: Trigger) -> bool:
    """Whether an asynchronous source does not leave its events to Lambda's event queue."""
    return isinstance(trigger, EventBridgeTrigger) and trigger.invocation_type == "REQUEST_RESPONSE"
