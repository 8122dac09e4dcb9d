"""Axes that show time, counts or shares: ticks where people look for them, written with few signs.

Times that pass on a clock are in seconds since the scenario's start and are written ``6h``; durations are in
milliseconds and are written ``200 ms``. Ticks are set for the range that is shown, so set it first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lambdasim.plots.style import INK

if TYPE_CHECKING:
    from matplotlib.axis import Axis

_S, _MIN, _H, _D = 1.0, 60.0, 3600.0, 86400.0
_STEPS_S = (
    *(base * 10.0**power for power in range(-6, 0) for base in (1, 2, 5)),
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(step * _MIN for step in (1, 2, 5, 10, 15, 30)),
    *(step * _H for step in (1, 2, 3, 6, 12)),
    *(step * _D for step in (1, 2, 5, 10, 20, 50, 100)),
)  # how far apart ticks may stand
_DECADES_S = (*(10.0**power for power in range(-6, 2)), _MIN, 10 * _MIN, _H, 10 * _H, 4 * _D)
_FINE_S = (
    *(base * 10.0**power for power in range(-6, 1) for base in (1, 2, 5)),
    *(10.0, 30.0),
    *(step * _MIN for step in (1, 2, 5, 10, 30)),
    *(step * _H for step in (1, 2, 5, 12)),
    *(step * _D for step in (1, 2, 5, 10)),
)  # ticks of a logarithmic axis: few, and more of them


def clock_axis(axis: Axis, from_s: float, to_s: float) -> None:
    """An axis of the scenario's clock, in seconds since its start, from ``from_s`` to ``to_s``."""
    to_s = max(to_s, from_s + 1e-6)
    _set_limits(axis, from_s, to_s)
    places = _multiples(from_s, to_s, 9)
    axis.set_ticks(places, [clock(place) for place in places])
    axis.set_label_text("time since the scenario's start", color=INK)


def duration_axis(axis: Axis, low_ms: float, high_ms: float, *, ticks: int = 7) -> None:
    """A linear axis of durations in milliseconds, from ``low_ms`` to ``high_ms``."""
    high_ms = max(high_ms, low_ms + 1e-3)
    _set_limits(axis, low_ms, high_ms)
    places = [place * 1000 for place in _multiples(low_ms / 1000, high_ms / 1000, ticks)]
    axis.set_ticks(places, [duration(place) for place in places])


