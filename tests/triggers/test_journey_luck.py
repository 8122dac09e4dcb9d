"""The steps of one user's journey are events of their own, with luck of their own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.worlds import rows, run, world

USERS, STEPS = 400, 3


def durations_us() -> np.ndarray:
    """Of the handler, by user and step: shape (USERS, STEPS). Users call one function three times, 1 s apart."""
    steps: list[dict[str, Any]] = [{"invoke": "f"}, {"wait": "1 s"}, {"invoke": "f"}, {"wait": "1 s"}, {"invoke": "f"}]
    users = {"type": "journey", "arrivals": {"constant": {"rate": "1/s"}}, "flows": [{"weight": 1, "steps": steps}]}
    document = world(duration=f"{USERS}s", handler={"duration": {"uniform": {"low": "0 s", "high": "20 s"}}})
    table = rows(run(document | {"triggers": {"users": users}}))
    by_user: dict[int, list[int]] = {}
    for row in table:
        by_user.setdefault(row["event"] // len(steps), []).append(row["duration_us"])
    return np.array([by_user[user] for user in range(USERS)])


def test_each_step_of_each_user_has_a_handler_draw_of_its_own():
    drawn = durations_us()
    assert drawn.shape == (USERS, STEPS)
    for user in drawn:
        assert len(set(user)) == STEPS
    assert len(np.unique(drawn)) > 0.99 * drawn.size  # nor do users share: equal draws of 20,000,000 are rare
    correlation = np.corrcoef(drawn.T)[np.triu_indices(STEPS, 1)]
    assert np.all(np.abs(correlation) < 4 / math.sqrt(USERS))
