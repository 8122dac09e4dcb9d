"""Cold starts by phase and by runtime: what is counted, and that parts make the whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lambdasim import FigureError, Result, figures
from lambdasim.display.numbers import milliseconds, took
from lambdasim.plots.cold_start_phases import cold_start_phases_drawing
from lambdasim.plots.cold_starts_by_runtime import cold_starts_by_runtime_drawing
from lambdasim.plots.starts import PHASES, starts_of
from tests.plots.seen import column, cues
from tests.worlds import at, run, world

VPC = {"subnet_ids": ["a", "b"], "security_group_ids": ["g"]}


def fleet():
    """Three functions: one with init code, one in a VPC from an image, one from a snapshot; bursts that start many."""
    document = world(
        duration="20m",
        function={"package_size": "20 MB"},
        init={"duration": {"lognormal": {"median": "300 ms", "p99": "900 ms"}}},
        parameters={"cold_starts/platform_overhead": "80 ms"},
        trigger={"arrivals": at("1m", events=60)},
        lifecycle={"proactive_initialization": {"on_retirement": "100%", "otherwise": "0%"}, "maximum_lifetime": "5m"},
    )
    functions, triggers, f = document["functions"], document["triggers"], document["functions"]["f"]
    functions["image"] = f | {"package_type": "Image", "runtime": "nodejs22.x", "vpc_config": VPC}
    functions["snap"] = f | {"runtime": "java21", "snap_start": {"apply_on": "PublishedVersions"}}
    triggers["i"] = triggers["t"] | {"target": "image", "arrivals": at("2m", events=25)}
    triggers["s"] = triggers["t"] | {"target": "snap", "arrivals": at("2m", "4m", events=5)}
    return document


@pytest.fixture(scope="module")
def result():
    return run(fleet(), seed=2)


def test_phases_of_what_a_request_waited_for_are_the_time_until_it_was_ready(result):
    log = result.environments
    waited = log[(log["pre_initialized"] == 0) & (log["created_us"] < result.header.duration_us)]
    assert len(waited) < len(log)
    totals_us = starts_of(result).phases_us.sum(axis=1)
    assert totals_us.tolist() == (waited["ready_us"] - waited["created_us"]).tolist()


@pytest.mark.parametrize("function", ["f", "image", "snap"])
def test_starts_are_those_that_the_summary_has_waited_for(result, function):
    (started,) = starts_of(result, function).by_version()
    summary = result.summary()["functions"][function]
    assert started.count == summary["cold_starts"]
    assert started.spread == pytest.approx(summary["cold_start_ms"])


def test_the_bars_of_a_version_are_as_high_as_its_groups_means(result):
    axes = cold_start_phases_drawing(result, function="f").figure().axes[0]
    totals = starts_of(result, "f").by_version()[0].totals_ms
    tops = np.array([[bar.get_y() + bar.get_height() for bar in bars] for bars in axes.containers]).max(axis=0)
    assert totals.size == 60
    tenths = [totals[low : low + 6].mean() for low in range(0, 54, 6)]
    assert tops[:9] == pytest.approx(tenths)
    assert (np.diff(tops) > 0).all()
    assert tops[9:] == pytest.approx([totals[54:57].mean(), totals[57:].mean()])


def test_of_few_starts_each_has_a_bar(result):
    axes = cold_start_phases_drawing(result, function="snap").figure().axes[0]
    totals = starts_of(result, "snap").by_version()[0].totals_ms
    assert len(axes.containers[0]) == totals.size
    tops = np.array([[bar.get_y() + bar.get_height() for bar in bars] for bars in axes.containers]).max(axis=0)
    assert tops == pytest.approx(totals)


def test_only_phases_that_took_time_are_drawn_in_the_order_in_which_they_pass(result):
    figure = cold_start_phases_drawing(result).figure()
    used = starts_of(result).phases_us.any(axis=0)
    names = [bars.get_label() for bars in figure.axes[0].containers]
    assert names == [name for name, some in zip(PHASES, used, strict=True) if some]
    assert "snapshot restore" in names


def test_phases_are_told_apart_without_colour(result):
    found = cues(cold_start_phases_drawing(result).figure().axes[0])
    assert len(found) == len(set(found)) > 2


def test_the_table_of_phases_adds_up_and_has_every_version(result):
    table = cold_start_phases_drawing(result, most=1).table
    assert sorted(column(table, "version")) == ["f", "image", "snap"]
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        means = [float(cells[name].replace(",", "")) for name in table.columns if name.endswith(", mean")]
        assert sum(means) == pytest.approx(float(cells["mean"].replace(",", "")), abs=2)


def test_words_count_what_is_counted_and_tell_what_is_left_out(result):
    made, starts = cold_start_phases_drawing(result, most=1), starts_of(result)
    assert made.words.startswith(f"{len(starts.version):,} starts that a request waited for")
    assert starts.ahead > 0
    assert f"{starts.ahead:,} others came ahead of any request" in made.words
    assert "Versions with fewer starts are in the table only: 2." in made.words
    assert took(starts.by_version()[0].spread["p99"]) in made.words


def test_each_version_of_a_function_is_apart():
    document = world(trigger={"target": "f:live", "arrivals": at("0s", "5m", events=4)})
    document["functions"]["f"]["versions"] = {"2": {"memory_size": 512}}
    document["functions"]["f"]["aliases"] = {
        "live": {"function_version": "1", "routing_config": {"additional_version_weights": {"2": 0.5}}}
    }
    starts = starts_of(run(document, seed=3))
    assert sorted(version.name for version in starts.by_version()) == ["f:1", "f:2"]


def test_runtimes_have_their_package_type_and_way_to_start(result):
    made = cold_starts_by_runtime_drawing(result)
    assert sorted(column(made.table, "runtime")) == ["java21, SnapStart", "nodejs22.x, Image", "python3.6"]
    medians = [float(value.replace(",", "")) for value in column(made.table, "p50")]
    assert medians == sorted(medians)


def test_what_is_drawn_of_a_runtime_is_its_quantiles(result):
    (axes,) = cold_starts_by_runtime_drawing(result).figure().axes
    rows = starts_of(result).by_runtime()
    for place, one in zip(range(len(rows), 0, -1), rows, strict=True):
        values = one.totals_ms
        drawn = [line.get_xdata() for line in axes.get_lines() if line.get_ydata()[0] == place]
        assert [drawn[0][0], drawn[0][1]] == [values[0], values[-1]]
        assert {float(x[0]) for x in drawn if len(x) == 1} == {
            np.quantile(values, p, method="inverted_cdf") for p in (0.5, 0.9, 0.99)
        }
    boxes = {(bar.get_x(), bar.get_x() + bar.get_width()) for bars in axes.containers for bar in bars}
    assert np.sort(list(boxes), axis=0) == pytest.approx(np.sort([one.middle_half() for one in rows], axis=0))


def test_the_table_of_runtimes_has_the_summarys_numbers(result):
    cold_start = result.summary()["functions"]["image"]["cold_start_ms"]
    row = next(row for row in cold_starts_by_runtime_drawing(result).table.rows if row[0] == "nodejs22.x, Image")
    assert row[2:] == tuple(
        milliseconds(cold_start[name]) for name in cold_starts_by_runtime_drawing(result).table.columns[2:]
    )


def test_marks_of_runtimes_are_told_apart_without_colour(result):
    found = cues(cold_starts_by_runtime_drawing(result).figure().axes[0])
    assert len(found) == len(set(found)) == 5


def test_functions_of_one_runtime_are_one_row():
    document = world(trigger={"arrivals": at("0s", events=3)})
    document["functions"]["g"] = document["functions"]["f"]
    document["triggers"]["u"] = document["triggers"]["t"] | {"target": "g"}
    made = cold_starts_by_runtime_drawing(run(document))
    assert [row[:2] for row in made.table.rows] == [("python3.6", "6")]
    assert made.figure()


@pytest.mark.parametrize("figure", [figures.cold_start_phases, figures.cold_starts_by_runtime])
def test_where_nobody_waited_for_a_start_there_is_nothing_to_draw(figure):
    with pytest.raises(FigureError, match="no request waited for an environment to start"):
        figure(run(world(function={"provisioned_concurrent_executions": 1})))


def test_a_function_that_nobody_waited_for_is_named(result):
    with pytest.raises(FigureError, match="no function is named 'g'"):
        figures.cold_start_phases(result, function="g")


def test_starts_before_the_end_of_the_warm_up_are_left_out():
    document = world(warm_up="5m", trigger={"arrivals": at("0s", "30m", events=2)})
    assert starts_of(run(document)).by_version()[0].count == 2


def test_the_log_of_invocations_is_not_needed():
    with_log, without = (run(world(), log=log) for log in ("full", "none"))
    assert cold_start_phases_drawing(with_log).table == cold_start_phases_drawing(without).table


def test_the_header_has_what_each_version_runs_on():
    document = world(function={"runtime": "provided.al2023", "language": "rust"})
    document["functions"]["g"] = {**document["functions"]["f"], "package_type": "Image", "runtime": "nodejs22.x"}
    del document["functions"]["g"]["language"]
    versions = run(document).header.versions
    assert [(version.runtime, version.package_type) for version in versions] == [
        ("rust@provided.al2023", "Zip"),
        ("nodejs22.x", "Image"),
    ]
    assert starts_of(run(document)).by_runtime()[0].name == "rust on provided.al2023"


def test_a_result_that_was_saved_before_runtimes_were_kept_is_drawn(tmp_path):
    result = run(world())
    result.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    for version in manifest["header"]["versions"]:
        del version["runtime"], version["package_type"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    older = cold_starts_by_runtime_drawing(Result.load(tmp_path))
    assert column(older.table, "runtime") == ["runtime not kept"]
    assert older.table.rows[0][1:] == cold_starts_by_runtime_drawing(result).table.rows[0][1:]
