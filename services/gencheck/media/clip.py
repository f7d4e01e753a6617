"""A video or sound as it goes by: what is known at first, chunk after chunk, what is known at last.

A chunk holds a second or two, so that whoever looks at a film of an hour needs the memory of one
chunk. ``reading.py`` of the checks and ``stream.py`` of the decoders meet here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SMALL_HEIGHT, SMALL_WIDTH = 180, 320
TINT_HEIGHT, TINT_WIDTH = 18, 32


@dataclass(frozen=True, slots=True)
class ClipHead:
    """What a container says of itself before anything is decoded; any of it may be wrong.

    Attributes:
        codec: of the pictures; of the sound, where there are no pictures.
        width, height: of the pictures, pixels; 0 where there are none.
        rate: pictures a second; 0 where that is not said.
        seconds: announced duration; 0 where that is not said.
    """

    codec: str
    width: int
    height: int
    rate: float
    seconds: float
    has_pictures: bool
    has_sound: bool


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """Samples that follow on those of the block before.

    Attributes:
        samples: ``float32 [channels, n]``, full scale is ±1; finite.
        rate: samples a second; the same in every block of a clip, as are the channels.
    """

    samples: NDArray[np.float32] = field(repr=False)
    rate: int


@dataclass(frozen=True, slots=True)
class Frames:
    """Successive pictures of a clip, all of the size of its first.

    Attributes:
        small: ``uint8 [n, h, w]`` grey, at most 180×320.
        tint: ``uint8 [n, 18, 32, 3]`` RGB, means of areas: for colour over time.
        times: ``float64 [n]`` seconds; never falls.
        full: ``uint8 [k, H, W, 3]`` RGB: a sample of them at their native size.
        full_times: ``float64 [k]`` seconds.
    """

    small: NDArray[np.uint8] = field(repr=False)
    tint: NDArray[np.uint8] = field(repr=False)
    times: NDArray[np.float64] = field(repr=False)
    full: NDArray[np.uint8] = field(repr=False)
    full_times: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A second or two of a clip; either part may be missing, and they need not be of one time."""

    frames: Frames | None = None
    sound: SoundBlock | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a stream of the clip lasts by its own time stamps, seconds.

    Attributes:
        slip: most seconds by which stamps and the count of samples drift apart; sound only.
    """

    start: float
    end: float
    slip: float = 0.0


@dataclass(frozen=True, slots=True)
class ClipEnd:
    """What is known when a clip has gone by.

    Attributes:
        codec: of the sound; empty where nothing of it decodes.
        pictures, sound: when they begin and end; ``None`` where nothing of them decodes.
        missing: share of the announced duration of the pictures that could not be decoded, 0..1.
        missing_sound: the same of the sound.
    """

    codec: str = ""
    pictures: Span | None = None
    sound: Span | None = None
    missing: float = 0.0
    missing_sound: float = 0.0


ClipPart: TypeAlias = ClipHead | Chunk | ClipEnd
