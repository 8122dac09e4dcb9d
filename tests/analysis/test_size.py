"""Sizing by simulation: against closed forms, and what it says of worlds in which the answer is plain."""

import math

import pytest

from lambdasim.analysis.observations import Design
from lambdasim.analysis.replicate import replicate
from lambdasim.analysis.runner import Workers
from lambdasim.analysis.size import size
from lambdasim.analysis.thresholds import Verdict
from lambdasim.errors import InputError
from lambdasim.report.size import size_text
from tests.worlds import at, load, world

RESERVED = "functions.f.reserved_concurrent_executions"
PROVISIONED = "functions.f.provisioned_concurrent_executions"
MEMORY = "functions.f.memory_size"
POLLERS = "triggers.t.scaling_config.maximum_concurrency"
FEW = Design(replications=3)
COST = "total.cost_usd_per_month"

LOAD, EVENTS_S, SPAN_S = 4.0, 4, 300


def erlang_b(load_, servers):
    """The share of calls lost, by the recursion B(c) = a B(c-1) / (c + a B(c-1)), B(0) = 1."""
    lost = 1.0
    for number in range(1, servers + 1):
        lost = load_ * lost / (number + load_ * lost)
    return lost


@pytest.fixture(scope="module")
def loss_system():
    return load(
        world(
            duration=f"{SPAN_S + 30}s",
            warm_up="30s",
            init={"duration": "1 ms"},
            handler={"duration": {"exponential": {"mean": "1 s"}}},
            trigger={"arrivals": {"poisson": {"rate": f"{EVENTS_S}/s"}}},
        )
    )


def memory_world(**changes):
    """All of the handler's 200 ms at 1769 MB is CPU time; calls every second, so that costs are exact."""
    return world(
        duration="60s",
        handler={"duration": "200 ms"},
        trigger={"arrivals": {"constant": {"rate": "1/s"}}},
        **changes,
    )


def queue_world(backlog=60):
    document = world(duration="2m", init={"duration": "1 ms"})
    queue = {"visibility_timeout": "180 s", "backlog": backlog}
    document["triggers"] = {"t": {"type": "sqs", "target": "f", "arrivals": "none", "batch_size": 1, "queue": queue}}
    return load(document)


@pytest.mark.parametrize("share", [0.045, 0.16])
def test_the_smallest_reserved_concurrency_that_throttles_less_is_erlangs(loss_system, share):
    """The limits lie between the formula's values for two neighbours, several standard errors from both."""
    smallest = next(servers for servers in range(1, 40) if erlang_b(LOAD, servers) < share)
    sizing = size(
        loss_system,
        {RESERVED: "1..40"},
        objectives=[f"f.throttles.total < {share * EVENTS_S * SPAN_S}"],
        design=Design(replications=8),
    )
    assert sizing.answer is not None
    assert sizing.answer.value == str(smallest)
    assert not sizing.found.scanned
    below, above = sizing.neighbours
    assert (below.tried.value, above.tried.value) == (str(smallest - 1), str(smallest + 1))
    assert not below.tried.meets
    assert below.changes[0].low > 0 > above.changes[0].high  # paired: fewer environments throttle more
    assert below.cost.high < 0  # what is throttled costs nothing


def test_the_fewest_pollers_that_drain_a_backlog_in_time_are_what_division_says():
    """60 messages of a second each by c at a time take 60 / c seconds, and a little."""
    sizing = size(queue_world(), {POLLERS: "2..200"}, objectives=["t.drained_s < 18"], design=FEW)
    assert sizing.answer is not None
    assert sizing.answer.value == str(math.ceil(60 / 17))
    assert sizing.found.tried[-1] == 198


def test_a_queue_that_is_never_empty_in_time_does_not_meet():
    """It has no drain time at all in such runs: that is no value to hold."""
    document = world(duration="5s", drain="0s", init={"duration": "1 ms"})
    queue = {"visibility_timeout": "180 s", "backlog": 60}
    document["triggers"] = {"t": {"type": "sqs", "target": "f", "arrivals": "none", "batch_size": 1, "queue": queue}}
    sizing = size(load(document), {POLLERS: "2..4"}, objectives=["t.drained_s < 18"], design=FEW)
    assert sizing.answer is None
    assert {tried.checks[0].missing for tried in sizing.tried} == {3}


