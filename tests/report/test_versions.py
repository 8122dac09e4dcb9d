"""How the report shows versions and provisioned concurrency."""

import numpy as np
import pytest
from synthetic_logs import invocations, two_versions
from worlds import made

from lambdasim.codes import Capacity, Outcome, StartType
from lambdasim.records import ProvisionedPeriod, UtilizationMinutes
from lambdasim.report.tables import tables
from lambdasim.report.text import answer, run_text
from lambdasim.units import US_PER_MINUTE

ON = {"capacity": Capacity.PROVISIONED, "start_type": StartType.PROVISIONED}
SPILLED = {"capacity": Capacity.SPILLOVER}
PERIODS = (ProvisionedPeriod(0, 4, 4, 0, 25 * US_PER_MINUTE),)
WATCHED = {0: UtilizationMinutes(np.array([0, 0, 1]), np.array([0, 0, 0.75]), np.array([0, 0, 0.75]))}


def summary_of(*rows, **changes):
    return made(invocations(*rows), head=two_versions(), utilization=WATCHED, **changes).summary()


@pytest.fixture(scope="module")
def canary():
    return summary_of(ON, ON, SPILLED, {"version": 2, "outcome": Outcome.ERROR}, provisioned=PERIODS)


def rows_of(summary, title):
    [found] = [table for table in tables(summary) if table.title == title]
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_provisioned_concurrency_has_a_table_of_the_functions_that_have_it(canary):
    [row] = rows_of(canary, "Provisioned concurrency")
    assert (row["function"], row["configured"], row["max"]) == ("api", "4", "4")
    assert (row["runs on it"], row["spilled"], row["spill rate"]) == ("2", "1", "33.3 %")
    assert row["max use"] == "75 %"


def test_versions_have_a_table_where_traffic_went_to_more_than_one(canary):
    latest, second = rows_of(canary, "Versions")
    assert (latest["version"], latest["runs"], latest["errors"], latest["error rate"]) == ("$LATEST", "3", "0", "0 %")
    assert (second["version"], second["runs"], second["errors"], second["error rate"]) == ("2", "1", "1", "100 %")
    assert second["mean ms"] == "100"


def test_without_either_there_is_neither_table():
    titles = {table.title for table in tables(summary_of({}))}
    assert not titles & {"Provisioned concurrency", "Versions"}


def test_the_answer_tells_what_spilled_over_if_anything_did(canary):
    assert "; 1 run spilled over from provisioned concurrency;" in answer(canary)
    assert "spilled" not in answer(summary_of(ON, provisioned=PERIODS))
    assert "spilled" not in answer(summary_of({}))


def test_its_lines_on_the_bill_are_shown_and_the_tables_fit_80_columns(canary):
    items = {
        row["item"] for row in rows_of(canary, next(t.title for t in tables(canary) if t.title.startswith("Bill")))
    }
    assert {"provisioned duration (x86_64)", "provisioned concurrency (x86_64)", "requests"} <= items
    lines = run_text(canary).splitlines()
    for title in ("Provisioned concurrency", "Versions"):
        start = lines.index(title)
        assert max(map(len, lines[start : lines.index("", start)])) <= 80
