"""What waits behind triggers: the figures' numbers are CloudWatch's, and the summary's."""

import numpy as np
import pytest

import lambdasim
from lambdasim.errors import FigureError
from lambdasim.metrics.measures import whole
from lambdasim.plots.buckets import Buckets
from lambdasim.plots.queues import queues_drawing
from lambdasim.plots.waiting import Scales, waiting_of
from lambdasim.scenario.facts import header_of
from lambdasim.units import US_PER_MINUTE, US_PER_S
from tests.worlds import load, run, world

POISSON = {"poisson": {"rate": "30/min"}}
QUEUED = world(
    duration="40m",
    drain="10m",
    handler={"duration": "3 s", "error_rate": "30%"},
    function={"reserved_concurrent_executions": 2, "dead_letter_config": {"target": "discard-counted"}},
)
QUEUED["functions"]["g"] = {**world()["functions"]["f"]}
QUEUED["triggers"] = {
    "jobs": {
        "type": "sqs",
        "target": "f",
        "batch_size": 1,
        "queue": {"visibility_timeout": "40 s", "max_receive_count": 3, "dead_letter": "discard-counted"},
        "arrivals": POISSON,
    },
    "events": {"type": "direct_async", "target": "f", "arrivals": POISSON},
    "clicks": {"type": "kinesis", "target": "g", "batch_size": 10, "arrivals": POISSON},
    "web": {"type": "direct", "target": "g", "arrivals": {"constant": {"rate": "1/h"}}},
}
MINUTES = Buckets(US_PER_MINUTE, 50)
EVERY_MINUTE = Scales(MINUTES, MINUTES, MINUTES)


@pytest.fixture(scope="module")
def result():
    return run(QUEUED)


def gauge(result, trigger, metric):
    timeline = result.trigger_timeline
    return timeline[timeline["trigger"] == trigger][metric].to_numpy()[:50]


def test_a_queues_depth_and_age_are_cloudwatchs(result):
    waiting = waiting_of(result, 0, EVERY_MINUTE)
    visible, in_flight = waiting.depths
    np.testing.assert_array_equal(visible.values, gauge(result, "jobs", "ApproximateNumberOfMessagesVisible"))
    np.testing.assert_array_equal(in_flight.values, gauge(result, "jobs", "ApproximateNumberOfMessagesNotVisible"))
    oldest_s = gauge(result, "jobs", "ApproximateAgeOfOldestMessage")
    np.testing.assert_allclose(waiting.age.values, oldest_s * 1000)
    assert visible.highest > 10


def test_a_streams_depth_and_iterator_age_are_cloudwatchs(result):
    waiting = waiting_of(result, 2, EVERY_MINUTE)
    np.testing.assert_array_equal(waiting.depths[0].values, gauge(result, "clicks", "waiting"))
    of_g = result.timeline[result.timeline["function"] == "g"]["IteratorAge_Maximum"].to_numpy()
    np.testing.assert_array_equal(waiting.age.values[: of_g.size], of_g[:50])


