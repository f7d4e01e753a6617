"""The start of a file and its size are enough to tell its kind."""

import os
import struct
from pathlib import Path

import pytest

from gencheck.errors import UnsupportedMedia
from gencheck.media.sniff import HEAD_BYTES, sniff
from gencheck.media.types import MediaKind

CORNERS = b"v 0 0 0\nv 1 0 0\nv 0 1 0\n"
LARGE = 4 * HEAD_BYTES


def binary_stl(faces: int) -> bytes:
    return bytes(80) + struct.pack("<I", faces) + bytes(50 * faces)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(LARGE), MediaKind.IMAGE),
        (b"\x00\x00\x00\x18ftypisom" + bytes(LARGE), MediaKind.VIDEO),
        (b"ID3\x04\x00\x00\x00\x0f\x00\x00" + bytes(LARGE) + b"fLaC", MediaKind.AUDIO),
        (binary_stl(LARGE // 50), MediaKind.MESH),
        (binary_stl(LARGE // 50)[: -LARGE // 4], MediaKind.MESH),
        (CORNERS * (LARGE // len(CORNERS)), MediaKind.MESH),
        (b"solid x\n" + b"facet normal 0 0 1\n" * (LARGE // 19), MediaKind.MESH),
        (b'{"buffers": [{"uri": "data:,' + b"A" * LARGE + b'"}], "asset": {}}', MediaKind.MESH),
    ],
)
def test_the_kind_of_a_start_is_that_of_the_whole(data: bytes, kind: MediaKind) -> None:
    assert sniff(data).kind is kind
    assert sniff(data[:HEAD_BYTES], size=len(data)).kind is kind


def test_the_size_decides_what_a_start_alone_does_not_show() -> None:
    data = binary_stl(LARGE // 50)
    with pytest.raises(UnsupportedMedia):
        sniff(data[:HEAD_BYTES], size=10 * len(data))


def test_json_of_another_kind_is_no_gltf() -> None:
    data = b'{"rows": [' + b"1, " * LARGE
    with pytest.raises(UnsupportedMedia, match="JSON"):
        sniff(data[:HEAD_BYTES], size=len(data))


def test_real_files_are_what_their_starts_say() -> None:
    folder = os.environ.get("GENCHECK_DATA")
    if not folder:
        pytest.skip("GENCHECK_DATA names no folder of real files")
    compared = 0
    for path in sorted(Path(folder).rglob("*.*"))[::20]:
        if not path.is_file() or not HEAD_BYTES < path.stat().st_size < 64 << 20:
            continue
        data = path.read_bytes()
        try:
            whole = sniff(data)
        except UnsupportedMedia:
            continue
        assert sniff(data[:HEAD_BYTES], size=len(data)).kind is whole.kind, path
        compared += 1
    assert compared
