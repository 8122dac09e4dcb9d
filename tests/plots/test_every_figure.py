"""Every figure of a run is drawn of every shipped scenario: without a warning, with words and a table, all of it legible.

Figures of many runs (cost by traffic, memory, comparison) are drawn once each, of small worlds.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.text import Text

import lambdasim
from lambdasim.errors import FigureError
from lambdasim.plots.catalogue import KINDS
from lambdasim.plots.saving import png, svg
from lambdasim.units import US_PER_MINUTE

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
OF_A_RUN = [name for name, kind in KINDS.items() if kind.of == "run"]
SLACK_PX = 2.0  # what rounding and a letter's overhang may reach over an edge


def total(summary, *path):
    """A number summed over the functions."""
    numbers = summary["functions"].values()
    for word in path:
        numbers = [number[word] for number in numbers]
    return sum(numbers)


SHOWN_IF = {  # figures that not every run has, and when one has it
    "latency": lambda result, summary: total(summary, "successes"),
    "latency-percentiles": lambda result, summary: total(summary, "successes"),
    "cold-start-phases": lambda result, summary: total(summary, "cold_starts"),
    "cold-starts-by-runtime": lambda result, summary: total(summary, "cold_starts"),
    "environment-life": lambda result, summary: total(summary, "environments", "created"),
    "environments": lambda result, summary: total(summary, "environments", "max"),
    "concurrency": lambda result, summary: total(summary, "invocations") + total(summary, "throttles", "total"),
    "cold-start-rate": lambda result, summary: total(summary, "invocations"),
    "queues": lambda result, summary: result.header.queues_events,
    "provisioned": lambda result, summary: any(f["provisioned_concurrency"] for f in summary["functions"].values()),
    "cost": lambda result, summary: result.bill.lines,
}


def short(path):
    scenario = lambdasim.load_scenario(path)
    if scenario.duration_us > US_PER_MINUTE:
        scenario = lambdasim.load_scenario(path, overrides={"duration": "1m", "warm_up": "0s"})
    return scenario


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_figure_of_every_shipped_scenario_is_drawn(path):
    result = lambdasim.simulate(short(path))
    summary = result.summary()
    for name in OF_A_RUN:
        try:
            drawing = KINDS[name].drawing(result)
        except FigureError as error:
            assert not SHOWN_IF[name](result, summary), f"{name}: {error}"
            continue
        assert_told(drawing)
        figure = drawing.figure()
        figure.draw_without_rendering()
        assert_legible(figure, name)


def assert_told(drawing):
    assert drawing.title
    assert drawing.words.endswith(".")
    assert drawing.table.rows
    assert {len(row) for row in drawing.table.rows} == {len(drawing.table.columns)}
    assert drawing.table.texts <= set(drawing.table.columns)
    told = [drawing.title, drawing.words, *(cell for row in drawing.table.rows for cell in row)]
    assert not [text for text in told if re.search(r"\b(nan|inf|None|True|False)\b", text)]


def assert_legible(figure, name):
    """No text leaves the figure, no label of a tick touches the next, nothing is written in TeX."""
    whole, unseen = figure.bbox.padded(SLACK_PX), set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        margin = (high - low) * 1e-9
        within = [tick for tick in axis.get_major_ticks() if low - margin <= tick.get_loc() <= high + margin]
        unseen |= {id(label) for tick in axis.get_major_ticks() for label in (tick.label1, tick.label2)}
        unseen -= {id(label) for tick in within for label in (tick.label1, tick.label2)}
        for labels in ([tick.label1 for tick in within], [tick.label2 for tick in within]):
            seen = [label for label in labels if label.get_visible() and label.get_text()]
            for one, other in pairwise(seen):
                apart = not one.get_window_extent().padded(-0.5).overlaps(other.get_window_extent().padded(-0.5))
                assert apart, f"{name}: {one} touches {other}"
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and id(text) not in unseen:
            assert "\\math" not in text.get_text()
            box = text.get_window_extent()
            assert whole.contains(box.x0, box.y0) and whole.contains(box.x1, box.y1), f"{name}: {text} is cut off"  # noqa: PT018
