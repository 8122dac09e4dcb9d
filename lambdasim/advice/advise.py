"""advise(scenario, result) -> advice: best practices that a design breaks, and what a run has shown of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lambdasim.advice import (
    asynchronous,
    concurrency,
    deployments,
    front_doors,
    functions,
    network,
    provisioned,
    queues,
    snap_start,
    streams,
)
from lambdasim.advice.rule import Evidence, Finding, Observation, Path, Rule, Run, Severity
from lambdasim.result.result import Result
from lambdasim.scenario.model import Scenario
from lambdasim.scenario.source import path_text

_TOPICS = (
    asynchronous,
    queues,
    streams,
    front_doors,
    functions,
    snap_start,
    provisioned,
    deployments,
    network,
    concurrency,
)
RULES: tuple[Rule, ...] = tuple(rule for topic in _TOPICS for rule in topic.RULES)
OBSERVATIONS: tuple[Observation, ...] = tuple(
    observation
    for topic in (asynchronous, streams, functions, provisioned, concurrency)
    for observation in topic.OBSERVATIONS
)
_SECTIONS = ("account", "vpc", "functions", "triggers", "downstream")


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice.

    ``path`` leads to the value in the scenario, ``message`` says what is so there, ``why`` what follows from it,
    ``remedy`` what to do. ``settings`` are the same as values by their paths, as ``--set`` and ``load_scenario``'s
    ``overrides`` take them; empty where no value alone is the cure. ``source``: AWS's page. ``evidence`` is None
    without a run, or where a run can't show it.
    """

    code: str
    severity: Severity
    path: str
    message: str
    why: str
    remedy: str
    settings: Mapping[str, str]
    source: str
    evidence: Evidence | None = None


def advise(scenario: Scenario, result: Result | None = None) -> tuple[Advice, ...]:
    """What a reviewer would say of ``scenario``: the gravest first, then in the order of the scenario.

    With ``result``, a run of the same scenario, each piece has its evidence, and what only a run can tell is added.
    Raises ``ValueError`` if the result is that of another scenario.
    """
    book = scenario.book.override({})  # what advice reads of the book is no assumption of a run
    run = None if result is None else _run(scenario, result)
    found: list[tuple[Path, Advice]] = []
    for rule in RULES:
        for finding in rule.find(scenario, book):
            proof = rule.proof(scenario, finding, run) if run is not None and rule.proof is not None else None
            found.append((finding.path, _advice(rule, finding, proof)))
    for observation in OBSERVATIONS if run is not None else ():
        assert run is not None
        found += [(f.path, _advice(observation, f, proof)) for f, proof in observation.find(scenario, book, run)]
    return tuple(advice for _, advice in sorted(found, key=lambda item: _place(scenario, *item)))


def _run(scenario: Scenario, result: Result) -> Run:
    summary = result.summary()
    if summary["scenario"]["sha256"] != scenario.sha256:
        raise ValueError(f"this is a result of another scenario than {scenario.name}, or of one with other settings")
    return Run(result, summary)


def _advice(rule: Rule | Observation, finding: Finding, proof: Evidence | None) -> Advice:
    return Advice(
        rule.code,
        finding.severity or rule.severity,
        path_text(finding.path),
        finding.message,
        rule.why,
        finding.remedy,
        finding.settings,
        rule.source,
        proof,
    )


def _place(scenario: Scenario, path: Path, advice: Advice) -> tuple[int, int, int]:
    """Where a piece of advice stands: by severity, then where its function or trigger stands in the scenario."""
    section = str(path[0])
    entries = getattr(scenario, section)
    place = list(entries).index(path[1]) if isinstance(entries, dict) else 0
    return list(Severity).index(advice.severity), _SECTIONS.index(section), place
