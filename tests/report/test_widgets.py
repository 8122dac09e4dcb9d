"""What-if in notebooks: sliders where there are any, a table elsewhere."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest

import lambdasim
from lambdasim.analysis.observations import Design
from lambdasim.errors import InputError
from lambdasim.report import widgets
from lambdasim.report.what_if import command, reading_rows
from tests.cli.shop import VARYING as WORLD

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def explorer():
    scenario = lambdasim.parse_scenario(WORLD, file="a<b>.yaml")
    vary = {"functions.api.memory_size": [512, 1024], "traffic": [0.5, 1, 2]}
    measures = ["api.latency_ms.p99", "api.cold_starts"]
    return lambdasim.what_if(lambdasim.sweep(scenario, vary, measures=measures, design=Design(2)))


@pytest.fixture
def kernel(monkeypatch):
    """As in a notebook's process."""
    pytest.importorskip("ipywidgets")  # it looks for IPython itself
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())))


def test_around_a_run_a_grid_is_simulated_on_its_luck():
    scenario, vary, measures = lambdasim.parse_scenario(WORLD), {"traffic": [1, 2]}, ["api.events"]
    run = lambdasim.simulate(scenario, seed=7)
    around = lambdasim.what_if(run, vary, measures=measures, design=Design(2))
    swept = lambdasim.what_if(lambdasim.sweep(scenario, vary, measures=measures, design=Design(2, seed=7)))
    assert around.frame.equals(swept.frame)
    assert around.grid.sweep.observations[0, 0, 0] == run.summary()["functions"]["api"]["events"]


def test_around_a_run_the_usual_is_varied_where_nothing_is_named():
    run = lambdasim.simulate(lambdasim.parse_scenario(WORLD.replace("1m", "5s")))
    paths = lambdasim.what_if(run, design=Design(2)).grid.sweep.paths
    assert [path.rpartition(".")[2] for path in paths] == [
        "memory_size",
        "provisioned_concurrent_executions",
        "traffic",
    ]


def test_what_is_neither_a_run_nor_a_sweep_is_refused_and_so_is_what_a_sweep_has_no_use_for(explorer):
    with pytest.raises(InputError, match="expected a sweep, found int"):
        lambdasim.what_if(3)
    with pytest.raises(InputError, match=r"vary: is of a run.*\n.*design: is of a run"):
        lambdasim.what_if(explorer.grid.sweep, {"traffic": [1, 2]}, design=Design(2))


def test_outside_a_notebook_it_is_a_table_of_all_simulated_points(explorer):
    bundle = explorer._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert bundle["text/html"].count("<tr>") == 7
    assert len(repr(explorer).splitlines()) == 8
    assert len(explorer.frame) == 12


@pytest.mark.usefixtures("kernel")
def test_without_ipywidgets_a_notebook_shows_the_table(explorer, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(widgets, "find_spec", lambda name: None if name == "ipywidgets" else there(name))
    assert set(explorer._repr_mimebundle_()) == {"text/plain", "text/html"}


@pytest.mark.usefixtures("kernel")
def test_a_notebook_with_ipywidgets_shows_sliders_and_keeps_the_table_for_readers_without(explorer):
    pytest.importorskip("ipywidgets")
    bundle = explorer._repr_mimebundle_()
    assert VIEW in bundle
    assert bundle["text/html"].startswith("<table>")


def test_sliders_begin_at_the_scenario_as_it_is_and_show_what_the_grid_says(explorer):
    pytest.importorskip("ipywidgets")
    memory, traffic, below, notes = explorer._sliders().children
    assert (memory.value, memory.min, memory.max, traffic.value) == (512, 512, 1024, 1)
    assert (memory.description, traffic.description) == ("Memory of api (MB)", "Traffic (times)")
    assert "as it is" in below.value
    memory.value, traffic.value = 700, 1.5
    reading = explorer.at(memory_size=700, traffic=1.5)
    for cells in reading_rows(explorer.grid, reading):
        assert all(f"<td>{cell}</td>" in below.value for cell in cells)
    assert "Interpolated" in below.value
    assert "functions.api.memory_size=700" in below.value
    memory.value, traffic.value = 1024, 2 - 1e-12
    assert "Simulated: 2 runs" in below.value
    assert "no confidence interval" in notes.value


def test_names_are_escaped(explorer):
    pytest.importorskip("ipywidgets")
    below = explorer._sliders().children[2].value
    assert "<b>" not in below
    assert "a&lt;b&gt;.yaml" in below


def test_short_names_will_do(explorer):
    assert explorer.at(memory_size=700) == explorer.at({"functions.api.memory_size": 700})
    assert explorer.command(traffic=2) == command(explorer.grid, explorer.at(traffic=2).overrides)
