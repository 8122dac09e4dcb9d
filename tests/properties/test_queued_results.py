"""What a result tells of queued events is what its logs say, kept or not, saved or not, in whatever process."""

import hashlib

import numpy as np
import pandas as pd
import pytest

import lambdasim
from lambdasim.records import NEVER
from tests.properties.strategies import parsed
from tests.properties.test_reproducibility import assert_alike, without_timings

WORLD = {
    "name": "every-kind-of-trigger",
    "seed": 5,
    "duration": "10m",
    "functions": {
        "web": {"runtime": "python3.13", "handler": {"duration": "80 ms", "emits": [{"to": "orders"}]}},
        "worker": {
            "runtime": "python3.13",
            "handler": {"duration": "1 s", "record_error_rate": "5%", "emits": [{"to": "topic"}]},
        },
        "resize": {
            "runtime": "python3.13",
            "handler": {"duration": {"exponential": {"mean": "700 ms"}}, "error_rate": "20%"},
            "reserved_concurrent_executions": 2,
            "event_invoke_config": {"maximum_retry_attempts": 1, "maximum_event_age_in_seconds": 90},
            "dead_letter_config": {"target": "discard-counted"},
        },
        "index": {"runtime": "python3.13", "handler": {"duration": "50 ms", "emits": [{"to": "clicks"}]}},
        "count": {"runtime": "python3.13", "handler": {"duration": "200 ms", "error_rate": "10%"}},
    },
    "triggers": {
        "api": {"type": "api_gateway", "target": "web", "arrivals": {"poisson": {"rate": "2/s"}}},
        "orders": {"type": "sqs", "target": "worker", "queue": {"max_receive_count": 2}},
        "topic": {"type": "sns", "targets": ["resize", "index"]},
        "uploads": {"type": "s3", "target": "resize", "arrivals": {"poisson": {"rate": "2/s"}}},
        "clicks": {
            "type": "kinesis",
            "target": "count",
            "shards": 2,
            "starting_position": "LATEST",
            "maximum_retry_attempts": 1,
            "filter": {"pass": "70%"},
            "arrivals": {"poisson": {"rate": "3/s"}},
        },
    },
}


@pytest.fixture(scope="module")
def result():
    return lambdasim.simulate(parsed(WORLD))


def test_every_event_of_every_trigger_and_function_is_accounted_for(result):
    found = result.summary()
    assert found["triggers"]["uploads"]["final_failures"]["expired"] > 0
    assert found["triggers"]["orders"]["final_failures"]["receives_exceeded"] > 0
    assert found["triggers"]["clicks"]["filtered"] > 0
    for entry in (*found["functions"].values(), *found["triggers"].values()):
        assert entry["events"] > 0
        assert entry["events"] == entry["successes"] + entry["final_failures"]["total"] + entry["in_flight"]
    for name in ("events", "successes", "in_flight", "invocations", "retries", "dropped", "dead_lettered"):
        of_functions = sum(function[name] for function in found["functions"].values())
        assert sum(trigger.get(name, 0) for trigger in found["triggers"].values()) == of_functions


@pytest.mark.parametrize("warm_up", ["0s", "90s"])
def test_without_the_logs_all_counts_are_the_same(warm_up):
    kept, sketched = (lambdasim.simulate(parsed(WORLD | {"warm_up": warm_up}), log=log) for log in ("full", "none"))
    assert_alike(without_timings(kept.summary()), without_timings(sketched.summary()))
    same = [name for name in sketched.timeline if name in kept.timeline]
    pd.testing.assert_frame_equal(kept.timeline[same], sketched.timeline[same], check_exact=True)
    pd.testing.assert_frame_equal(kept.trigger_timeline, sketched.trigger_timeline, check_exact=True)


def test_two_runs_save_the_same_bytes_and_load_to_the_same_result(result, tmp_path):
    digests = []
    for place, each in (("one", result), ("two", lambdasim.simulate(parsed(WORLD)))):
        each.save(tmp_path / place)
        files = sorted(path for path in (tmp_path / place).iterdir() if path.name != "manifest.json")
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
    assert digests[0] == digests[1]
    assert {"events.parquet", "triggers.csv"} < set(digests[0])
    loaded = lambdasim.Result.load(tmp_path / "two")
    assert without_timings(loaded.summary()) == without_timings(result.summary())
    for table in ("events", "invocations", "timeline", "trigger_timeline"):
        pd.testing.assert_frame_equal(getattr(loaded, table), getattr(result, table), check_exact=True)


def test_what_the_functions_metrics_say_of_asynchronous_events_is_what_became_of_them(result):
    account = result.timeline[result.timeline["function"] == "*"]
    asynchronous = result.events[result.events["trigger"].isin(["topic", "uploads"])]
    queued = asynchronous["queued_us"] != NEVER
    in_flight = sum(result.summary()["triggers"][name]["in_flight"] for name in ("topic", "uploads"))
    assert account["AsyncEventsReceived"].sum() == queued.sum() + in_flight
    assert account["AsyncEventsDropped"].sum() == (queued & (asynchronous["fate"] != "success")).sum() > 0
    attempts = result.invocations[result.invocations["trigger"].isin(["topic", "uploads"])]
    assert account["AsyncEventAge_Maximum"].max() == (attempts["invoked_us"] - attempts["arrived_us"]).max() / 1000


def test_a_chain_is_followed_from_the_call_to_its_last_event(result):
    took_ms = result.end_to_end(origin="api", end="clicks")
    summary, waited = result.summary()["triggers"], result.events
    assert 0 < took_ms.size <= summary["api"]["successes"]
    longest = int(took_ms.idxmax())
    chain = result.chain("api", longest)
    assert chain["log"].iloc[0] == "invocations"
    depths = dict(zip(("api", "orders", "topic", "clicks"), range(4), strict=True))
    assert chain["depth"].tolist() == [depths[trigger] for trigger in chain["trigger"]]
    assert set(chain["trigger"]) == {"api", "orders", "topic", "clicks"}
    last = chain[(chain["trigger"] == "clicks") & (chain["fate"] == "success")]
    assert last["end_to_end_ms"].max() == took_ms[longest]
    of_api = waited[(waited["trigger"] == "clicks") & (waited["origin_trigger"] == "api")]
    assert took_ms.max() == of_api.loc[of_api["fate"] == "success", "end_to_end_ms"].max()
    for earlier, later in (("orders", "topic"), ("topic", "clicks")):  # what follows begins as the one before ends
        ends = set(chain.loc[chain["trigger"] == earlier, "ended_us"])
        assert set(chain.loc[chain["trigger"] == later, "arrived_us"]) <= ends


def test_a_trigger_that_nothing_feeds_ends_its_own_chains(result):
    uploads = result.summary()["triggers"]["uploads"]
    assert uploads["end_to_end_ms"] == uploads["latency_ms"]
    took_ms = result.end_to_end(origin="uploads", end="uploads")
    assert took_ms.size == uploads["successes"]
    assert took_ms.max() == uploads["latency_ms"]["max"]
    assert np.isclose(took_ms.mean(), uploads["latency_ms"]["mean"])
