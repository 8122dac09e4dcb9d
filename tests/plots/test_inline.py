"""A figure inside a page: what it takes from the page, and that it leaves nothing of its own there."""

import re
from xml.etree import ElementTree as ET

import pytest

from lambdasim.display.table import table
from lambdasim.plots.drawing import Drawing
from lambdasim.plots.inline import _restyle, inline_svg
from lambdasim.plots.style import COLD, INK, PAPER, WARM, dress, legend

HOSTILE = "<script>alert(1)</script> & $x$"


def draw(figure):
    axes = figure.subplots()
    axes.semilogx([1, 10, 100], [1, 2, 3], label=HOSTILE, marker="o", **WARM.line)
    axes.bar([10], [2], label="cold", **COLD.area)
    dress(axes)
    legend(axes)


DRAWING = Drawing("What <b>is</b> drawn", "It rises.", table("t", ("x",), [("1",)]), draw)


@pytest.fixture(scope="module")
def text():
    return inline_svg(DRAWING, "figure-one")


@pytest.fixture(scope="module")
def elements(text):
    return list(ET.fromstring(text).iter())  # noqa: S314 - our own


def test_it_is_an_element_and_no_file(text):
    assert text.startswith("<svg viewBox=")
    for thing in ("<?xml", "<!DOCTYPE", "<metadata", "xmlns", "<!--"):
        assert thing not in text


def test_it_has_no_style_that_a_strict_policy_would_refuse_or_that_could_leak(elements):
    assert not [element for element in elements if element.tag == "style" or "style" in element.attrib]
    assert any(element.attrib.get("stroke-width") == "1.6" for element in elements)  # what was style is an attribute


def test_ink_and_paper_are_the_pages_and_other_colours_stay(text):
    assert INK not in text
    assert PAPER not in text
    assert 'fill="currentColor"' in text
    assert "var(--paper)" in text
    assert WARM.color.lower() in text


def test_all_ids_begin_with_its_name_and_are_referred_to(text, elements):
    ids = [element.attrib["id"] for element in elements if "id" in element.attrib]
    referred = set(re.findall(r'(?:url\(|href=")#([^)"]+)', text))
    assert len(ids) == len(set(ids)) > 0
    assert set(ids) == referred
    assert all(name.startswith("figure-one-") for name in ids)


def test_it_is_labelled_by_the_page(elements):
    root = elements[0].attrib
    assert root["role"] == "img"
    assert root["aria-labelledby"] == "figure-one-title"
    assert root["aria-describedby"] == "figure-one-words"


def test_a_text_stays_text_and_markup_in_it_too(text, elements):
    assert HOSTILE in [element.text for element in elements if element.tag == "text"]
    assert "<script" not in text
    assert not [element for element in elements if "font-family" in element.attrib]


def test_coordinates_have_two_decimals_at_most(elements):
    numbers = [number for e in elements for key in ("d", "x", "y") for number in re.findall(r"[\d.]+", e.get(key, ""))]
    assert len(numbers) > 100
    assert all(len(number.partition(".")[2]) <= 2 for number in numbers)


def test_the_letters_of_older_matplotlib_are_read_too():
    element = ET.Element("text", {"style": "font: italic 700 9.5px 'DejaVu Sans', sans-serif; text-anchor: end"})
    _restyle(element)
    assert element.attrib == {"font-style": "italic", "font-weight": "700", "font-size": "9.5px", "text-anchor": "end"}
    _restyle(unread := ET.Element("text", {"style": "font: caption"}))
    assert unread.attrib == {}


def test_it_is_the_same_each_time_and_without_the_title_that_stands_beside_it(text):
    assert inline_svg(DRAWING, "figure-one") == text
    assert "What" not in text
