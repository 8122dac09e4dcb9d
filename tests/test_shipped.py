"""What is shipped works: every scenario runs, README says what is so."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

import lambdasim
from lambdasim.cli.main import Verbs
from lambdasim.plots.catalogue import KINDS
from lambdasim.units import US_PER_MINUTE
from lambdasim.workload.expected import expected_events

ROOT = Path(__file__).parent.parent
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it: by the core schema of YAML 1.2, where a date is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [resolver for resolver in resolvers if not resolver[0].endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_runs_for_a_short_horizon_and_loses_no_event(path):
    scenario = lambdasim.load_scenario(path)
    if scenario.duration_us > 5 * US_PER_MINUTE:
        scenario = lambdasim.load_scenario(path, overrides={"duration": "5m", "warm_up": "0s"})
    summary = lambdasim.simulate(scenario).summary()
    for entry in (*summary["functions"].values(), *summary["triggers"].values()):
        assert entry["events"] == entry["successes"] + entry["final_failures"]["total"] + entry["in_flight"]
    far_off = [line for line in summary["theory"] if line["z"] is not None and abs(line["z"]) > 4]
    assert far_off == []  # of the formulas that apply
    expected = sum(expected_events(t.arrivals, scenario.duration_us) for t in scenario.triggers.values())
    assert sum(trigger["events"] for trigger in summary["triggers"].values()) > 0 or expected < 100


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_opens_with_the_question_that_it_answers(path):
    first_lines = path.read_text(encoding="utf-8").split("\n\n")[0]
    assert first_lines.startswith("# ")
    assert "?" in first_lines


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_satisfies_the_json_schema(path):
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=EditorLoader)  # noqa: S506 - a SafeLoader
    jsonschema.Draft7Validator(lambdasim.json_schema()).validate(document)


def test_readme_shows_the_first_line_that_the_first_scenario_prints():
    command = [sys.executable, "-m", "lambdasim", "run", "scenarios/first.yaml"]
    printed = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    assert " ".join(shown[1].split()) == printed.split("\n")[0]


def test_every_scenario_in_the_readme_loads():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert len(shown) == 3
    for text in shown:
        head = "" if text.startswith("name:") else "name: shown\nduration: 1h\n"
        warnings = {warning.code for warning in lambdasim.parse_scenario(head + text, base=ROOT).warnings}
        assert warnings <= {"pollers_over_reserved"}, text  # which is what its scenario shows


def test_readme_quotes_the_validation_page():
    page = (ROOT / "results" / "validation" / "aws_2020.md").read_text(encoding="utf-8")
    verdict = page.split("**")[1] + page.split("**")[2]
    count_error, environment_error, unlimited_error = re.findall(r"([\d.]+)%", verdict)[:3]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"mean absolute error {count_error} %" in readme
    assert f"life: {unlimited_error} %" in readme
    assert f"mean environments {environment_error} %" in readme


def test_readme_names_only_files_that_are_there():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#]+)\)", readme):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_readme_names_every_verb_of_the_command_and_every_room_of_the_house():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    verbs = readme.partition("\n## The command\n")[2].partition("\n## ")[0]
    for verb in Verbs.verbs:
        assert f"`lambdasim {verb}" in verbs, verb
    house = readme.partition("\n## Where things are, and where to add\n")[2].partition("\nImports only go down")[0]
    for room in (folder.parent.name for folder in (ROOT / "lambdasim").glob("*/__init__.py")):
        assert f"`{room}`" in house or f"`lambdasim/{room}`" in house, room


def test_the_command_and_the_public_face_have_the_same_figures():
    functions = {name for name, _ in inspect.getmembers(lambdasim.figures, inspect.isfunction) if "drawing" not in name}
    assert functions == {name.replace("-", "_") for name in KINDS}


def test_every_region_of_the_price_book_is_named_by_its_file():
    for path in (ROOT / "lambdasim" / "parameters" / "prices").glob("*.yaml"):
        assert re.fullmatch(r"[a-z]{2}-[a-z]+-\d", path.stem), path
