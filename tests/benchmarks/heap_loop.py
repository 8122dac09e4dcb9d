"""The limit of a compiled engine: arrivals merged with a heap of ends, and nothing of Lambda in it."""

from __future__ import annotations

import numpy as np

from lambdasim.kernel.compiling import compiled
from lambdasim.randomness import stream

ROOM = 1 << 16  # requests that may be under way at once
CHUNK = 4096


@compiled
def merged(arrivals_us, services_us, ends_us, busy):
    """Take requests in at their arrivals and out at their ends, which lie in the heap ``ends_us[:busy]``.

    Returns how many are under way after the last arrival, and the most that were at once.
    """
    most = busy
    for request in range(len(arrivals_us)):
        now_us = arrivals_us[request]
        while busy > 0 and ends_us[0] <= now_us:
            busy -= 1
            last_us = ends_us[busy]
            place, child = 0, 1
            while child < busy:
                if child + 1 < busy and ends_us[child + 1] < ends_us[child]:
                    child += 1
                if ends_us[child] >= last_us:
                    break
                ends_us[place] = ends_us[child]
                place, child = child, 2 * child + 1
            ends_us[place] = last_us
        end_us, place = now_us + services_us[request], busy
        busy += 1
        while place > 0 and ends_us[(place - 1) >> 1] > end_us:
            ends_us[place] = ends_us[(place - 1) >> 1]
            place = (place - 1) >> 1
        ends_us[place] = end_us
        most = max(most, busy)
    return busy, most


def bare_heap(arrivals_us, services_us):
    """The loop over requests that were drawn before; the most that were under way at once."""
    return merged(arrivals_us, services_us, np.zeros(ROOM, np.int64), 0)[1]


def drawing_heap(requests, rate_per_s, median_s, sigma):
    """The loop with NumPy's draws of gaps and lognormal services, a chunk at a time."""
    rng, ends_us, busy, most, now_us = stream(1, "benchmark"), np.zeros(ROOM, np.int64), 0, 0, 0
    for begin in range(0, requests, CHUNK):
        count = min(CHUNK, requests - begin)
        arrivals_us = now_us + np.cumsum(rng.exponential(1e6 / rate_per_s, count)).astype(np.int64)
        services_us = (rng.lognormal(np.log(1e6 * median_s), sigma, count)).astype(np.int64)
        busy, chunk_most = merged(arrivals_us, services_us, ends_us, busy)
        most, now_us = max(most, chunk_most), arrivals_us[-1]
    return most
