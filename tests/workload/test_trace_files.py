import gzip
import json

import numpy as np
import pytest
from arrival_kinds import times_of

from lambdasim.units import US_PER_MINUTE, US_PER_S
from lambdasim.workload.trace_files import read_trace
from lambdasim.workload.traces import CountTrace, Trace


@pytest.fixture
def written(tmp_path):
    """Write a file and name its path."""

    def write(text, name="trace.csv"):
        path = tmp_path / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("text", "column", "expected_s"),
    [
        ("0.5\n1.25\n7\n", None, [0.5, 1.25, 7]),
        ("when\n0.5\n1.25\n", None, [0.5, 1.25]),
        ("1589587970.25\n1589587971.5\n", None, [0, 1.25]),
        ("id,timestamp\na,3\nb,3\n", None, [3, 3]),
        ("id,sent,done\na,3,4\nb,5,6\n", "done", [4, 6]),
        ("2026-01-05T00:00:00Z\n2026-01-05T02:00:01.5+01:00\n", None, [0, 3601.5]),
        ("at\n2026-01-05 00:00:00\n2026-01-05 00:00:00.000001\n", None, [0, 1e-6]),
        ("0\n0.57\n\n\n", None, [0, 0.57]),
        ("\ufefftimestamp\n1\n2\n", None, [1, 2]),
    ],
)
@pytest.mark.parametrize("name", ["trace.csv", "trace.csv.gz"])
def test_timestamps_are_seconds_or_dates_from_the_first_or_from_zero(written, text, column, expected_s, name):
    trace = read_trace(written(text, name), "timestamps", column=column)
    assert isinstance(trace, Trace)
    assert trace.instants_us.tolist() == [round(second * US_PER_S) for second in expected_s]


def test_a_written_trace_comes_back(written):
    instants = np.sort(np.random.Generator(np.random.PCG64(1)).integers(0, 10**12, 10_000))
    path = written("\n".join(f"{instant / 1e6:.6f}" for instant in instants))
    assert np.array_equal(times_of(read_trace(path, "timestamps"), 10**13), instants)
    fast = read_trace(path, "timestamps", time_scale=0.5, repeat=True)
    assert np.array_equal(times_of(fast, int(instants[-1]) // 2), instants[:-1] // 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\n3\n2\n", "row 3: 2.* is earlier than the row before"),
        ("t\n1\n-3\n", "row 3: found '-3' where a time of 0 or more is wanted"),
        ("1\n\n3\n", "row 2: found nothing where a number is wanted"),
        ("t\n1\nx\n3\n", "row 3: found 'x' where a number is wanted"),
        ("1\ninf\n", "row 2: found 'inf'"),
        ("1767571200000\n1767571200001\n", "row 1: found '1767571200000' where a time in seconds is wanted"),
        ("2026-01-05\n2026-13-05\n", "row 2: found '2026-13-05' where seconds or an ISO 8601 date"),
        ("2026-01-05\n2026-01-04\n", "row 2: 2026-01-04 is earlier"),
        ("t\nTrue\nFalse\n", "row 2: found 'True'"),
        ("t\n", "holds no rows"),
        ("", "row 1 is empty"),
        ("a,b\n1,2\n", "which column\\? name one with `column`; it has 'a', 'b'"),
        ("t\n1\n2,3\n4\n", "row 3: found '2,3' where a number"),
    ],
)
def test_a_wrong_timestamp_is_told_with_its_row(written, text, words):
    with pytest.raises(ValueError, match=words) as refusal:
        read_trace(written(text), "timestamps")
    assert str(refusal.value).startswith("trace.csv: ")


def test_an_unknown_column_is_told_with_the_nearest(written):
    with pytest.raises(ValueError, match="no column 'star'; did you mean 'start'"):
        read_trace(written("start,end\n1,2\n"), "timestamps", column="star")


@pytest.mark.parametrize(
    ("text", "function", "expected"),
    [
        ("3\n0\n12\n", None, [3, 0, 12]),
        ("count\n3\n0\n", None, [3, 0]),
        ("minute,a,b\n7,1,10\n8,2,20\n", None, [11, 22]),
        ("minute,a,b\n7,1,10\n8,2,20\n", "b", [10, 20]),
        ("a,b\n1.0,10\n2,20\n", "a", [1, 2]),
    ],
)
def test_counts_per_minute_are_one_function_or_the_sum(written, text, function, expected):
    trace = read_trace(written(text), "counts_per_minute", function=function)
    assert isinstance(trace, CountTrace)
    assert (trace.counts.tolist(), trace.interval_us) == (expected, US_PER_MINUTE)


