"""The what-if of a page in Python: labels, the command line, what the page holds of the grid."""

import json
import math
import shlex

import pytest

import lambdasim
from lambdasim.analysis.observations import Design
from lambdasim.analysis.what_if import WhatIf
from lambdasim.report.page import run
from lambdasim.report.page.html import html_report
from lambdasim.report.page.what_if import what_if_section
from lambdasim.report.what_if import NO_SPREAD, command, ends, label_of, notes, points_table, reading_rows, told
from tests.cli.shop import VARYING as WORLD

MEMORY, PROVISIONED = "functions.api.memory_size", "functions.api.provisioned_concurrent_executions"
MEASURES = ["api.latency_ms.p99", "api.cold_starts", "total.cost_usd"]


def grid(scenario, vary, measures=MEASURES, **design):
    return WhatIf.of(lambdasim.sweep(scenario, vary, measures=measures, design=Design(**{"replications": 2, **design})))


@pytest.fixture(autouse=True)
def without_figures(monkeypatch):
    """They take long, and are looked at elsewhere."""
    monkeypatch.setattr(run, "pictures_of", lambda *_: [])


@pytest.fixture(scope="module")
def scenario():
    return lambdasim.parse_scenario(WORLD, file="it's a shop.yaml")


@pytest.fixture(scope="module")
def found(scenario):
    vary = {MEMORY: [512, 1024], "traffic": [1, 2], PROVISIONED: [0, 1]}
    return grid(scenario, vary)


def test_axes_are_called_as_aws_calls_them_with_their_unit(found, scenario):
    assert [label_of(axis) for axis in found.axes] == ["Memory of api (MB)", "Traffic (times)",
                                                       "Provisioned concurrency of api"]  # fmt: skip
    assert [told(axis, 2000.0) for axis in found.axes] == ["2,000 MB", "2,000 times", "2,000 environments"]
    other = grid(scenario, {"lifecycle.idle_timeout": ["5m", "9m"]}, ["api.errors"])
    assert (label_of(other.axes[0]), told(other.axes[0], 7.5)) == ("idle_timeout (m)", "7.5 m")


def test_the_command_sets_what_was_chosen_and_quotes_it_for_a_shell(found):
    words = shlex.split(command(found, found.at({MEMORY: 700}).overrides))
    assert words == [
        *("lambdasim", "replicate", "it's a shop.yaml"),
        *("--set", f"{MEMORY}=700", "--set", "traffic=1", "--set", f"{PROVISIONED}=0"),
        *(word for measure in MEASURES for word in ("--measure", measure)),
        *("--replications", "2", "--seed", "3"),
    ]


def test_the_command_has_all_that_the_numbers_hang_on(tmp_path):
    (tmp_path / "shop.yaml").write_text(WORLD)
    scenario = lambdasim.load_scenario(tmp_path / "shop.yaml", overrides={"drain": "1m", "traffic": "3"})
    found = grid(scenario, {"traffic": [3, 4]}, ["api.errors"], confidence=0.9, seed=8, log="none")
    line = command(found, {"traffic": "3.5"})
    assert line.count("--set drain=1m") == 1
    assert line.count("traffic") == 1
    assert line.endswith("--replications 2 --seed 8 --confidence 0.9 --log none")


def test_a_scenario_that_is_no_file_has_no_command():
    found = grid(lambdasim.parse_scenario(WORLD), {"traffic": [1, 2]}, ["api.errors"])
    assert command(found, {"traffic": "1"}) == ""
    assert "The scenario was given as a text" in page_of(found)


def test_a_reading_says_what_replications_would(found):
    rows = {
        name: (value, ends_, change) for name, value, ends_, change in reading_rows(found, found.at({MEMORY: 1024}))
    }
    estimates = found.at({MEMORY: 1024}).estimates
    assert set(rows) == {"api.latency_ms.p99 (ms)", "api.cold_starts", "total.cost_usd"}
    assert rows["api.latency_ms.p99 (ms)"][0] == f"{estimates[0].value:.0f}"
    low, high = rows["api.latency_ms.p99 (ms)"][1].split(" to ")
    assert (float(low), float(high)) == pytest.approx((estimates[0].low, estimates[0].high), rel=0.005)
    assert rows["api.latency_ms.p99 (ms)"][2].startswith("-")
    assert {change for *_, change in reading_rows(found, found.at())} == {"as it is"}


def test_where_runs_had_no_value_or_do_not_differ_it_is_said(found):
    measure, estimate = found.measures[0], found.at().estimates[0]
    none = type(estimate)(math.nan, math.nan, math.nan, 0, "t")
    assert ends(measure, none, 2) == "-"
    assert ends(measure, type(estimate)(5.0, 5.0, 5.0, 2, "all equal"), 2) == NO_SPREAD
    assert ends(measure, type(estimate)(5.0, math.nan, math.nan, 1, "t"), 2) == "no interval, 1 of 2 runs had a value"


def test_all_simulated_points_stand_in_the_table(found):
    table = points_table(found)
    assert len(table.rows) == 8
    assert table.rows[0][:3] == ("512", "1", "0")
    assert table.rows[-1][:3] == ("1,024", "2", "1")


