"""No message is lost and none ends twice, whatever the queues, their mappings and their functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lambdasim
from lambdasim.codes import Fate
from tests.properties.strategies import ARRIVALS, DURATION, lifecycles, parsed, share

EXAMPLES = settings(max_examples=80, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
MINUTE_US = 60_000_000
ENDED = (Fate.SUCCESS, Fate.RECEIVES_EXCEEDED, Fate.EXPIRED, Fate.RECURSIVE, Fate.FILTERED)


@st.composite
def functions(draw: st.DrawFn, emits_to: list[str]) -> dict[str, Any]:
    """A function that fails in every way, is short of concurrency, and may feed a queue."""
    handler = draw(
        st.fixed_dictionaries(
            {"duration": DURATION, "error_rate": share(0, 0, 20), "crash_rate": share(0, 0, 10)},
            optional={
                "per_record": st.sampled_from(["0 s", "100 ms", "1 s"]),
                "record_error_rate": share(0, 10, 50),
            },
        )
    )
    if emits_to and draw(st.booleans()):
        handler["emits"] = [{"to": draw(st.sampled_from(emits_to)), "probability": draw(share(30, 50))}]
    return draw(
        st.fixed_dictionaries(
            {
                "runtime": st.just("python3.13"),
                "timeout": st.sampled_from([1, 3, 10]),
                "handler": st.just(handler),
                "init": st.sampled_from([{}, {"duration": "0 s"}, {"duration": "1 s"}]),
            },
            optional={"reserved_concurrent_executions": st.sampled_from([0, 1, 2, 5])},
        )
    )


@st.composite
def queues(draw: st.DrawFn, names: list[str], *, dead_letters: str | None) -> dict[str, Any]:
    """A queue with a mapping; ``dead_letters``: the queue that may be its dead-letter queue."""
    fifo = draw(st.sampled_from([False, False, True]))
    queue = draw(
        st.fixed_dictionaries(
            {"visibility_timeout": st.sampled_from(["10 s", "12 s", "30 s", "60 s"])},
            optional={
                "message_retention": st.sampled_from(["60 s", "120 s", "1h"]),
                "delay": st.sampled_from(["1 s", "15 s"]),
                "max_receive_count": st.sampled_from([1, 2, 5]),
                "backlog": st.sampled_from([1, 30, 200]),
            },
        )
    )
    if fifo:
        queue |= {"fifo": True, "message_groups": draw(st.sampled_from([1, 3, {"count": 20, "zipf": 1.5}]))}
    if draw(st.booleans()):
        queue["dead_letter"] = "discard-counted" if dead_letters is None or fifo else dead_letters
    trigger = {"type": "sqs", "target": draw(st.sampled_from(names)), "arrivals": draw(ARRIVALS), "queue": queue}
    if draw(st.booleans()):
        trigger["poison"] = {"rate": draw(share(5, 30))}
    return trigger | draw(mappings(fifo=fifo))


@st.composite
def mappings(draw: st.DrawFn, *, fifo: bool) -> dict[str, Any]:
    """What a mapping may say of batches, pollers and failures."""
    keys: dict[str, Any] = {"batch_size": draw(st.sampled_from([1, 2, 10]))}
    if not fifo and draw(st.booleans()):
        keys |= {"maximum_batching_window_in_seconds": draw(st.sampled_from([1, 5, 30]))}
        keys["batch_size"] = draw(st.sampled_from([3, 10, 25]))
    kind = draw(st.sampled_from(["standard", "standard", "limited", "provisioned"]))
    if kind == "limited":
        keys["scaling_config"] = {"maximum_concurrency": draw(st.sampled_from([2, 4]))}
    elif kind == "provisioned":
        keys["provisioned_poller_config"] = {"minimum_pollers": 2, "maximum_pollers": draw(st.sampled_from([2, 5]))}
    if draw(st.booleans()):
        keys["function_response_types"] = ["ReportBatchItemFailures"]
    if draw(st.sampled_from([False, False, True])):
        keys["filter"] = {"pass": draw(share(0, 50, 90))}
    return keys


@st.composite
def worlds(draw: st.DrawFn, **fixed: Any) -> dict[str, Any]:
    """Up to three queues, one of which may be another's dead-letter queue, and a second mapping on the first."""
    names = ["f", "g"][: draw(st.integers(1, 2))]
    triggers = {"d": draw(queues(names, dead_letters=None))}
    standard = "fifo" not in triggers["d"]["queue"]
    for name in ["q", "r"][: draw(st.integers(1, 2))]:
        triggers[name] = draw(queues(names, dead_letters="d" if standard else None))
    if draw(st.booleans()):
        keys = draw(mappings(fifo="fifo" in triggers["q"]["queue"]))
        triggers["s"] = {"type": "sqs", "target": draw(st.sampled_from(names)), "queue": {"shared_with": "q"}, **keys}
    parameters = draw(
        st.fixed_dictionaries(
            {"quotas/account/unreserved_minimum": st.just(0)},
            optional={
                "triggers/sqs/queue/in_flight/standard": st.sampled_from([5, 40]),
                "triggers/sqs/queue/in_flight/fifo": st.sampled_from([5, 40]),
                "triggers/sqs/mapping/pick_up_latency/standard": st.sampled_from(["0 s", "1 s"]),
                "triggers/sqs/pollers/scale_in/after_s": st.just(5),
                "triggers/sqs/pollers/scale_in/every_s": st.just(2),
                "triggers/sqs/pollers/scale_in/long_idle_after_s": st.just(20),
                "triggers/recursion/limit": st.sampled_from([1, 3]),
                "scaling/per_function/burst": st.sampled_from([1, 10]),
            },
        )
    )
    world = {
        "name": "world",
        "seed": draw(st.integers(0, 1000)),
        "duration": draw(st.sampled_from(["10 s", "70 s", "200 s"])),
        "drain": draw(st.sampled_from(["0 s", "30 s", "15m"])),
        "account": {"concurrent_executions": draw(st.sampled_from([15, 1000]))},
        "lifecycle": draw(lifecycles()),
        "parameters": parameters,
        "functions": {name: draw(functions([*triggers])) for name in names},
        "triggers": triggers,
    }
    return {**world, **fixed}


