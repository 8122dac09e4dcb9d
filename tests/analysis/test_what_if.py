import math

import pytest

import lambdasim
from lambdasim.analysis.intervals import difference_estimate
from lambdasim.analysis.observations import Design
from lambdasim.analysis.replicate import replicate
from lambdasim.analysis.sweep import sweep
from lambdasim.analysis.variants import laid_over
from lambdasim.analysis.what_if import INTERPOLATED, WhatIf
from lambdasim.analysis.what_if_grid import MOST_RUNS, grid_values, plan
from lambdasim.errors import InputError
from lambdasim.scenario.present import present

WORLD = """\
name: shop
seed: 3
duration: 1m
functions:
  api: {runtime: python3.13, memory_size: 512, timeout: 10, handler: {duration: {lognormal: {median: 80 ms, p99: 1 s}}}}
  other: {runtime: python3.13, handler: {duration: 10 ms}}
triggers:
  web: {type: api_gateway, target: api, arrivals: {poisson: {rate: 4/s}}}
"""
MEMORY, PROVISIONED = "functions.api.memory_size", "functions.api.provisioned_concurrent_executions"
MEASURES = ["api.latency_ms.p99", "api.cold_starts", "total.cost_usd"]
THREE = Design(replications=3)


def world(*changes):
    text = WORLD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return lambdasim.parse_scenario(text)


def grid(vary, scenario=None, measures=MEASURES, **options):
    return WhatIf.of(sweep(scenario or world(), vary, measures=measures, design=THREE, **options))


@pytest.fixture(scope="module")
def found():
    """Values in no order: the grid puts them in one."""
    return grid({MEMORY: [1024, 256, 512], "traffic": [2, 1]})


def told(error):
    return [str(problem) for problem in error.value.problems]


def test_at_a_simulated_point_it_says_what_replications_say(found):
    reading = found.at({MEMORY: 256, "traffic": 2})
    alone = replicate(laid_over(world(), reading.overrides), measures=MEASURES, design=THREE)
    assert reading.is_simulated
    assert reading.overrides == {MEMORY: "256", "traffic": "2"}
    assert reading.estimates == alone.estimates


def test_a_change_is_that_of_pairs_on_the_same_luck(found):
    reading = found.at({MEMORY: 1024})
    ours = found.sweep.observations[[dict(p.overrides) for p in found.sweep.points].index(dict(reading.overrides))]
    own = replicate(world(), measures=MEASURES, design=THREE).values
    assert reading.changes == tuple(difference_estimate(ours[:, m], own[:, m]) for m in range(3))
    assert [change.value for change in found.at().changes] == [0, 0, 0]


def test_between_simulated_points_it_lies_on_straight_lines_and_says_so(found):
    low, high = (found.at({MEMORY: size}) for size in (512, 1024))
    reading = found.at({MEMORY: 640})
    assert reading.between == {MEMORY: (512, 1024)}
    assert not reading.is_simulated
    for ours, before, after in zip(reading.estimates, low.estimates, high.estimates, strict=True):
        assert ours.method == INTERPOLATED
        assert ours.value == pytest.approx(0.75 * before.value + 0.25 * after.value)
        assert ours.low == pytest.approx(0.75 * before.low + 0.25 * after.low)
        assert ours.high == pytest.approx(0.75 * before.high + 0.25 * after.high)
    assert found.at({MEMORY: 640, "traffic": 1.5}).between == {MEMORY: (512, 1024), "traffic": (1, 2)}


def test_what_is_not_said_is_as_the_scenario_has_it(found):
    assert found.own == (1, 0)
    assert found.at().overrides == {MEMORY: "512", "traffic": "1"}
    assert found.at({"memory_size": 700}).overrides == {MEMORY: "700", "traffic": "1"}


@pytest.mark.parametrize(
    ("point", "problem"),
    [
        ({MEMORY: 2048}, "2048 lies outside what was simulated, 256 to 1024"),
        ({MEMORY: 255.9}, "lies outside"),
        ({"traffic": math.nan}, "lies outside"),
        ({MEMORY: 512.5}, "whole numbers only, found 512.5"),
        ({MEMORY: "much"}, "expected a number from 256 to 1024, found 'much'"),
        ({"timeout": 3}, "timeout: is not varied here; known: functions.api.memory_size, traffic"),
    ],
)
def test_where_nothing_was_simulated_it_is_refused(found, point, problem):
    with pytest.raises(InputError) as error:
        found.at(point)
    assert problem in told(error)[0]


def test_all_that_is_wrong_with_a_point_is_told_at_once(found):
    with pytest.raises(InputError) as error:
        found.at({MEMORY: 1, "traffic": 9, "depth": 3})
    assert len(told(error)) == 3


