"""The sliders of a page, set by label and keyboard: what they show is what the grid says in Python."""

import math
from dataclasses import replace

import numpy as np
import pytest

import lambdasim
from lambdasim.analysis.what_if import WhatIf
from lambdasim.randomness import stream
from lambdasim.report.page import run
from lambdasim.report.page.html import html_report
from lambdasim.report.what_if import command, origin, reading_rows
from tests.browser.checks import html_errors
from tests.browser.pages import NARROW, WIDE, overflow
from tests.cli.shop import VARYING as WORLD

VARY = {"functions.api.memory_size": [256, 512, 1024], "traffic": [0.5, 1, 2]}
MEASURES = ["api.latency_ms.p99", "api.cold_start_rate", "api.throttles.total", "total.cost_usd_per_month"]
MEMORY, TRAFFIC = "Memory of api (MB)", "Traffic (times)"
AWKWARD = [0, 0.5, 2.5, 102.5, 103.5, 99.95, 999.95, 0.125, 1234567.5, 1e-5, 0.00009996, 1.005, 8.345, 1e6, 12345]
SHARES = [0, 0.5, 0.00125, 0.0625, 0.99995, 1e-7]


@pytest.fixture(scope="module")
def grid():
    design = lambdasim.Design(replications=3)
    scenario = lambdasim.parse_scenario(WORLD, file="it's a shop.yaml")
    return WhatIf.of(lambdasim.sweep(scenario, VARY, measures=MEASURES, design=design))


@pytest.fixture(scope="module")
def awkward(grid):
    """The same grid with numbers that are hard to write: some half-way between two roundings, and some missing."""
    generator = stream(1, "awkward", "numbers")
    values = 10 ** generator.uniform(-6, 7, grid.sweep.observations.shape)
    values[:, :, 1] = generator.uniform(0, 1, values.shape[:2])
    values[:6] = np.resize(AWKWARD, (6, 1, 4))  # the same in all runs: shown as it is
    values[:6, :, 1] = np.resize(SHARES, (6, 1))
    values[7, :, 0] = math.nan
    values[8, 1, 3] = math.nan
    return WhatIf.of(replace(grid.sweep, observations=values))


@pytest.fixture(scope="module")
def pages(tmp_path_factory, grid, awkward):
    """A page of each; figures take long, and are looked at elsewhere."""
    folder, scenario = tmp_path_factory.mktemp("pages"), grid.sweep.scenario
    result, pages = lambdasim.simulate(scenario), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "pictures_of", lambda *_: [])
        for name, each in (("grid", grid), ("awkward", awkward)):
            pages[name] = folder / f"{name}.html"
            pages[name].write_text(html_report(result, scenario=scenario, what_if=each), encoding="utf-8")
    return pages


def slider(page, label):
    return page.get_by_role("slider", name=label)


def exact(page, label):
    return page.get_by_role("spinbutton", name=f"{label}, exact value")


def set_to(page, label, number):
    exact(page, label).fill(str(number))
    exact(page, label).press("Enter")


def shown(page):
    rows = page.locator(".what-if-reading tbody tr")
    return [tuple(row.locator("th, td").all_inner_texts()) for row in rows.all()]


def says(grid, memory, traffic):
    return list(reading_rows(grid, grid.at({"memory_size": memory, "traffic": traffic})))


def test_sliders_move_by_keyboard_and_show_what_the_grid_says(open_page, pages, grid):
    page = open_page(pages["grid"])
    assert shown(page) == says(grid, 512, 1)
    assert page.get_by_text("Simulated: 3 runs at this very point.").is_visible()
    memory = slider(page, MEMORY)
    memory.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert memory.input_value() == "514"
    assert memory.get_attribute("aria-valuetext") == "514 MB"
    assert shown(page) == says(grid, 514, 1)
    assert page.locator("#what-if-origin").inner_text() == origin(grid, grid.at({"memory_size": 514}))
    memory.press("End")
    assert shown(page) == says(grid, 1024, 1)
    slider(page, TRAFFIC).press("Home")
    assert shown(page) == says(grid, 1024, 0.5)
    slider(page, TRAFFIC).press("ArrowRight")
    assert slider(page, TRAFFIC).get_attribute("aria-valuetext") == "0.51 times"
    assert shown(page) == says(grid, 1024, 0.51)


