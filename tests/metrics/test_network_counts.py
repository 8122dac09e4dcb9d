"""Interfaces at once, and starts that waited, counted within the measured span."""

from lambdasim.header import FunctionFacts, Header
from lambdasim.metrics.network import count_network
from lambdasim.records import NEVER, InterfaceLife, NetworkUse, StartInVpc

HEADER = Header("n", 0, "us-east-1", 0.0, 100, 1000, tuple(map(FunctionFacts, "abc")), (), ())


def counts(interfaces=(), combinations=None, starts=()):
    return count_network(NetworkUse(tuple(interfaces), combinations or {}, tuple(starts)), HEADER, 2000)


def test_interfaces_are_counted_for_each_function_that_can_use_them_and_once_for_the_account():
    lives = [
        InterfaceLife(0, 0, NEVER),
        InterfaceLife(1, 200, NEVER),
        InterfaceLife(1, 300, 400),
        InterfaceLife(2, 0, 1),
    ]
    found = counts(lives, {0: (0, 1), 2: (1, 2)})
    assert found.functions == {0, 2}
    assert found.maximum.tolist() == [3, 0, 2]
    assert found.account_maximum == 3


def test_what_was_gone_before_the_warm_up_ended_or_came_after_the_end_does_not_count():
    lives = [
        InterfaceLife(0, 0, 100),
        InterfaceLife(0, 1000, NEVER),
        InterfaceLife(0, 0, 101),
        InterfaceLife(0, 999, NEVER),
    ]
    assert counts(lives, {0: (0,)}).maximum.tolist() == [1, 0, 0]
    starts = [StartInVpc(0, at_us, waited=True) for at_us in (99, 100, 999, 1000)]
    assert counts(starts=starts).waited.tolist() == [2, 0, 0]


def test_an_interface_that_follows_another_in_the_same_instant_is_not_one_more():
    assert counts([InterfaceLife(0, 200, 300), InterfaceLife(0, 300, 400)], {1: (0,)}).maximum.tolist() == [0, 1, 0]


def test_starts_that_waited_are_some_of_the_starts():
    found = counts(
        starts=[StartInVpc(1, 200, waited=True), StartInVpc(1, 200, waited=False), StartInVpc(2, 300, waited=False)]
    )
    assert (found.starts.tolist(), found.waited.tolist()) == ([0, 2, 1], [0, 1, 0])


def test_without_a_vpc_there_is_nothing():
    found = counts()
    assert (found.functions, found.maximum.tolist(), found.account_maximum) == (frozenset(), [0, 0, 0], 0)
