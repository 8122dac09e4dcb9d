"""Chains: an event that another one caused remembers where it all began, and which functions ran since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lambdasim.randomness import Draws, uniforms

if TYPE_CHECKING:
    from lambdasim.scenario.functions import Emit
    from lambdasim.service.aliases import Alias


@dataclass(frozen=True, slots=True)
class Chain:
    """The event that began a chain (its trigger, number and arrival), and how far the chain has come.

    ``depth`` counts the functions that have run since; ``functions`` are the indices of those among them that Lambda
    knows of: it loses sight of a chain that passes a source through which it detects no loops.
    """

    trigger: int
    event: int
    arrived_us: int
    depth: int = 0
    functions: tuple[int, ...] = ()

    def after(self, function: int) -> Chain:
        """The chain once ``function`` has run, too."""
        return Chain(self.trigger, self.event, self.arrived_us, self.depth + 1, (*self.functions, function))

    def stopped_at(self, function: int) -> Chain:
        """The chain that Lambda has stopped before ``function``, which did not run once more."""
        return Chain(self.trigger, self.event, self.arrived_us, self.depth, (*self.functions, function))

    def out_of_sight(self) -> Chain:
        """The chain past a source through which Lambda detects no loops."""
        return Chain(self.trigger, self.event, self.arrived_us, self.depth) if self.functions else self


class Inlet(Protocol):
    """Where other triggers' events go on: the target of emits, destinations and dead letters."""

    def accept(self, chain: Chain, now_us: int) -> None:
        """One more event arrives, now."""


class Discard:
    """Takes everything, and does nothing with it: whoever sends here counts."""

    def accept(self, chain: Chain, now_us: int) -> None:
        """See ``Inlet``."""


class Emitter:
    """What the events of one trigger feed when one function has processed them.

    Whether an event emits is its own luck: a coin by the event's number, for each of the function's ``emits``.
    """

    __slots__ = ("_emits", "_function", "_inlets")

    def __init__(
        self, seed: int, trigger: str, alias: Alias, emits: Sequence[Emit], inlets: Mapping[str, Inlet]
    ) -> None:
        self._function = alias.function
        self._inlets = inlets
        self._emits: list[tuple[Emit, Draws[float]]] = [
            (emit, Draws(seed, "emits", trigger, alias.function_name, number, sample=uniforms))
            for number, emit in enumerate(emits)
        ]

    def __bool__(self) -> bool:
        """Whether the function emits anything at all."""
        return bool(self._emits)

    def succeeded(self, event: int, chain: Chain, now_us: int) -> None:
        """The function has processed the event: feed what it feeds."""
        for emit, coins in self._emits:
            if emit.probability >= 1 or coins.at(event) < emit.probability:
                following = chain.after(self._function)
                for _ in range(emit.events):
                    self._inlets[emit.to].accept(following, now_us)
