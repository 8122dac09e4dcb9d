"""A result knows the scenario that it is of, in memory and in a folder, and gives no other one for it."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import yaml
from worlds import made

import lambdasim
from lambdasim.errors import ResultError
from lambdasim.result.result import Result
from tests.worlds import world

COMMENT = "# Which question this answers.\r\n"


@pytest.fixture
def place(tmp_path):
    """A folder with a scenario that replays a recording, and draws a duration from another."""
    document = world(
        duration="1m",
        trigger={"arrivals": {"trace": {"file": "recorded/calls.csv", "format": "timestamps"}}},
        handler={"duration": {"samples": {"file": "times.csv", "column": "ms"}}},
    )
    folder = tmp_path / "mine"
    (folder / "recorded").mkdir(parents=True)
    (folder / "recorded" / "calls.csv").write_text("timestamp\n0\n5\n", encoding="utf-8")
    (folder / "times.csv").write_text("ms\n20\n30\n", encoding="utf-8")
    (folder / "world.yaml").write_bytes(COMMENT.encode() + yaml.safe_dump(document, sort_keys=False).encode())
    return folder


@pytest.fixture
def saved(place, tmp_path):
    """The folder of a run of it with another memory size and seed."""
    scenario = lambdasim.load_scenario(place / "world.yaml", overrides={"functions.f.memory_size": "512"})
    lambdasim.simulate(scenario, seed=7).save(tmp_path / "out")
    return tmp_path / "out"


def test_a_folder_keeps_the_scenario_byte_for_byte_and_the_manifest_all_that_was_laid_over_it(place, saved):
    assert (saved / "scenario.yaml").read_bytes() == (place / "world.yaml").read_bytes()
    manifest = json.loads((saved / "manifest.json").read_text())
    digest = hashlib.sha256(b"ms\n20\n30\n").hexdigest()
    assert manifest["written"]["file"] == str(place / "world.yaml")
    assert manifest["written"]["folder"] == str(place)
    assert manifest["written"]["overrides"] == {"functions.f.memory_size": "512"}
    assert manifest["written"]["recordings"]["times.csv"] == digest
    assert manifest["header"]["seed"] == 7


def test_a_saved_result_gives_its_scenario_again_and_that_the_same_run(saved):
    loaded = Result.load(saved)
    scenario = loaded.scenario()
    assert scenario.sha256 == loaded.summary()["scenario"]["sha256"]
    assert scenario.functions["f"].memory_size == 512
    assert len(loaded.invocations) == 2
    again = lambdasim.simulate(scenario, seed=loaded.header.seed)
    assert again.invocations.equals(loaded.invocations)


def test_a_result_in_memory_gives_its_scenario_too_wherever_its_process_goes(place, tmp_path, monkeypatch):
    monkeypatch.chdir(place)
    result = lambdasim.simulate(lambdasim.load_scenario("world.yaml"))
    monkeypatch.chdir(tmp_path)
    assert result.scenario().sha256 == result.summary()["scenario"]["sha256"]
    assert result.scenario().file == "world.yaml"


def test_a_scenario_from_a_text_is_kept_too(tmp_path):
    text = yaml.safe_dump(world(duration="1m"), sort_keys=False)
    lambdasim.simulate(lambdasim.parse_scenario(text)).save(tmp_path / "out")
    assert (tmp_path / "out" / "scenario.yaml").read_text(encoding="utf-8") == text
    assert Result.load(tmp_path / "out").scenario().name == "world"


def test_a_loaded_result_is_saved_with_all_that_it_knows_of_its_scenario(place, saved, tmp_path):
    shutil.rmtree(place)  # what can't be read any more is still known
    Result.load(saved).save(tmp_path / "again")
    first, second = (json.loads((folder / "manifest.json").read_text()) for folder in (saved, tmp_path / "again"))
    assert first["written"] == second["written"]
    assert (saved / "scenario.yaml").read_bytes() == (tmp_path / "again" / "scenario.yaml").read_bytes()


@pytest.mark.parametrize("change", ["scenario.yaml", "manifest.json"])
def test_a_scenario_that_is_not_the_one_of_the_run_is_refused(saved, change):
    file = saved / change
    file.write_text(file.read_text(encoding="utf-8").replace("512", "1024").replace("timeout: 30", "timeout: 31"))
    with pytest.raises(ResultError, match=r"scenario.yaml is not the scenario of this result: its sha256 is \w+, not"):
        Result.load(saved).scenario()


def test_recordings_that_are_gone_or_others_are_all_named_with_the_remedy(place, saved):
    (place / "recorded" / "calls.csv").unlink()
    (place / "times.csv").write_text("ms\n20\n31\n", encoding="utf-8")
    with pytest.raises(ResultError) as refused:
        Result.load(saved).scenario()
    other, gone, remedy = str(refused.value).splitlines()
    assert other == f"{place / 'times.csv'}: has other contents than at the run"
    assert gone == f"{place / 'recorded' / 'calls.csv'}: is missing, or can't be read"
    assert "scenario(folder=...)" in remedy


def test_recordings_that_moved_are_found_where_one_says(place, saved, tmp_path):
    place.rename(tmp_path / "moved")
    loaded = Result.load(saved)
    with pytest.raises(ResultError, match="is missing"):
        loaded.scenario()
    assert loaded.scenario(folder=tmp_path / "moved").sha256 == loaded.summary()["scenario"]["sha256"]


def test_a_folder_of_before_scenarios_were_kept_loads_and_says_what_it_lacks(saved):
    (saved / "scenario.yaml").unlink()
    manifest = json.loads((saved / "manifest.json").read_text())
    del manifest["written"]
    (saved / "manifest.json").write_text(json.dumps(manifest))
    loaded = Result.load(saved)
    assert len(loaded.invocations) == 2
    with pytest.raises(ResultError, match=r"this result does not have its scenario with it; load the file.*"):
        loaded.scenario()


def test_a_scenario_file_that_is_missing_is_told(saved):
    (saved / "scenario.yaml").unlink()
    with pytest.raises(ResultError, match=r"scenario\.yaml: is missing"):
        Result.load(saved)


def test_a_result_without_its_scenario_leaves_none_of_an_earlier_result(saved):
    made().save(saved)
    assert not Path(saved / "scenario.yaml").exists()