@pytest.mark.parametrize(
    ("text", "function", "words"),
    [
        ("3\n-1\n", None, "row 2: found '-1' where a count"),
        ("3\n1.5\n", None, "row 2: found '1.5' where a count"),
        ("minute,a\n1,3\n3,4\n", "a", "row 3: found '3' where the minute after the row before"),
        ("minute,alpha\n1,3\n", "alpa", "no column 'alpa'; did you mean 'alpha'"),
    ],
)
def test_a_wrong_count_is_told_with_its_row(written, text, function, words):
    with pytest.raises(ValueError, match=words):
        read_trace(written(text), "counts_per_minute", function=function)


AZURE_2019 = (
    "HashOwner,HashApp,HashFunction,Trigger,1,2,3\n"
    "o,app1,f1,queue,1,2,3\no,app1,f2,http,10,0,0\no,app2,f3,timer,0,0,7\n"
)


@pytest.mark.parametrize(("function", "expected"), [(None, [11, 2, 10]), ("f2", [10, 0, 0]), ("app1", [11, 2, 3])])
def test_azure_2019_selects_a_function_or_an_app_or_takes_all(written, function, expected):
    assert read_trace(written(AZURE_2019), "azure_2019", function=function).counts.tolist() == expected


@pytest.mark.parametrize(
    ("text", "function", "words"),
    [
        (AZURE_2019, "app3", "no HashFunction or HashApp is 'app3'"),
        (AZURE_2019, "f33", "no HashFunction or HashApp is 'f33'; did you mean 'f3'"),
        (AZURE_2019.replace("0,7", "0,-7"), None, "row 4: minute 3 is -7"),
        (AZURE_2019.replace("queue,1,2", "queue,1,x"), "f1", "row 2: minute 2 is x"),
        (AZURE_2019.replace("HashApp", "App"), None, "no column 'HashApp'"),
        (AZURE_2019.replace("Trigger,1,2,3", "Trigger,1,3,2"), None, "columns must be called 1, 2, 3"),
    ],
)
def test_a_wrong_azure_2019_file_is_told(written, text, function, words):
    with pytest.raises(ValueError, match=words):
        read_trace(written(text), "azure_2019", function=function)


AZURE_2021 = "app,func,end_timestamp,duration\na1,f1,10.5,0.5\na1,f2,4.0,1.0\na2,f1,0.25,0.5\n"


@pytest.mark.parametrize(("function", "expected_s"), [(None, [0, 3, 10]), ("f1", [0, 10]), ("a1", [3, 10])])
def test_azure_2021_arrivals_are_the_ends_less_the_durations(written, function, expected_s):
    trace = read_trace(written(AZURE_2021), "azure_2021", function=function)
    assert trace.instants_us.tolist() == [second * US_PER_S for second in expected_s]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (AZURE_2021.replace("4.0,1.0", "4.0,-1"), "row 3: found '-1.0' where a duration of 0 or more, in seconds"),
        (AZURE_2021.replace("4.0,1.0", ",1"), "row 3: found nothing where a number"),
        ("app,func,end_timestamp,duration\n", "holds no rows"),
    ],
)
def test_a_wrong_azure_2021_file_is_told(written, text, words):
    with pytest.raises(ValueError, match=words):
        read_trace(written(text), "azure_2021")


def metric_data(*series):
    names = ("Id", "Label", "Timestamps", "Values")
    return json.dumps({"MetricDataResults": [dict(zip(names, one, strict=True)) for one in series]})


INVOCATIONS = ("inv", "Invocations", [f"2026-11-01T00:{minute:02}:00+00:00" for minute in (10, 5, 20)], [7.0, 3.0, 9.0])
THROTTLES = ("thr", "Throttles", ["2026-11-01T00:10:00Z"], [5.0])


def test_cloudwatch_takes_any_order_and_period_and_fills_gaps_with_zero(written):
    trace = read_trace(written(metric_data(INVOCATIONS, THROTTLES)), "cloudwatch")
    assert trace.counts.tolist() == [3, 7, 0, 9]
    assert trace.interval_us == 5 * US_PER_MINUTE
    one = read_trace(written(metric_data(INVOCATIONS, THROTTLES)), "cloudwatch", function="thr")
    assert (one.counts.tolist(), one.interval_us) == ([5], US_PER_MINUTE)


