"""How many calls at a time are good: a limit that follows how long calls take.

The gradient of Netflix's concurrency-limits (``Gradient2Limit``) with the headroom and the unloaded
baseline of Envoy's adaptive concurrency filter: while calls take about as long as they do alone,
the limit grows by its square root a round; when they take longer it shrinks in proportion. At first
it doubles each round, as TCP does, until calls take longer for the first time.

Calls differ: a prompt takes a millisecond, a video a minute. So each kind of call (its method, and
the order of magnitude of its size) is compared with its own baseline, and what is averaged are
logarithms, in which a rare dear call weighs little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LOWEST = 4
"""Where shrinking and growing by the square root meet; calls among so few count as unloaded."""
_TOLERANCE = 1.5
_SMOOTHING = 0.25
_FEWEST_OF_A_ROUND = 10
_LEARNING = 0.05
_MOST_KINDS = 1_000
_KNOWN_AFTER = 10


@dataclass(slots=True)
class _Baseline:
    """Mean logarithm of the seconds that calls of a kind take when there is no queue."""

    mean: float
    count: int = 1

    def learn(self, value: float) -> None:
        self.count += 1
        self.mean += (value - self.mean) * max(1 / self.count, _LEARNING)


class AdaptiveLimit:
    """A number of calls at a time between a floor and a cap. Pure: it knows no clock and no calls.

    The baseline comes from calls among few others. Where a service has become slower for good, the
    limit falls until there are few, and so the baseline is learnt again; while it is above, a long
    overload cannot pass for the normal state.
    """

    def __init__(self, cap: int) -> None:
        """Args: cap: the limit never exceeds it."""
        self._cap = cap
        self._low = min(LOWEST, cap)
        self._limit = float(self._low)
        self._starting = True
        self._load = 0.0
        self._baselines: dict[object, _Baseline] = {}
        self._sum = 0.0
        self._count = 0
        self._most = 0

    @property
    def value(self) -> int:
        """Calls at a time."""
        return int(self._limit)

    def typical(self, kind: object) -> float | None:
        """Seconds that a call of a kind takes unloaded; ``None`` where nothing is known."""
        known = self._baselines.get(kind)
        return None if known is None else math.exp(known.mean)

    def observe(self, kind: object, seconds: float, *, at_once: int) -> int:
        """Learn from a call that ended; the limit from now on.

        Args:
            kind: calls of one kind are comparable.
            seconds: from its start to its end, without waiting for the start.
            at_once: how many ran when it started, itself included.
        """
        took = math.log(max(seconds, 1e-6))
        known = self._baselines.get(kind)
        if known is None:
            if len(self._baselines) >= _MOST_KINDS:
                return self.value
            known = self._baselines[kind] = _Baseline(took - self._load)
        elif at_once <= self._low:
            known.learn(took)
        elif known.count < _KNOWN_AFTER:
            # First seen in the middle of a rush: less what the rush makes of the other calls.
            known.learn(took - self._load)
        return self._add(took - known.mean, at_once)

    def late(self, kind: object, seconds: float, *, at_once: int) -> int:
        """Learn from a call that was given up: it takes at least that long."""
        known = self._baselines.get(kind)
        if known is None:
            return self.value
        return self._add(max(0.0, math.log(max(seconds, 1e-6)) - known.mean), at_once)

    def _add(self, log_ratio: float, at_once: int) -> int:
        self._sum += log_ratio
        self._count += 1
        self._most = max(self._most, at_once)
        if self._count >= max(_FEWEST_OF_A_ROUND, self._limit):
            self._end_round()
        return self.value

    def _end_round(self) -> None:
        mean = self._sum / self._count
        wanted, smoothing = self._wanted(math.exp(mean))
        # Calls that leave much of the limit unused say nothing about a larger one.
        used = self._most if self._starting else 2 * self._most
        if wanted < self._limit or used >= int(self._limit):
            self._limit += (wanted - self._limit) * smoothing
        self._limit = min(float(self._cap), max(float(self._low), self._limit))
        if mean < -math.log(_TOLERANCE) and self._most > self._low:
            self._forget_slowness(mean + math.log(_TOLERANCE))
        self._load = max(0.0, mean)
        self._sum, self._count, self._most = 0.0, 0, 0

    def _wanted(self, ratio: float) -> tuple[float, float]:
        self._starting = self._starting and ratio <= _TOLERANCE
        if self._starting:
            return self._limit * 2, 1.0
        gradient = min(1.0, max(0.5, _TOLERANCE / ratio))
        return self._limit * gradient + math.sqrt(self._limit), _SMOOTHING

    def _forget_slowness(self, by: float) -> None:
        """Calls among many are faster than alone: what is known of them is from a worse time."""
        for known in self._baselines.values():
            known.mean += by * _SMOOTHING
