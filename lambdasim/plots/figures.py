"""Figures, one function each: a Result in, a matplotlib Figure out. ``lambdasim.figures`` is this module.

>>> import lambdasim
>>> lambdasim.figures.__name__
'lambdasim.plots.figures'
"""

from __future__ import annotations
