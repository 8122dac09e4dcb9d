"""Latency: curves pass through the quantiles, ascend, and say what the summary says."""

from __future__ import annotations

import numpy as np
import pytest

from lambdasim import FigureError, figures
from lambdasim.display.numbers import milliseconds, took
from lambdasim.display.table import QUANTILES
from lambdasim.metrics.measures import PER_MILLE
from lambdasim.plots.latencies import latencies_of
from lambdasim.plots.latency import latency_drawing, latency_percentiles_drawing
from tests.plots.seen import column, cues, curve
from tests.worlds import at, run, world

HANDLER = {"lognormal": {"median": "200 ms", "p99": "2 s"}}
KEPT = ("mean", *PER_MILLE, "max")


def shop(**changes):
    """``f`` is called; ``worker`` has a queue of its own, whose runs may fail and be tried again."""
    document = world(
        duration="4m",
        warm_up="20s",
        handler={"duration": HANDLER},
        trigger={"arrivals": {"poisson": {"rate": "20/s"}}},
        lifecycle={"idle_timeout": "2 s", "surplus_idle_timeout": "2 s"},
        **changes,
    )
    document["functions"]["worker"] = document["functions"]["f"] | {
        "handler": {"duration": "300 ms", "error_rate": "10%"}
    }
    queue = {"visibility_timeout": "60 s", "max_receive_count": 5, "dead_letter": "discard-counted"}
    arrivals = {"poisson": {"rate": "3/s"}}
    document["triggers"]["jobs"] = {
        "type": "sqs",
        "target": "worker",
        "queue": queue,
        "batch_size": 3,
        "arrivals": arrivals,
    }
    document["triggers"]["later"] = {
        "type": "direct_async",
        "target": "worker",
        "arrivals": {"poisson": {"rate": "1/s"}},
    }
    return document


@pytest.fixture(scope="module")
def result():
    return run(shop(), seed=5)


@pytest.fixture(scope="module")
def sketched():
    return run(shop(), seed=5, log="none")


@pytest.mark.parametrize("function", ["f", "worker"])
def test_cold_and_warm_together_have_the_summarys_latency(result, function):
    latencies = latencies_of(result, function)
    summary = result.summary()["functions"][function]
    assert latencies.all.size == summary["successes"]
    assert latencies.all.max() / 1000 == summary["latency_ms"]["max"]
    for name, per_mille in PER_MILLE.items():
        value = np.quantile(latencies.all, per_mille / 1000, method="inverted_cdf") / 1000
        assert value == summary["latency_ms"][name]


def test_of_called_events_those_are_cold_whose_last_attempt_started_cold(result):
    log = result.invocations
    cold = log[(log["final"] == "success") & (log["function"] == "f") & (log["arrived_us"] >= 20_000_000)]
    cold = cold[cold["start_type"] == "cold"]
    assert len(cold) > 5
    assert sorted(cold["latency_ms"]) == (latencies_of(result, "f").cold / 1000).tolist()


def test_of_queued_events_those_are_cold_whose_successful_run_started_cold(result):
    """An event's success ends when the run that processed it does: that run is known by its end."""
    events, log = result.events, result.invocations
    ended = events[(events["fate"] == "success") & (events["arrived_us"] >= 20_000_000)]
    runs = log[(log["function"] == "worker") & (log["outcome"] == "success")]
    merged = ended.merge(runs, left_on=["trigger", "batch", "ended_us"], right_on=["trigger", "event", "ended_us"])
    assert len(merged) == len(ended) > 500
    cold = merged[merged["start_type"] == "cold"]["latency_ms_x"]
    assert len(cold) > 5
    assert sorted(cold) == (latencies_of(result, "worker").cold / 1000).tolist()


@pytest.mark.parametrize("drawing", [latency_drawing, latency_percentiles_drawing])
def test_table_and_words_have_the_summarys_numbers(result, drawing):
    made, latency = drawing(result), result.summary()["functions"]["f"]["latency_ms"]
    shown = {cell for row in made.table.rows for cell in row}
    assert {milliseconds(latency[name]) for name in PER_MILLE.keys() & QUANTILES} <= shown
    for name in ("p50", "p99", "max"):
        assert took(latency[name]) in made.words
    assert f"{latencies_of(result, 'f').all.size:,}" in made.words


def test_the_table_has_a_row_for_all_and_one_for_each_start(result):
    table = latency_drawing(result).table
    assert column(table, "start") == ["all", "warm", "cold start"]
    counts = [int(count.replace(",", "")) for count in column(table, "successes")]
    assert counts[0] == counts[1] + counts[2]
    assert table.columns[2:] == QUANTILES


