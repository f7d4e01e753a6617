"""Draco in glTF: positions, UV and indices by their ids; data that lie."""

from __future__ import annotations

import json
import struct
import sys
from typing import Any

import numpy as np
import pytest
import trimesh

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

DracoPy = pytest.importorskip("DracoPy", reason="needs pip install 'gencheck[draco]'")

BALL = trimesh.creation.icosphere(subdivisions=2)
UV = np.random.default_rng(1).random((len(BALL.vertices), 2))
PACKED = DracoPy.encode(
    BALL.vertices.astype(np.float32),
    BALL.faces.astype(np.uint32),
    tex_coord=UV,
    quantization_bits=14,
    preserve_order=True,
)
IDS = {"TEXCOORD_0": 0, "POSITION": 1}


def glb(packed: bytes = PACKED, ids: object = None, **primitive: object) -> bytes:
    extension = {"bufferView": 0, "attributes": IDS if ids is None else ids}
    document: dict[str, Any] = {
        "asset": {"version": "2.0"},
        "extensionsUsed": ["KHR_draco_mesh_compression"],
        "extensionsRequired": ["KHR_draco_mesh_compression"],
        "buffers": [{"byteLength": len(packed)}],
        "bufferViews": [{"buffer": 0, "byteLength": len(packed)}],
        "accessors": [
            {"componentType": 5126, "count": len(BALL.vertices), "type": "VEC3"},
            {"componentType": 5126, "count": len(BALL.vertices), "type": "VEC2"},
            {"componentType": 5123, "count": BALL.faces.size, "type": "SCALAR"},
        ],
        "meshes": [
            {
                "primitives": [
                    {
                        "attributes": {"POSITION": 0, "TEXCOORD_0": 1},
                        "indices": 2,
                        "extensions": {"KHR_draco_mesh_compression": extension},
                        **primitive,
                    }
                ]
            }
        ],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    packed += bytes(-len(packed) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(packed), b"BIN\0") + packed
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def read(data: bytes, limits: Limits | None = None) -> Mesh:
    mesh = decode(data, limits or Limits(), name="mesh.glb")
    assert isinstance(mesh, Mesh)
    return mesh


@pytest.mark.parametrize("mode", [4, 5])
def test_a_primitive_is_unpacked(mode: int) -> None:
    mesh = read(glb(mode=mode))
    assert mesh.faces.tolist() == BALL.faces.tolist()
    assert np.abs(mesh.vertices - BALL.vertices).max() < 2 / 2**14
    look = mesh.appearance
    assert look is not None and look.uv is not None
    assert np.array_equal(look.uv, UV.astype(np.float32))


def test_a_primitive_without_order_is_the_same_surface() -> None:
    packed = DracoPy.encode(
        BALL.vertices.astype(np.float32), BALL.faces.astype(np.uint32), quantization_bits=16
    )
    mesh = read(glb(packed, {"POSITION": 0}))
    ours = trimesh.Trimesh(mesh.vertices, mesh.faces)
    assert ours.is_watertight
    assert ours.volume == pytest.approx(BALL.volume, rel=1e-3)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (glb(b"DRACO"), "no Draco data"),
        (glb(PACKED[:200]), "cannot be decoded"),
        (glb(PACKED[:12] + b"\xff" * 50), "cannot be decoded|Draco data of"),
        (glb(ids={"POSITION": 9}), "attribute 9 is not in"),
        (glb(ids={"POSITION": []}), r"attribute \[\] is not in"),
        (glb(ids=[]), "no attributes"),
        (glb(ids={"NORMAL": 1}), "no accessor"),
        (glb(ids={"POSITION": 0}), "2 numbers each where 3"),
        (glb(indices=None), "no accessor"),
        (glb(DracoPy.encode(BALL.vertices.astype(np.float32)), {"POSITION": 0}), "no triangles"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, what: str) -> None:
    with pytest.raises((DecodeFailed, LimitExceeded), match=what):
        read(data)


@pytest.mark.parametrize("ordered", [True, False])
def test_what_the_data_announce_is_held_to_the_limits_before_they_are_unpacked(
    ordered: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = DracoPy.encode(
        BALL.vertices.astype(np.float32), BALL.faces.astype(np.uint32), preserve_order=ordered
    )
    monkeypatch.setattr(DracoPy, "decode", None)  # not even asked
    for limits in (Limits(max_faces=len(BALL.faces) - 1), Limits(max_vertices=161)):
        with pytest.raises(LimitExceeded, match=r"320 faces and 162 vertices"):
            read(glb(packed, {"POSITION": 0}), limits)


def test_without_dracopy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "DracoPy", None)
    with pytest.raises(UnsupportedMedia, match=r"gencheck\[draco\]") as caught:
        read(glb())
    assert caught.value.metadata["extension"] == "KHR_draco_mesh_compression"
    assert caught.value.where == "mesh.glb"
