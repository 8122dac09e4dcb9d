"""Compare: variants on common random numbers, in worlds of which the difference is known."""

import math

import numpy as np
import pytest

import lambdasim
from lambdasim import Design, compare
from lambdasim.analysis.comparands import MOST
from lambdasim.analysis.runner import Workers
from lambdasim.analysis.verdicts import Verdict
from lambdasim.errors import InputError
from lambdasim.queueing import erlang_b
from lambdasim.scenario.load import override
from tests.theory.worlds import direct, function, world

COST = "total.cost_usd_per_month"
RESERVED, MEAN = "functions.f.reserved_concurrent_executions", "functions.f.handler.duration.exponential.mean"
THROTTLES, DURATION, P99 = "f.throttles.total", "f.duration_ms.mean", "f.latency_ms.p99"


def loss(*, name="f", **keys):
    """Erlang's loss system: two servers, one erlang."""
    functions = {name: function({"exponential": {"mean": "1 s"}}, reserved_concurrent_executions=2)}
    return world(functions, {"calls": direct(name, {"poisson": {"rate": "1/s"}})}, **{"duration": "120 s", **keys})


def rows(comparison, text):
    return next(compared for compared in comparison.compared if compared.measure.text == text).rows


def verdicts(comparison, text):
    return [row.verdict for row in rows(comparison, text)]


def problems(*arguments, **options):
    with pytest.raises(InputError) as refused:
        compare(*arguments, **options)
    return [(problem.file, problem.path, problem.text) for problem in refused.value.problems]


def test_a_scenario_equals_itself():
    found = compare([loss(), loss()], design=Design(3))
    assert found.labels == ("as written (1)", "as written (2)")
    for compared in found.compared:
        assert [row.verdict for row in compared.rows] == [Verdict.BASELINE, Verdict.EQUAL]


def test_what_can_not_matter_makes_no_difference():
    found = compare(loss(), {"description": ["a", "b"], "functions.f.timeout": [800, 900]}, design=Design(2))
    assert len(found.labels) == 4
    assert {verdict for compared in found.compared for verdict in verdicts(found, compared.measure.text)[1:]} == {
        Verdict.EQUAL
    }


def test_variants_share_their_luck_and_replications_share_none():
    found = compare(loss(seed=4), {RESERVED: [2, 3]}, measures=[THROTTLES, P99], design=Design(3))
    assert found.seeds == (4, 5, 6)
    for variant, values in zip(found.variants, found.values, strict=True):
        for seed, (throttles, p99, cost) in zip(found.seeds, values, strict=True):
            summary = lambdasim.simulate(variant.scenario, seed=seed).summary()
            entry = summary["functions"]["f"]
            assert throttles == entry["throttles"]["total"]
            assert p99 == entry["latency_ms"]["p99"]
            assert cost == summary["total"]["cost_usd_per_month"]


def test_runs_that_take_twice_as_long_have_a_duration_that_is_100_per_cent_longer():
    free = override(loss(), {RESERVED: "900"})
    found = compare(free, {MEAN: ["1 s", "2 s"]}, measures=[DURATION], design=Design(4))
    relative = rows(found, DURATION)[1].difference.relative
    assert (relative.value, relative.low, relative.high) == pytest.approx((1, 1, 1), abs=1e-5)
    assert verdicts(found, DURATION) == [Verdict.BASELINE, Verdict.WORSE]


def test_a_third_server_spares_the_losses_that_erlang_b_says():
    found = compare(
        loss(duration="1020 s", warm_up="20 s"), {RESERVED: [2, 3]}, measures=[THROTTLES], design=Design(10)
    )
    difference = rows(found, THROTTLES)[1].difference
    assert verdicts(found, THROTTLES)[1] is Verdict.BETTER
    spared = 1000 * (erlang_b(1.0, 3) - erlang_b(1.0, 2))
    assert abs(difference.absolute.value - spared) < 4 * difference.absolute.half_width / 2.26  # t of 9 degrees
    assert difference.variance_ratio.value > 1


def test_other_luck_alone_shows_no_difference():
    # A function's luck hangs on its name, so these two have none in common.
    one, other = loss(), loss(name="g")
    found = compare([one, other], measures=["account.concurrency.mean", "account.throttles"], design=Design(8))
    assert [verdicts(found, text)[1] for text in ("account.concurrency.mean", "account.throttles", COST)] == [
        Verdict.NOT_SHOWN
    ] * 3
    assert not rows(found, "account.throttles")[1].difference.is_equal


