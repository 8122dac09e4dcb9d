"""Draws by stream and index, compiled: two blocks of each stream lie in ``draws``; what is missing is asked for."""

from __future__ import annotations

from lambdasim.kernel.compiling import inlined
from lambdasim.kernel.layout import *
from lambdasim.kernel.memory import World

MISSING = -2


@inlined
def place_of(world: World, stream: int, index: int) -> int:
    """Where in ``draws`` a stream's draw number ``index`` lies; MISSING, and a need, if it is not there."""
    streams = world.streams
    way = ((index >> BLOCK_BITS) & 1) * WAY
    offset = index - streams[stream, way + STREAM_FIRST]
    if 0 <= offset < streams[stream, way + STREAM_COUNT]:
        return streams[stream, way + STREAM_PLACE] + offset
    world.scalars[NEED] = NEEDS_DRAWS
    world.scalars[NEED_WHAT] = stream
    world.scalars[NEED_INDEX] = index
    return MISSING