def test_the_cheapest_memory_that_meets_is_found_among_the_usual_sizes():
    """CPU time goes with 1 / memory up to one vCPU: the bill stays, but for rounding; beyond it only the bill grows."""
    sizing = size(
        load(memory_world()), {MEMORY: None}, objectives=["f.duration_ms.p99 < 300"], minimize=COST, design=FEW
    )
    durations = {tried.value: tried.checks[0].estimate.value for tried in sizing.tried}
    for value, duration in durations.items():
        assert duration == pytest.approx(200 * 1769 / min(int(value), 1769), rel=1e-3)
    assert {tried.value for tried in sizing.tried if tried.meets} == {
        value for value in durations if int(value) >= 1536
    }
    cheapest = min((tried for tried in sizing.tried if tried.meets), key=lambda tried: tried.least.value)
    assert sizing.answer is not None
    assert sizing.answer.value == cheapest.value
    assert sizing.answer.value in {"1536", "1769"}


def test_values_of_which_no_difference_in_cost_is_shown_are_told():
    """Timeouts that nothing reaches change nothing."""
    sizing = size(
        load(memory_world()), {"functions.f.timeout": [5, 10, 20]}, objectives=["f.errors <= 0"], minimize=COST
    )
    assert sizing.answer is not None
    assert sizing.answer.value == "5"
    assert [tie.value for tie in sizing.ties] == ["10", "20"]
    assert "no difference between 5 and 10 and 20 is shown" in size_text(sizing)


def test_only_values_that_meet_are_as_good_as_the_answer():
    """A caller who gives up pays nothing less."""
    vary = {"triggers.t.client.read_timeout": ["50 ms", "1 s", "2 s"]}
    sizing = size(load(memory_world()), vary, objectives=["t.client_gone <= 0"], minimize=COST, design=FEW)
    gone, answer, tie = sizing.tried
    assert (gone.meets, gone.cost) == (False, answer.cost)
    assert (sizing.answer, sizing.ties) == (answer, (tie,))


def test_where_no_value_meets_the_best_is_told_and_that_the_handler_alone_is_too_slow():
    sizing = size(load(memory_world()), {PROVISIONED: "0..30"}, objectives=["f.latency_ms.p50 < 150"], design=FEW)
    assert (sizing.answer, sizing.seeming, sizing.last) == (None, None, None)
    assert "f.duration_ms.p50" in sizing.limits[0][0].text
    text = size_text(sizing)
    assert text.startswith(f"No {PROVISIONED} of 0 to 30 is shown to meet f.latency_ms.p50 < 150; the best is ")
    assert "the handler alone takes longer (functions.f.duration_ms.p50: 200 ms)" in text


def test_the_handler_alone_is_called_too_slow_only_where_that_is_shown():
    scenario = load(world(duration="60s", handler={"duration": {"exponential": {"mean": "200 ms"}}}))
    [alone] = replicate(scenario, measures=["f.duration_ms.p99"], design=FEW).estimates
    within = [f"f.latency_ms.p99 < {(alone.low + alone.value) / 2:.3f}"]
    sizing = size(scenario, {PROVISIONED: [0]}, objectives=within, deeper=1, design=FEW)
    assert sizing.answer is None
    assert "the handler alone" not in size_text(sizing)
    assert "Simulated: the only value, 3 times" in size_text(sizing)
    below = [f"f.latency_ms.p99 < {alone.low / 2:.3f}"]
    assert "the handler alone" in size_text(size(scenario, {PROVISIONED: [0]}, objectives=below, deeper=1, design=FEW))


def test_where_all_values_meet_the_smallest_is_the_answer_and_said_to_be():
    sizing = size(load(memory_world()), {PROVISIONED: "0..30"}, objectives=["f.latency_ms.p50 < 500"], design=FEW)
    assert sizing.answer is not None
    assert sizing.answer.value == "0"
    assert size_text(sizing).startswith(f"Even 0, the smallest {PROVISIONED} that was tried, is shown to meet f.lat")
    assert [neighbour.tried.value for neighbour in sizing.neighbours] == ["1"]
    assert sizing.neighbours[0].cost.low > 0