class Run:
    """A run of a world: its logs as int64, and whose queue each trigger polls."""

    def __init__(self, world: dict[str, Any], **options: Any) -> None:
        self.world = world
        self.scenario = parsed(world)
        self.result = lambdasim.simulate(self.scenario, **options)
        self.events = {name: column.astype(np.int64) for name, column in self.result.event_columns.items()}
        self.log = {name: column.astype(np.int64) for name, column in self.result.invocation_columns.items()}
        self.names = list(world["triggers"])
        self.owners = np.array(
            [self.names.index(trigger["queue"].get("shared_with", name)) for name, trigger in world["triggers"].items()]
        )
        self.triggers = self.result.summary()["triggers"]

    def is_fed(self, name: str) -> bool:
        """Whether others may send messages to a queue, also when the measured span is over."""
        mates = {
            mate for mate, trigger in self.world["triggers"].items() if trigger["queue"].get("shared_with") == name
        }
        feeds = [t["queue"].get("dead_letter") for t in self.world["triggers"].values()]
        feeds += [emit["to"] for f in self.world["functions"].values() for emit in f["handler"].get("emits", ())]
        return bool({name, *mates} & set(feeds))

    def series(self, name: str, metric: str) -> np.ndarray:
        frame = self.result.trigger_timeline
        return np.nan_to_num(frame.loc[frame["trigger"] == name, metric].to_numpy())


