"""What SnapStart costs: AWS's own example, and whose snapshots are free."""

import numpy as np
import pytest
from bills import items, quantities_of

from lambdasim.billing.bill import bill_of
from lambdasim.header import FunctionFacts, Header, VersionFacts
from lambdasim.parameters.book import load_book
from lambdasim.units import US_PER_DAY, US_PER_S
from tests.worlds import at, run, world

CACHE_USD, RESTORE_USD = 0.0000015046, 0.0001397998
ON = {"apply_on": "PublishedVersions"}


def bill(*versions, span_us, requests, billed_us, restored):
    """The bill of one function's versions."""
    header = Header("bill", 0, "us-east-1", 0.0, 0, span_us, (FunctionFacts("f"),), versions, ())
    quantities = quantities_of(requests, billed_us)
    quantities.restored = np.array(restored)
    return bill_of(quantities, header, load_book(), free_tier=False)


def test_awss_example_of_a_python_function_comes_out_to_the_cent():
    """7.44 million messages in a month of 31 days, 2 s at 1,024 MB each, 1 % of them restored.

    Source: https://aws.amazon.com/lambda/pricing/, the example of SnapStart.
    """
    requests = 7_440_000
    made = bill(
        VersionFacts(0, "1", 1024, "x86_64", 512, snapshot_charged=True),
        span_us=31 * US_PER_DAY,
        requests=[requests],
        billed_us=[requests * 2 * US_PER_S],
        restored=[requests // 100],
    )
    lines = {item: round(usd, 2) for item, (_, usd) in items(made, "f").items()}
    assert lines == {
        "requests": 1.49,
        "duration (x86_64)": 248.00,
        "SnapStart cache": 4.03,
        "SnapStart restores": 10.40,
    }
    assert round(made.total_usd, 2) == 263.92
    assert items(made, "f")["SnapStart cache"][0] == 2_678_400


def test_every_published_version_pays_for_its_snapshot_whether_or_not_anyone_calls_it():
    versions = [
        VersionFacts(0, name, 512, "arm64", 512, snapshot_charged=name != "$LATEST") for name in ("$LATEST", "1", "2")
    ]
    made = bill(*versions, span_us=1000 * US_PER_S, requests=[5, 5, 0], billed_us=[1000, 1000, 0], restored=[0, 3, 0])
    quantity, usd = items(made, "f")["SnapStart cache"]
    assert (quantity, usd) == (pytest.approx(2 * 0.5 * 1000), pytest.approx(2 * 0.5 * 1000 * CACHE_USD))
    assert items(made, "f")["SnapStart restores"] == (pytest.approx(1.5), pytest.approx(1.5 * RESTORE_USD))


@pytest.mark.parametrize(
    ("runtime", "package_type", "pays"),
    [("java21", "Zip", False), ("java21", "Image", True), ("python3.13", "Zip", True), ("dotnet8", "Zip", True)],
)
def test_managed_java_has_its_snapshots_for_nothing(runtime, package_type, pays):
    function = {"runtime": runtime, "package_type": package_type, "memory_size": 512, "snap_start": ON}
    arrivals = {"sum": [*at("0s", "10m", events=2)["sum"], *at("50m", events=3)["sum"]]}
    result = run(world(function=function, warm_up="5m", trigger={"arrivals": arrivals}))
    lines = {line["item"]: line["quantity"] for line in result.summary()["functions"]["f"]["cost_usd"]["lines"]}
    assert ("SnapStart cache" in lines) == ("SnapStart restores" in lines) == pays
    if pays:  # two restores are of the warm-up, and two idle ones are gone by 50 minutes
        assert lines["SnapStart cache"] == pytest.approx(55 * 60 * 0.5)
        assert lines["SnapStart restores"] == pytest.approx(3 * 0.5)


def test_restores_on_the_bill_are_those_of_the_environment_log():
    function = {"runtime": "python3.13", "snap_start": ON, "memory_size": 1024}
    result = run(world(function=function, duration="20m", trigger={"arrivals": {"poisson": {"rate": "3/s"}}}))
    lines = {line["item"]: line["quantity"] for line in result.summary()["functions"]["f"]["cost_usd"]["lines"]}
    log = result.environment_columns
    assert lines["SnapStart restores"] == ((log["restore_us"] > 0) & (log["created_us"] < 20 * 60 * US_PER_S)).sum() > 3
