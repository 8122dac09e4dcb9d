"""The HTML page of a run and of a comparison: what stands on it, and that no text of a scenario leaves its place."""

import base64
import hashlib
import itertools
import json
import re

import html5lib
import pytest

import lambdasim
from lambdasim.analysis.telling import parts
from lambdasim.display.table import table
from lambdasim.report.page.comparison import telling_variant
from lambdasim.report.page.html import html_report
from lambdasim.report.page.key_figures import key_measures
from lambdasim.report.page.parts import MOST_ROWS, cut
from lambdasim.report.text import answer
from tests.worlds import at, load, world

HOSTILE = "</style><script>alert('1')</script> & \"quoted\""
SVG = "{http://www.w3.org/2000/svg}svg"
DESIGN = lambdasim.Design(replications=3)
WORLD = world(
    description=HOSTILE,
    duration="10m",
    handler={"duration": {"lognormal": {"median": "1 s", "p99": "2 s"}}},
    function={"reserved_concurrent_executions": 1},
    trigger={"arrivals": {"sum": [{"poisson": {"rate": "0.5/s"}}, at("3m", events=4)]}},
    thresholds=["f.latency_ms.p99 < 3000", "f.throttles.total <= 0", "total.cost_usd_per_month < 1000"],
)


def parsed(text):
    return html5lib.parse(text, namespaceHTMLElements=False)


def found(tree, tag, **attributes):
    keys = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    return [each for each in tree.iter(tag) if all(each.get(name) == value for name, value in keys.items())]


def text_of(element):
    return " ".join("".join(element.itertext()).split())


@pytest.fixture(scope="module")
def scenario():
    return load(WORLD)


@pytest.fixture(scope="module")
def result(scenario):
    return lambdasim.simulate(scenario)


@pytest.fixture(scope="module")
def replications(scenario):
    return lambdasim.replicate(scenario, measures=key_measures(scenario), design=DESIGN)


@pytest.fixture(scope="module")
def page(result, scenario, replications):
    return html_report(result, scenario=scenario, replications=replications)


@pytest.fixture(scope="module")
def tree(page):
    return parsed(page)


@pytest.fixture(scope="module")
def comparison(scenario):
    key = "functions.f.reserved_concurrent_executions"
    return lambdasim.compare(
        {HOSTILE: scenario}, {key: [1, 5]}, measures=["f.throttles.total"], baseline=0, design=DESIGN
    )


@pytest.fixture(scope="module")
def run_of_variant(comparison):
    return lambdasim.simulate(comparison.variants[telling_variant(comparison)].scenario)


@pytest.fixture(scope="module")
def compared(comparison, run_of_variant):
    return html_report(comparison, run=run_of_variant)


@pytest.fixture(scope="module", params=["run", "comparison"])
def any_page(request):
    return request.getfixturevalue({"run": "page", "comparison": "compared"}[request.param])


def contents(tree):
    [listed] = found(tree, "nav")
    return [link.get("href").removeprefix("#") for link in listed.iter("a")]


def demands_on(tree):
    return [text_of(row) for row in found(tree, "ul", class_="demands")[0]]


def test_the_answer_comes_first_and_is_the_reports(tree, result):
    [main] = found(tree, "main")
    first = found(main, "p")[0]
    assert text_of(first) == answer(result.summary())


def test_sections_stand_in_their_order_and_the_contents_lead_to_them(tree):
    sections = [section.get("id") for section in tree.iter("section")]
    assert sections == [
        "answer",
        "key-figures",
        "thresholds",
        *(["warnings"] if "warnings" in sections else []),
        "advice",
        "figures",
        "tables",
        "bill",
        "assumptions",
        "provenance",
    ]
    assert contents(tree) == sections


