"""A figure inside an HTML page: SVG that takes the page's ink, paper and letters, and brings no style of its own.

A page that forbids inline styles (a strict Content-Security-Policy) forbids ``style="..."`` too, inside SVG as well; so
styles become presentation attributes, which such a policy leaves alone.

References:
    SVG 1.1, section 6.4 (presentation attributes), https://www.w3.org/TR/SVG11/styling.html;
    Content Security Policy Level 3, section 8.3, https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # only our own SVG is read

from lambdasim.plots.saving import svg
from lambdasim.plots.style import INK, PAPER

if TYPE_CHECKING:
    from lambdasim.plots.drawing import Drawing

_INHERITED = {"stroke-linejoin": "round", "stroke-linecap": "butt"}  # what matplotlib says of `*` in a <style>
_COLOURS = {INK: "currentColor", PAPER: "var(--paper)"}
_DROPPED = {"font-family", "white-space", "font-variant", "font-stretch"}  # letters are the page's
_GEOMETRY = {"d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "points", "transform"}
_NUMBER = re.compile(r"-?\d+\.\d+(e-?\d+)?")
_COMMAND = re.compile(r" ?([A-Za-z]) ?")
_LEVEL = re.compile(r"rotate\(-?0 [^)]*\)")
_FONT = re.compile(r"(?P<styles>[a-z0-9 ]*?)\s*(?P<size>[\d.]+px)")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def inline_svg(drawing: Drawing, name: str) -> str:
    """The drawing as an ``<svg>`` element for a page, labelled by the page's elements ``<name>-title`` and ``-words``.

    All its ids begin with ``name``, which no other figure of the page may have. Ink is ``currentColor``, paper the
    page's variable ``--paper``. Coordinates have two decimals: a hundredth of a point.
    """
    root = ET.fromstring(svg(drawing.figure(titled=False), text=True))  # noqa: S314 - our own
    for element in root.iter():
        _restyle(element)
    _rename(root, name)
    _tidy(root)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{name}-title",
        "aria-describedby": f"{name}-words",
        **_INHERITED,
    }
    return ET.tostring(root, encoding="unicode")


def _restyle(element: ET.Element) -> None:
    """Names without namespaces, styles as presentation attributes, the page's colours, short numbers."""
    element.tag = _local(element.tag)
    attributes = {_local(key): value for key, value in element.attrib.items()}
    for key, value in _properties(attributes.pop("style", "")):
        attributes[key] = _COLOURS.get(value, value)
    for key in _GEOMETRY & attributes.keys():
        attributes[key] = _NUMBER.sub(_short, " ".join(attributes[key].split()))
    if _LEVEL.fullmatch(attributes.get("transform", "")):
        del attributes["transform"]
    if "d" in attributes:
        attributes["d"] = _COMMAND.sub(r"\1", attributes["d"])
    element.attrib = attributes


def _properties(style: str) -> Iterator[tuple[str, str]]:
    for declaration in style.split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font":
            yield from _font(value)
        elif key and key not in _DROPPED:
            yield key, value


def _font(value: str) -> Iterator[tuple[str, str]]:
    """The parts of a ``font`` shorthand but its family."""
    found = _FONT.match(value)
    if found is None:
        return
    for word in found["styles"].split():
        yield ("font-style" if word in {"italic", "oblique"} else "font-weight"), word
    yield "font-size", found["size"]


def _short(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _rename(root: ET.Element, name: str) -> None:
    """Keep the ids that something refers to, as ``<name>-1``, ``<name>-2``, ...; all others go."""
    referred = {found for element in root.iter() for found in _referred(element)}
    own = [element.attrib["id"] for element in root.iter() if element.attrib.get("id") in referred]
    names = {old: f"{name}-{number}" for number, old in enumerate(dict.fromkeys(own), start=1)}
    for element in root.iter():
        if (old := element.attrib.pop("id", None)) in names:
            element.attrib["id"] = names[str(old)]
        for key, value in element.attrib.items():
            if key == "href":
                element.attrib[key] = f"#{names[value[1:]]}"
            elif "url(#" in value:
                element.attrib[key] = _REFERENCE.sub(lambda found: f"url(#{names[found[1]]})", value)


def _referred(element: ET.Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        if key == "href":
            yield value.removeprefix("#")
        else:
            yield from _REFERENCE.findall(value)


def _tidy(parent: ET.Element) -> None:
    """Without what a page has no use for: metadata, styles, blanks, groups that say nothing."""
    kept: list[ET.Element] = []
    for child in parent:
        _tidy(child)
        child.tail = None
        if child.tag in {"metadata", "style"} or (child.tag in {"g", "defs"} and not len(child)):
            continue
        if child.tag == "g" and not child.attrib:
            kept += list(child)
        else:
            kept.append(child)
    parent[:] = kept
    if parent.text is not None and not parent.text.strip():
        parent.text = None


def _local(name: str) -> str:
    return name.rpartition("}")[2]
