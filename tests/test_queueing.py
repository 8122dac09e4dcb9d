"""Formulas against textbooks' values, their definitions summed up, other programs, chains solved, and laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

import lambdasim
from lambdasim import queueing as q
from lambdasim.randomness import stream

LOADS = st.floats(0.01, 60)
SERVERS = st.integers(1, 80)
SHARES = st.floats(1e-9, 1)


def test_the_module_is_in_the_public_face_with_all_its_names():
    assert "queueing" in lambdasim.__all__
    assert lambdasim.queueing is q
    assert all(callable(getattr(q, name)) for name in q.__all__)


# Erlang B


def summed(load, servers):
    """Erlang B by its definition."""
    terms = [load**k / math.factorial(k) for k in range(servers + 1)]
    return terms[-1] / math.fsum(terms)


@pytest.mark.parametrize(
    ("load", "servers", "table"),
    [
        (1, 1, 0.5),
        (2, 2, 0.4),
        (10, 15, 0.0365),
        (10, 10, 0.2146),
        (5, 10, 0.0184),
        (25, 30, 0.0526),
        (100, 117, 0.0098),
    ],
)
def test_erlang_b_is_what_traffic_tables_say(load, servers, table):
    assert q.erlang_b(load, servers) == pytest.approx(table, abs=6e-5)


@given(st.floats(0.01, 40), st.integers(0, 40))
def test_the_recursion_of_erlang_b_is_the_sum_of_its_definition(load, servers):
    assert q.erlang_b(load, servers) == pytest.approx(summed(load, servers), rel=1e-12)


def test_erlang_b_does_not_run_out_of_range():
    assert q.erlang_b(1e6, 10**6) == pytest.approx(math.sqrt(2 / math.pi / 1e6), rel=2e-3)  # Jagerman's limit
    assert q.erlang_b(1, 400) == 0 < q.erlang_b(1, 150) < 1e-250
    assert q.erlang_b(1e6, 10) == pytest.approx(1 - 10 / 1e6, rel=1e-9)


@given(LOADS, st.floats(0, 60))
def test_erlang_b_of_any_number_of_servers_is_its_integral(load, servers):
    log = servers * math.log(load) - load - math.lgamma(servers + 1)  # the same by the incomplete gamma function
    assert q.erlang_b(load, servers) == pytest.approx(math.exp(log) / special.gammaincc(servers + 1, load), rel=1e-8)


@pytest.mark.parametrize(("load", "servers"), [(150, 0.5), (150, 120.25), (1000, 0.75), (99, 0.1), (101, 0.1)])
def test_erlang_b_between_whole_servers_holds_where_the_gamma_function_fails(load, servers):
    inverse, _ = integrate.quad(lambda t: math.exp(-t + servers * math.log1p(t / load)), 0, 200)
    assert q.erlang_b(load, servers) == pytest.approx(1 / inverse, rel=1e-8)


@given(LOADS, SERVERS, st.floats(0.001, 5))
def test_more_load_loses_more_and_more_servers_lose_less(load, servers, more):
    lost = q.erlang_b(load, servers)
    assert q.erlang_b(load + more, servers) > lost
    assert q.erlang_b(load, servers + more) < lost
    assert 0 < lost < 1


def test_without_load_only_no_servers_at_all_lose():
    assert [q.erlang_b(0, c) for c in (0, 0.5, 1, 7)] == [1, 0, 0, 0]


@given(LOADS, SHARES)
def test_servers_for_blocking_are_just_enough(load, blocking):
    servers = q.servers_for_blocking(load, blocking)
    assert q.erlang_b(load, servers) <= blocking
    assert servers == 0 or q.erlang_b(load, servers - 1) > blocking


# Overflow


@pytest.mark.parametrize(("load", "servers"), [(3.0, 2), (10.0, 10), (8.0, 12)])
def test_overflow_has_the_moments_of_the_chain_of_both_groups(load, servers):
    most = 60  # enough for "ever so many"
    states = [(i, j) for i in range(servers + 1) for j in range(most + 1)]
    place = {state: n for n, state in enumerate(states)}
    flow = np.zeros((len(states), len(states)))
    for (i, j), here in place.items():
        moves = [(i - 1, j, i), (i, j - 1, j), (i + 1, j, load) if i < servers else (i, j + 1, load)]
        for *there, rate in moves:
            if rate and tuple(there) in place:
                flow[place[tuple(there)], here] += rate
                flow[here, here] -= rate
    flow[0] = 1
    chance = np.linalg.solve(flow, np.eye(len(states))[0])
    busy = np.array([j for _, j in states])
    mean, variance = q.overflow(load, servers)
    assert mean == pytest.approx(chance @ busy, rel=1e-6)
    assert variance == pytest.approx(chance @ busy**2 - (chance @ busy) ** 2, rel=1e-6)


@given(st.floats(0.1, 60), SERVERS)
def test_hayward_is_erlang_b_for_poisson_traffic_and_more_for_bursts(load, servers):
    assert q.hayward(load, load, servers) == pytest.approx(q.erlang_b(load, servers))
    assert q.hayward(load, 1.5 * load, servers) > q.erlang_b(load, servers)


# Erlang C and waits


@given(st.floats(0.01, 0.98), st.integers(1, 60))
def test_erlang_c_is_above_erlang_b_and_below_the_load_per_server(utilization, servers):
    load = utilization * servers
    waits = q.erlang_c(load, servers)
    assert q.erlang_b(load, servers) <= waits <= utilization * (1 + 1e-12)  # equal for one server
    assert servers > 1 or waits == pytest.approx(utilization)


@given(st.floats(0.01, 0.98), st.integers(1, 30))
def test_erlang_c_is_the_sum_of_its_definition(utilization, servers):
    load = utilization * servers
    queued = load**servers / math.factorial(servers) / (1 - utilization)
    total = math.fsum([*(load**k / math.factorial(k) for k in range(servers)), queued])
    assert q.erlang_c(load, servers) == pytest.approx(queued / total, rel=1e-11)


def test_waits_are_the_textbooks():
    assert q.mmc_mean_wait(6, 1 / 3, 3) == pytest.approx(4 / 27)  # Gross and Harris, an eye clinic
    assert q.mmc_mean_wait(0.75, 1, 1) == pytest.approx(3)  # M/M/1: rho / (1 - rho)
    assert q.mg1_mean_wait(0.75, 1, 0) == pytest.approx(1.5)  # M/D/1: half of it


@given(st.floats(0.05, 0.95), st.integers(1, 30), st.floats(0.1, 10))
def test_the_mean_wait_is_the_integral_of_the_tail(utilization, servers, service):
    rate = utilization * servers / service
    decay = servers * (1 - utilization) / service
    mean, _ = integrate.quad(lambda t: q.mmc_wait_exceeds(t, rate, service, servers), 0, 40 / decay)
    assert mean == pytest.approx(q.mmc_mean_wait(rate, service, servers), rel=1e-6)


@given(st.floats(0.05, 0.95), st.integers(1, 30), st.floats(0, 0.999))
def test_a_percentile_of_the_wait_is_exceeded_by_the_rest(utilization, servers, share):
    wait = q.mmc_wait_percentile(share, utilization * servers, 1.0, servers)
    exceeding = q.mmc_wait_exceeds(wait, utilization * servers, 1.0, servers)
    assert exceeding == pytest.approx(1 - share) if wait else exceeding <= 1 - share


@given(st.floats(0.05, 0.95), st.floats(0, 5))
def test_the_approximation_for_several_servers_is_exact_for_one(utilization, cv):
    assert q.mgc_mean_wait(utilization, 1, cv, 1) == pytest.approx(q.mg1_mean_wait(utilization, 1, cv))


@pytest.mark.parametrize("cv", [0.0, 0.5, 2.0])
@pytest.mark.parametrize(("servers", "utilization"), [(2, 0.8), (5, 0.8), (5, 0.9)])
def test_the_approximation_for_several_servers_is_near_what_is_simulated(servers, utilization, cv):
    # Kiefer and Wolfowitz's recursion over 2,000 customers in each of 400 rows at once, in steady state from 400 on.
    generator = stream(1, "waits", str((servers, utilization, cv)))
    rows, length = 400, 2_000
    gaps = generator.standard_exponential((length, rows)) / (utilization * servers)
    services = np.ones((length, rows)) if cv == 0 else generator.gamma(cv**-2, cv**2, (length, rows))
    ahead = np.zeros((rows, servers))
    waits = np.zeros(rows)
    for n in range(length):
        if n >= length // 5:
            waits += ahead[:, 0]
        ahead[:, 0] += services[n]
        ahead = np.sort(np.maximum(ahead - gaps[n][:, np.newaxis], 0), axis=1)
    simulated = waits.mean() / (length - length // 5)
    assert q.mgc_mean_wait(utilization * servers, 1.0, cv, servers) == pytest.approx(simulated, rel=0.12)


def test_the_error_of_a_mean_wait_is_that_of_one_server_in_heavy_traffic():
    # M/M/1's number in system: mean rho / (1 - rho), asymptotic variance 2 rho (1 + rho) / (1 - rho)^4 (Whitt, 1989)
    rho, span = 0.99, 1e6
    exact = math.sqrt(2 * rho * (1 + rho) / (1 - rho) ** 4 / span) / (rho / (1 - rho))
    relative = q.mgc_mean_wait_error(rho, 1, 1, 1, span) / q.mgc_mean_wait(rho, 1, 1, 1)
    assert relative == pytest.approx(exact, rel=0.01)


# Staffing


@given(st.floats(0, 8))
def test_halfin_and_whitt_is_its_equation_by_scipy(beta):
    normal = stats.norm
    assert q.halfin_whitt(beta) == pytest.approx(1 / (1 + beta * normal.cdf(beta) / normal.pdf(beta)))
    assert q.halfin_whitt(0) == 1
    assert q.halfin_whitt(50) == 0


@given(st.floats(0.05, 3))
def test_halfin_and_whitt_are_the_limit_of_erlang_c(beta):
    servers = 100_000
    load = servers + beta**2 / 2 - beta * math.sqrt(servers + beta**2 / 4)  # load + beta sqrt(load) = servers
    assert q.erlang_c(load, servers) == pytest.approx(q.halfin_whitt(beta), rel=0.02)


@given(st.floats(0.5, 2000), st.floats(1e-3, 0.9))
def test_the_square_root_rule_is_within_a_few_servers_of_erlang_c(load, waiting):
    exact, rule = q.servers_for_wait(load, waiting), q.square_root_staffing(load, waiting)
    assert q.erlang_c(load, exact) <= waiting
    assert exact - 1 <= load or q.erlang_c(load, exact - 1) > waiting
    assert abs(rule - exact) <= 2


@given(st.floats(0.5, 2000), st.floats(1e-6, 1), st.floats(0.01, 0.99))
def test_a_stricter_target_never_takes_fewer_servers(load, waiting, stricter):
    for rule in (q.servers_for_blocking, q.servers_for_wait, q.square_root_staffing):
        assert rule(load, waiting * stricter) >= rule(load, waiting)


# M/G/infinity


@given(st.integers(0, 200), st.floats(0, 150))
def test_the_number_busy_is_poisson(busy, load):
    assert q.mginf_busy(busy, load) == pytest.approx(stats.poisson.pmf(busy, load), rel=1e-9, abs=1e-300)


@given(st.floats(0, 0.9999, exclude_min=True), st.floats(0, 300))
def test_the_level_is_the_quantile_of_poisson(share, load):
    level = q.mginf_level(share, load)
    assert stats.poisson.cdf(level, load) >= share - 1e-9
    assert level == 0 or stats.poisson.cdf(level - 1, load) < share + 1e-9


def test_the_error_of_the_mean_concurrency_is_that_of_many_runs():
    rate, span, runs, cv = 4.0, 200.0, 4_000, 1.5
    generator = stream(1, "mean concurrency")
    means = []
    for _ in range(runs):
        begins = generator.uniform(-200, span, generator.poisson(rate * (span + 200)))
        ends = begins + generator.gamma(cv**-2, cv**2, begins.size)
        means.append((np.clip(ends, 0, span) - np.clip(begins, 0, span)).sum() / span)
    expected = q.mginf_mean_error(rate, 1.0, cv, span)
    assert np.std(means) == pytest.approx(expected, rel=4 / math.sqrt(2 * runs) + 0.01)  # 0.01: the ends of the span


# Environments that expire


@given(st.floats(0.001, 1), st.floats(0, 20), st.floats(0, 5))
def test_of_the_lives_and_the_gaps_between_them_the_gaps_have_the_share_that_finds_nobody(rate, timeout, service):
    life = q.environment_life(rate, timeout, service)
    assert (1 / rate) / (1 / rate + life) == pytest.approx(q.nobody_left_probability(rate, timeout, service))


# How far the share lost of a run may lie


def chain(load, servers):
    """The loss system's generator, with services of mean 1, and its stationary law."""
    flow = np.diag(np.full(servers, float(load)), 1) + np.diag(np.arange(1.0, servers + 1), -1)
    flow -= np.diag(flow.sum(axis=1))
    law = np.linalg.solve((flow + np.ones_like(flow)).T, np.ones(servers + 1))
    return flow, law


