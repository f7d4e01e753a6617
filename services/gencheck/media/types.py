"""What the decoders hand to the checks: plain arrays with a little knowledge of their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.gltf.log import Report
from gencheck.media.appearance import Appearance
from gencheck.media.facts import Facts
from gencheck.media.motion import Motion


class MediaKind(Enum):
    """The four kinds of media that gencheck judges."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MESH = "mesh"


@dataclass(frozen=True, slots=True)
class Image:
    """One picture, upright (EXIF orientation applied), composited on nothing.

    Attributes:
        pixels: ``uint8 [H, W, 3]``, sRGB: a colour profile of the file is applied.
        alpha: ``uint8 [H, W]``, or ``None`` where the picture is opaque.
        format: ``JPEG``, ``PNG``, ``WEBP``, ``GIF``, ``AVIF`` or ``TIFF``.
        bit_depth: bits a channel in the file, 1..16; 32 and 64 for floats.
        missing: share of the rows, from below, that the file does not hold or holds broken, 0..1.
        facts: what the file says about itself.
    """

    pixels: NDArray[np.uint8] = field(repr=False)
    alpha: NDArray[np.uint8] | None = field(repr=False)
    format: str
    bit_depth: int = 8
    missing: float = 0.0
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound samples.

    Attributes:
        samples: ``float32 [channels, n]``, full scale is ±1.
        rate: samples a second.
        missing: share of the announced duration that could not be decoded, 0..1.
    """

    samples: NDArray[np.float32] = field(repr=False)
    rate: int
    codec: str
    missing: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds."""
        return float(self.samples.shape[1] / self.rate)


@dataclass(frozen=True, slots=True)
class Video:
    """A clip: every frame small and grey for time, a few in full for the image checks.

    Attributes:
        small: ``uint8 [n, h, w]`` luma of every decoded frame, height at most 180.
        times: ``float64 [n]`` presentation times in seconds.
        frames: ``uint8 [k, H, W, 3]`` RGB, evenly spaced.
        frame_times: ``float64 [k]`` seconds.
        missing: share of the announced duration that could not be decoded, 0..1.
    """

    small: NDArray[np.uint8] = field(repr=False)
    times: NDArray[np.float64] = field(repr=False)
    frames: NDArray[np.uint8] = field(repr=False)
    frame_times: NDArray[np.float64] = field(repr=False)
    codec: str
    sound: Sound | None = None
    missing: float = 0.0

    @property
    def duration(self) -> float:
        """Seconds from the first to the end of the last frame, as well as it is known."""
        if len(self.times) < 2:
            return 0.0
        return float(self.times[-1] - self.times[0] + np.median(np.diff(self.times)))


@dataclass(frozen=True, slots=True)
class Mesh:
    """A triangle mesh exactly as the file has it: nothing welded, nothing dropped.

    Attributes:
        vertices: ``float64 [V, 3]`` in the file's unit, node transforms applied; may hold NaN.
        faces: ``int32 [F, 3]`` indices into ``vertices``, all in range.
        format: ``GLB``, ``GLTF``, ``OBJ``, ``STL``, ``PLY``, ``OFF``, ``3MF``, ``DAE``, ``USDA``,
            ``USDC`` or ``USDZ``.
        notes: what the reader skipped or changed (lines and points left out, polygons split), with
            counts.
        conformance: of glTF and USD what the document does against its specification.
        appearance: UV, normals, materials and textures, of the formats that have them.
        motion: skins and animations, of the formats that have them.
        size: encoded bytes; 0 where that is not known.
        z_up: whether the file says that z is up, as COLLADA and USD can.
        metres: the length of one unit in metres; ``None`` where neither file nor format says it.
    """

    vertices: NDArray[np.float64] = field(repr=False)
    faces: NDArray[np.int32] = field(repr=False)
    format: str
    notes: Mapping[str, int] = field(default_factory=dict)
    conformance: Report | None = field(default=None, repr=False)
    appearance: Appearance | None = field(default=None, repr=False)
    motion: Motion | None = field(default=None, repr=False)
    size: int = 0
    z_up: bool = False
    metres: float | None = None


Media: TypeAlias = Image | Sound | Video | Mesh


def kind_of(media: Media) -> MediaKind:
    """The kind of a decoded medium."""
    match media:
        case Image():
            return MediaKind.IMAGE
        case Video():
            return MediaKind.VIDEO
        case Sound():
            return MediaKind.AUDIO
        case Mesh():
            return MediaKind.MESH


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on untrusted input, checked before decoding wherever the header tells.

    Attributes:
        max_bytes: encoded size.
        max_pixels: width times height of one picture.
        max_frames: frames of a video that are decoded.
        max_seconds: duration of video and sound.
        max_faces: triangles of a mesh.
        max_vertices: vertices of a mesh.
        max_samples: sound samples times channels.
        memory_bytes: address space of a decoding process.
        cpu_seconds: CPU time of one decoding task, or of one chunk of a stream.
        max_stream_seconds: duration of video and sound that are looked at while they are read,
            of which no more than a chunk is in memory.
    """

    max_bytes: int = 256 << 20
    max_pixels: int = 64_000_000
    max_frames: int = 3_600
    max_seconds: float = 120.0
    max_faces: int = 5_000_000
    max_vertices: int = 15_000_000
    max_samples: int = 48_000 * 2 * 120
    memory_bytes: int = 4 << 30
    cpu_seconds: int = 30
    max_stream_seconds: float = 4 * 3_600.0

    @property
    def of_streams(self) -> Limits:
        """The same caps for a medium that goes by in chunks: only time bounds its length."""
        seconds = self.max_stream_seconds
        return replace(
            self,
            max_seconds=seconds,
            max_frames=round(seconds * _FRAMES_A_SECOND),
            max_samples=round(seconds * _SAMPLES_A_SECOND),
        )


_FRAMES_A_SECOND = 240
_SAMPLES_A_SECOND = 192_000 * 8
