"""PLY: ASCII and both byte orders give the same mesh."""

import struct

import numpy as np
import pytest

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

ASCII = b"ply\nformat ascii 1.0\n"
BINARY = b"ply\nformat binary_little_endian 1.0\n"
VERTICES = [(0.0, 0.0, 0.5), (1.0, 0.0, -2.0), (1.0, 1.0, 0.25), (0.0, 1.0, 3.0), (2.0, 2.0, 1.5)]
TRIANGLES = [(0, 1, 2), (0, 2, 3), (1, 2, 4)]
MIXED = [(0, 1, 2), (0, 1, 2, 3), (2, 3, 4), (0, 1, 4, 2, 3)]
UNREAD = "faces_whose_texture_coordinates_are_not_read"
ORDERS = ["ascii", "binary_little_endian", "binary_big_endian"]


def ply(order: str, faces: list[tuple[int, ...]], *, extra: bool = False) -> bytes:
    """A file with a colour between the coordinates, and if told more lists around the corners."""
    head = f"ply\nformat {order} 1.0\ncomment here\nelement vertex {len(VERTICES)}\n"
    head += "property float x\nproperty float y\nproperty uchar red\nproperty double z\n"
    head += f"element face {len(faces)}\n"
    head += "property uchar flags\nproperty list uchar float texcoord\n" if extra else ""
    head += "property list uchar int vertex_indices\n"
    head += "element edge 1\nproperty int a\nproperty int b\nend_header\n"
    rows: list[list[tuple[str, float]]] = []
    for x, y, z in VERTICES:
        rows.append([("f", x), ("f", y), ("B", 200), ("d", z)])
    for face in faces:
        row: list[tuple[str, float]] = []
        if extra:
            row = [("B", 7), ("B", len(face)), *[("f", 0.5)] * len(face)]
        rows.append([*row, ("B", len(face)), *(("i", corner) for corner in face)])
    rows.append([("i", 0), ("i", 1)])
    if order == "ascii":
        return (head + "".join(" ".join(f"{n:g}" for _, n in row) + "\n" for row in rows)).encode()
    sign = "<" if "little" in order else ">"
    packed = (
        struct.pack(sign + kind, number if kind in "fd" else int(number))
        for row in rows
        for kind, number in row
    )
    return head.encode() + b"".join(packed)


def read(data: bytes, limits: Limits | None = None) -> Mesh:
    mesh = decode(data, limits or Limits(), name="mesh.ply")
    assert isinstance(mesh, Mesh)
    assert mesh.format == "PLY"
    return mesh


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_triangles(order: str, extra: bool) -> None:
    mesh = read(ply(order, TRIANGLES, extra=extra))
    assert mesh.vertices.tolist() == [list(v) for v in VERTICES]
    assert mesh.faces.tolist() == [list(f) for f in TRIANGLES]
    assert mesh.faces.dtype == np.int32
    assert mesh.notes == ({UNREAD: 3} if extra else {})


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("order", ORDERS)
def test_polygons_of_many_sizes(order: str, extra: bool) -> None:
    mesh = read(ply(order, MIXED, extra=extra))
    expected = [[0, 1, 2], [0, 1, 2], [0, 2, 3], [2, 3, 4], [0, 1, 4], [0, 4, 2], [0, 2, 3]]
    assert mesh.faces.tolist() == expected
    assert mesh.notes == {"polygons": 2} | ({UNREAD: 4} if extra else {})


@pytest.mark.parametrize("order", ORDERS)
def test_quads_only(order: str) -> None:
    mesh = read(ply(order, [(0, 1, 2, 3)] * 4))
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]] * 4
    assert mesh.notes == {"polygons": 4}


@pytest.mark.parametrize("order", ORDERS)
def test_points_without_faces(order: str) -> None:
    assert read(ply(order, [])).faces.shape == (0, 3)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("corner", [5, -1, 2_000_000_000])
def test_an_index_out_of_range_is_named(order: str, corner: int) -> None:
    with pytest.raises(DecodeFailed, match=f"vertex (2e\\+09|{corner}) of 5"):
        read(ply(order, [(0, 1, corner)]))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("cut", [10, 30, 60])
def test_a_file_that_ends_early_fails(order: str, cut: int) -> None:
    with pytest.raises(DecodeFailed):
        read(ply(order, TRIANGLES)[:-cut])


