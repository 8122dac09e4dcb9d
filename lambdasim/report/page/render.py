"""Pages as HTML: templates filled with plain values, which they escape; style and script inside, named by their hash.

A page asks nobody for anything: its Content-Security-Policy allows no request, and of styles and scripts only those
whose SHA-256 it names, so that no text of a scenario could ever run even if it got out of its place.

References:
    Content Security Policy Level 3, section 6.7.3.3 (hashes), https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from lambdasim.display.folding import held
from lambdasim.report.page.content import ComparisonPage, RunPage
from lambdasim.result.versions import versions

if TYPE_CHECKING:
    from jinja2 import Environment

_HERE = Path(__file__).parent
_MARK = '<meta name="generator" content="lambdasim '  # that tells our pages from other files
_HEAD_BYTES = 2000  # within which it stands
_HELD_TOGETHER = 32  # signs: less than a line on the narrowest screen


def render(page: RunPage | ComparisonPage) -> str:
    """The page as one HTML document, the same each time."""
    name = "run.html.j2" if isinstance(page, RunPage) else "comparison.html.j2"
    style, script = _read("style.css"), _read("page.js")
    if isinstance(page, RunPage) and page.what_if is not None:
        style, script = f"{style}\n{_read('what_if.css')}", f"{script}\n{_read('what_if.js')}"
    return _environment().get_template(name).render(
        page=page,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        version=versions()["lambdasim"],
    )  # fmt: skip


def is_page(path: Path) -> bool:
    """Whether the file at ``path`` is a page of ours."""
    try:
        with path.open("rb") as file:
            return _MARK.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - slow to load

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["held"] = partial(held, width=_HELD_TOGETHER)
    return environment


@cache
def _read(name: str) -> str:
    return (_HERE / "templates" / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
