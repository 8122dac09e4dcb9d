"""``lambdasim run --workers``: functions that share nothing are simulated side by side, or it says why not."""

import json

PAIR = """
name: pair
duration: 1m
functions:
  one: &function {runtime: python3.13, handler: {duration: 80 ms}}
  two: *function
triggers:
  a: {type: direct, target: one, arrivals: {poisson: {rate: 2/s}}}
  b: {type: direct, target: two, arrivals: {poisson: {rate: 2/s}}}
"""


def told(text):
    return {key: value for key, value in json.loads(text).items() if not key.endswith("wall_s")}


def test_parts_and_the_whole_print_the_same(command, write):
    write(PAIR)
    whole, apart = (
        command("run", "shop.yaml", "--log", "none", "--json"),
        ("run", "shop.yaml", "--log", "none", "--json"),
    )
    for workers in ("1", "2"):
        run = command(*apart, "--workers", workers)
        assert (run.status, run.err, told(run.out)) == (0, "", told(whole.out))


def test_what_can_t_be_parted_is_simulated_as_a_whole_and_says_why(command, write):
    write(PAIR + "  topic: {type: sns, targets: [one, two]}\n")
    run = command("run", "shop.yaml", "--log", "none", "--workers", "2")
    assert run.status == 0
    assert run.err == "Simulated as a whole: there is nothing to part; triggers.topic invokes one, two\n"


def test_parts_leave_no_log(command, write):
    write(PAIR)
    for option in (("--workers", "2"), ("--cluster", "tcp://127.0.0.1:1")):
        run = command("run", "shop.yaml", *option)
        assert run.status == 2
        assert f"{option[0]}: functions that are simulated apart leave no common log; add --log none" in run.err


def test_the_engine_is_named_in_the_summary_and_one_that_can_t_says_why(command, write):
    write(PAIR)
    assert json.loads(command("run", "shop.yaml", "--engine", "simpy", "--json").out)["engine"] == "simpy"
    write(PAIR.replace("type: direct, target: two", "type: sqs, target: two"))
    run = command("run", "shop.yaml", "--engine", "compiled")
    assert run.status == 2
    assert "triggers.b is polled (sqs)" in run.err
