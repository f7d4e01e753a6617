"""Rules of glTF 2.0 on documents that break one of them each."""

from __future__ import annotations

import base64
import copy
import json
import struct
from typing import Any

import numpy as np
import pytest

from gencheck.gltf.source import read_source
from gencheck.gltf.validate import validate
from gencheck.gltf_codes import GLTF_CODES

Document = dict[str, Any]


def uri(*arrays: np.ndarray) -> str:
    data = b"".join(array.tobytes() for array in arrays)
    return "data:application/octet-stream;base64," + base64.b64encode(data).decode()


POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4")
INDICES = np.array([0, 1, 2, 0], "<u2")


def triangle() -> Document:
    """A triangle in a scene, without an issue."""
    return {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": 5126,
                "count": 3,
                "type": "VEC3",
                "min": [0, 0, 0],
                "max": [1, 1, 0],
            },
            {"bufferView": 1, "componentType": 5123, "count": 3, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteLength": 36, "target": 34962},
            {"buffer": 0, "byteOffset": 36, "byteLength": 8, "target": 34963},
        ],
        "buffers": [{"byteLength": 44, "uri": uri(POINTS, INDICES)}],
    }


def issues(document: Document) -> set[tuple[str, str]]:
    report = validate(read_source(json.dumps(document).encode(), packed=False))
    assert sum(report.counts.values()) == len(report.issues)
    assert set(report.counts) <= set(GLTF_CODES)
    return {(issue.code, issue.pointer) for issue in report.issues}


def put(document: Document, path: str, value: object) -> Document:
    """The document with a value at a pointer."""
    changed: Any = copy.deepcopy(document)
    *parents, last = path.strip("/").split("/")
    place = changed
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
    if isinstance(place, list):
        place.insert(int(last), value) if int(last) == len(place) else place.__setitem__(
            int(last), value
        )
    else:
        place[last] = value
    return changed


def test_the_triangle_has_no_issue() -> None:
    assert issues(triangle()) == set()


@pytest.mark.parametrize(
    ("path", "value", "code", "pointer"),
    [
        ("/scene", "0", "TYPE_MISMATCH", "/scene"),
        ("/scene", 1, "UNRESOLVED_REFERENCE", "/scene"),
        ("/scene", -1, "INVALID_INDEX", "/scene"),
        ("/scenes/0/nodes/0", -1, "INVALID_INDEX", "/scenes/0/nodes/0"),
        ("/scenes/0/nodes/1", "x", "INVALID_INDEX", "/scenes/0/nodes/1"),
        ("/nodes/0/translation", [1, 2], "ARRAY_LENGTH_NOT_IN_LIST", "/nodes/0/translation"),
        ("/nodes/0/extras", 3, "NON_OBJECT_EXTRAS", "/nodes/0/extras"),
        ("/nodes/0/rotation", [0, 0, 0, 0.9], "ROTATION_NON_UNIT", "/nodes/0/rotation"),
        ("/nodes/0/weights", [1], "NODE_WEIGHTS_INVALID", "/nodes/0/weights"),
        ("/meshes/0/weights", [1], "MESH_INVALID_WEIGHTS_COUNT", "/meshes/0/weights"),
        ("/accessors/0/min", [0, 0], "ARRAY_LENGTH_NOT_IN_LIST", "/accessors/0/min"),
        ("/accessors/1/max", [65536], "INVALID_GL_VALUE", "/accessors/1/max"),
        ("/accessors/1/max", [1.5], "ARRAY_TYPE_MISMATCH", "/accessors/1/max"),
        ("/accessors/0/max", [1e39, 1, 0], "ACCESSOR_MAX_MISMATCH", "/accessors/0/max/0"),
        ("/accessors/0/max", [1, 1, 2], "ACCESSOR_MAX_MISMATCH", "/accessors/0/max/2"),
        ("/accessors/0/normalized", True, "ACCESSOR_NORMALIZED_INVALID", "/accessors/0/normalized"),
        ("/accessors/0/byteOffset", 4, "ACCESSOR_TOO_LONG", "/accessors/0"),
        ("/accessors/0/byteOffset", 40, "ACCESSOR_TOO_LONG", "/accessors/0/byteOffset"),
        ("/accessors/1/byteOffset", 1, "ACCESSOR_OFFSET_ALIGNMENT", "/accessors/1/byteOffset"),
        ("/accessors/1/count", 2, "MESH_PRIMITIVE_INCOMPATIBLE_MODE", "/meshes/0/primitives/0"),
        ("/bufferViews/1/byteStride", 4, "BUFFER_VIEW_INVALID_BYTE_STRIDE", None),
        ("/bufferViews/0/byteStride", 8, "ACCESSOR_SMALL_BYTESTRIDE", "/accessors/0"),
        ("/bufferViews/0/byteStride", 40, "BUFFER_VIEW_TOO_BIG_BYTE_STRIDE", None),
        ("/bufferViews/0/target", 34963, "BUFFER_VIEW_TARGET_OVERRIDE", None),
        ("/bufferViews/1/byteLength", 9, "BUFFER_VIEW_TOO_LONG", "/bufferViews/1/byteLength"),
        ("/buffers/0/byteLength", 45, "BUFFER_BYTE_LENGTH_MISMATCH", "/buffers/0"),
        (
            "/buffers/0/uri",
            "data:text/plain;base64,AAAA",
            "BUFFER_DATA_URI_MIME_TYPE_INVALID",
            None,
        ),
        ("/buffers/0/uri", "a%zz.bin", "INVALID_URI", "/buffers/0/uri"),
        ("/meshes/0/primitives/0/attributes/X", 0, "MESH_PRIMITIVE_INVALID_ATTRIBUTE", None),
        ("/meshes/0/primitives/0/indices", 0, "ACCESSOR_USAGE_OVERRIDE", None),
        ("/extensionsUsed", ["lower_case"], "INVALID_EXTENSION_NAME_FORMAT", "/extensionsUsed/0"),
        ("/extensionsUsed", [1], "ARRAY_TYPE_MISMATCH", "/extensionsUsed/0"),
        ("/extensionsRequired", ["X_a"], "UNSATISFIED_DEPENDENCY", "/extensionsRequired"),
        ("/images", [{"uri": "http://a/b.png"}], "NON_RELATIVE_URI", "/images/0/uri"),
        ("/images", [{"bufferView": 0}], "UNSATISFIED_DEPENDENCY", "/images/0/bufferView"),
        ("/images", [{"uri": "data:image/png;base64,AAAA"}], "INVALID_URI", "/images/0/uri"),
        ("/skins", [{"joints": [0], "skeleton": 0}], "UNUSED_OBJECT", "/skins/0"),
    ],
)
def test_one_mistake(path: str, value: object, code: str, pointer: str | None) -> None:
    found = issues(put(triangle(), path, value))
    assert code in {issue[0] for issue in found}
    if pointer is not None:
        assert (code, pointer) in found


