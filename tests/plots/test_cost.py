"""The bars of a bill are the summary's lines, for a month."""

import math
import re

import pytest

from lambdasim.errors import FigureError
from lambdasim.plots.cost import MOST_ITEMS, MOST_OWNERS, cost_drawing
from lambdasim.units import US_PER_MONTH
from tests.worlds import run, world

POISSON = {"arrivals": {"poisson": {"rate": "5/s"}}}
HTTP = {"t": {"type": "api_gateway", "api": "rest", "target": "f", **POISSON}}
QUEUE = {
    "type": "sqs",
    "target": "f",
    "arrivals": {"poisson": {"rate": "1/s"}},
    "queue": {"visibility_timeout": "180 s"},
}


@pytest.fixture(scope="module")
def shop():
    """A function behind an API and a queue that has its name, in an account with the free tier."""
    return run(world(duration="20s", account={"free_tier": True}, triggers={**HTTP, "f": QUEUE}))


def bars(drawing):
    [axes] = drawing.figure().axes
    return axes.patches


def lines(summary):
    entries = [*summary["functions"].values(), *summary["triggers"].values(), summary["account"]]
    return [line for entry in entries for line in entry["cost_usd"]["lines"]]


def test_all_bars_together_are_the_months_cost(shop):
    month = math.fsum(bar.get_width() for bar in bars(cost_drawing(shop)))
    assert month == pytest.approx(shop.summary()["total"]["cost_usd_per_month"], rel=1e-9)


def test_each_bar_of_an_item_is_as_long_as_its_line_costs_a_month(shop):
    months = US_PER_MONTH / shop.header.measured_us
    [requests] = [line for line in lines(shop.summary()) if line["item"] == "REST API requests"]
    assert any(bar.get_width() == pytest.approx(requests["usd"] * months, rel=1e-9) for bar in bars(cost_drawing(shop)))


def test_bars_of_one_that_is_billed_stand_end_to_end_from_0_on_both_ways(shop):
    rows = {}
    for bar in bars(cost_drawing(shop)):
        rows.setdefault((bar.get_y(), bar.get_width() < 0), []).append(bar)
    for row in rows.values():
        ends = [bar.get_x() + bar.get_width() for bar in row]
        assert [bar.get_x() for bar in row] == pytest.approx([0, *ends[:-1]])
    assert len(rows) > 3


def test_rebates_go_below_0_and_nothing_else_does(shop):
    rebates = math.fsum(line["usd"] for line in lines(shop.summary()) if line["usd"] < 0)
    below = [bar for bar in bars(cost_drawing(shop)) if bar.get_x() + bar.get_width() < 1e-12 and bar.get_width() < 0]
    assert rebates < 0
    assert math.fsum(bar.get_width() for bar in below) == pytest.approx(
        rebates * US_PER_MONTH / shop.header.measured_us, rel=1e-9
    )


def test_a_function_and_a_trigger_of_the_same_name_have_a_bar_each(shop):
    [axes] = cost_drawing(shop).figure().axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert {"f", "f (sqs)", "t (api_gateway)"} == set(names)


def test_the_dearest_comes_first(shop):
    [axes] = cost_drawing(shop).figure().axes
    written = [text.get_text() for text in axes.texts]
    costs = [float(re.match(r"(-?)\$([\d,.]+)", text)[0].replace("$", "").replace(",", "")) for text in written]
    assert costs == sorted(costs, reverse=True)


def test_the_table_has_every_line_of_the_bill(shop):
    drawing, summary = cost_drawing(shop), shop.summary()
    assert [row[1] for row in drawing.table.rows] == [line["item"] for line in lines(summary)]
    month = math.fsum(float(row[2].replace(",", "")) for row in drawing.table.rows)
    assert month == pytest.approx(summary["total"]["cost_usd_per_month"], abs=1e-5)


def test_words_name_the_total_and_the_rebates(shop):
    total = shop.summary()["total"]["cost_usd_per_month"]
    assert f"A month made of such 20 s costs ${total:,.2f}" in cost_drawing(shop).words
    assert "Rebates: free tier -$" in cost_drawing(shop).words


def test_the_smallest_of_many_go_together_and_nothing_is_lost():
    names = [f"f{number}" for number in range(MOST_OWNERS + 5)]
    document = world(duration="4s")
    function = document["functions"]["f"]
    document["functions"] = dict.fromkeys(names, function)
    trigger = {"type": "direct", "arrivals": {"constant": {"rate": "1/s"}}}
    document["triggers"] = {f"to-{name}": {**trigger, "target": name} for name in names}
    result = run(document)
    [axes] = cost_drawing(result).figure().axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == MOST_OWNERS
    assert labels[-1] == "6 others"
    month = math.fsum(bar.get_width() for bar in axes.patches)
    assert month == pytest.approx(result.summary()["total"]["cost_usd_per_month"], rel=1e-9)
    assert len(axes.get_legend().get_texts()) <= MOST_ITEMS + 1


def test_a_run_of_which_nothing_is_billed_has_no_such_figure():
    with pytest.raises(FigureError, match="nothing of this run is billed"):
        cost_drawing(run(world(duration="4s", function={"reserved_concurrent_executions": 0})))
