import errno
import gzip
import json
import os
import pickle
import resource
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic_logs import attempts, events, invocations
from worlds import made, made_queued

from lambdasim.errors import ResultError
from lambdasim.result import file_formats, storage
from lambdasim.result.result import Result

FILES = ["environments.parquet", "invocations.parquet", "manifest.json", "summary.json", "timeline.csv"]


@pytest.fixture(scope="module")
def result():
    return made()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


def assert_equal(loaded, saved):
    assert loaded.summary() == saved.summary()
    assert loaded.header == saved.header
    assert loaded.bill == saved.bill
    assert loaded.warnings == saved.warnings
    for table in ("invocations", "events", "environments", "timeline", "trigger_timeline"):
        pd.testing.assert_frame_equal(getattr(loaded, table), getattr(saved, table), check_exact=True)


def test_what_was_saved_is_loaded(result, tmp_path):
    result.save(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == FILES
    assert_equal(Result.load(tmp_path / "a" / "b"), result)


def test_what_was_saved_without_pyarrow_is_loaded(result, tmp_path, monkeypatch):
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: False)
    result.save(tmp_path)
    assert "invocations.csv.gz" in names(tmp_path)
    assert_equal(Result.load(tmp_path), result)


@pytest.mark.parametrize("parquet", [True, False])
def test_what_was_saved_of_queued_events_is_loaded_to_the_same_bytes(parquet, tmp_path, monkeypatch):
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: parquet)
    queued = made_queued()
    queued.save(tmp_path / "one")
    log = "events.parquet" if parquet else "events.csv.gz"
    assert {log, "triggers.csv"} < set(names(tmp_path / "one"))
    loaded = Result.load(tmp_path / "one")
    assert_equal(loaded, queued)
    assert loaded.chain("door", 4).equals(queued.chain("door", 4))
    loaded.save(tmp_path / "two")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_an_event_log_without_rows_and_one_that_was_not_kept_are_loaded_as_what_they_were(tmp_path):
    for place, keep_log in (("kept", True), ("dropped", False)):
        result = made_queued(columns=attempts(), event_log=events(), keep_log=keep_log)
        result.save(tmp_path / place)
        assert ("events.parquet" in names(tmp_path / place)) is keep_log
        loaded = Result.load(tmp_path / place)
        assert_equal(loaded, result)
        assert (loaded.event_columns is None) is not keep_log


def test_a_result_without_queued_events_replaces_all_files_of_one_with_them(result, tmp_path):
    made_queued().save(tmp_path)
    result.save(tmp_path)
    assert names(tmp_path) == FILES
    assert_equal(Result.load(tmp_path), result)


@pytest.mark.parametrize("name", ["events.parquet", "triggers.csv"])
def test_a_broken_file_of_queued_events_is_named(name, tmp_path):
    made_queued().save(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:10])
    with pytest.raises(ResultError, match=f"{name}: can't be read"):
        Result.load(tmp_path)


def test_an_event_log_that_is_missing_is_told(tmp_path):
    made_queued().save(tmp_path)
    (tmp_path / "events.parquet").unlink()
    with pytest.raises(ResultError, match="the log of events is missing"):
        Result.load(tmp_path)


@pytest.mark.parametrize("columns", [None, invocations()])
def test_without_the_log_there_is_no_file_of_it(columns, tmp_path):
    result = made(columns, keep_log=False)
    result.save(tmp_path)
    assert names(tmp_path) == [name for name in FILES if "invocations" not in name]
    loaded = Result.load(tmp_path)
    assert loaded.invocation_columns is None
    assert_equal(loaded, result)


def test_a_loaded_result_saves_to_the_same_bytes(result, tmp_path):
    result.save(tmp_path / "one")
    Result.load(tmp_path / "one").save(tmp_path / "two")
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


@pytest.mark.parametrize("parquet", [True, False])
def test_equal_runs_leave_equal_bytes_however_long_they_took(parquet, tmp_path, monkeypatch):
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: parquet)
    for place, wall_s in (("one", 1.0), ("two", 5.0)):
        made(wall_s=wall_s).save(tmp_path / place)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert all(data[4:8] == bytes(4) for name, data in bytes_of(tmp_path / "two").items() if name.endswith(".gz"))
    manifest = json.loads((tmp_path / "two" / "manifest.json").read_text())
    assert manifest["timings"]["wall_s"] == 5.0
    assert json.loads((tmp_path / "two" / "summary.json").read_text())["wall_s"] is None


def test_saving_over_an_earlier_result_leaves_nothing_of_it(result, tmp_path):
    result.save(tmp_path)
    (tmp_path / "report.html").write_text("of the earlier result")
    later = made(seed=2, keep_log=False)
    later.save(tmp_path)
    assert names(tmp_path) == [name for name in FILES if "invocations" not in name]
    assert_equal(Result.load(tmp_path), later)


@pytest.mark.parametrize("stray", ["holiday.jpg", "manifest.json"])
def test_a_folder_of_other_things_is_left_alone(result, tmp_path, stray):
    (tmp_path / stray).write_text('{"name": "a web app"}')
    with pytest.raises(ResultError, match="holds other files than a lambdasim result; name a new or an empty folder"):
        result.save(tmp_path)
    assert names(tmp_path) == [stray]