def test_the_distribution_ascends_through_the_quantiles_to_its_end(result):
    body, tail = latency_drawing(result).figure().axes
    assert (body.get_yscale(), tail.get_yscale()) == ("linear", "log")
    latencies = latencies_of(result, None)
    for label, values in (("all", latencies.all), ("warm", latencies.warm), ("cold", latencies.cold)):
        x, y = curve(body, label)
        assert np.all(np.diff(x) >= 0)
        assert np.all(np.diff(y) > 0)
        assert (y[0], y[-1]) == (0, 1)
        shares = np.searchsorted(values, np.round(np.array(x[1:]) * 1000), side="right") / values.size
        assert (shares >= np.array(y[1:]) - 1e-12).all()  # of equal values the curve may keep the first
        assert values[np.round(np.array(y[1:]) * values.size).astype(int) - 1] / 1000 == pytest.approx(x[1:])
    steps = [line for line in tail.get_lines() if line.get_drawstyle() == "steps-post"]
    assert len(steps) == 3
    for line in steps:
        assert np.all(np.diff(line.get_xdata()) >= 0)
        assert np.all(np.diff(line.get_ydata()) <= 0)


def test_the_percentile_curve_is_the_quantile_function(result):
    (axes,) = latency_percentiles_drawing(result).figure().axes
    values = latencies_of(result, None).all
    x, y = curve(axes, "all")
    beyond = values.size / 10 ** np.array(x)  # how many are not below the value that begins at x
    ranks = values.size + 1 - np.round(beyond).astype(int)
    assert beyond == pytest.approx(np.round(beyond))
    assert y == pytest.approx(values[ranks - 1] / 1000)
    assert y[-1] == values[-1] / 1000


def test_the_curves_pass_through_the_summarys_percentiles(result):
    (axes,) = latency_percentiles_drawing(result).figure().axes
    latency = result.summary()["functions"]["f"]["latency_ms"]
    x, y = (np.array(values) for values in curve(axes, "all"))
    for name, per_mille in PER_MILLE.items():
        place = np.log10(1000 / (1000 - per_mille))
        assert y[np.flatnonzero(x < place - 1e-9)[-1]] == latency[name]


@pytest.mark.parametrize("drawing", [latency_drawing, latency_percentiles_drawing])
def test_series_are_told_apart_without_colour(result, drawing):
    found = cues(drawing(result).figure().axes[0])
    assert len(found) == len(set(found)) == 3


def test_the_busiest_function_is_drawn_unless_another_is_named(result):
    assert "of f" in latency_drawing(result).title
    assert "of worker" in latency_drawing(result, function="worker").title
    assert "of worker" in latency_percentiles_drawing(result, function="worker").title


def test_without_the_log_the_summarys_percentiles_are_drawn(sketched):
    made = latency_percentiles_drawing(sketched)
    latency = sketched.summary()["functions"]["f"]["latency_ms"]
    (axes,) = made.figure().axes
    assert curve(axes, "all")[1] == [latency[name] for name in (*PER_MILLE, "max")]
    assert "log was not kept" in made.words
    assert took(latency["p99"]) in made.words


def test_without_the_log_there_is_no_distribution(sketched):
    with pytest.raises(FigureError, match="log was not kept"):
        figures.latency(sketched)


@pytest.mark.parametrize(
    ("figure", "log"),
    [(figures.latency, "full"), (figures.latency_percentiles, "full"), (figures.latency_percentiles, "none")],
)
def test_where_nothing_succeeded_there_is_no_latency(figure, log):
    with pytest.raises(FigureError, match="no event of f succeeded"):
        figure(run(world(function={"reserved_concurrent_executions": 0}), log=log))


def test_a_function_that_is_not_there_is_told_with_the_nearest(result):
    with pytest.raises(FigureError, match="no function is named 'werker'; did you mean 'worker'"):
        figures.latency(result, function="werker")


def test_one_success_alone_is_drawn_and_told():
    result = run(world())
    made = latency_drawing(result)
    assert made.words == "The only success of f took 1,100 ms after a cold start."
    assert made.figure()
    assert latency_percentiles_drawing(result).figure()


def test_where_no_start_is_cold_warm_ones_stand_alone():
    document = world(function={"provisioned_concurrent_executions": 1}, trigger={"arrivals": at("0s", "9s")})
    made = latency_drawing(run(document))
    assert made.words.endswith("None waited for a cold start.")
    assert len(cues(made.figure().axes[0])) == 1


def test_latencies_of_nothing_at_all_are_drawn_on_a_logarithmic_axis():
    """A handler that takes no time on an environment that is there: latency 0, which has no logarithm."""
    document = world(handler={"duration": "0 s"}, function={"provisioned_concurrent_executions": 1})
    result = run(document)
    assert result.summary()["functions"]["f"]["latency_ms"]["max"] == 0
    assert figures.latency(result)
    assert figures.latency_percentiles(result)
