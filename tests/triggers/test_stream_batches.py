"""What a failure means for a stream's batch, how long it waits, and which records fail."""

import pytest

from lambdasim.parameters.book import load_book
from lambdasim.randomness import Draws, uniforms
from lambdasim.scenario.stream_triggers import Poison
from lambdasim.service.aliases import Alias
from lambdasim.service.function_version import function_version
from lambdasim.service.luck import KEPT_RUNS, Luck, LuckBook
from lambdasim.triggers.backoff import Backoff
from lambdasim.triggers.streams.batches import (
    RecordFailures,
    Rules,
    Verdict,
    verdict,
)
from tests.stream_worlds import S
from tests.worlds import load, world


def rules(*, retries=-1, bisects=False):
    return Rules(
        most=100,
        room=1000,
        window_us=0,
        retention_us=24 * 3600 * S,
        age_us=2**53,
        retries=retries,
        bisects=bisects,
        reports=False,
        tumbling_us=0,
        tumbling_idle_us=0,
    )


@pytest.mark.parametrize("retries", [0, 1, 2, 10_000])
def test_a_batch_is_given_up_when_it_has_failed_once_more_than_it_may_be_tried_again(retries):
    assert verdict(rules(retries=retries), retries, 10) is not Verdict.GIVE_UP
    assert verdict(rules(retries=retries), retries + 1, 10) is Verdict.GIVE_UP


def test_without_a_limit_a_batch_is_tried_for_ever():
    assert verdict(rules(), 10**6, 10) is Verdict.RETRY


def test_a_split_takes_no_retry_so_that_only_single_records_are_given_up():
    splitting = rules(retries=0, bisects=True)
    assert verdict(splitting, 1, 2) is Verdict.BISECT
    assert verdict(splitting, 1, 1) is Verdict.GIVE_UP
    assert verdict(rules(retries=1, bisects=True), 1, 1) is Verdict.RETRY


def waits(count, **overrides):
    book = load_book().override({f"triggers/streams/mapping/backoff/{k}": v for k, v in overrides.items()})
    backoff = Backoff("triggers/streams/mapping/backoff", book)
    coins = Draws(1, "backoff", "t", "f", sample=uniforms)
    return [backoff.wait_us(n, coins.at(place)) / S for place, n in enumerate(count)]


def test_waits_double_from_1_s_up_to_60_s():
    assert waits(range(1, 10), jitter=0) == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert waits([1500], jitter=0) == [60]
    assert waits([1500], jitter=0, factor=1) == [1]


def test_waits_vary_by_a_fifth_up_and_down():
    sample = waits([2] * 4000)
    assert 1.6 <= min(sample) < 1.61
    assert 2.39 < max(sample) <= 2.4
    assert abs(sum(sample) / 4000 - 2) < 4 * 0.8 / (12 * 4000) ** 0.5


def test_a_batch_that_runs_for_days_has_the_draws_that_any_batch_would_have():
    scenario = load(world(handler={"duration": {"exponential": {"mean": "1 s"}}}))
    version = function_version(0, *next(scenario.versions()), scenario.book)
    lucks = LuckBook(5, "t", Alias(version))
    for run in (1, KEPT_RUNS, KEPT_RUNS + 1, KEPT_RUNS + 30):
        for batch in (0, 70, 5000):
            own = Luck(5, ("t", "f", run), version)
            assert lucks.draw(batch, run)[1].duration_us.at(batch) == own.duration_us.at(batch)
    assert len(lucks._lucks) == 2  # the first run's, and that of the last run that is kept


def records(events):
    return [(0, event, 0, 0, None) for event in events]


def test_poison_records_fail_in_every_run_and_others_by_a_coin_of_each_run():
    poison = RecordFailures(1, "t", "f", Poison(records=(3, 7)))
    assert [poison.of(records(range(2, 10)), run, 0.0) for run in (1, 2, 50)] == [[1, 5]] * 3
    rate = RecordFailures(1, "t", "f", Poison(rate=0.1))
    failing = rate.of(records(range(10_000)), 1, 0.0)
    assert failing == rate.of(records(range(10_000)), 20, 0.0)
    assert abs(len(failing) - 1000) < 4 * 900**0.5
    transient = RecordFailures(1, "t", "f", None)
    runs = [set(transient.of(records(range(10_000)), run, 0.1)) for run in (1, 2, KEPT_RUNS + 1)]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert abs(len(runs[first] & runs[second]) - 100) < 4 * 99**0.5  # independent: a tenth of a tenth
    assert transient.of(records(range(10_000)), 1, 0.0) == []
