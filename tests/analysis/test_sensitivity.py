"""Which assumption moves the answer: against worlds in which it is known."""

import math
import re

import pytest

import lambdasim
from lambdasim.analysis import assumptions
from lambdasim.analysis.intervals import Estimate, difference_estimate
from lambdasim.analysis.observations import Design
from lambdasim.analysis.runner import Workers
from lambdasim.analysis.sensitivity import sensitivity
from lambdasim.analysis.tornado import Effect, End
from lambdasim.analysis.uncertainty import Assumption
from lambdasim.errors import InputError
from lambdasim.report.as_json import as_json_text
from lambdasim.report.sensitivity import sensitivity_document, sensitivity_text
from tests.worlds import at, load, world

IDLE = "lifecycles/default/idle_timeout"
OVERHEAD = "cold_starts/platform_overhead"
FEW = Design(replications=4)
QUIET = {  # the random part of a life taken away, so that gaps alone decide
    "recycle_rate": "0/h",
    "maximum_lifetime": "unlimited",
    "proactive_initialization": {"on_retirement": "0%", "otherwise": "0%"},
}


def plain(arrivals, lifecycle=None, **changes):
    """One function with the book's own lifecycle, but for what ``lifecycle`` sets."""
    document = world(trigger={"arrivals": arrivals}, **changes)
    document["lifecycle"] = lifecycle or {}
    return load(document)


def seldom():
    """Gaps of about 15 minutes, between the ends of the idle timeout's range."""
    return plain({"renewal": {"rate": "4/h", "cv": 0.5}}, duration="8h")


def effects(found, number=0):
    return {effect.assumption.path: effect for effect in found.tornados[number].effects}


def varied(found):
    """All that was tried, whatever it did."""
    tried = [effect.assumption for tornado in found.tornados for effect in tornado.effects]
    return {one.path: one for one in (*tried, *found.unmoved, *(refused.assumption for refused in found.refused))}


@pytest.fixture(scope="module")
def of_seldom():
    return sensitivity(seldom(), measures=["f.cold_start_rate", "f.latency_ms.p50"], design=FEW)


def test_seldom_called_the_cold_start_rate_hangs_on_the_idle_timeout(of_seldom):
    top = of_seldom.tornados[0].effects[0]
    assert top.assumption.path == IDLE
    assert top.shown
    assert top.low.change.low > 0 > top.high.change.high


def test_the_answer_names_it_in_its_first_sentence(of_seldom):
    first = sensitivity_text(of_seldom).split("\n")[0]
    assert first.startswith("f.cold_start_rate = ")
    assert f"depends most on the idle timeout ({IDLE}, assumed): " in first
    assert " at 300 s, " in first


def test_in_steady_traffic_it_does_nothing():
    found = sensitivity(plain({"poisson": {"rate": "2/s"}}, duration="20m"), measures=["f.cold_start_rate"], design=FEW)
    assert IDLE in varied(found)
    assert IDLE not in {effect.assumption.path for effect in found.tornados[0].shown}


def test_gaps_of_450_s_are_cold_at_300_s_and_warm_as_assumed_and_at_3600_s():
    """By hand: 10 calls 450 s apart; the first is cold, the others too if environments idle for 300 s at most."""
    calls = plain({"constant": {"rate": "8/h"}}, QUIET, duration="75m")
    found = sensitivity(
        calls, measures=["f.cold_starts"], design=FEW, only=[IDLE], parameters={IDLE: ("300 s", "3600 s")}
    )
    effect, calls_made = effects(found)[IDLE], 10
    assert (found.tornados[0].base.value, effect.low.estimate.value) == (1, calls_made)
    assert (effect.low.change.value, effect.low.change.low) == (calls_made - 1, calls_made - 1)
    assert (effect.high.change.value, effect.swing) == (0, calls_made - 1)


def test_what_is_added_to_a_cold_start_is_added_to_its_latency_to_the_millisecond():
    scenario = load(world(parameters={OVERHEAD: "70 ms"}))
    found = sensitivity(
        scenario,
        measures=["f.latency_ms.max"],
        design=FEW,
        only=["scaling/"],
        parameters={OVERHEAD: ("50 ms", "370 ms")},
    )
    effect = effects(found)[OVERHEAD]
    assert found.tornados[0].base.value == 1170
    assert (effect.low.change.value, effect.high.change.value, effect.swing) == (-20, 300, 320)
    assert effect.assumption.confidence == "user"


def test_a_value_of_the_scenario_can_be_varied_too():
    path = "functions.f.handler.duration"
    found = sensitivity(
        load(world()),
        measures=["f.latency_ms.max"],
        design=FEW,
        only=["scaling/"],
        parameters={path: ("500 ms", "3 s")},
    )
    assert (effects(found)[path].low.change.value, effects(found)[path].high.change.value) == (-500, 2000)