def test_without_the_scenarios_own_point_there_are_no_changes_and_a_value_must_be_named():
    found = grid({"traffic": [2, 3]}, measures=["api.cold_starts"])
    assert found.own is None
    assert found.at({"traffic": 2.5}).changes is None
    with pytest.raises(InputError) as error:
        found.at()
    assert "the scenario's own value is not simulated" in told(error)[0]


def test_a_measure_without_a_value_at_a_point_has_none_around_it():
    quiet = world(("poisson: {rate: 4/s}", "poisson: {rate: 0.001/s}"))
    found = grid({"traffic": [1, 4000]}, quiet, ["api.latency_ms.p99"])
    assert [math.isnan(found.at({"traffic": x}).estimates[0].value) for x in (1, 2000, 4000)] == [True, True, False]


def test_units_stay_with_their_numbers():
    found = grid({"functions.api.handler.error_rate": ["0%", "10%", "1%"]}, measures=["api.errors"])
    assert [axis.texts for axis in found.axes] == [("0%", "1%", "10%")]
    assert found.at({"error_rate": 5.5}).overrides == {"functions.api.handler.error_rate": "5.5 %"}
    assert grid({"lifecycle.idle_timeout": ["5m", "20m"]}, measures=["api.errors"]).at({"idle_timeout": 7})


def test_misses_tell_how_far_a_line_is_off_where_it_can_be_known(found):
    values = {size: found.at({MEMORY: size, "traffic": 2}).estimates[2].value for size in (256, 512, 1024)}
    at_two = abs(values[512] - (2 / 3 * values[256] + 1 / 3 * values[1024]))
    miss = found.misses(2)
    assert miss.axis.path == MEMORY
    assert miss.at == {MEMORY: "512", "traffic": "2"}
    assert miss.by == pytest.approx(at_two)
    assert grid({"traffic": [1, 2]}).misses(0) is None


@pytest.mark.parametrize(
    ("vary", "problem"),
    [
        ({"functions.api.architecture": ["arm64", "x86_64"]}, "'arm64' is no number"),
        ({"lifecycle.idle_timeout": ["30s", "5m"]}, "different units: 'm', 's'"),
        ({"lifecycle.idle_timeout": ["1h30m", "5m"]}, "'1h30m' is no number"),
        ({"traffic": [1]}, "1 is its only value"),
        ({"traffic": ["1", "1.0"]}, "the same value stands there twice"),
        ({"seed": [1, 2]}, "seeds are no setting"),
    ],
)
def test_what_has_no_grid_of_numbers_is_refused_with_the_reason(vary, problem):
    with pytest.raises(InputError) as error:
        grid(vary, measures=["api.errors"])
    assert problem in told(error)[0]


def test_a_sample_is_no_grid():
    with pytest.raises(InputError) as error:
        grid({MEMORY: "128..1024", "traffic": "1..2"}, sample=3, measures=["api.errors"])
    assert "the points are no grid" in told(error)[0]


def test_what_is_no_sweep_is_refused():
    with pytest.raises(InputError) as error:
        WhatIf.of(lambdasim.simulate(world()))
    assert "expected a sweep, found Result" in told(error)[0]


@pytest.mark.parametrize(
    ("path", "now"),
    [
        (MEMORY, "512"),
        ("functions.other.memory_size", "128"),
        ("functions.other.timeout", "3"),
        (PROVISIONED, "0"),
        ("traffic", "1"),
        ("seed", "3"),
        ("duration", "1m"),
        ("drain", None),
        ("functions.api.handler", None),
        ("functions.nobody.memory_size", None),
        ("triggers.web.arrivals.poisson.rate", "4/s"),
    ],
)
def test_what_a_scenario_has_now_is_as_it_is_written_or_the_plain_number_of_a_default(path, now):
    assert present(world(), path) == now
    if now is not None and path != "triggers.web.arrivals.poisson.rate":
        assert present(laid_over(world(), {path: "7"}) if path == "seed" else world(), path) in {now, "7"}


def test_the_scenarios_own_value_is_always_in_the_grid():
    assert grid_values(world(), {MEMORY: ["1024"]}) == {MEMORY: ["512", "1024"]}
    assert grid_values(world(), {"traffic": ["2"]}) == {"traffic": ["1", "2"]}
    assert grid_values(world(("name: shop", "name: shop\ntraffic: x3")), {"traffic": ["2"]}) == {"traffic": ["2", "3"]}
    assert grid_values(world(), {PROVISIONED: ["5", "10"]}) == {PROVISIONED: ["0", "5", "10"]}
    again = grid_values(world(("seed: 3", "seed: 3\nlifecycle: {idle_timeout: 600 s}")),
                        {"lifecycle.idle_timeout": ["5m", "10m"]})  # fmt: skip
    assert again == {"lifecycle.idle_timeout": ["5m", "10m"]}