@EXAMPLES
@given(worlds(), st.sampled_from(["0 s", "0 s", "7 s"]))
def test_messages_are_successes_failures_filtered_ones_and_those_in_flight(world, warm_up):
    run = Run({**world, "warm_up": warm_up})
    measured = run.events["arrived_us"] >= run.scenario.warm_up_us
    for index, (name, found) in enumerate(run.triggers.items()):
        rows = run.events["fate"][measured & (run.events["trigger"] == index)]
        assert set(rows) <= set(ENDED)
        assert found["successes"] == (rows == Fate.SUCCESS).sum()
        assert found["filtered"] == (rows == Fate.FILTERED).sum()
        assert found["events"] == found["successes"] + found["final_failures"]["total"] + found["in_flight"]
        assert found["in_flight"] >= 0, name
    for index, name in enumerate(run.names):
        trigger = world["triggers"][name]
        if run.owners[index] == index and not run.is_fed(name) and run.scenario.drain_us == 15 * MINUTE_US:
            mates = [run.triggers[mate] for mate, owner in zip(run.names, run.owners, strict=True) if owner == index]
            backlog = trigger["queue"].get("backlog", 0) if warm_up == "0 s" else 0
            offered = sum(mate["events"] + mate["filtered"] for mate in mates)
            assert offered == run.triggers[name]["sent"] + backlog
    functions = run.result.summary()["functions"].values()
    assert sum(f["events"] for f in functions) == sum(found["events"] for found in run.triggers.values())


@EXAMPLES
@given(worlds())
def test_a_message_ends_once_and_no_sooner_than_it_came(world):
    run = Run(world)
    queue = run.owners[run.events["trigger"]]
    assert len(set(zip(queue, run.events["event"], strict=True))) == queue.size
    assert np.all(run.events["ended_us"] >= run.events["arrived_us"])
    assert np.all(run.events["ended_us"] <= run.scenario.duration_us + run.scenario.drain_us)
    succeeded = run.events["fate"] == Fate.SUCCESS
    assert np.all(run.events["runs"][succeeded] >= 1)
    assert np.all(run.events["runs"] <= run.events["attempts"])
    assert np.all(run.events["batch"][succeeded] >= 0)
    assert np.all((run.events["batch"] >= 0) == (run.events["runs"] > 0))
    for index, trigger in enumerate(world["triggers"].values()):
        owner = world["triggers"][run.names[run.owners[index]]]["queue"]
        most = owner.get("max_receive_count", 10 if "dead_letter" in owner else None)
        attempts = run.events["attempts"][run.events["trigger"] == index]
        given_up = np.isin(run.events["fate"], [Fate.RECEIVES_EXCEEDED, Fate.RECURSIVE])
        if most is None:
            assert not given_up[run.events["trigger"] == index].any()
        else:
            assert np.all(attempts <= most), trigger
            assert np.all(run.events["attempts"][given_up & (run.events["trigger"] == index)] == most)


@EXAMPLES
@given(worlds(drain="15m"))
def test_a_queue_holds_what_was_sent_less_what_has_ended_at_the_end_of_every_minute(world):
    run = Run(world)
    queue = run.owners[run.events["trigger"]]
    for index, name in enumerate(run.names):
        rows = queue == index
        hidden_and_expired = rows & (run.events["fate"] == Fate.EXPIRED) & (run.events["attempts"] > 0)
        if run.owners[index] != index or hidden_and_expired.any():
            continue
        mates = [n for n, owner in zip(run.names, run.owners, strict=True) if owner == index]
        if any(run.triggers[mate]["in_flight"] for mate in mates):
            continue  # for these there is no row to count
        depth = sum(
            run.series(name, f"ApproximateNumberOfMessages{state}") for state in ("Visible", "NotVisible", "Delayed")
        )
        arrived_us, ended_us = run.events["arrived_us"][rows], run.events["ended_us"][rows]
        backlog = world["triggers"][name]["queue"].get("backlog", 0)
        first = (run.events["event"][rows] < backlog) & (arrived_us == 0)
        fed_by_redrive = any(t["queue"].get("dead_letter") == name for t in world["triggers"].values())
        for minute in range(1, len(depth)):
            at_us = minute * MINUTE_US  # what falls on that instant may be in or out
            there = (arrived_us < at_us) & (ended_us > at_us)
            oldest_s = run.series(name, "ApproximateAgeOfOldestMessage")[minute - 1]
            if not fed_by_redrive and not world["triggers"][name]["queue"].get("delay"):
                # A standard queue's message is passed over once it has come back from its third receive.
                count = there & (run.events["attempts"][rows] < 3)
                if world["triggers"][name]["queue"].get("fifo"):
                    count = there
                assert oldest_s >= (at_us - arrived_us[count].min(initial=at_us)) / 1e6
                still = (arrived_us < at_us) & (ended_us >= at_us)
                assert oldest_s <= (at_us - arrived_us[still].min(initial=at_us)) / 1e6
            least = (first | (arrived_us < at_us)).sum() - (ended_us <= at_us).sum()
            most = (first | (arrived_us <= at_us)).sum() - (ended_us < at_us).sum()
            assert least <= depth[minute - 1] <= most, (name, minute)


