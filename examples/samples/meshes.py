"""A vase as binary glTF, whole and broken."""

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# Radius and height of the wall from the foot, up the outside, over the lip, down the inside.
PROFILE = np.array(
    [
        *[(0.30, 0.00), (0.42, 0.10), (0.52, 0.35), (0.50, 0.65), (0.36, 0.90), (0.24, 1.10)],
        *[(0.25, 1.28), (0.34, 1.42), (0.30, 1.45), (0.20, 1.28), (0.19, 1.10), (0.31, 0.88)],
        *[(0.45, 0.64), (0.46, 0.36), (0.36, 0.14), (0.24, 0.08)],
    ]
)


def vase(segments: int = 48) -> tuple[Floats, Indices]:
    """A closed surface of revolution, outward wound: [V,3] positions, [F,3] triangles."""
    angles = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.zeros(segments), -np.sin(angles)])
    rings = [radius * circle + (0, height, 0) for radius, height in PROFILE]
    poles = np.array([[0, PROFILE[0, 1], 0], [0, PROFILE[-1, 1], 0]])
    positions = np.concatenate([*rings, poles])
    here = np.arange(segments)
    there = (here + 1) % segments
    faces = []
    for ring in range(len(PROFILE) - 1):
        low, high = ring * segments, (ring + 1) * segments
        faces.append(np.column_stack([low + here, low + there, high + there]))
        faces.append(np.column_stack([low + here, high + there, high + here]))
    foot, floor = len(positions) - 2, len(positions) - 1
    last = (len(PROFILE) - 1) * segments
    faces.append(np.column_stack([np.full(segments, foot), there, here]))
    faces.append(np.column_stack([np.full(segments, floor), last + here, last + there]))
    return positions, np.concatenate(faces)


def broken_vase() -> tuple[Floats, Indices]:
    """The vase with a hole, flipped faces, a dent through its wall, a NaN and a floating part."""
    positions, faces = vase()
    centres = positions[faces].mean(axis=1)
    outer = np.hypot(centres[:, 0], centres[:, 2]) > 0.47
    band = (centres[:, 1] > 0.35) & (centres[:, 1] < 0.65)
    front = outer & band & (centres[:, 2] > 0.42)
    side = outer & band & (centres[:, 0] > 0.42)
    faces[side] = faces[side][:, ::-1]
    faces = faces[~front]
    # The vertex of the outer belly that looks along -x goes through the inner wall.
    dent = np.argmin(np.abs(positions - (-0.5, 0.65, 0.0)).sum(axis=1))
    positions[dent, 0] = -0.25
    # A lip vertex is lost.
    positions[7 * 48 + 12] = np.nan
    cube, cube_faces = floating_cube()
    return np.concatenate([positions, cube]), np.concatenate([faces, cube_faces + len(positions)])


def floating_cube() -> tuple[Floats, Indices]:
    """A small closed cube beside the vase."""
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [(a, b, c) for a, b, c, _ in quads] + [(a, c, d) for a, _, c, d in quads]
    return corners * 0.04 + (0.9, 1.2, 0.0), np.array(faces)


def to_glb(positions: Floats, faces: Indices) -> bytes:
    """One mesh with one material, by the glTF 2.0 specification."""
    vertices = positions.astype("<f4").tobytes()
    indices = faces.astype("<u4").tobytes()
    document = {
        "asset": {"version": "2.0", "generator": "gencheck examples"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": "vase"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [0.25, 0.45, 0.6, 1.0]}}],
        "buffers": [{"byteLength": len(vertices) + len(indices)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(vertices), "target": 34962},
            {"buffer": 0, "byteOffset": len(vertices), "byteLength": len(indices), "target": 34963},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": len(positions),
                "type": "VEC3",
                "min": np.nanmin(positions.astype("<f4"), axis=0).tolist(),
                "max": np.nanmax(positions.astype("<f4"), axis=0).tolist(),
            },
            {"bufferView": 1, "componentType": 5125, "count": faces.size, "type": "SCALAR"},
        ],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary = vertices + indices
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def meshes(out: Path) -> None:
    """Both vases."""
    (out / "vase.glb").write_bytes(to_glb(*vase()))
    (out / "vase_broken.glb").write_bytes(to_glb(*broken_vase()))