def test_headings_descend_without_a_gap_below_one_heading_of_the_page(any_page):
    levels = [int(each.tag[1]) for each in parsed(any_page).iter() if re.fullmatch(r"h[1-6]", str(each.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_ids_are_unique_and_what_labels_something_is_there(any_page):
    tree = parsed(any_page)
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for key in ("aria-labelledby", "aria-describedby"):
        for each in tree.iter():
            assert set((each.get(key) or "").split()) <= set(ids), each.attrib


def test_no_text_of_a_scenario_becomes_markup(any_page):
    tree = parsed(any_page)
    assert len(found(tree, "script")) == 1
    assert len(found(tree, "style")) == 1
    assert "alert(" not in text_of(found(tree, "script")[0])
    assert HOSTILE in text_of(tree)


def test_the_page_asks_nobody_and_runs_and_styles_only_what_its_policy_names(any_page):
    tree = parsed(any_page)
    [policy] = [each.get("content") for each in tree.iter("meta") if each.get("http-equiv")]
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        [element] = found(tree, tag)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    for each in tree.iter():
        assert not {"style", "src", "srcset", "action", "onclick", "onload"} & each.attrib.keys()
        assert each.tag not in {"link", "img", "iframe", "object", "base"}


def test_all_links_out_of_the_page_are_addresses_of_sources(tree):
    links = [link.get("href") for link in tree.iter("a") if not link.get("href").startswith("#")]
    assert links
    assert all(re.match(r"https?://", link) for link in links)


def test_it_is_the_same_each_time_and_from_a_saved_result(page, result, scenario, replications, tmp_path):
    assert html_report(result, scenario=scenario, replications=replications) == page
    result.save(tmp_path / "run")
    loaded = lambdasim.Result.load(tmp_path / "run")
    assert html_report(loaded, scenario=scenario, replications=replications) == page


def test_where_events_wait_there_are_cards_of_the_trigger_that_has_most():
    scenario = lambdasim.load_scenario("scenarios/sqs_small_reserved.yaml")
    result = lambdasim.simulate(scenario)
    [cards] = found(parsed(html_report(result, scenario=scenario)), "ul", class_="cards")
    told = dict([text_of(part) for part in card.iter("span")] for card in cards)
    jobs = result.summary()["triggers"]["jobs"]
    assert told["Dead-lettered (jobs)"] == str(jobs["dead_lettered"])
    assert told["Never ran (jobs)"] == str(jobs["never_ran"])
    assert told["Oldest message (jobs)"] == f"{jobs['oldest_message_s_max']:.4g} s"


def test_cards_are_the_estimates_with_their_intervals(tree, replications, result):
    cards = [[text_of(part) for part in card.iter("span")] for card in found(tree, "ul", class_="cards")[0]]
    told = {}
    for measure, estimate in zip(replications.measures, replications.estimates, strict=True):
        value, low, high = parts(measure, estimate)
        told[".".join(measure.path)] = [value, f"{low} to {high}"]
    assert cards[1][1:] == told["functions.f.latency_ms.p99"]
    assert cards[-1][1:] == told["total.cost_usd_per_month"]
    assert f"The answer above is of the run with seed {result.header.seed}." in text_of(tree)


def test_without_replications_the_runs_own_values_stand_there_and_that_one_run_has_no_interval(result, scenario):
    tree = parsed(html_report(result, scenario=scenario))
    [cards] = found(tree, "ul", class_="cards")
    assert not found(cards, "span", class_="below")
    assert "One run has no interval" in text_of(tree)


def test_thresholds_have_their_verdicts_over_replications_in_words(tree, scenario):
    checks = lambdasim.check(scenario, design=DESIGN).checks
    rows = demands_on(tree)
    assert len(rows) == len(checks) == 3
    for row, check in zip(rows, checks, strict=True):
        assert check.verdict.value in row
        assert check.threshold.text in row


def test_thresholds_of_one_run_are_told_as_held_or_failed(result, scenario):
    rows = found(parsed(html_report(result, scenario=scenario)), "ul", class_="demands")[0]
    verdicts = [text_of(found(row, "span", class_="verdict")[0]).split()[-1] for row in rows]
    wanted = ["held" if each["ok"] else "failed" for each in result.summary()["thresholds"]]
    assert verdicts == wanted
    assert "failed" in verdicts
    p99 = result.summary()["functions"]["f"]["latency_ms"]["p99"]
    assert text_of(found(rows[0], "span", class_="found")[0]) == f"p99 = {p99:,.0f} ms"


def test_the_bill_has_every_line_and_its_total(tree, result):
    assert_billed(tree, result)


def assert_billed(tree, result):
    [bill] = found(tree, "table", class_="bill")
    lines = [row for row in bill.iter("tr") if found(row, "th", scope="row") and len(row) == 4]
    summary = result.summary()
    assert len(lines) == len(result.bill.lines)
    assert sum(float(text_of(line[3]).replace(",", "")) for line in lines) == pytest.approx(
        summary["total"]["cost_usd"], abs=1e-6 * len(lines)
    )
    totals = [text_of(row[1]) for row in found(bill, "tfoot")[0]]
    assert totals == [f"{summary['total']['cost_usd']:,.6f}", f"{summary['total']['cost_usd_per_month']:,.2f}"]


def test_assumptions_have_value_source_date_and_confidence_and_all_are_there(tree, result, scenario):
    rows = {text_of(row[0]): [text_of(cell) for cell in row] for row in tree.iter("tr") if len(row) == 6}
    used = {entry.path: entry for entry in scenario.book.used}
    assert used.keys() == {entry["path"] for entry in result.parameters}
    assert used.keys() <= rows.keys()
    for path, entry in used.items():
        assert rows[path][3:5] == [entry.confidence, entry.as_of]
        assert " ".join(entry.source.split()) == rows[path][5]
    explained = [text_of(each) for each in found(tree, "dl", class_="meanings")[0].iter("dt")]
    assert set(explained) == {entry.confidence for entry in used.values()}


def test_figures_have_their_words_and_a_table_behind_each(tree):
    figures = found(tree, "figure")
    assert figures
    for figure in figures:
        [drawing] = found(figure, SVG)
        assert drawing.get("role") == "img"
        assert text_of(found(figure, "p", id=drawing.get("aria-describedby"))[0])
        assert found(figure, "table")
    titles = [text_of(found(figure, "h3")[0]) for figure in figures]
    assert len(titles) == len(set(titles))


def test_tables_have_captions_and_heads_that_say_of_what_they_are(any_page):
    tables = found(parsed(any_page), "table")
    assert tables
    for each in tables:
        assert text_of(found(each, "caption")[0])
        heads = found(each, "th")
        assert all(head.get("scope") in {"col", "row", "rowgroup"} for head in heads)


def test_a_table_is_cut_and_what_is_left_out_is_told():
    whole = table("t", ("n",), [(str(number),) for number in range(MOST_ROWS + 7)])
    assert cut("name", whole).left_out == 7
    assert len(cut("name", whole).table.rows) == MOST_ROWS
    assert cut("name", whole, MOST_ROWS + 7).left_out == 0


def test_a_result_whose_scenario_nobody_has_does_without_advice(result, monkeypatch):
    def gone(_):
        raise lambdasim.ResultError("gone")

    monkeypatch.setattr(lambdasim.Result, "scenario", gone)
    tree = parsed(html_report(result))
    assert "advice" not in [section.get("id") for section in tree.iter("section")]


def test_another_scenario_than_the_results_is_refused(result):
    other = load(WORLD | {"duration": "11m"})
    with pytest.raises(ValueError, match="is another scenario"):
        html_report(result, scenario=other)
    with pytest.raises(TypeError, match="expected a Result or a Comparison, found dict"):
        html_report(result.summary())


def test_a_comparisons_page_tells_what_to_take_and_shows_a_row_for_each_variant(compared, comparison):
    tree = parsed(compared)
    document = json.loads(json.dumps(comparison.labels))
    text = text_of(tree)
    for label in document:
        assert " ".join(label.split()) in text
    roles = [text_of(row[-1]) for row in found(found(tree, "section", id="variants")[0], "tr")[1:]]
    assert roles[0] == "baseline"
    assert roles[1] == "recommended"


def test_a_comparisons_page_has_after_that_what_a_runs_page_has_of_a_run_of_the_variant(
    compared, comparison, run_of_variant
):
    tree = parsed(compared)
    sections = [section.get("id") for section in tree.iter("section")]
    assert sections == [
        *("answer", "variants", "figures", "measures", "one-run"),
        *("thresholds", "warnings", "advice", "bill", "assumptions", "provenance"),
    ]
    assert contents(tree) == sections
    which = f"Of the run of {comparison.labels[1]} with seed 0."
    for name in ("one-run", "thresholds", "warnings", "advice", "bill", "assumptions"):
        [section] = found(tree, "section", id=name)
        assert text_of(found(section, "p", class_="note")[0]) == which
    assert len(demands_on(tree)) == len(run_of_variant.summary()["thresholds"])
    assert_billed(tree, run_of_variant)
    assert found(tree, "figure", id="figure-latency")


def test_a_run_of_none_of_the_variants_is_refused(comparison, result):
    with pytest.raises(ValueError, match=r"is of none of the variants: .*=1; .*=5"):
        html_report(comparison, run=result)


def test_a_page_of_several_hundred_functions_is_less_than_a_megabyte_and_tells_what_it_leaves_out():
    names = [f"f{number:03}{'x' * 60}" for number in range(300)]
    document = WORLD | {
        "duration": "1m",
        "functions": dict.fromkeys(names, WORLD["functions"]["f"]),
        "triggers": {name[:4]: WORLD["triggers"]["t"] | {"target": name} for name in names},
        "thresholds": [f"{name}.latency_ms.p99 < {1 if name == names[-1] else 9999}" for name in names],
    }
    scenario = load(document)
    result = lambdasim.simulate(scenario)
    replications = lambdasim.replicate(scenario, measures=key_measures(scenario), design=DESIGN)
    page = html_report(result, scenario=scenario, replications=replications)
    assert len(page.encode()) < 1_000_000
    tree, left = parsed(page), 300 - MOST_ROWS
    for what in (f"{left} more thresholds", "more rows", "more pieces of advice", "more lines"):
        assert f"{what} are left out here" in text_of(tree)
    assert "fails" in demands_on(tree)[0]
    assert names[-1] in demands_on(tree)[0]
    assert f"Of the {MOST_ROWS} busiest of 300 functions." in text_of(tree)
    [bill] = found(tree, "table", class_="bill")
    owners = [float(text_of(row[-1])) for row in found(bill, "tr", class_="owner")]
    assert len(owners) == MOST_ROWS + 1
    assert sum(owners) == pytest.approx(result.summary()["total"]["cost_usd"], abs=1e-6 * len(owners))
