"""meshopt: what the encoder of meshoptimizer packed comes out again; damaged streams do not."""

from __future__ import annotations

import base64
import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.media.decode import decode
from gencheck.media.gltf.meshopt import MeshoptError, unpack
from gencheck.media.types import Limits, Mesh

NAME = "EXT_meshopt_compression"
MADE = json.loads(Path(__file__).with_name("meshopt.json").read_text(encoding="utf-8"))
KINDS = ["ball", "soup"]


def held(kind: str, part: str) -> bytes:
    return base64.b64decode(MADE[kind][part])


def positions(kind: str) -> NDArray[np.float32]:
    return np.frombuffer(held(kind, "positions"), "<f4").reshape(-1, 3)


def faces(kind: str) -> NDArray[np.uint16]:
    return np.frombuffer(held(kind, "faces"), "<u2").reshape(-1, 3)


def unpacked(  # noqa: PLR0917 - as the reader takes them
    kind: str, part: str, count: int, stride: int, mode: str, how: str = "NONE"
) -> bytes:
    return unpack(memoryview(held(kind, part)), count, stride, mode, how)


@pytest.mark.parametrize("kind", KINDS)
def test_attributes_come_out_to_the_bit(kind: str) -> None:
    wanted = positions(kind)
    assert unpacked(kind, "attributes", len(wanted), 12, "ATTRIBUTES") == wanted.tobytes()


@pytest.mark.parametrize("stride", [2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_indices_come_out_and_triangles_but_for_their_first_corner(kind: str, stride: int) -> None:
    wanted = faces(kind)
    dtype = f"<u{stride}"
    row = np.frombuffer(unpacked(kind, "indices", wanted.size, stride, "INDICES"), dtype)
    assert np.array_equal(row.reshape(-1, 3), wanted)
    row = np.frombuffer(unpacked(kind, "triangles", wanted.size, stride, "TRIANGLES"), dtype)
    turned = np.stack([np.roll(row.reshape(-1, 3), k, axis=1) for k in range(3)])
    assert (turned == wanted).all(axis=2).any(axis=0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_filters(kind: str) -> None:
    wanted = positions(kind)
    data = unpacked(kind, "exp", len(wanted), 12, "ATTRIBUTES", "EXPONENTIAL")
    assert np.allclose(np.frombuffer(data, "<f4").reshape(-1, 3), wanted, rtol=2e-4, atol=2e-4)
    data = unpacked(kind, "oct", len(wanted), 8, "ATTRIBUTES", "OCTAHEDRAL")
    normals = np.frombuffer(data, "<i2").reshape(-1, 4)[:, :3] / 32767
    length = np.linalg.norm(wanted, axis=1, keepdims=True)
    assert np.abs(normals - wanted / length).max() < 2e-3


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_streams_are_refused_or_give_something(kind: str) -> None:
    """They never read or write where they may not: numba would not say so, a crash would."""
    rng = random.Random(1)
    refused = 0
    for part, mode, stride, count in (
        ("attributes", "ATTRIBUTES", 12, len(positions(kind))),
        ("triangles", "TRIANGLES", 4, faces(kind).size),
        ("indices", "INDICES", 4, faces(kind).size),
    ):
        for _ in range(300):
            data = bytearray(held(kind, part))
            for _ in range(rng.randint(1, 4)):
                data[rng.randrange(len(data))] = rng.choice((0, 1, 15, 127, 128, 240, 254, 255))
            cut = data[: rng.choice((len(data), rng.randrange(len(data))))]
            try:
                assert len(unpack(memoryview(cut), count, stride, mode, "NONE")) == count * stride
            except MeshoptError:
                refused += 1
    assert 0 < refused < 900


@pytest.mark.parametrize(
    ("count", "stride", "mode", "how"),
    [
        (4, 3, "ATTRIBUTES", "NONE"), (4, 260, "ATTRIBUTES", "NONE"), (4, 4, "TRIANGLES", "NONE"),
        (3, 8, "INDICES", "NONE"), (3, 4, "INDICES", "EXPONENTIAL"), (3, 4, "OTHER", "NONE"),
        (3, 4, None, None),
    ],
)  # fmt: skip
def test_what_a_mode_does_not_allow_is_refused(
    count: int, stride: int, mode: Any, how: Any
) -> None:
    with pytest.raises(MeshoptError):
        unpack(memoryview(bytes(100)), count, stride, mode, how)


def document(**changes: object) -> bytes:
    """A GLB whose views are compressed; its second buffer stands for what they unpack to."""
    points, corners = len(positions("ball")), faces("ball").size
    packed = held("ball", "attributes"), held("ball", "triangles")
    views = [
        {"count": points, "byteStride": 12, "mode": "ATTRIBUTES", "byteLength": len(packed[0])},
        {
            "count": corners, "byteStride": 2, "mode": "TRIANGLES", "byteLength": len(packed[1]),
            "byteOffset": len(packed[0]), **changes,
        },
    ]  # fmt: skip
    made: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "extensionsUsed": [NAME],
        "extensionsRequired": [NAME],
        "buffers": [
            {"byteLength": len(packed[0] + packed[1])},
            {"byteLength": 12 * points + 2 * corners, "extensions": {NAME: {"fallback": True}}},
        ],
        "bufferViews": [
            {
                "buffer": 1,
                "byteOffset": [0, 12 * points][index],
                "byteLength": view["count"] * view["byteStride"],
                "extensions": {NAME: {"buffer": 0, **view}},
            }
            for index, view in enumerate(views)
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": points, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": corners, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    text = json.dumps(made).encode()
    text += b" " * (-len(text) % 4)
    data = b"".join(packed) + bytes(-len(packed[0] + packed[1]) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(data), b"BIN\0") + data
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def test_a_gltf_is_unpacked() -> None:
    mesh = decode(document(), Limits(), name="mesh.glb")
    assert isinstance(mesh, Mesh)
    assert np.array_equal(mesh.vertices, positions("ball"))
    assert np.array_equal(np.sort(mesh.faces, axis=1), np.sort(faces("ball"), axis=1))


@pytest.mark.parametrize(
    ("changes", "error", "what"),
    [
        ({"byteLength": 200}, DecodeFailed, "do not come out"),
        ({"byteLength": 99_999}, DecodeFailed, "ends at byte"),
        ({"buffer": 7}, DecodeFailed, "no index"),
        ({"count": 1 << 40}, LimitExceeded, "compressed data"),
        ({"mode": "ATTRIBUTES", "byteStride": 8, "filter": "QUATERNION"}, DecodeFailed, "come out"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, object], error: type, what: str) -> None:
    with pytest.raises(error, match=what):
        decode(document(**changes), Limits(), name="mesh.glb")


def test_rotations_are_said_not_to_be_read() -> None:
    count = len(positions("ball"))
    with pytest.raises(UnsupportedMedia, match="rotations"):
        unpacked("ball", "oct", count, 8, "ATTRIBUTES", "QUATERNION")
