"""The bill of a run, against its logs: versions of unlike memory, provisioned concurrency, spill-over."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdasim.codes import Capacity, InitializationType
from lambdasim.parameters.book import load_book
from lambdasim.units import US_PER_MINUTE, US_PER_S, billed_ms, gb_seconds
from tests.worlds import run, world

BOOK = load_book()
WARM_UP_US, DURATION_US = US_PER_MINUTE, 10 * US_PER_MINUTE
memories = st.sampled_from([128, 512, 1769, 3000])


@st.composite
def canaries(draw):
    """A function whose alias shares traffic between two versions, and has provisioned concurrency."""
    versions = {"1": {"memory_size": draw(memories)}, "2": {"memory_size": draw(memories)}}
    alias = {
        "function_version": "1",
        "routing_config": {"additional_version_weights": {"2": draw(st.sampled_from([0.1, 0.5]))}},
        "provisioned_concurrent_executions": draw(st.integers(1, 6)),
    }
    function = {
        "versions": versions,
        "runtime": "python3.13",
        "aliases": {"live": alias},
        "architecture": draw(st.sampled_from(["x86_64", "arm64"])),
    }
    return world(
        function=function,
        handler={"duration": {"exponential": {"mean": "700 ms"}}, "error_rate": "5%"},
        trigger={"target": "f:live", "arrivals": {"poisson": {"rate": f"{draw(st.integers(1, 6))}/s"}}},
        lifecycle={"recycle_rate": draw(st.sampled_from(["0/h", "20/h"]))},
        seed=draw(st.integers(0, 1000)),
        duration="10m",
        warm_up="1m",
    )


def usd_of_rows(result):
    """What each row of the logs costs, in USD."""
    header = result.header

    def price(path):
        return BOOK.value(f"prices/us-east-1/{path}")

    architecture = header.versions[0].architecture
    on_demand_usd = price(f"duration/{architecture}/tiers")[0]["price"]
    provisioned_usd = price(f"provisioned_concurrency/{architecture}/duration")
    log = result.invocation_columns
    for row in zip(
        *(log[name].tolist() for name in ("arrived_us", "started_us", "ended_us", "init_us", "version", "capacity")),
        strict=True,
    ):
        arrived_us, started_us, ended_us, init_us, version, capacity = row
        if arrived_us >= WARM_UP_US:
            usd = provisioned_usd if capacity == Capacity.PROVISIONED else on_demand_usd
            yield (
                0.2e-6 + gb_seconds(billed_ms(ended_us - started_us, init_us), header.versions[version].memory_mb) * usd
            )
    log = result.environment_columns
    for row in zip(
        *(
            log[name].tolist()
            for name in ("created_us", "initialization", "version", "runtime_init_us", "function_init_us")
        ),
        strict=True,
    ):
        created_us, initialization, version, *init_us = row
        if WARM_UP_US <= created_us < DURATION_US and initialization == InitializationType.PROVISIONED_CONCURRENCY:
            yield gb_seconds(billed_ms(*init_us), header.versions[version].memory_mb) * provisioned_usd


@settings(max_examples=15)
@given(canaries())
def test_the_bill_of_a_run_equals_the_sum_of_the_rows_of_its_logs(document):
    result = run(document)
    lines = {line.item: line for line in result.bill.lines}
    configured = [line for item, line in lines.items() if item.startswith("provisioned concurrency (")]
    rest = math.fsum(line.usd for line in lines.values() if line not in configured)
    assert rest == pytest.approx(math.fsum(usd_of_rows(result)), rel=1e-9)
    assert len(lines) == len(result.bill.lines)
    alias = document["functions"]["f"]["aliases"]["live"]
    asked, weight = (
        alias["provisioned_concurrent_executions"],
        alias["routing_config"]["additional_version_weights"]["2"],
    )
    parts = {"2": math.floor(asked * weight + 0.5)}
    parts["1"] = asked - parts["2"]
    memory = {name: version["memory_size"] for name, version in document["functions"]["f"]["versions"].items()}
    span_ms = (DURATION_US - WARM_UP_US) / 1000
    gb_s = sum(parts[name] * gb_seconds(span_ms, memory[name]) for name in parts)
    assert configured[0].quantity == pytest.approx(gb_s)


def test_the_summary_counts_what_the_log_has_of_each_capacity():
    document = world(
        function={"provisioned_concurrent_executions": 3},
        trigger={"arrivals": {"poisson": {"rate": "3/s"}}},
        duration="10m",
        warm_up="1m",
    )
    result = run(document)
    found = result.summary()["functions"]["f"]["provisioned_concurrency"]
    log = result.invocation_columns
    measured = log["arrived_us"] >= WARM_UP_US
    assert found["invocations"] == (measured & (log["capacity"] == Capacity.PROVISIONED)).sum() > 0
    assert found["spillover_invocations"] == (measured & (log["capacity"] == Capacity.SPILLOVER)).sum() > 0
    assert found["configured"] == {"mean": 3.0, "max": 3}
    on = log["capacity"] == Capacity.PROVISIONED
    within = [log[name][on].clip(WARM_UP_US, DURATION_US) for name in ("started_us", "ended_us")]
    busy_s = (within[1] - within[0]).sum() / US_PER_S
    assert found["utilization"] == {"mean": pytest.approx(busy_s / (3 * 540)), "max": 1.0}
