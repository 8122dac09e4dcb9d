"""How the tests call the command: inside this process where that is enough, as a process of its own where it is not."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lambdasim.cli.main import main

# Signals and pipes as a shell hands them over, whatever started the tests.
START = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from lambdasim.cli.main import main; main()"
)

WORLD = """\
name: shop
seed: 3
duration: 10m
functions:
  api: {runtime: python3.13, memory_size: 512, handler: {duration: 80 ms}}
  idle: {runtime: nodejs22.x, handler: {duration: 1 s}}
triggers:
  web: {type: api_gateway, target: api, arrivals: {poisson: {rate: 2/s}}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, with one scenario."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(WORLD, encoding="utf-8")
    return tmp_path


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
    """Start ``lambdasim`` as a process of its own."""

    def started(*words, **streams):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | streams
        environment = {**os.environ, "PYTHONWARNINGS": "default"}
        return subprocess.Popen([sys.executable, "-c", START, *map(str, words)], env=environment, **pipes)

    return started