@pytest.mark.parametrize(("load", "servers"), [(0.5, 1), (2.0, 1), (4.0, 6), (10.0, 15), (30.0, 20)])
def test_the_error_of_the_share_lost_and_what_an_empty_start_saves_are_those_of_the_chain(load, servers):
    flow, law = chain(load, servers)
    lost = law[-1]
    reward = np.full(servers + 1, -lost)
    reward[-1] += 1
    g = np.linalg.solve(flow - np.outer(np.ones(servers + 1), law), -load * reward)  # Poisson's equation
    assert law @ g - g[0] == pytest.approx(q.erlang_b_shortfall(load, servers))
    at_arrival = np.append(np.diff(g), 0) + reward
    at_departure = np.append(0, np.diff(g)) ** 2 * np.arange(servers + 1)
    variance = law @ (load * at_arrival**2 + at_departure) / load
    assert q.erlang_b_error(load, servers, 1000) == pytest.approx(math.sqrt(variance / 1000))


def test_the_error_of_the_share_lost_is_that_of_many_runs_from_an_empty_start():
    load, servers, events, runs = 6.0, 8, 2_000, 3_000
    generator = stream(1, "losses")
    ends = np.zeros((runs, servers))
    now, lost = np.zeros(runs), np.zeros(runs)
    for _ in range(events):
        now += generator.standard_exponential(runs) / load
        first = ends.argmin(axis=1)
        free = ends[np.arange(runs), first] <= now
        lost += ~free
        ends[np.arange(runs), first] = np.where(free, now + generator.standard_exponential(runs), ends.min(axis=1))
    expected = q.erlang_b(load, servers) - q.erlang_b_shortfall(load, servers) / events
    error = q.erlang_b_error(load, servers, events)
    assert abs((lost / events).mean() - expected) / (error / math.sqrt(runs)) < 4
    assert (lost / events).std() == pytest.approx(error, rel=4 / math.sqrt(2 * runs))


