"""A thousand generated mutations of the shipped scenarios: each runs, or is refused with its problems; never more."""

import re
import shutil
import signal
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdasim.errors import InputError
from lambdasim.report.as_json import as_json_text
from lambdasim.report.text import run_text
from lambdasim.scenario.load import load_scenario
from lambdasim.simulation import simulate
from lambdasim.workload.expected import expected_events

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "scenarios").glob("*.yaml"))
TEXTS = [file.read_text(encoding="utf-8").splitlines(keepends=True) for file in FILES]
MUTATIONS = 1000
LONGEST_S = 20  # for one mutation, on a busy machine
SHORT = {"duration": "5s", "warm_up": "1s", "drain": "5s"}
MOST_EVENTS = 10_000  # in these 5 s: a mutation that brings more is read, not run
SCALAR = re.compile(r"[^\s{}\[\],:#&*]+(?: (?:ms|s|MB|h)\b)?")
HOSTILE = [
    ".nan", "NaN", "inf", "-.inf", "1e309", "-1", "-0", "0", "0.0", "1e-320", "''", '""', "~", "null", "[]", "{}",
    "[[]]", "[1, [2, {a: 3}]]", "{a: {b: c}}", "true", "no", "12:30", "0x1F", "0o17", "1_000", "2026-02-30",
    "2026-01-05", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", str(10**40), str(-(10**40)), "9223372036854775808",
    "4294967296", "1e9", "999999999 h", "1000000000h", "104000d", "0s", "0 ms", "1 ns", "0.0001 ms", "-5 ms",
    "1e300 ms", "1e-300 ms", "1000000000000/s", "1e12/s", "0/s", "1e-9/s", "999999999/s", "5000/s", "0%", "100%",
    "100.1%", "-1%", "1e-300%", "x" * 5000, "é", "\u2028", "\U0001f600", '"\\0"', '"\\ud800"', '"\\e[31m"',
    "*nothing", "&again", "!!python/object:os.system", "!!int x", "|", ">-", "%", "@", "`", "? ", "<<", "unlimited",
    "none", "random", "regional_burst", "step", "aws-2021", "Image", "arm64", "adaptive", "cron(0 0 30 2 ? *)",
    "rate(0 minutes)", "data", "/", "../scenarios", "data/azure_2019/NOTICE.md",
]  # fmt: skip
EXTREME = {  # of the same kind as what stands there: these are often valid, and run
    r"[\d.]+ ?(ns|ms|s|m|h|d)": ["0s", "1 ns", "1 us", "1 ms", "17 ms", "1 s", "899 s", "1h", "45000000 h", "104000d"],
    r"[\d.]+/(s|min|h)": ["0/s", "1e-9/s", "1/h", "0.3/s", "99/s", "1900/s", "1000000/s", "999999999/s"],
    r"[\d.]+ ?%": ["0%", "1e-9%", "50%", "99.999%", "100%"],
    r"[\d.]+": ["0", "1", "2", "3", "10", "100", "128", "900", "1000", "10240", "0.001", "1.0001", "100000", "1000000"],
}


class TooLongError(Exception):
    """A mutation that ran on and on."""


@contextmanager
def within(seconds):
    """What takes longer is stopped, and told."""

    def give_up(*_):
        raise TooLongError

    before, began_s = signal.signal(signal.SIGALRM, give_up), time.monotonic()
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert time.monotonic() - began_s < seconds  # an exception from a signal may get lost


def like(scalar):
    """Extreme values of the kind that ``scalar`` is; None if it is a word."""
    return next((values for kind, values in EXTREME.items() if re.fullmatch(kind, scalar)), None)


def replaced(line, scalar, value):
    return line[: scalar.start()] + value + line[scalar.end() :]


def scalars_of(line):
    return list(SCALAR.finditer(line.split("#")[0]))


@st.composite
def broken(draw):
    """A shipped scenario's text after one to three changes of any kind: most are refused."""
    lines = list(draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(places(lines))
        match draw(st.sampled_from(["delete", "duplicate", "swap", "indent", *["replace"] * 6])):
            case "delete":
                del lines[at]
            case "duplicate":
                lines.insert(at, lines[at])
            case "swap":
                other = draw(places(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = " " * draw(st.integers(0, 8)) + lines[at].lstrip(" ")
            case "replace":
                scalar = draw(st.sampled_from(scalars_of(lines[at]) or [re.search("$", lines[at])]))
                lines[at] = replaced(lines[at], scalar, draw(st.sampled_from(HOSTILE)))
    return "".join(lines)


@st.composite
def extreme(draw):
    """A shipped scenario's text with one to three of its numbers made extreme: many run."""
    lines = list(draw(st.sampled_from(TEXTS)))
    numbers = [(at, scalar) for at, line in enumerate(lines) for scalar in scalars_of(line) if like(scalar[0])][:60]
    chosen = dict(draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3)))
    for at, scalar in chosen.items():
        lines[at] = replaced(lines[at], scalar, draw(st.sampled_from(like(scalar[0]))))
    return "".join(lines)


def places(lines):
    """Lines below the opening comment; of the long scenario, the first 60."""
    opening = next(n for n, line in enumerate(lines) if not line.startswith("#"))
    return st.integers(opening, min(opening + 60, len(lines) - 1))


def outcome(file):
    """``refused``, ``read`` or ``run``; what is wrong raises."""
    try:
        scenario = load_scenario(file)
        short = load_scenario(file, overrides=SHORT)
    except InputError as error:
        problems = error.problems
    else:
        return outcome_of(scenario, short)
    assert problems
    assert all(problem.file in (str(file), "--set") and problem.text for problem in problems)
    assert all(str(problem).isprintable() for problem in problems)
    return "refused"


def outcome_of(scenario, short):
    assert scenario.duration_us > 0
    if sum(expected_events(trigger.arrivals, short.duration_us) for trigger in short.triggers.values()) > MOST_EVENTS:
        return "read"
    summary = simulate(short).summary()
    assert as_json_text(summary)
    assert run_text(summary)
    for function in summary["functions"].values():
        failures = function["final_failures"]["total"]
        assert function["events"] == function["successes"] + failures + function["in_flight"]
    return "run"


def test_a_thousand_mutations_of_the_shipped_scenarios_run_or_are_refused(tmp_path):
    shutil.copytree(ROOT / "scenarios" / "data", tmp_path / "data")
    file = tmp_path / "mutated.yaml"
    outcomes = Counter()

    @settings(max_examples=MUTATIONS, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(text=broken() | extreme())
    def check(text):
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        with within(LONGEST_S):
            outcomes[outcome(file)] += 1

    check()
    print(outcomes)
    assert outcomes.total() >= MUTATIONS
    assert outcomes["run"] > MUTATIONS / 5
    assert outcomes["refused"] > MUTATIONS / 4
