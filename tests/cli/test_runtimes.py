"""``lambdasim runtimes``."""

import json
from datetime import UTC, datetime

import pytest

from lambdasim.cli import runtimes as verb


def test_it_lists_runtimes_with_dates_and_percentiles_and_leaves_with_0(command):
    run = command("runtimes", "--family", "python", "--architecture", "arm64", "--package-type", "Image")
    assert (run.status, run.err) == (0, "")
    assert "python3.13" in run.out
    assert "Image" in run.out
    assert " Zip " not in run.out


def test_the_state_is_that_of_the_day_asked_for(command):
    def status(day):
        document = json.loads(command("runtimes", "--family", "ruby", "--as-of", day, "--json").out)
        assert document["schema_version"] == 1
        return {runtime["runtime"]: runtime["status"] for runtime in document["runtimes"]}["ruby3.3"]

    days = ("2026-01-01", "2026-12-01", "2027-03-31", "2027-04-30", "2027-05-31")
    states = ["supported", "deprecated soon", "deprecated", "create blocked", "update blocked"]
    assert [status(day) for day in days] == states


def test_the_day_is_today_where_none_is_given(command, monkeypatch):
    assert verb._today() == datetime.now(UTC).date()  # noqa: TID251
    monkeypatch.setattr(verb, "_today", lambda: datetime(2031, 2, 3, tzinfo=UTC).date())
    assert command("runtimes", "--family", "go").out.startswith("Runtimes on 2031-02-03\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--family", "pyton"), "lambdasim: no runtime family or language is called 'pyton'; nearest: python\n"),
        (("--architecture", "arm"), "'arm' is not one of 'x86_64', 'arm64'"),
        (("--package-type", "zip"), "'zip' is not one of 'Zip', 'Image'"),
        (("--as-of", "tomorrow"), "'tomorrow' does not match the format '%Y-%m-%d'"),
        (("more",), "unexpected extra argument"),
    ],
)
def test_a_wrong_call_leaves_with_2_and_a_message(command, words, says):
    run = command("runtimes", *words)
    assert (run.status, run.out) == (2, "")
    assert says in run.err
