"""Generated worlds under both engines, so many from one seed, and the tally of what happened in them."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.kernel.comparing import compared, parsed
from tests.kernel.equal_worlds import World
from tests.kernel.happenings import happenings

WORLDS, ROWS, WITHOUT_LOG = "worlds", "rows", "worlds without a log"
FEW = 3  # of a thousand worlds: what happens in fewer is seldom tried
_NO_LOG_EVERY = 4  # every so many-th seed is run without a log, too


def tally_of(worlds: st.SearchStrategy[World], examples: int, number: int) -> Counter[str]:
    """Run ``examples`` worlds from seed ``number`` under both engines: in how many of them each thing happened.

    ``NotEqualError`` with the first difference, in the smallest world that Hypothesis finds with one. ``WORLDS``,
    ``WITHOUT_LOG`` and ``ROWS``: how many were compared, how many without a log too, and the rows of their invocation
    and environment logs.
    """
    tally: Counter[str] = Counter()

    @seed(number)
    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(worlds)
    def both_engines_agree_on(world: World) -> None:
        scenario = parsed(world)
        result = compared(scenario)
        if world["seed"] % _NO_LOG_EVERY == 0:
            compared(scenario, log="none")
            tally[WITHOUT_LOG] += 1
        assert result.invocation_columns is not None
        rows = len(result.invocation_columns["event"]) + len(result.environment_columns["environment"])
        tally.update({WORLDS: 1, ROWS: rows, **dict.fromkeys(happenings(world, result), 1)})

    both_engines_agree_on()
    return tally
