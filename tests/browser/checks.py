"""What a machine can say of a page: whether its HTML is valid, and which of axe-core's accessibility rules it breaks.

axe-core and the Nu Html Checker are npm packages, read from disk: ``npm ci`` in this folder installs them.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

_PACKAGES = Path(__file__).parent / "node_modules"
AXE = _PACKAGES / "axe-core" / "axe.min.js"
NU = _PACKAGES / "vnu-jar" / "build" / "dist" / "vnu.jar"
_JAVA = ("-Xss4m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # deep pages; a short life
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN_AXE = """async rules => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]});
  return found.violations.flatMap(rule => rule.nodes.map(
    node => `${rule.id} (${node.impact}): ${node.target.join(" ")}: ${rule.help}. ${node.failureSummary}`));
}"""


def why_no_axe() -> str | None:
    """Why accessibility can't be checked here; None if it can."""
    return None if AXE.is_file() else "axe-core is not installed: npm ci in tests/browser (.ci/run does it)"


def why_no_nu() -> str | None:
    """Why the Nu Html Checker can't run here; None if it can."""
    if not NU.is_file():
        return "the Nu Html Checker is not installed: npm ci in tests/browser (.ci/run does it)"
    return None if shutil.which("java") else "the Nu Html Checker takes Java"


def axe_violations(page: Any) -> list[str]:
    """The rules of WCAG 2.2 (levels A and AA) and axe-core's best practices that an open page breaks; a line each.

    What is judged is what is seen now: open a menu or set dark mode, and ask again.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [" ".join(line.split()) for line in page.evaluate(_RUN_AXE, list(_RULES))]


def html5lib_errors(text: str) -> list[str]:
    """The parse errors of an HTML document, by html5lib; a line each."""
    import html5lib  # noqa: PLC0415 - half a second
    from html5lib.constants import E  # noqa: PLC0415

    parser = html5lib.HTMLParser()
    parser.parse(text)
    return [f"{line}:{column}: {E[code] % words}" for (line, column), code, words in parser.errors]


def nu_errors(*texts: str) -> list[str]:
    """What the Nu Html Checker (W3C's validator) calls an error in HTML documents; two seconds, however many."""
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name) / f"{place}.html" for place, _ in enumerate(texts, start=1)]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text, encoding="utf-8")
        words = ["java", *_JAVA, "-jar", NU, "--format", "gnu", "--errors-only", "--asciiquotes", "--stdout", *files]
        done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
        lines = done.stdout.replace(f'"file:{name}/', '"').splitlines()
        if bool(done.returncode) != bool(lines):
            raise RuntimeError(f"the Nu Html Checker did not run: {done.stderr}")
        return lines


def html_errors(*texts: str) -> list[str]:
    """All that is invalid in HTML documents: by html5lib, and by the Nu Html Checker where it is installed."""
    lines = [line for text in texts for line in html5lib_errors(text)]
    return lines + ([] if why_no_nu() else nu_errors(*texts))
