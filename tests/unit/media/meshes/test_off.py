"""OFF: keywords, comments, colours, polygons, and what is wrong with files."""

import os
from pathlib import Path

import numpy as np
import pytest
import trimesh

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

SQUARE = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n"


def read(text: str | bytes, limits: Limits | None = None) -> Mesh:
    data = text.encode() if isinstance(text, str) else text
    mesh = decode(data, limits or Limits(), name="mesh.off")
    assert isinstance(mesh, Mesh)
    assert mesh.format == "OFF"
    return mesh


@pytest.mark.parametrize(
    "text",
    [
        "OFF\n4 1 4\n" + SQUARE + "4 0 1 2 3\n",
        "OFF 4 1 4\n" + SQUARE + "4 0 1 2 3\n",
        "OFF\r\n# made by hand\r\n\r\n4 1\r\n" + SQUARE.replace("\n", " # here\r\n") + "4 0 1 2 3",
        "# first\n# second\n  OFF\n4 1 4\n" + SQUARE + "4 0 1 2 3 255 0 0\n",
        "COFF\n4 1 4\n" + SQUARE.replace("\n", " 255 0 0 255\n") + "4 0 1 2 3 7\n",
        "CNOFF\n4 1 4\n" + SQUARE.replace("\n", " 0 0 1 1 1 1 1\n") + "4 0 1 2 3\n",
        "\ufeffNOFF\n4 1 4\n" + SQUARE.replace("\n", " 0 0 1\n") + "4 0 1 2 3\n",
    ],
)
def test_forms_of_one_square(text: str) -> None:
    mesh = read(text)
    assert mesh.vertices.tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    assert mesh.faces.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert mesh.notes == {"polygons": 1}
    assert mesh.appearance is None


def test_texture_coordinates_stand_last_and_grow_downwards() -> None:
    mesh = read("STCOFF\n3 1 3\n0 0 0 9 9 9 0 0\n1 0 0 9 9 9 1 0\n0 1 0 9 9 9 0 .25\n3 0 1 2\n")
    assert mesh.appearance is not None
    assert mesh.appearance.uv is not None
    assert mesh.appearance.uv.tolist() == [[0, 1], [1, 1], [0, 0.75]]


def test_what_is_left_out_is_counted() -> None:
    mesh = read("OFF\n4 2 0\n" + SQUARE + "2 0 1\n3 0 1 2\n3 1 2 3\n")
    assert mesh.faces.tolist() == [[0, 1, 2]]
    assert mesh.notes == {"faces_of_less_than_3_corners": 1, "lines_behind_the_last_face": 1}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("OFF\n", "no counts"),
        ("OFF\nfour one\n", "no counts"),
        ("OFF\n0_4 1\n", "no counts"),
        ("OFF\n-4 1 0\n", "negative"),
        ("OFF\n5 1 0\n0 0 0\n", "5 vertices are announced, 1 lines"),
        ("OFF\n4 3 0\n" + SQUARE + "3 0 1 2\n", "3 faces are announced, 1 lines"),
        ("OFF\n4 1 0\n" + SQUARE + "3 0 1 4\n", "vertex 4 of 4"),
        ("OFF\n4 1 0\n" + SQUARE + "3 0 1 -1\n", "vertex -1 of 4"),
        ("OFF\n4 1 0\n" + SQUARE + "5 0 1 2\n", "a face of 5 corners with 3 numbers"),
        ("OFF\n4 1 0\n" + SQUARE + "three 0 1 2\n", "invalid literal"),
        ("OFF\n4 1 0\n" + SQUARE + "0_3 0 1 2\n", "is no number"),
        ("OFF\n4 1 0\n" + SQUARE.replace("1 1 0", "1 1") + "3 0 1 2\n", "less than 3 numbers"),
    ],
)
def test_what_is_wrong_is_said(text: str, what: str) -> None:
    with pytest.raises(DecodeFailed, match=what):
        read(text)


@pytest.mark.parametrize("start", ["OFF BINARY\n", "4OFF\n1 0 0\n", "nOFF\n5\n1 0 0\n"])
def test_what_is_not_read_is_said(start: str) -> None:
    with pytest.raises(UnsupportedMedia, match="OFF"):
        read(start)


def test_the_caps_hold_before_anything_is_read() -> None:
    with pytest.raises(LimitExceeded):
        read("OFF\n3 999999999 0\n")
    with pytest.raises(LimitExceeded):
        read("OFF\n4 1 0\n" + SQUARE + "4 0 1 2 3\n", Limits(max_faces=1))


@pytest.mark.parametrize("name", ["ballA.off", "comments.off"])
def test_real_files_are_read_as_trimesh_reads_them(name: str) -> None:
    folder = os.environ.get("GENCHECK_DATA")
    if not folder:
        pytest.skip("GENCHECK_DATA names no folder of real files")
    data = (Path(folder) / "mesh_trimesh" / name).read_bytes()
    theirs = trimesh.load(trimesh.util.wrap_as_stream(data), file_type="off", process=False)
    ours = read(data)
    assert len(ours.faces) == len(theirs.faces)
    assert np.array_equal(ours.vertices, theirs.vertices)
    assert trimesh.Trimesh(ours.vertices, ours.faces).volume == pytest.approx(theirs.volume)
