"""The Azure sample of scenarios/: what make.py estimates, and that the committed files are what it writes."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture
def make():
    spec = importlib.util.spec_from_file_location("make", SCENARIOS / "data" / "azure_2019" / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_counts_and_scenario_are_what_make_writes(make, tmp_path, monkeypatch):
    monkeypatch.setattr(make, "COUNTS", tmp_path / "counts.csv")
    monkeypatch.setattr(make, "SCENARIO", tmp_path / "scenario.yaml")
    rows = make.read_sample()
    make.write_counts(rows)
    make.write_scenario(rows)
    committed = SCENARIOS / "data" / "azure_2019" / "invocations_per_minute.csv"
    assert (tmp_path / "counts.csv").read_bytes() == committed.read_bytes()
    assert (tmp_path / "scenario.yaml").read_bytes() == (SCENARIOS / "azure_sample.yaml").read_bytes()


def test_each_application_keeps_its_day_of_invocations(make):
    wanted = {row["app"]: int(row["num_invocations"]) for row in make.read_sample()}
    with (SCENARIOS / "data" / "azure_2019" / "invocations_per_minute.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 100
    assert {row["HashApp"]: sum(int(row[str(m)]) for m in range(1, 1441)) for row in rows} == wanted


def test_invocations_come_in_proportion_to_the_busy_containers(make):
    assert make.spread(12, np.array([0, 2, 0, 3, 1])).tolist() == [0, 4, 0, 6, 2]


def test_invocations_come_evenly_where_the_series_has_missed_them(make):
    assert make.spread(500, np.array([1, 0, 0, 0, 0])).tolist() == [100, 100, 100, 100, 100]