def test_a_file_in_the_way_is_an_error(result, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ResultError, match="out: is not a folder"):
        result.save(tmp_path / "out")
    with pytest.raises(ResultError, match=r"out/deeper: can't be made: Not a directory; name another folder"):
        result.save(tmp_path / "out" / "deeper")
    assert (tmp_path / "out").read_text() == "a file"


def test_a_folder_that_may_not_be_made_is_an_error_that_says_why(result, tmp_path, monkeypatch):
    def refuse(self, **_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ResultError, match="out: can't be made: Permission denied; name another folder"):
        result.save(tmp_path / "out")


@contextmanager
def small_files():
    """No file may grow beyond 4 KB, as if the disk were full; not for longer than needed, as output goes to a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("parquet", [True, False])
def test_when_the_system_refuses_to_write_more_nothing_half_written_stays(parquet, result, tmp_path, monkeypatch):
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: parquet)
    with pytest.raises(ResultError, match="can't be written: File too large"), small_files():
        result.save(tmp_path / "a" / "b")
    assert names(tmp_path) == []


WRITERS = ["write_json", "write_csv", "write_parquet"]


def fill_the_disk(monkeypatch, writer, error):
    real = getattr(file_formats, writer)

    def write(content, file):
        real(content, file)
        file.flush()
        raise error

    monkeypatch.setattr(file_formats, writer, write)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_is_an_error_that_names_the_file_and_leaves_no_folder(writer, result, tmp_path, monkeypatch):
    fill_the_disk(monkeypatch, writer, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    file = {"write_json": "summary.json", "write_csv": "timeline.csv", "write_parquet": "invocations.parquet"}[writer]
    with pytest.raises(ResultError, match=rf"new/{file}: can't be written: No space left on device; make room or name"):
        result.save(tmp_path / "new")
    assert names(tmp_path) == []


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_an_earlier_result_survives_a_full_disk_and_ctrl_c(error, result, tmp_path, monkeypatch):
    result.save(tmp_path)
    with monkeypatch.context() as patch:
        fill_the_disk(patch, "write_parquet", error)
        with pytest.raises((ResultError, KeyboardInterrupt)):
            made(seed=2).save(tmp_path)
    assert names(tmp_path) == FILES
    assert_equal(Result.load(tmp_path), result)


def test_when_moving_into_place_fails_no_mixture_of_two_results_stays(result, tmp_path, monkeypatch):
    result.save(tmp_path)
    real = Path.replace

    def replace(self, target):
        if self.name == ".timeline.csv.partial":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(ResultError, match="Input/output error"):
            made(seed=2).save(tmp_path)
    assert names(tmp_path) == []


def test_where_there_is_no_result_none_is_loaded(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ResultError, match="holds no lambdasim result"):
            Result.load(folder)


def test_a_result_of_another_format_is_refused(result, tmp_path):
    result.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"lambdasim_result": 99}))
    with pytest.raises(ResultError, match=f"a result of format 99; this version reads format {storage.FORMAT}"):
        Result.load(tmp_path)


@pytest.mark.parametrize("name", ["summary.json", "timeline.csv", "environments.parquet"])
def test_a_missing_or_broken_file_is_named(name, result, tmp_path):
    result.save(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-200])
    if name != "timeline.csv":
        with pytest.raises(ResultError, match=f"{name}: can't be read"):
            Result.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ResultError, match="missing"):
        Result.load(tmp_path)


def test_a_manifest_without_its_header_is_named(result, tmp_path):
    result.save(tmp_path)
    (tmp_path / "manifest.json").write_text(f'{{"lambdasim_result": {storage.FORMAT}}}')
    with pytest.raises(ResultError, match=r"manifest.json: can't be read: 'header'"):
        Result.load(tmp_path)


def test_a_truncated_log_is_named(result, tmp_path, monkeypatch):
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: False)
    result.save(tmp_path)
    packed = tmp_path / "invocations.csv.gz"
    packed.write_bytes(packed.read_bytes()[:5000])
    with pytest.raises(ResultError, match=r"invocations.csv.gz: can't be read"):
        Result.load(tmp_path)


def test_a_parquet_log_without_pyarrow_says_what_to_install(result, tmp_path, monkeypatch):
    result.save(tmp_path)
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: False)
    with pytest.raises(ResultError, match=r"pip install 'lambdasim-aws\[parquet\]'"):
        Result.load(tmp_path)


def test_files_are_what_their_names_say(result, tmp_path, monkeypatch):
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: False)
    result.save(tmp_path)
    lines = gzip.decompress((tmp_path / "invocations.csv.gz").read_bytes()).decode().splitlines()
    assert len(lines) == 1 + len(result.invocations)
    assert lines[0].startswith("event,attempt,trigger,function,version,arrived_us")
    assert "\r" not in (tmp_path / "timeline.csv").read_text()


def test_a_result_goes_through_pickle_as_a_worker_process_sends_it(result):
    assert_equal(pickle.loads(pickle.dumps(result)), result)  # noqa: S301  our own bytes


def test_a_summary_is_a_copy(result):
    result.summary()["functions"].clear()
    assert result.summary()["functions"]
    assert np.isfinite(result.summary()["total"]["cost_usd"])