def test_where_less_is_better_the_largest_value_is_told():
    """A database that takes 12 connections, one for each environment: 20 calls at once."""
    document = world(trigger={"arrivals": at("0s", events=20)}, duration="60s")
    document["functions"]["f"]["connections"] = {"to": "db", "per_environment": 1}
    document["downstream"] = {"db": {"max_connections": 12}}
    sizing = size(load(document), {RESERVED: "1..50"}, objectives=["downstream.db.connections.max <= 12"], design=FEW)
    assert sizing.last is not None
    assert (sizing.answer.value, sizing.last.value) == ("1", "12")
    text = size_text(sizing)
    assert text.startswith(
        f"12 is the largest {RESERVED} that is shown to meet downstream.db.connections.max <= 12: 12"
    )
    assert "; 13 does not (13, " in text


def test_objectives_that_pull_apart_are_all_met_by_the_answer():
    document = world(trigger={"arrivals": at("0s", events=20)}, duration="60s")
    objectives = ["f.throttles.total <= 5", "f.environments.max <= 16"]
    sizing = size(load(document), {RESERVED: "1..50"}, objectives=objectives, design=FEW)
    assert (sizing.answer.value, sizing.last.value) == ("15", "16")
    none = size(
        load(document),
        {RESERVED: "1..50"},
        objectives=["f.throttles.total <= 5", "f.environments.max <= 14"],
        design=FEW,
    )
    assert none.answer is None
    assert "each objective alone is met by some value, but no value meets all of them" in size_text(none)


def test_what_is_not_monotone_is_scanned_and_said_to_be():
    """Billed milliseconds are whole, so that over memory the cost is a saw: up with each MB, and down by a step."""
    objective = "f.cost_usd.per_million_invocations < 6.007"
    sizing = size(load(memory_world()), {MEMORY: "1720..1779"}, objectives=[objective], design=Design(replications=2))
    costs = [tried.checks[0].estimate.value for tried in sizing.tried]
    assert len(costs) == 60
    assert sizing.found.scanned
    assert sizing.found.backwards
    assert costs[0] > 6.007
    assert sizing.answer is sizing.tried[next(place for place, cost in enumerate(costs) if cost < 6.007)]
    assert f"Not monotone: {objective} is shown to be further off at " in size_text(sizing)


def test_without_objectives_the_scenarios_thresholds_are_taken():
    scenario = load(memory_world(thresholds=["f.duration_ms.p99 < 300"]))
    sizing = size(scenario, {MEMORY: [1024, 1769]}, design=FEW)
    assert [objective.text for objective in sizing.goal.objectives] == ["f.duration_ms.p99 < 300"]
    assert sizing.answer.value == "1769"


def test_a_handler_is_faster_with_more_memory_than_it_was_measured_at():
    """Its duration holds at the memory size that the scenario has, though `measured_at` doesn't say so."""
    sizing = size(
        load(memory_world(function={"memory_size": 512})),
        {MEMORY: [512, 1024]},
        objectives=["f.errors < 1"],
        design=FEW,
    )
    [at_512, at_1024] = sizing.tried
    assert at_1024.cost.value == pytest.approx(at_512.cost.value, rel=0.02)


@pytest.fixture(scope="module")
def blurred(loss_system):
    """The limit is just above what four runs at 7 give on average, so that these can't tell whether 7 meets it."""
    four = Design(replications=4)
    [tried] = size(loss_system, {RESERVED: "7..7"}, objectives=["f.throttles.total < 75"], deeper=1, design=four).tried
    limit = tried.checks[0].estimate.value + 0.5
    return size(loss_system, {RESERVED: "3..20"}, objectives=[f"f.throttles.total < {limit}"], design=four)


def test_runs_are_added_where_the_limit_lies_within_the_interval(blurred):
    replications = {tried.value: tried.replications for tried in blurred.tried}
    assert replications["7"] > 4
    assert replications["3"] == replications["20"] == 4
    assert blurred.answer is not None
    assert blurred.answer.meets
    assert blurred.answer.value in {"7", "8"}


