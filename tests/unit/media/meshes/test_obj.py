"""OBJ: runs of lines read at once give what the same lines give one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gencheck.errors import DecodeFailed, GencheckError, LimitExceeded
from gencheck.media.decode import decode
from gencheck.media.meshes import obj, obj_lines
from gencheck.media.meshes.obj import decode_obj
from gencheck.media.types import Limits, Mesh

LIMITS = Limits()
SQUARE = b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"


def read(data: bytes) -> Mesh:
    return decode_obj(data, "mesh.obj", LIMITS)


def grid(side: int, line: bytes) -> bytes:
    """A square of triangles, more lines than are read one by one."""
    vertices = b"".join(
        b"v %d %.3f -%d.5e-1\n" % (x, y / 7, x) for y in range(side) for x in range(side)
    )
    faces = b""
    for y in range(side - 1):
        for x in range(side - 1):
            at = y * side + x + 1
            faces += (
                line.replace(b"A", b"%d" % at)
                .replace(b"B", b"%d" % (at + 1))
                .replace(b"C", b"%d" % (at + side))
            )
    return vertices + b"vt 0 0\n" * 3 + b"vn 0 0 1\n" * 3 + faces


@pytest.mark.parametrize(
    "line",
    [
        b"f A B C\n",
        b"f A/1 B/2 C/3\n",
        b"f A//1 B//2 C//3\n",
        b"f A/1/3 B/2/2 C/3/1\n",
        b"f  A B  C \n",
        b"f\tA B C\n",
        b"f A B C # a comment\n",
        b"f A B C\r\n",
    ],
)
def test_every_form_of_a_face(line: bytes) -> None:
    got = read(grid(9, line))
    assert got.vertices.shape == (81, 3)
    assert got.faces.shape == (64, 3)
    assert got.faces.dtype == np.int32
    assert got.vertices[10].tolist() == [1.0, 0.143, -0.15]
    at = np.arange(81).reshape(9, 9)[:-1, :-1].reshape(-1)
    np.testing.assert_array_equal(got.faces, np.stack([at, at + 1, at + 9], 1))


def test_polygons_become_fans() -> None:
    got = read(SQUARE + b"f 1 2 3 4\nf 1 2 3\n")
    assert got.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2]]
    assert got.notes == {"polygons": 1}


@pytest.mark.parametrize("faces", [1, 20])
def test_negative_indices_count_from_the_vertices_so_far(faces: int) -> None:
    block = SQUARE + b"f -4 -3 -2\n" * faces
    got = read(block + block)
    assert got.faces.tolist() == [[0, 1, 2]] * faces + [[4, 5, 6]] * faces


def test_faces_may_come_before_their_vertices() -> None:
    assert read(b"f 1 2 3\n" + SQUARE).faces.tolist() == [[0, 1, 2]]


def test_what_is_left_out_is_noted() -> None:
    got = read(SQUARE + b"l 1 2\np 1\nf 1 2\nf 1 2 3\n")
    assert got.notes == {"lines_or_points": 2, "faces_of_less_than_3_corners": 1}
    assert len(got.faces) == 1


@pytest.mark.parametrize("tail", [b"", b" 0.5", b" 1 0 0", b" nan nan nan"])
def test_more_than_three_numbers_are_positions_first(tail: bytes) -> None:
    data = b"".join(b"v %d 2 3%b\n" % (x, tail) for x in range(20))
    np.testing.assert_array_equal(read(data).vertices[:, 0], np.arange(20))


def test_numbers_that_are_none_stay() -> None:
    got = read(b"v nan 1 2\nv inf 0 0\n" + SQUARE * 5)
    assert np.isnan(got.vertices[0, 0])
    assert np.isinf(got.vertices[1, 0])


@pytest.mark.parametrize("before", [0, 30])
@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b"v 1 2", "three numbers"),
        (b"v 1 2 x", "three numbers"),
        (b"v 1 2 1_5", "three numbers"),
        (b"f 1 2 x", "no corner"),
        (b"f 1 2 0", "corner 0"),
        (b"f 1 2 -99", "corner -99"),
        (b"f 1 2 99999999999999999999999", "corner 9"),
        (b"f 1 2 3.5", "no corner"),
        (b"f 1 2 0_3", "no corner"),
        (b"f 1 2 3/0_1", "no corner"),
    ],
)
def test_a_bad_line_is_named(line: bytes, what: str, before: int) -> None:
    filler = b"f 1 2 3\n" if line.startswith(b"f") else b"v 0 0 0\n"
    data = SQUARE + filler * before + line + b"\n" + filler * before
    with pytest.raises(DecodeFailed, match=what) as caught:
        read(data)
    assert caught.value.where == f"mesh.obj:{5 + before}"


def test_a_face_beyond_the_vertices_is_named() -> None:
    with pytest.raises(DecodeFailed, match="vertex 9 of 4"):
        read(SQUARE + b"f 1 2 9\n")


@pytest.mark.parametrize("limits", [Limits(max_faces=63), Limits(max_vertices=80)])
@pytest.mark.parametrize("line", [b"f A B C\n", b"f  A B C\n"])
def test_the_caps(limits: Limits, line: bytes) -> None:
    with pytest.raises(LimitExceeded, match="faces"):
        decode_obj(grid(9, line), "mesh.obj", limits)


def test_one_endless_line_is_refused() -> None:
    with pytest.raises(DecodeFailed, match="bytes"):
        read(SQUARE + b"f" + b" 1" * 1_000_000)


def test_slabs_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    data = grid(20, b"f A/1 B/2 C/3\n")
    whole = read(data)
    monkeypatch.setattr(obj, "_SLAB", 100)
    pieces = read(data)
    np.testing.assert_array_equal(whole.vertices, pieces.vertices)
    np.testing.assert_array_equal(whole.faces, pieces.faces)


LINES = st.sampled_from(
    [
        b"v 1 2 3",
        b"v -1.5 2e3 .5",
        b"v 1 2 3 1",
        b"v  1 2 3",
        b"v 1 2",
        b"v 1 2 3v",
        b"v 1.2.3 4",
        b"v inf nan 0",
        b"v 1 2 3 # c",
        b"",
        b"# c",
        b"vt 1 2",
        b"vn 1 2 3",
        b"f 1 2 3",
        b"f 1 2 3 4",
        b"f 1/2 2/1 3/3",
        b"f 1//1 2//1 3//1",
        b"f -1 -2 -3",
        b"f 1 2",
        b"f 1 2 3f",
        b"f 1-2 3",
        b"f 1/ 2/ 3/",
        b"f 1 2 3 ",
        b"f 0 1 2",
        b"f 1 2 +3",
        b"f 1/1x 2 3",
        b"f 1//1x 2 3",
        b"f 1 2 3.0",
        b"l 1 2",
        b"g a b",
        b"s off",
    ]
)
RUNS = st.lists(st.tuples(LINES, st.integers(1, 12)), max_size=12)


def outcome(data: bytes) -> tuple[object, ...]:
    try:
        mesh = read(data)
    except GencheckError as error:
        return type(error), str(error)
    return mesh.vertices.tobytes(), mesh.faces.tobytes(), mesh.notes


@given(RUNS)
def test_the_kernel_and_python_agree(runs: list[tuple[bytes, int]]) -> None:
    data = b"".join((line + b"\n") * count for line, count in runs)
    at_once = outcome(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(obj_lines, "read_lines", lambda text, at, *rest: at)  # all is odd
        assert outcome(data) == at_once
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(obj, "_SLAB", 30)
        in_slabs = outcome(data)
        # Of two faults another one may be named.
        assert in_slabs == at_once or in_slabs[0] is at_once[0] is DecodeFailed


FORMS = st.sampled_from(["{!r}", "{:.8f}", "{:.17g}", "{:+.3e}", "{:.18e}", "{:.25f}", "{:.0f}."])


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), FORMS), min_size=3))
def test_numbers_are_rounded_as_python_does(numbers: list[tuple[float, str]]) -> None:
    words = [form.format(number) for number, form in numbers]
    words = words[: len(words) // 3 * 3]
    lines = [f"v {' '.join(words[i : i + 3])}\n" for i in range(0, len(words), 3)]
    got = read("".join(lines).encode()).vertices.ravel()
    expected = np.array([float(word) for word in words])
    assert got.tobytes() == expected.tobytes()


@given(st.integers(2**52, 10**17), st.integers(0, 22))
def test_long_numbers_are_rounded_as_python_does(whole: int, places: int) -> None:
    word = f"{whole:023d}"
    word = f"{word[: 23 - places]}.{word[23 - places :]}"
    got = read(f"v {word} 0 0\n".encode()).vertices[0, 0]
    assert got == float(word)


@pytest.mark.parametrize("before", range(20))
@pytest.mark.parametrize("behind", [None, *range(20)])
def test_digits_in_runs_of_any_length(before: int, behind: int | None) -> None:
    digits = "98765432109876543210"
    word = digits[:before] + ("" if behind is None else f".{digits[:behind]}")
    if not any(map(str.isdigit, word)):
        with pytest.raises(DecodeFailed, match="three numbers"):
            read(f"v 0 0 {word}\n".encode())
        return
    for tail in ("", "e7", "E-12", "e+00003"):
        got = read(f"v -{word}{tail} {word}{tail} +{word}{tail}".encode()).vertices
        assert got.tolist() == [[-float(word + tail), float(word + tail), float(word + tail)]]


@pytest.mark.parametrize("digits", [b"1", b"1234567", b"12345678"])
def test_what_is_no_digit_ends_a_number(digits: bytes) -> None:
    for byte in {*range(256)} - {*b"_\r\n"}:  # Python takes 1_5 for 15
        line = b"v " + digits + bytes([byte]) + b"5 2 3 4"
        try:
            x, y, z = (float(word) for word in line.partition(b"#")[0].split()[1:4])
        except ValueError:
            with pytest.raises(DecodeFailed, match="three numbers"):
                read(line)
        else:
            assert read(line).vertices.tolist() == [[x, y, z]]


@pytest.mark.parametrize("slab", [40, 1 << 20])
def test_a_corner_before_the_first_vertex_is_named(
    slab: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obj, "_SLAB", slab)
    data = SQUARE * 3 + b"f -4 -3 -2\n# f\nf 1 2\nf -1 -2 -13\n" + SQUARE
    with pytest.raises(DecodeFailed, match="corner -13 ") as caught:
        read(data)
    assert caught.value.where == "mesh.obj:16"


def test_it_is_known_without_its_name() -> None:
    mesh = decode(SQUARE + b"f 1 2 3\n", LIMITS, name="a.png")
    assert isinstance(mesh, Mesh)
    assert mesh.format == "OBJ"


CORNERS = b"vt 0 0\nvt 1 .25\nvt 0.5 1 0\n"


def corners(mesh: Mesh) -> NDArray[np.float32]:
    look = mesh.appearance
    assert look is not None and look.uv is not None
    rows = mesh.faces if look.uv_faces is None else look.uv_faces
    return look.uv[rows]


@pytest.mark.parametrize(
    "face",
    [
        b"f 1/1 2/2 3/3\n", b"f 1/1/1 2/2/9 3/3/1\n", b"f 1/-3 2/-2 3/-1\n",
        b"f -4/-3/-1 -3/2 -2/-1/ # odd\n", b"f  1/1\t2/2 3/3 \r\n", b"f 1/1 2/2 3/+3\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [0, 1, 400_000])
def test_corners_name_texture_coordinates_that_grow_downwards(face: bytes, before: int) -> None:
    """Behind so many faces without any, which may fill slabs of their own."""
    mesh = read(SQUARE + CORNERS + b"f 1 2 3\n" * before + face)
    assert corners(mesh)[-1].tolist() == [[0, 1], [1, 0.75], [0.5, 0]]
    assert np.isnan(corners(mesh)[:-1]).all()
    assert len(mesh.faces) == before + 1
    assert mesh.notes == {}


def test_texture_coordinates_of_polygons_follow_their_fans() -> None:
    mesh = read(SQUARE + CORNERS + b"f 1/1 2/2 3/3 4/1\nf 1//1 2//1 3//1\n")
    assert corners(mesh)[:2].tolist() == [
        [[0, 1], [1, 0.75], [0.5, 0]],
        [[0, 1], [0.5, 0], [0, 1]],
    ]
    assert np.isnan(corners(mesh)[2]).all()


def test_texture_coordinates_count_backwards_over_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    block = SQUARE + CORNERS + b"f -4/-3 -3/-2 -2/-1\n"
    whole = corners(read(block * 50)).tolist()
    monkeypatch.setattr(obj, "_SLAB", 64)
    assert corners(read(block * 50)).tolist() == whole == [[[0, 1], [1, 0.75], [0.5, 0]]] * 50


def test_what_is_no_texture_coordinate_is_none_and_counted() -> None:
    text = SQUARE + CORNERS + b"vt x y\nvt .5\n"
    mesh = read(text + b"f 1/9 2/-9 3/1\nf 1/4 2/5 3/99999999999\n")
    first, second = corners(mesh).tolist()
    assert np.isnan(first[:2]).all()
    assert first[2] == [0, 1]
    assert np.isnan([second[0], second[2]]).all()
    assert second[1] == [0.5, 1]
    assert mesh.notes == {"corners_of_no_texture_coordinate": 3}


@pytest.mark.parametrize("face", [b"f 1 2 3\n", b"f 1//1 2//1 3//1\n", b"f 1/ 2/ 3/\n"])
def test_without_corners_that_name_any_there_are_no_texture_coordinates(face: bytes) -> None:
    assert read(SQUARE + CORNERS + face).appearance is None


def test_too_many_texture_coordinates_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        decode_obj(SQUARE + b"vt 0 0\n" * 5, "mesh.obj", Limits(max_vertices=4))
