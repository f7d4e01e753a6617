"""The animations of a glTF document: how long they are, and what of them moves (glTF 2.0, 3.11)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.errors import LimitExceeded, UnsupportedMedia
from gencheck.media.gltf.accessors import Accessors, GltfError
from gencheck.media.gltf.entries import dropped, entries, is_index
from gencheck.media.motion import Motion

_MAX_ANIMATIONS = 10_000
_MAX_CHANNELS = 200_000
_MAX_NUMBERS = 1 << 26
_TYPES = {"translation": "VEC3", "scale": "VEC3", "rotation": "VEC4", "weights": "SCALAR"}
_EQUAL = 1e-6
"""How far keyframes may differ, of their size: baked ones do by rounding."""

_ERRORS = (GltfError, LimitExceeded, UnsupportedMedia)


def with_animations(
    motion: Motion, document: dict[str, Any], accessors: Accessors, notes: Counter[str]
) -> Motion:
    """The motion with all animations.

    Args:
        notes: ``animation_channels_not_read`` counts those that are not as they say, or beyond the
            cap; ``animations_not_read`` those beyond theirs.
    """
    reader = _Reader(accessors, notes)
    listed = entries(document, "animations", _MAX_ANIMATIONS)
    notes["animations_not_read"] += dropped(document, "animations", _MAX_ANIMATIONS)
    rows = [reader.read(animation) for animation in listed]
    seconds, channels, still = zip(*rows, strict=True) if rows else ((), (), ())
    return replace(
        motion,
        seconds=np.array(seconds, np.float64),
        channels=np.array(channels, np.int32),
        still=np.array(still, np.int32),
    )


class _Reader:
    """Reads animations; each accessor once."""

    def __init__(self, accessors: Accessors, notes: Counter[str]) -> None:
        self._accessors = accessors
        self._notes = notes
        self._left = _MAX_CHANNELS
        self._numbers_left = _MAX_NUMBERS
        self._times: dict[int, tuple[int, float]] = {}
        self._still: dict[tuple[int, str, int, bool], bool] = {}

    def read(self, animation: object) -> tuple[float, int, int]:
        """Seconds, channels, and channels that stand still."""
        table = animation if isinstance(animation, dict) else {}
        samplers, channels = entries(table, "samplers"), entries(table, "channels")
        seconds, still = 0.0, 0
        for channel in channels[: self._left]:
            try:
                keyframes, end, same = self._channel(channel, samplers)
            except _ERRORS:
                self._notes["animation_channels_not_read"] += 1
                continue
            seconds = max(seconds, end)
            still += same and keyframes > 0
        self._notes["animation_channels_not_read"] += max(0, len(channels) - self._left)
        self._left = max(0, self._left - len(channels))
        return seconds, len(channels), still

    def _channel(self, channel: object, samplers: list[Any]) -> tuple[int, float, bool]:
        """Keyframes, the time of the last, and whether all are equal."""
        table = channel if isinstance(channel, dict) else {}
        index, target = table.get("sampler"), table.get("target")
        if not is_index(index, len(samplers)):
            raise GltfError("no such sampler", "")
        sampler = samplers[index] if isinstance(samplers[index], dict) else {}
        keyframes, end = self._time(sampler.get("input"))
        path = target.get("path") if isinstance(target, dict) else None
        if not isinstance(path, str) or path not in _TYPES:  # another extension's: it may move
            return keyframes, end, False
        cubic = sampler.get("interpolation") == "CUBICSPLINE"
        return keyframes, end, self._stands(sampler.get("output"), _TYPES[path], keyframes, cubic)

    def _time(self, accessor: object) -> tuple[int, float]:
        key = accessor if isinstance(accessor, int) else -1
        if key not in self._times:
            times = self._numbers(accessor, "SCALAR").reshape(-1)
            finite = times[np.isfinite(times)]
            self._times[key] = len(times), float(finite.max(initial=0.0))
        return self._times[key]

    def _stands(self, accessor: object, kind: str, keyframes: int, cubic: bool) -> bool:
        key = (accessor if isinstance(accessor, int) else -1, kind, keyframes, cubic)
        if key not in self._still:
            values = self._numbers(accessor, kind)
            if kind != "SCALAR" and len(values) != keyframes * (3 if cubic else 1):
                raise GltfError("not a value for each keyframe", "")
            self._still[key] = _is_still(values, keyframes, cubic)
        return self._still[key]

    def _numbers(self, accessor: object, kind: str) -> NDArray[Any]:
        self._numbers_left -= 4 * self._accessors.count(accessor, "")
        if self._numbers_left < 0:
            raise LimitExceeded(f"more than {_MAX_NUMBERS} numbers in animations")
        return self._accessors.read(accessor, kind, "")


def _is_still(values: NDArray[Any], keyframes: int, cubic: bool) -> bool:
    """Whether all keyframes are equal, and tangents, where there are some, zero."""
    size = values.size // keyframes if keyframes else 0
    if not size or size * keyframes != values.size or (cubic and size % 3):
        raise GltfError("keyframes without values", "")
    rows = values.reshape(keyframes, size).astype(np.float64)
    if cubic:
        third = size // 3
        if np.abs(rows[:, :third]).max() > _EQUAL or np.abs(rows[:, 2 * third :]).max() > _EQUAL:
            return False
        rows = rows[:, third : 2 * third]
    apart = np.abs(rows - rows[:1]).max(initial=0.0)
    return bool(apart <= _EQUAL * max(1.0, np.abs(rows[0]).max(initial=0.0)))
