"""GLB files made in memory: a cube with UV, and what is asked for besides."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
_COMPONENTS = {"f4": 5126, "u1": 5121, "u2": 5123, "u4": 5125, "i1": 5120, "i2": 5122}
_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


def cube(size: float = 1.0) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint16]]:
    """24 vertices, their UV (the whole square on each side) and 12 faces, wound outwards."""
    points, faces = [], []
    for axis in range(3):
        for side in (0.0, 1.0):
            corners = np.insert(_SQUARE, axis, side, axis=1)
            # Odd axes turn the square round as seen from outside.
            forward = (side == 1.0) == (axis != 1)
            first = len(points) * 4
            order = [[0, 1, 2], [0, 2, 3]] if forward else [[0, 2, 1], [0, 3, 2]]
            points.append(corners)
            faces.append(np.array(order) + first)
    uv = np.tile(_SQUARE, (6, 1))
    return (np.vstack(points) - 0.5) * np.float32(size), uv, np.vstack(faces).astype(np.uint16)


class MadeGltf:
    """A document that grows. ``document`` may be changed at will before :meth:`glb`."""

    def __init__(self, size: float = 1.0) -> None:
        self.document: dict[str, Any] = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0}],
            "buffers": [{}],
        }
        self._binary = bytearray()
        points, uv, faces = cube(size)
        self.points = points
        attributes = {
            "POSITION": self.accessor(points, bounds=True),
            "TEXCOORD_0": self.accessor(uv),
        }
        self.primitive: dict[str, Any] = {
            "attributes": attributes,
            "indices": self.accessor(faces.reshape(-1, 1)),
        }
        self.document["meshes"] = [{"primitives": [self.primitive]}]

    def add(self, table: str, entry: dict[str, Any]) -> int:
        """Append to a table of the document; the index of what was appended."""
        self.document.setdefault(table, []).append(entry)
        return len(self.document[table]) - 1

    def view(self, data: bytes) -> int:
        """A buffer view of these bytes."""
        self._binary += bytes(-len(self._binary) % 4)
        start = len(self._binary)
        self._binary += data
        return self.add("bufferViews", {"buffer": 0, "byteOffset": start, "byteLength": len(data)})

    def accessor(self, values: NDArray[Any], *, bounds: bool = False) -> int:
        """An accessor of ``[count, width]`` values of their own type."""
        values = values.reshape(len(values), -1)
        entry: dict[str, Any] = {
            "bufferView": self.view(values.tobytes()),
            "componentType": _COMPONENTS[values.dtype.str[1:]],
            "count": len(values),
            "type": _TYPES[values.shape[1]],
        }
        if bounds:
            entry |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        return self.add("accessors", entry)

    def image(self, data: bytes, kind: str = "image/png") -> int:
        """An image of encoded bytes."""
        return self.add("images", {"bufferView": self.view(data), "mimeType": kind})

    def texture(self, pixels: NDArray[np.uint8] | bytes) -> int:
        """A texture of pixels (as PNG), or of the bytes of a PNG."""
        data = pixels if isinstance(pixels, bytes) else encoded(pixels)
        return self.add("textures", {"source": self.image(data)})

    def material(self, **entry: Any) -> int:
        """A material, which the cube has from here on."""
        self.primitive["material"] = self.add("materials", entry)
        return self.primitive["material"]

    def coloured(self, pixels: NDArray[np.uint8] | bytes, **entry: Any) -> int:
        """A material that is no metal, with a base colour texture."""
        base = {"index": self.texture(pixels)}
        return self.material(
            pbrMetallicRoughness={"baseColorTexture": base, "metallicFactor": 0.0}, **entry
        )

    def skin(self, weights: NDArray[np.float32], joints: NDArray[np.uint8], **node: Any) -> None:
        """Let joints move the cube: nodes of the scene, one for each number that is named."""
        first = len(self.document["nodes"])
        count = int(joints.max()) + 1
        for _ in range(count):
            self.document["scenes"][0]["nodes"].append(self.add("nodes", dict(node)))
        self.document["nodes"][0]["skin"] = self.add(
            "skins", {"joints": list(range(first, first + count))}
        )
        for number in range(weights.shape[1] // 4):
            columns = slice(4 * number, 4 * number + 4)
            attributes = self.primitive["attributes"]
            attributes[f"WEIGHTS_{number}"] = self.accessor(weights[:, columns].copy())
            attributes[f"JOINTS_{number}"] = self.accessor(joints[:, columns].copy())

    def animation(self, times: list[float], values: list[list[float]], **sampler: Any) -> int:
        """An animation that moves node 0 to each place at its time."""
        stamps = np.array(times, np.float32).reshape(-1, 1)
        keys = {
            "input": self.accessor(stamps, bounds=True),
            "output": self.accessor(np.array(values, np.float32)),
        }
        target = {"node": 0, "path": "translation"}
        animation = {"samplers": [keys | sampler], "channels": [{"sampler": 0, "target": target}]}
        return self.add("animations", animation)

    def glb(self) -> bytes:
        """The file."""
        self.document["buffers"][0]["byteLength"] = len(self._binary)
        text = json.dumps(self.document).encode()
        text += b" " * (-len(text) % 4)
        binary = bytes(self._binary) + bytes(-len(self._binary) % 4)
        body = struct.pack("<I4s", len(text), b"JSON") + text
        body += struct.pack("<I4s", len(binary), b"BIN\0") + binary
        return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def encoded(pixels: NDArray[np.uint8], kind: str = "PNG", **options: Any) -> bytes:
    """Pixels ``[H, W]``, ``[H, W, 3]`` or ``[H, W, 4]`` as a file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def ktx2(width: int, height: int, *, levels: int = 1, vk_format: int = 0, faces: int = 1) -> bytes:
    """The header of a KTX2 texture, with nothing behind it."""
    header = struct.pack("<9I", vk_format, 1, width, height, 0, 0, faces, levels, 1)
    return b"\xabKTX 20\xbb\r\n\x1a\n" + header + bytes(32)
