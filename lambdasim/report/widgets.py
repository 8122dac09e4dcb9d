"""What-if in notebooks: sliders over a simulated grid, and a table of it where sliders can't be shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from lambdasim.analysis.observations import Design
from lambdasim.analysis.what_if import Reading, WhatIf
from lambdasim.analysis.what_if_grid import AUTO, Asked, plan
from lambdasim.display.layout import laid_out
from lambdasim.display.table import Table
from lambdasim.errors import InputError, Problem
from lambdasim.report.page.what_if import what_if_section
from lambdasim.report.what_if import command, points_table, reading_table
from lambdasim.result.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from lambdasim.analysis.axes import Axis
    from lambdasim.analysis.sweep import Sweep


def what_if(
    found: Result | Sweep,
    vary: Asked | None = None,
    *,
    measures: Sequence[str] | None = None,
    design: Design | None = None,
) -> Explorer:
    """Look around a run, or between the points of a sweep: in a notebook with sliders, elsewhere as a table.

    Args:
        found: a run, around whose scenario a grid is simulated now; or what ``lambdasim.sweep`` returned, over all
            combinations of numbers, which is that grid already. The other arguments are of a run.
        vary: for each path its values, or None for usual ones; without it the busiest function's memory and provisioned
            concurrency, and the traffic.
        measures: keys of the summary; None for those of the functions that are varied, and the month's cost.
        design: how often each point is run, on whose processes; from the run's own seed on, if it names none.

    Raises:
        InputError: the sweep is no grid of numbers, or the grid would be too large; with all that is wrong.
        ResultError: the result does not have its scenario any more.

    >>> from lambdasim import Design, load_scenario, simulate
    >>> result = simulate(load_scenario("scenarios/first.yaml", overrides={"duration": "5m"}))
    >>> explorer = what_if(result, {"traffic": [1, 3]}, measures=["api.invocations"], design=Design(2))
    >>> explorer.at(traffic=3).is_simulated, explorer.at(traffic=2).is_simulated
    (True, False)
    """
    if isinstance(found, Result):
        whole = Design() if design is None else design
        seeded = whole if whole.seed is not None else replace(whole, seed=found.header.seed)
        asked = {AUTO: None} if vary is None else vary
        return Explorer(plan(found.scenario(), asked, measures=measures, design=seeded).simulated())
    given = {"vary": vary, "measures": measures, "design": design}
    if misplaced := [name for name, value in given.items() if value is not None]:
        text = "is of a run; what a sweep has is simulated already"
        raise InputError(Problem("what_if", None, None, name, text) for name in misplaced)
    return Explorer(WhatIf.of(found))


class Explorer:
    """A grid to look around in. A notebook shows it with sliders if ipywidgets is installed, else as a table."""

    def __init__(self, grid: WhatIf) -> None:
        self.grid = grid

    def at(self, point: Mapping[str, float] | None = None, /, **short: float) -> Reading:
        """What comes of a point; values by path, or by a path's last word: ``at(memory_size=700, traffic=1.5)``."""
        return self.grid.at({**(point or {}), **short})

    @property
    def frame(self) -> pd.DataFrame:
        """The simulated points, as :attr:`lambdasim.Sweep.frame`."""
        return self.grid.frame

    def command(self, point: Mapping[str, float] | None = None, /, **short: float) -> str:
        """The command line that simulates a point; empty where the scenario is no file."""
        return command(self.grid, self.at(point, **short).overrides)

    def __repr__(self) -> str:
        return laid_out(points_table(self.grid))

    def _repr_html_(self) -> str:
        """The simulated points as a table."""
        return _html(points_table(self.grid))

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        """For notebooks: the sliders if there is a kernel to move them, and the table for whoever can't show them."""
        bundle = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if _has_kernel() and find_spec("ipywidgets") is not None:
            sliders = self._sliders()._repr_mimebundle_()
            bundle |= {kind: part for kind, part in sliders.items() if kind not in bundle}
        return bundle

    def _sliders(self) -> Any:
        """A box of ipywidgets: a slider for each axis, and below what comes of the point."""
        import ipywidgets as widgets  # noqa: PLC0415 - an extra

        section = what_if_section(self.grid)
        sliders = [
            (widgets.IntSlider if axis.is_whole else widgets.FloatSlider)(
                **_ends(axis, slider.start, slider.step),
                description=slider.label,
                style={"description_width": "initial"},
                layout={"width": "min(100%, 36rem)"},
            )
            for axis, slider in zip(self.grid.axes, section.sliders, strict=True)
        ]
        below = widgets.HTML()

        def show(_change: Any = None) -> None:
            point = {axis.path: _met(axis, slider.value) for axis, slider in zip(self.grid.axes, sliders, strict=True)}
            reading = self.grid.at(point)
            line = command(self.grid, reading.overrides)
            code = f"<p>To simulate it:<br><code>{escape(line)}</code></p>" if line else ""
            below.value = _html(reading_table(self.grid, reading)) + code

        for slider in sliders:
            slider.observe(show, names="value")
        show()
        notes = widgets.HTML("".join(f"<p>{escape(note)}</p>" for note in section.notes))
        return widgets.VBox([*sliders, below, notes])


def _ends(axis: Axis, start: str, step: str) -> dict[str, float]:
    number = int if axis.is_whole else float
    return {
        "min": number(axis.numbers[0]),
        "max": number(axis.numbers[-1]),
        "step": number(step),
        "value": number(start),
    }


def _met(axis: Axis, value: float) -> float:
    """The simulated value that a slider's own steps miss only by the rounding of their sum."""
    return next((number for number in axis.numbers if abs(number - value) <= 1e-9 * max(1, abs(number))), value)


def _has_kernel() -> bool:
    """Whether this is a notebook's process."""
    shell = sys.modules.get("IPython")  # whoever runs a notebook has loaded it
    return shell is not None and getattr(shell.get_ipython(), "kernel", None) is not None


def _html(table: Table) -> str:
    """A table; all text is escaped."""
    head = "".join(f"<th>{escape(column)}</th>" for column in table.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    caption = f'<caption style="text-align: left">{escape(table.title)}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
