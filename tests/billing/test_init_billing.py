"""Inits of Zip packages on managed runtimes cost nothing where `billing/init_billed` is false, as before 2025-08-01."""

import pytest
from bills import X86_USD

from lambdasim.units import gb_seconds
from tests.worlds import run, world

FREE = {"billing/init_billed": False}
# REPORT lines that AWS has published (Lambda developer guide, lambda-runtime-environment), as (Duration, Init Duration,
# what was billed with inits free: the Duration alone rounded up, what is billed now).
REPORTS = [("133.61 ms", "80 ms", 134, 214), ("3016.78 ms", "84 ms", 3017, 3101)]


def billed_gb_s(result):
    lines = {line.item: line.quantity for line in result.bill.by_function()["f"]}
    return lines["duration (x86_64)"]


@pytest.mark.parametrize(("duration", "init", "before_ms", "now_ms"), REPORTS)
def test_awss_own_log_lines_were_billed_without_their_init(duration, init, before_ms, now_ms):
    settings = {"handler": {"duration": duration}, "init": {"duration": init}}
    assert billed_gb_s(run(world(**settings, parameters=FREE))) == pytest.approx(gb_seconds(before_ms, 1769))
    assert billed_gb_s(run(world(**settings))) == pytest.approx(gb_seconds(now_ms, 1769))


@pytest.mark.parametrize(
    "function",
    [{"runtime": "provided.al2023"}, {"package_type": "Image"}, {"package_type": "Image", "runtime": "python3.13"}],
)
def test_images_and_os_only_runtimes_always_paid_for_their_init(function):
    document = world(handler={"duration": "133.61 ms"}, init={"duration": "80 ms"}, parameters=FREE)
    document["functions"]["f"].pop("runtime")
    document["functions"]["f"] |= function
    free = billed_gb_s(run(document))
    document["parameters"].pop("billing/init_billed")
    assert free == billed_gb_s(run(document)) >= gb_seconds(214, 1769)


def test_the_difference_is_the_inits_at_the_price_of_a_gb_second():
    traffic = {"trigger": {"arrivals": {"poisson": {"rate": "4/h"}}}, "duration": "48h"}
    settings = {"handler": {"duration": "70 ms"}, "init": {"duration": "250 ms"}, **traffic}
    with_inits, without = run(world(**settings)), run(world(**settings, parameters=FREE))
    cold = with_inits.summary()["functions"]["f"]["cold_starts"]
    assert cold > 5
    added = with_inits.bill.total_usd - without.bill.total_usd
    assert added == pytest.approx(cold * gb_seconds(250, 1769) * X86_USD)


def test_a_scenario_that_frees_inits_says_so_among_its_assumptions():
    summary = run(world(parameters=FREE)).summary()
    assert "billing/init_billed" in {entry["path"] for entry in summary["assumptions"]}
    assert "billing/init_billed" not in {entry["path"] for entry in run(world()).summary()["assumptions"]}


def test_sketches_and_the_full_log_bill_the_same():
    settings = world(trigger={"arrivals": {"poisson": {"rate": "2/min"}}}, duration="6h", parameters=FREE)
    assert run(settings, log="none").bill.total_usd == run(settings).bill.total_usd
