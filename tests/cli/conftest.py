"""How the tests call the command: inside this process where that is enough, as a process of its own where it is not."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambdasim.cli.main import main
from lambdasim.plots.catalogue import KINDS
from tests.cli.shop import WORLD

# Signals and pipes as a shell hands them over, whatever started the tests.
START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from lambdasim.cli.main import main
{first}
main()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, with one scenario."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(WORLD, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def few_figures(monkeypatch):
    """Pages with a figure of each sort: drawing takes most of their time, and tests/report has all of them."""
    few = {name: KINDS[name] for name in ("cost", "comparison")}
    monkeypatch.setattr("lambdasim.report.page.parts.KINDS", few)


@pytest.fixture
def write():
    def written(text, name="shop.yaml"):
        Path(name).write_text(text, encoding="utf-8")

    return written


@pytest.fixture
def command(capsysbinary):
    """Run ``lambdasim`` with these words in this process: its status, output and messages."""

    def called(*words):
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        out, err = capsysbinary.readouterr()
        return SimpleNamespace(status=left.value.code, out=out.decode(), err=err.decode())

    return called


@pytest.fixture
def start():
    """Start ``lambdasim`` as a process of its own; it does ``first`` (Python) when it is ready to."""

    def started(*words, first="", **streams):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | streams
        return subprocess.Popen([sys.executable, "-c", START.format(first=first), *map(str, words)], **pipes)

    return started