@pytest.mark.parametrize("memory", [256, 300, 512, 513, 777, 1024])
def test_every_number_is_the_one_that_python_writes(open_page, pages, awkward, memory):
    page = open_page(pages["awkward"])
    set_to(page, MEMORY, memory)
    for traffic in (0.5, 0.66, 1, 1.3, 1.999, 2):
        set_to(page, TRAFFIC, traffic)
        assert shown(page) == says(awkward, memory, traffic)


def test_simulated_values_can_be_chosen_by_button(open_page, pages, grid):
    page = open_page(pages["grid"])
    page.get_by_role("group", name=f"{MEMORY}, simulated values").get_by_role("button", name="1,024").click()
    assert shown(page) == says(grid, 1024, 1)
    set_to(page, MEMORY, 700)
    set_to(page, TRAFFIC, 1.8)
    page.get_by_role("button", name="To the nearest simulated point").click()
    assert shown(page) == says(grid, 512, 2)
    page.get_by_role("button", name="Back to the scenario as it is").click()
    assert shown(page) == says(grid, 512, 1)


@pytest.mark.parametrize("name", ["To the nearest simulated point", "Back to the scenario as it is", "1,024"])
def test_the_keyboard_stays_on_the_button_that_was_pressed(open_page, pages, name):
    page = open_page(pages["grid"])
    set_to(page, MEMORY, 700)
    button = page.get_by_role("button", name=name, exact=True)
    button.press("Enter")
    assert button.evaluate("button => button === document.activeElement")
    assert page.get_by_text("Simulated: 3 runs at this very point.").is_visible()


@pytest.mark.parametrize(
    ("label", "typed", "why"),
    [
        (MEMORY, "2048", "2048 lies outside what was simulated, 256 to 1,024 MB. It stays at 512 MB."),
        (MEMORY, "12", "12 lies outside what was simulated, 256 to 1,024 MB. It stays at 512 MB."),
        (MEMORY, "600.5", "Whole numbers only; 600.5 is none. It stays at 512 MB."),
        (TRAFFIC, "", "That is no number. Simulated were 0.5 to 2 times. It stays at 1 time."),
    ],
)
def test_outside_of_what_was_simulated_a_number_is_refused_and_nothing_changes(
    open_page, pages, grid, label, typed, why
):
    page = open_page(pages["grid"])
    before = exact(page, label).input_value()
    set_to(page, label, typed)
    assert page.get_by_role("alert").get_by_text(why).is_visible()
    assert exact(page, label).input_value() == before
    assert shown(page) == says(grid, 512, 1)
    slider(page, label).press("ArrowRight")
    assert page.get_by_text(why).count() == 0


def test_the_command_is_that_of_the_chosen_point_and_can_be_copied(open_page, pages, grid):
    page = open_page(pages["grid"])
    set_to(page, MEMORY, 700)
    set_to(page, TRAFFIC, 1.25)
    line = command(grid, grid.at({"memory_size": 700, "traffic": 1.25}).overrides)
    assert page.locator("#what-if-command").inner_text() == line
    page.get_by_role("button", name="Copy the command").click()
    told = page.locator("#what-if-copied")
    told.get_by_text("Copied.").or_(told.get_by_text("The command is selected")).wait_for()


def test_small_numbers_stand_in_the_command_without_an_exponent(open_page, tmp_path):
    """As the scenario's language has them: 1e-7 is a text there."""
    path = "functions.api.handler.error_rate"
    scenario = lambdasim.parse_scenario(WORLD, file="shop.yaml")
    design = lambdasim.Design(replications=2)
    tiny = WhatIf.of(lambdasim.sweep(scenario, {path: ["0", "0.000001"]}, measures=["api.errors"], design=design))
    place = tmp_path / "tiny.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "pictures_of", lambda *_: [])
        place.write_text(html_report(lambdasim.simulate(scenario), scenario=scenario, what_if=tiny), encoding="utf-8")
    page = open_page(place)
    set_to(page, "error_rate", "0.0000002")
    line = command(tiny, tiny.at({path: 2e-7}).overrides)
    assert f"{path}=0.0000002 " in line
    assert page.locator("#what-if-command").inner_text() == line


