"""Plain values for the summary: what strict JSON has, and nothing that does not exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lambdasim.billing.bill import Line, total_usd


def plain(value: Any) -> Any:
    """``value`` in the types that JSON has; what it has not is written as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def ratio(part: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return part / whole if whole else None


def cost(lines: Sequence[Line]) -> dict[str, Any]:
    """What a function or a trigger costs: ``total`` and ``lines``."""
    return {
        "total": total_usd(lines),
        "lines": [{"item": x.item, "quantity": x.quantity, "unit": x.unit, "usd": x.usd} for x in lines],
    }
