"""Which side of a glTF face is its front, and compression wherever it is declared."""

import json
import struct
from typing import Any

import numpy as np
import pytest

from gencheck.errors import DecodeFailed, UnsupportedMedia
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

Document = dict[str, Any]
DRACO = "KHR_draco_mesh_compression"
MESHOPT = "EXT_meshopt_compression"


def document() -> tuple[Document, bytes]:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4").tobytes()
    data = points + np.array([0, 1, 2], "<u4").tobytes()
    return {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": 48}],
        "bufferViews": [
            {"buffer": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 12},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": 3, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
    }, data


def glb(described: Document, data: bytes) -> bytes:
    text = json.dumps(described).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(data), b"BIN\0") + data
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def front(mesh: Mesh) -> float:
    """The z of the first face's normal."""
    a, b, c = mesh.vertices[mesh.faces[0]]
    return float(np.cross(b - a, c - a)[2])


@pytest.mark.parametrize(
    ("scale", "mirrored"),
    [([1, 1, 1], 0), ([-1, 1, 1], 1), ([1, -2, 1], 1), ([-1, -1, 1], 0), ([-1, -1, -1], 1)],
)
def test_a_mirrored_face_keeps_its_front(scale: list[int], mirrored: int) -> None:
    described, data = document()
    described["nodes"][0]["scale"] = scale
    mesh = decode(glb(described, data), Limits())
    assert isinstance(mesh, Mesh)
    # The normal of a mirrored surface is the mirrored normal: z turns only where z is mirrored.
    assert np.sign(front(mesh)) == np.sign(scale[2])
    assert mesh.notes.get("mirrored_primitives", 0) == mirrored


def test_draco_with_fallback_is_read() -> None:
    described, data = document()
    described["meshes"][0]["primitives"][0]["extensions"] = {DRACO: {"bufferView": 0}}
    mesh = decode(glb(described, data), Limits())
    assert isinstance(mesh, Mesh)
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]


def test_a_fallback_buffer_without_data_names_its_compression() -> None:
    described, data = document()
    described["buffers"].append({"byteLength": 36, "extensions": {MESHOPT: {"fallback": True}}})
    described["bufferViews"][0]["buffer"] = 1
    with pytest.raises(UnsupportedMedia, match=MESHOPT):
        decode(glb(described, data), Limits())


@pytest.mark.parametrize("asset", [[], None, "2.0", {"version": 2}])
def test_an_odd_asset_is_named(asset: object) -> None:
    described, data = document()
    described["asset"] = asset
    with pytest.raises(DecodeFailed, match="/asset/version"):
        decode(glb(described, data), Limits())
