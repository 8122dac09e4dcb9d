import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import lambdasim
from lambdasim.analysis import observations
from lambdasim.analysis import sweep as sweep_module
from lambdasim.analysis.intervals import Estimate, estimate_of
from lambdasim.analysis.observations import Design, measured, measures_of
from lambdasim.analysis.runner import Workers
from lambdasim.analysis.sweep import sweep
from lambdasim.analysis.tables import tidy
from lambdasim.analysis.variants import laid_over
from lambdasim.errors import InputError, ResultError
from lambdasim.kernel import eligibility

WORLD = """\
name: shop
seed: 3
duration: {duration}
functions:
  api: {{runtime: python3.13, memory_size: 512, handler: {{duration: {{lognormal: {{median: 80 ms, p99: 300 ms}}}}}}}}
triggers:
  web: {{type: api_gateway, target: api, arrivals: {{poisson: {{rate: 2/s}}}}}}
"""
VARY = {"functions.api.memory_size": [512, 1024], "lifecycle.idle_timeout": ["1m", "10m"]}
MEASURES = ["api.latency_ms.p99", "api.cold_starts", "total.cost_usd"]
THREE = Design(replications=3)


def world(duration="1m"):
    return lambdasim.parse_scenario(WORLD.format(duration=duration))


def swept(output, **options):
    options = {"measures": MEASURES, "design": THREE, "output": output} | options
    return sweep(options.pop("scenario", None) or world(), options.pop("vary", VARY), **options)


class Interrupt:
    """Progress that is interrupted after so many runs."""

    def __init__(self, runs, total):
        self.share = runs / total

    def __call__(self, share):
        if share >= self.share - 1e-9:
            raise KeyboardInterrupt


@pytest.fixture
def table(tmp_path):
    """What an undisturbed sweep writes."""
    swept(tmp_path / "whole.csv")
    return (tmp_path / "whole.csv").read_bytes()


@pytest.fixture
def runs(monkeypatch):
    """The runs that are done in this process, one by one."""
    done = []

    def counted(point):
        done.append(str(point))
        return measured(point)

    monkeypatch.setattr(sweep_module, "measured", counted)
    return done


def test_the_table_has_what_each_point_comes_to_by_itself(tmp_path):
    found, scenario = swept(tmp_path / "t.csv"), world()
    frame = pd.read_csv(tmp_path / "t.csv")
    assert list(frame.columns) == [
        *("point", "functions.api.memory_size", "lifecycle.idle_timeout", "measure"),
        *("estimate", "low", "high", "confidence", "method", "replications"),
    ]
    assert len(frame) == 4 * len(MEASURES)
    pd.testing.assert_frame_equal(frame, found.frame)
    assert frame["functions.api.memory_size"].tolist()[:: 2 * len(MEASURES)] == [512, 1024]
    row = frame[(frame["point"] == 3) & (frame["measure"] == "api.latency_ms.p99")].iloc[0]
    assert (row["functions.api.memory_size"], row["lifecycle.idle_timeout"]) == (1024, "1m")
    variant = laid_over(scenario, {"functions.api.memory_size": "1024", "lifecycle.idle_timeout": "1m"})
    values = [
        lambdasim.simulate(variant, seed=seed).summary()["functions"]["api"]["latency_ms"]["p99"] for seed in (3, 4, 5)
    ]
    alone = estimate_of(found.measures[0], values)
    assert (row["estimate"], row["low"], row["high"], row["replications"]) == (alone.value, alone.low, alone.high, 3)


def test_runs_that_are_few_by_themselves_take_the_compiled_engine_together(monkeypatch):
    chosen = []

    def simulate(scenario, **options):
        chosen.append(options["engine"])
        return lambdasim.simulate(scenario, **options | {"engine": "simpy"})

    monkeypatch.setattr(observations, "simulate", simulate)
    monkeypatch.setattr(eligibility, "COMPILED_FROM", 1000)  # a run has 120 events
    swept(None, design=Design(replications=2))
    swept(None, design=THREE)
    assert chosen == ["simpy"] * 8 + ["compiled"] * 12


