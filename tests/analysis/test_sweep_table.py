"""What a sweep wrote is read back as it was."""

import math

import pandas as pd
import pytest

import lambdasim
from lambdasim.analysis.sweep_table import SweepTable, read_sweep_table
from lambdasim.errors import ResultError
from tests.worlds import load, world

VARY = {"functions.f.memory_size": [128, 256], "lifecycle.idle_timeout": ["1 m", "600 s"]}
HEAD = b"point,x,measure,estimate,low,high,confidence,method,replications\n"
MEASURES = ["f.latency_ms.p99", "functions.f.restore_duration_ms.max", "total.cost_usd_per_month"]


@pytest.fixture(scope="module")
def scenario():
    return load(world(duration="10s", trigger={"arrivals": {"poisson": {"rate": "1/s"}}}))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_comes_back_as_it_was_written(tmp_path, scenario, ending):
    place = tmp_path / f"t.{ending}"
    sweep = lambdasim.sweep(
        scenario, VARY, measures=MEASURES, output=place, design=lambdasim.Design(replications=2, confidence=0.9)
    )
    found, own = read_sweep_table(place), SweepTable.of(sweep)
    assert (found.points, found.confidence, found.paths) == (own.points, 0.9, tuple(VARY))
    assert [measure.keys for measure in found.measures] == [measure.keys for measure in own.measures]
    for ours, theirs in zip(sum(found.estimates, ()), sum(own.estimates, ()), strict=True):
        assert (ours.n, ours.method) == (theirs.n, theirs.method)
        assert [ours.value, ours.low, ours.high] == pytest.approx([theirs.value, theirs.low, theirs.high], nan_ok=True)
    assert math.isnan(found.column(found.measures[1])[0].value)  # nothing was restored


def test_the_tables_of_a_sweep_and_of_its_table_are_the_same(scenario):
    sweep = lambdasim.sweep(scenario, {"seed": [1, 2]}, design=lambdasim.Design(replications=2))
    table = SweepTable.of(sweep)
    assert SweepTable.of(table) is table
    assert table.measured_s == 10.0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "can't be read: No columns"),
        (b"a,b\n1,2\n", "holds no table of a sweep"),
        (HEAD, "holds no table of a sweep"),
        (
            HEAD + b"1,2,m,much,1,2,0.95,t,3\n",
            "no whole table",
        ),
        (
            HEAD + b"1,2,m,1,1,2,0.95,t,3\n1,2,n,1,1,2,0.95,t,3\n2,3,m,1,1,2,0.95,t,3\n",
            "not every point has a row for each measure",
        ),
        (b'"', "can't be read"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, told):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ResultError, match=told):
        read_sweep_table(tmp_path / "t.csv")


def test_a_file_that_is_not_there_or_no_parquet_is_refused(tmp_path):
    with pytest.raises(ResultError, match="there is no such file"):
        read_sweep_table(tmp_path / "t.csv")
    (tmp_path / "t.parquet").write_bytes(b"point,")
    with pytest.raises(ResultError, match="can't be read"):
        read_sweep_table(tmp_path / "t.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "u.parquet")
    with pytest.raises(ResultError, match="holds no table of a sweep"):
        read_sweep_table(tmp_path / "u.parquet")
