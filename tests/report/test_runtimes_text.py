"""The list of runtimes as people and programs read it."""

import json
from datetime import date

import pytest

from lambdasim.display.screen import Screen
from lambdasim.parameters.book import load_book
from lambdasim.report.as_json import as_json_text
from lambdasim.report.runtimes import runtimes_document, runtimes_text
from lambdasim.scenario.runtimes import known_runtimes

DAY = date(2026, 11, 28)


def listed(**filters):
    return known_runtimes(load_book(), **filters)


def cells(text, name):
    return [line.split() for line in text.splitlines() if line.split()[:1] == [name]]


@pytest.mark.parametrize("filters", [{}, {"family": "provided"}, {"family": "custom"}])
def test_no_line_is_longer_than_80_columns(filters):
    text = runtimes_text(listed(**filters), DAY, Screen(80))
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_each_runtime_has_a_line_with_its_dates_and_its_state():
    text = runtimes_text(listed(family="python"), DAY)
    assert text.startswith("Runtimes on 2026-11-28\n")
    assert cells(text, "python3.7")[0] == [
        "python3.7",
        "AL1",
        "-",
        "2023-12-04",
        "2024-01-09",
        "2027-03-03",
        "no",
        "create",
    ]
    assert cells(text, "python3.13")[0][-1] == "supported"


def test_each_measurement_has_a_line_with_three_percentiles():
    text = runtimes_text(listed(family="go", architecture="arm64", package_type="Zip"), DAY)
    [line] = cells(text, "go@provided.al2023")
    assert line[:3] == ["go@provided.al2023", "Zip", "arm64"]
    assert [float(cell) for cell in line[3:]] == pytest.approx([40.1, 45, 53.6], rel=0.05)


def test_a_runtime_that_was_not_measured_leaves_no_empty_table():
    assert "Init Duration" not in runtimes_text(listed(family="custom"), DAY)


def test_the_sources_are_named_once():
    text = runtimes_text(listed(), DAY)
    assert text.count("Dates: cfn-lint") == 1
    assert "Init: maxday/lambda-perf @6070b794 (Apache-2.0), 2026-05-28" in text


def test_titles_can_be_styled():
    text = runtimes_text(listed(family="go"), DAY, Screen(80, styled=True))
    assert text.startswith("\x1b[1mRuntimes on 2026-11-28\x1b[0m\nruntime ")


def test_the_document_is_strict_json_with_all_of_it():
    document = json.loads(as_json_text(runtimes_document(listed(), DAY)))
    assert document["as_of"] == "2026-11-28"
    runtimes = {runtime["runtime"]: runtime for runtime in document["runtimes"]}
    assert len(runtimes) == 53
    python = runtimes["python3.10"]
    assert (python["family"], python["os"], python["architectures"]) == ("python", "AL2", ["x86_64", "arm64"])
    assert (python["deprecation_date"], python["status"]) == ("2026-10-31", "deprecated")
    assert [init["package_type"] for init in python["init_duration_ms"]] == ["Zip", "Zip", "Image", "Image"]
    assert runtimes["custom"]["deprecation_date"] is None
    assert {init["language"] for init in runtimes["provided.al2023"]["init_duration_ms"]} >= {
        "go",
        "rust",
        "dotnet_aot",
    }
