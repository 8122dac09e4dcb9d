"""A browser for tests of pages, and checkers; a test that needs what is not installed here is skipped, with the reason.

A test asks for what it uses by name::

    def test_the_page_opens_and_is_accessible_in_the_dark(open_page, axe, page_of_a_run):
        page = open_page(page_of_a_run, width=400, scheme="dark")  # fails on any request, console message or exception
        page.get_by_label("Memory").press("ArrowRight")
        assert axe(page) == []

Pages close with the test. What a page does until then (a request, a console message, an exception of its scripts)
fails the test at its end. ``overflow`` and ``screenshot`` stand in pages.py, ``html_errors`` in checks.py, for tests
of other folders too.
"""

import pytest

from tests.browser.checks import axe_violations, why_no_axe
from tests.browser.pages import chromium, visit, why_no_browser


# For the package, not the session: while playwright lives, its event loop counts as running in this thread, and who
# starts one of their own there (as notebooks do) fails.
@pytest.fixture(scope="package")
def browser():
    """The Chromium of this machine (a playwright Browser), started once for this folder."""
    if reason := why_no_browser():
        pytest.skip(reason)
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser):
    """``open_page(path, width=1280, scheme="light", media=None, scripts=True)`` -> playwright Page; see pages.visit."""
    visits = []

    def opened(path, **options):
        seen = visit(browser, path, **options)
        visits.append(seen)
        assert seen.problems == []
        return seen.page

    yield opened
    for seen in visits:
        seen.page.context.close()
    assert [problem for seen in visits for problem in seen.problems] == []


@pytest.fixture
def axe():
    """``axe(page)`` -> the accessibility rules that the open page breaks, a readable line each."""
    if reason := why_no_axe():
        pytest.skip(reason)
    return axe_violations