def log_duration_axis(axis: Axis, low_ms: float, high_ms: float) -> None:
    """A logarithmic axis of durations in milliseconds: ticks at 10 ms, 100 ms, 1 s, 10 s, 1 min, ...

    Its range is widened a little, so that the outermost values don't lie on the frame.
    """
    from matplotlib.ticker import NullLocator  # noqa: PLC0415 - slow to load

    low_ms = max(low_ms, 1e-3)
    high_ms = max(high_ms, low_ms)
    if high_ms < low_ms * 1.2:  # a lone value stands in the middle
        low_ms, high_ms = low_ms / 1.1, high_ms * 1.1
    margin = (high_ms / low_ms) ** 0.03
    low_ms, high_ms = low_ms / margin, high_ms * margin
    getattr(axis.axes, f"set_{_letter(axis)}scale")("log")
    _set_limits(axis, low_ms, high_ms)
    fine, coarse = (
        [step * 1000 for step in steps if low_ms <= step * 1000 <= high_ms] for steps in (_FINE_S, _DECADES_S)
    )
    places = fine if len(fine) <= 8 else coarse[:: 1 + len(coarse) // 13]
    if len(places) < 3:  # too short for the ladder: as a linear axis has them
        places = [place * 1000 for place in _multiples(low_ms / 1000, high_ms / 1000, 6)]
    axis.set_ticks(places, [duration(place) for place in places])
    axis.set_minor_locator(NullLocator())


def count_axis(axis: Axis) -> None:
    """An axis of counts: whole numbers, thousands apart."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - slow to load

    axis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


def number_axis(axis: Axis, before: str = "", *, ticks: int = 7) -> None:
    """A linear axis of plain numbers, thousands apart, with a unit ``before`` them ("$")."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - slow to load

    axis.set_major_locator(MaxNLocator(nbins=ticks - 1, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{'-' if value < 0 else ''}{before}{_plain(abs(value))}"))


def log_number_axis(axis: Axis, low: float, high: float, before: str = "") -> None:
    """A logarithmic axis of plain numbers: ticks at 1, 2, 5, 10, 20, ..., or at powers of 10 where those are many."""
    from matplotlib.ticker import NullLocator  # noqa: PLC0415 - slow to load

    margin = max(high / low, 1.2) ** 0.05
    low, high = low / margin, high * margin
    getattr(axis.axes, f"set_{_letter(axis)}scale")("log")
    _set_limits(axis, low, high)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine, coarse = (
        [base * 10.0**power for power in powers for base in bases if low <= base * 10.0**power <= high]
        for bases in ((1, 2, 5), (1,))
    )
    places = fine if len(fine) <= 8 or len(coarse) < 2 else coarse
    axis.set_ticks(places, [f"{before}{_plain(place)}" for place in places])
    axis.set_minor_locator(NullLocator())


def share_axis(axis: Axis) -> None:
    """A linear axis of shares of 1, written in per cent."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator  # noqa: PLC0415 - slow to load

    axis.set_major_locator(MaxNLocator(nbins=5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{_plain(value * 100)} %"))


def log_share_axis(axis: Axis, low: float) -> None:
    """A logarithmic axis of shares of 1, from ``low`` to 1: 100 %, 10 %, 1 %, ..."""
    from matplotlib.ticker import NullLocator  # noqa: PLC0415 - slow to load

    getattr(axis.axes, f"set_{_letter(axis)}scale")("log")
    _set_limits(axis, low, 1.0)
    places = [10.0**-power for power in range(12) if 10.0**-power >= low]
    axis.set_ticks(places, [f"{_plain(place * 100)} %" for place in places])
    axis.set_minor_locator(NullLocator())


def tail_axis(axis: Axis, high: float) -> None:
    """An axis of percentiles that spreads out the tail: at log10(1 / (1 - p)) the p-quantile; from 0 to ``high``."""
    places = [(0.0, "0 %"), (np.log10(2), "50 %")] + [(float(n), _nines(n)) for n in range(1, int(high) + 1)]
    _set_limits(axis, 0.0, high)
    axis.set_ticks([place for place, _ in places], [text for _, text in places])


def _nines(number: int) -> str:
    """The percentile that leaves out one in 10 ** number.

    >>> _nines(1), _nines(2), _nines(4)
    ('90 %', '99 %', '99.99 %')
    """
    return "90 %" if number == 1 else f"99{'.' if number > 2 else ''}{'9' * (number - 2)} %"


def clock(seconds: float) -> str:
    """A time on the scenario's clock, with no part that is nought but the first.

    >>> clock(0), clock(21600), clock(5400), clock(90), clock(172800), clock(0.5), clock(-60)
    ('0', '6h', '1h30m', '1m30s', '2d', '0.5s', '-1m')
    """
    if seconds < 0:
        return "-" + clock(-seconds)
    text, rest = "", round(seconds, 6)
    for unit, sign in ((_D, "d"), (_H, "h"), (_MIN, "m")):
        if unit == _D and rest % _D:
            continue  # 36h, not 1d12h
        whole, rest = divmod(rest, unit)
        text += f"{whole:.0f}{sign}" if whole else ""
    rest = round(rest, 6)
    return text + (f"{_plain(rest)}s" if rest else "") or "0"


def duration(milliseconds: float) -> str:
    """A round duration in the unit that makes it short.

    >>> duration(0), duration(0.5), duration(200), duration(1500), duration(600_000), duration(7_200_000)
    ('0', '0.5 ms', '200 ms', '1.5 s', '10 min', '2 h')
    >>> duration(86_400_000), duration(90_000)
    ('1 d', '1.5 min')
    """
    if round(milliseconds, 9) == 0:
        return "0"
    size = abs(milliseconds)
    for unit, sign in ((_D, "d"), (_H, "h"), (_MIN, "min"), (_S, "s")):
        if size >= unit * 1000:
            return f"{_plain(milliseconds / unit / 1000)} {sign}"
    return f"{_plain(milliseconds)} ms"


def _multiples(low: float, high: float, most: int) -> list[float]:
    """The multiples of a step of the ladder between two times in seconds: as many as fit, not more than ``most``."""
    step = next((step for step in _STEPS_S if (high - low) / step <= most - 1), _STEPS_S[-1])
    first = -(-low // step)
    return [(first + number) * step for number in range(int((high - first * step) / step + 1e-9) + 1)]


def _plain(value: float) -> str:
    """Without an exponent and without noughts at the end.

    >>> _plain(1200000.0), _plain(0.25), _plain(3.0), _plain(1e-5)
    ('1,200,000', '0.25', '3', '0.00001')
    """
    text = f"{value:,.6f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{value:,.10g}"
    return "0" if text in {"-0", ""} else text


def _set_limits(axis: Axis, low: float, high: float) -> None:
    getattr(axis.axes, f"set_{_letter(axis)}lim")(low, high)


def _letter(axis: Axis) -> str:
    return "x" if axis is axis.axes.xaxis else "y"
