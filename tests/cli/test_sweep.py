import json
import os
import signal
import time
from pathlib import Path

import pandas as pd
import pytest

VARY = ("--vary", "functions.api.memory_size=512,1024", "--vary", "lifecycle.idle_timeout=1m,10m")
SHORT = ("--set", "duration=1m", "--replications", 3, "--measure", "api.latency_ms.p99", "--measure", "api.cold_starts")


def test_it_prints_the_answer_and_writes_the_table(command, folder):
    done = command("sweep", "shop.yaml", *VARY, *SHORT, "--workers", 1, "-o", "t.csv")
    assert (done.status, done.err) == (0, "Written to t.csv\n")
    assert done.out.startswith("api.latency_ms.p99 ")
    assert "12 runs, on seeds 3 to 5 at every point." in done.out
    assert len(pd.read_csv("t.csv")) == 8
    assert sorted(file.name for file in folder.iterdir()) == ["shop.yaml", "t.csv"]


def test_the_document_is_one_of_json(command):
    done = command("sweep", "shop.yaml", *VARY, *SHORT, "--workers", 1, "--json")
    document = json.loads(done.out)
    assert (done.status, done.err) == (0, "")
    assert len(document["points"]) == 4
    assert [measure["measure"] for measure in document["measures"]] == ["api.latency_ms.p99", "api.cold_starts"]


def test_a_sample_of_ranges(command):
    vary = ("--vary", "functions.api.memory_size=512..1024", "--vary", "lifecycle.idle_timeout=60s..600s,log")
    done = command("sweep", "shop.yaml", *vary, *SHORT, "--workers", 1, "--sample", 5, "-o", "t.parquet")
    assert done.status == 0
    table = pd.read_parquet("t.parquet")
    assert table["functions.api.memory_size"].between(512, 1024).all()
    assert table["lifecycle.idle_timeout"].str.removesuffix(" s").astype(float).between(60, 600).all()
    assert table["point"].tolist() == [number for number in range(1, 6) for _ in range(2)]


def test_a_dry_run_checks_and_counts_and_does_nothing(command, folder, monkeypatch):
    monkeypatch.setattr("lambdasim.simulation.simulate", None)
    done = command("sweep", "shop.yaml", *VARY, "--dry-run", "-o", "t.csv")
    assert (done.status, done.out) == (0, "4 points, 10 replications each: 40 runs.\n")
    assert command("sweep", "shop.yaml", "--vary", "functions.api.memory_size=1", "--dry-run").status == 2
    assert not (folder / "t.csv").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--vary: name what to vary, such as functions.api.memory_size=256,512\n"),
        (("--vary", "functions.api.memory_size"), "write PATH=VALUE,VALUE"),
        (("--vary", "functions.apo.memory_size=512"), "--vary: functions.apo.memory_size: there is no function 'apo'"),
        (("--vary", "functions.api.memory_size=512..1024"), "is a range; say with --sample how many points to draw"),
        ((*VARY, "--measure", "api.latency_ms.p98"), "--measure: api.latency_ms.p98: the summary has no 'p98'"),
        ((*VARY, "--cluster", "somewhere"), "--cluster: somewhere: write the address of the cluster's scheduler"),
        ((*VARY, "-o", "t.xlsx"), "lambdasim: t.xlsx: the name says no format; end it in .csv or .parquet\n"),
        ((*VARY, "--cluster", "foo://127.0.0.1:1"), "lambdasim: the cluster at foo://127.0.0.1:1 can't be reached"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(command, folder, words, told):
    done = command("sweep", "shop.yaml", *words)
    assert (done.status, done.out) == (2, "")
    assert told in done.err
    assert "Traceback" not in done.err
    assert [file.name for file in folder.iterdir()] == ["shop.yaml"]


def test_every_verb_that_simulates_often_takes_a_cluster(command):
    for verb in ("sweep", "replicate"):
        assert "--cluster ADDRESS" in command(verb, "--help").out


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(command, start, folder, workers):
    words = ("sweep", "shop.yaml", *VARY, "--set", "duration=3h", "--replications", 20, "-o", "t.csv")
    process = start(*words, "--workers", workers, start_new_session=True)
    journal, deadline = folder / "t.csv.journal", time.monotonic() + 60
    while not journal.exists() or journal.read_bytes().count(b"\n") < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to all
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert [line for line in err.splitlines() if line] == [  # click breaks the line that ^C stands in
        "What is done is kept: the same command goes on from there.",
        "lambdasim: interrupted; no half-written result was left.",
    ]
    with pytest.raises(ProcessLookupError):  # nobody is left
        _wait_for_the_last(process.pid)
    done = journal.read_bytes().count(b"\n") - 1
    assert 2 <= done < 80
    assert not Path("t.csv").exists()
    assert command(*words[:-4], "--replications", 2, "-o", "t.csv", "--workers", 1).status == 0
    assert not journal.exists()


@pytest.mark.parametrize("after_s", [0.5, 1.2, 2.0])
def test_ctrl_c_while_workers_start_ends_quietly_too(start, after_s):
    words = ("sweep", "shop.yaml", *VARY, "--set", "duration=3h", "-o", "t.csv", "--workers", 2)
    ours, theirs = os.pipe()
    process = start(*words, first=f"import os; os.write({theirs}, b'.')", pass_fds=[theirs], start_new_session=True)
    os.read(ours, 1)
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, out) == (130, "")
    assert err.strip().endswith("lambdasim: interrupted; no half-written result was left.")
    assert len([line for line in err.splitlines() if line]) <= 2
    with pytest.raises(ProcessLookupError):
        _wait_for_the_last(process.pid)


def _wait_for_the_last(group, seconds=20):
    """``ProcessLookupError`` as soon as no process of a group is left."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        os.killpg(group, 0)
        time.sleep(0.02)