@EXAMPLES
@given(worlds(drain="15m"))
def test_every_receive_is_somebody_s_and_so_is_every_run(world):
    run = Run(world)
    if any(found["in_flight"] for found in run.triggers.values()):
        return
    queue = run.owners[run.events["trigger"]]
    for index, name in enumerate(run.names):
        if run.owners[index] == index:
            rows = queue == index
            received = run.series(name, "NumberOfMessagesReceived").sum()
            # A message that has ended may still be on its way in a batch: nothing of that is counted again.
            assert received == run.events["attempts"][rows].sum()
            deleted = np.isin(run.events["fate"][rows], [Fate.SUCCESS, Fate.FILTERED]).sum()
            assert run.series(name, "NumberOfMessagesDeleted").sum() == deleted
        sent = run.log["trigger"] == index  # throttled tries, too
        assert run.series(name, "InvokedEventCount").sum() == run.log["records"][sent].sum()


@EXAMPLES
@given(worlds())
def test_batches_keep_to_their_size_and_pollers_to_their_number(world):
    run = Run(world)
    for index, trigger in enumerate(world["triggers"].values()):
        mine = run.log["trigger"] == index
        assert np.all(run.log["records"][mine] <= trigger["batch_size"])
        assert np.all(run.log["records"][mine] >= 1)
        limit = trigger.get("scaling_config", {}).get("maximum_concurrency")
        limit = limit or 10 * trigger.get("provisioned_poller_config", {}).get("maximum_pollers", 125)
        numbers, last_us = np.unique(run.log["event"][mine]), {}
        on_their_way = numbers.max(initial=-1) + 1 - numbers.size  # when the run ended
        assert 0 <= on_their_way <= limit
        for batch, started, ended, invoked in zip(
            run.log["event"][mine],
            run.log["started_us"][mine],
            run.log["ended_us"][mine],
            run.log["invoked_us"][mine],
            strict=True,
        ):
            at_us = last_us.setdefault(batch, [invoked, invoked])
            at_us[0] = min(at_us[0], invoked)
            at_us[1] = max(at_us[1], ended if started >= 0 and ended >= 0 else invoked)
        changes = sorted(change for begin, end in last_us.values() for change in ((begin, 1), (end, -1)))
        assert max(np.cumsum([step for _, step in changes]), default=0) <= limit


@EXAMPLES
@given(worlds())
def test_messages_of_a_fifo_group_succeed_in_their_order_and_never_overlap_but_for_duplicates(world):
    run = Run(world)
    queue = run.owners[run.events["trigger"]]
    for index, name in enumerate(run.names):
        if "fifo" not in world["triggers"][name]["queue"]:
            assert np.all(run.events["lane"][queue == index] == -1)
            continue
        done = (queue == index) & (run.events["fate"] == Fate.SUCCESS)
        for group in np.unique(run.events["lane"][done]):
            rows = done & (run.events["lane"] == group)
            order = np.argsort(run.events["event"][rows])
            assert np.all(np.diff(run.events["ended_us"][rows][order]) >= 0)


@settings(EXAMPLES, max_examples=30)
@given(worlds())
def test_the_same_world_leaves_the_same_bytes(world):
    one, other = Run(world), Run(world)
    for name in one.events:
        assert np.array_equal(one.events[name], other.events[name])
    for name in one.log:
        assert np.array_equal(one.log[name], other.log[name])
    sketched = lambdasim.simulate(one.scenario, log="none").summary()["triggers"]
    for name, found in one.triggers.items():
        for key in ("events", "successes", "in_flight", "requests", "received", "pollers_mean"):
            assert sketched[name].get(key) == found.get(key)
