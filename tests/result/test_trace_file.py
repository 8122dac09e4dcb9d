"""A trace file is whole or not there, the same bytes for the same run, and written a piece at a time."""

import gzip
import io
import json

import pytest

import lambdasim
from lambdasim.errors import ResultError
from lambdasim.result import trace_file
from lambdasim.result.result import Result
from tests.worlds import load, run, world

POISSON = {"arrivals": {"poisson": {"rate": "20/s"}}}


@pytest.fixture(scope="module")
def result():
    return run(world(duration="2m", trigger=POISSON, handler={"duration": "50 ms"}))


def test_the_file_is_one_json_object_that_says_what_it_is_of(result, tmp_path):
    result.save_trace(tmp_path / "trace.json")
    content = (tmp_path / "trace.json").read_bytes()
    assert content.startswith(b'{"traceEvents":[')  # viewers tell the format by its beginning
    document = json.loads(content)
    assert document["otherData"] == result.summary()["scenario"]
    assert document["displayTimeUnit"] == "ms"
    assert len(document["traceEvents"]) > len(result.invocations)


def test_equal_runs_leave_equal_bytes_packed_or_not(result, tmp_path):
    for name in ("one.json", "two.json", "one.json.gz", "two.json.gz"):
        result.save_trace(tmp_path / name)
    plain, packed = (tmp_path / "one.json").read_bytes(), (tmp_path / "one.json.gz").read_bytes()
    assert (tmp_path / "two.json").read_bytes() == plain
    assert (tmp_path / "two.json.gz").read_bytes() == packed
    assert gzip.decompress(packed) == plain
    assert packed[4:8] == bytes(4)  # gzip's time of writing
    assert len(packed) < len(plain) / 5


def test_a_saved_result_has_the_same_trace(result, tmp_path):
    result.save(tmp_path / "run")
    result.save_trace(tmp_path / "one.json")
    Result.load(tmp_path / "run").save_trace(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_a_trace_is_written_a_piece_at_a_time(result):
    class Pieces(io.BytesIO):
        longest = 0

        def write(self, piece):
            self.longest = max(self.longest, len(piece))
            return super().write(piece)

    file, logs = Pieces(), (result.invocation_columns, result.environment_columns, result.change_columns)
    trace_file.write(file, trace_file.events(*logs, result.header), {})
    assert file.longest < file.tell() / 4


def test_a_link_stays_and_what_it_leads_to_is_written(result, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "trace.json").symlink_to("far/trace.json")
    result.save_trace(tmp_path / "trace.json")
    assert (tmp_path / "trace.json").is_symlink()
    assert json.loads((tmp_path / "far" / "trace.json").read_bytes())
    assert len(list(tmp_path.rglob("*"))) == 3


def test_without_the_log_there_is_no_trace_and_no_file(tmp_path):
    result = lambdasim.simulate(load(world()), log="none")
    with pytest.raises(ResultError, match=r"the invocation log was not kept.*simulate with log='full'"):
        result.save_trace(tmp_path / "trace.json")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_told(result, tmp_path):
    with pytest.raises(ResultError, match=r"trace\.json: can't write it: No such file or directory"):
        result.save_trace(tmp_path / "nowhere" / "trace.json")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt])
def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(result, tmp_path, monkeypatch, error):
    path = tmp_path / "trace.json"
    path.write_text("old")

    def failing(*_):
        yield {}
        raise error

    monkeypatch.setattr(trace_file, "events", failing)
    with pytest.raises((ResultError, KeyboardInterrupt)):
        result.save_trace(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("trace.json", "old")]