def test_swapping_the_ends_swaps_the_columns():
    ends = {"low": {"normal": {"mean": "300 s", "sd": "30 s"}}, "high": "2000 s"}
    one, other = (
        effects(
            sensitivity(seldom(), measures=["f.cold_start_rate"], design=FEW, only=[IDLE], parameters={IDLE: pair})
        )[IDLE]
        for pair in ((ends["low"], ends["high"]), (ends["high"], ends["low"]))
    )
    assert (one.low, one.high) == (other.high, other.low)
    assert one.swing == other.swing > 0


def test_only_what_the_run_uses_is_varied_and_nothing_that_aws_states(of_seldom):
    used = {entry.path: entry for entry in of_seldom.scenario.book.used}
    assert set(varied(of_seldom)) <= set(used)
    assert {used[path].confidence for path in varied(of_seldom)} <= set("MLAU")
    assert not [path for path in varied(of_seldom) if path.startswith(("triggers/asynchronous", "triggers/streams"))]
    assert not [path for path in used if path.startswith("sensitivity/")]


def test_what_the_scenario_sets_itself_is_not_varied():
    own = plain(at("0s"), {"idle_timeout": "900 s"}, parameters={"lifecycles/default/recycle_rate": "0.2/h"})
    found = sensitivity(own, measures=["f.cold_start_rate"], design=FEW, only=["lifecycles/"])
    assert "lifecycles/default/proactive_otherwise" in varied(found)
    assert not {IDLE, "lifecycles/default/recycle_rate"} & set(varied(found))


def test_prices_are_varied_only_where_money_is_asked_for():
    document = world()
    document["region"] = "eu-west-1"
    document["functions"]["f"] |= {"architecture": "arm64", "runtime": "python3.13"}
    price = "prices/eu-west-1/duration/arm64/tiers"
    without = sensitivity(load(document), measures=["f.errors"], design=FEW)
    assert not [path for path in varied(without) if path.startswith(("prices/", "billing/"))]
    money = sensitivity(load(document), measures=["total.cost_usd"], design=FEW, only=["prices/"])
    assert money.refused == ()
    effect = effects(money)[price]
    assert effect.assumption.confidence == "U"
    assert effect.high.change.value > 0 > effect.low.change.value


def test_an_end_that_the_scenario_refuses_is_told_and_the_other_is_run(monkeypatch):
    storage = "quotas/function/ephemeral_storage/default"
    odd = Assumption(f"parameters.{storage}", 1024, 99_999, value=512, confidence="A")
    monkeypatch.setattr(assumptions, "assumption_of", lambda entry, _book: odd if entry.path == storage else None)
    found = sensitivity(load(world()), measures=["total.cost_usd"], design=FEW)
    [refused] = found.refused
    assert (refused.assumption.path, refused.value) == (storage, 99_999)
    assert "outside" in refused.why
    assert effects(found)[storage].low.change.value > 0
    assert effects(found)[storage].high is None
    assert f"Not tried: {storage} at 99,999: the default of 99999 is outside" in sensitivity_text(found)


def test_an_end_of_the_callers_that_the_scenario_refuses_is_his_error():
    with pytest.raises(InputError) as raised:
        sensitivity(
            load(world()), measures=["f.errors"], design=FEW, parameters={"functions.f.memory_size": ("1", "99999")}
        )
    assert len(raised.value.problems) == 2
    assert all(str(problem).startswith("--parameter: functions.f.memory_size: ") for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"measures": ["f.latency"]}, "--measure: f.latency: "),
        (
            {"parameters": {"lifecycles/default/idle_timeouts": ("1 s", "2 s")}},
            "no 'idle_timeouts' in lifecycles/default",
        ),
        (
            {"parameters": {"triggers/streams/kinesis/shards": (1, 2)}},
            "this run does not use that entry of the parameter book",
        ),
        ({"parameters": {IDLE: ("1 s", "1 s")}}, "both ends are 1 s"),
        ({"parameters": {"functions.g.timeout": ("1", "2")}}, "there is no function 'g'"),
        ({"only": ["lifecycle/"]}, "--only: lifecycle/: no assumption of this run begins so; it has "),
    ],
)
def test_a_wrong_question_is_an_error_that_says_what_can_be_asked(wrong, told):
    with pytest.raises(InputError) as raised:
        sensitivity(plain(at("0s")), **{"measures": ["f.errors"], **wrong}, design=FEW)
    assert told in str(raised.value)


def test_without_measures_it_is_about_the_thresholds_and_says_which_turn():
    scenario = plain({"constant": {"rate": "8/h"}}, QUIET, duration="2h", thresholds=["f.cold_start_rate < 50%"])
    found = sensitivity(scenario, design=FEW, only=[IDLE])
    assert [tornado.measure.text for tornado in found.tornados] == ["f.cold_start_rate"]
    assert f"'f.cold_start_rate < 50%' holds, and would not with {IDLE} at 300 s." in sensitivity_text(found)


