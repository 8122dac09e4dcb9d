"""``lambdasim report --what-if``: what is asked for, what is refused, and that the page's command gives its numbers."""

import json
import re
import shlex
from html import unescape
from pathlib import Path

import pytest

from lambdasim.report.page import run

SHORT = ("--set", "duration=1m", "--replications", 3, "--workers", 1)


def grid_in(page):
    [data] = re.findall(r'<script type="application/json" id="what-if-data">(.*?)</script>', page)
    return json.loads(data)


def command_in(page):
    [line] = re.findall(r'<code id="what-if-command">(.*?)</code>', page)
    return shlex.split(unescape(line))


@pytest.fixture(autouse=True)
def without_figures(monkeypatch):
    """They take long, and are looked at elsewhere."""
    monkeypatch.setattr(run, "pictures_of", lambda *_: [])


@pytest.fixture
def report(command):
    def called(*words):
        return command("report", "shop.yaml", *SHORT, *words)

    return called


def test_the_grid_is_told_simulated_and_put_on_the_page(report):
    done = report("--what-if", "traffic=0.5,2", "--what-if", "functions.api.memory_size", "-o", "p.html")
    assert done.status == 0, done.err
    assert done.err == (
        "What if: 3 of traffic x 4 of functions.api.memory_size are 12 points, 3 runs each: 36 runs.\n"
        "Written to p.html\n"
    )
    grid = grid_in(Path("p.html").read_text(encoding="utf-8"))
    assert [axis["numbers"] for axis in grid["axes"]] == [[0.5, 1, 2], [256, 512, 1024, 1536]]
    assert len(grid["estimates"]) == 12 * len(grid["measures"])


def test_the_command_on_the_page_gives_the_numbers_on_the_page(report, command):
    measures = ("--measure", "api.latency_ms.p99", "--measure", "api.cold_starts")
    report("--what-if", "functions.api.memory_size=1024", *measures, "-o", "p.html")
    page = Path("p.html").read_text(encoding="utf-8")
    grid, words = grid_in(page), command_in(page)
    assert words[:3] == ["lambdasim", "replicate", "shop.yaml"]
    for step, text in enumerate(grid["axes"][0]["texts"]):
        chosen = [re.sub(r"^functions.api.memory_size=.*", f"functions.api.memory_size={text}", each) for each in words]
        document = json.loads(command(*chosen[1:], "--json", "--workers", 1).out)
        for place, measure in enumerate(document["measures"]):
            shown = grid["estimates"][step * 2 + place]
            assert shown == [measure["value"], measure["low"], measure["high"], measure["n"]]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--what-if", "traffic="), "--what-if: traffic=: write PATH or PATH=VALUE,VALUE, for example traffic=0.5,1,2"),
        (("--what-if", "traffic=2", "--what-if", "traffic=3"), "--what-if: traffic: stands there twice"),
        (("--what-if", "functions.api.timeout"), "--what-if: functions.api.timeout: it has no usual values"),
        (("--what-if", "functions.ipa.memory_size"), "there is no function 'ipa'"),
        (("--what-if", "functions.api.runtime=python3.12"), "'python3.12' is no number"),
        (("--what-if", "functions.api.memory_size=64"), "--what-if: functions.api.memory_size: "),
        (("--what-if", "functions.api.memory_size=128..1024"), "'128..1024' is no number"),
        (("--what-if", "auto=3"), "auto"),
        (("--what-if", "auto", "--replications", "1"), "--replications: --what-if needs 2 or more at each point"),
        (("--what-if", "traffic=2", "--vary", "traffic=1,2"), "--what-if: traffic: goes around one scenario"),
        (("--what-if", f"traffic={','.join(map(str, range(1, 4000)))}"), "at most 10,000 are done"),
    ],
)
def test_what_can_not_be_is_refused_before_anything_is_written(report, folder, words, problem):
    done = report(*words)
    assert (done.status, done.out) == (2, "")
    assert problem in done.err
    assert "Traceback" not in done.err
    assert [file.name for file in folder.iterdir()] == ["shop.yaml"]


def test_all_that_is_wrong_is_told_at_once(report):
    done = report("--what-if", "functions.api.timeout", "--what-if", "functions.api.architecture=arm64")
    assert done.status == 2
    assert len(re.findall("--what-if: functions", done.err)) == 2


def test_around_a_folders_run_the_grid_is_that_of_its_scenario_and_seed(command):
    words = ("--what-if", "traffic=2", "--replications", 2, "--workers", 1)
    command("run", "shop.yaml", "--set", "duration=1m", "--seed", 7, "-o", "run")
    done = command("report", "run", *words)
    assert (done.status, done.err.splitlines()[-1]) == (0, "Written to run/report.html")
    command("report", "shop.yaml", "--set", "duration=1m", "--seed", 7, *words, "-o", "p.html")
    pages = [Path(name).read_text(encoding="utf-8") for name in ("run/report.html", "p.html")]
    assert grid_in(pages[0]) == grid_in(pages[1])


def test_a_folder_without_its_scenario_has_no_sliders(command):
    command("run", "shop.yaml", "--set", "duration=1m", "-o", "run")
    Path("run/scenario.yaml").write_text("name: other", encoding="utf-8")
    done = command("report", "run", "--what-if", "traffic=2")
    assert done.status == 2
    assert "--what-if: traffic: needs the folder's scenario: " in done.err


def test_ctrl_c_leaves_nothing_behind(report, folder, monkeypatch):
    from lambdasim.analysis import what_if_grid  # noqa: PLC0415

    def interrupted(*_words, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(what_if_grid, "sweep", interrupted)
    done = report("--what-if", "traffic=2")
    assert done.status == 130
    assert [file.name for file in folder.iterdir()] == ["shop.yaml"]
