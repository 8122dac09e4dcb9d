from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

import lambdasim
from lambdasim.kernel.eligibility import COMPILED_FROM, engine_for, why_not_compiled
from tests.worlds import at, load, world

SCENARIOS = Path(__file__).parents[2] / "scenarios"
QUEUE = {"type": "sqs", "target": "f", "arrivals": "none"}
TOPIC = {"type": "sns", "target": "f", "arrivals": at("0s")}


def trigger(**keys):
    return {"triggers": {"t": {"target": "f", "arrivals": at("0s"), **keys}}}


INELIGIBLE = {
    "a queue": ({"triggers": {"q": QUEUE}}, "triggers.q is polled (sqs)"),
    "a stream": (trigger(type="kinesis", shards=1), "triggers.t is polled (kinesis)"),
    "a table's stream": (trigger(type="dynamodb_streams", shards=1), "triggers.t is polled (dynamodb_streams)"),
    "refused deliveries": (
        trigger(type="s3", endpoint={"error_rate": "1%"}),
        "triggers.t has an endpoint that refuses deliveries",
    ),
    "a bus that waits": (
        trigger(type="eventbridge", bus="custom", invocation_type="REQUEST_RESPONSE"),
        "triggers.t waits for its functions (REQUEST_RESPONSE)",
    ),
    "many attempts": (
        {
            "parameters": {"sdk/legacy/maximum_attempts": 1000},
            "trigger": {"client": {"retries": "legacy"}},
        },
        "triggers.t has clients that make up to 1,000 attempts; 100 are the most",
    ),
    "emits": (
        {"handler": {"emits": [{"to": "u"}]}, "triggers": {"t": {**TOPIC, "type": "direct"}, "u": TOPIC}},
        "functions.f emits events to other triggers",
    ),
    "a destination": (
        {"function": {"event_invoke_config": {"on_success": "u"}}, "triggers": {"u": TOPIC}},
        "functions.f hands events on to u (on_success)",
    ),
    "a dead-letter queue": (
        {"function": {"dead_letter_config": {"target": "q"}}, "triggers": {"t": TOPIC, "q": QUEUE}},
        "functions.f hands events on to q (dead_letter_config)",
    ),
    "a VPC": (
        {"function": {"vpc_config": {"subnet_ids": ["a"], "security_group_ids": ["g"]}}},
        "functions.f is in a VPC",
    ),
    "a deployment": (
        {
            "function": {
                "versions": {"2": {}},
                "aliases": {
                    "live": {"function_version": "1", "deployment": {"type": "AllAtOnce", "to": "2", "at": "1m"}}
                },
            }
        },
        "functions.f moves its alias live",
    ),
    "an incident": (
        {"incidents": [{"at": "1m", "for": "1m", "function": "f", "handler": {"duration": "x2"}}]},
        "incidents.0 changes what holds",
    ),
}


@pytest.mark.parametrize(("changes", "reason"), INELIGIBLE.values(), ids=INELIGIBLE.keys())
def test_who_asks_for_the_compiled_engine_is_told_why_it_can_not_run_a_scenario(changes, reason):
    scenario = load(world(**changes))
    assert reason in why_not_compiled(scenario)
    with pytest.raises(lambdasim.InputError) as error:
        lambdasim.simulate(scenario, engine="compiled")
    assert f"engine compiled: {reason}" in str(error.value)
    assert engine_for(scenario, "auto", runs=10**9) == "simpy"


def test_all_reasons_are_told_at_once():
    scenario = load(world(handler={"emits": [{"to": "q"}]}, triggers={"q": QUEUE}))
    assert why_not_compiled(scenario) == ["triggers.q is polled (sqs)", "functions.f emits events to other triggers"]


def test_auto_compiles_what_is_long_and_leaves_what_is_short():
    assert engine_for(load(world()), "auto") == "simpy"
    assert engine_for(load(world()), "auto", runs=COMPILED_FROM + 1) == "compiled"


def test_where_events_only_count_what_is_given_up_is_compiled():
    config = {
        "event_invoke_config": {"on_failure": "discard-counted"},
        "dead_letter_config": {"target": "discard-counted"},
    }
    assert why_not_compiled(load(world(function=config, triggers={"t": TOPIC}))) == []


@pytest.fixture
def _no_numba(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "numba" else found(name, *rest)
    )


@pytest.mark.usefixtures("_no_numba")
def test_without_numba_all_works_and_what_would_be_faster_with_it_says_so():
    scenario = load(world())
    assert lambdasim.simulate(scenario).summary()["engine"] == "simpy"
    with pytest.warns(RuntimeWarning, match=r"pip install 'lambdasim-aws\[fast\]'"):
        assert engine_for(scenario, "auto", runs=COMPILED_FROM + 1) == "simpy"
    with pytest.raises(lambdasim.InputError, match="numba is not installed"):
        lambdasim.simulate(scenario, engine="compiled")


def test_where_numba_can_not_be_imported_the_command_works():
    code = "import sys; sys.modules['numba'] = None; from lambdasim.cli.main import main; main(sys.argv[1:])"
    first = str(SCENARIOS / "first.yaml")
    done = subprocess.run([sys.executable, "-c", code, "run", first, "--json"], capture_output=True, check=True)
    assert json.loads(done.stdout)["engine"] == "simpy"
    asked = [sys.executable, "-c", code, "run", first, "--engine", "compiled"]
    refused = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "engine compiled: numba is not installed" in refused.stderr


def test_the_summary_names_the_engine():
    scenario = load(world())
    for engine in ("simpy", "compiled"):
        assert json.loads(json.dumps(lambdasim.simulate(scenario, engine=engine).summary()))["engine"] == engine