def test_where_hardly_any_is_lost_nothing_fails():
    assert q.erlang_b_error(1, 400, 10) == q.erlang_b_shortfall(1, 400) == 0
    assert q.erlang_b_error(1000, 1, 10) > 0


# What is no such system


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: q.erlang_b(-1, 3), "load is -1; it must be 0 or more"),
        (lambda: q.erlang_b(math.nan, 3), "load is nan"),
        (lambda: q.erlang_b(1, math.inf), "servers is inf"),
        (lambda: q.erlang_c(3, 3), "a load of 3 erlangs is not below 3 servers: the queue would grow for ever"),
        (lambda: q.mmc_mean_wait(2, 2, 3), "4 erlangs is not below 3 servers"),
        (lambda: q.mmc_mean_wait(2, 0, 3), "service_mean is 0; it must be above 0"),
        (lambda: q.mmc_wait_exceeds(-1, 1, 1, 3), "wait is -1"),
        (lambda: q.mmc_wait_percentile(1, 1, 1, 3), r"share is 1; it must be in \[0, 1\)"),
        (lambda: q.mgc_mean_wait(1, 1, -1, 3), "service_cv is -1"),
        (lambda: q.mgc_mean_wait_error(1, 1, 1, 3, 0), "span is 0"),
        (lambda: q.mg1_mean_wait(1, 1, 1), "1 erlangs is not below 1 servers"),
        (lambda: q.servers_for_blocking(1, 0), "blocking is 0; it must be above 0, and at most 1"),
        (lambda: q.servers_for_wait(1, 1.1), "wait_probability is 1.1"),
        (lambda: q.square_root_staffing(-1, 0.5), "load is -1"),
        (lambda: q.halfin_whitt(-1), "beta is -1"),
        (lambda: q.overflow(0, 3), "load is 0; it must be above 0"),
        (lambda: q.hayward(1, 0, 3), "variance is 0"),
        (lambda: q.mginf_busy(-1, 2), "busy is -1"),
        (lambda: q.mginf_level(1, 2), "share is 1"),
        (lambda: q.mginf_mean_error(1, 1, 1, 0), "span is 0"),
        (lambda: q.nobody_left_probability(1, -1), "idle_timeout is -1"),
        (lambda: q.environment_life(0, 1), "arrival_rate is 0"),
        (lambda: q.erlang_b_error(1, 0, 10), "servers is 0"),
        (lambda: q.erlang_b_shortfall(0, 1), "load is 0"),
    ],
)
def test_what_is_no_such_system_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
