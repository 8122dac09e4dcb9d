"""Random numbers that belong to their purpose: one named stream each, drawn in blocks, read by index.

A stream is keyed by the seed and by words (a purpose, a trigger, a function), so that adding a function
moves no other function's luck, and so that the n-th event of a trigger has the same luck in two scenarios
that differ elsewhere (common random numbers).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 4096
FIRST_BLOCK = 64
_BLOCKS_KEPT = 64  # 2 MB, and a quarter of a million events between the first and the last that wait
_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / the golden ratio, odd
_64_BITS = 2**64 - 1
_TURN = 2**40  # more than there are events


def stream(seed: int, *words: str | int) -> np.random.Generator:
    """The generator named by ``seed`` and ``words``; equal names give equal streams on every machine."""
    return np.random.Generator(np.random.PCG64(_number(seed, words)))


def _number(seed: int, words: tuple[str | int, ...]) -> int:
    """128 bits for a name."""
    name = "\x1f".join([str(seed), *(str(word) for word in words)])
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")


Number = TypeVar("Number", int, float)


class Draws(Generic[Number]):
    """The draws of one purpose, read by index: ``draws.at(n)`` is the same number whenever it is asked.

    ``sample(generator, n)`` gives n values as an array. Blocks are drawn when first asked for, each from a
    generator of its own: what nobody asks for costs nothing, and the order of asking changes nothing. They begin
    small and double up to ``size``, so that a function with few events does not pay for thousands of draws. The
    newest blocks are kept: who retries, or waits in a queue, comes back to them.
    """

    __slots__ = ("_first", "_kept", "_sample", "_seed", "_values", "_words", "size")

    def __init__(
        self,
        seed: int,
        *words: str | int,
        sample: Callable[[np.random.Generator, int], NDArray[np.int64] | NDArray[np.float64]],
        size: int = BLOCK,
    ) -> None:
        self._seed = seed
        self._words = words
        self._sample = sample
        self._first = 0  # the index of the first of _values
        self._values: list[Number] = []
        self._kept: dict[int, NDArray[np.int64] | NDArray[np.float64]] = {}  # blocks by their first index
        self.size = size

    def at(self, index: int) -> Number:
        """The draw at ``index`` (0, 1, ...)."""
        offset = index - self._first
        if 0 <= offset < len(self._values):
            return self._values[offset]
        return self._from_another_block(index)

    def _from_another_block(self, index: int) -> Number:
        first, block = self.block(index)
        if first > self._first or not self._values:
            self._values, self._first = block.tolist(), first
        drawn: Number = block[index - first].item()
        return drawn

    def block(self, index: int) -> tuple[int, NDArray[np.int64] | NDArray[np.float64]]:
        """The block that holds the draw at ``index``: the index of its first draw, and its draws, shape (n,)."""
        first, count = self._bounds(index)
        block = self._kept.get(first)
        if block is None:
            block = self._sample(stream(self._seed, *self._words, first), count)
            if len(self._kept) == _BLOCKS_KEPT:
                del self._kept[next(iter(self._kept))]  # the oldest
            self._kept[first] = block
        return first, block

    def _bounds(self, index: int) -> tuple[int, int]:
        """The first index and the length of the block that holds ``index``: [0, 64), [64, 128), [128, 256), ..."""
        if index >= self.size:
            return index - index % self.size, self.size
        if index < FIRST_BLOCK:
            return 0, min(FIRST_BLOCK, self.size)
        first = 1 << index.bit_length() - 1
        return first, min(first, self.size - first)


class Coins:
    """Coins in [0, 1) of one purpose, read by index and turn in any order: each is a hash of these, and none is kept.

    For what a million events that wait may ask for, each when its time has come: blocks of ``Draws`` would be drawn
    again and again. Where indices come in order, these are dearer.

    It is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), entered anywhere.
    """

    __slots__ = ("key",)

    def __init__(self, seed: int, *words: str | int) -> None:
        self.key = _number(seed, words) & _64_BITS

    def at(self, index: int, turn: int = 0) -> float:
        """The coin of an index (0, 1, ...) at a turn (0, 1, ...)."""
        mixed = (self.key + (index + turn * _TURN) * _GOLDEN) & _64_BITS
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & _64_BITS
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & _64_BITS
        return ((mixed ^ (mixed >> 31)) >> 11) * 2.0**-53


def uniforms(generator: np.random.Generator, n: int) -> NDArray[np.float64]:
    """``n`` numbers from [0, 1), for coins: shape (n,)."""
    return generator.random(n)