def test_a_number_without_an_interval_is_not_told():
    measures = measures_of(world(), MEASURES[:1])
    frame = tidy([{"a": "1"}], measures, [[Estimate(5.0, math.nan, math.nan, 1, "t")]], THREE)
    assert frame[["estimate", "low", "high"]].isna().all(axis=None)
    assert frame["replications"].tolist() == [1]


@pytest.mark.parametrize(("texts", "kind"), [(["1", "20"], "i"), (["1", "2.5"], "f"), (["1", "1 s"], "O")])
def test_values_are_numbers_where_all_are_bare_numbers(texts, kind):
    estimate = [Estimate(5.0, 4.0, 6.0, 3, "t")]
    frame = tidy([{"a": text} for text in texts], measures_of(world(), MEASURES[:1]), [estimate, estimate], THREE)
    assert pd.api.types.infer_dtype(frame["a"]) == {"i": "integer", "f": "floating", "O": "string"}[kind]


def test_csv_and_parquet_hold_the_same_table(tmp_path):
    swept(tmp_path / "t.csv")
    swept(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "t.csv"), pd.read_parquet(tmp_path / "t.parquet"))


def test_the_table_is_the_same_byte_by_byte_for_any_number_of_workers(tmp_path, table, cluster):
    for number, workers in enumerate((Workers(2), Workers(3), Workers(cluster=cluster.address))):
        output = tmp_path / f"{number}.csv"
        swept(output, design=replace(THREE, workers=workers))
        assert output.read_bytes() == table
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.csv", "1.csv", "2.csv", "whole.csv"]


def test_a_worker_of_the_cluster_that_is_killed_in_mid_run_changes_nothing(tmp_path, cluster):
    vary = {"functions.api.memory_size": list(range(512, 544))}
    swept(tmp_path / "whole.csv", vary=vary)
    before = len(cluster.processes)
    doomed = cluster.add_worker()
    cluster.wait_for_workers(before)  # all but the scheduler
    shares = []

    def kill_after_ten(share):
        shares.append(share)
        if len(shares) == 10:
            assert doomed.poll() is None
            doomed.kill()

    design = replace(THREE, workers=Workers(cluster=cluster.address))
    swept(tmp_path / "t.csv", vary=vary, design=design, progress=kill_after_ten)
    cluster.processes.remove(doomed)
    assert doomed.wait() == -signal.SIGKILL
    assert len(shares) == 32 * 3
    assert (tmp_path / "t.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


KILLED = """\
import time
from lambdasim.analysis.observations import Design
from lambdasim.analysis.runner import Workers
from tests.analysis.test_sweep import LONG, swept

def wait_at_the_sixth(share):
    if share > 5.5 / 64:
        time.sleep(600)

swept("{output}", vary=LONG, design=Design(replications=4, workers=Workers({workers})), progress=wait_at_the_sixth)
"""
LONG = {"functions.api.memory_size": list(range(512, 528))}  # 16 points, 64 runs


@pytest.mark.parametrize("workers", [1, 2])
def test_a_sweep_that_is_killed_goes_on_where_it_was(tmp_path, runs, workers):
    output, journal = tmp_path / "t.csv", tmp_path / "t.csv.journal"
    script = KILLED.format(output=output, workers=workers)
    pipes = {"stderr": subprocess.DEVNULL}  # a tracker of semaphores complains of the kill
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2], **pipes)
    deadline = time.monotonic() + 60
    while not journal.exists() or journal.read_bytes().count(b"\n") < 7:  # a header, and six runs
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not output.exists()
    options = {"vary": LONG, "design": Design(replications=4)}
    found = swept(output, **options)
    assert (found.resumed, len(runs)) == (6, 58)
    swept(tmp_path / "whole.csv", **options)
    assert output.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not journal.exists()


