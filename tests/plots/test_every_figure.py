"""Every figure of a run is drawn of every shipped scenario: without a warning, with words, a table, and legible.

Figures of many runs (cost by traffic, memory, comparison) are drawn once each, of small worlds.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

import lambdasim
from lambdasim.display.table import table
from lambdasim.errors import FigureError
from lambdasim.plots.catalogue import KINDS
from lambdasim.plots.drawing import Drawing
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


SHOWN_IF = {  # what a run must have for a figure, of its summary
    "latency": lambda found: total(found, "successes"),
    "latency-percentiles": lambda found: total(found, "successes"),
    "cold-start-phases": lambda found: total(found, "cold_starts"),
    "cold-starts-by-runtime": lambda found: total(found, "cold_starts"),
    "environment-life": lambda found: total(found, "environments", "max"),  # idle ones too, from before the run
    "environments": lambda found: total(found, "environments", "max"),
    "concurrency": lambda found: total(found, "invocations") + total(found, "throttles", "total"),
    "cold-start-rate": lambda found: total(found, "invocations"),
    "provisioned": lambda found: any(each["provisioned_concurrency"] for each in found["functions"].values()),
}


def short(path):
    scenario = lambdasim.load_scenario(path)
    if scenario.duration_us > US_PER_MINUTE:
        scenario = lambdasim.load_scenario(path, overrides={"duration": "1m", "warm_up": "0s"})
    return scenario


def has(name, result):
    """Whether there is something that the figure shows; a queue is even if nothing came, a bill always."""
    if name == "queues":
        return result.header.queues_events
    if name == "cost":
        return bool(result.bill.lines)
    return bool(SHOWN_IF[name](result.summary()))


def drawn_of(result):
    """Each figure that the run has, by name; those that it lacks say why they do."""
    for name in OF_A_RUN:
        if has(name, result):
            yield name, KINDS[name].drawing(result)
        else:
            with pytest.raises(FigureError):
                KINDS[name].drawing(result)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_figure_of_every_shipped_scenario_is_drawn(path):
    for name, drawing in drawn_of(lambdasim.simulate(short(path))):
        assert_told(drawing)
        figure = drawing.figure()
        figure.draw_without_rendering()
        assert_legible(figure, name)


def test_every_figure_is_the_same_bytes_on_a_second_run():
    seen = set()
    for scenario in ("keep_warm_ping", "sqs_small_reserved"):
        path = next(path for path in SCENARIOS if path.stem == scenario)
        files = [
            {name: (svg(drawing.figure()), png(drawing.figure())) for name, drawing in drawn_of(result)}
            for result in (lambdasim.simulate(short(path)) for _ in range(2))
        ]
        assert files[0] == files[1]
        seen |= files[0].keys()
    assert seen == set(OF_A_RUN)


@pytest.mark.parametrize("name", KINDS)
def test_every_figure_has_a_function_of_its_name_that_returns_it(name, monkeypatch):
    drawing = Drawing("What it shows", "What is seen.", table("t", ("x",), [("1",)]), lambda _: None)
    monkeypatch.setattr(lambdasim.figures, KINDS[name].maker.partition(":")[2], lambda *_, **__: drawing)
    figure = getattr(lambdasim.figures, name.replace("-", "_"))(None)
    assert isinstance(figure, Figure)
    assert figure.get_label() == "What it shows. What is seen."


def assert_told(drawing):
    assert drawing.title
    assert drawing.words.endswith(".")
    assert drawing.table.rows
    assert {len(row) for row in drawing.table.rows} == {len(drawing.table.columns)}
    assert drawing.table.texts <= set(drawing.table.columns)
    assert not re.search(r"\b(nan|inf|True|False)\b", f"{drawing.title} {drawing.words}")
    assert not {"nan", "inf", "None", "True", "False"} & {cell for row in drawing.table.rows for cell in row}


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