def test_with_another_baseline_the_signs_are_flipped():
    there = compare(loss(), {RESERVED: [2, 3]}, measures=[THROTTLES], design=Design(4))
    back = compare(
        loss(), {RESERVED: [2, 3]}, measures=[THROTTLES], baseline="reserved_concurrent_executions=3", design=Design(4)
    )
    assert back.baseline == 1
    one, other = rows(there, THROTTLES)[1], rows(back, THROTTLES)[0]
    assert (one.verdict, other.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert one.difference.absolute.value == -other.difference.absolute.value
    assert rows(back, THROTTLES)[1].difference is None


def test_a_cheaper_variant_that_throttles_what_others_serve_is_not_recommended():
    found = compare(loss(), {RESERVED: [1, 20]}, measures=[P99], design=Design(4))
    assert verdicts(found, COST)[1] is Verdict.WORSE
    assert (found.recommendation.serving, found.recommendation.cheapest) == ((1,), 1)
    unserved = found.recommendation.unserved
    assert unserved[0].low < erlang_b(1.0, 1) < unserved[0].high
    assert unserved[1].value < 0.02  # what is under way at the end


def test_the_order_of_variants_does_not_matter():
    there = compare(loss(), {RESERVED: [1, 2, 3]}, measures=[THROTTLES], baseline=1, design=Design(3))
    back = compare(loss(), {RESERVED: [3, 2, 1]}, measures=[THROTTLES], baseline=1, design=Design(3))
    assert np.array_equal(there.values, back.values[::-1])
    assert rows(there, THROTTLES) == rows(back, THROTTLES)[::-1]
    assert there.labels[there.recommendation.cheapest] == back.labels[back.recommendation.cheapest]


def test_results_do_not_depend_on_the_number_of_workers():
    alone, two = (
        compare(loss(duration="60 s"), {RESERVED: [1, 2]}, design=Design(3, workers=Workers(n))) for n in (1, 2)
    )
    assert np.array_equal(alone.values, two.values)
    assert repr(alone.compared) == repr(two.compared)


def test_all_run_on_the_first_scenarios_seeds_or_on_those_that_are_asked_for():
    found = compare([loss(seed=3), loss(seed=9)], measures=[THROTTLES], design=Design(2))
    assert found.seeds == (3, 4)
    assert verdicts(found, THROTTLES)[1] is Verdict.EQUAL
    assert compare([loss(seed=3), loss(seed=9)], measures=[THROTTLES], design=Design(2, seed=7)).seeds == (7, 8)


def test_scenarios_and_values_make_every_combination():
    scenarios = {"short": loss(duration="10 s"), "long": loss(duration="20 s")}
    found = compare(scenarios, {RESERVED: [1, 2]}, measures=[THROTTLES], design=Design(2))
    assert found.labels == (
        "short, reserved_concurrent_executions=1",
        "short, reserved_concurrent_executions=2",
        "long, reserved_concurrent_executions=1",
        "long, reserved_concurrent_executions=2",
    )
    assert [variant.scenario.duration_us for variant in found.variants] == [10_000_000] * 2 + [20_000_000] * 2


def test_without_measures_there_are_those_that_all_scenarios_have():
    same = compare(loss(duration="5 s"), {RESERVED: [1, 2]}, design=Design(2))
    headlines = [f"functions.f.{key}" for key in ("latency_ms.p99", "cold_start_rate", "throttles.total")]
    assert [measure.text for measure in same.measures] == [*headlines, COST]
    other = compare([loss(duration="5 s"), loss(duration="5 s", name="g")], design=Design(2))
    totals = ["total.cold_start_rate", "account.throttles", COST]
    assert [measure.text for measure in other.measures] == totals
    more = override(
        loss(duration="5 s"), {"functions": "{f: &f {runtime: python3.13, handler: {duration: 1 s}}, g: *f}"}
    )
    for scenarios in ([loss(duration="5 s"), more], [more, loss(duration="5 s")]):
        found = compare(scenarios, design=Design(2))
        assert [measure.text for measure in found.measures] == [*headlines, *totals]


def test_without_measures_the_first_that_differs_counts_first():
    same_time = override(loss(), {"functions.f.handler.duration": "1 s"})  # so that p99 is equal
    found = compare(same_time, {RESERVED: [2, 3]}, design=Design(3))
    assert verdicts(found, "functions.f.latency_ms.p99")[1] is Verdict.EQUAL
    assert found.foremost.measure.text == "functions.f.cold_start_rate"
    assert (
        compare(same_time, {RESERVED: [2, 3]}, measures=[P99, THROTTLES], design=Design(2)).foremost.measure.text == P99
    )
    unchanged = compare(loss(), {"description": ["a", "b"]}, design=Design(2))
    assert unchanged.foremost is unchanged.compared[0]


def test_a_measure_that_is_named_counts_first_even_if_it_is_equal():
    found = compare(loss(), {RESERVED: [1, 3]}, measures=["total.events", THROTTLES], design=Design(2))
    assert found.foremost.measure.text == "total.events"
    assert found.recommendation is None  # more events are neither good nor bad


def test_the_cost_of_a_month_is_always_there_and_there_once():
    for texts in ([THROTTLES], [COST, THROTTLES]):
        found = compare(loss(duration="5 s"), {RESERVED: [1, 2]}, measures=texts, design=Design(2))
        assert [measure.text for measure in found.measures].count(COST) == 1
        assert found.measures[0].text == texts[0]


def test_recommended_is_the_cheapest_of_those_that_are_not_shown_to_be_worse():
    # Without a wait for CPU all sizes are equally fast, and the smallest is the cheapest.
    waits = {"cpu_fraction": "0%"}
    f = function({"exponential": {"mean": "100 ms"}}, memory_size=1024, handler=waits)
    scenario = world({"f": f}, {"calls": direct("f", {"poisson": {"rate": "2/s"}})}, duration="60 s")
    found = compare(scenario, {"functions.f.memory_size": [1024, 256, 512]}, measures=[DURATION], design=Design(3))
    assert verdicts(found, DURATION)[1:] == [Verdict.EQUAL] * 2
    assert verdicts(found, COST)[1:] == [Verdict.BETTER] * 2
    assert found.recommendation.choice.not_worse == (0, 1, 2)
    assert found.labels[found.recommendation.cheapest] == "memory_size=256"
    assert found.recommendation.as_cheap == (1,)


def test_a_variant_in_which_nothing_succeeds_has_no_latency_and_is_not_recommended():
    found = compare(loss(), {RESERVED: [2, 0]}, measures=[P99, "f.throttles.total"], design=Design(3))
    assert verdicts(found, P99) == [Verdict.BASELINE, Verdict.NO_VALUE]
    assert rows(found, P99)[1].estimate.n == 0
    assert found.recommendation is None
    assert verdicts(found, THROTTLES)[1] is Verdict.WORSE


def test_a_count_that_a_run_does_not_list_is_0():
    rare = override(loss(), {"triggers.calls.type": "function_url"})
    found = compare(rare, {RESERVED: [900, 1]}, measures=["calls.status_codes.429"], design=Design(3))
    assert rows(found, "calls.status_codes.429")[0].estimate.value == 0
    assert verdicts(found, "calls.status_codes.429")[1] is Verdict.WORSE


def test_runs_of_different_length_are_compared_but_none_is_called_better():
    found = compare(loss(), {"duration": ["60 s", "600 s"]}, measures=[THROTTLES], design=Design(4))
    assert not found.same_time
    assert verdicts(found, THROTTLES)[1] is Verdict.HIGHER
    assert found.recommendation is None
    assert compare(loss(), {"drain": ["60 s", "600 s"]}, measures=[THROTTLES], design=Design(2)).same_time


def test_each_interval_is_wide_enough_for_all_to_hold_together():
    two = compare(loss(), {RESERVED: [1, 2]}, measures=[THROTTLES], design=Design(4))
    four = compare(loss(), {RESERVED: [1, 2, 3, 4]}, measures=[THROTTLES], design=Design(4))
    assert (two.each, four.each) == pytest.approx((0.95, 1 - 0.05 / 3))
    narrow, wide = (rows(found, THROTTLES)[1] for found in (two, four))
    assert narrow.difference.absolute.value == wide.difference.absolute.value
    assert narrow.difference.absolute.half_width < wide.difference.absolute.half_width
    assert narrow.estimate == wide.estimate


def test_the_frame_is_tidy_and_runs_has_all_values():
    found = compare(loss(), {RESERVED: [1, 2]}, measures=[THROTTLES], design=Design(3, seed=8))
    frame, runs = found.frame, found.runs
    assert list(frame.columns) == [
        "measure", "variant", RESERVED, "value", "low", "high", "n", "difference", "difference_low", "difference_high",
        "relative", "relative_low", "relative_high", "variance_ratio", "variance_ratio_low", "variance_ratio_high",
        "verdict",
    ]  # fmt: skip
    assert frame["measure"].tolist() == [THROTTLES] * 2 + [COST] * 2
    assert frame[RESERVED].tolist() == ["1", "2"] * 2
    assert math.isnan(frame["difference"][0])
    assert frame["difference"][1] == pytest.approx(frame["value"][1] - frame["value"][0])
    assert frame["verdict"].tolist()[0] == "baseline"
    assert runs.index.names == ["variant", "seed"]
    assert runs.loc[("reserved_concurrent_executions=2", 9), THROTTLES] == found.values[1, 1, 0]


def test_progress_is_told_until_all_is_done():
    shares = []
    compare(loss(duration="5 s"), {RESERVED: [1, 2]}, measures=[THROTTLES], design=Design(2), progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


# What is wrong is told before anything runs, all at once.


def test_all_that_is_wrong_is_told_at_once():
    found = problems(
        loss(),
        {"functions.g.timeout": [1, 2], RESERVED: [-1, 2], "seed": [1, 2]},
        measures=["f.latency_ms.p98", "h.x"],
        baseline=9,
    )
    assert [(file, path) for file, path, _ in found] == [
        ("--vary", "seed"),
        ("--vary", "functions.g.timeout"),
        ("--vary", RESERVED),
        ("--measure", "f.latency_ms.p98"),
        ("--measure", "h.x"),
    ]
    assert "so they share their seeds; leave it out: --replications says" in found[0][2]
    assert found[3][2].endswith("did you mean 'p99'?")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ("256,512", "expected a list of values, such as [256, 512], found '256,512'"),
        (256, "expected a list of values, such as [256, 512], found 256"),
        ({256, 512}, "expected a list of values"),
        ([], "has no values; give two at least"),
        ([256, 512, 256], "256 is there twice"),
        ([256, "256"], "256 is there twice"),
        ([256, object], "can't be written in YAML"),
    ],
)
def test_values_that_are_no_list_are_refused(values, text):
    [(option, path, found)] = problems(loss(), {"functions.f.memory_size": values})
    assert (option, path) == ("--vary", "functions.f.memory_size")
    assert text in found


