"""Provenance: what a page was made of, by whom, and the command line that makes it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lambdasim.analysis.comparands import COST, usual_measures
from lambdasim.analysis.compare import first_that_differs
from lambdasim.analysis.intervals import CONFIDENCE
from lambdasim.analysis.observations import REPLICATIONS
from lambdasim.report.page.content import Provenance, Written
from lambdasim.result.versions import versions

if TYPE_CHECKING:
    from lambdasim.analysis.compare import Comparison
    from lambdasim.analysis.replicate import Replications
    from lambdasim.analysis.what_if import WhatIf
    from lambdasim.result.result import Result
    from lambdasim.scenario.model import Scenario

MOST_TEXT = 60_000  # characters of scenarios' files, all together
_NAMES = {"lambdasim": "lambdasim", "python": "Python", "numpy": "NumPy", "simpy": "SimPy"}


def of_run(
    result: Result,
    scenario: Scenario | None,
    replications: Replications | None,
    usual: Sequence[str],
    what_if: WhatIf | None = None,
) -> Provenance:
    """That of a run's page; ``usual``: the measures that replications have unless others were asked for."""
    document = result.document
    facts = [
        ("Scenario", document["scenario"]["name"]),
        ("SHA-256 of file and settings", document["scenario"]["sha256"]),
        ("Seed of the run", str(document["seed"])),
    ]
    if replications is not None:
        facts.append(("Seeds of the replications", f"{replications.seeds[0]} to {replications.seeds[-1]}"))
    facts += [("Engine", document["engine"]), *_versions(result.timings)]
    if scenario is None:
        return Provenance(facts, "", [])
    command = _run_command(result, scenario, replications, usual, what_if)
    return Provenance(facts, command, [_written(scenario, scenario.written.overrides, MOST_TEXT)])


def of_comparison(comparison: Comparison) -> Provenance:
    """That of a comparison's page."""
    scenarios = [variant.scenario for variant in comparison.variants]
    files = list({scenario.written.content: scenario for scenario in scenarios}.values())
    facts = [
        ("Scenarios", ", ".join(scenario.name for scenario in files)),
        ("Variants", str(len(scenarios))),
        ("Seeds", f"{comparison.seeds[0]} to {comparison.seeds[-1]}, the same of each variant"),
        *_versions(versions()),
    ]
    written = [_written(scenario, _shared(comparison), MOST_TEXT // len(files)) for scenario in files]
    return Provenance(facts, _comparison_command(comparison, files), written)


def _versions(known: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, str(known[key])) for key, name in _NAMES.items() if key in known]


def _written(scenario: Scenario, overrides: Mapping[str, str], most: int) -> Written:
    """The scenario's text, as many whole lines of it as ``most`` characters hold."""
    text = scenario.written.text
    if len(text) > most:
        text = text[: text.rfind("\n", 0, most) + 1]
    left_out = len(scenario.written.text[len(text) :].splitlines())
    return Written(scenario.name, scenario.file, text, left_out, list(overrides.items()))


def _run_command(
    result: Result,
    scenario: Scenario,
    replications: Replications | None,
    usual: Sequence[str],
    what_if: WhatIf | None,
) -> str:
    words = [scenario.file, *_settings(scenario.written.overrides), "--seed", str(result.header.seed)]
    if replications is None:
        words += ["--replications", "1"]
    else:
        paths = [".".join(measure.path) for measure in replications.measures]
        if paths != list(usual):
            words += _each("--measure", (measure.text for measure in replications.measures))
        words += _design(len(replications.seeds), replications.confidence)
    if what_if is not None:
        words += _each("--what-if", (f"{axis.path}={','.join(axis.texts)}" for axis in what_if.axes))
    if result.invocation_columns is None:
        words += ["--log", "none"]
    return _command([scenario], words)


def _comparison_command(comparison: Comparison, files: Sequence[Scenario]) -> str:
    vary: dict[str, dict[str, None]] = {}
    for variant in comparison.variants:
        for path, value in variant.overrides.items():
            vary.setdefault(path, {})[value] = None
    design = comparison.design
    words = [
        *(scenario.file for scenario in files),
        *_each("--vary", (f"{path}={','.join(values)}" for path, values in vary.items())),
        *_settings(_shared(comparison)),
        *_each("--measure", _asked(comparison)),
        *(["--baseline", str(comparison.baseline + 1)] if comparison.baseline else []),
        *("--seed", str(comparison.seeds[0])),
        *_design(design.replications, design.confidence),
        *(["--log", design.log] if design.log != "full" else []),
    ]
    return _command(files, words)


def _asked(comparison: Comparison) -> list[str]:
    """The measures, unless they are those that a comparison has without being asked for any."""
    usual = usual_measures([variant.scenario for variant in comparison.variants])
    texts = [measure.text for measure in comparison.measures]
    if texts == usual and comparison.foremost is first_that_differs(comparison.compared):
        return []
    return [text for text in texts if text != COST] or texts


def _shared(comparison: Comparison) -> dict[str, str]:
    """What was laid over the scenarios before they were varied."""
    first = comparison.variants[0]
    return {path: value for path, value in first.scenario.written.overrides.items() if path not in first.overrides}


def _settings(overrides: Mapping[str, str]) -> list[str]:
    return _each("--set", (f"{path}={value}" for path, value in overrides.items()))


def _each(option: str, values: Iterable[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


def _design(replications: int, confidence: float) -> Iterator[str]:
    if replications != REPLICATIONS:
        yield from ("--replications", str(replications))
    if confidence != CONFIDENCE:
        yield from ("--confidence", f"{confidence:g}")


def _command(scenarios: Sequence[Scenario], words: Sequence[str]) -> str:
    """The command line; empty if a scenario was no file."""
    if any(scenario.file.startswith("<") for scenario in scenarios):
        return ""
    return shlex.join(["lambdasim", "report", *words])