def test_how_far_lines_are_off_is_told_only_where_it_is_known(found, scenario):
    assert not any("How far lines may be off" in note for note in notes(found))
    three = grid(scenario, {MEMORY: [512, 1024, 2048]})
    [note] = [note for note in notes(three) if "How far lines may be off" in note]
    assert f"{three.misses(0).by:.3g} ms (api.latency_ms.p99)" in note
    assert "lines can be off by more" in note


def test_along_which_axes_nothing_tells_how_far_lines_are_off_is_said(scenario, found):
    told = "only two values were simulated; nothing tells how far off lines are there."
    assert f"Along Memory of api and Traffic and Provisioned concurrency of api {told}" in notes(found)
    mixed = grid(scenario, {MEMORY: [512, 1024, 2048], "traffic": [1, 2]})
    assert f"Along Traffic {told}" in notes(mixed)
    assert not any(told in note for note in notes(grid(scenario, {MEMORY: [512, 1024, 2048]})))


def test_what_a_dash_means_is_said_where_there_is_one(found):
    assert not any("A dash" in note for note in notes(found))
    quiet = lambdasim.parse_scenario(WORLD.replace("2/s", "0.001/s"))
    assert any("A dash: no run had a value" in note for note in notes(grid(quiet, {"traffic": [1, 2000]})))


def test_a_percentile_is_called_a_median_only_where_it_is_one(scenario):
    def said(runs):
        return any(
            "the median over replications" in note for note in notes(grid(scenario, {"traffic": [1, 2]}, **runs))
        )

    assert [said({"replications": runs}) for runs in (5, 6)] == [False, True]
    assert not said({"replications": 6, "measures": ["api.cold_starts"]})


def test_durations_that_stay_as_they_are_at_any_memory_size_are_told(tmp_path, scenario):
    """Laid over together, duration and memory size belong together; then no line can bend by memory."""
    told = "its durations count as measured at each of them"
    assert not any(told in note for note in notes(grid(scenario, {MEMORY: [512, 1024]})))
    (tmp_path / "shop.yaml").write_text(WORLD)
    own = {"functions.api.handler.duration": "100 ms"}
    restated = lambdasim.load_scenario(tmp_path / "shop.yaml", overrides=own)
    assert any(told in note for note in notes(grid(restated, {MEMORY: [512, 1024]})))


def test_without_the_scenario_among_the_points_there_are_no_changes_and_it_is_said(scenario, found):
    path = "functions.api.reserved_concurrent_executions"
    without = grid(scenario, {path: [1, 2]}, ["api.cold_starts"])
    assert [change for *_, change in reading_rows(without, without.at({path: 1}))] == ["-"]
    assert any("None of the points is the scenario as it is" in note for note in notes(without))
    assert not any("None of the points" in note for note in notes(found))
    section = what_if_section(without)
    assert (section.sliders[0].start, section.has_own) == ("1", False)


def page_of(found, **options):
    result = lambdasim.simulate(found.sweep.scenario)
    return html_report(result, scenario=found.sweep.scenario, what_if=found, **options)


def test_the_page_has_the_section_only_where_there_is_a_grid(found):
    page = page_of(found)
    assert page.count('id="what-if-panel"') == 1
    assert page == page_of(found)
    assert "what-if" not in html_report(lambdasim.simulate(found.sweep.scenario), scenario=found.sweep.scenario)


def test_the_command_that_makes_the_page_again_asks_for_the_same_grid(found):
    assert "--what-if functions.api.memory_size=512,1024 --what-if traffic=1,2" in page_of(found)


def test_no_name_ends_the_script_element_that_holds_the_grid(scenario):
    found = grid(scenario, {"traffic": [1, 2]})
    data = what_if_section(found).data
    assert json.loads(data)["axes"][0]["path"] == "traffic"
    path = "functions.api.handler.error_rate"
    hostile = grid(lambdasim.parse_scenario(WORLD, file="a</script>&\u2028.yaml"), {path: ["0%", "1%"]}, ["api.errors"])
    data = what_if_section(hostile).data
    assert "<" not in data
    assert "&" not in data
    assert data.isascii()
    assert "</script>&\u2028.yaml" in json.loads(data)["command"]["before"]
    assert page_of(hostile).count("</script>") == 2


@pytest.mark.parametrize(
    ("path", "values", "step"),
    [
        (MEMORY, [128, 10240], "1"),
        ("traffic", ["0.5", "1", "4"], "0.05"),
        ("traffic", ["1", "2"], "0.01"),
        ("traffic", ["1", "101"], "1"),
        ("traffic", ["0.125", "0.25"], "0.001"),
    ],
)
def test_a_sliders_steps_meet_every_simulated_value(scenario, path, values, step):
    found = grid(scenario, {path: values}, ["api.errors"])
    slider = what_if_section(found).sliders[0]
    assert slider.step == step
    for mark in slider.marks:
        steps = (float(mark.number) - float(slider.low)) / float(step)
        assert steps == pytest.approx(round(steps))
