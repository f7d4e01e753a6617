"""GLB framing: each code at its byte (glTF 2.0, 4.4)."""

import struct

import pytest

from gencheck.gltf.source import read_source
from gencheck.gltf.validate import validate

JSON, BIN = b"JSON", b"BIN\0"
TEXT = b'{"asset":{"version":"2.0"}} '


def glb(*chunks: tuple[bytes, bytes], version: int = 2, extra: int = 0) -> bytes:
    body = b"".join(struct.pack("<I4s", len(data), kind) + data for kind, data in chunks)
    return struct.pack("<4sII", b"glTF", version, 12 + len(body) + extra) + body


def issues(data: bytes) -> list[tuple[str, int | None]]:
    return [(issue.code, issue.offset) for issue in validate(read_source(data, packed=True)).issues]


def test_a_good_container_has_no_issue() -> None:
    assert issues(glb((JSON, TEXT))) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [("GLB_UNEXPECTED_END_OF_HEADER", 0)]),
        (b"PK\3\4" + bytes(16), [("GLB_INVALID_MAGIC", 0)]),
        (b"glTF\2\0", [("GLB_UNEXPECTED_END_OF_HEADER", 6)]),
        (glb((JSON, TEXT), version=1), [("GLB_INVALID_VERSION", 4)]),
        (struct.pack("<4sII", b"glTF", 2, 12), [("GLB_LENGTH_TOO_SMALL", 8)]),
        (
            struct.pack("<4sII", b"glTF", 2, 12) + b"more",
            [("GLB_LENGTH_TOO_SMALL", 8), ("GLB_EXTRA_DATA", 12)],
        ),
        (glb((JSON, TEXT)) + b"more", [("GLB_EXTRA_DATA", 48)]),
        (glb((JSON, TEXT), extra=4), [("GLB_LENGTH_MISMATCH", 48)]),
        (glb((JSON, TEXT))[:-3], [("GLB_UNEXPECTED_END_OF_CHUNK_DATA", 45)]),
        (
            glb((JSON, TEXT), extra=4) + b"\1\0\0\0",
            [("GLB_UNEXPECTED_END_OF_CHUNK_HEADER", 52)],
        ),
        (
            glb((JSON, TEXT + b" ")),
            [("GLB_CHUNK_LENGTH_UNALIGNED", 12)],
        ),
        (glb((JSON, TEXT), (BIN, b"")), [("GLB_EMPTY_BIN_CHUNK", 48)]),
        (
            glb((JSON, TEXT), (BIN, b"abcd"), (BIN, b"abcd")),
            [("GLB_DUPLICATE_CHUNK", 60)],
        ),
        (
            glb((JSON, TEXT), (b"XTRA", b""), (BIN, b"abcd")),
            [("GLB_UNKNOWN_CHUNK_TYPE", 48), ("GLB_UNEXPECTED_BIN_CHUNK", 56)],
        ),
    ],
)
def test_what_is_wrong_is_said_where(data: bytes, expected: list[tuple[str, int]]) -> None:
    assert issues(data) == expected


def test_a_chunk_beyond_the_declared_length() -> None:
    data = bytearray(glb((JSON, TEXT)))
    struct.pack_into("<I", data, 12, 1 << 20)
    assert issues(bytes(data)) == [
        ("GLB_CHUNK_TOO_BIG", 12),
        ("GLB_UNEXPECTED_END_OF_CHUNK_DATA", 48),
    ]
