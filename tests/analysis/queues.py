"""M/M/c by recursion on arrays, without our engine: many independent queues at once, each from its steady state."""

from __future__ import annotations

import math

import numpy as np

from lambdasim.randomness import stream


def waits(queues, customers, load, servers, seed):
    """Waits in services, shape (queues, customers): Kiefer and Wolfowitz's recursion of each server's work.

    An arrival takes the server with the least work: W = w[0]; then w[0] += service, all w -= the gap to the next
    arrival, down to 0 (Kiefer and Wolfowitz, Trans. American Mathematical Society 78, 1955). It begins as an arrival
    finds the queue (PASTA).
    """
    rng = stream(seed, "M/M/c", load, servers)
    work = _as_found(rng, queues, load, servers)
    found = np.empty((queues, customers))
    for customer in range(customers):
        found[:, customer] = work[:, 0]
        work[:, 0] += rng.standard_exponential(queues)
        work -= rng.standard_exponential((queues, 1)) / load
        np.maximum(work, 0, out=work)
        work.sort(axis=1)
    return found


def _as_found(rng, queues, load, servers):
    """Each server's work as an arrival finds it, in rising order: shape (queues, servers)."""
    below = np.array([load**k / math.factorial(k) for k in range(servers)])
    waiting = below[-1] * load / servers / (1 - load / servers)  # all states from c customers on, together
    shares = np.append(below, waiting) / (below.sum() + waiting)
    present = rng.choice(servers + 1, size=queues, p=shares)
    work = np.where(np.arange(servers) < present[:, None], rng.standard_exponential((queues, servers)), 0.0)
    work.sort(axis=1)
    in_line = np.where(present == servers, rng.geometric(1 - load / servers, queues) - 1, 0)
    for place in range(in_line.max()):  # those in line go to the server that is free first, one after the other
        rows = in_line > place
        work[rows, 0] += rng.standard_exponential(np.count_nonzero(rows))
        work.sort(axis=1)
    return work
