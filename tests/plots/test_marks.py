"""The house's look: no mark stands on colour alone, users' settings change nothing, equal figures are equal bytes."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from lambdasim.display.table import table
from lambdasim.plots.drawing import Drawing, new_figure
from lambdasim.plots.saving import png, svg
from lambdasim.plots.style import INK, PAPER, SERIES, dress, legend, look, mark


def everything(figure):
    axes = figure.subplots()
    for number, its in enumerate(SERIES):
        axes.plot([0, 1], [number, number], label=f"${number}$ & <b>", **its.line)
        axes.plot([0.5], [number], **its.points)
        axes.bar(2 + number, 3, **its.area)
    dress(axes)
    legend(axes)


DRAWING = Drawing("All marks & <script>", "", table("", ("a",), []), everything)


@pytest.mark.parametrize("cue", ["color", "marker", "dashes", "hatch"])
def test_series_differ_in_colour_and_in_each_other_way(cue):
    assert len({getattr(its, cue) for its in SERIES}) == len(SERIES)


def test_after_the_last_mark_they_begin_anew():
    assert mark(len(SERIES)) is mark(0)


def test_no_series_has_the_colour_of_ink_or_paper():
    assert not {INK, PAPER} & {its.color for its in SERIES}


@pytest.mark.parametrize("save", [svg, png])
def test_a_figure_is_the_same_bytes_whatever_the_users_settings(save):
    expected = save(DRAWING.figure())
    with mpl.rc_context({"font.size": 20, "xtick.major.size": 20, "svg.fonttype": "none", "savefig.dpi": 30}):
        assert save(DRAWING.figure()) == expected
    assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_what_savefig_writes_is_the_same_bytes_whatever_the_users_settings(tmp_path, ending):
    named, opened = tmp_path / f"figure.{ending}", io.BytesIO()
    DRAWING.figure().savefig(named)
    with mpl.rc_context({"font.size": 20, "svg.hashsalt": None}):
        DRAWING.figure().savefig(opened, format=ending)
    assert named.read_bytes() == opened.getvalue()
    assert not re.search(rb"<dc:date>|CreationDate|tEXt", opened.getvalue())


def test_an_svg_is_well_formed_and_has_no_date():
    text = svg(DRAWING.figure(), text=True)
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag.endswith("svg")
    assert b"date" not in text.lower()
    assert "All marks & <script>" in {element.text for element in root.iter()}


def test_what_stands_between_dollars_is_no_formula():
    root = ET.fromstring(svg(DRAWING.figure(), text=True))  # noqa: S314 - our own
    assert "$3$ & <b>" in {element.text for element in root.iter()}


def test_a_notebook_shows_a_figure_by_itself():
    assert DRAWING.figure()._repr_png_()[0].startswith(b"\x89PNG")


def test_a_legend_lies_above_the_axes():
    with look():
        figure = new_figure(7, 4)
        everything(figure)
        figure.canvas.draw()
        axes = figure.axes[0]
        assert axes.get_legend().get_window_extent().y0 >= axes.get_window_extent().y1


@pytest.mark.parametrize("names", [["1", "2"], ["a runtime with a long name (1,234)", "another of that kind (5)"]])
@pytest.mark.parametrize("labels", [["used again (3,188)", *("ended for some cause (49)",) * 3], [*("p" * 12,) * 5]])
def test_a_legend_stays_on_its_figure_however_long_names_and_labels_are(names, labels):
    with look():
        figure = new_figure(7.2, 4.2)
        axes = figure.subplots()
        axes.set_yticks([1, 2], names)
        for label in labels:
            axes.plot([0, 1], [1, 2], label=label)
        legend(axes)
        figure.draw_without_rendering()
        assert axes.get_legend().get_window_extent().x1 <= figure.bbox.width


def test_a_legend_of_nothing_is_none():
    with look():
        axes = new_figure(7, 4).subplots()
        legend(axes)
    assert axes.get_legend() is None
