"""``lambdasim plot``: a figure of a folder, a scenario or a table; whole or not at all."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lambdasim.plots.catalogue import KINDS

SHORT = ("--set", "duration=20s")
FEW = (*SHORT, "--replications", 2, "--workers", 1)
MEMORY = ("--vary", "functions.api.memory_size=256,1024")


@pytest.fixture
def run_folder(command):
    assert command("run", "shop.yaml", *SHORT, "-o", "out").status == 0
    return Path("out")


def is_svg(path):
    return ET.fromstring(Path(path).read_bytes()).tag.endswith("svg")  # noqa: S314 - our own


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_figure_of_a_folder_is_written_under_its_name_and_told_in_words(command, folder, run_folder):
    done = command("plot", run_folder, "cost")
    assert (done.status, done.err) == (0, "Written to cost.svg\n")
    assert done.out.startswith("A month made of such 20 s costs $")
    assert is_svg("cost.svg")
    assert files(folder) == ["cost.svg", "out", "shop.yaml"]


def test_a_scenario_and_the_folder_of_its_run_give_the_same_figure(command, run_folder):
    assert command("plot", run_folder, "cost", "-o", "a.svg").status == 0
    assert command("plot", "shop.yaml", "cost", *SHORT, "-o", "b.svg").status == 0
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()


def test_the_ending_says_the_format_and_several_files_may_be_asked_for(command, run_folder):
    done = command("plot", run_folder, "cost", "-o", "a.png", "-o", "b.svg")
    assert (done.status, done.err) == (0, "Written to a.png\nWritten to b.svg\n")
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")
    assert is_svg("b.svg")


def test_other_seeds_give_other_figures(command):
    for seed in (1, 2):
        assert command("plot", "shop.yaml", "latency", *SHORT, "--seed", seed, "-o", f"{seed}.svg").status == 0
    assert Path("1.svg").read_bytes() != Path("2.svg").read_bytes()


def test_a_figure_of_one_function_is_of_the_one_that_is_named(command, run_folder):
    api, idle = (command("plot", run_folder, "latency", "--function", name) for name in ("api", "idle"))
    assert api.status == 0
    assert "api" in api.out
    assert (idle.status, idle.out) == (2, "")
    assert "idle" in idle.err


def test_memory_is_swept_over_the_values_of_vary(command):
    done = command("plot", "shop.yaml", "memory", *MEMORY, *FEW, "-o", "m.svg")
    assert done.status == 0
    assert done.out.startswith("From 256 to 1,024 MB api's latency p99 goes from")


def test_memory_without_values_tries_the_usual_sizes_of_the_function_that_is_named(command):
    done = command("plot", "shop.yaml", "memory", "--function", "api", *FEW, "--set", "duration=2s")
    assert done.status == 0
    assert done.out.startswith("From 128 to 10,240 MB api's latency p99")


def test_memory_asks_whose_where_there_are_several(command):
    done = command("plot", "shop.yaml", "memory", *FEW)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("--function: say whose memory to vary; there are api, idle\n")


def test_the_table_of_a_sweep_gives_the_figure_of_the_sweep(command):
    measures = (word for key in ("latency_ms.p50", "latency_ms.p99", "cold_start_ms.p99", "events", "successes")
                for word in ("--measure", f"functions.api.{key}"))  # fmt: skip
    swept = command(
        "sweep", "shop.yaml", *MEMORY, *FEW, *measures, "--measure", "total.cost_usd_per_month", "-o", "t.csv"
    )
    assert swept.status == 0
    assert command("plot", "t.csv", "memory", "-o", "table.svg").status == 0
    assert command("plot", "shop.yaml", "memory", *MEMORY, *FEW, "-o", "scenario.svg").status == 0
    assert Path("table.svg").read_bytes() == Path("scenario.svg").read_bytes()


def test_cost_by_traffic_is_drawn_at_the_factors_that_are_named(command):
    done = command("plot", "shop.yaml", "cost-by-traffic", "--traffic", "3", *FEW)
    assert done.status == 0
    assert "at 3 times the traffic" in done.out


def test_a_comparison_of_several_scenarios(command, write):
    write(Path("shop.yaml").read_text(encoding="utf-8").replace("80 ms", "160 ms"), "slow.yaml")
    done = command("plot", "slow.yaml", "shop.yaml", "comparison", "--measure", "api.duration_ms.mean", *FEW)
    assert done.status == 0
    assert "api.duration_ms.mean (ms) compared with slow: better with shop (" in done.out


def test_help_lists_every_figure(command):
    shown = " ".join(command("plot", "--help").out.split())
    assert all(f"{name} {kind.shows}" in shown for name, kind in KINDS.items())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("shop.yaml", "cots"), "FIGURE: cots: is no figure; did you mean 'cost'?\n"),
        (("shop.yaml", "cost", "-o", "f.pdf"), "-o: f.pdf: the name says no format; end it in .svg or .png\n"),
        (("shop.yaml", "cost", "-o", "none/f.svg"), "-o: none/f.svg: can't write it: there is no folder 'none'\n"),
        (
            ("shop.yaml", "cost", "--function", "api"),
            "--function: cost of a scenario has no use for it; it takes --set",
        ),
        (("shop.yaml", "cost", *MEMORY), "--vary: cost of a scenario has no use for it"),
        (("shop.yaml", "cost", "--cluster", "tcp://a:1"), "--cluster: cost of a scenario has no use for it"),
        (("shop.yaml", "latency", "--function", "apo", *SHORT), "lambdasim: no function is named 'apo'"),
        (("shop.yaml", "queues", *SHORT), "lambdasim: no trigger's events wait in a queue or a stream\n"),
        (("shop.yaml", "shop.yaml", "cost"), "RUN: shop.yaml: cost is drawn of one; compare several by: comparison\n"),
        (("t.csv", "cost"), "RUN: t.csv: is a table, and cost is drawn of a run"),
        (("t.csv", "comparison"), "RUN: t.csv: is a table, and comparison is drawn of scenarios"),
        (("t.csv", "memory"), "lambdasim: t.csv: there is no such file\n"),
        ((".", "memory"), "RUN: .: is the folder of one run, and memory is drawn of many: name a scenario\n"),
        ((".", "cost"), "lambdasim: .: holds no lambdasim result"),
        ((".", "cost", "--seed", "3"), "--seed: cost of a folder has no use for it; it takes none but -o\n"),
        (("none.yaml", "cost"), "none.yaml: can't read it"),
        (("shop.yaml", "environments", "--from", "soon"), "--from: 'soon' is not a duration"),
        (("shop.yaml", "environments", "--from", "10s", "--to", "5s"), "--to: 5s: is not after --from 10s\n"),
        (("shop.yaml", "memory", "--vary", "functions.api.timeout=1,2"), "the sweep varies no function's memory"),
        (("shop.yaml", "memory", "--vary", "functions.api.memory_size=256"), "the sweep has a single memory size"),
        (("shop.yaml", "memory", *MEMORY, "--function", "idle"), "varies the memory of api, not of idle"),
        (("shop.yaml", "memory", "--function", "apo"), "--vary: functions.apo.memory_size: "),
        (("shop.yaml", "cost-by-traffic", "--traffic", "1"), "--traffic: 1: is the present traffic"),
        (("shop.yaml", "memory", "--set", "functions.api.memory_size=256", *MEMORY), "is varied, too, by --vary"),
        (("shop.yaml", "comparison", *FEW), "a single variant has nothing to be compared with"),
        (("shop.yaml",), "FIGURE: shop.yaml: name RUN and FIGURE, for example"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(command, folder, words, told):
    done = command("plot", *words)
    assert (done.status, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err
    assert files(folder) == ["shop.yaml"]


def test_all_that_is_wrong_is_told_at_once(command):
    done = command("plot", "shop.yaml", "cost", "--traffic", "2", "--baseline", "1", "-o", "a.pdf", "-o", "none/b.svg")
    assert [line.split(":")[0] for line in done.err.splitlines()[:-1]] == ["--traffic", "--baseline", "-o", "-o"]
    assert done.err.endswith("\n4 problems; nothing was simulated.\n")


@pytest.mark.parametrize(
    "words",
    [
        ("latency", "--function", "apo"),
        ("queues", "--trigger", "hhtp"),
        ("memory", "--vary", "functions.api.timeout=1,2"),
        ("cost-by-traffic", "--traffic", "1"),
    ],
)
def test_what_can_be_told_without_a_run_is_told_before_it(command, monkeypatch, words):
    def refuse(*_, **__):
        raise AssertionError

    for module in ("simulation.simulate", "analysis.sweep.sweep", "analysis.cost.cost"):
        monkeypatch.setattr(f"lambdasim.{module}", refuse)
    assert command("plot", "shop.yaml", *words).status == 2


def test_times_that_are_wrong_are_told_with_all_else(command):
    done = command("plot", "shop.yaml", "environments", "--from", "soon", "--to", "later", "-o", "a.pdf")
    assert [line.split(":")[0] for line in done.err.splitlines()[:-1]] == ["--from", "--to", "-o"]


def test_a_window_of_the_environments_is_drawn(command, run_folder):
    done = command("plot", run_folder, "environments", "--from", "5s", "--to", "10s", "--most", "1")
    assert done.status == 0
    assert done.out.startswith("Between 5s and 10s ")


def test_a_figure_that_can_not_be_written_leaves_what_was_there(command, folder, run_folder, monkeypatch):
    Path("cost.svg").write_text("older", encoding="utf-8")

    def refuse(_self, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    done = command("plot", run_folder, "cost")
    assert (done.status, done.out) == (2, "")
    assert "lambdasim: cost.svg: can't write it: No space left on device" in done.err
    assert Path("cost.svg").read_text(encoding="utf-8") == "older"
    assert files(folder) == ["cost.svg", "out", "shop.yaml"]
