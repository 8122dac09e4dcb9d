"""A browser for tests of pages: opens a file as a reader would, and notes all that a self-contained page must not do.

Tests in this folder have it as fixtures (conftest.py). To look at a page with one's own eyes::

    python -m tests.browser.pages report.html /tmp/shots

writes it at 400 and 1280 px, light and dark, and as printed.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NARROW, WIDE = 400, 1280
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",  # containers run tests as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_LIMIT_MS = 20_000


def why_no_browser() -> str | None:
    """Why pages can't be opened here; None if they can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: pip install playwright"
    if not any(map(shutil.which, _CHROMIUM)):
        return "Chromium is not installed (.ci/run installs it: apt-get install chromium)"
    return None


@contextmanager
def chromium() -> Iterator[Any]:
    """The Chromium of this machine, without a window (a playwright Browser)."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not on every machine

    path = next(filter(None, map(shutil.which, _CHROMIUM)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_QUIET))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page that is open (a playwright Page), and what it did that a self-contained page does not do."""

    page: Any
    problems: list[str] = field(default_factory=list)


def visit(
    browser: Any,
    path: Path,
    *,
    width: int = WIDE,
    height: int = 900,
    scheme: str = "light",
    media: str | None = None,
    scripts: bool = True,
) -> Visit:
    """Open the file at ``path`` without a network.

    ``scheme``: light | dark, as the reader's system prefers; ``media``: ``print``, or None for a screen; ``scripts``:
    False for a reader who runs none (what stands in ``<noscript>`` stays hidden even so).

    Noted as problems, also while the test goes on: any request but the file's own, console errors and warnings,
    exceptions of the page's scripts.
    """
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        offline=True,
        java_script_enabled=scripts,
        locale="en-GB",
        timezone_id="UTC",
    )
    context.set_default_timeout(_LIMIT_MS)
    page, address = context.new_page(), path.resolve().as_uri()
    if media is not None:
        page.emulate_media(media=media, color_scheme=scheme)
    seen = Visit(page)
    own = [address]  # the file's own request, which comes once

    def asked(request: Any) -> None:
        url = request.url.partition("#")[0]
        if url in own:
            own.remove(url)
        else:
            seen.problems.append(f"the page asked for {request.url}")

    def said(message: Any) -> None:
        if message.type in {"error", "warning"}:
            seen.problems.append(f"the console says ({message.type}): {message.text}")

    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: seen.problems.append(f"a script of the page failed: {error}"))
    page.goto(address)
    return seen


def overflow(page: Any) -> list[str]:
    """What makes the page wider than its window, so that a reader must scroll sideways; empty if nothing does.

    Boxes that scroll by themselves (``overflow-x: auto``) may hold what is wider.
    """
    return page.evaluate(_OVERFLOW)


_OVERFLOW = """() => {
  const root = document.documentElement, width = root.clientWidth;
  if (root.scrollWidth <= width) return [];
  const scrolls = e => e && e !== root && e !== document.body &&
    (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
  const wide = [...document.body.querySelectorAll("*")].filter(
    e => e.getBoundingClientRect().right > width + 0.5 && !scrolls(e.parentElement));
  const name = e => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + [...e.classList].map(c => "." + c).join("");
  return [`the page is ${root.scrollWidth} px wide in a window of ${width} px`,
    ...wide.map(e => `${name(e)} ends at ${Math.round(e.getBoundingClientRect().right)} px`)];
}"""


def screenshot(page: Any, folder: Path, name: str) -> Path:
    """The whole page as ``folder/name.png``; the folder is made."""
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(folder / f"{name}.png"), full_page=True)
    return folder / f"{name}.png"


def screenshots(path: Path, folder: Path) -> Iterator[Path]:
    """The page at ``path`` as readers see it: narrow and wide, light and dark, and in print."""
    ways = [(f"{width}-{scheme}", width, scheme, None) for width in (NARROW, WIDE) for scheme in ("light", "dark")]
    with chromium() as browser:
        for name, width, scheme, media in [*ways, ("print", 794, "light", "print")]:  # A4 is 794 px wide
            seen = visit(browser, path, width=width, scheme=scheme, media=media)
            yield screenshot(seen.page, folder, f"{path.stem}-{name}")
            print(*seen.problems, sep="\n", end="\n" if seen.problems else "")
            seen.page.context.close()


if __name__ == "__main__":
    for shot in screenshots(Path(sys.argv[1]), Path(sys.argv[2])):
        print(shot)
