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

WORLD = """\
name: shop
seed: 3
duration: 1m
functions:
  api: {runtime: python3.13, memory_size: 512, handler: {duration: {lognormal: {median: 80 ms, p99: 300 ms}}}}
triggers:
  web: {type: api_gateway, target: api, arrivals: {poisson: {rate: 2/s}}}
"""
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


def test_a_result_is_refused_and_what_to_write_is_said():
    with pytest.raises(InputError, match=r"expected a Sweep, found Result.*what_if\(sweep\("):
        lambdasim.what_if(lambdasim.simulate(lambdasim.parse_scenario(WORLD)))


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
