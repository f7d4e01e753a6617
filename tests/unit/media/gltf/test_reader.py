"""glTF: triangles stand where the scene puts them; what points outside is named by its pointer."""

import base64
import json
import struct
from typing import Any

import numpy as np
import pytest

from gencheck.errors import DecodeFailed, LimitExceeded, UnsupportedMedia
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

Document = dict[str, Any]
POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0], [2, 0, 0]], "<f4")
INDICES = np.array([0, 1, 2, 1, 3, 2], "<u2")


def document() -> tuple[Document, bytes]:
    """A square of two triangles and a point beside it."""
    binary = POINTS.tobytes() + INDICES.tobytes()
    described = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 5, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 6, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": 60},
            {"buffer": 0, "byteOffset": 60, "byteLength": 12},
        ],
        "buffers": [{"byteLength": 72}],
    }
    return described, binary


def glb(described: Document, binary: bytes) -> bytes:
    text = json.dumps(described).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text
    body += struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def read(described: Document, binary: bytes, limits: Limits | None = None) -> Mesh:
    mesh = decode(glb(described, binary), limits or Limits(), name="mesh.glb")
    assert isinstance(mesh, Mesh)
    return mesh


def test_a_plain_glb() -> None:
    mesh = read(*document())
    np.testing.assert_array_equal(mesh.vertices, POINTS)
    assert mesh.faces.tolist() == [[0, 1, 2], [1, 3, 2]]
    assert (mesh.vertices.dtype, mesh.faces.dtype) == (np.float64, np.int32)
    assert (mesh.format, mesh.notes) == ("GLB", {})


def test_gltf_with_its_data_inside() -> None:
    described, binary = document()
    code = base64.b64encode(binary).decode()
    described["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{code}"
    mesh = decode(json.dumps(described).encode(), Limits(), name="mesh.gltf")
    assert isinstance(mesh, Mesh)
    assert mesh.format == "GLTF"
    assert len(mesh.faces) == 2


@pytest.mark.parametrize("head", ["data:", "DATA:application/octet-stream", "data:a/b;c=d"])
@pytest.mark.parametrize("url_safe", [False, True])
def test_data_without_padding_and_url_safe(head: str, url_safe: bool) -> None:
    described, binary = document()
    binary += bytes([0xFB, 0xFF, 0xFE, 0xFF])  # which the two alphabets write differently
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    code = encode(binary).decode().rstrip("=")
    described["buffers"][0] = {"byteLength": len(binary), "uri": f"{head};base64,{code}"}
    mesh = decode(json.dumps(described).encode(), Limits(), name="mesh.gltf")
    assert isinstance(mesh, Mesh)
    np.testing.assert_array_equal(mesh.vertices, POINTS)


@pytest.mark.parametrize("uri", ["data:a/b;base64,????", "data:a/b;base64", "data:a/b;base64,A"])
def test_data_that_is_no_base64_is_named(uri: str) -> None:
    described, _ = document()
    described["buffers"][0]["uri"] = uri
    with pytest.raises(DecodeFailed, match="data URI") as caught:
        decode(json.dumps(described).encode(), Limits(), name="mesh.gltf")
    assert caught.value.metadata["pointer"] == "/buffers/0/uri"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (5, [[0, 1, 2], [1, 3, 2], [2, 3, 4]]),  # the second is wound back: a strip of one side
        (6, [[1, 2, 0], [2, 3, 0], [3, 4, 0]]),
    ],
)
def test_strips_and_fans_without_indices(mode: int, expected: list[list[int]]) -> None:
    described, binary = document()
    described["meshes"][0]["primitives"] = [{"attributes": {"POSITION": 0}, "mode": mode}]
    assert read(described, binary).faces.tolist() == expected


@pytest.mark.parametrize("mode", [0, 1, 2, 3])
def test_points_and_lines_are_noted(mode: int) -> None:
    described, binary = document()
    described["meshes"][0]["primitives"][0]["mode"] = mode
    mesh = read(described, binary)
    assert mesh.faces.shape == (0, 3)
    assert mesh.notes == {"line_or_point_primitives": 1}


