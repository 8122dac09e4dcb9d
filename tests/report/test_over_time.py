"""A run over time: its rows tell what the timeline has, each with its highest value, its limit and a sparkline."""

import itertools
import math

import pytest

import lambdasim
from lambdasim.display.screen import PIPE, Screen
from lambdasim.display.sparkline import LEVELS
from lambdasim.header import THE_ACCOUNT
from lambdasim.report.over_time import over_time, over_time_table
from lambdasim.report.text import run_text
from tests.worlds import at, load, run, world

QUEUE = {
    "name": "jobs",
    "duration": "20m",
    "functions": {
        "w": {
            "runtime": "python3.13",
            "reserved_concurrent_executions": 2,
            "timeout": 30,
            "handler": {"duration": "20 s"},
        },
        "quiet": {"runtime": "python3.13", "handler": {"duration": "1 s"}},
    },
    "triggers": {
        "q": {"type": "sqs", "target": "w", "batch_size": 1, "arrivals": at("3m", events=40)},
    },
    "incidents": [{"at": "10m", "for": "5m", "account": {"concurrent_executions": 500}}],
}


@pytest.fixture(scope="module")
def burst():
    """Of 20 minutes one in which 7 of 10 are throttled, and a later one with a single call."""
    calls = {"arrivals": {"sum": [at("5m1s", events=10), at("12m")]}}
    return run(world(duration="20m", warm_up="2m", function={"reserved_concurrent_executions": 3}, trigger=calls))


@pytest.fixture(scope="module")
def queue():
    return run(QUEUE)


def rows(result, screen=PIPE, **options):
    table = over_time_table(over_time(result), screen, **options)
    return {row[:2]: dict(zip(table.columns[2:], row[2:], strict=True)) for row in table.rows}


def test_each_minute_that_is_measured_has_its_sign(burst):
    found = rows(burst)
    line = found["f", "concurrency"]["2 min       20 min"]
    assert line == "▁▁▁█▁▁▁▁▁▁▄▁▁▁▁▁▁▁"  # minutes 2 to 19: three calls in the sixth, one in the thirteenth
    assert {name: row["highest"] for name, row in found.items()} == {
        ("f", "concurrency"): "3",
        ("f", "throttles"): "7",
        ("f", "cold starts"): "3",
    }


def test_the_highest_values_are_those_of_the_timeline(queue):
    found, timeline = rows(queue), queue.trigger_timeline
    there = timeline[timeline["measured"]]
    assert float(found["q", "messages, each minute"]["highest"]) == there["ApproximateNumberOfMessagesVisible"].max()
    assert found["q", "oldest message"]["highest"].endswith(" min")
    per_minute = queue.timeline.query("measured and function == 'w'")
    assert float(found["w", "concurrency"]["highest"]) == per_minute["ConcurrentExecutions"].max() == 2


def test_limits_are_told_and_how_they_change(queue, burst):
    found = rows(queue)
    assert found["w", "concurrency"]["limit"] == "2"
    assert found[THE_ACCOUNT, "concurrency"]["limit"] == "500 to 1,000"
    assert found["q", "messages, each minute"]["limit"] == ""
    assert rows(burst)["f", "concurrency"]["limit"] == "3"
    assert rows(run(world(duration="20m")))["f", "concurrency"]["limit"] == "1,000"  # alone, it has the account's


def test_a_function_of_which_nothing_was_seen_has_no_row(queue):
    assert not any(owner == "quiet" for owner, _ in rows(queue))


def test_hidden_functions_have_no_rows_and_triggers_keep_theirs(queue):
    assert {owner for owner, _ in rows(queue, hidden={"w"})} == {"q", THE_ACCOUNT}


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_lines_fit_and_counts_of_a_step_are_added(queue, width):
    screen = Screen(width)
    text = run_text(queue.summary(), over_time(queue), screen)
    begin = text.index("Over time in steps of ")
    assert max(map(len, text.split("\n"))) <= width
    assert set(LEVELS[True]) & set(text[begin:])
    throttles = int(queue.timeline.query("measured and function == 'w'")["Throttles"].sum())
    found = rows(run({**QUEUE, "duration": "1d"}), Screen(40))["w", "throttles"]
    assert 0 < int(found["highest"].replace(",", "")) <= throttles


def test_a_last_step_that_is_shorter_is_told_and_a_whole_one_is_not():
    screen = Screen(40)
    titles = [
        over_time_table(over_time(run({**QUEUE, "duration": duration})), screen).title
        for duration in ("20m", "127m", "2h", "3m30s")
    ]
    steps = [title.removeprefix("Over time in steps of ").partition(":")[0] for title in titles]
    assert steps == ["2 min", "10 min, the last of 7 min", "10 min", "1 min, the last of 30 s"]


def test_a_sparkline_too_short_for_its_times_has_them_in_its_heading():
    result = run(world(duration="4m", warm_up="61s", trigger={"arrivals": at("3m")}))
    table = over_time_table(over_time(result), PIPE)
    assert table.columns[-1] == "61 s to 4 min"
    assert table.rows[0][-1] == "▁▁█"
    assert max(map(len, run_text(result.summary(), over_time(result), Screen(40)).split("\n"))) <= 40


def test_a_terminal_without_blocks_gets_ascii(queue):
    lines = run_text(queue.summary(), over_time(queue), Screen(80, in_blocks=False))
    assert lines.isascii()
    assert any(LEVELS[False][-1] in line for line in lines.split("\n") if line.startswith("w "))


def test_where_signs_are_read_aloud_it_says_when_the_highest_value_was(burst):
    found = rows(burst, Screen(80, draws=False))
    assert found["f", "throttles"]["at"] == "5m00s"
    assert not any(set(LEVELS[True]) & set(cell) for row in found.values() for cell in row.values())


def test_a_run_of_two_minutes_has_no_such_table_and_neither_has_a_quiet_one():
    for result in (run(world(duration="2m")), run(world(trigger={"arrivals": "none"}))):
        assert rows(result) == {}
        assert "Over time" not in run_text(result.summary(), over_time(result))


def test_without_a_log_it_is_the_same(burst):
    scenario = load(world(duration="20m", trigger={"arrivals": at("5m", "7m")}))
    kept, not_kept = (over_time(lambdasim.simulate(scenario, log=log)) for log in ("full", "none"))
    pairs = itertools.zip_longest(kept.series, not_kept.series)
    assert all(one.values == other.values or any(map(math.isnan, one.values)) for one, other in pairs)
    assert burst.header.warm_up_us == over_time(burst).begins_us
