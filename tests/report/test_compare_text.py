"""Comparisons as people read them, and as programs do."""

import itertools
import json
import math

import numpy as np
import pytest

import lambdasim
from lambdasim import Design
from lambdasim.analysis.comparands import comparands
from lambdasim.analysis.compare import weighed
from lambdasim.display.screen import Screen
from lambdasim.report.as_json import as_json_text
from lambdasim.report.choice import answer
from lambdasim.report.compare import compare_document, compare_text
from lambdasim.scenario.load import override

TEXT = """\
name: shop
seed: 3
duration: 1h
functions:
  api: {runtime: python3.13, memory_size: 512, handler: {duration: 80 ms}}
triggers:
  web: {type: api_gateway, target: api, arrivals: {poisson: {rate: 2/s}}}
"""
SHOP = lambdasim.parse_scenario(TEXT)
MEMORY = "functions.api.memory_size"
P99, COLD, THROTTLES, EVENTS, COST = (
    "api.latency_ms.p99", "api.cold_start_rate", "api.throttles.total", "api.events", "total.cost_usd_per_month",
)  # fmt: skip
LUCK = np.array([0.0, 3.0, -2.0, 5.0, 1.0, -4.0])  # shared by all variants
OWN = np.array([0.1, -0.1, 0.2, -0.2, 0.0, 0.1])
SLOW, FAST, FASTER = 400 + LUCK, 300 + LUCK + OWN, 300 + LUCK
DEAR, CHEAP = 20 + LUCK / 10, 10 + LUCK / 10 + OWN / 10


def comparison(columns, *, vary=None, baseline=0, scenarios=SHOP, confidence=0.95, first_counts=True, unserved=None):
    """From what the runs of each variant came to, by measure; ``unserved``: the share of events, by variant."""
    count = len(next(iter(columns.values())))
    n = len(next(iter(columns.values()))[0])
    if vary is None and scenarios is SHOP:
        vary = {MEMORY: [256, 512, 1024, 2048, 3008][:count]}
    design = Design(n, confidence, seed=3)
    found = comparands(scenarios, vary or {}, list(columns), baseline)
    columns = {**columns, COST: columns.get(COST, [CHEAP] * count)}
    values = np.array([columns[measure.text] for measure in found.measures]).transpose(1, 2, 0)
    shares = np.zeros((count, n)) if unserved is None else np.array(unserved)[:, None] * (1 + OWN / 10)
    return weighed(found, values, design, first_counts=first_counts, unserved=[shares] * len(found.measures))


def table_of(text, title):
    """The rows of a table as lists of cells, without its head."""
    block = next(block for block in text.split("\n\n")[1:] if block.startswith(title))
    return block.splitlines()[1:]


def told(columns, **options):
    return answer(comparison(columns, **options))


def test_the_best_is_named_alone_where_all_others_are_shown_to_be_worse():
    assert told({P99: [SLOW, FAST], COST: [CHEAP, DEAR]}) == (
        "Take memory_size=512: its api.latency_ms.p99 is the lowest, 301 ms [297, 304], $20.05 [$19.71, $20.39] a "
        "month (95 % confidence, 6 replications)."
    )


def test_of_several_that_are_not_shown_to_be_worse_the_cheapest_is_named():
    assert told({P99: [SLOW, FASTER, FAST], COST: [DEAR, DEAR + 1, CHEAP]}) == (
        "Take memory_size=1024: its api.latency_ms.p99, 301 ms [297, 304], is not shown to be worse than the lowest, "
        "300 ms [297, 304] with memory_size=512, and it is the cheapest of the 2 of which that holds, "
        "$10.05 [$9.72, $10.38] a month (95 % confidence, 6 replications)."
    )
    assert "and of the 2 that are not shown to be worse it is the cheapest, $10.05" in told(
        {P99: [SLOW, FASTER, FAST], COST: [DEAR, CHEAP, DEAR]}
    )
    as_cheap = told({P99: [SLOW, FASTER, FAST], COST: [DEAR, CHEAP, CHEAP]})
    assert "it is the cheapest (memory_size=1024 is not shown to be dearer), $10.05" in as_cheap


def test_a_variant_that_turns_events_away_is_not_recommended_though_it_is_the_cheapest():
    columns = {P99: [FAST, FASTER, FAST], COST: [CHEAP, DEAR, DEAR + 1]}
    assert told(columns, unserved=[0.7, 0.0, 0.0]) == (
        "No difference in api.latency_ms.p99 is shown (300 ms [297, 304] to 301 ms [297, 304]); take the cheapest, "
        "memory_size=512, $20.05 [$19.71, $20.39] a month; memory_size=256 is left out: of events 70.1 % "
        "[69 %, 71.2 %] do not end in success there, with memory_size=512 0 % "
        "(95 % confidence, 6 replications)."
    )
    assert "take the cheapest, memory_size=256" in told(columns, unserved=[0.7, 0.7, 0.7])


