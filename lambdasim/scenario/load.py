"""Reads a scenario: YAML text in, a checked :class:`Scenario` out, or every problem at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from lambdasim.errors import InputError, ParameterError, Problem
from lambdasim.parameters.book import Book, Parameter, load_book
from lambdasim.scenario.checks import findings
from lambdasim.scenario.distributions import distribution_from
from lambdasim.scenario.measured_at import measured_as_written
from lambdasim.scenario.model import Origin, Scenario, Warning, Written  # noqa: A004  # the summary calls it so
from lambdasim.scenario.overrides import SOURCE, with_overrides
from lambdasim.scenario.problems import Path as Steps
from lambdasim.scenario.problems import problem_in, problems_of
from lambdasim.scenario.schema import names_at
from lambdasim.scenario.sound_part import refused_in, sound_part, touches, untold
from lambdasim.scenario.source import Node, compose, path_text
from lambdasim.scenario.surroundings import Surroundings
from lambdasim.scenario.traffic import traffic_in
from lambdasim.scenario.wording import found, nearest
from lambdasim.units import parse_fraction, parse_rate_per_us

_NONE: Mapping[str, str] = MappingProxyType({})


def load_scenario(path: Path | str, *, overrides: Mapping[str, str] = _NONE) -> Scenario:
    """The scenario in the YAML file at ``path``; files that it names are taken relative to that file's folder.

    ``overrides`` maps paths (``functions.api.memory_size``) to values written as in YAML, and wins over the file. With
    another memory size a function's durations stay those that the file's was measured at (``handler.measured_at``).
    Raises ``InputError`` with everything that is wrong.
    """
    file = Path(path)
    content = _read(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        problem = Problem(str(path), line, column, "", "this is not UTF-8 text; a scenario is a YAML file in UTF-8")
        raise InputError([problem]) from None
    return read_written(Written(text, content, str(path), file.parent, dict(overrides)))


def parse_scenario(text: str, *, file: str = "<text>", base: Path | None = None) -> Scenario:
    """The scenario in ``text``; ``file`` names it in messages, ``base`` is the folder its files are relative to."""
    return read_written(Written(text, text.encode("utf-8", "surrogatepass"), file, base or Path(), {}))


def override(scenario: Scenario, overrides: Mapping[str, str], *, source: str = SOURCE) -> Scenario:
    """``scenario`` with values laid over it, by path, written as in YAML; ``source`` names their option in messages.

    Raises ``InputError`` with everything that is wrong with the whole.
    """
    written = scenario.written
    return read_written(replace(written, overrides={**written.overrides, **overrides}), source)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        folder = file.parent
        others = sorted(other.name for other in folder.glob("*.y*ml")) if folder.is_dir() else []
        hint = nearest(file.name, others) if isinstance(error, FileNotFoundError) else ""
        text = f"can't read it: {reason}" + (f"; {hint}" if hint.startswith("did") else "")
        raise InputError([Problem(str(file), None, None, "", text)]) from None


def read_written(written: Written, source: str = SOURCE) -> Scenario:
    """The scenario that is ``written``; ``source`` names the option of its overrides in messages.

    Raises ``InputError`` with everything that is wrong with it.
    """
    file, base = written.file, written.base
    root, problems = compose(written.text, file)
    if root is None or not isinstance(root.data, dict):
        if not problems:
            problems = [_not_a_mapping(root, file)]
        raise InputError(problems)
    as_written = root
    root, wrong_overrides = with_overrides(root, written.overrides, names_at, source)
    book, mistakes = _book_for(root)
    problems += [*wrong_overrides, *mistakes]
    if written.overrides and not wrong_overrides:
        root = measured_as_written(as_written, root, written.overrides, book, source)
    functions, downstream = (_names(root, key) for key in ("functions", "downstream"))
    surroundings = Surroundings(book, base, functions, _types(root), downstream, traffic_in(root.data))
    warnings: tuple[Warning, ...] = ()
    try:
        scenario = Scenario.model_validate(root.data, context=surroundings)
    except ValidationError as error:
        problems += problems_of(error, root, names_at)
        if (sound := sound_part(root.data, error, surroundings)) is not None:
            problems += _checked(sound[0], root, book, sound[1])[0]
    else:
        mistakes, warnings = _checked(scenario, root, book)
        problems += mistakes
    if problems:
        raise InputError(_in_order(problems, file))
    scenario.read_from(Origin(book, digest(written), written, warnings, tuple(dict.fromkeys(surroundings.files))))
    return scenario


def _not_a_mapping(root: Node | None, file: str) -> Problem:
    wanted = "a scenario is a mapping with at least name, duration and functions"
    if root is None or root.data is None:
        return Problem(file, 1, 1, "", f"there is nothing in it; {wanted}")
    return root.place.problem("", f"found {found(root.data)}; {wanted}")


def _names(root: Node, key: str) -> AbstractSet[str] | None:
    """The names below ``key``, in the order in which they are written; None if these aren't known."""
    node = root.child(key)
    if node is None:
        return frozenset()
    return dict.fromkeys(str(name) for name in node.children).keys() if isinstance(node.data, dict) else None


