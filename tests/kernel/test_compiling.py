"""What is compiled once is kept on disk; and whoever has to wait for the compiler is told so."""

from __future__ import annotations

import logging

import numba
import pytest

import lambdasim
from lambdasim.kernel import compiling
from lambdasim.kernel.compiling import compiled, must_be_compiled
from tests.worlds import load, world


def doubled(value):
    return 2 * value


@pytest.fixture
def on_disk(monkeypatch, tmp_path):
    """Where compiled functions are kept."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def test_what_was_compiled_is_kept_on_disk_until_a_file_changes_that_it_may_come_from(on_disk, monkeypatch):
    first = compiled(doubled)
    assert must_be_compiled(first)
    assert first(2) == 4
    assert not must_be_compiled(first)
    assert any(on_disk.rglob("*.nbc"))
    assert not must_be_compiled(compiled(doubled))
    monkeypatch.setattr(compiling, "_STAMP", (("machine.py", 1, 1),))
    assert must_be_compiled(compiled(doubled))


def test_where_nothing_can_be_kept_a_function_is_compiled_for_each_process(monkeypatch):
    def without_a_folder(*, forceinline, cache=False):
        if cache:
            raise RuntimeError("no locator available")
        return numba.njit(forceinline=forceinline)

    monkeypatch.setattr(compiling, "njit", without_a_folder)
    first = compiled(doubled)
    assert must_be_compiled(first)
    assert first(2) == 4
    assert not must_be_compiled(first)
    assert must_be_compiled(compiled(doubled))


@pytest.mark.parametrize("waits", [True, False])
def test_who_has_to_wait_for_the_compiler_is_told_so(waits, monkeypatch, caplog):
    monkeypatch.setattr("lambdasim.kernel.run.must_be_compiled", lambda _: waits)
    lambdasim.simulate(load(world(duration="10s")), engine="compiled")
    told = [(record.name, record.levelno) for record in caplog.records if "compiles its engine" in record.message]
    assert told == ([("lambdasim", logging.WARNING)] if waits else [])
