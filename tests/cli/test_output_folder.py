import hashlib
import resource
import stat

import pytest


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_run_twice_writes_the_same_bytes_but_for_its_timings(command, folder):
    command("run", "shop.yaml", "-o", "one")
    command("run", "shop.yaml", "-o", "two")
    one, two = digests(folder / "one"), digests(folder / "two")
    assert one.pop("manifest.json")
    assert two.pop("manifest.json")
    assert one == two
    assert set(one) >= {"summary.json", "timeline.csv"}


def test_a_second_result_replaces_the_first(command, folder):
    command("run", "shop.yaml", "-o", "out")
    before = digests(folder / "out")
    run = command("run", "shop.yaml", "-o", "out", "--seed", "9", "--log", "none")
    assert run.status == 0
    after = digests(folder / "out")
    assert after["summary.json"] != before["summary.json"]
    assert {name.split(".")[0] for name in before} - {name.split(".")[0] for name in after} == {"invocations"}


def test_missing_parents_are_made(command, folder):
    assert command("run", "shop.yaml", "-o", "a/b/c").status == 0
    assert (folder / "a" / "b" / "c" / "summary.json").is_file()


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("file", "lambdasim: file: is not a folder; name a new or an empty folder\n"),
        ("file/below", "lambdasim: file/below: can't be made: Not a directory; name another folder\n"),
        ("foreign", "lambdasim: foreign: holds other files than a lambdasim result; name a new or an empty folder\n"),
        ("x" * 300, "can't be made: File name too long; name another folder\n"),
    ],
)
def test_a_place_that_cannot_take_a_result_is_told_before_the_work(command, folder, monkeypatch, output, says):
    (folder / "file").touch()
    (folder / "foreign").mkdir()
    (folder / "foreign" / "mine").touch()
    monkeypatch.setattr("lambdasim.simulation.simulate", None)
    before = sorted(folder.rglob("*"))
    run = command("run", "shop.yaml", "-o", output)
    assert (run.status, run.out) == (2, "")
    assert run.err.endswith(says)
    assert sorted(folder.rglob("*")) == before


def test_a_folder_that_cannot_be_written_to_is_told_before_the_work(command, folder, monkeypatch):
    (folder / "out").mkdir()

    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lambdasim.result.storage.TemporaryFile", refused)
    monkeypatch.setattr("lambdasim.simulation.simulate", None)
    run = command("run", "shop.yaml", "-o", "out")
    assert run.status == 2
    assert run.err.startswith("lambdasim: out: can't be written: Permission denied")


def test_a_disk_that_fills_up_while_writing_leaves_nothing_behind(start, folder):
    limited = start(
        "run", "shop.yaml", "-o", "a/out", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
    )
    out, err = limited.communicate(timeout=60)
    assert (limited.returncode, out) == (2, "")
    assert "can't be written: File too large; make room or name another folder" in err
    assert "Traceback" not in err
    assert not (folder / "a").exists()


def test_a_disk_that_fills_up_while_writing_leaves_an_older_result_as_it_was(command, start, folder):
    command("run", "shop.yaml", "-o", "out", "--log", "none")
    before = digests(folder / "out")
    limited = start(
        "run", "shop.yaml", "-o", "out", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
    )
    assert limited.wait(timeout=60) == 2
    limited.communicate()
    assert digests(folder / "out") == before


def test_files_of_a_result_are_readable_by_others(command, folder):
    command("run", "shop.yaml", "-o", "out")
    assert all(path.stat().st_mode & stat.S_IRGRP for path in (folder / "out").iterdir())
