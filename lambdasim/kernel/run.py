"""Runs a scenario on the compiled engine: gives its machine what it asks for, and takes what it writes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lambdasim.header import Header
from lambdasim.kernel import layout as table
from lambdasim.kernel.closing import begin_sources, close_fleets, conclude_unfinished, under_way
from lambdasim.kernel.compiling import must_be_compiled
from lambdasim.kernel.kept_ready import CompiledClock, CompiledLimits, CompiledWatch, KeptFleet
from lambdasim.kernel.layout import NONE, Ints
from lambdasim.kernel.loading import Loader
from lambdasim.kernel.machine import advance
from lambdasim.kernel.memory import World
from lambdasim.kernel.outcome import environment_rows, journeys, note_what_was_asked, offered, peaks, tallies
from lambdasim.kernel.starts import Starts
from lambdasim.kernel.world import larger, new_world
from lambdasim.metrics.recorder import Metrics, Recorder
from lambdasim.scenario.targets import Queued
from lambdasim.service.aliases import aliases_of
from lambdasim.service.autoscaling import start_autoscaling
from lambdasim.service.change_log import ChangeLog
from lambdasim.service.fleet import Fleet, Numbering
from lambdasim.service.function_version import FunctionVersion, function_version
from lambdasim.service.luck import ColdStartDraws
from lambdasim.service.provisioning import periods_of, start_provisioning
from lambdasim.service.token_bucket import TokenBucket
from lambdasim.units import US_PER_MINUTE

if TYPE_CHECKING:
    from lambdasim.scenario.model import Scenario
    from lambdasim.service.cold_start import ColdStart
    from lambdasim.service.provisioned import ProvisionedFleet

_LOGGER = logging.getLogger("lambdasim")


class CompiledAccount:
    """A scenario's account with all that lives in it, in a compiled world.

    The first on a machine has to wait for the compiler, and logs that (a warning of logger ``lambdasim``).
    """

    def __init__(self, scenario: Scenario, seed: int, header: Header, recorder: Recorder) -> None:
        if must_be_compiled(advance):
            _LOGGER.warning("lambdasim compiles its engine for this machine; that may take a minute")
        book, functions = scenario.book, list(scenario.functions.values())
        self.ends_us = scenario.ends_us
        self._scenario, self._recorder = scenario, recorder
        self._versions = [function_version(i, *version, book) for i, version in enumerate(scenario.versions())]
        self._aliases = aliases_of(scenario.functions, self._versions)
        measured_us = (scenario.warm_up_us, scenario.duration_us)
        self._limits = limits = CompiledLimits(scenario.account, scenario.region, functions, book, measured_us)
        self.world = limits.world = self._empty_world()
        self._loader = loader = Loader(self.world, scenario, seed, self._aliases, limits.functions)
        self._clock = CompiledClock(self)
        numbering = Numbering(recorder.environments)
        self._fleets = [self._fleet(version, seed, numbering) for version in self._versions]
        self._by_row: list[Fleet] = list(self._fleets)  # those of provisioned concurrency follow
        self._starts = Starts(self.world, loader, self._versions, self._by_row)
        self._load_limits()
        self._begun = loader.triggers()
        loader.finish()
        changes = ChangeLog(recorder.changes, header.subjects)
        self._kept: list[KeptFleet] = []
        self._provisioned = start_provisioning(
            self._clock,  # type: ignore[arg-type]
            scenario,
            seed,
            self._fleets,
            self._aliases,
            numbering,
            limits,
            changes,
            make_fleet=self._new_kept,
        )
        self._watches = {fleet.version.index: CompiledWatch(self, row) for row, fleet in enumerate(self._kept)}
        start_autoscaling(self._clock, scenario, self._provisioned, self._watches, changes)  # type: ignore[arg-type]
        self._begin()

    # -- before the first event

    def _empty_world(self) -> World:
        scenario, versions = self._scenario, len(self._versions)
        functions, triggers = len(scenario.functions), list(scenario.triggers.values())
        targets = sum(len(trigger.targets) for trigger in triggers)
        kept = versions if any(function.is_provisioned for function in scenario.functions.values()) else 0
        return new_world(
            versions=versions,
            fleets=versions + kept,
            levels=3 + 2 * functions + kept,
            buckets=2 + 2 * functions + kept + len(triggers),
            triggers=len(triggers),
            targets=targets,
            queues=targets,
            clients=sum(trigger.client.clients for trigger in triggers if not isinstance(trigger, Queued)),
            ends_us=self.ends_us,
            counted_minutes=-(-scenario.duration_us // US_PER_MINUTE),
            watches=kept,
        )

    def _fleet(self, version: FunctionVersion, seed: int, numbering: Numbering) -> Fleet:
        """The draws of a version's environments, and the limits that its runs meet."""
        ahead = ColdStartDraws(seed, ("started ahead", version.label), version.cold_start, version.restore)
        limits, clock = self._limits.functions[version.function], self._clock
        fleet = Fleet(clock, version, self._scenario.lifecycle, seed, numbering, ahead, limits)  # type: ignore[arg-type]
        self._loader.version(version)
        self._loader.fleet(version.index, fleet)
        return fleet

    def _load_limits(self) -> None:
        """The account's own levels and rates; those of functions come with their fleets."""
        limits, loader, scalars, levels = self._limits, self._loader, self.world.scalars, self.world.levels
        for column, level in (
            (table.ACCOUNT, limits.account),
            (table.UNRESERVED, limits.unreserved),
            (table.CLAIMED, limits.claimed),
        ):
            scalars[column] = loader.level(level)
        levels[scalars[[table.ACCOUNT, table.UNRESERVED, table.CLAIMED]], table.LEVEL_PASSED] = 1
        limits.room_of = [loader.level(function.room) for function in limits.functions]
        scalars[table.ACCOUNT_RATE] = loader.bucket(limits.account_rate)
        scalars[table.SET_ASIDE], scalars[table.BOUNDARY] = limits.set_aside, limits.boundary_us
        self.world.rates[:] = limits.per_concurrency, limits.burst_s
        loader.settings()

    def _new_kept(self, *arguments: Any) -> KeptFleet:
        return KeptFleet(self, len(self._versions) + len(self._kept), *arguments)

    def add_fleet(self, fleet: ProvisionedFleet) -> None:
        """See ``Compiled``."""
        assert isinstance(fleet, KeptFleet)
        number, row = fleet.number, self.world.fleets[fleet.number]
        self._loader.fleet(number, fleet)
        row[table.FLEET_IS_PROVISIONED] = 1
        row[table.FLEET_ASKED_RATE] = self._loader.bucket(TokenBucket(0, 0))
        row[table.FLEET_WATCH] = len(self._kept)
        self.world.fleets[fleet.version.index, table.FLEET_PROVISIONED] = number
        self._kept.append(fleet)
        self._by_row.append(fleet)

    def _begin(self) -> None:
        """The sources' first events are on their way."""
        for trigger in self._begun:
            self._loader.sources.fetch(self.world.triggers[trigger], trigger)
        self.world.put(times=self._loader.sources.arena.values)
        begin_sources(self.world, np.array(self._begun, dtype=np.int64))

    # -- the run

    def run(self, progress: Callable[[float], None] | None, steps: int) -> None:
        """Let everything happen; ``progress`` is told the share that is done, ``steps`` times while events arrive."""
        duration_us = self._scenario.duration_us
        for step in range(1, steps + 1 if progress is not None else 0):
            self._advance(duration_us * step // steps)
            progress(step / steps)  # type: ignore[misc]  # there are steps only if there is somebody to tell
        self._advance(self.ends_us)

    def _advance(self, until_us: int) -> None:
        while (need := advance(self.world.address, until_us)) != table.DONE:
            self._serve(need)

    def _serve(self, need: int) -> None:
        """Give the machine what it needs."""
        world, loader = self.world, self._loader
        what, index = int(world.scalars[table.NEED_WHAT]), int(world.scalars[table.NEED_INDEX])
        if need == table.NEEDS_DRAWS:
            loader.streams.fetch(world.streams, what, index)
            if (draws := loader.streams.arena.values) is not world.draws:
                self.world.put(draws=draws, coins=draws.view(np.float64))
        elif need == table.NEEDS_TIMES:
            loader.sources.fetch(world.triggers[what], what)
            if (times := loader.sources.arena.values) is not world.times:
                self.world.put(times=times)
        elif need == table.NEEDS_START:
            self._starts.draw(what, index)
        elif need == table.NEEDS_ROOM:
            self.make_room()
        else:
            self._clock.ring(what)

    def make_room(self) -> None:
        """See ``Compiled``: what is written goes to the recorder, and what is still full is enlarged."""
        self._hand_over()
        world, margin = self.world, int(self.world.scalars[table.MARGIN])
        scalars = world.scalars
        sizes = {
            "calls": scalars[table.LIVE_CALLS] + margin,
            "agenda": scalars[table.AGENDA_SIZE] + scalars[table.WAITING] + margin,
            "arrivals": scalars[table.ARRIVALS_SIZE] + margin,
            "event_rows": margin,
            "users": scalars[table.USERS] + margin,
            "periods": margin,
        }
        scalars[table.ROOM] = 0
        small = {name: int(rows) for name, rows in sizes.items() if len(getattr(world, name)) < rows + 1}
        if small:
            self.world.put(**{name: larger(getattr(world, name), 2 * n) for name, n in small.items()})

    def _hand_over(self) -> None:
        """What the machine has written goes to the logs."""
        world, scalars = self.world, self.world.scalars
        if scalars[table.ROWS]:
            self._recorder.take_invocations(world.rows[: scalars[table.ROWS]])
        if scalars[table.EVENT_ROWS]:
            self._recorder.events.extend(world.event_rows[: scalars[table.EVENT_ROWS]])
        if scalars[table.PERIODS]:
            periods = world.periods[: scalars[table.PERIODS]]
            for fleet in self._kept:
                fleet.take_periods(periods[periods[:, 0] == fleet.number])
        scalars[[table.ROWS, table.EVENT_ROWS, table.PERIODS]] = 0

    def stage(self, fleet: int, phases: ColdStart) -> None:
        """See ``Compiled``."""
        self._starts.stage(fleet, phases)

    # -- the end

    def close(self, recorder: Recorder) -> tuple[int, Metrics]:
        """The run is over: how many runs were under way, and what it comes to."""
        self.world.scalars[table.NOW] = self.ends_us
        order = [
            number
            for version, fleet in enumerate(self._fleets)
            for number in (version, int(self.world.fleets[version, table.FLEET_PROVISIONED]))
            if number != NONE
        ]
        fleets = np.array(order, dtype=np.int64)
        calls = under_way(self.world, fleets)
        self._until_done(conclude_unfinished, calls)
        for fleet in self._closing_order(fleets):
            self._until_done(close_fleets, fleet)
        self._hand_over()
        recorder.environments.extend(environment_rows(self.world))
        note_what_was_asked(self.world, self._scenario.book, self._loader.run.rules)
        return calls.size, recorder.finish(
            offered=offered(
                self.world, [(index, self._aliases[name].function) for index, name in self._loader.targets]
            ),
            peaks=peaks(self.world, self._limits, self._loader.level),
            provisioned=periods_of(self._provisioned),
            utilization={version: watch.minutes() for version, watch in self._watches.items()},
            journeys=journeys(self.world),
            tallies=tallies(self.world, list(self._scenario.triggers.values()), self._scenario.book),
            ended_us=self.ends_us,
        )

    def _closing_order(self, fleets: Ints) -> Iterator[Ints]:
        """Fleets to be closed together; those of provisioned concurrency have something of their own to do before."""
        if not self._kept:
            yield fleets
            return
        for place, number in enumerate(fleets.tolist()):
            if number >= len(self._versions):
                self._kept[number - len(self._versions)].close(self.ends_us)
            yield fleets[place : place + 1]

    def _until_done(self, close: Callable[[World, Ints, int, int], int], what: Ints) -> None:
        done = 0
        while (done := close(self.world, what, done, self.ends_us)) < what.size:
            self._serve(int(self.world.scalars[table.NEED]))
