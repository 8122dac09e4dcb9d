"""A queue polled by a fixed number of pollers, one message a batch, is M/M/c: closed forms, and another simulator."""

import math

import ciw
import numpy as np
import pytest

from lambdasim.queueing import erlang_c, mg1_mean_wait, mmc_mean_wait, mmc_wait_exceeds
from tests.theory.laws import LIMIT, z_of_batches
from tests.theory.worlds import function, log_of, world

AT_ONCE = {f"triggers/sqs/mapping/pick_up_latency/{kind}": "0 s" for kind in ("standard", "fifo")}


def waits_s(servers, load, service, *, messages=60_000, queue=None):
    """Seconds between the send and the invocation of each message, in the order of the messages; services of 1 s."""
    trigger = {
        "type": "sqs",
        "target": "f",
        "queue": queue or {"visibility_timeout": "12h"},
        "batch_size": 1,
        "scaling_config": {"maximum_concurrency": servers},
        "arrivals": {"poisson": {"rate": f"{load}/s"}},
    }
    scenario = world(
        {"f": function(service)},
        {"q": trigger},
        duration=f"{messages / load} s",
        drain="1h",
        parameters={**AT_ONCE, "triggers/sqs/pollers/start": servers},
    )
    log = log_of(scenario)
    return (log["invoked_us"] - log["arrived_us"]) / 1e6


def after_warm_up(waits):
    return waits[len(waits) // 20 :]


@pytest.mark.parametrize(("servers", "load"), [(2, 1.0), (2, 1.6), (5, 4.0), (5, 4.5), (20, 17.0)])
def test_the_mean_wait_in_a_queue_of_c_pollers_is_that_of_erlang_c(servers, load):
    waits = after_warm_up(waits_s(servers, load, {"exponential": {"mean": "1 s"}}))
    assert abs(z_of_batches(waits, mmc_mean_wait(load, 1.0, servers))) < LIMIT


@pytest.mark.parametrize(("servers", "load"), [(2, 1.6), (5, 4.0)])
def test_the_share_of_messages_that_wait_is_erlang_c_and_their_wait_is_exponential(servers, load):
    waits = after_warm_up(waits_s(servers, load, {"exponential": {"mean": "1 s"}}))
    assert abs(z_of_batches((waits > 0).astype(float), erlang_c(load, servers))) < LIMIT
    for t in (0.5, 1.0, 2.0):  # P(W > t | W > 0) = exp(-(c - a) t)
        assert abs(z_of_batches((waits > t).astype(float), mmc_wait_exceeds(t, load, 1.0, servers))) < LIMIT


VARIABILITY = {  # a service of mean 1 s, and its coefficient of variation
    "constant": ("1 s", 0.0),
    "exponential": ({"exponential": {"mean": "1 s"}}, 1.0),
    "lognormal": ({"lognormal": {"mean": "1 s", "cv": 1.2}}, 1.2),
}


@pytest.mark.parametrize("law", VARIABILITY)
def test_a_message_group_is_a_queue_of_one_server_and_waits_as_pollaczek_and_khinchine_say(law):
    load, (service, cv) = 0.6, VARIABILITY[law]
    fifo = {"fifo": True, "message_groups": 1, "visibility_timeout": "12h"}
    waits = after_warm_up(waits_s(5, load, service, queue=fifo))
    assert abs(z_of_batches(waits, mg1_mean_wait(load, 1.0, cv))) < LIMIT


SERVICES = {
    "exponential": ({"exponential": {"mean": "1 s"}}, ciw.dists.Exponential(rate=1.0)),
    "lognormal": (
        {"lognormal": {"mean": "1 s", "cv": 1.5}},
        ciw.dists.Lognormal(mean=-math.log(1 + 1.5**2) / 2, sd=math.sqrt(math.log(1 + 1.5**2))),
    ),
    "uniform": ({"uniform": {"low": "0 s", "high": "2 s"}}, ciw.dists.Uniform(lower=0.0, upper=2.0)),
}


@pytest.mark.parametrize("service", SERVICES)
def test_waits_are_those_that_ciw_simulates(service):
    servers, load, messages = 3, 2.4, 20_000
    ours, theirs = SERVICES[service]
    ciw.seed(5)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=load)],
        service_distributions=[theirs],
        number_of_servers=[servers],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(messages / load)
    records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)
    their_waits = after_warm_up(np.array([record.waiting_time for record in records]))
    our_waits = after_warm_up(waits_s(servers, load, ours, messages=messages))

    def mean_and_error(waits):
        means = waits[: len(waits) // 30 * 30].reshape(30, -1).mean(axis=1)
        return means.mean(), means.std(ddof=1) / math.sqrt(30)

    (mine, my_error), (other, other_error) = mean_and_error(our_waits), mean_and_error(their_waits)
    assert abs(mine - other) / math.hypot(my_error, other_error) < LIMIT
