"""What triggers have in common whose events wait: what they are given, what they answer, the row that ends an event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lambdasim.codes import Fate, Kept
from lambdasim.randomness import stream
from lambdasim.records import Log, Tally
from lambdasim.scenario.targets import function_name
from lambdasim.service.luck import LuckBook
from lambdasim.triggers.chain import Chain, Emitter, Inlet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lambdasim.parameters.book import Book
    from lambdasim.scenario.functions import Function
    from lambdasim.scenario.model import Scenario
    from lambdasim.service.aliases import Alias
    from lambdasim.service.clock import Clock
    from lambdasim.service.lambda_service import LambdaService
    from lambdasim.triggers.events.deliveries import RuleInvocations
    from lambdasim.workload.arrivals import ArrivalProcess


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a scenario, as its triggers see it; ``inlets`` are complete once all triggers are made.

    ``aliases``: what each target, as triggers write it, points to. ``rules``: what EventBridge's rules share.
    """

    scenario: Scenario
    seed: int
    service: LambdaService
    aliases: Mapping[str, Alias]
    inlets: Mapping[str, Inlet]
    events: Log
    rules: RuleInvocations

    @property
    def clock(self) -> Clock:
        """Simulated time."""
        return self.service.clock

    @property
    def book(self) -> Book:
        """The parameter book."""
        return self.scenario.book

    @property
    def measured_us(self) -> tuple[int, int]:
        """The span that statistics cover: from and until."""
        return self.scenario.warm_up_us, self.scenario.duration_us

    @property
    def ends_us(self) -> int:
        """When the run ends, the drain included."""
        return self.scenario.ends_us

    def times_us(self, trigger: str, arrivals: ArrivalProcess) -> Iterator[NDArray[np.int64]]:
        """When a trigger's own events arrive: sorted blocks."""
        scenario = self.scenario
        return arrivals.times_us(stream(self.seed, "arrivals", trigger), scenario.duration_us, scenario.start)

    def detects_loops(self, kind: str) -> bool:
        """Whether Lambda follows a chain through a trigger of this type; if not, it enters ``out_of_sight``."""
        return kind in self.book.value("triggers/recursion/detected_through")

    def function(self, target: str) -> Function:
        """The settings of a target's function."""
        return self.scenario.functions[function_name(target)]

    def emitter(self, trigger: str, target: str) -> Emitter:
        """What a trigger's events feed when its target has processed them."""
        return Emitter(self.seed, trigger, self.aliases[target], self.function(target).handler.emits, self.inlets)

    def lucks(self, trigger: str, target: str) -> LuckBook:
        """The luck of a trigger's events, or batches, at what it invokes."""
        return LuckBook(self.seed, trigger, self.aliases[target])


class QueuedTrigger(Inlet, Protocol):
    """A trigger whose events wait in a queue or a stream."""

    def start(self) -> None:
        """All triggers are made: set going what is to go on by itself."""

    def offered(self) -> dict[int, int]:
        """Events that arrived in the measured span, by function, what a filter dropped included."""

    def tally(self) -> Tally:
        """What it counted beside the logs; asked for when the run is over."""

    def close(self, now_us: int) -> None:
        """The run is over: settle what has ended on its own by now."""


def event_row(
    *,
    event: int,
    trigger: int,
    function: int,
    arrived_us: int,
    queued_us: int,
    ended_us: int,
    batch: int,
    attempts: int,
    runs: int,
    fate: Fate,
    kept: Kept = Kept.NOWHERE,
    lane: int = -1,
    chain: Chain | None = None,
) -> tuple[int, ...]:
    """The row of the event log, in the order of ``records.EVENT_COLUMNS``; without a ``chain`` it began its own."""
    if chain is None:
        origin = (trigger, event, arrived_us, 0)
    else:
        origin = (chain.trigger, chain.event, chain.arrived_us, chain.depth)
    return (
        event,
        trigger,
        function,
        arrived_us,
        queued_us,
        ended_us,
        batch,
        attempts,
        runs,
        fate,
        kept,
        lane,
        *origin,
    )
