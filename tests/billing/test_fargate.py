"""Fargate's bill in closed form: published examples, how much a task serves, and where it costs the same as Lambda."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdasim.billing.fargate import (
    FrontDoor,
    Profile,
    Service,
    Task,
    Work,
    lasting_crossing,
    load_balancer,
    services,
    tasks_offered,
)
from lambdasim.errors import ParameterError
from lambdasim.parameters.book import load_book

STEADY = Profile.steady(1.0)


def offered(vcpu, memory_gb, architecture="x86_64"):
    tasks = tasks_offered(load_book(), "us-east-1", architecture)
    return next(task for task in tasks if (task.vcpu, task.memory_gb) == (vcpu, memory_gb))


# (tasks, vCPU, GB, USD a month as published): www.wring.co/blog/aws-fargate-pricing-guide;
# dev.to/dspv/what-does-aws-fargate-actually-cost-per-environment-5538;
# www.factualminds.com/blog/amazon-fargate-ecs-task-pricing-2026.
@pytest.mark.parametrize(
    ("tasks", "vcpu", "memory_gb", "month_usd"), [(1, 1, 4, 42), (8, 0.5, 1, 144), (1, 0.25, 0.5, 9)]
)
def test_tasks_that_run_all_month_cost_what_was_published(tasks, vcpu, memory_gb, month_usd):
    service = Service(offered(vcpu, memory_gb), rate=1.0, minimum=tasks)
    assert service.month_usd(Profile.steady(0.0)) == pytest.approx(month_usd, abs=0.6)


def test_a_vcpu_costs_by_the_second_what_awss_own_examples_say():
    vcpu_hour = load_book().value("prices/us-east-1/fargate/x86_64/vcpu")
    assert vcpu_hour / 3600 == pytest.approx(0.000011244, abs=5e-10)


def test_arm64_costs_a_fifth_less():
    x86, arm = offered(4, 16), offered(4, 16, "arm64")
    assert arm.usd_per_hour == pytest.approx(0.8 * x86.usd_per_hour, rel=1e-3)


def test_all_sizes_lie_within_what_fargate_allows():
    tasks = list(tasks_offered(load_book(), "us-east-1", "x86_64"))
    assert len(tasks) == 3 + 4 + 7 + 13 + 23 + 12 + 12
    assert all(2 <= task.memory_gb / task.vcpu <= 8 for task in tasks)


def test_a_task_serves_what_its_cpu_does_at_the_target_utilization():
    work = Work(vcpu_s=0.05, waiting_s=0.0, memory_mb=1)
    assert Task(2, 4, 0.1).runs_per_s(work, 0.5) == pytest.approx(0.5 * 2 / 0.05)


def test_a_task_serves_no_more_than_its_memory_has_room_for_at_a_time():
    work = Work(vcpu_s=0.001, waiting_s=0.999, memory_mb=500)  # four fit 2 GB, and each takes a second
    assert Task(1, 2, 0.1).runs_per_s(work, 0.66) == pytest.approx(4 / 1.0)
    assert Task(0.25, 0.5, 0.1).runs_per_s(Work(0.1, 0.0, 600), 0.66) == 0


def test_code_that_waits_only_is_bound_by_memory_and_code_without_threads_is_not_faster_on_more_vcpus():
    assert Task(1, 2, 0.1).runs_per_s(Work(0.0, 0.5, 1024), 0.66) == pytest.approx(2 / 0.5)
    assert Work(1.0, 0.0, 100, threads=1).duration_s(4) == Work(1.0, 0.0, 100, threads=4).duration_s(1) == 1.0
    assert Work(1.0, 0.2, 100, threads=4).duration_s(4) == pytest.approx(0.45)


def test_tasks_follow_the_hours_but_never_below_the_minimum():
    service = Service(Task(1, 2, 0.05), rate=10.0, minimum=2)
    profile = Profile(np.array([5.0, 20.0, 21.0, 95.0]), np.array([0.25] * 4))
    assert service.tasks(profile) == pytest.approx((2 + 2 + 3 + 10) / 4)
    assert service.month_usd(profile) == pytest.approx(730 * 0.05 * 17 / 4)


rates, prices = st.floats(0.1, 500), st.floats(1e-8, 1e-3)


@given(price=prices, rate=rates, task_usd=st.floats(0.001, 3), minimum=st.integers(1, 4),
       swing=st.floats(0, 1), hour_usd=st.floats(0, 0.01))  # fmt: skip
def test_where_the_bills_cross_both_are_the_same(price, rate, task_usd, minimum, swing, hour_usd):
    service = Service(Task(1, 2, task_usd), rate, minimum, FrontDoor(0.02, 1e-9))
    shape = Profile(np.array([1 - swing, 1.0, 1 + swing]), np.array([0.25, 0.5, 0.25]))
    crossing = service.crossing(shape, price, hour_usd)
    if not math.isfinite(crossing) or crossing == 0:
        return
    on_lambda = 730 * (hour_usd + price * crossing * 3600)
    assert service.month_usd(shape.times(crossing)) == pytest.approx(on_lambda, rel=1e-6)
    below = crossing * 0.999
    assert service.month_usd(shape.times(below)) > 730 * (hour_usd + price * below * 3600) * (1 - 1e-6)


def test_one_more_task_may_be_dearer_again_until_so_many_run_that_it_does_not_count():
    service = Service(Task(1, 2, 0.05), rate=14.0, minimum=2)  # a third task at 28 runs/s, worth it from 41.7 on
    assert service.crossing(STEADY, 1e-6) == pytest.approx(2 * 0.05 / 0.0036)
    assert service.month_usd(Profile.steady(30.0)) == pytest.approx(109.50)
    lambda_usd = 730 * 3600 * 30 * 1e-6
    assert lambda_usd == pytest.approx(78.84)
    # n tasks are paid for at 0.05 n / 0.0036 runs/s, needed from 14 (n - 1): after the former as long as n < 126.
    assert lasting_crossing([service], STEADY, 1e-6) == pytest.approx(125 * 0.05 / 0.0036)


def test_a_smaller_size_of_task_closes_the_gaps_of_a_larger_one():
    large, small = Service(Task(1, 2, 0.05), 14.0, 2), Service(Task(0.25, 0.5, 0.0125), 3.5, 2)
    both = lasting_crossing([large, small], STEADY, 1e-6)
    assert both <= min(lasting_crossing([each], STEADY, 1e-6) for each in (large, small))


@given(price=prices, serving=st.lists(st.tuples(rates, st.floats(0.001, 3)), min_size=1, max_size=3),
       minimum=st.integers(1, 4), swing=st.floats(0, 1), hour_usd=st.floats(0, 0.1),
       above=st.lists(st.floats(1, 50), min_size=1))  # fmt: skip
def test_at_no_rate_above_the_lasting_crossing_is_fargate_dearer(price, serving, minimum, swing, hour_usd, above):
    found = [Service(Task(1, 2, usd), rate, minimum, FrontDoor(0.02, 1e-9)) for rate, usd in serving]
    shape = Profile(np.array([1 - swing, 1.0, 1 + swing]), np.array([0.25, 0.5, 0.25]))
    lasting = lasting_crossing(found, shape, price, hour_usd)
    if not math.isfinite(lasting):
        return
    for rate in (lasting * factor for factor in above):
        on_lambda = 730 * (hour_usd + price * rate * 3600)
        assert min(each.month_usd(shape.times(rate)) for each in found) <= on_lambda * (1 + 1e-6)
    assert lasting >= min(each.crossing(shape, price, hour_usd) for each in found) * (1 - 1e-6)


@given(price=st.floats(1e-6, 1e-4), part=st.floats(0.7, 0.97), minimum=st.integers(1, 3), rate=st.floats(1, 50))
def test_just_below_the_lasting_crossing_fargate_is_dearer(price, part, minimum, rate):
    service = Service(Task(1, 2, part * 3600 * price * rate), rate, minimum)
    below = lasting_crossing([service], STEADY, price) * (1 - 1e-6)
    assert service.month_usd(Profile.steady(below)) > 730 * 3600 * price * below


def test_where_full_tasks_cost_more_than_lambda_fargate_never_stays_cheaper():
    assert lasting_crossing([Service(Task(1, 2, 0.05), 10.0, 1)], STEADY, 0.05 / 36_000) == math.inf
    # Cheaper with no load already, where Lambda is paid for standing ready; dearer with much.
    kept = Service(Task(1, 2, 0.05), 10.0, 2)
    assert kept.crossing(STEADY, 1e-9, hour_usd=0.2) == 0
    assert lasting_crossing([kept], STEADY, 1e-9, hour_usd=0.2) == math.inf
    assert lasting_crossing([], STEADY, 1e-6) == math.inf


def test_a_full_task_that_costs_more_than_lambda_never_pays():
    assert Service(Task(1, 2, 0.05), rate=10.0, minimum=1).crossing(STEADY, 0.05 / 36_000) == math.inf
    assert Service(Task(1, 2, 0.05), rate=10.0, minimum=1).crossing(STEADY, 0.0501 / 36_000) < math.inf


def test_what_lambda_is_paid_for_standing_ready_may_exceed_the_tasks_at_any_rate():
    assert Service(Task(1, 2, 0.05), rate=10.0, minimum=2).crossing(STEADY, 1e-9, hour_usd=0.2) == 0


def test_a_load_balancer_has_its_hours_and_a_capacity_unit_for_25_new_connections_a_second():
    door = load_balancer(load_book(), "us-east-1")
    service = Service(Task(1, 2, 0.0), rate=1e9, minimum=1, door=door)
    assert service.month_usd(Profile.steady(50.0)) == pytest.approx(730 * (0.0225 + 2 * 0.008))


def test_only_sizes_that_fit_are_services_and_a_region_without_prices_has_none():
    found = services(load_book(), "us-east-1", "x86_64", Work(0.1, 0.0, 100 * 1024))
    assert {service.task.vcpu for service in found} == {16}
    with pytest.raises(ParameterError, match="no 'prices/eu-west-1/fargate/x86_64/vcpu'"):
        services(load_book(), "eu-west-1", "x86_64", Work(0.1, 0.0, 100))