def test_texture_coordinates_that_no_texture_uses() -> None:
    document = triangle()
    document["accessors"].append({"componentType": 5126, "count": 3, "type": "VEC2"})
    primitive = document["meshes"][0]["primitives"][0]
    primitive["attributes"]["TEXCOORD_0"] = 2
    expected = ("UNUSED_OBJECT", "/meshes/0/primitives/0/attributes/TEXCOORD_0")
    assert issues(document) == {expected}
    primitive["material"] = 0
    document["materials"] = [{}]
    assert issues(document) == {expected}
    document["materials"] = [{"emissiveTexture": {"index": 0}}]
    document["textures"] = [{}]
    assert issues(document) == set()


@pytest.mark.parametrize("asset", [None, {}, {"version": 2}, {"version": None}, 1])
def test_nothing_more_is_said_of_what_may_be_another_version(asset: object) -> None:
    pointers = {pointer for _, pointer in issues({"asset": asset, "nodes": [{"x": 1}]})}
    assert pointers <= {"/", "/asset", "/asset/version"} and pointers


def test_an_animation_of_a_node_with_a_matrix_and_two_of_the_same_target() -> None:
    document = triangle()
    document["nodes"][0]["matrix"] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1]
    document["accessors"] += [
        {"componentType": 5126, "count": 2, "type": "SCALAR", "min": [0], "max": [1]},
        {"componentType": 5126, "count": 2, "type": "VEC3"},
    ]
    channel = {"sampler": 0, "target": {"node": 0, "path": "translation"}}
    animation = {"channels": [channel] * 2, "samplers": [{"input": 2, "output": 3}]}
    document["animations"] = [animation]
    at = "/animations/0/channels"
    assert issues(document) == {
        ("ANIMATION_DUPLICATE_TARGETS", f"{at}/0/target"),
        ("ANIMATION_CHANNEL_TARGET_NODE_MATRIX", f"{at}/0/target"),
        ("ANIMATION_CHANNEL_TARGET_NODE_MATRIX", f"{at}/1/target"),
    }


def camera(**parts: object) -> Document:
    return {"asset": {"version": "2.0"}, "cameras": [parts]}


@pytest.mark.parametrize(
    ("sizes", "code", "member"),
    [
        ({"xmag": 0, "ymag": 1, "zfar": 2, "znear": 1}, "CAMERA_XMAG_YMAG_ZERO", "/xmag"),
        ({"xmag": 1, "ymag": -1, "zfar": 2, "znear": 1}, "CAMERA_XMAG_YMAG_NEGATIVE", "/ymag"),
        ({"xmag": 1, "ymag": 1, "zfar": 1, "znear": 1}, "CAMERA_ZFAR_LEQUAL_ZNEAR", ""),
    ],
)
def test_orthographic_cameras(sizes: dict[str, float], code: str, member: str) -> None:
    found = issues(camera(type="orthographic", orthographic=sizes))
    assert (code, f"/cameras/0/orthographic{member}") in found


def test_a_field_of_view_of_half_a_turn() -> None:
    found = issues(camera(type="perspective", perspective={"yfov": 3.2, "znear": 1}))
    assert ("CAMERA_YFOV_GEQUAL_PI", "/cameras/0/perspective") in found