def interrupted(output, runs_done=5, total=12, **options):
    with pytest.raises(KeyboardInterrupt):
        swept(output, progress=Interrupt(runs_done, total), **options)
    return output.with_name(f"{output.name}.journal")


def test_a_line_that_a_kill_tore_is_dropped_and_its_run_done_again(tmp_path, table, runs):
    journal = interrupted(tmp_path / "t.csv")
    content = journal.read_bytes()
    for torn in (content[:-1], content[:-20], content[: content.index(b"\n") + 1], content[:30], b""):
        journal.write_bytes(torn)
        runs.clear()
        assert swept(tmp_path / "t.csv").resumed == max(0, torn.count(b"\n") - 1) == 12 - len(runs)
        assert (tmp_path / "t.csv").read_bytes() == table


def test_a_sweep_may_be_torn_again_and_again(tmp_path, table):
    for runs_done in (3, 6, 9):
        journal = interrupted(tmp_path / "t.csv", runs_done)
        journal.write_bytes(journal.read_bytes()[:-5])
    assert swept(tmp_path / "t.csv").resumed == 8
    assert (tmp_path / "t.csv").read_bytes() == table


def test_a_journal_grows_by_what_goes_on_from_it(tmp_path, table):
    interrupted(tmp_path / "t.csv", 3)
    journal = interrupted(tmp_path / "t.csv", 8)
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert [(line["point"], line["replication"]) for line in lines[1:]] == [(n // 3, n % 3) for n in range(8)]
    assert swept(tmp_path / "t.csv").resumed == 8
    assert (tmp_path / "t.csv").read_bytes() == table


def test_more_replications_go_on_from_fewer(tmp_path, table, runs):
    interrupted(tmp_path / "t.csv", 5, 8, design=Design(replications=2))
    runs.clear()
    assert swept(tmp_path / "t.csv").resumed == 5
    assert len(runs) == 7
    assert (tmp_path / "t.csv").read_bytes() == table


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"vary": {"functions.api.memory_size": [512, 2048]}}, "another scenario or --vary"),
        ({"scenario": world("2m")}, "another scenario or --vary"),
        ({"measures": MEASURES[:2]}, "another list of measures"),
        ({"design": replace(THREE, seed=9)}, "another --seed"),
        ({"design": replace(THREE, log="none"), "measures": MEASURES[:1]}, "another list of measures, another --log"),
    ],
)
def test_the_journal_of_another_sweep_is_refused_unless_told_to_begin_anew(tmp_path, changed, told):
    journal = interrupted(tmp_path / "t.csv")
    before = journal.read_bytes()
    with pytest.raises(ResultError) as raised:
        swept(tmp_path / "t.csv", **changed)
    assert str(raised.value) == (
        f"{journal}: a sweep with {told} was begun there; name another output, or begin anew with --fresh"
    )
    assert journal.read_bytes() == before
    assert swept(tmp_path / "t.csv", fresh=True, **changed).resumed == 0
    assert not journal.exists()


def test_a_changed_recording_makes_it_another_sweep(tmp_path):
    (tmp_path / "day.csv").write_text("1\n2\n3\n", encoding="utf-8")
    trace = "{trace: {file: day.csv, format: timestamps}}"
    text = WORLD.format(duration="1m").replace("{poisson: {rate: 2/s}}", trace)

    def scenario():
        return lambdasim.parse_scenario(text, base=tmp_path)

    interrupted(tmp_path / "t.csv", scenario=scenario())
    (tmp_path / "day.csv").write_text("1\n2\n4\n", encoding="utf-8")
    with pytest.raises(ResultError, match="another scenario or --vary"):
        swept(tmp_path / "t.csv", scenario=scenario())


def test_a_damaged_journal_is_refused(tmp_path):
    journal = interrupted(tmp_path / "t.csv")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    with pytest.raises(ResultError, match=r"t.csv.journal: line 2 is damaged; begin anew with --fresh$"):
        swept(tmp_path / "t.csv")


