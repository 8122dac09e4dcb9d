"""Estimates as reports write them; see :mod:`lambdasim.analysis.telling`."""

from __future__ import annotations

from lambdasim.analysis.telling import (
    PERCENTILES as PERCENTILES,
)
from lambdasim.analysis.telling import (
    amount as amount,
)
from lambdasim.analysis.telling import (
    change as change,
)
from lambdasim.analysis.telling import (
    estimate_document as estimate_document,
)
from lambdasim.analysis.telling import (
    interval as interval,
)
from lambdasim.analysis.telling import (
    quantity as quantity,
)
from lambdasim.analysis.telling import (
    same_in_all as same_in_all,
)
from lambdasim.analysis.telling import (
    signed as signed,
)
from lambdasim.analysis.telling import (
    unit_of as unit_of,
)