def test_cloudwatch_statistics_are_read_by_their_sums(written):
    points = [{"Timestamp": f"2026-11-01T00:0{minute}:00Z", "Sum": minute * 10.0} for minute in (2, 1)]
    trace = read_trace(written(json.dumps({"Label": "Invocations", "Datapoints": points})), "cloudwatch")
    assert (trace.counts.tolist(), trace.interval_us) == ([10, 20], US_PER_MINUTE)


@pytest.mark.parametrize(
    ("text", "function", "words"),
    [
        ("{", None, "not JSON"),
        ("[1]", None, "not an answer of get-metric-data"),
        (json.dumps({"Datapoints": [{"Timestamp": "2026-11-01T00:00:00Z", "Average": 1}]}), None, "--statistics Sum"),
        (metric_data(INVOCATIONS, THROTTLES), "inw", "no series is 'inw'; did you mean 'inv'"),
        (metric_data(INVOCATIONS, ("b", *INVOCATIONS[1:])), None, "several series are called Invocations"),
        (metric_data(("a", "b", ["2026-11-01T00:00:00Z"], [])), None, "1 timestamps for 0 values"),
        (metric_data(("a", "b", [], [])), None, "holds no data points"),
        (metric_data(("a", "b", ["2026-11-01T00:00:00Z"] * 2, [1, 2])), None, "whole number of periods"),
        (metric_data(("a", "b", ["yesterday"], [1])), None, "found 'yesterday'"),
        (metric_data(("a", "b", ["2026-11-01T00:00:00Z"], [-1])), None, "where a count"),
    ],
)
def test_a_wrong_cloudwatch_export_is_told(written, text, function, words):
    with pytest.raises(ValueError, match=words):
        read_trace(written(text), "cloudwatch", function=function)


def test_a_missing_file_and_a_folder_raise_what_the_system_says(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_trace(tmp_path / "nothing.csv", "timestamps")
    for name in ("timestamps", "cloudwatch"):
        with pytest.raises(IsADirectoryError):
            read_trace(tmp_path, name)


def test_a_file_that_is_not_gzip_or_not_text_is_told(tmp_path, written):
    broken = tmp_path / "broken.csv.gz"
    broken.write_text("1\n2\n")
    with pytest.raises(ValueError, match=r"broken.csv.gz: not a readable"):
        read_trace(broken, "timestamps")
    cut = written("\n".join(map(str, range(100_000))), "cut.csv.gz")
    cut.write_bytes(cut.read_bytes()[:-5000])
    with pytest.raises(ValueError, match=r"cut.csv.gz: not a readable"):
        read_trace(cut, "timestamps")
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="not a readable text"):
        read_trace(binary, "timestamps")


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("azure", {}, "'azure' is not a trace format; there are timestamps, counts_per_minute"),
        ("timestamps", {"function": "f"}, "format timestamps takes `column`, not `function`"),
        ("azure_2021", {"column": "f"}, "format azure_2021 takes `function`, not `column`"),
        ("timestamps", {"time_scale": -1.0}, "trace.csv: time_scale is -1"),
    ],
)
def test_a_wrong_request_is_told(written, name, options, words):
    with pytest.raises(ValueError, match=words):
        read_trace(written("1\n2\n"), name, **options)


def test_a_million_timestamps_are_read_at_once(written):
    instants = np.cumsum(np.random.Generator(np.random.PCG64(1)).exponential(0.01, 1_000_000)) + 1.5e9
    trace = read_trace(written("timestamp\n" + "\n".join(map(repr, instants.tolist()))), "timestamps")
    assert np.abs(trace.instants_us - (instants - instants[0]) * 1e6).max() <= 0.5


def test_a_trace_is_held_once_however_many_replay_it_until_its_file_changes(tmp_path):
    file = tmp_path / "day.csv"
    file.write_text("1\n2\n3\n", encoding="utf-8")
    first = read_trace(file, "timestamps")
    assert read_trace(file, "timestamps") is first
    assert read_trace(file, "timestamps", repeat=True) is not first
    file.write_text("1\n2\n3\n4\n", encoding="utf-8")
    assert read_trace(file, "timestamps").instants_us.size == 4
