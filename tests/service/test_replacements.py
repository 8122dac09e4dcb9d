"""Environments that Lambda starts ahead in place of one that has ended."""

from __future__ import annotations

import pytest

from lambdasim.codes import EndCause, StartCause, StartType
from tests.worlds import at, environments, rows, run, world

S = 1_000_000
REPLACED = {"on_retirement": "100%", "otherwise": "0%"}


def test_a_recycled_environment_gets_no_replacement_ahead():
    life = {"recycle_rate": "6/h", "idle_timeout": "unlimited", "surplus_idle_timeout": "unlimited",
            "proactive_initialization": REPLACED}  # fmt: skip
    result = run(world(lifecycle=life, duration="20h", trigger={"arrivals": {"constant": {"rate": "2/min"}}}))
    recycled = [e for e in environments(result) if e["end_cause"] == EndCause.RECYCLED]
    assert len(recycled) > 50
    assert not any(e["pre_initialized"] for e in environments(result))
    starts = [row for row in rows(result) if row["start_type"] is not StartType.WARM]
    assert {row["start_type"] for row in starts} == {StartType.COLD}
    assert {row["start_cause"] for row in starts[1:]} == {StartCause.RECYCLED}


@pytest.mark.parametrize(
    ("next_call", "start_type"), [("1100099ms", StartType.PRE_INITIALIZED), ("1100100ms", StartType.COLD)]
)
def test_a_replacement_started_in_a_quiet_spell_has_its_whole_idle_timeout_before_it(next_call, start_type):
    # Calls every 50 s, the last ends at 951 s. The environment is 1,000 s old at 1,000.1 s: its replacement is idle
    # from then on, and goes 100 s later, not 100 s after the last call.
    life = {"maximum_lifetime": "1000 s", "idle_timeout": "100 s", "surplus_idle_timeout": "1000 s",
            "proactive_initialization": REPLACED}  # fmt: skip
    in_use = [f"{t}s" for t in range(0, 951, 50)]
    quiet = run(world(lifecycle=life, trigger={"arrivals": at(*in_use)}))
    first, replacement = environments(quiet)
    assert (first["ended_us"], first["end_cause"]) == (1000_100_000, EndCause.LIFETIME)
    assert (replacement["created_us"], replacement["pre_initialized"]) == (1000_100_000, 1)
    assert (replacement["ended_us"], replacement["end_cause"]) == (1100_100_000, EndCause.IDLE_EXPIRED)
    asked = run(world(lifecycle=life, trigger={"arrivals": at(*in_use, next_call)}))
    assert rows(asked)[-1]["start_type"] is start_type