def test_usual_values_surround_the_scenarios_own():
    asked = grid_values(world(), {MEMORY: None, "traffic": None, PROVISIONED: None})
    assert asked == {
        MEMORY: ["256", "512", "1024", "1536"],
        "traffic": ["0.5", "1", "2", "4"],
        PROVISIONED: ["0", "1", "2"],
    }
    busy = world(("median: 80 ms", "median: 800 ms"), ("p99: 1 s", "p99: 3 s"))
    mean = lambdasim.simulate(busy).summary()["functions"]["api"]["environments"]["mean_busy"]
    assert grid_values(busy, {PROVISIONED: None})[PROVISIONED] == ["0", *(str(n * math.ceil(mean)) for n in (1, 2))]


def test_auto_is_the_busiest_function_and_the_traffic():
    assert list(grid_values(world(), {"auto": None})) == [MEMORY, PROVISIONED, "traffic"]
    clocked = world(("poisson: {rate: 4/s}", "schedule: {expression: rate(1 minute)}"))
    assert list(grid_values(clocked, {"auto": None})) == [MEMORY, PROVISIONED]
    named = grid_values(world(), {"auto": None, "traffic": ["3"]})
    assert named["traffic"] == ["1", "3"]


def test_auto_leaves_out_what_can_have_no_other_value():
    small = world(("duration: 1m", "duration: 1m\naccount: {concurrent_executions: 100}"))
    assert list(grid_values(small, {"auto": None})) == [MEMORY, "traffic"]
    with pytest.raises(InputError, match="0 is its only value"):
        grid_values(small, {"auto": None, PROVISIONED: None})


def test_auto_leaves_to_autoscaling_what_it_moves():
    alias = """aliases: {live: {function_version: '1', provisioned_concurrent_executions: 2,
      autoscaling: {min_capacity: 1, max_capacity: 5, target_value: 0.7}}},"""
    scaled = world(("timeout: 10,", f"timeout: 10, {alias}"), ("target: api", "target: 'api:live'"))
    assert list(grid_values(scaled, {"auto": None})) == [MEMORY, "traffic"]
    by_hand = world(("timeout: 10,", "timeout: 10, aliases: {live: {function_version: '1'}},"),
                    ("target: api", "target: 'api:live'"))  # fmt: skip
    assert "functions.api.aliases.live.provisioned_concurrent_executions" in grid_values(by_hand, {"auto": None})


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"functions.api.timeout": None}, "it has no usual values; name some, such as functions.api.timeout=1,2,4"),
        ({"functions.ipa.memory_size": None}, "no function 'ipa'"),
        ({"functions.ipa.memory_size": ["128", "256"]}, "no function 'ipa'"),
        ({MEMORY: ["64", "256"]}, "128"),
        ({"functions.api.architecture": ["arm64"]}, "no number"),
        ({"functions.api.memory": ["1", "2"]}, "memory_size"),
    ],
)
def test_what_can_not_be_varied_is_refused_under_the_options_name(asked, problem):
    with pytest.raises(InputError) as error:
        plan(world(), asked, design=THREE)
    assert told(error)[0].startswith("--what-if: ")
    assert any(problem in line for line in told(error)), told(error)


def test_too_many_runs_are_refused_before_any_is_done():
    sizes = [str(size) for size in range(128, 3000, 10)]
    with pytest.raises(InputError) as error:
        plan(world(), {MEMORY: sizes, "traffic": ["1", "2", "3", "4"]}, measures=["api.errors"], design=Design(10))
    assert f"at most {MOST_RUNS:,} are done" in told(error)[0]
    with pytest.raises(InputError) as error:
        plan(world(), {MEMORY: sizes, "traffic": ["1", "2", "3"]}, design=THREE)
    assert "a page holds 2,000 at most" in told(error)[0]


def test_measures_are_those_of_the_functions_that_are_varied():
    other = plan(world(), {"functions.other.memory_size": ["256"]}, design=THREE)
    assert [measure.path[1] for measure in other.measures] == ["other", "other", "other", "cost_usd_per_month"]
    assert plan(world(), {"traffic": ["2"]}, design=THREE).measures[0].text == "functions.api.latency_ms.p99"


def test_the_run_that_tells_who_is_busy_reports_how_far_it_is():
    done = list[float]()
    plan(world(), {"auto": None}, design=THREE, progress=done.append)
    assert len(done) > 10
    assert sorted(done) == done


def test_the_grid_that_is_planned_is_simulated():
    planned = plan(world(), {"traffic": ["2"]}, measures=["api.cold_starts"], design=THREE)
    assert (planned.sizes, planned.points, planned.runs) == ("2 of traffic", 2, 6)
    found = planned.simulated()
    assert found.own == (0,)
    assert found.at({"traffic": 2}).is_simulated
