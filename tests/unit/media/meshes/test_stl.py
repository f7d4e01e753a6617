"""STL: binary, ASCII, cut, and what pretends to be one."""

import contextlib

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded
from gencheck.media.decode import decode
from gencheck.media.meshes.stl import decode_stl
from gencheck.media.types import Limits, Mesh

CORNERS = np.random.default_rng(1).normal(size=(30, 3, 3)).astype(np.float32)


def binary(
    corners: NDArray[np.float32] = CORNERS, head: bytes = b"made here", tail: bytes = b""
) -> bytes:
    facets = np.zeros(len(corners), np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")]))
    facets["c"] = corners
    return head.ljust(80, b"\0") + len(corners).to_bytes(4, "little") + facets.tobytes() + tail


def ascii_text(corners: NDArray[np.float32] = CORNERS, *, upper: bool = False) -> bytes:
    text = "solid thing\n"
    for triangle in corners:
        text += "  facet normal 0 0 1\n    outer loop\n"
        text += "".join(f"      vertex {x:.9g} {y:.9g} {z:.9g}\n" for x, y, z in triangle)
        text += "    endloop\n  endfacet\n"
    text += "endsolid thing\n"
    return (text.upper() if upper else text).encode()


def read(data: bytes) -> Mesh:
    mesh = decode(data, Limits(), name="mesh.stl")
    assert isinstance(mesh, Mesh)
    assert mesh.format == "STL"
    return mesh


@pytest.mark.parametrize(
    "data",
    [
        binary(),
        binary(head=b"solid but binary"),
        binary(tail=b"made by a program"),
        ascii_text(),
        ascii_text(upper=True),
        ascii_text().replace(b"\n", b"\r\n"),
        b"\n  " + ascii_text(),
    ],
)
def test_both_kinds(data: bytes) -> None:
    mesh = read(data)
    np.testing.assert_array_equal(mesh.vertices.reshape(-1, 3, 3).astype(np.float32), CORNERS)
    np.testing.assert_array_equal(mesh.faces, np.arange(90).reshape(-1, 3))
    assert mesh.notes == {}


def test_a_binary_file_that_is_cut_keeps_its_whole_triangles() -> None:
    data = binary()
    mesh = read(data[: 84 + 50 * 17 + 20])
    assert len(mesh.faces) == 17
    assert mesh.notes == {"missing_faces": 13}


def test_an_ascii_file_that_is_cut_keeps_its_whole_triangles() -> None:
    data = ascii_text()
    at = [i for i in range(len(data)) if data.startswith(b"vertex", i)][10]
    mesh = read(data[: at + 9])
    assert len(mesh.faces) == 3
    assert mesh.notes == {"vertices_without_face": 1}


def test_a_solid_without_facets_is_empty() -> None:
    assert len(read(b"solid nothing\nendsolid nothing\n").faces) == 0


def test_nothing_behind_the_header() -> None:
    with pytest.raises(DecodeFailed, match="30 triangles are announced, none is there"):
        decode_stl(binary()[:84], "mesh.stl", Limits())


@pytest.mark.parametrize("number", [b"abc", b"1.2.3", b"1e", b"--1", b"1,5"])
def test_a_vertex_that_is_no_number(number: bytes) -> None:
    data = ascii_text().replace(b"vertex ", b"vertex " + number + b" ", 1)
    with pytest.raises(DecodeFailed, match="three numbers"):
        read(data)


def test_not_a_number_is_kept() -> None:
    corners = CORNERS.copy()
    corners[3, 1, 2] = np.nan
    assert np.isnan(read(binary(corners)).vertices).sum() == 1
    assert np.isnan(read(ascii_text(corners)).vertices).sum() == 1


@pytest.mark.parametrize("data", [binary(), ascii_text(), ascii_text(upper=True)])
def test_the_caps(data: bytes) -> None:
    assert len(decode_stl(data, "a", Limits(max_faces=30)).faces) == 30
    with pytest.raises(LimitExceeded, match="30 faces"):
        decode_stl(data, "a", Limits(max_faces=29))


def test_an_announcement_is_not_believed() -> None:
    data = bytearray(binary())
    data[80:84] = b"\xff\xff\xff\xff"
    with pytest.raises(GencheckError):
        decode(bytes(data), Limits(), name="mesh.stl")


@pytest.mark.timeout(20)
def test_endless_tokens_take_linear_time() -> None:
    """Quadratic time would be hours."""
    for data in (
        b"vertex " + b"1" * 4_000_000,
        b"vertex" + b" " * 4_000_000,
        b"vertex 1" * 500_000,
    ):
        with contextlib.suppress(GencheckError):
            assert len(read(b"solid a\nfacet\n" + data).faces) == 0