def _types(root: Node) -> dict[str, Any] | None:
    """What is written as each trigger's type, by the triggers' names; None if these aren't known."""
    node = root.child("triggers")
    if node is None:
        return {}
    if not isinstance(node.data, dict):
        return None
    children = ((str(name), child.data) for name, child in node.children.items())
    return {name: data.get("type") if isinstance(data, dict) else None for name, data in children}


def _book_for(root: Node) -> tuple[Book, list[Problem]]:
    """The parameter book with the scenario's own values, and what is wrong with those."""
    values, problems = {}, []
    node = root.child("parameters")
    for path, child in node.children.items() if node is not None and isinstance(node.data, dict) else ():
        if child.refused:
            continue
        value = child.data.date().isoformat() if isinstance(child.data, datetime) else child.data
        try:
            _check_language(load_book().override({str(path): value}).get(str(path)))
            values[str(path)] = value
        except (ParameterError, ValueError) as error:
            at_key = not load_book().has(str(path))
            place = child.key_place if at_key else child.place
            problems.append(place.problem(path_text(("parameters", path)), str(error).removeprefix(f"{path}: ")))
    return load_book().override(values), problems


def _check_language(parameter: Parameter) -> None:
    """Durations, rates and shares of the book are written in the scenario's language."""
    match parameter.unit:
        case "duration" if not (parameter.value == "unlimited" and parameter.path.startswith("lifecycles/")):
            distribution_from(parameter.value)
        case "rate":
            parse_rate_per_us(parameter.value)
        case "share":
            parse_fraction(parameter.value)


def _checked(
    scenario: Scenario, root: Node, book: Book, dropped: AbstractSet[Steps] = frozenset()
) -> tuple[list[Problem], tuple[Warning, ...]]:
    problems, warnings = [], []
    if (_names(root, "functions") or frozenset()) - scenario.functions.keys():
        return [], ()  # a function was refused whole: whoever calls it can't be weighed against it
    hidden = untold(dropped | set(refused_in(root)))
    aside = book.override({})  # what is looked up for a check is no use that the scenario makes of it
    for finding in findings(scenario, aside):
        if touches(finding.path, dropped) or finding.code in hidden:
            continue
        if finding.is_error:
            problem = problem_in(root, finding.path, f"{finding.message} [{finding.code}]", whole_path=True)
            problems += [problem] if problem is not None else []
        else:
            warnings.append(Warning(finding.code, path_text(finding.path), finding.message))
    return problems, tuple(warnings)


def _in_order(problems: list[Problem], file: str) -> list[Problem]:
    """In the order of the file, the command line's last, none twice."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.file != file, problem.line or 0, problem.column or 0))


def digest(written: Written) -> str:
    """What tells scenarios apart: the sha256 of the file's bytes and of what was laid over them."""
    sha256 = hashlib.sha256(written.content)
    for path, value in sorted(written.overrides.items()):
        sha256.update(f"\x00{path}={value}".encode("utf-8", "surrogatepass"))
    return sha256.hexdigest()