def test_a_variant_that_turns_events_away_is_not_recommended_though_it_is_the_fastest():
    sentence = told({P99: [FAST, SLOW], COST: [CHEAP, DEAR]}, unserved=[0.2, 0.0])
    assert sentence.startswith("Take memory_size=512, with api.latency_ms.p99 400 ms [397, 404]")
    assert "memory_size=256 is left out" in sentence


def test_what_else_gets_worse_with_the_variant_that_is_taken_is_told():
    sentence = told({P99: [SLOW, FAST], THROTTLES: [FAST, SLOW], COST: [CHEAP, CHEAP]})
    assert sentence.startswith("Take memory_size=512: its api.latency_ms.p99 is the lowest")
    assert "; it is shown to be worse than memory_size=256 in api.throttles.total (400.5 [" in sentence
    assert "shown to be worse than" not in told({P99: [SLOW, FAST], THROTTLES: [SLOW, FAST]})


def test_more_successes_are_better():
    found = told({"api.successes": [FAST, SLOW], COST: [CHEAP, DEAR]})
    assert found.startswith("Take memory_size=512: its api.successes is the highest, 400.5 [")


def test_where_no_difference_is_shown_the_cost_decides():
    found = told({P99: [FAST, FASTER], COST: [DEAR, CHEAP]})
    assert found.startswith(
        "No difference in api.latency_ms.p99 is shown (300 ms [297, 304] to 301 ms [297, 304]); take "
    )
    assert "; take the cheapest, memory_size=512, $10.05 [$9.72, $10.38] a month (95 %" in found


def test_where_nothing_differs_that_is_the_answer():
    found = told({P99: [FAST, FAST, FAST]})
    assert found.startswith(
        "api.latency_ms.p99 is equal in all 3 variants, 301 ms [297, 304]; none is shown to be dearer "
    )
    assert told({P99: [FAST, FAST]}).startswith("api.latency_ms.p99 is equal in both variants, ")
    cheap = told({P99: [FAST] * 3, COST: [DEAR, CHEAP, CHEAP + OWN[::-1] / 10]})
    assert "; take the cheapest, memory_size=" in cheap
    assert " is not shown to be dearer), $10.05 [" in cheap


def test_the_cost_itself_may_be_the_question():
    assert told({COST: [DEAR, CHEAP]}).startswith(
        "Take memory_size=512: its total.cost_usd_per_month is the lowest, $10.05 ["
    )
    others = told({COST: [DEAR, CHEAP, CHEAP + OWN[::-1] / 10]})
    assert ", though memory_size=" in others
    assert " is not shown to be dearer (95 % " in others


def test_of_a_measure_that_neither_is_better_of_none_is_recommended():
    assert told({EVENTS: [FASTER, SLOW]}) == (
        "api.events goes from 300.5 [297.1, 303.9] with memory_size=256 to 400.5 [397.1, 403.9] with memory_size=512; "
        "whether more of it is better depends on what is wanted (95 % confidence, 6 replications)."
    )
    assert "and no difference to memory_size=256 is shown" in told({EVENTS: [FAST, FASTER]})
    assert told({EVENTS: [FASTER, FASTER]}).startswith(
        "api.events is equal in both variants, 300.5 [297.1, 303.9] (95 %"
    )


def test_what_has_no_value_is_told_as_such():
    nan = np.full(6, math.nan)
    assert told({P99: [nan, nan]}).startswith(
        "No run of any variant had a value of api.latency_ms.p99, so it can't be "
    )
    once = nan.copy()
    once[0] = 5
    assert told({P99: [FAST, once]}).startswith("Too few runs had a value of api.latency_ms.p99 to compare it with ")
    text = compare_text(comparison({P99: [FAST, nan], COLD: [nan, nan]}))
    assert table_of(text, P99)[-1].split() == ["512", "-", "-", "-", "no", "value"]
    assert "\napi.latency_ms.p99: of 6 runs so few had a value: memory_size=512 0; pairs without one" in text
    assert "\nNo run of any variant had a value of api.cold_start_rate.\n" in text


