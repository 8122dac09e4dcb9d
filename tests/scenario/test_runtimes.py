"""The runtimes of the book as a list: their states on a day, their percentiles, and the filters."""

from datetime import date

import pytest

from lambdasim.errors import ParameterError
from lambdasim.parameters.book import load_book
from lambdasim.scenario.runtimes import Status, Support, known_runtimes, support

DAYS = Support(date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 31))


def listed(**filters):
    return {runtime.name: runtime for runtime in known_runtimes(load_book(), **filters)}


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-01-01", Status.DEPRECATED_SOON),  # 180 days before
        ("2025-12-31", Status.SUPPORTED),
        ("2026-06-29", Status.DEPRECATED_SOON),
        ("2026-06-30", Status.DEPRECATED),
        ("2026-07-30", Status.DEPRECATED),
        ("2026-07-31", Status.CREATE_BLOCKED),
        ("2026-08-30", Status.CREATE_BLOCKED),
        ("2026-08-31", Status.UPDATE_BLOCKED),
    ],
)
def test_a_runtime_goes_from_supported_to_blocked_on_its_days(day, status):
    assert DAYS.status(date.fromisoformat(day)) is status


def test_a_runtime_without_dates_is_supported():
    assert Support(None, None, None).status(date(2100, 1, 1)) is Status.SUPPORTED


def test_a_block_that_came_before_the_deprecation_counts():
    assert support("nodejs4.3", load_book()).status(date(2020, 2, 4)) is Status.CREATE_BLOCKED


def test_all_runtimes_of_the_book_are_listed_in_its_order():
    assert tuple(listed()) == load_book().names("runtimes")


def test_every_measured_init_is_listed_once():
    book = load_book()
    measured = {
        (key, package_type, architecture)
        for key in book.names("cold_starts/init")
        for package_type in book.names(f"cold_starts/init/{key}")
        for architecture in book.names(f"cold_starts/init/{key}/{package_type}")
    }
    told = [
        (f"{init.language}@{runtime.name}" if init.language else runtime.name, init.package_type, init.architecture)
        for runtime in listed().values()
        for init in runtime.inits
    ]
    assert len(told) == len(measured)
    assert set(told) == measured


def test_percentiles_rise_and_are_near_what_was_measured():
    """python3.13 as Zip on x86_64: 101.9, 124 and 180.7 ms of 8,358 starts."""
    [zipped] = [
        init for init in listed()["python3.13"].inits if (init.package_type, init.architecture) == ("Zip", "x86_64")
    ]
    assert list(zipped.percentiles_ms) == ["p50", "p90", "p99"]
    assert list(zipped.percentiles_ms.values()) == pytest.approx([101.9, 124, 180.7], rel=0.03)
    for runtime in listed().values():
        for init in runtime.inits:
            assert 0 < init.percentiles_ms["p50"] < init.percentiles_ms["p90"] < init.percentiles_ms["p99"]


def test_a_family_can_be_chosen():
    assert {runtime.family for runtime in listed(family="ruby").values()} == {"ruby"}
    assert len(listed(family="ruby")) == 6


def test_a_language_is_found_on_the_runtimes_where_it_was_measured():
    rust = listed(family="rust")
    assert set(rust) == {"provided.al2", "provided.al2023"}
    assert {init.language for runtime in rust.values() for init in runtime.inits} == {"rust"}


def test_go_is_a_family_that_ended_and_a_language():
    assert set(listed(family="go")) == {"go1.x", "provided.al2", "provided.al2023"}


def test_an_architecture_chooses_runtimes_and_measurements():
    arm = listed(family="java", architecture="arm64")
    assert "java8" not in arm
    assert {init.architecture for runtime in arm.values() for init in runtime.inits} == {"arm64"}


def test_a_package_type_chooses_measurements_only():
    images = listed(package_type="Image")
    assert set(images) == set(listed())
    assert {init.package_type for runtime in images.values() for init in runtime.inits} == {"Image"}


@pytest.mark.parametrize(("family", "near"), [("pyton", "python"), ("dotnet_aott", "dotnet_aot"), ("rusty", "rust")])
def test_an_unknown_family_is_an_error_that_names_the_nearest(family, near):
    with pytest.raises(ParameterError, match=f"called '{family}'; nearest: {near}"):
        listed(family=family)


def test_an_unknown_family_like_no_other_is_told_all():
    with pytest.raises(ParameterError, match=r"known: nodejs, python, .*, rust"):
        listed(family="zzz")