def test_the_table_has_a_row_for_each_value_with_intervals(blurred):
    frame = blurred.frame
    assert list(frame[RESERVED]) == [tried.value for tried in blurred.tried]
    measure = "f.throttles.total"
    assert ((frame[f"{measure}.low"] <= frame[measure]) & (frame[measure] <= frame[f"{measure}.high"])).all()
    assert set(frame[blurred.goal.objectives[0].text]) <= {verdict.value for verdict in Verdict}
    assert {COST, f"{COST}.low", f"{COST}.high", "replications"} <= set(frame.columns)


def test_the_result_does_not_depend_on_who_works():
    scenario = queue_world(20)
    one, two = (
        size(
            scenario,
            {POLLERS: "2..30"},
            objectives=["t.drained_s < 6"],
            design=Design(replications=2, workers=Workers(workers)),
        )
        for workers in (1, 2)
    )
    assert (one.tried, one.answer, one.neighbours) == (two.tried, two.answer, two.neighbours)
    assert size_text(one) == size_text(two)


@pytest.mark.parametrize(
    ("vary", "objectives", "minimize", "says"),
    [
        ({MEMORY: None}, ["g.errors < 1"], None, ["--objective: 'g' is no function or trigger here"]),
        ({MEMORY: None}, ["f.errors = 1"], None, ["--objective: 'f.errors = 1' is not a threshold"]),
        ({MEMORY: None}, [], None, ["--objective: say what is to be met, such as 'checkout.latency_ms.p99 < 300'"]),
        ({MEMORY: None}, ["f.errors < 1"], "total.kost", ["--minimize: the summary has no 'kost' under total"]),
        (
            {MEMORY: "9..3"},
            ["f.error < 1"],
            "x",
            [f"--vary: {MEMORY}: '9..3' is empty", "--objective: ", "--minimize: "],
        ),
        (
            {MEMORY: ["512", "x"]},
            ["f.errors < 1"],
            None,
            [f"--vary: {MEMORY}: 512 are no numbers, so none is smallest"],
        ),
        (
            {MEMORY: None, RESERVED: None},
            ["f.errors < 1"],
            None,
            [f"--vary: {MEMORY}, {RESERVED}: sizing takes one key"],
        ),
        ({}, ["f.errors < 1"], None, ["--vary: sizing takes one key, found 0"]),
    ],
)
def test_what_is_wrong_is_told_all_at_once_before_anything_runs(vary, objectives, minimize, says, monkeypatch):
    monkeypatch.setattr("lambdasim.analysis.bench.observe", None)
    with pytest.raises(InputError) as caught:
        size(load(world()), vary, objectives=objectives, minimize=minimize)
    problems = [str(problem) for problem in caught.value.problems]
    assert len(problems) == len(says)
    assert all(problem.startswith(start) for problem, start in zip(problems, says, strict=True)), problems


def test_a_triggers_number_that_does_not_exist_is_told_before_the_search(monkeypatch):
    monkeypatch.setattr("lambdasim.analysis.bench.observe", None)
    with pytest.raises(InputError) as caught:
        size(queue_world(), {POLLERS: "2..9"}, objectives=["t.drain_s < 18"])
    assert str(caught.value) == "--objective: the summary has no 'drain_s' under t; did you mean 'drained_s'?"


def test_an_answer_that_meets_only_because_it_turns_calls_away_says_so(loss_system):
    # Whoever is refused waits for nothing: the latency of those who are served is the same with one server.
    sizing = size(loss_system, {RESERVED: [1, 30]}, objectives=["f.latency_ms.p50 < 800"], design=FEW)
    assert sizing.answer.value == "1"
    found = sizing.turned_away
    assert found.here.low < erlang_b(LOAD, 1) < found.here.high
    assert found.there.value < 0.02
    assert f"do not end in success with 1, {found.there.value * 100:.3g} % with 30" in size_text(sizing)


def test_an_answer_that_serves_as_much_as_any_value_says_nothing_of_it(loss_system):
    sizing = size(loss_system, {RESERVED: [30, 40]}, objectives=["f.latency_ms.p50 < 800"], design=FEW)
    assert sizing.turned_away is None
    assert "do not end in success" not in size_text(sizing)