def test_the_age_of_events_is_cloudwatchs_and_their_number_is_of_those_that_have_not_ended(result):
    waiting = waiting_of(result, 1, EVERY_MINUTE)
    of_f = result.timeline[result.timeline["function"] == "f"]["AsyncEventAge_Maximum"].to_numpy()
    np.testing.assert_array_equal(waiting.age.values[: of_f.size], of_f[:50])
    events = result.events[result.events["trigger"] == "events"]
    at_us = 20 * US_PER_MINUTE + US_PER_S // 2
    there = int(((events["queued_us"] <= at_us) & (events["ended_us"] > at_us)).sum())
    instant = Scales(MINUTES, Buckets(US_PER_S // 2, 6000), MINUTES)
    seen = waiting_of(result, 1, instant).depths[0].values[2 * 20 * 60 + 1]
    unended = result.summary()["functions"]["f"]["in_flight"]
    assert there <= seen <= there + unended + 2


def test_what_was_given_up_is_as_much_as_the_summary_has(result):
    summary = result.summary()["triggers"]
    jobs, events = (waiting_of(result, index, EVERY_MINUTE) for index in (0, 1))
    assert jobs.kept.sum() == summary["jobs"]["dead_lettered"] > 0
    assert jobs.lost.sum() == 0
    failed = whole(result.event_columns, "fate")[whole(result.event_columns, "trigger") == 1] != 0
    assert events.given_up == failed.sum() > 0


def test_the_three_that_waited_longest_are_drawn_each_with_its_panels(result):
    drawing = queues_drawing(result)
    labels = [axes.get_ylabel() for axes in drawing.figure().axes]
    assert labels[0] == "jobs\nmessages"
    assert [label.split("\n")[0] for label in labels] == ["jobs"] * 3 + ["events"] * 3 + ["clicks"] * 2
    assert "web" not in drawing.words
    for told in (
        "jobs (read each minute): visible",
        "events: taken",
        "clicks (depth read each minute): records waiting",
    ):
        assert told in drawing.words
    assert "; event age at most " in drawing.words
    assert "; iterator age at most " in drawing.words
    assert drawing.words.endswith(" The drain is included.")


def test_limits_are_drawn_where_they_are_in_sight_and_told_where_not(result):
    ages = queues_drawing(result, trigger="jobs").figure().axes[1]
    texts = [text.get_text() for text in ages.get_legend().get_texts()]
    assert texts == ["oldest message", "visibility timeout 40 s", "retention 4 d (above)"]
    assert [40_000, 40_000] in [list(line.get_ydata()) for line in ages.lines]


def test_the_table_has_the_highest_values(result):
    drawing = queues_drawing(result, trigger="jobs")
    place = drawing.table.columns.index("jobs: visible")
    most = max(int(row[place].replace(",", "")) for row in drawing.table.rows)
    assert most == np.nanmax(gauge(result, "jobs", "ApproximateNumberOfMessagesVisible"))
    assert f"visible at most {most:,}" in drawing.words


def test_without_the_log_metrics_tell_what_they_can():
    unlogged = run(QUEUED, log="none")
    drawing = queues_drawing(unlogged)
    drawing.figure()
    assert "jobs (read each minute): visible" in drawing.words
    assert "events: event age at most" in drawing.words
    assert "given up" not in drawing.words


@pytest.mark.parametrize(
    ("trigger", "message"),
    [("web", "events of web don't wait: its callers do"), ("job", "no trigger is named 'job'; did you mean 'jobs'")],
)
def test_a_trigger_without_a_queue_says_so(result, trigger, message):
    with pytest.raises(FigureError, match=message):
        lambdasim.figures.queues(result, trigger=trigger)


def test_of_more_than_three_those_are_drawn_that_waited_longest():
    document = world(duration="20s", function={"reserved_concurrent_executions": 1})
    document["triggers"] = {
        f"a{number}": {"type": "direct_async", "target": "f", "arrivals": {"constant": {"rate": f"{number}/s"}}}
        for number in range(1, 6)
    }
    result = run(document)
    drawing = queues_drawing(result)
    drawn = [name for name in document["triggers"] if f"{name}: " in drawing.words]
    ages = {name: facts["event_age_ms"]["max"] for name, facts in result.summary()["triggers"].items()}
    assert set(drawn) == set(sorted(ages, key=lambda name: -ages[name])[:3])
    assert drawing.title == f"What waited longest: {', '.join(drawn)} (of 5 queues and streams)"


def test_without_the_log_nobody_knows_what_waited_where_two_are_alike():
    document = world(duration="5s")
    document["triggers"] = {name: {"type": "direct_async", "target": "f", "arrivals": POISSON} for name in "ab"}
    with pytest.raises(FigureError, match="the log was not kept, and nothing else tells what waited"):
        queues_drawing(run(document, log="none"))


def test_callers_alone_have_no_queue():
    with pytest.raises(FigureError, match="no trigger's events wait"):
        queues_drawing(run(world(duration="5s")))


def test_the_header_knows_how_long_each_kind_keeps_what_waits():
    document = world(function={"event_invoke_config": {"maximum_event_age_in_seconds": 90}})
    own = {"visibility_timeout": "100 s", "message_retention": "2h"}
    document["triggers"] |= {
        "queue": {"type": "sqs", "target": "f", "queue": own},
        "second": {"type": "sqs", "target": "f", "queue": {"shared_with": "queue"}},
        "stream": {"type": "kinesis", "target": "f", "retention": "48h"},
        "short": {"type": "dynamodb_streams", "target": "f", "maximum_record_age_in_seconds": 120},
        "changes": {"type": "dynamodb_streams", "target": "f"},
        "event": {"type": "sns", "target": "f"},
    }
    facts = {facts.name: (facts.keeps_us, facts.hides_us) for facts in header_of(load(document), 1).triggers}
    hour = 3600 * US_PER_S
    assert facts == {
        "t": (None, None),
        "queue": (2 * hour, 100 * US_PER_S),
        "second": (2 * hour, 100 * US_PER_S),
        "stream": (48 * hour, None),
        "short": (120 * US_PER_S, None),
        "changes": (24 * hour, None),
        "event": (90 * US_PER_S, None),
    }