def test_transforms_multiply_down_the_tree() -> None:
    described, binary = document()
    half = 2**-0.5
    described["nodes"] = [
        {"children": [1], "translation": [10, 0, 0]},
        {"children": [2], "rotation": [0, 0, half, half]},  # a quarter turn about z
        {"mesh": 0, "scale": [2, 3, 4]},
    ]
    expected = np.stack([10 - 3 * POINTS[:, 1], 2 * POINTS[:, 0], 4 * POINTS[:, 2]], 1)
    np.testing.assert_allclose(read(described, binary).vertices, expected, atol=1e-6)


def test_a_matrix_is_stored_by_columns() -> None:
    described, binary = document()
    described["nodes"][0]["matrix"] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 6, 7, 1]
    np.testing.assert_allclose(read(described, binary).vertices, POINTS + np.array([5, 6, 7]))


def test_a_mesh_that_stands_twice_is_there_twice() -> None:
    described, binary = document()
    described["nodes"] = [{"mesh": 0}, {"mesh": 0, "translation": [0, 0, 9]}]
    described["scenes"][0]["nodes"] = [0, 1]
    mesh = read(described, binary)
    assert len(mesh.vertices) == 10
    assert mesh.faces[2:].tolist() == [[5, 6, 7], [6, 8, 7]]
    assert mesh.vertices[5:, 2].tolist() == [9.0] * 5


def test_a_skinned_mesh_does_not_follow_its_node() -> None:
    described, binary = document()
    described["nodes"] = [{"mesh": 0, "skin": 0, "scale": [100, 100, 100]}]
    mesh = read(described, binary)
    np.testing.assert_array_equal(mesh.vertices, POINTS)
    assert mesh.notes == {"skins_not_applied": 1, "skins_not_read": 1}  # there is no such skin


@pytest.mark.parametrize(("targets", "notes"), [([{}, {}], 2), ([], 0), ("odd", 0)])
def test_morph_targets_are_counted_each_time_a_part_is_placed(targets: object, notes: int) -> None:
    described, binary = document()
    described["meshes"][0]["primitives"][0]["targets"] = targets
    described["nodes"] = [{"mesh": 0}, {"mesh": 0}]
    described["scenes"] = [{"nodes": [0, 1]}]
    mesh = read(described, binary)
    assert mesh.notes == ({"morph_targets_not_applied": 2 * notes} if notes else {})


def test_normalised_positions() -> None:
    described, _ = document()
    values = np.array([[-128, 0, 127], [127, 64, -127], [0, 0, 0], [1, 1, 1], [2, 2, 2]], "i1")
    rows = np.zeros((5, 4), "i1")
    rows[:, :3] = values
    described["accessors"][0] |= {"componentType": 5120, "normalized": True}
    described["bufferViews"][0] |= {"byteLength": 20, "byteStride": 4}
    described["bufferViews"][1]["byteOffset"] = 20
    mesh = read(described, rows.tobytes() + INDICES.tobytes())
    np.testing.assert_allclose(mesh.vertices, np.maximum(values / 127, -1))


def test_sparse_values_replace() -> None:
    described, binary = document()
    described["accessors"][0]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": 2, "componentType": 5121},
        "values": {"bufferView": 3},
    }
    described["bufferViews"] += [
        {"buffer": 0, "byteOffset": 72, "byteLength": 1},
        {"buffer": 0, "byteOffset": 76, "byteLength": 12},
    ]
    binary += b"\4\0\0\0" + np.array([7, 8, 9], "<f4").tobytes()
    vertices = read(described, binary).vertices
    assert vertices[4].tolist() == [7, 8, 9]
    np.testing.assert_array_equal(vertices[:4], POINTS[:4])
    del described["accessors"][0]["bufferView"]  # zeros but for the sparse ones
    assert np.count_nonzero(read(described, binary).vertices) == 3


def test_not_a_number_is_kept_where_it_is() -> None:
    described, _ = document()
    points = POINTS.copy()
    points[1, 2] = np.inf
    data = points.tobytes().replace(struct.pack("<f", np.inf), b"\1\0\x80\x7f")  # a signalling NaN
    points[2, 0] = np.inf
    data = data[:24] + points.tobytes()[24:] + INDICES.tobytes()
    mesh = read(described, data)
    assert int(np.isnan(mesh.vertices).sum()) == 1
    assert int(np.isinf(mesh.vertices).sum()) == 1


