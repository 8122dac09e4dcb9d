"""A month's cost at so many times the traffic, beside proportion."""

import pytest

import lambdasim
from lambdasim.errors import FigureError
from lambdasim.plots.cost_by_traffic import cost_by_traffic_drawing
from tests.plots.sweeps import COST, P99, swept

SHOP = """\
name: shop
duration: 20s
functions:
  api: {runtime: python3.13, handler: {duration: 1 s}, reserved_concurrent_executions: 4}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 1/s}}, client: {retries: none}}
"""
ANSWERS = lambdasim.cost(
    lambdasim.parse_scenario(SHOP), questions=["traffic"], traffic=[2, 20], design=lambdasim.Design(replications=2)
)


def lines(drawing):
    [axes] = drawing.figure().axes
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}


def traffic(costs, at):
    return swept({COST: costs}, path="traffic", at=at)


def test_the_answers_of_cost_are_the_points():
    drawn = lines(cost_by_traffic_drawing(ANSWERS))["simulated"]
    assert drawn == ([1.0, 2.0, 20.0], [row.month_usd.value for row in ANSWERS.traffic.rows])


def test_proportion_goes_through_the_present_traffic():
    xs, ys = lines(cost_by_traffic_drawing(traffic([6.0, 10.0, 40.0], (0.5, 1, 4))))[
        "in proportion to the cost at the present traffic"
    ]
    assert (xs, ys) == ([0.5, 4.0], [5.0, 40.0])


def test_without_the_present_traffic_proportion_goes_through_the_lowest():
    drawn = lines(cost_by_traffic_drawing(traffic([30.0, 10.0], (6, 2))))
    assert drawn["in proportion to the cost at 2 times"] == ([2.0, 6.0], [10.0, 30.0])
    assert drawn["simulated"] == ([2.0, 6.0], [10.0, 30.0])


def test_what_does_not_get_through_has_a_hollow_mark_and_is_told():
    drawing = cost_by_traffic_drawing(ANSWERS)
    limited = ANSWERS.traffic.rows[-1]
    assert limited.is_limited
    assert lines(drawing)["not all of the traffic is served"] == ([20.0], [limited.month_usd.value])
    assert "From 20 times the traffic on not all of it is served" in drawing.words
    assert drawing.words.endswith(" A month is made of such 20 s.")
    assert drawing.table.rows[0][-1] == "0 %"


@pytest.mark.parametrize(("at", "scale"), [((1, 2, 10), "linear"), ((1, 10, 100), "log")])
def test_both_axes_are_logarithmic_where_factors_lie_far_apart_so_that_proportion_is_straight(at, scale):
    [axes] = cost_by_traffic_drawing(traffic([1.0, 2.0, 3.0], at)).figure().axes
    assert (axes.get_xscale(), axes.get_yscale()) == (scale, scale)


def test_the_table_says_how_much_of_proportion_it_is():
    rows = cost_by_traffic_drawing(traffic([10.0, 15.0], (1, 2))).table.rows
    assert [row[2:] for row in rows] == [("$10.00", "100 %"), ("$20.00", "75 %")]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (swept({COST: [1.0] * 3}), "varies functions.api.memory_size; vary traffic alone"),
        (swept({P99: [1.0, 2.0]}, path="traffic", at=(1, 2)), "add --measure total.cost_usd_per_month"),
        (traffic([1.0], (1,)), "a single traffic"),
        (traffic([None, None], (1, 2)), "no point of the sweep has traffic and a cost"),
        (traffic([1.0, 2.0], ("null", 2)), "'null' is no factor"),
    ],
)
def test_what_lacks_is_told(table, told):
    with pytest.raises(FigureError, match=told):
        cost_by_traffic_drawing(table)


def test_answers_to_other_questions_have_no_such_figure():
    answers = lambdasim.cost(
        lambdasim.parse_scenario(SHOP), questions=["init_billing"], design=lambdasim.Design(replications=2)
    )
    with pytest.raises(FigureError, match="traffic was not asked about"):
        cost_by_traffic_drawing(answers)