def test_lines_that_hold_more_or_less_than_announced_are_read_by_line() -> None:
    lines = ply("ascii", TRIANGLES).split(b"\n")
    start = lines.index(b"end_header") + 1
    longer = [
        line + b" 9 9" if number >= start and line else line for number, line in enumerate(lines)
    ]
    assert read(b"\n".join(longer)).faces.tolist() == [list(f) for f in TRIANGLES]
    head, _, body = ply("ascii", TRIANGLES).partition(b"property list uchar int vertex_indices\n")
    shorter = head + b"property list uchar int vertex_indices\nproperty uchar alpha\n" + body
    assert read(shorter).faces.tolist() == [list(f) for f in TRIANGLES]


def test_a_number_that_only_python_takes_for_one_fails() -> None:
    with pytest.raises(DecodeFailed, match="is no number"):
        read(ply("ascii", TRIANGLES).replace(b"0.25", b"0_1"))


@pytest.mark.parametrize("newline", [b"\r\n", b"\r"])
def test_other_ends_of_lines(newline: bytes) -> None:
    data = ply("ascii", TRIANGLES).replace(b"\n", newline)
    assert read(data).faces.tolist() == [list(f) for f in TRIANGLES]


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (b"element vertex many", "mesh.ply:4"),
        (b"element vertex -1", "mesh.ply:4"),
        (b"element vertex 0_5", "mesh.ply:4"),
        (b"element vertex 99999999999", "mesh.ply:4"),
        (b"property quad x", "mesh.ply:4"),
    ],
)
def test_a_bad_header_line_is_named(line: bytes, where: str) -> None:
    with pytest.raises(DecodeFailed) as caught:
        read(ply("ascii", TRIANGLES).replace(b"element vertex 5", line))
    assert caught.value.where == where


@pytest.mark.parametrize(
    "header",
    [
        ASCII + b"element vertex 1\n",
        b"ply\nend_header\n",
        ASCII + b"element vertex 2000000000\nend_header\n",
        ASCII + b"element vertex 1\nproperty float x\nproperty float x\nend_header\n1 1\n",
        ASCII + b"element vertex 1\nproperty list uchar int x\nend_header\n1 1\n",
        ASCII + b"element vertex 1\nproperty float a\nend_header\n1\n",
        ASCII + b"element vertex 1\nproperty float x\nproperty float y\n"
        b"property float z\n"
        b"element face 1\nproperty list int int vertex_indices\nend_header\n0 0 0\nnan 0 0 0\n",
        BINARY + b"element face 1\nproperty list uint int vertex_indices\n"
        b"end_header\n\xff\xff\xff\xff\0\0\0\0",
    ],
)
def test_headers_that_lie(header: bytes) -> None:
    with pytest.raises(GencheckError) as caught:
        read(header)
    assert "cause" not in caught.value.metadata


@pytest.mark.parametrize("order", ORDERS)
def test_the_caps(order: str) -> None:
    data = ply(order, MIXED)
    assert len(read(data, Limits(max_faces=7, max_vertices=5)).faces) == 7
    for limits in (Limits(max_faces=6), Limits(max_vertices=4)):
        with pytest.raises(LimitExceeded):
            read(data, limits)


def test_triangle_strips_are_noted() -> None:
    data = ply("ascii", TRIANGLES).replace(b"element edge", b"element tristrips")
    assert read(data).notes == {"triangle_strips_not_read": 1}


@pytest.mark.parametrize("names", [("s", "t"), ("u", "v"), ("texture_u", "texture_v")])
def test_texture_coordinates_of_vertices_grow_downwards(names: tuple[str, str]) -> None:
    u, v = names
    head = f"ply\nformat ascii 1.0\nelement vertex 3\nproperty uchar {v}\nproperty float {u}\n"
    head += "property float x\nproperty float y\nproperty float z\n"
    head += "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    mesh = read((head + "0 .5 0 0 0\n1 0 1 0 0\n2 1 0 1 0\n3 0 1 2\n").encode())
    assert mesh.appearance is not None and mesh.appearance.uv is not None
    assert mesh.appearance.uv.tolist() == [[0.5, 1], [0, 0], [1, -1]]
    assert read(ply("ascii", [(0, 1, 2)])).appearance is None