def test_where_a_page_may_not_copy_the_command_is_selected(open_page, pages):
    page = open_page(pages["grid"])
    page.evaluate("""() => {
      Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("no")) } });
      document.execCommand = () => false;
    }""")
    page.get_by_role("button", name="Copy the command").click()
    page.get_by_text("The command is selected: press Ctrl+C").wait_for()
    assert page.evaluate("String(getSelection())") == page.locator("#what-if-command").inner_text()


def test_charts_mark_what_was_simulated_and_say_it_in_words(open_page, pages):
    page = open_page(pages["grid"])
    charts = page.locator("#what-if-charts svg")
    assert charts.count() == 4
    assert page.locator("circle.simulated").count() == 12
    set_to(page, TRAFFIC, 1.5)  # the charts follow: they lie along the traffic now
    assert page.locator("circle.simulated").count() == 12
    assert "Chosen, 1.5 times: " in charts.first.get_attribute("aria-label")
    page.get_by_label("Draw along").select_option(label=MEMORY)
    assert page.locator("circle.simulated").count() == 0
    assert page.locator("circle.interpolated").count() == 12
    words = charts.first.get_attribute("aria-label")
    assert words.startswith("api.latency_ms.p99 (ms) along Memory of api. 256 MB: ")
    assert words.count("(interpolated)") == 4


def test_a_screen_reader_is_told_once_the_slider_rests(open_page, pages, grid):
    page = open_page(pages["grid"])
    slider(page, MEMORY).press("ArrowRight")
    said = page.locator("#what-if-said")
    said.get_by_text("Interpolated at 513 MB, 1 time: api.latency_ms.p99").wait_for()
    assert said.get_attribute("role") == "status"
    assert all(f"{name} {value}" in said.inner_text() for name, value, *_ in says(grid, 513, 1))


def test_where_no_run_had_a_value_it_is_drawn_and_told_as_none(open_page, pages):
    page = open_page(pages["awkward"])
    set_to(page, MEMORY, 1024)
    set_to(page, TRAFFIC, 1.5)
    assert shown(page)[0][1:] == ("-", "-", "-")
    chart = page.locator("#what-if-charts svg").first
    assert "1 time: no value;" in chart.get_attribute("aria-label")
    assert chart.get_attribute("aria-label").endswith("Chosen, 1.5 times: no value (interpolated).")
    assert (chart.locator("circle").count(), chart.locator(".chosen").count()) == (2, 0)
    assert "L" not in chart.locator(".line").get_attribute("d")
    assert "NaN" not in chart.inner_html()
    page.locator("#what-if-said").get_by_text("api.latency_ms.p99 (ms) no value").wait_for()


def test_what_is_printed_says_which_point_was_chosen(open_page, pages):
    page = open_page(pages["grid"])
    set_to(page, MEMORY, 700)
    page.emulate_media(media="print")
    assert exact(page, MEMORY).is_visible()
    assert exact(page, MEMORY).input_value() == "700"
    assert not slider(page, MEMORY).is_visible()
    assert page.get_by_role("button").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(NARROW, "light"), (WIDE, "dark")])
def test_the_sliders_break_no_rule_of_accessibility_and_fit_the_window(open_page, axe, pages, width, scheme):
    page = open_page(pages["awkward"], width=width, scheme=scheme)
    set_to(page, MEMORY, 700)
    set_to(page, TRAFFIC, 7)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert overflow(page) == []
    assert axe(page) == []


def test_the_html_is_valid(pages):
    assert html_errors(pages["grid"].read_text(encoding="utf-8")) == []


def test_without_scripts_the_simulated_points_are_a_table(open_page, pages):
    page = open_page(pages["grid"], scripts=False)
    assert slider(page, MEMORY).count() == 0
    page.get_by_text("All simulated points").click()
    table = page.get_by_role("table", name="Simulated points (95 % intervals, 3 runs each)")
    assert table.is_visible()
    assert table.get_by_role("row").count() == 10