def test_transforms_beyond_the_finite_are_for_the_checks() -> None:
    described, binary = document()
    described["nodes"] = [
        {"children": [1], "scale": [1e300] * 3},
        {"mesh": 0, "scale": [1e300] * 3},
    ]
    assert not np.isfinite(read(described, binary).vertices).all()


def change(path: str, value: object) -> tuple[Document, bytes]:
    described, binary = document()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: Any = described
    for part in parents:
        place = place[part]
    place[last] = value
    return described, binary


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ("accessors/0/count", 6, "/accessors/0"),
        ("accessors/0/count", -1, "/accessors/0/count"),
        ("accessors/0/count", "5", "/accessors/0/count"),
        ("accessors/0/byteOffset", 4, "/accessors/0"),
        ("accessors/0/type", "VEC4", "/accessors/0"),
        ("accessors/0/type", "x" * 200_000, "/accessors/0"),
        ("accessors/0/componentType", 1, "/accessors/0/componentType"),
        ("accessors/0/bufferView", 9, "/accessors/0/bufferView"),
        ("accessors/1/componentType", 5122, "/meshes/0/primitives/0/indices"),
        ("bufferViews/0/byteLength", 73, "/bufferViews/0"),
        ("bufferViews/0/byteOffset", 10**30, "/bufferViews/0/byteOffset"),
        ("bufferViews/0/byteOffset", 10**15, "/bufferViews/0"),
        ("bufferViews/0/byteStride", 10**4200, "/bufferViews/0/byteStride"),
        ("bufferViews/0/byteStride", 1, "/bufferViews/0"),
        ("bufferViews/0/buffer", 1, "/bufferViews/0/buffer"),
        ("meshes/0/primitives/0/indices", 2, "/meshes/0/primitives/0/indices"),
        (
            "meshes/0/primitives/0/attributes/POSITION",
            True,
            "/meshes/0/primitives/0/attributes/POSITION",
        ),
        ("meshes/0/primitives", {}, "/meshes/0/primitives"),
        ("nodes/0/mesh", 1, "/nodes/0/mesh"),
        ("nodes/0/children", [0], "/nodes/0"),
        ("nodes/0/children", [7], "/nodes/0/children/0"),
        ("nodes/0/matrix", [1, 2], "/nodes/0/matrix"),
        ("nodes/0/scale", [1, 10**400, 1], "/nodes/0/scale"),
        ("scene", 4, "/scene"),
        ("scenes/0/nodes", 0, "/scenes/0/nodes"),
        ("asset/version", "1.0", "/asset/version"),
    ],
)
def test_what_points_outside_is_named(path: str, value: object, pointer: str) -> None:
    with pytest.raises(DecodeFailed) as caught:
        read(*change(path, value))
    assert caught.value.metadata["pointer"] == pointer
    assert caught.value.where == "mesh.glb"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("index", [5, 65_535])
def test_an_index_out_of_range_is_named(index: int) -> None:
    described, _ = document()
    indices = INDICES.copy()
    indices[3] = index
    with pytest.raises(DecodeFailed, match=f"index {index} of 5 vertices") as caught:
        read(described, POINTS.tobytes() + indices.tobytes())
    assert caught.value.metadata["pointer"] == "/meshes/0/primitives/0/indices"


def test_an_index_of_32_bits_does_not_turn_negative() -> None:
    described, _ = document()
    indices = INDICES.astype("<u4")
    indices[0] = 0xFFFFFFFF
    described["accessors"][1]["componentType"] = 5125
    described["bufferViews"][1]["byteLength"] = 24
    with pytest.raises(DecodeFailed, match="index 4294967295"):
        read(described, POINTS.tobytes() + indices.tobytes())


def test_nodes_in_a_circle() -> None:
    described, binary = document()
    described["nodes"] = [{"children": [1]}, {"children": [2], "mesh": 0}, {"children": [0]}]
    with pytest.raises(DecodeFailed, match="cycle") as caught:
        read(described, binary)
    assert caught.value.metadata["pointer"] == "/nodes/0"


def test_nodes_nested_without_end() -> None:
    described, binary = document()
    described["nodes"] = [{"children": [i + 1]} for i in range(5_000)] + [{"mesh": 0}]
    with pytest.raises(DecodeFailed, match="deeper"):
        read(described, binary)