def sparse(indices: list[int], count: int = 3) -> Document:
    """A sparse override of the triangle's positions."""
    document = triangle()
    document["buffers"].append(
        {
            "byteLength": 4 * len(indices) + 12 * len(indices),
            "uri": uri(np.array(indices, "<u4"), np.zeros((len(indices), 3), "<f4")),
        }
    )
    document["bufferViews"] += [
        {"buffer": 1, "byteLength": 4 * len(indices)},
        {"buffer": 1, "byteOffset": 4 * len(indices), "byteLength": 12 * len(indices)},
    ]
    document["accessors"][0]["sparse"] = {
        "count": count if count > 3 else len(indices),
        "indices": {"bufferView": 2, "componentType": 5125},
        "values": {"bufferView": 3},
    }
    return document


def test_sparse_indices_of_no_element() -> None:
    found = issues(sparse([0, 3]))
    assert found == {("ACCESSOR_SPARSE_INDEX_OOB", "/accessors/0/sparse")}


def test_sparse_indices_that_do_not_rise() -> None:
    found = issues(sparse([2, 2]))
    expected = ("ACCESSOR_SPARSE_INDICES_NON_INCREASING", "/accessors/0/sparse")
    assert expected in found


def test_sparse_values_count_for_the_bounds() -> None:
    assert ("ACCESSOR_MAX_MISMATCH", "/accessors/0/max/0") in issues(sparse([1]))


def test_more_sparse_elements_than_elements() -> None:
    found = issues(sparse([0, 1], count=1 << 40))
    assert ("ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE", "/accessors/0/sparse/count") in found


def png(*chunks: tuple[bytes, bytes]) -> str:
    size = struct.pack(">II5B", 4, 4, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", size), *chunks, (b"IDAT", b"")):
        data += struct.pack(">I4s", len(body), kind) + body + bytes(4)
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("chunk", "odd"),
    [
        ((b"gAMA", struct.pack(">I", 45455)), False),
        ((b"gAMA", struct.pack(">I", 100000)), False),
        ((b"gAMA", struct.pack(">I", 50000)), True),
        ((b"pHYs", struct.pack(">IIB", 1, 2, 0)), True),
        ((b"pHYs", struct.pack(">IIB", 2, 2, 0)), False),
        ((b"iCCP", b"x"), True),
        ((b"acTL", bytes(8)), True),
        ((b"tEXt", b"x"), False),
    ],
)
def test_pictures_that_viewers_may_show_otherwise(chunk: tuple[bytes, bytes], odd: bool) -> None:
    found = issues(put(triangle(), "/images", [{"uri": png(chunk)}]))
    assert (("IMAGE_FEATURES_UNSUPPORTED", "/images/0") in found) == odd


def test_a_picture_that_is_cut_off() -> None:
    whole = base64.b64decode(png().partition(",")[2])
    cut = "data:image/png;base64," + base64.b64encode(whole[:30]).decode()
    found = issues(put(triangle(), "/images", [{"uri": cut}]))
    assert ("IMAGE_UNEXPECTED_EOS", "/images/0") in found


def test_nodes_with_two_parents_and_loops() -> None:
    document = triangle()
    document["nodes"] += [{"children": [0]}, {"children": [0]}, {"children": [4]}]
    document["nodes"] += [{"children": [3]}]
    found = issues(document)
    assert ("NODE_PARENT_OVERRIDE", "/nodes/2/children/0") in found
    assert {p for c, p in found if c == "NODE_LOOP"} == {"/nodes/3", "/nodes/4"}


def test_skins_of_two_trees() -> None:
    document = triangle()
    document["nodes"] += [{}, {"children": [3]}, {}]
    document["skins"] = [{"joints": [1, 3]}, {"joints": [2], "skeleton": 3}]
    found = issues(document)
    assert ("SKIN_NO_COMMON_ROOT", "/skins/0/joints") in found
    assert ("SKIN_SKELETON_INVALID", "/skins/1/skeleton") in found


def test_an_index_of_no_vertex_and_a_primitive_restart() -> None:
    document = triangle()
    document["buffers"][0]["uri"] = uri(POINTS, np.array([0, 3, 0xFFFF, 0], "<u2"))
    at = "/meshes/0/primitives/0/indices"
    assert issues(document) == {
        ("ACCESSOR_INDEX_OOB", at),
        ("ACCESSOR_INDEX_PRIMITIVE_RESTART", at),
    }


def test_numbers_that_are_none() -> None:
    document = triangle()
    broken = POINTS.copy()
    broken[1, 1] = np.nan
    broken[2, 0] = np.inf
    document["buffers"][0]["uri"] = uri(broken, INDICES)
    report = validate(read_source(json.dumps(document).encode(), packed=False))
    assert report.counts["ACCESSOR_INVALID_FLOAT"] == 2
    assert [i.detail for i in report.issues][:2] == ["element 4: nan", "element 6: inf"]
