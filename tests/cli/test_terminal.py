"""On a terminal every verb keeps to its width, its styles and its signs; through a pipe nothing of that shows."""

import re

import pytest

from lambdasim.cli import output
from lambdasim.display.screen import PIPE
from tests.cli.shop import WORLD

BUSY = WORLD.replace("duration: 10m", "duration: 4m").replace(
    "handler: {duration: 80 ms}", "handler: {duration: 8 s}"
) + (
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
    "cost": (*FEW, "--traffic", "1,2", "--fargate", "--architecture", "--init-billing"),
    "sensitivity": (*FEW, "--only", "cold_starts/", "--parameter", "functions.api.handler.duration=1 s,20 s"),
    "advise": ("--run",),
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


def cells(text):
    """Its words, without what a table adds."""
    return {word for word in re.sub("[─\\s]+", " ", text).split() if not word.startswith("\\")}


@each_verb
@pytest.mark.parametrize("columns", [60, 80])
def test_no_line_is_longer_than_the_terminal_is_wide(command, terminal, verb, columns):
    terminal(columns)
    run = command(verb, "shop.yaml", *VERBS[verb])
    assert run.err == ""
    lines = ESCAPE.sub("", run.out).splitlines()
    assert max(map(len, lines)) <= columns
    assert verb == "validate" or "\x1b[1m" in run.out or "\x1b[3" in run.out


@each_verb
def test_through_a_pipe_there_are_no_codes_and_what_the_variables_say_changes_nothing(command, monkeypatch, verb):
    words = (verb, "shop.yaml", *VERBS[verb])
    plain = command(*words).out
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "40"), ("TERM", "dumb"), ("CLICOLOR_FORCE", "1")):
        monkeypatch.setenv(name, value)
    assert command(*words).out == plain
    assert "\x1b" not in plain
    assert "─" not in plain


@each_verb
def test_on_a_wide_terminal_it_says_what_a_pipe_gets(command, terminal, verb):
    words = (verb, "shop.yaml", *VERBS[verb])
    plain = command(*words).out
    terminal(400, NO_COLOR="1")
    missing = cells(plain) - cells(command(*words).out)
    assert not missing


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
    for verb in ("run", "check"):
        text = command(verb, "shop.yaml", *VERBS[verb]).out
        assert text.isascii() is not in_blocks
    assert ("✗" in text) is in_blocks


def test_a_name_with_signs_that_the_terminal_lacks_is_no_error(terminal, monkeypatch, capsys):
    terminal(80)
    monkeypatch.setattr(output, "_encoding", lambda: "ascii")
    output.say("café")
    assert capsys.readouterr().out == "caf?\n"


def test_a_dumb_terminal_gets_neither_styles_nor_pictures(command, terminal):
    terminal(80, TERM="dumb")
    text = command("run", "shop.yaml").out
    assert "\x1b" not in text
    assert "█" not in text
    assert re.search(
        r"^api +concurrency +[\d,]+ +1,000 +\d+m\d\ds$|^api +concurrency +[\d,]+ +\d+m\d\ds$", text, re.MULTILINE
    )


@pytest.mark.parametrize(("said", "width"), [("100", 100), ("20", 40), ("nonsense", 80), ("0", 80), ("-5", 80)])
def test_a_terminal_is_as_wide_as_columns_says_and_at_least_40(terminal, monkeypatch, said, width):
    terminal(said)
    monkeypatch.setattr("os.get_terminal_size", lambda _fd: (0, 0))
    assert output.screen().width == width


def test_what_is_no_terminal_is_a_pipe():
    assert output.screen() == PIPE