def test_json_nested_without_end() -> None:
    depth = 200_000
    data = b'{"asset": {"version": "2.0"}, "extras": ' + b"[" * depth + b"]" * depth + b"}"
    with pytest.raises(LimitExceeded, match="nested too deeply"):
        decode(data, Limits(), name="deep.gltf")


def test_compressed_geometry_is_named() -> None:
    extension = "KHR_meshopt_compression"
    with pytest.raises(UnsupportedMedia, match=extension) as caught:
        read(*change("extensionsRequired", [extension]))
    assert caught.value.metadata["extension"] == extension
    assert caught.value.where == "mesh.glb"


@pytest.mark.parametrize("uri", ["mesh.bin", "/etc/passwd", "file:///etc/passwd", "http://a/b"])
def test_other_files_are_not_opened(uri: str) -> None:
    with pytest.raises(UnsupportedMedia, match="another file") as caught:
        read(*change("buffers/0/uri", uri))
    assert caught.value.metadata["pointer"] == "/buffers/0/uri"


def test_a_glb_that_is_cut() -> None:
    data = glb(*document())
    for length in (13, 30, len(data) // 2, len(data) - 1):
        with pytest.raises(DecodeFailed):
            decode(data[:length], Limits(), name="mesh.glb")


def test_a_few_bytes_behind_the_chunks_do_no_harm() -> None:
    data = glb(*document()) + b"pad"
    data = data[:8] + struct.pack("<I", len(data)) + data[12:]
    mesh = decode(data, Limits(), name="mesh.glb")
    assert isinstance(mesh, Mesh) and len(mesh.faces) == 2
    assert mesh.conformance is not None
    assert "GLB_UNEXPECTED_END_OF_CHUNK_HEADER" in mesh.conformance.counts


def test_the_json_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []

    def loads(text: str, **options: Any) -> Any:
        texts.append(text)
        return json.JSONDecoder(**options).decode(text)

    data = glb(*document())
    monkeypatch.setattr("gencheck.gltf.text.json.loads", loads)
    assert isinstance(decode(data, Limits(), name="mesh.glb"), Mesh)
    assert len(texts) == 1


@pytest.mark.parametrize("limits", [Limits(max_faces=1), Limits(max_vertices=4)])
def test_the_caps(limits: Limits) -> None:
    with pytest.raises(LimitExceeded):
        read(*document(), limits)


def test_many_copies_of_one_mesh_are_held_to_the_caps() -> None:
    described, binary = document()
    described["nodes"] = [{"mesh": 0} for _ in range(1_000)]
    described["scenes"][0]["nodes"] = list(range(1_000))
    with pytest.raises(LimitExceeded):
        read(described, binary, Limits(max_faces=500))


@pytest.mark.parametrize("count", [10**8, 10**15])
def test_an_accessor_without_data_makes_no_room_beyond_the_cap(count: int) -> None:
    described, binary = document()
    described["accessors"][0] = {"componentType": 5126, "count": count, "type": "VEC3"}
    with pytest.raises(LimitExceeded, match=str(count)):
        read(described, binary)


def test_primitives_of_the_same_accessors() -> None:
    described, binary = document()
    one = described["meshes"][0]["primitives"][0]
    bare = {"attributes": one["attributes"]}
    described["meshes"][0]["primitives"] = [one, bare, one, {**bare, "mode": 6}]
    mesh = read(described, binary)
    square, fan = [[0, 1, 2], [1, 3, 2]], [[1, 2, 0], [2, 3, 0], [3, 4, 0]]
    parts = [np.array(faces) + 5 * i for i, faces in enumerate([square, [[0, 1, 2]], square, fan])]
    np.testing.assert_array_equal(mesh.faces, np.concatenate(parts))
    np.testing.assert_array_equal(mesh.vertices, np.tile(POINTS, (4, 1)))


@pytest.mark.parametrize("indices", [None, True, "none", -1])
def test_indices_that_are_none_are_not_taken_for_those_of_another(indices: object) -> None:
    described, binary = document()
    one = described["meshes"][0]["primitives"][0]
    bare = {"attributes": one["attributes"]}
    described["meshes"][0]["primitives"] = [one, bare, {**bare, "indices": indices}]
    with pytest.raises(DecodeFailed) as caught:
        read(described, binary)
    assert caught.value.metadata["pointer"] == "/meshes/0/primitives/2/indices"
