import json

import numpy as np

import lambdasim
from lambdasim.analysis.observations import Design, measures_of
from lambdasim.analysis.sampling import points
from lambdasim.analysis.sweep import Sweep
from lambdasim.analysis.variants import variants_of
from lambdasim.randomness import stream
from lambdasim.report.sweep import sweep_document, sweep_text

TEXT = """\
name: shop
duration: 1m
functions:
  api: {runtime: python3.13, handler: {duration: 80 ms}}
  web: {runtime: python3.13, handler: {duration: 80 ms}}
"""
MEMORY = "functions.api.memory_size"
P99 = "api.latency_ms.p99"


def made_up(values, vary=None, measures=(P99,), resumed=0):
    """A sweep whose runs gave ``values``, shape (points, replications, measures)."""
    scenario, values = lambdasim.parse_scenario(TEXT), np.asarray(values, dtype=float)
    vary = vary or {MEMORY: [128 * (n + 1) for n in range(len(values))]}
    design = Design(replications=values.shape[1])
    variants = variants_of(scenario, points(vary, None, 0))
    return Sweep(scenario, variants, measures_of(scenario, measures), design, values, resumed)


def of_means(*means, spread=1.0):
    """Five runs around each mean, the points with luck of their own."""
    return [
        [[mean + spread * float(luck)] for luck in stream(1, "luck", n).normal(size=5)] for n, mean in enumerate(means)
    ]


def first_line(sweep):
    return sweep_text(sweep).splitlines()[0]


def test_the_answer_is_where_the_first_measure_is_lowest_and_how_surely():
    line = first_line(made_up(of_means(900, 500, 300)))
    assert line.startswith(f"{P99} is lowest at memory_size=384: 300 ms [")
    assert "]; all others are higher. It is highest at memory_size=128: 90" in line
    assert line.endswith("].")


def test_points_that_may_be_as_low_are_named_or_counted_and_starred():
    assert "; memory_size=256 is not shown to be higher. It" in first_line(made_up(of_means(300, 300, 900)))
    text = sweep_text(made_up(of_means(300, 300, 300, 900)))
    assert "; 2 other points are not shown to be higher. It" in text
    assert text.count("]*") == 3
    assert "* In 95 % of such sweeps the truly lowest is among those starred" in text


def test_no_difference_shown_is_an_answer():
    text = sweep_text(made_up(of_means(300, 300, 300)))
    assert text.startswith(f"{P99}: no difference shown between points; lowest at memory_size=")
    assert "*" not in text


def test_what_is_the_same_everywhere_is_said_once():
    assert first_line(made_up([[[7.0], [8.0], [9.0]]] * 3)).startswith(f"{P99} is 8 ms [5.52, 10.5] at every point.")


def test_a_measure_without_a_value_has_no_estimate():
    text = sweep_text(made_up([[[np.nan], [np.nan]]] * 2))
    assert text.startswith(f"{P99} has no estimate at any point.")
    assert "nan" not in text


def test_paths_are_shortened_as_far_as_they_differ():
    vary = {MEMORY: [128], "functions.web.memory_size": [128, 256], "lifecycle.idle_timeout": ["1m"]}
    text = sweep_text(made_up(of_means(300, 900), vary))
    assert "at api.memory_size=128, web.memory_size=128, idle_timeout=1m:" in text


def test_a_large_table_is_cut_to_the_lowest_points():
    text = sweep_text(made_up(of_means(*range(1000, 400, -20))))
    assert "of 30 points the 20 where api.latency_ms.p99 is lowest" in text
    rows = [line.split()[0] for line in text.splitlines() if line.strip()[:1].isdecimal() and "[" in line]
    assert [int(row) for row in rows] == list(range(30, 10, -1))


def test_many_measures_are_cut_and_a_resumed_sweep_says_so():
    measures = [f"api.latency_ms.{key}" for key in ("p50", "p75", "p90", "p95", "p99", "p99.9", "max")]
    values = [[[number] * 7 for number in (1.0, 2.0)]] * 2
    text = sweep_text(made_up(values, measures=measures, resumed=3))
    assert "2 more measures are in the table of -o, and in --json." in text
    assert "4 runs, on seeds 0 to 1 at every point, 3 of them before it was interrupted." in text


def test_the_document_is_strict_json_that_counts_points_from_one():
    values = [[[1.0, np.nan], [2.0, np.nan]], [[5.0, 1.0], [6.0, 1.0]]]
    document = json.loads(
        json.dumps(sweep_document(made_up(values, measures=(P99, "api.cold_starts"))), allow_nan=False)
    )
    assert document["schema_version"] == 1
    first, second = document["measures"]
    assert (first["lowest"], first["not_shown_to_be_higher"], first["highest"]) == (1, [], 2)
    assert (second["lowest"], second["highest"]) == (2, 2)
    assert [point["point"] for point in document["points"]] == [1, 2]
    assert document["points"][1]["values"] == {MEMORY: "256"}
    assert document["points"][0]["estimates"]["api.cold_starts"]["value"] is None
    assert document["points"][1]["estimates"][P99]["n"] == 2
