"""What is set and varied at one place is a mistake: the value that is set would be nowhere."""

from __future__ import annotations

import pytest

MEMORY, TIMEOUT = "functions.api.memory_size", "functions.api.timeout"


@pytest.mark.parametrize("words", [("compare",), ("sweep",), ("size", "--objective", "api.latency_ms.p99 < 300")])
def test_each_path_that_is_set_and_varied_too_is_told_before_anything_runs(command, words):
    verb, *more = words
    vary = ("--vary", f"{MEMORY}=256,512", "--vary", f"{TIMEOUT}=3,4")
    run = command(verb, "shop.yaml", *vary, "--set", f"{TIMEOUT}=9", "--set", "seed=4", "--set", f"{MEMORY}=128", *more)
    assert (run.status, run.out) == (2, "")
    assert run.err == (
        f"--set: {TIMEOUT}: is varied, too, by --vary; leave one out\n"
        f"--set: {MEMORY}: is varied, too, by --vary; leave one out\n"
        "2 problems; nothing was simulated.\n"
    )
