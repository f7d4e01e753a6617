"""glTF made to hurt: what it is, its bytes, and what must be said of it."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_DATA = "data:application/octet-stream;base64,"
_POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4")
_TRIANGLE: dict[str, Any] = {
    "asset": {"version": "2.0"},
    "scene": 0,
    "scenes": [{"nodes": [0]}],
    "nodes": [{"mesh": 0}],
    "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
    "accessors": [
        {
            "bufferView": 0,
            "componentType": 5126,
            "count": 3,
            "type": "VEC3",
            "min": [0, 0, 0],
            "max": [1, 1, 0],
        }
    ],
    "bufferViews": [{"buffer": 0, "byteLength": 36, "target": 34962}],
    "buffers": [{"byteLength": 36, "uri": _DATA + base64.b64encode(_POINTS.tobytes()).decode()}],
}


@dataclass(frozen=True)
class Bomb:
    """One of them.

    Attributes:
        make: its bytes.
        error: the error that refuses it; empty where it is read.
        told: a code that conformance says, or words of the error.
    """

    name: str
    make: Callable[[], bytes]
    error: str = ""
    told: str = ""


def _text(**parts: Any) -> bytes:
    return json.dumps({**_TRIANGLE, **parts}).encode()


def _with(text: str, at: str = '"asset"') -> bytes:
    """The triangle with a text before a member."""
    return _text().decode().replace(at, text + at, 1).encode()


def _glb(length: int, size: int) -> bytes:
    """A GLB whose header and first chunk declare lengths beside the true ones."""
    text = _text()
    text += b" " * (-len(text) % 4)
    header = struct.pack("<4sII", b"glTF", 2, 20 + len(text) + length)
    return header + struct.pack("<I4s", len(text) + size, b"JSON") + text


def _sparse(count: int) -> bytes:
    accessor = {
        **_TRIANGLE["accessors"][0],
        "count": count,
        "sparse": {
            "count": count,
            "indices": {"bufferView": 0, "componentType": 5125},
            "values": {"bufferView": 0},
        },
    }
    return _text(accessors=[accessor])


def _large_uri() -> bytes:
    size = 75_000_000
    data = _POINTS.tobytes() + bytes(size - 36)
    uri = _DATA + base64.b64encode(data).decode()
    return _text(buffers=[{"byteLength": size, "uri": uri}])


def _chain(count: int) -> list[Any]:
    return [*({"children": [i + 1]} for i in range(count)), {"mesh": 0}]


def _repeated() -> bytes:
    """A thousand primitives of the same million indices, each over other vertices."""
    indices = base64.b64encode(bytes(1 << 22)).decode()
    shown = {**_TRIANGLE["accessors"][0]}
    bare = [{"componentType": 5126, "count": 9 + i, "type": "SCALAR"} for i in range(1_000)]
    return _text(
        meshes=[
            *_TRIANGLE["meshes"],
            {"primitives": [{"attributes": {"_A": 2 + i}, "indices": 1} for i in range(1_000)]},
        ],
        accessors=[
            shown,
            {"bufferView": 1, "componentType": 5125, "count": 1 << 20, "type": "SCALAR"},
            *bare,
        ],
        bufferViews=[*_TRIANGLE["bufferViews"], {"buffer": 1, "byteLength": 1 << 22}],
        buffers=[*_TRIANGLE["buffers"], {"byteLength": 1 << 22, "uri": _DATA + indices}],
    )


_LIMIT, _FAILED = "LimitExceeded", "DecodeFailed"
BOMBS = (
    Bomb("nodes in a cycle", lambda: _text(nodes=[{"children": [0]}]), _FAILED, "NODE_LOOP"),
    Bomb("a million nodes", lambda: _text(nodes=[{}] * 1_000_000), _LIMIT, "at most 1,000,000"),
    Bomb("200,000 nodes", lambda: _text(nodes=[{"mesh": 0}] + [{}] * 200_000), "", "NODE_EMPTY"),
    Bomb("a chain of 100,000 nodes", lambda: _text(nodes=_chain(100_000)), _FAILED, "deeper"),
    Bomb("ten million values", lambda: _text(x=[[]] * 10_000_000), _LIMIT, "at most 1,000,000"),
    Bomb(
        "lists in lists",
        lambda: _with('"x":' + "[" * 100_000 + "]" * 100_000 + ","),
        _LIMIT,
        "nested too deeply",
    ),
    Bomb(
        "lists that do not end",
        lambda: b'{"asset":{"version":"2.0"},"x":' + b"[" * 900_000,
        _LIMIT,
        "nested",
    ),
    Bomb(
        "a number of 5,000 digits",
        lambda: _with('"scene":%s,' % ("9" * 5_000), '"nodes": [{'),
        _FAILED,
        "/scene",
    ),
    Bomb(
        "a number that is infinite",
        lambda: _with('"translation":[1e999,0,0],', '"mesh"'),
        "",
        "VALUE_NOT_IN_RANGE",
    ),
    Bomb("a name of 50 MB", lambda: _with('"name":"%s",' % ("x" * 50_000_000), '"mesh"'), "", ""),
    Bomb(
        "a key of 20 MB", lambda: _with('"%s":1,' % ("x" * 20_000_000)), "", "UNEXPECTED_PROPERTY"
    ),
    Bomb("a key 200,000 times", lambda: _with('"scene":7,' * 200_000), "", ""),
    Bomb("a byte order mark", lambda: b"\xef\xbb\xbf" + _text(), "", "INVALID_JSON"),
    Bomb("a length too long", lambda: _glb(64, 0), _FAILED, "GLB_LENGTH_MISMATCH"),
    Bomb("a length too short", lambda: _glb(-64, 0), _FAILED, "GLB_CHUNK_TOO_BIG"),
    Bomb(
        "a chunk of 4 GB",
        lambda: _glb(0, 2**32 - 4096),
        _FAILED,
        "GLB_UNEXPECTED_END_OF_CHUNK_DATA",
    ),
    Bomb("sparse counts of 2^53", lambda: _sparse(2**53), _LIMIT, "elements"),
    Bomb("sparse counts of a million", lambda: _sparse(1_000_000), _FAILED, "ACCESSOR_TOO_LONG"),
    Bomb(
        "an image that is none",
        lambda: _text(images=[{"uri": "data:image/png;base64," + "A" * 4_000_000}]),
        "",
        "INVALID_URI",
    ),
    Bomb(
        "an image in a view that is none",
        lambda: _text(images=[{"bufferView": 0, "mimeType": "image/png"}]),
        "",
        "IMAGE_UNRECOGNIZED_FORMAT",
    ),
    Bomb("a data URI of 100 MB", _large_uri, "", ""),
    Bomb("the same indices a thousand times", _repeated, "", ""),
)
