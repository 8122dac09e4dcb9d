"""On a terminal every verb keeps to its width, its styles and its signs; through a pipe nothing of that shows."""

import os
import re
from collections import Counter

import pytest

from lambdasim.cli import output
from lambdasim.display.screen import PIPE
from tests.cli.shop import WORLD

BUSY = WORLD.replace("duration: 10m", "duration: 1m").replace("duration: 80 ms", "duration: 8 s") + (
    "  jobs: {type: sqs, target: idle, arrivals: {poisson: {rate: 1/s}}}\n"
    "thresholds: [api.latency_ms.p99 < 30000, total.cost_usd_per_month < 1, api.throttles.total <= 0]\n"
)
MEMORY, TIMEOUT = "functions.api.memory_size=256,512", "functions.api.timeout=10,20"
FEW = ("--replications", "2", "--workers", "1")
VERBS = {
    "run": (),
    "replicate": FEW,
    "compare": (*FEW, "--vary", MEMORY, "--vary", TIMEOUT),
    "sweep": (*FEW, "--vary", MEMORY, "--vary", TIMEOUT),
    "size": (*FEW, "--vary", MEMORY, "--deeper", "1"),
    "check": FEW,
    "cost": (*FEW, "--traffic", "1,2", "--init-billing"),
    "sensitivity": (*FEW, "--only", "scaling/", "--parameter", "functions.api.handler.duration=1 s,20 s"),
    "advise": ("--run",),
    "report": ("--replications", "1"),
    "plot": ("concurrency",),
    "validate": (),
}
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
each_verb = pytest.mark.parametrize("verb", VERBS)


@pytest.fixture(autouse=True)
def busy(write):
    write(BUSY)


@pytest.fixture
def terminal(monkeypatch):
    """Let standard output be a terminal of so many columns, with these variables."""

    def of(columns, **variables):
        for name, value in {"TERM": "xterm", "NO_COLOR": "", "COLUMNS": str(columns), **variables}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(output, "on_terminal", lambda: True)
        monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)

    return of


def letters(text):
    """How often each letter and digit is there; a table in pieces may have it more often."""
    return Counter(sign for sign in ESCAPE.sub("", text) if sign.isalnum())


@each_verb
def test_no_line_is_longer_than_the_terminal_is_wide_and_a_pipe_gets_plain_words(command, terminal, monkeypatch, verb):
    words = (verb, "shop.yaml", *VERBS[verb])
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "40"), ("CLICOLOR_FORCE", "1")):
        monkeypatch.setenv(name, value)
    plain = command(*words).out
    terminal(60)
    styled = command(*words).out
    lines = [line for line in ESCAPE.sub("", styled).splitlines() if " " in line.strip()]  # but what is to be copied
    assert max(map(len, lines)) <= 60 < max(map(len, plain.splitlines()))
    assert verb in {"validate", "plot"} or "\x1b[1m" in styled or "\x1b[3" in styled
    assert not {"\x1b", "─"} & set(plain)
    assert not letters(plain) - letters(styled)


@pytest.mark.parametrize("verb", ["run", "check"])
def test_what_the_variables_say_changes_nothing_for_a_pipe(command, monkeypatch, verb):
    plain = command(verb, "shop.yaml", *VERBS[verb]).out
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "40"), ("TERM", "dumb"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    assert command(verb, "shop.yaml", *VERBS[verb]).out == plain


def test_check_has_colours_and_no_color_takes_all_styles_away(command, terminal):
    terminal(80)
    assert "\x1b[31m✗\x1b[0m total.cost_usd_per_month" in command("check", "shop.yaml", *FEW).out
    terminal(80, NO_COLOR="1")
    assert "\x1b" not in command("check", "shop.yaml", *FEW).out
    terminal(80, NO_COLOR="1")
    assert "\x1b" not in command("run", "shop.yaml").out


@pytest.mark.parametrize(("encoding", "in_blocks"), [("ascii", False), ("cp1252", False), ("utf-8", True)])
def test_a_terminal_that_lacks_signs_gets_ascii(command, terminal, monkeypatch, encoding, in_blocks):
    terminal(80)
    monkeypatch.setattr(output, "_encoding", lambda: encoding)
    text = command("run", "shop.yaml", "--set", "duration=4m").out
    assert ("█" in text, text.isascii()) == (in_blocks, not in_blocks)
    text = command("check", "shop.yaml", *FEW).out
    assert ("✗" in text) is in_blocks


def test_a_name_with_signs_that_the_terminal_lacks_is_no_error(terminal, monkeypatch, capsys):
    terminal(80)
    monkeypatch.setattr(output, "_encoding", lambda: "ascii")
    output.say("café")
    assert capsys.readouterr().out == "caf?\n"


def test_a_dumb_terminal_gets_neither_styles_nor_pictures(command, terminal):
    terminal(80, TERM="dumb")
    text = command("run", "shop.yaml", "--set", "duration=4m").out
    assert not {"\x1b", "█"} & set(text)
    assert re.search(r"^api +concurrency +\d+ +\dm00s$", text, re.MULTILINE)


@pytest.mark.parametrize(("said", "width"), [("100", 100), ("20", 40), ("nonsense", 80), ("0", 80), ("-5", 80)])
def test_a_terminal_is_as_wide_as_columns_says_and_at_least_40(terminal, monkeypatch, said, width):
    terminal(said)
    monkeypatch.setattr("os.get_terminal_size", lambda _fd: os.terminal_size((0, 0)))
    assert output.screen().width == width


def test_what_is_no_terminal_is_a_pipe():
    assert output.screen() == PIPE