def test_one_variant_alone_is_refused():
    for arguments in ((loss(),), ([loss()],), (loss(), {RESERVED: [1]})):
        [(option, _, text)] = problems(*arguments)
        assert option == "--vary"
        assert text.startswith("a single variant has nothing to be compared with; give two values")
    assert problems([])[0][2].startswith("there is none")


def test_more_variants_than_a_table_holds_are_for_a_sweep():
    [(_, _, text)] = problems(loss(), {RESERVED: range(MOST + 1)})
    assert text == "101 variants are more than 100; compare fewer, or sweep them all: `lambdasim sweep`"


@pytest.mark.parametrize(
    ("baseline", "text"),
    [
        (2, "there is no such variant; there are 2: reserved_concurrent_executions=1; reserved"),
        (-1, "there is no such variant"),
        ("reserved_concurent_executions=2", "is no variant; did you mean 'reserved_concurrent_executions=2'?"),
    ],
)
def test_a_baseline_that_is_none_is_refused(baseline, text):
    [(option, _, found)] = problems(loss(), {RESERVED: [1, 2]}, baseline=baseline)
    assert option == "--baseline"
    assert text in found


def test_a_baseline_may_be_named_by_all_that_was_laid_over():
    found = compare(
        loss(duration="5 s"), {RESERVED: [1, 2]}, measures=[THROTTLES], baseline=f"{RESERVED}=2", design=Design(2)
    )
    assert found.baseline == 1


