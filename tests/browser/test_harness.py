"""The browser and the checkers notice what they are there to notice: each on a small page that has that one fault."""

import pytest

from tests.browser.checks import html5lib_errors, html_errors, nu_errors, why_no_nu
from tests.browser.pages import overflow, screenshot, visit

CLEAN = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>A page</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'">
</head>
<body><main><h1>A page</h1><p>{body}</p></main></body>
</html>
"""


@pytest.fixture
def page_with(tmp_path):
    def written(body="with nothing wrong"):
        path = tmp_path / "page.html"
        path.write_text(CLEAN.format(body=body), encoding="utf-8")
        return path

    return written


def test_a_clean_page_opens_and_breaks_no_rule(open_page, axe, page_with):
    page = open_page(page_with())
    assert page.title() == "A page"
    assert axe(page) == []


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<img alt="" src="https://example.org/a.png">', "example.org"),
        ('<img alt="" src="beside.png">', "beside.png"),
        ("<script>console.error('went wrong')</script>", "went wrong"),
        ("<script>console.warn('will go wrong')</script>", "will go wrong"),
        ("<script>nothing.there()</script>", "nothing is not defined"),
    ],
)
def test_what_a_self_contained_page_does_not_do_is_noticed(browser, page_with, body, found):
    path = page_with(body)
    path.write_text(path.read_text().replace("default-src 'none'", "default-src *"), encoding="utf-8")
    seen = visit(browser, path)
    seen.page.wait_for_timeout(100)
    seen.page.context.close()
    assert any(found in problem for problem in seen.problems), seen.problems


def test_what_happens_after_the_page_was_opened_is_noticed(browser, page_with):
    seen = visit(browser, page_with("<button onclick=\"fetch('https://example.org')\">Go</button>"))
    assert seen.problems == []
    seen.page.get_by_role("button", name="Go").click()
    seen.page.context.close()
    assert seen.problems != []


def test_a_page_is_opened_as_its_reader_prefers(browser, page_with):
    path = page_with("<b>plain</b><script>document.querySelector('b').textContent = 'scripted'</script>")
    dark = visit(browser, path, width=400, scheme="dark", media="print").page
    for query in ("(width: 400px)", "(prefers-color-scheme: dark)", "print"):
        assert dark.evaluate("query => matchMedia(query).matches", query), query
    assert dark.locator("b").inner_text() == "scripted"
    plain = visit(browser, path, scripts=False).page
    assert plain.locator("b").inner_text() == "plain"
    dark.context.close()
    plain.context.close()


def test_axe_names_the_broken_rule_and_the_place(open_page, axe, page_with):
    page = open_page(page_with('<input id="memory">'))
    [line] = axe(page)
    assert "label" in line
    assert "#memory" in line


def test_what_makes_a_page_scroll_sideways_is_named(open_page, page_with):
    wide = '<span id="wide" style="display: block; width: 600px">wide</span>'
    narrow = {"width": 400}
    path = page_with(wide)
    path.write_text(path.read_text().replace("default-src 'none'", "style-src 'unsafe-inline'"), encoding="utf-8")
    assert any("span#wide" in line for line in overflow(open_page(path, **narrow)))
    assert overflow(open_page(path)) == []
    path.write_text(path.read_text().replace("<p>", '<p style="overflow-x: auto">'), encoding="utf-8")
    assert overflow(open_page(path, **narrow)) == []


def test_a_screenshot_is_a_picture_of_the_whole_page(open_page, page_with, tmp_path):
    picture = screenshot(open_page(page_with("<br>" * 100)), tmp_path / "shots", "page")
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert int.from_bytes(content[20:24], "big") > 1500  # the height, in PNG's header


def test_html_that_does_not_parse_is_noticed():
    assert html5lib_errors(CLEAN) == []
    [line] = html5lib_errors(CLEAN.format(body="<b>bold"))[:1]
    assert line.startswith("6:")


@pytest.mark.skipif(why_no_nu() is not None, reason=str(why_no_nu()))
def test_html_that_parses_and_is_not_valid_is_noticed():
    twice = CLEAN.format(body='<b id="a">one</b> <b id="a">two</b>')
    assert html5lib_errors(twice) == []
    [line] = nu_errors(CLEAN, twice)
    assert line.startswith('"2.html":6')
    assert "Duplicate ID" in line
    assert html_errors(twice) == [line.replace("2.html", "1.html")]
