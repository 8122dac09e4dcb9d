"""Every figure of a run is drawn of every shipped scenario: without a warning, with words, a table, and legible.

All figures, those of many runs too, are drawn of small worlds once more: for their bytes and their colours.
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
from lambdasim.plots.comparison import comparison_drawing
from lambdasim.plots.cost_by_traffic import cost_by_traffic_drawing
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.memory import memory_drawing, memory_measures
from lambdasim.plots.saving import png, svg
from lambdasim.plots.style import INK, PAPER
from lambdasim.units import US_PER_MINUTE
from tests.plots.seen import cues_and_colours

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
OF_A_RUN = [name for name, kind in KINDS.items() if kind.of == "run"]
OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}  # but black
SHOP = """\
name: shop
duration: 1m
functions:
  api: {runtime: python3.13, handler: {duration: 1 s}, reserved_concurrent_executions: 4}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 1/s}}, client: {retries: none}}
"""
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


def drawings():
    """Every figure of all there are: of two short runs, and of a sweep, a comparison and costs of a small world."""
    for stem in ("keep_warm_ping", "sqs_small_reserved"):
        path = next(path for path in SCENARIOS if path.stem == stem)
        yield from drawn_of(lambdasim.simulate(short(path)))
    shop, design = lambdasim.parse_scenario(SHOP), lambdasim.Design(replications=2)
    sizes = {"functions.api.memory_size": [256, 512, 1024]}
    yield "memory", memory_drawing(lambdasim.sweep(shop, sizes, measures=memory_measures("api"), design=design))
    yield (
        "comparison",
        comparison_drawing(lambdasim.compare(shop, sizes, measures=["api.latency_ms.p99"], design=design)),
    )
    found = lambdasim.cost(shop, questions=["traffic"], traffic=[2, 20], design=design)
    yield "cost-by-traffic", cost_by_traffic_drawing(found)


@pytest.fixture(scope="module")
def drawn():
    return list(drawings())


def test_every_figure_is_the_same_bytes_on_a_second_run(drawn):
    files = [[(name, svg(each.figure()), png(each.figure())) for name, each in run] for run in (drawn, drawings())]
    assert files[0] == files[1]
    assert {name for name, *_ in files[0]} == set(KINDS)


def test_every_figure_has_the_colours_of_okabe_and_ito_beside_ink_and_paper_and_no_others(drawn):
    for name, each in drawn:
        colours = {colour.upper() for colour in re.findall(r"#[0-9A-Fa-f]{6}\b", svg(each.figure()).decode())}
        assert colours - {INK.upper(), PAPER.upper()} <= OKABE_ITO, name


def test_what_differs_in_colour_in_a_legend_differs_in_its_marker_its_dashes_or_its_hatch_too(drawn):
    for name, each in drawn:
        for seen in cues_and_colours(each.figure()):
            assert len({cue for cue, _ in seen}) == len(set(seen)), name


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