def test_the_intervals_hold_together_by_bonferroni(of_seldom):
    assert of_seldom.comparisons == sum(len(effect.ends) for effect in of_seldom.tornados[0].effects) > 4
    assert of_seldom.each == pytest.approx(1 - 0.05 / of_seldom.comparisons)


def test_only_what_moved_in_the_first_replication_is_run_again(of_seldom):
    tried = sum(end is not None for one in varied(of_seldom).values() for end in (one.low, one.high))
    assert of_seldom.runs == 1 + tried + (FEW.replications - 1) * (1 + of_seldom.comparisons)
    assert of_seldom.unmoved


def test_the_frame_has_a_row_for_each_measure_and_end(of_seldom):
    frame = of_seldom.frame
    assert len(frame) == 2 * of_seldom.comparisons
    row = frame[(frame.measure == "f.cold_start_rate") & (frame.parameter == IDLE) & (frame.end == "high")].iloc[0]
    assert row.change_low < row.change < row.change_high < 0


def test_two_workers_say_what_one_says():
    one, two = (
        sensitivity(seldom(), measures=["f.cold_start_rate"], design=Design(2, workers=Workers(workers)), only=[IDLE])
        for workers in (1, 2)
    )
    assert as_json_text(sensitivity_document(one)) == as_json_text(sensitivity_document(two))
    assert sensitivity_text(one) == sensitivity_text(two)


def test_an_end_is_the_scenario_with_the_end_in_it_and_its_interval_holds_together_with_the_others():
    """Recomputed: simulate on the same seeds, and take the paired differences at Bonferroni's confidence."""
    found = sensitivity(seldom(), measures=["f.cold_starts"], design=FEW, only=["lifecycles/"])
    text = seldom().written.text.replace("parameters:", f"parameters:\n  {IDLE}: {{normal: {{mean: 300 s, sd: 30 s}}}}")
    at_low, base = (
        [lambdasim.simulate(each, seed=seed).summary()["functions"]["f"]["cold_starts"] for seed in range(4)]
        for each in (lambdasim.parse_scenario(text), seldom())
    )
    low = effects(found)[IDLE].low
    assert low.estimate.value == pytest.approx(sum(at_low) / 4)
    assert found.comparisons > 2
    assert low.change == difference_estimate(at_low, base, 1 - 0.05 / found.comparisons)


def test_what_may_as_well_be_luck_is_no_difference_shown():
    luck, surely = Estimate(1, -1, 3, 4, "t"), Estimate(1, 0.5, 1.5, 4, "t")
    assert not Effect(Assumption("a", 1, 2), End(1, surely, luck), End(2, surely, luck)).shown
    assert Effect(Assumption("a", 1, 2), End(1, surely, luck), End(2, surely, surely)).shown


def test_the_text_lists_what_is_not_shown_and_what_changed_nothing(of_seldom):
    text = " ".join(sensitivity_text(of_seldom).split())
    shown = {effect.assumption.path for tornado in of_seldom.tornados for effect in tornado.shown}
    hidden = {effect.assumption.path for effect in of_seldom.tornados[0].effects} - shown
    assert hidden
    listed = text.partition("No difference shown; more --replications show smaller ones: ")[2].partition(".")[0]
    assert set(listed.split(", ")) == hidden
    listed = text.partition("and were not run again: ")[2].partition(". ")[0]
    assert listed.split(", ") == [one.path for one in of_seldom.unmoved]


def test_a_measure_that_has_a_value_at_one_end_only_moves_most():
    none, some = Estimate(math.nan, math.nan, math.nan, 0, "t"), Estimate(3, 2, 4, 4, "t")
    effect = Effect(Assumption("a", 1, 2), End(1, none, none, switched=True), End(2, some, some))
    assert (effect.swing, effect.shown) == (math.inf, True)


def test_a_function_that_never_succeeds_at_an_end_is_told_so():
    """60 s are beyond the timeout: nobody is answered."""
    duration = {"functions.f.handler.duration": ("500 ms", "60 s")}
    found = sensitivity(
        load(world()), measures=["f.latency_ms.max"], design=FEW, only=["scaling/"], parameters=duration
    )
    [effect] = effects(found).values()
    assert (effect.high.switched, effect.swing) == (True, math.inf)
    text = sensitivity_text(found)
    assert "depends most on the handler duration" in text
    assert re.search(r": 600 ms at 500 ms, no value( \S+)? at 60 s;", text)


def test_the_text_is_plain_and_most_cuts_the_rows(of_seldom):
    assert sensitivity_text(of_seldom).isascii()
    assert "... and 1 more with smaller swings" in sensitivity_text(
        of_seldom, most=len(of_seldom.tornados[0].shown) - 1
    )