@pytest.mark.parametrize("content", ["dear diary\n", "{}\n", "no line"])
def test_a_file_that_is_no_journal_is_left_alone_even_by_a_fresh_start(tmp_path, content):
    journal = tmp_path / "t.csv.journal"
    journal.write_text(content, encoding="utf-8")
    for fresh in (False, True):
        with pytest.raises(ResultError, match="holds something else than the journal of a sweep"):
            swept(tmp_path / "t.csv", fresh=fresh)
    assert journal.read_text(encoding="utf-8") == content


def test_a_sweep_that_fails_before_anything_is_done_leaves_nothing(tmp_path):
    with pytest.raises(lambdasim.LambdasimError):
        swept(tmp_path / "t.csv", design=replace(THREE, workers=Workers(cluster="foo://127.0.0.1:1")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("t.txt", "the name says no format; end it in .csv or .parquet"),
        ("no/t.csv", "can't be written: there is no such folder"),
        ("mine.csv", "holds something else than a sweep's table; name another file"),
        ("mine.parquet", "holds something else than a sweep's table; name another file"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_work(tmp_path, runs, name, told):
    for mine in ("mine.csv", "mine.parquet"):
        (tmp_path / mine).write_text("my own\n", encoding="utf-8")
    with pytest.raises(ResultError) as raised:
        swept(tmp_path / name)
    assert str(raised.value).startswith(f"{tmp_path / name}: {told}")
    assert runs == []


def test_parquet_without_pyarrow_tells_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("lambdasim.analysis.tables.find_spec", lambda _name: None)
    with pytest.raises(ResultError, match=r"pip install 'lambdasim-aws\[parquet\]', or end it in .csv"):
        swept(tmp_path / "t.parquet")


def test_a_table_of_an_earlier_sweep_is_replaced(tmp_path, table):
    swept(tmp_path / "t.csv", measures=MEASURES[:1])
    swept(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes() == table


def test_all_that_is_wrong_with_any_point_is_told_once_before_anything_runs(runs):
    vary = {
        "functions.api.memory_size": [64, 512, "much"],
        "duration": ["1m", "forever"],
        "functions.nobody.timeout": [3],
    }
    with pytest.raises(InputError) as raised:
        sweep(world(), vary, measures=["api.nothing", *MEASURES])
    told = [str(problem) for problem in raised.value.problems]
    assert len(told) == len(set(told)) == 5
    for word in ("64", "much", "forever", "nobody", "nothing"):
        assert sum(word in text for text in told) == 1
    assert runs == []


def test_a_range_is_checked_at_its_ends_and_many_problems_are_cut():
    with pytest.raises(InputError) as raised:
        sweep(world(), {"functions.api.memory_size": ["64..512"]}, sample=500)
    assert len(raised.value.problems) == 1
    with pytest.raises(InputError) as raised:
        sweep(world(), {"functions.api.memory_size": list(range(1, 120))})
    assert len(raised.value.problems) == 21
    assert str(raised.value.problems[-1]) == "--vary: 99 more problems like these"


def test_a_sample_is_drawn_from_the_seed_and_can_go_on_too(tmp_path):
    options = {"vary": {"functions.api.memory_size": "512..1024", "duration": "50s..70s"}, "sample": 4}
    swept(tmp_path / "whole.csv", **options)
    interrupted(tmp_path / "t.csv", **options)
    assert swept(tmp_path / "t.csv", **options).resumed == 5
    assert (tmp_path / "t.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    other = swept(None, **options, design=Design(replications=2, seed=8))
    memory = "functions.api.memory_size"
    assert set(other.frame[memory]) != set(pd.read_csv(tmp_path / "t.csv")[memory])


def test_without_an_output_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not math.isnan(swept(None).estimates[0][0].value)
    assert list(tmp_path.iterdir()) == []
