"""Damaged bytes of every format: a medium or an error raised on purpose, never anything else."""

import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded
from gencheck.media import decode as module
from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits, Mesh, Sound, Video

LIMITS = Limits(max_pixels=1_000_000, max_faces=100_000, max_vertices=100_000, max_seconds=20)


def saved(kind: str, **options: object) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def gltf() -> bytes:
    return json.dumps(
        {
            "asset": {"version": "2.0"},
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "scale": [1, 2, 3]}],
            "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
            "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
            "bufferViews": [{"buffer": 0, "byteLength": 36}],
            "buffers": [{"byteLength": 36, "uri": "data:;base64," + "AAAAQEAA" * 6}],
        }
    ).encode()


SEEDS = {
    "png": saved("PNG"),
    "jpeg": saved("JPEG"),
    "progressive": saved("JPEG", progressive=True),
    "gif": saved("GIF"),
    "webp": saved("WEBP"),
    "gltf": gltf(),
    "obj": b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf -1/1 -2/2 -3/3\n" * 4,
    "stl": b"solid a\n" + b"facet normal 0 0 1\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\n" * 3,
    "binary stl": b"\0" * 80 + b"\3\0\0\0" + bytes(range(150)),
    "ply": b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
    b"property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
    b"0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
    "binary ply": b"ply\nformat binary_little_endian 1.0\nelement vertex 3\nproperty float x\n"
    b"property float y\nproperty float z\nelement face 2\n"
    b"property list uchar uchar vertex_indices\nend_header\n" + bytes(36) + b"\3\0\1\2\4\0\1\2\1",
    "wav": b"RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0"
    b"\2\0\x10\0data\x40\0\0\0" + bytes(range(64)),
}


def test_every_seed_is_read() -> None:
    for name, data in SEEDS.items():
        assert isinstance(decode(data, LIMITS, name=name), Image | Mesh | Sound), name


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_gives_a_medium_or_a_clear_error(name: str, data: st.DataObject) -> None:
    damaged = bytearray(SEEDS[name])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged)))
        match data.draw(st.sampled_from(["put", "cut", "drop", "insert"])):
            case "put":
                damaged[at : at + 1] = data.draw(st.binary(min_size=1, max_size=4))
            case "cut":
                del damaged[max(8, at) :]
            case "drop":
                del damaged[at : at + data.draw(st.integers(1, 20))]
            case _:
                damaged[at:at] = data.draw(st.binary(max_size=8))
    try:
        media = decode(bytes(damaged), LIMITS, name="damaged")
    except GencheckError as error:
        assert error.what
        assert error.fix
        assert len(str(error)) < 1_000
        return
    if isinstance(media, Image):
        assert media.pixels.dtype == np.uint8
        assert media.pixels.shape[2] == 3
        assert media.alpha is None or media.alpha.shape == media.pixels.shape[:2]
        assert 0.0 <= media.missing < 1.0
    if isinstance(media, Mesh):
        assert media.vertices.dtype == np.float64
        assert media.vertices.shape[1:] == media.faces.shape[1:] == (3,)
        assert not len(media.faces) or media.faces.min() >= 0
        assert not len(media.faces) or media.faces.max() < len(media.vertices)
    if isinstance(media, Sound | Video):
        assert 0.0 <= media.missing <= 1.0


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_noise_is_refused_or_read(data: bytes) -> None:
    try:
        decode(data, LIMITS)
    except GencheckError as error:
        assert str(error)


def test_what_a_decoder_stumbles_over_is_the_fault_of_the_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stumble(*_: object) -> Image:
        raise KeyError("secret")

    monkeypatch.setattr(module, "decode_image", stumble)
    with pytest.raises(DecodeFailed, match="KeyError") as caught:
        decode(SEEDS["png"], LIMITS, name="odd.png")
    assert "secret" not in str(caught.value)
    assert caught.value.metadata == {"format": "PNG", "cause": "KeyError"}


def test_no_memory_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def starve(*_: object) -> Image:
        raise MemoryError

    monkeypatch.setattr(module, "decode_image", starve)
    with pytest.raises(LimitExceeded, match="memory"):
        decode(SEEDS["png"], LIMITS)
