"""README's questions: each has a scenario that ships, a command that can be pasted, and a call in Python."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

import lambdasim
from lambdasim.analysis.cost import QUESTIONS
from lambdasim.analysis.costs.traffic import FACTORS
from lambdasim.cli.main import Verbs, main
from lambdasim.report.as_json import as_json_text
from lambdasim.report.checks import checks_document
from lambdasim.report.compare import compare_document
from lambdasim.report.cost import cost_document
from lambdasim.report.pareto import trade_off_document
from lambdasim.report.replicate import replicate_document
from lambdasim.report.sensitivity import sensitivity_document
from lambdasim.report.size import size_document

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## Questions\n")[2].partition("\n## ")[0]
ROW = re.compile(
    r"^\| (?P<question>[^|]+\?) \| `(?P<command>lambdasim [^`|]+)` "
    r"\| \[(?P<name>\w+)\]\((?P<path>[^)]+)\) \| [^|]+ \|$",
    re.MULTILINE,
)
# What a planner asks, by the words that a row has of it.
ASKED = (
    ("provisioned concurrency", "300 ms", "cost"),
    ("burst", "5,000/s", "quota"),
    ("SQS", "dead-letter queue", "reserved concurrency"),
    ("ten times", "cost"),
    ("memory", "cheapest", "p99"),
    ("Lambda or Fargate",),
    ("SnapStart or provisioned",),
    ("How many requests", "cold start"),
    ("init billing", "cost"),
    ("arm64 or x86_64",),
    ("How many", "database connections"),
    ("reserved concurrency", "worker", "drain in 5 minutes"),
    ("quota increase", "before launch"),
    ("Target tracking or a schedule",),
    ("keep-warm ping",),
    ("starves",),
    ("How long", "backlog"),
    ("shards x parallelization factor", "60 s"),
    ("slow downstream",),
    ("asynchronous events", "throttled"),
    ("pipeline", "SLO", "budget"),
    ("How sure are you",),
)
EXPERIMENT = ("--replications", "2", "--workers", "1")
SHORTER = {
    "replicate": EXPERIMENT,
    "compare": EXPERIMENT,
    "size": (*EXPERIMENT, "--deeper", "1"),
    "check": EXPERIMENT,
    "sensitivity": (*EXPERIMENT, "--only", "lifecycles/"),
    "cost": EXPERIMENT,
}
SPAN = {"duration": "90s", "warm_up": "0s", "drain": "1m"}
OTHER_SPANS = {
    "burst_to_5000": {"duration": "2s"},
    "shards_and_lanes": {"duration": "20s"},
    "sqs_backlog": {"triggers.jobs.queue.backlog": "5000"},
    "how_sure": {"duration": "12h"},  # in a minute there would be no event
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    question: str
    words: tuple[str, ...]
    name: str
    path: str

    @property
    def verb(self) -> str:
        """What of lambdasim it uses."""
        return self.words[0]

    @property
    def call(self) -> str:
        """What is called in Python: of several keys at once, ``size`` is a trade-off."""
        return "trade_off" if self.verb == "size" and len(self.varied) > 1 else self.verb

    @property
    def cut_down(self) -> tuple[str, ...]:
        """The same command on a world, and with an effort, that a test has time for."""
        sets = (word for change in self.span.items() for word in ("--set", "=".join(change)))
        return (*self.words, *SHORTER[self.verb], *sets)

    @property
    def span(self) -> dict[str, str]:
        """What makes the world small, by path."""
        return OTHER_SPANS.get(self.name, SPAN)

    def values(self, option: str) -> list[str]:
        """What is given for an option, as often as it is."""
        return [value for word, value in pairwise(self.words) if word == option]

    @property
    def varied(self) -> dict[str, str | list[str] | None]:
        """What is varied, as Python has it: by path a list, a range, or None for all that a key may be."""
        parts = (value.partition("=") for value in self.values("--vary"))
        return {
            path: None if not values else values if ".." in values else values.split(",") for path, _, values in parts
        }


ROWS = [
    Row(row["question"], tuple(shlex.split(row["command"])[1:]), row["name"], row["path"])
    for row in ROW.finditer(SECTION)
]
each = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


@pytest.fixture
def command(tmp_path, monkeypatch, capsysbinary):
    """Run ``lambdasim`` in a folder where only the scenarios are: its status, output and messages."""
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)

    def called(*words):
        with pytest.raises(SystemExit) as left:
            main(list(words))
        out, err = capsysbinary.readouterr()
        return SimpleNamespace(status=left.value.code, out=out.decode(), err=err.decode())

    return called


def test_each_question_of_a_planner_has_one_row():
    assert len(ROWS) == len(ASKED) == SECTION.count("\n|") - 2
    for row, words in zip(ROWS, ASKED, strict=True):
        assert [word for word in words if word not in row.question] == [], row.question


@each
def test_the_command_of_a_question_is_about_the_scenario_beside_it(row):
    assert row.path == f"scenarios/{row.name}.yaml"
    assert (ROOT / row.path).is_file()
    assert row.words[1] == row.path
    assert row.verb in Verbs.verbs


@each
def test_the_scenario_of_a_question_opens_with_the_command_that_answers_it(row):
    head = (ROOT / row.path).read_text(encoding="utf-8").partition("\nname:")[0]
    shown = re.search(r"^#   lambdasim (?:.*\\\n#)*.*$", head, re.MULTILINE)
    assert shown is not None
    words = shlex.split(re.sub(r"\\\n#", " ", shown[0]).removeprefix("#"))
    assert words[1:3] == list(row.words[:2])
    assert set(row.words) <= set(words)


@each
def test_the_command_of_a_question_runs_and_answers_in_its_first_line(command, row):
    run = command(*row.cut_down)
    assert run.status in (0, 1), run.err
    first = run.out.partition("\n")[0]
    assert len(first) > 20
    assert "nan" not in run.out.lower().split()


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (0, ()),
        (1, ("functions.api.memory_size=512",)),
        (1, ("functions.api.provisioned_concurrent_executions=10",)),
    ],
    ids=["as it is", "too slow", "too dear"],
)
def test_the_pipeline_fails_when_the_objective_or_the_budget_breaks(command, status, changed):
    row = next(row for row in ROWS if row.verb == "check")
    sets = [word for change in changed for word in ("--set", change)]
    assert command(*row.words, *EXPERIMENT, *sets).status == status
    assert Path(row.values("--junit")[0]).read_text(encoding="utf-8").count("<failure") == (status == 1)


def cost_questions(row):
    """What the options of ``cost`` ask, as its call in Python has it."""
    factors = [float(factor) for values in row.values("--traffic") for factor in values.split(",")]
    asked = [question for question in QUESTIONS if f"--{question.replace('_', '-')}" in row.words]
    return {"questions": asked, "traffic": factors or FACTORS}


# By function: from a row, its scenario and a design to the document of what one call of a public function gives.
CALLS = {
    "replicate": lambda row, world, design: replicate_document(
        lambdasim.replicate(world, measures=row.values("--measure"), design=design)
    ),
    "compare": lambda row, world, design: compare_document(
        lambdasim.compare(world, row.varied, measures=row.values("--measure"), design=design)
    ),
    "size": lambda row, world, design: size_document(
        lambdasim.size(
            world,
            row.varied,
            objectives=row.values("--objective"),
            minimize=next(iter(row.values("--minimize")), None),
            deeper=1,
            design=design,
        )
    ),
    "trade_off": lambda row, world, design: trade_off_document(
        lambdasim.trade_off(world, row.varied, objectives=row.values("--objective"), design=design)
    ),
    "check": lambda _row, world, design: checks_document([lambdasim.check(world, design=design)]),
    "sensitivity": lambda row, world, design: sensitivity_document(
        lambdasim.sensitivity(world, measures=row.values("--measure"), only=["lifecycles/"], design=design)
    ),
    "cost": lambda row, world, design: cost_document(lambdasim.cost(world, **cost_questions(row), design=design)),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_a_command_answers_is_what_one_call_in_python_answers(command, call):
    row = next(row for row in ROWS if row.call == call)
    printed = json.loads(command(*row.cut_down, "--json").out)
    world = lambdasim.load_scenario(row.path, overrides=row.span)
    called = json.loads(as_json_text(CALLS[call](row, world, lambdasim.Design(replications=2))))
    for volatile in ("wall_s", "invocations_per_wall_s"):
        printed.pop(volatile, None)
        called.pop(volatile, None)
    assert printed == called
