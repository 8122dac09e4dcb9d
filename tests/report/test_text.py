import re

import pytest

from lambdasim.report.tables import tables
from lambdasim.report.text import answer, run_text
from lambdasim.scenario.load import parse_scenario
from lambdasim.simulation import simulate

ONE = """\
name: one
duration: 10m
functions:
  api: {runtime: python3.13, handler: {duration: 80 ms}}
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 2/s}}}
"""
TWO = ONE.replace("triggers:", "  worker: {runtime: nodejs22.x, handler: {duration: 1 s}}\ntriggers:") + (
    "  queue: {type: direct, target: worker, client: {retries: none}, arrivals: {at_once: {events: 1200}}}\n"
)


def summary_of(text):
    return simulate(parse_scenario(text)).summary()


@pytest.fixture(scope="module")
def one():
    return summary_of(ONE)


@pytest.fixture(scope="module")
def two():
    return summary_of(TWO)


def table(summary, beginning):
    [found] = [table for table in tables(summary) if table.title.startswith(beginning)]
    return found


def numbers(text):
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def test_the_answer_tells_latency_cold_starts_and_the_cost_of_a_month(one):
    api = one["functions"]["api"]
    _, within, cold, runs, span_min, cost = numbers(answer(one))
    assert within == pytest.approx(api["latency_ms"]["p99"], rel=0.01)
    assert cold == pytest.approx(100 * api["cold_start_rate"], rel=0.01)
    assert (runs, span_min) == (api["invocations"], 10)
    assert "; a month made of such 10 min would cost $" in answer(one)
    assert cost == pytest.approx(one["total"]["cost_usd_per_month"], abs=0.005)
    assert "no attempt was throttled; no event failed for good;" in answer(one)


def test_with_several_functions_the_answer_names_the_busiest_and_counts_all(two):
    functions = two["functions"].values()
    throttled = sum(function["throttles"]["total"] for function in functions)
    failed = sum(function["final_failures"]["total"] for function in functions)
    events = sum(function["events"] for function in functions)
    text = answer(two)
    assert text.startswith("99 % of api's successful calls were answered within ")
    assert "(the busiest of 2 functions)" in text
    assert throttled > failed > 0
    assert f"; {throttled:,} attempts were throttled; {failed / events * 100:.3g} % of events failed for good;" in text


def test_events_under_way_at_the_end_are_told():
    text = answer(summary_of(ONE.replace("80 ms", "2 s") + "drain: 0s\n"))
    assert re.search(r"; \d+ events? had no outcome by the end;", text)


def test_one_of_a_thing_is_singular():
    text = answer(summary_of(ONE.replace("poisson: {rate: 2/s}", "at_once: {events: 1}")))
    assert "100 % of 1 run started cold" in text


def test_the_tables_agree_with_each_other(two):
    functions, bill = table(two, "Functions"), table(two, "Bill")
    runs = {row[0]: row[functions.columns.index("runs")] for row in functions.rows}
    assert runs == {row[0]: row[2] for row in bill.rows if row[1] == "requests"}
    throttles = table(two, "Throttles")
    throttled = {row[0]: row[functions.columns.index("throttled")] for row in functions.rows}
    assert throttled == {name: attempts for name, _, attempts in throttles.rows}
    starts, causes = table(two, "How runs started"), table(two, "Why some started cold")
    for row in starts.rows:
        assert sum(numbers(" ".join(row[1:]))) == numbers(runs[row[0]])[0]
    cold = {row[0]: row[functions.columns.index("cold starts")] for row in functions.rows}
    for row in causes.rows:
        assert sum(numbers(" ".join(row[1:]))) == numbers(cold[row[0]])[0]


def test_columns_of_nothing_but_zeros_are_left_out(one, two):
    assert "in flight" not in table(one, "Functions").columns
    assert "timeouts" not in table(one, "Functions").columns
    assert "lifetime" not in table(two, "Why some started cold").columns
    assert "provisioned" not in table(two, "How runs started").columns
    assert "throttled" in table(one, "Functions").columns  # that nothing was throttled is an answer


def test_only_the_busiest_functions_are_kept_where_there_is_little_room(two):
    kept = tables(two, most=1)
    assert {row[0] for table in kept if table.columns[0] == "function" for row in table.rows} == {"api"}


def test_a_share_is_shown_as_the_threshold_asks_for_it():
    text = f"{ONE}thresholds: [api.cold_start_rate < 50%, api.cold_start_rate < 0.5]\n"
    per_cent, plain = (row[1] for row in table(summary_of(text), "Thresholds").rows)
    assert float(per_cent.removesuffix(" %")) / 100 == pytest.approx(float(plain), rel=0.01)


def test_assumptions_and_warnings_stand_at_the_end_with_their_sources(two):
    text = f"{TWO}parameters: {{cold_starts/platform_overhead: 1 ms}}\n"
    report = run_text(summary_of(text.replace("80 ms", "4 s")))
    assert re.search(
        r"\n\nWarnings\n  functions\.api\.handler\.duration: the mean of 4 s .* \[handler_over_timeout\]\n", report
    )
    assert "\n  cold_starts/platform_overhead = 1 ms  (user: scenario)" in report
    assert "\n\nWarnings" not in run_text(two)