def test_a_table_tells_estimate_difference_and_verdict():
    more = [value + 100 for value in (FASTER, FASTER + 100, FASTER, FAST, FASTER - 50)]
    text = compare_text(comparison({EVENTS: more, P99: more}))
    head, *rows = (line.rstrip() for line in table_of(text, f"{P99} (ms)"))
    assert head.split() == ["memory_size", "estimate", "to", "256", "in", "%", "verdict"]
    cells = [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows]
    assert cells == [
        ["256", "400 [397, 404]", "-", "-", "baseline"],
        ["512", "500 [497, 504]", "+100", "+25.0 [+24.7, +25.3]", "worse"],
        ["1024", "400 [397, 404]", "0", "0", "equal"],
        ["2048", "401 [397, 404]", cells[3][2], "+0.0 [-0.1, +0.1]", "no difference shown"],
        ["3008", "350 [347, 354]", "-50", "-12.5 [-12.6, -12.3]", "better"],
    ]
    neither = [row.split("  ")[-1] for row in table_of(text, EVENTS)[1:]]
    assert neither == ["baseline", "higher", "equal", "no difference shown", "lower"]


def test_what_differs_nowhere_takes_a_line_and_no_table():
    text = compare_text(comparison({P99: [SLOW, FAST], THROTTLES: [np.zeros(6)] * 2, EVENTS: [FASTER] * 2}))
    assert "api.throttles.total\n" not in text
    equal = (
        "Equal in all variants, replication by replication: api.throttles.total 0; api.events 300.5 [297.1, 303.9]; "
    )
    assert equal in " ".join(text.split())
    assert "\nWhat is equal in 6 replications may differ in up to 39.3 % of all.\n" in text  # 1 - 0.05 ** (1 / 6)


def test_it_says_how_sure_the_intervals_are():
    three = " ".join(compare_text(comparison({P99: [SLOW, FAST, FASTER]})).split())
    assert (
        "An estimate's interval holds with 95 % by itself. Those of differences hold with 95 % all 2 of a measure "
        "together, 97.5 % each (Bonferroni); verdicts go by them." in three
    )
    assert "An estimate of a percentile is the median over replications; a difference is the mean of" in three
    two = " ".join(compare_text(comparison({COLD: [SLOW, FAST]}, confidence=0.9)).split())
    assert "Each interval holds with 90 % by itself; the verdict goes by that of the difference." in two
    assert "median over replications" not in two


def test_it_says_what_common_random_numbers_were_worth():
    found = comparison({P99: [SLOW, FAST]})
    ratio = found.compared[0].rows[1].difference.variance_ratio
    expected = (np.var(SLOW, ddof=1) + np.var(FAST, ddof=1)) / np.var(SLOW - FAST, ddof=1)
    assert ratio.value == pytest.approx(expected)
    text = " ".join(compare_text(found).split())
    assert (
        "Common random numbers (seeds 3 to 8): with seeds of their own the variance of differences would be so " in text
    )
    assert f"so many times as large (the least of each measure): {expected:,.0f} [" in text
    equal = compare_text(comparison({P99: [FAST, FAST]}))
    assert "replication r of every variant has the same seed (seeds 3 to 8)." in equal


def test_long_labels_stand_once_and_numbers_for_them():
    spread = ["{lognormal: {median: 80 ms, p99: 400 ms}}", "{lognormal: {median: 80 ms, p99: 800 ms}}"]
    vary = {MEMORY: [256, 512], "functions.api.handler.duration": spread}
    text = compare_text(comparison({P99: [SLOW, FAST, FASTER, SLOW + OWN]}, vary=vary, baseline=1))
    assert table_of(text, "Variants") == [
        f"  {number}  memory_size={memory}, duration={duration}"
        for number, (memory, duration) in enumerate(itertools.product((256, 512), spread), start=1)
    ]
    head, *rows = table_of(text, P99)
    assert "  to 2  " in head
    assert [row.split()[0] for row in rows] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("scale", [1, 1e3, 1e4])
def test_lines_fit_a_terminal(scale, width):
    columns = {
        P99: [SLOW * scale, FAST * scale, FASTER],
        COLD: [SLOW / 1e5, FAST / 1e6, FASTER / 1e5],
        COST: [DEAR * scale, CHEAP * scale, DEAR],
    }
    for vary in (None, {MEMORY: [256, 512, 1024], "functions.api.timeout": [3]}):
        assert max(map(len, compare_text(comparison(columns, vary=vary), Screen(width)).splitlines())) <= width


