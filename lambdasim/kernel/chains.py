"""Chains of environments, compiled: each names those before and after it, and its fleet the first and the last.

A chain is four columns: ``following`` and ``last`` of the environments, ``head`` and ``tail`` of the fleets.
"""

from __future__ import annotations

from lambdasim.kernel.compiling import inlined
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World


@inlined
def append(world: World, fleet: int, environment: int, following: int, last: int, head: int, tail: int) -> None:
    """Put an environment at the tail of a chain; at its head, if the columns of either pair change places."""
    environments, fleets = world.environments, world.fleets
    before = fleets[fleet, tail]
    environments[environment, last] = before
    environments[environment, following] = NONE
    fleets[fleet, tail] = environment
    if before == NONE:
        fleets[fleet, head] = environment
    else:
        environments[before, following] = environment


@inlined
def remove(world: World, fleet: int, environment: int, following: int, last: int, head: int, tail: int) -> None:
    """Take an environment out of a chain, wherever it stands."""
    environments, fleets = world.environments, world.fleets
    after, before = environments[environment, following], environments[environment, last]
    if before == NONE:
        fleets[fleet, head] = after
    else:
        environments[before, following] = after
    if after == NONE:
        fleets[fleet, tail] = before
    else:
        environments[after, last] = before
