"""Same scenario, same seed, same bytes; and what a scenario does not touch does not move."""

import copy
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import lambdasim
from tests.properties.strategies import EXAMPLES, functions, parsed, run, triggers, worlds
from tests.theory.worlds import direct, function, log_of
from tests.theory.worlds import world as bare_world

CROWDED = {
    "name": "crowded",
    "seed": 11,
    "duration": "10m",
    "account": {"concurrent_executions": 140},
    "lifecycle": {"idle_timeout": "20 s", "maximum_lifetime": "2m", "placement": "random"},
    "functions": {
        name: {
            "runtime": "python3.13",
            "timeout": 5,
            "handler": {"duration": {"lognormal": {"median": "300 ms", "p99": "6 s"}}, "crash_rate": "2%"},
            "reserved_concurrent_executions": 3,
        }
        for name in ("orders", "payments", "stock")
    },
    "triggers": {
        "web": {"type": "api_gateway", "target": "orders", "arrivals": {"poisson": {"rate": "5/s"}}, "rate": "6/s"},
        "jobs": {"type": "direct", "target": "payments", "arrivals": {"constant": {"rate": "4/s"}}},
        "shop": {
            "type": "journey",
            "arrivals": {"bursts": {"low": "1/s", "high": "5/s", "mean_low": "1m", "mean_high": "1m"}},
            "client": {"retries": "adaptive", "clients": 3},
            "flows": [{"steps": [{"invoke": "orders"}, {"wait": "1 s"}, {"invoke": "stock"}]}],
        },
    },
}
# Both logs and the saved files of the world in sys.argv[1], as one digest.
DIGEST_PROGRAM = """
import hashlib, pathlib, sys, tempfile
import lambdasim
digest = hashlib.sha256()
result = lambdasim.simulate(lambdasim.parse_scenario(sys.argv[1]))
for log in (result.invocation_columns, result.environment_columns):
    for name, column in log.items():
        digest.update(name.encode() + column.tobytes())
with tempfile.TemporaryDirectory() as folder:
    result.save(folder)
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.name != "manifest.json":  # which alone says how long the run took
            digest.update(path.name.encode() + path.read_bytes())
print(digest.hexdigest())
"""


def logs(result):
    """The bytes of both logs."""
    digest = hashlib.sha256()
    for log in (result.invocation_columns, result.environment_columns):
        for column in log.values():
            digest.update(column.tobytes())
    return digest.hexdigest()


def without_timings(summary):
    return {key: value for key, value in summary.items() if key not in ("wall_s", "invocations_per_wall_s")}


@settings(EXAMPLES, max_examples=40)
@given(worlds())
def test_the_same_scenario_and_seed_give_the_same_bytes(world):
    first, second = (lambdasim.simulate(parsed(world)) for _ in range(2))
    assert logs(first) == logs(second)
    assert without_timings(first.summary()) == without_timings(second.summary())


def test_logs_and_saved_files_are_the_same_bytes_in_other_processes_that_hash_otherwise():
    root = Path(__file__).parents[2]
    digests = set()
    for hash_seed in ("0", "1", "4711"):
        answer = subprocess.run(
            [sys.executable, "-c", DIGEST_PROGRAM, yaml.safe_dump(CROWDED, sort_keys=False)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        )
        digests.add(answer.stdout)
    assert len(digests) == 1


def test_another_seed_gives_another_run():
    scenario = parsed(CROWDED)
    assert logs(lambdasim.simulate(scenario, seed=1)) != logs(lambdasim.simulate(scenario, seed=2))


def assert_alike(full, none, *path):
    """Equal, but for percentiles, which a sketch gives within 1 %."""
    if isinstance(full, dict):
        assert full.keys() == none.keys(), path
        for key in full:
            assert_alike(full[key], none[key], *path, key)
    elif full is not None and path[-1].startswith("p") and path[-2].endswith("_ms"):
        assert none == pytest.approx(full, rel=0.01, abs=1e-3), path
    else:
        assert full == none, path


@EXAMPLES
@given(worlds())
def test_a_run_without_log_has_the_same_summary_but_for_percentiles_within_one_percent(world):
    full, none = (lambdasim.simulate(parsed(world), log=log) for log in ("full", "none"))
    assert none.invocation_columns is None
    assert_alike(without_timings(full.summary()), without_timings(none.summary()))


def rows_of(outcome, names):
    """The rows of these functions by name of trigger and function; environments are numbered over all functions."""
    frame = outcome.result.invocations
    frame = frame[frame["function"].isin(names)].drop(columns="environment")
    return frame.astype({"function": str, "trigger": str}).sort_values(["trigger", "event", "attempt"]).to_numpy()


@EXAMPLES
@given(worlds(parameters={}, account={"concurrent_executions": 5000}), st.data())
def test_adding_a_function_moves_no_row_of_the_others(world, data):
    wider = copy.deepcopy(world)
    others = list(world["functions"])
    wider["functions"] = {"new": data.draw(functions()), **wider["functions"]}
    wider["triggers"] = {"to-new": data.draw(triggers(("new",))), **wider["triggers"]}
    before, after = rows_of(run(world), others), rows_of(run(wider), others)
    assert before.shape == after.shape
    assert np.all((before == after) | ((before != before) & (after != after)))  # noqa: PLR0124  # NaN is NaN here


@settings(EXAMPLES, max_examples=20)
@given(st.sampled_from([128, 512, 1769]), st.sampled_from([256, 1024, 3008]), st.integers(0, 99))
def test_an_event_has_the_same_luck_at_two_memory_sizes(small_mb, large_mb, seed):
    # Durations are the same draw times the CPU's scale, each rounded to a microsecond; so paired runs share their luck.
    def durations_us(memory_mb, rate):
        service = {"lognormal": {"median": "200 ms", "p99": "2 s"}}
        scenario = bare_world(
            {"f": function(service, memory_size=memory_mb, handler={"measured_at": 1769})},
            {"calls": direct("f", {"constant": {"rate": rate}})},
            duration="20 s",
        )
        log = log_of(scenario, seed=seed)
        return (log["ended_us"] - log["started_us"])[:200], 1769 / min(memory_mb, 1769)

    (small, small_scale), (large, large_scale) = durations_us(small_mb, "10/s"), durations_us(large_mb, "40/s")
    assert np.all(np.abs(small / small_scale - large / large_scale) <= 0.5 / small_scale + 0.5 / large_scale)
