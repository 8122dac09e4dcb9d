"""Waits that grow exponentially up to a cap, with jitter around each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdasim.units import US_PER_S, parse_fraction

if TYPE_CHECKING:
    from lambdasim.parameters.book import Book


class Backoff:
    """``min(first * factor^(n-1), cap) * (1 + jitter * U(-1, 1))`` before the n-th retry, from the book's ``path``."""

    __slots__ = ("_cap_us", "_factor", "_waits_us", "jitter")

    def __init__(self, path: str, book: Book) -> None:
        self._cap_us = book.value(f"{path}/cap_s") * US_PER_S
        self._factor = book.value(f"{path}/factor")
        self.jitter = parse_fraction(book.value(f"{path}/jitter"))
        self._waits_us: list[float] = [min(book.value(f"{path}/first_s") * US_PER_S, self._cap_us)]

    def wait_us(self, retry: int, coin: float) -> int:
        """The wait before the ``retry``-th (1, 2, ...); ``coin`` from [0, 1) decides on the jitter."""
        return jittered_us(self.before_jitter_us(retry), self.jitter, coin)

    def before_jitter_us(self, retry: int) -> float:
        """The wait before the ``retry``-th, without its jitter."""
        waits_us = self._waits_us
        while len(waits_us) < retry:
            waits_us.append(min(waits_us[-1] * self._factor, self._cap_us))
        return waits_us[retry - 1]


def jittered_us(wait_us: float, jitter: float, coin: float) -> int:
    """A wait, longer or shorter by a share of up to ``jitter``.

    >>> jittered_us(1000, 0.1, 0.0), jittered_us(1000, 0.1, 0.75), jittered_us(1000, 0, 0.3)
    (900, 1050, 1000)
    """
    return round(wait_us * (1 + jitter * (2 * coin - 1)))
