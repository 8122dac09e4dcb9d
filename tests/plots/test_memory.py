"""Memory against latency and cost: what is drawn is what was estimated, and the best are the best."""

import itertools

import pytest

import lambdasim
from lambdasim.errors import FigureError
from lambdasim.plots.memory import memory_drawing, memory_measures
from tests.plots.sweeps import COLD, COST, MEMORY, P50, P99, estimate, swept

USUAL = {P50: [400.0, 200.0, 100.0], P99: [900.0, 500.0, 300.0], COLD: [800.0, 790.0, 780.0], COST: [9.0, 8.0, 12.0]}


def lines(drawing, number=0):
    """The lines of the left (0) or right (1) axes, by label."""
    axes = drawing.figure().axes[number]
    return {line.get_label(): line for line in axes.lines if not line.get_label().startswith("_")}


def points(line):
    return list(zip(line.get_xdata(), line.get_ydata(), strict=True))


def test_each_measure_is_a_line_through_its_estimates():
    left, right = lines(memory_drawing(swept(USUAL))), lines(memory_drawing(swept(USUAL)), 1)
    assert points(left["latency p50"]) == [(256, 400.0), (512, 200.0), (1024, 100.0)]
    assert points(left["latency p99"]) == [(256, 900.0), (512, 500.0), (1024, 300.0)]
    assert points(left["cold start p99"]) == [(256, 800.0), (512, 790.0), (1024, 780.0)]
    assert points(right["cost of a month (right axis)"]) == [(256, 9.0), (512, 8.0), (1024, 12.0)]


def test_points_stand_in_the_order_of_their_sizes_however_they_were_swept():
    mixed = swept({name: [own[1], own[2], own[0]] for name, own in USUAL.items()}, at=(512, 1024, 256))
    assert points(lines(memory_drawing(mixed))["latency p50"]) == [(256, 400.0), (512, 200.0), (1024, 100.0)]


def test_each_interval_is_a_bar_from_end_to_end():
    costs = [estimate(9.0, 2.0), estimate(8.0, 0.5), estimate(12.0, 0.0)]
    right = memory_drawing(swept({**USUAL, COST: costs})).figure().axes[1]
    [bars] = [each for each in right.collections if each.get_segments()]
    ends = [(segment[0][1], segment[1][1]) for segment in bars.get_segments()]
    assert ends == [(7.0, 11.0), (7.5, 8.5), (12.0, 12.0)]


def test_the_cheapest_and_the_fastest_are_ringed():
    drawing = memory_drawing(swept(USUAL))
    [cheap] = [line for label, line in lines(drawing, 1).items() if label.startswith("cheapest: 512 MB, $8.00")]
    [fast] = [line for label, line in lines(drawing).items() if label.startswith("fastest: 1,024 MB, 300 ms")]
    assert points(cheap) == [(512, 8.0)]
    assert points(fast) == [(1024, 300.0)]
    assert "By the estimates 512 MB is the cheapest ($8.00 [$7.20, $8.80]) and 1,024 MB the fastest" in drawing.words


def test_a_size_that_leaves_events_without_success_is_neither_cheapest_nor_fastest():
    refusing = {**USUAL, COST: [1.0, 8.0, 12.0], "api.events": [1000.0] * 3, "api.successes": [900.0, 1000.0, 1000.0]}
    drawing = memory_drawing(swept(refusing))
    assert any(label.startswith("cheapest that serves: 512 MB") for label in lines(drawing, 1))
    assert "At 256 MB more events end without success" in drawing.words
    assert [row[-1] for row in drawing.table.rows] == ["10 %", "0 %", "0 %"]


def test_a_size_whose_calls_have_no_latency_is_left_out_of_its_line_and_of_the_best():
    drawing = memory_drawing(swept({P99: [None, 500.0, 300.0], COST: [1.0, 8.0, 12.0]}))
    assert any(label.startswith("cheapest that serves: 512 MB") for label in lines(drawing, 1))
    assert drawing.table.rows[0][1] == "-"


def test_without_the_months_cost_it_is_the_functions():
    drawing = memory_drawing(
        swept({P99: [900.0, 500.0, 300.0], "api.cost_usd.per_million_invocations": [1.0, 2.0, 3.0]})
    )
    assert "cost of a million runs (right axis)" in lines(drawing, 1)


@pytest.mark.parametrize(("slowest", "scale"), [(900.0, "linear"), (9000.0, "log")])
def test_times_that_lie_far_apart_are_on_a_logarithmic_axis(slowest, scale):
    drawing = memory_drawing(swept({**USUAL, P50: [400.0, 300.0, 250.0], P99: [slowest, 500.0, 300.0]}))
    assert drawing.figure().axes[0].get_yscale() == scale


def test_ticks_of_neighbouring_sizes_do_not_touch():
    sizes = (128, 256, 512, 1024, 1536, 1769, 2048, 3008, 4096, 6144, 8192, 10240)
    axes = memory_drawing(swept({P99: [1.0] * 12, COST: [1.0] * 12}, at=sizes)).figure().axes[0]
    axes.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels() if label.get_text()]
    assert list(axes.get_xticks()) == list(sizes)
    assert len(boxes) > 6
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (swept({P99: [1.0] * 3}), "lacks what the figure shows of api; add --measure total.cost_usd_per_month$"),
        (swept({COLD: [1.0] * 3, COST: [1.0] * 3}), "add --measure api.latency_ms.p99$"),
        (swept({"other.latency_ms.p99": [1.0] * 3}), "api.latency_ms.p99 and --measure total.cost_usd_per_month$"),
        (swept(USUAL, path="traffic"), "varies no function's memory; vary it, such as functions.api.memory_size=256"),
        (swept(USUAL, seed="3"), "varies seed, too"),
        (swept({P99: [1.0], COST: [1.0]}, at=(512,)), "a single memory size"),
        (swept({P99: [None] * 3, COST: [1.0] * 3}), "no call of api has a latency"),
        (swept(USUAL, at=("null", 512, 1024)), "'null' is no memory size"),
    ],
)
def test_what_lacks_is_told(table, told):
    with pytest.raises(FigureError, match=told):
        memory_drawing(table)


def test_a_function_that_was_not_varied_is_told():
    with pytest.raises(FigureError, match="varies the memory of api, not of worker"):
        memory_drawing(swept(USUAL), function="worker")


def test_the_measures_that_the_figure_asks_for_suffice_for_it():
    scenario = lambdasim.parse_scenario(
        "name: shop\nduration: 20s\nfunctions:\n  api: {runtime: python3.13, handler: {duration: 80 ms}}\n"
        "triggers:\n  web: {type: direct, target: api, arrivals: {poisson: {rate: 2/s}}}\n"
    )
    sweep = lambdasim.sweep(
        scenario, {MEMORY: [512, 128]}, measures=memory_measures("api"), design=lambdasim.Design(replications=2)
    )
    drawing = memory_drawing(sweep)
    assert {"latency p50", "latency p99", "cold start p99"} <= set(lines(drawing))
    for place, size in ((1, "128"), (0, "512")):
        assert sweep.points[place].overrides == {MEMORY: size}
        assert sweep.estimates[place][1].value in lines(drawing)["latency p99"].get_ydata()
    assert drawing.words.endswith(" A month is made of such 20 s.")
