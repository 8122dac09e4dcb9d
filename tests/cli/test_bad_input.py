"""The list of bad input that the command must answer with messages: never a traceback, always status 2."""

import re
from pathlib import Path

import pytest

from tests.cli.shop import WORLD

TRACE = WORLD.replace("poisson: {rate: 2/s}", "trace: {file: t.csv, format: timestamps}")
BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def with_value(old, new):
    assert WORLD.count(old) == 1
    return WORLD.replace(old, new)


TEXTS = {
    "broken YAML": (with_value("{rate: 2/s}}}", "{rate: 2/s"), r"shop.yaml:9:1: this is not YAML: .*"),
    "an empty file": ("", r"shop.yaml:1:1: there is nothing in it; .*"),
    "comments only": ("# later\n", r"shop.yaml:1:1: there is nothing in it; .*"),
    "a list at the top": ("- name: shop\n", r"shop.yaml:1:1: found a list; a scenario is a mapping with .*"),
    "a word at the top": ("shop", r"shop.yaml:1:1: found 'shop'; .*"),
    "two documents": (f"{WORLD}---\n{WORLD}", r"shop.yaml:9:1: .*document.*"),
    "an unknown key": (f"{WORLD}speed: 9\n", r"shop.yaml:9:1: speed: unknown key 'speed'; .*"),
    "a near miss": (f"{WORLD}drian: 9m\n", r"shop.yaml:9:1: drian: unknown key 'drian'; did you mean 'drain'\?"),
    "a key twice": (f"{WORLD}name: twice\n", r"shop.yaml:9:1: name: .*1.*"),
    "a wrong type": (with_value("512", "a lot"), r"shop.yaml:5:43: functions.api.memory_size: .*'a lot'.*"),
    "a negative rate": (with_value("2/s", "-2/s"), r"shop.yaml:8:\d+: .*rate: -2/s is negative.*"),
    "a rate of zero": (with_value("2/s", "0/s"), r"shop.yaml:8:\d+: .*rate: 0/s must be above zero.*"),
    "a rate that is no number": (with_value("2/s", ".nan"), r"shop.yaml:8:\d+: .*rate: .*not a finite number.*"),
    "a rate beyond reason": (with_value("2/s", "999999999/s"), r"shop.yaml:8:\d+: .*about 6e\+11 events in 10 min.*"),
    "a probability over 1": (
        with_value("80 ms", "80 ms, error_rate: 1.5"), r"shop.yaml:5:\d+: .*error_rate: 1.5 is outside 0% to 100%.*"
    ),
    "a duration without unit": (with_value("80 ms", "80"), r"shop.yaml:5:\d+: .*duration: 80 has no unit; .*"),
    "a time of day for a duration": (with_value("10m", "10:30"), r"shop.yaml:3:11: duration: .*"),
    "percentiles out of order": (
        with_value("80 ms", "{quantiles: {p50: 9s, p90: 1s, max: 10s}}"), r"shop.yaml:5:\d+: .*quantiles.*: .*"
    ),
    "p99 below the median": (
        with_value("80 ms", "{lognormal: {median: 9s, p99: 1s}}"), r"shop.yaml:5:\d+: .*lognormal.*: .*"
    ),
    "a target that is not there": (
        with_value("target: api", "target: apu"), r"shop.yaml:8:36: .*there is no function 'apu'; did you mean 'api'.*"
    ),
    "anchors that expand without end": (BOMB + WORLD, r"shop.yaml:\d+:\d+: .*expands past 1,000,000 values.*"),
    "an anchor inside itself": (f"{WORLD}description: &a [*a]\n", r"shop.yaml:9:\d+: .*"),
    "ten thousand brackets": ("[" * 10_000, r"shop.yaml:1:\d+: .*"),
}  # fmt: skip
TRACES = {
    "times that fall": ("3\n1\n2\n", "row 2: 1 is earlier than the row before (3); times must be in order"),
    "a time below zero": ("-3\n1\n2\n", "row 1: found '-3' where a time of 0 or more is wanted"),
    "a time that is missing": ('time\n1\n""\n3\n', "row 3: found nothing where a number is wanted"),
    "words for times": ("one\ntwo\n", "row 2: found 'two' where seconds or an ISO 8601 date is wanted"),
    "a time that is no number": ("1\nnan\n3\n", "row 2: found nothing where a number is wanted"),
    "no times at all": ("", "row 1 is empty"),
}


def told(run, says):
    """The one problem, as a message, with nothing on standard output."""
    assert (run.status, run.out) == (2, "")
    *problems, closing = run.err.splitlines()
    assert re.fullmatch(r"\d+ problems?; nothing was simulated\.", closing)
    assert len(problems) == 1, problems
    assert re.fullmatch(says, problems[0]), problems[0]


@pytest.mark.parametrize("what", TEXTS)
def test_a_text_that_is_no_scenario_is_told_with_its_place(command, write, what):
    text, says = TEXTS[what]
    write(text)
    told(command("run", "shop.yaml"), says)


@pytest.mark.parametrize("what", TRACES)
def test_a_trace_that_is_none_is_told_by_the_scenario_that_names_it(command, write, what):
    content, says = TRACES[what]
    write(TRACE)
    write(content, "t.csv")
    told(
        command("run", "shop.yaml"),
        r"shop.yaml:8:66: triggers.web.arrivals.trace.file: can't use 't.csv': t.csv: " + re.escape(says),
    )


def test_a_trace_that_is_not_there_is_told_by_the_scenario_that_names_it(command, write):
    write(TRACE)
    told(command("run", "shop.yaml"), r"shop.yaml:8:\d+: .*trace.file: can't use 't.csv': No such file or directory")


def test_a_trace_that_is_a_folder_is_told(command, write):
    write(TRACE)
    Path("t.csv").mkdir()
    told(command("run", "shop.yaml"), r"shop.yaml:8:\d+: .*trace.file: can't use 't.csv': Is a directory")


def test_a_scenario_that_is_not_there_is_told_with_the_nearest_that_is(command):
    told(command("run", "shop.yml"), r"shop.yml: can't read it: No such file or directory; did you mean 'shop.yaml'\?")


def test_a_scenario_that_is_a_folder_is_told(command):
    Path("folder").mkdir()
    told(command("run", "folder"), r"folder: can't read it: Is a directory")


def test_a_scenario_that_is_no_text_is_told(command):
    Path("shop.yaml").write_bytes(b"name: shop\nseed: \xff\xfe\n")
    told(command("run", "shop.yaml"), r"shop.yaml:2:7: this is not UTF-8 text; .*")


def test_a_bad_scenario_is_told_before_the_output_folder_is_made(command, write):
    write("")
    assert command("run", "shop.yaml", "-o", "out").status == 2
    assert not Path("out").exists()


def test_names_from_a_scenario_do_not_steer_the_terminal(command, write):
    write(WORLD.replace("api:", '"\\aapi":') + '"\\e[2J": 1\n')
    run = command("validate", "shop.yaml")
    assert run.status == 2
    assert all(line.isprintable() for line in run.err.splitlines())
    assert r"\x1b[2J" in run.err
