"""Media through shared memory and back: equal, writable, private, and no descriptor left."""

import os
from pathlib import Path

import numpy as np
import pytest
from made_gltf import MadeGltf

from gencheck.media.decode import decode
from gencheck.media.packing import pack, unpack
from gencheck.media.types import Image, Limits, Media, Mesh, Sound, Video

SOUND = Sound(np.linspace(-1, 1, 30, dtype=np.float32).reshape(2, 15), 8_000, "flac", 0.25)
MEDIA: list[Media] = [
    Image(np.arange(24, dtype=np.uint8).reshape(2, 4, 3), None, "PNG", 16, 3, 0.5),
    Image(np.zeros((1, 1, 3), np.uint8), np.ones((1, 1), np.uint8), "GIF"),
    Mesh(np.eye(3), np.array([[0, 1, 2]], np.int32), "OBJ", {"polygons": 2}),
    Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32), "STL"),
    SOUND,
    Video(
        np.zeros((3, 2, 2), np.uint8),
        np.arange(3.0),
        np.ones((1, 4, 4, 3), np.uint8),
        np.zeros(1),
        "h264",
        SOUND,
    ),
]


def through(media: Media) -> Media:
    head, handle = pack(media)
    try:
        return unpack(head, handle)
    finally:
        os.close(handle)


def arrays(media: Media) -> list[np.ndarray]:
    found = [getattr(media, name) for name in media.__slots__]
    return [array for array in found if isinstance(array, np.ndarray)]


@pytest.mark.parametrize("media", MEDIA, ids=lambda media: type(media).__name__)
def test_everything_comes_back(media: Media) -> None:
    back = through(media)
    assert repr(back) == repr(media)
    assert len(arrays(back)) == len(arrays(media))
    for ours, theirs in zip(arrays(media), arrays(back), strict=True):
        assert theirs.dtype == ours.dtype
        assert theirs.flags.writeable
        np.testing.assert_array_equal(theirs, ours)


def test_a_sound_within_a_video_too() -> None:
    back = through(MEDIA[-1])
    assert isinstance(back, Video)
    assert back.sound is not None
    np.testing.assert_array_equal(back.sound.samples, SOUND.samples)


def test_a_mesh_with_its_looks_and_its_motion() -> None:
    made = MadeGltf()
    for level in range(60, 160):
        made.coloured(np.full((4, 4, 3), level, np.uint8))
    made.skin(np.ones((24, 4), np.float32) / 4, np.zeros((24, 4), np.uint8))
    made.animation([0, 1], [[0, 0, 0], [1, 0, 0]])
    mesh = decode(made.glb(), Limits(), name="made.glb")
    assert len(pack_and_close(mesh)) < 4_096  # of any number of textures: MAX_MESSAGE bounds it
    back = through(mesh)
    for ours, theirs in zip(nested(mesh), nested(back), strict=True):
        np.testing.assert_array_equal(theirs, ours)
    assert len(nested(back)) > 35


def pack_and_close(media: Media) -> bytes:
    head, handle = pack(media)
    os.close(handle)
    return head


def nested(value: object) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for name in getattr(type(value), "__slots__", ()):
        inner = getattr(value, name)
        found += [inner] if isinstance(inner, np.ndarray) else nested(inner)
    return found


def test_what_is_written_stays_here() -> None:
    head, handle = pack(MEDIA[0])
    first, second = unpack(head, handle), unpack(head, handle)
    os.close(handle)
    assert isinstance(first, Image)
    assert isinstance(second, Image)
    first.pixels[:] = 99
    np.testing.assert_array_equal(second.pixels, arrays(MEDIA[0])[0])


def test_no_descriptor_is_left() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for media in MEDIA:
        through(media)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