def test_an_interval_is_never_torn_apart():
    for length in range(1, 100):
        named = {"x" * length: SHOP, "other": override(SHOP, {MEMORY: "1024"})}
        text = compare_text(comparison({P99: [FAST, SLOW]}, scenarios=named), Screen(100))
        for line in text.splitlines():
            assert line.count("[") == line.count("]")
            assert not line.startswith(("[", "%", "ms"))


def test_files_with_durations_of_their_own_memory_sizes_are_warned_of():
    big = lambdasim.parse_scenario(TEXT.replace("512", "1024"))
    text = " ".join(compare_text(comparison({P99: [SLOW, FAST]}, scenarios=[SHOP, big])).split())
    assert "api: its memory sizes differ, and its durations count as measured at each of them" in text
    for others in ([SHOP, SHOP], [SHOP, override(SHOP, {MEMORY: "1024"})]):
        assert "its memory sizes differ" not in compare_text(comparison({P99: [SLOW, FAST]}, scenarios=others))
    assert "its memory sizes differ" not in compare_text(comparison({P99: [SLOW, FAST]}))


def test_a_month_of_a_short_run_is_told_to_be_made_of_such():
    short = override(SHOP, {"duration": "20s"})
    columns = {P99: [SLOW, FAST], COST: [DEAR, CHEAP]}
    assert "month is made of such" not in answer(comparison(columns, scenarios=[SHOP, SHOP]))
    told = answer(comparison(columns, scenarios=[short, short]))
    assert told.endswith(" a month (95 % confidence, 6 replications; a month is made of such 20 s).")


def test_other_seeds_and_other_lengths_are_told():
    other = override(SHOP, {"seed": "9", "duration": "20m"})
    text = " ".join(compare_text(comparison({P99: [SLOW, FAST]}, scenarios=[SHOP, other])).split())
    assert "The scenarios' own seeds differ; all were run on the same ones, from 3 on." in text
    assert "The variants are measured for different lengths of time, so none is called better" in text
    assert "the variants are measured for different lengths of time, so none is recommended (95 %" in text


def test_traffic_comes_and_is_not_chosen_so_no_variant_of_it_is_recommended():
    text = " ".join(compare_text(comparison({P99: [SLOW, FAST]}, vary={"traffic": [1, 10]})).split())
    assert text.startswith(f"{P99} goes from 301 ms [")
    assert "the variants have different traffic, which comes and is not chosen, so none is recommended (95 %" in text
    assert " lower" in text
    assert "better" not in text


def test_the_document_has_every_number_of_the_text_and_is_strict_json():
    nan = np.full(6, math.nan)
    found = comparison({P99: [SLOW, FAST, FASTER], COLD: [FAST, nan, FAST], COST: [DEAR, CHEAP, CHEAP]}, baseline=1)
    document = json.loads(as_json_text(compare_document(found)))
    assert document["schema_version"] == 1
    assert document["answer"] == answer(found)
    assert (document["replications"], document["seeds"], document["confidence"]) == (6, [3, 4, 5, 6, 7, 8], 0.95)
    assert document["confidence_of_each_difference"] == pytest.approx(0.975)
    assert document["baseline"] == "memory_size=512"
    assert [variant["overrides"] for variant in document["variants"]] == [{MEMORY: str(n)} for n in (256, 512, 1024)]
    equal = {"n": 6, "method": "all equal"}
    assert document["recommendation"] == {
        "measure": P99,
        "best": "memory_size=1024",
        "not_shown_to_be_worse": ["memory_size=512", "memory_size=1024"],
        "cheapest_of_these": "memory_size=512",
        "not_shown_to_be_dearer": ["memory_size=512", "memory_size=1024"],
        "left_out": [],
        "unserved_share": {
            f"memory_size={n}": dict.fromkeys(("value", "low", "high"), 0.0) | equal for n in (256, 512, 1024)
        },
    }
    slow, fast, _ = document["measures"][0]["variants"]
    assert (slow["verdict"], fast["verdict"], fast["difference"]) == ("worse", "baseline", None)
    assert slow["difference"]["value"] == pytest.approx(float((SLOW - FAST).mean()))
    assert slow["values"] == SLOW.tolist()
    assert document["measures"][1]["variants"][1]["values"] == [None] * 6
    assert document["measures"][1]["variants"][0]["verdict"] == "nothing to compare with"
    assert [measure["better_when"] for measure in document["measures"]] == ["lower"] * 3


def test_names_that_would_steer_a_terminal_are_written_out():
    text = compare_text(comparison({P99: [FAST, SLOW]}, scenarios={"a\x1b[31m\nb": SHOP, "c": SHOP}))
    assert "\x1b" not in text
    assert "a\\x1b[31m\\nb" in text.splitlines()[0]
