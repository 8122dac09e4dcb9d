"""The token bucket, which AWS uses for scaling rates, request rates and API Gateway's limits alike."""

from __future__ import annotations

_WHOLE = 1.0 - 1e-9  # refills are sums of floats: a token that is whole by arithmetic must count as whole


class TokenBucket:
    """Holds at most ``capacity`` tokens and gains ``rate_per_us`` of them each microsecond; starts full.

    ``ready`` looks and ``take`` takes, so that several limits can be asked before any of them is charged.
    """

    __slots__ = ("_last_us", "capacity", "rate_per_us", "tokens")

    def __init__(self, capacity: float, rate_per_us: float) -> None:
        self.capacity = capacity
        self.rate_per_us = rate_per_us
        self.tokens = float(capacity)
        self._last_us = 0

    def ready(self, now_us: int) -> bool:
        """Whether a whole token is there at ``now_us`` (times must not go back)."""
        tokens = self.tokens + (now_us - self._last_us) * self.rate_per_us
        self.tokens = tokens = tokens if tokens < self.capacity else self.capacity
        self._last_us = now_us
        return tokens >= _WHOLE

    def take(self, now_us: int) -> bool:
        """Take a token if one is there at ``now_us``; says whether it was."""
        tokens = self.tokens + (now_us - self._last_us) * self.rate_per_us
        tokens = tokens if tokens < self.capacity else self.capacity
        self._last_us = now_us
        if tokens < _WHOLE:
            self.tokens = tokens
            return False
        self.tokens = tokens - 1.0
        return True

    def give_back(self) -> None:
        """The token that was taken just now was not used."""
        self.tokens += 1.0

    def resize(self, capacity: float, rate_per_us: float, now_us: int) -> None:
        """Other limits from ``now_us`` on: what they add to the capacity comes full, what they take is gone."""
        tokens = min(self.tokens + (now_us - self._last_us) * self.rate_per_us, self.capacity)
        self.tokens = max(0.0, tokens + capacity - self.capacity)
        self._last_us = now_us
        self.capacity = capacity
        self.rate_per_us = rate_per_us
