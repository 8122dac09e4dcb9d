"""How many network interfaces there were in the VPC, and how many cold starts waited for one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lambdasim.header import Header
from lambdasim.metrics.environments import most_at_once
from lambdasim.records import NEVER, NetworkUse


@dataclass(frozen=True, slots=True)
class NetworkCounts:
    """What happened in the VPC within [warm_up, duration).

    ``functions``: which functions are in it, by index. Arrays of shape (functions,): ``maximum``, the most interfaces
    at once that a function could use, shared ones included; ``starts``, environments that started for an invocation;
    ``waited``, ... that waited until an interface was attached. ``account_maximum``: the most interfaces at once.
    """

    functions: frozenset[int]
    maximum: NDArray[np.int64]
    starts: NDArray[np.int64]
    waited: NDArray[np.int64]
    account_maximum: int


def count_network(use: NetworkUse, header: Header, run_ended_us: int) -> NetworkCounts:
    """Counts of the measured span; an interface that was never removed was there when the run ended."""
    size, low_us, high_us = len(header.functions), header.warm_up_us, header.duration_us
    lives = np.array(use.interfaces, dtype=np.int64).reshape(-1, 3)
    combination, made_us, removed_us = lives.T
    removed_us = np.where(removed_us == NEVER, run_ended_us, removed_us)
    from_us, to_us = np.clip(made_us, low_us, high_us), np.clip(removed_us, low_us, high_us)
    lived = from_us < to_us
    maximum = np.zeros(size + 1, dtype=np.int64)
    for function, own in (*use.combinations.items(), (size, tuple(combination))):
        rows = lived & np.isin(combination, own)
        maximum[function] = most_at_once(np.zeros_like(combination[rows]), from_us[rows], to_us[rows], 1)[0]
    starts = np.array(use.starts, dtype=np.int64).reshape(-1, 3)
    measured = (low_us <= starts[:, 1]) & (starts[:, 1] < high_us)
    function, waited = starts[measured, 0], starts[measured, 2] == 1
    return NetworkCounts(
        functions=frozenset(use.combinations),
        maximum=maximum[:size],
        starts=np.bincount(function, minlength=size),
        waited=np.bincount(function[waited], minlength=size),
        account_maximum=int(maximum[size]),
    )
