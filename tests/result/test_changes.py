"""What changed during a run: in the summary, as a DataFrame, on disk."""

from __future__ import annotations

import pandas as pd
import pytest

import lambdasim
from lambdasim.codes import NO_VERSION, Change
from lambdasim.display.layout import laid_out, stands_whole
from lambdasim.display.screen import Screen
from lambdasim.header import Header, IncidentFacts, VersionFacts
from lambdasim.report.tables import tables
from lambdasim.report.text import run_text
from lambdasim.result import file_formats
from lambdasim.result.changes import text_of
from lambdasim.result.result import Result

SHOP = """\
name: shop
duration: 10m
functions:
  api:
    runtime: python3.13
    handler: {duration: 200 ms, cpu_fraction: 10%}
    connections: [{to: db, per_environment: 3}, {to: cache}]
triggers:
  web: {type: direct, target: api, arrivals: {poisson: {rate: 5/s}}}
downstream: {db: {max_connections: 10}, cache: {}}
incidents:
  - {at: 4m, for: 90s, function: api, handler: {duration: x2000000, error_rate: 20%, crash_rate: 0.5%}}
  - {at: 2m, downstream: db, latency: x3, error_rate: 1%, throttle: 1e6/s}
  - {at: 2m, account: {concurrent_executions: 2000}}
  - {at: 9m, for: 5m, function: api, reserved_concurrent_executions: none}
  - {at: 8m, function: api, reserved_concurrent_executions: 30, update_function_code: true}
"""
EXPECTED = [
    (120, "incident_began", "downstream db", "latency x3, 1 % errors, throttled to 1,000,000/s"),
    (120, "incident_began", "the account", "quota 2000"),
    (240, "incident_began", "api", "handler duration x2,000,000, 20 % errors, 0.5 % crashes for 1.5 min"),
    (330, "incident_ended", "api", "over: handler duration x2,000,000, 20 % errors, 0.5 % crashes"),
    (480, "incident_began", "api", "new code, reserved concurrency 30"),
    (540, "incident_began", "api", "no reserved concurrency for 5 min"),
    (840, "incident_ended", "api", "over: no reserved concurrency"),
]


@pytest.fixture(scope="module")
def shop():
    return lambdasim.simulate(lambdasim.parse_scenario(SHOP))


def test_the_summary_tells_each_change_in_the_order_in_which_it_happened(shop):
    changes = shop.summary()["changes"]
    assert [(c["at_s"], c["change"], c["subject"], c["text"]) for c in changes] == EXPECTED


def test_the_report_marks_when_what_changed_and_how(shop):
    report = run_text(shop.summary())
    assert "4m00s  api            handler duration x2,000,000, 20 % errors, 0.5 % crashes for 1.5 min" in report
    assert "5m30s  api            over: handler duration x2,000,000, 20 % errors, 0.5 % crashes" in report


def test_a_terminal_shows_the_first_changes_only(shop):
    [table] = [table for table in tables(shop.summary(), most=3) if table.title.startswith("Changes")]
    assert table.title == "Changes: the first 3 of 7"
    assert len(table.rows) == 3


@pytest.mark.parametrize("width", [60, 80])
def test_what_changed_stands_beside_when_however_narrow_the_terminal(shop, width):
    [table] = [table for table in tables(shop.summary()) if table.title.startswith("Changes")]
    assert max(map(len, laid_out(table).splitlines())) > width
    assert stands_whole(table, Screen(width))


def test_without_changes_the_report_has_no_such_table():
    calm = lambdasim.simulate(lambdasim.parse_scenario(SHOP.partition("downstream:")[0].replace("    conn", "    #")))
    assert calm.summary()["changes"] == []
    assert not [table for table in tables(calm.summary()) if table.title.startswith(("Changes", "Connections"))]


def test_the_frame_has_names_and_words(shop):
    assert list(shop.changes.columns) == ["at_us", "change", "subject", "to_version", "value", "text"]
    assert [text for _, _, _, text in EXPECTED] == list(shop.changes["text"])
    assert set(shop.changes["to_version"]) == {"none"}


def test_the_connections_are_in_the_summary_the_report_and_the_warnings(shop):
    db, cache = shop.summary()["downstream"]["db"], shop.summary()["downstream"]["cache"]
    assert db["connections"]["max"] == 3 * cache["connections"]["max"]
    assert db["connections"]["mean"] == pytest.approx(3 * cache["connections"]["mean"])
    assert (db["max_connections"], cache["max_connections"]) == (10, None)
    assert 0 < db["first_over_s"] < 240 + 60 < 60 * db["minutes_over"]
    assert (cache["minutes_over"], cache["first_over_s"]) == (0, None)
    [warning] = [w for w in shop.warnings if w["code"] == "too_many_connections"]
    assert warning["path"] == "downstream.db"
    assert f"at most {db['connections']['max']} connections at once, and it takes 10" in warning["message"]
    [table] = [table for table in tables(shop.summary()) if table.title == "Connections"]
    assert [row[0] for row in table.rows] == ["db", "cache"]
    assert table.rows[1][-2:] == ("-", "-")
    by_minute = shop.downstream[shop.downstream["downstream"] == "db"]
    assert by_minute["DatabaseConnections_Maximum"].max() == db["connections"]["max"]
    assert by_minute["DatabaseConnections_Average"].mean() == pytest.approx(db["connections"]["mean"])


@pytest.mark.parametrize("parquet", [True, False])
def test_changes_and_connections_are_saved_and_loaded(shop, parquet, tmp_path, monkeypatch):
    monkeypatch.setattr(file_formats, "has_pyarrow", lambda: parquet)
    shop.save(tmp_path)
    assert {"downstream.csv", "changes.parquet" if parquet else "changes.csv.gz"} < {p.name for p in tmp_path.iterdir()}
    loaded = Result.load(tmp_path)
    assert loaded.header == shop.header
    assert loaded.summary()["downstream"] == shop.summary()["downstream"]
    for table in ("changes", "downstream"):
        pd.testing.assert_frame_equal(getattr(loaded, table), getattr(shop, table), check_exact=True)


def test_a_threshold_may_speak_of_connections():
    text = f"{SHOP}thresholds: [downstream.db.connections.max <= 5, downstream.db.minutes_over < 100]\n"
    checked = lambdasim.simulate(lambdasim.parse_scenario(text)).summary()["thresholds"]
    assert [each["ok"] for each in checked] == [False, True]


VERSIONS = tuple(VersionFacts(0, version, 128, "x86_64", 512) for version in ("$LATEST", "7"))
HEADER = Header("s", 0, "us-east-1", 0.0, 0, 1, (), VERSIONS, (), incidents=(IncidentFacts("lost", 60_000_000),))


@pytest.mark.parametrize(
    ("change", "value", "version", "text"),
    [
        (Change.INCIDENT_BEGAN, 0, NO_VERSION, "lost for 1 min"),
        (Change.INCIDENT_ENDED, 0, NO_VERSION, "over: lost"),
        (Change.PROVISIONED_REQUESTED, 1200, 1, "provisioned concurrency of 1,200 requested for version 7"),
        (Change.PROVISIONED_READY, 5, 1, "provisioned concurrency of 5 is ready at version 7"),
        (Change.ALIAS_SHIFTED, 125_000, 1, "12.5 % of requests go to version 7"),
        (Change.ALIAS_ROLLED_BACK, 1_000_000, 1, "rolled back to version 7"),
    ],
)
def test_each_change_has_its_words(change, value, version, text):
    assert text_of(change, value, version, HEADER) == text


def test_every_kind_of_change_has_words():
    for change in Change:
        assert text_of(change, 0, 1, HEADER)