def test_a_measure_that_not_all_scenarios_have_is_refused():
    [(option, path, text)] = problems([loss(), loss(name="g")], measures=[P99])
    assert (option, path) == ("--measure", P99)
    assert text.startswith("not all scenarios have it; <text>: 'f' is no function or trigger here")


def test_a_value_that_one_scenario_refuses_is_told_with_its_file():
    [(_, path, text)] = problems([loss(), loss(name="g")], {RESERVED: [1, 2]})
    assert path == RESERVED
    assert text.endswith("(in <text>)")


def test_a_key_that_a_trigger_does_not_have_is_refused_with_the_nearest_name():
    [(_, path, text)] = problems(loss(duration="5 s"), {RESERVED: [1, 2]}, measures=["calls.succeses"])
    assert (path, text) == (
        "calls.succeses",
        "the summary has no 'succeses' under calls; did you mean 'successes'?",
    )
    [(_, _, text)] = problems(loss(duration="5 s"), {RESERVED: [1, 2]}, measures=["calls.cost_usd"])
    assert text == "calls.cost_usd stops short of a number; known: total"
    [(_, _, text)] = problems(loss(duration="5 s"), {RESERVED: [1, 2]}, measures=["calls.events.total"])
    assert text == "calls.events is a number; nothing lies below it, found 'total'"


def test_no_measure_at_all_is_refused():
    assert problems(loss(), {RESERVED: [1, 2]}, measures=[])[0][2] == "name at least one measure"
