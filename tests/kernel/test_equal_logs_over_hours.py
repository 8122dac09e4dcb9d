"""Both engines write the same logs: worlds of minutes to hours, drawn at random."""

from __future__ import annotations

from functools import cache

from tests.kernel.equal_worlds import SLOW_WORLDS
from tests.kernel.happenings import HAPPENINGS
from tests.kernel.tallying import FEW, WORLDS, tally_of

EXAMPLES = 1000
tally = cache(tally_of)


def test_in_a_thousand_slow_worlds_both_engines_write_the_same_logs_row_by_row():
    assert tally(SLOW_WORLDS, EXAMPLES, 2)[WORLDS] >= EXAMPLES


def test_nothing_that_the_compiled_engine_covers_is_seldom_tried_in_slow_worlds():
    counts = tally(SLOW_WORLDS, EXAMPLES, 2)
    assert {name: counts[name] for name in HAPPENINGS if counts[name] < FEW} == {}
