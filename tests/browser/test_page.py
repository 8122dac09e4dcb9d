"""The page as readers have it: in Chromium, narrow and wide, light and dark, printed, by keyboard and screen reader."""

import pytest

import lambdasim
from lambdasim.report.page.html import html_report
from lambdasim.report.page.key_figures import key_measures
from tests.browser.checks import html_errors
from tests.browser.pages import NARROW, WIDE, overflow
from tests.worlds import at, load, world

HOSTILE = "</style><script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
LONG = "a-function-whose-name-goes-on-and-on-and-fills-all-of-the-64-signs"
WORLD = world(
    description=HOSTILE,
    duration="20m",
    handler={"duration": {"lognormal": {"median": "1 s", "p99": "2 s"}}},
    function={"timeout": 60, "reserved_concurrent_executions": 2, "event_invoke_config": {"maximum_retry_attempts": 0}},
    trigger={"arrivals": {"sum": [{"poisson": {"rate": "0.5/s"}}, at("3m", events=9)]}},
    thresholds=["f.latency_ms.p99 < 3000", "f.throttles.total <= 0"],
)
WORLD["functions"][LONG] = {"runtime": "nodejs22.x", "handler": {"duration": "3 s"}}
WORLD["triggers"]["web"] = {"type": "api_gateway", "target": "f", "arrivals": at("9m")}  # advice with a long code
WORLD["triggers"]["jobs"] = {
    "type": "sqs",
    "target": LONG,
    "arrivals": {"constant": {"rate": "1/s"}},
    "queue": {"dead_letter": "discard-counted", "max_receive_count": 2, "visibility_timeout": "30 s"},
}
DESIGN = lambdasim.Design(replications=2)
UNFOLD = "document.querySelectorAll('details').forEach(each => each.open = true)"
ways = pytest.mark.parametrize(
    ("width", "scheme"), [(NARROW, "light"), (NARROW, "dark"), (WIDE, "light"), (WIDE, "dark")]
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of a run and that of a comparison, as files."""
    folder, scenario = tmp_path_factory.mktemp("pages"), load(WORLD)
    result = lambdasim.simulate(scenario)
    replications = lambdasim.replicate(scenario, measures=key_measures(scenario), design=DESIGN)
    comparison = lambdasim.compare(
        {HOSTILE: scenario},
        {"functions.f.reserved_concurrent_executions": [2, 10]},
        measures=["f.throttles.total", "f.latency_ms.p99"],
        design=DESIGN,
    )
    texts = {
        "run": html_report(result, scenario=scenario, replications=replications),
        "comparison": html_report(comparison, run=lambdasim.simulate(comparison.variants[1].scenario)),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.fixture(params=["run", "comparison"])
def path(pages, request):
    return pages[request.param]


@ways
def test_the_page_asks_for_nothing_and_fits_its_window_with_all_that_folds_open_too(open_page, path, width, scheme):
    page = open_page(path, width=width, scheme=scheme)
    assert overflow(page) == []
    page.evaluate(UNFOLD)
    assert overflow(page) == []


@ways
def test_no_rule_of_accessibility_is_broken_with_all_that_folds_open(open_page, axe, path, width, scheme):
    page = open_page(path, width=width, scheme=scheme)
    page.evaluate(UNFOLD)
    assert axe(page) == []


def test_the_html_is_valid(pages):
    assert html_errors(*(path.read_text(encoding="utf-8") for path in pages.values())) == []


def test_markup_in_names_and_descriptions_stays_text(open_page, path):
    page = open_page(path)
    assert page.title() != "taken"
    assert page.locator("img").count() == 0
    assert page.get_by_text(HOSTILE).count() >= 1


def test_on_a_wide_screen_a_comparisons_tables_show_their_last_column_without_scrolling(open_page, tmp_path):
    name = "render_every_invoice_of_the_month"
    document = world(duration="20m", trigger={"arrivals": {"poisson": {"rate": "40/s"}}})
    document["functions"] = {name: document["functions"]["f"]}
    document["triggers"]["t"]["target"] = name
    comparison = lambdasim.compare(
        load(document),
        {f"functions.{name}.reserved_concurrent_executions": [5, 10]},
        measures=[f"{name}.throttles.total", "total.cost_usd_per_month"],
        design=DESIGN,
    )
    path = tmp_path / "page.html"
    path.write_text(html_report(comparison), encoding="utf-8")
    boxes = open_page(path, width=WIDE).query_selector_all("#variants .scroll, #measures .scroll")
    assert len(boxes) == 3
    assert [box.text_content() for box in boxes if box.evaluate("each => each.scrollWidth > each.clientWidth")] == []


def test_letters_in_figures_are_large_enough_on_a_narrow_screen(open_page, path):
    page = open_page(path, width=NARROW)
    heights = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(each => {"
        " const scale = each.ownerSVGElement.getScreenCTM().a;"
        " return parseFloat(getComputedStyle(each).fontSize) * scale; })"
    )
    assert len(heights) > 10
    assert min(heights) >= 9


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_in_figures_have_the_pages_ink(open_page, pages, scheme):
    page = open_page(pages["run"], scheme=scheme)
    inks = page.evaluate("[...document.querySelectorAll('svg text')].map(each => getComputedStyle(each).fill)")
    assert page.evaluate("getComputedStyle(document.body).color") in set(inks)
    assert "rgb(27, 27, 27)" not in set(inks) or scheme == "light"


def test_by_keyboard_the_first_stop_leads_to_the_content_and_only_boxes_that_scroll_are_stops(open_page, pages):
    page = open_page(pages["run"])
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    stops = "[...document.querySelectorAll('.scroll[tabindex]')].filter(each => each.scrollWidth <= each.clientWidth)"
    assert page.evaluate(f"{stops}.length") == 0
    narrow = open_page(pages["run"], width=NARROW)
    assert narrow.evaluate("document.querySelectorAll('.scroll[tabindex]').length") > 0


def test_without_scripts_all_is_there_and_boxes_can_be_reached(open_page, pages):
    page = open_page(pages["run"], scripts=False)
    assert page.locator("h1").inner_text() == "world"
    assert page.locator("summary").count() > 2
    assert page.locator(".scroll:not([tabindex])").count() == 0


def test_what_folds_is_open_in_print_and_nothing_is_wider_than_the_paper(open_page, path):
    page = open_page(path, width=794, media="print", scheme="dark")  # A4
    hidden = page.evaluate(
        "[...document.querySelectorAll('details table')].filter(each => !each.checkVisibility()).length"
    )
    assert hidden == 0
    assert page.locator("nav").is_hidden()
    broken = "[...document.querySelectorAll('figcaption, .drawing')].map(each => getComputedStyle(each).breakInside)"
    assert set(page.evaluate(broken)) == {"avoid"}
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in {
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    }
