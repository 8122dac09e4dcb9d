"""README's questions: each has a scenario that ships and a command that can be pasted; all of them run."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from lambdasim.cli.main import Verbs, main
from lambdasim.scenario.load import load_scenario

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<question>[^|]+\?) \| `(?P<command>lambdasim [^`|]+)` \| \[[^]]+\]\((?P<path>scenarios/[^)]+)\) \|$", re.M)

# What a planner asks, by the words that a row must have.
ASKED = (
    ("provisioned concurrency", "300 ms", "cost"),
    ("burst", "5,000", "quota"),
    ("dead-letter queue", "reserved concurrency"),
    ("ten times", "cost"),
    ("memory", "cheapest", "p99"),
    ("Lambda or Fargate",),
    ("SnapStart", "provisioned"),
    ("cold start",),
    ("init billing",),
    ("arm64", "x86_64"),
    ("connections", "database"),
    ("reserved concurrency", "drain", "5 minutes"),
    ("quota increase", "launch"),
    ("Target tracking", "schedule"),
    ("keep-warm ping",),
    ("starves",),
    ("backlog", "drained"),
    ("shards", "parallelization factor", "60 s"),
    ("slow downstream",),
    ("asynchronous events", "throttled"),
    ("SLO", "budget", "pipeline"),
    ("How sure are you",),
)
# A minute says enough of whether a command works; of these, what matters comes later, or takes longer to run.
SHORT = {"duration": "1m", "warm_up": "0s", "drain": "1m"}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    question: str
    words: tuple[str, ...]
    path: str

    @property
    def verb(self) -> str:
        """What of lambdasim it uses."""
        return self.words[0]


ROWS = [Row(row["question"], tuple(shlex.split(row["command"])[1:]), row["path"]) for row in ROW.finditer(README)]
by_scenario = pytest.mark.parametrize("row", ROWS, ids=lambda row: Path(row.path).stem)
