"""What is said of documents that are wrong in several ways at once: all issues, and no other.

Each expectation is what the Khronos validator says of the same document, unless a comment says so.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gencheck.gltf.source import read_source
from gencheck.gltf.validate import validate
from gencheck.gltf_codes import GLTF_CODES, Level

ASSET = {"version": "2.0"}
FLOATS = {"componentType": 5126, "count": 3}
POSITIONS = {**FLOATS, "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 1]}
JOINTS = {"componentType": 5121, "count": 3, "type": "VEC4"}
WEIGHTS = {**FLOATS, "type": "VEC4"}
TIMES = {**FLOATS, "type": "SCALAR", "min": [0], "max": [1]}
SKINNED = {"POSITION": 0, "JOINTS_0": 1, "WEIGHTS_0": 2}


def issues(*, asset: Any = ASSET, **parts: Any) -> list[str]:
    """All issues of a document, sorted; those of things that nothing refers to left out."""
    report = validate(read_source(json.dumps({"asset": asset, **parts}).encode(), packed=False))
    told = [f"{issue.code} {issue.pointer}" for issue in report.issues]
    return sorted(line for line in told if not line.startswith(("UNUSED_OBJECT", "NODE_EMPTY")))


def primitive(**members: Any) -> list[Any]:
    return [{"primitives": [members]}]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # What stands before the version is told whatever the version is.
        (
            {"asset": {"version": "1.0"}, "x": 1, "extensionsUsed": ["a"], "nodes": [1]},
            [
                "INVALID_EXTENSION_NAME_FORMAT /extensionsUsed/0",
                "UNEXPECTED_PROPERTY /x",
                "UNKNOWN_ASSET_MAJOR_VERSION /asset/version",
                "UNSUPPORTED_EXTENSION /extensionsUsed/0",
            ],
        ),
        ({"scene": 0}, ["UNRESOLVED_REFERENCE /scene"]),
        ({"nodes": [{"extras": None, "name": None}]}, ["TYPE_MISMATCH /nodes/0/name"]),
        # An undeclared extension has a type all the same.
        (
            {"nodes": [{"extensions": {"A_b": 1}}]},
            [
                "TYPE_MISMATCH /nodes/0/extensions/A_b",
                "UNDECLARED_EXTENSION /nodes/0/extensions/A_b",
            ],
        ),
        # A list of objects with one that is none is no list; what the others refer to is not told.
        (
            {"meshes": [{"primitives": [1, {"attributes": {"POSITION": 9}}]}]},
            ["ARRAY_TYPE_MISMATCH /meshes/0/primitives"],
        ),
        (
            {"meshes": primitive(attributes={"POSITION": 0}, targets=[{"X": 5}, 1], mode=7)},
            [
                "ARRAY_TYPE_MISMATCH /meshes/0/primitives/0/targets",
                "MESH_PRIMITIVE_INVALID_ATTRIBUTE /meshes/0/primitives/0/targets/0/X",
                "UNRESOLVED_REFERENCE /meshes/0/primitives/0/attributes/POSITION",
                "VALUE_NOT_IN_RANGE /meshes/0/primitives/0/mode",
            ],
        ),
        # A channel or sampler that is missing leaves nothing that refers to accessors or nodes.
        (
            {"animations": [{"samplers": [{"input": 5, "output": 6}]}]},
            ["UNDEFINED_PROPERTY /animations/0"],
        ),
        # Of a camera only the part is read that its type names.
        (
            {"cameras": [{"type": "perspective", "orthographic": 1}]},
            ["UNDEFINED_PROPERTY /cameras/0"],
        ),
        (
            {"images": [{}, {"uri": 1}]},
            [
                "ONE_OF_MISMATCH /images/0",
                "ONE_OF_MISMATCH /images/1",
                "TYPE_MISMATCH /images/1/uri",
            ],
        ),
        (
            {"materials": [{"alphaCutoff": -1}]},
            [
                "MATERIAL_ALPHA_CUTOFF_INVALID_MODE /materials/0/alphaCutoff",
                "VALUE_NOT_IN_RANGE /materials/0/alphaCutoff",
            ],
        ),
        ({"buffers": [{"byteLength": 2**60}]}, []),
        ({"buffers": [{"byteLength": 1, "uri": "a.bin?b"}]}, ["NON_RELATIVE_URI /buffers/0/uri"]),
    ],
)
def test_schema(parts: dict[str, Any], expected: list[str]) -> None:
    assert issues(**parts) == expected


@pytest.mark.parametrize(
    ("accessor", "expected"),
    [
        ({"type": "VEC3", "componentType": 5126, "bufferView": 7}, ["UNDEFINED_PROPERTY "]),
        ({**FLOATS, "type": "VEC2", "bufferView": 7}, ["UNRESOLVED_REFERENCE /bufferView"]),
        ({**FLOATS, "type": "X", "min": 1}, ["VALUE_NOT_IN_LIST /type"]),
        ({**FLOATS, "type": "VEC2", "min": [1, "a"]}, ["ARRAY_TYPE_MISMATCH /min"]),
        ({**FLOATS, "type": "VEC2", "min": []}, ["EMPTY_ENTITY /min"]),
        (
            {"componentType": 5121, "count": 1, "type": "VEC3", "max": [-1, 256, 0.5]},
            ["ARRAY_TYPE_MISMATCH /max", "INVALID_GL_VALUE /max", "INVALID_GL_VALUE /max"],
        ),
        ({"componentType": 5121, "count": 1, "type": "VEC3", "max": [0.5]}, None),
        ({**FLOATS, "type": "VEC2", "byteOffset": "1"}, ["UNSATISFIED_DEPENDENCY /byteOffset"]),
        (
            {**FLOATS, "type": "VEC2", "sparse": {"count": 1, "indices": {"bufferView": 4}}},
            ["UNDEFINED_PROPERTY /sparse", "UNDEFINED_PROPERTY /sparse/indices"],
        ),
    ],
)
def test_accessors(accessor: dict[str, Any], expected: list[str] | None) -> None:
    wanted = expected or ["ARRAY_LENGTH_NOT_IN_LIST /max"]
    found = [line.replace("/accessors/0", "") for line in issues(accessors=[accessor])]
    assert found == wanted


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({**SKINNED, "WEIGHTS_2": 2}, "INDEXED_SEMANTIC_CONTINUITY JOINTS_WEIGHTS_MISMATCH"),
        ({**SKINNED, "JOINTS_2": 1, "WEIGHTS_2": 2}, "INDEXED_SEMANTIC_CONTINUITY " * 2),
        ({"POSITION": 0, "JOINTS_1": 1}, "INDEXED_SEMANTIC_CONTINUITY"),  # and so no mismatch
        ({"POSITION": 0, "TEXCOORD_00": 2}, "ATTRIBUTES_ACCESSOR_INVALID_FORMAT INVALID_ATTRIBUTE"),
        ({"POSITION": 0, "X": -1}, "INVALID_ATTRIBUTE INVALID_INDEX"),
    ],
)
def test_attributes(attributes: dict[str, int], expected: str) -> None:
    found = issues(
        meshes=primitive(attributes=attributes, mode=0), accessors=[POSITIONS, JOINTS, WEIGHTS]
    )
    codes = [line.partition(" ")[0].removeprefix("MESH_PRIMITIVE_") for line in found]
    assert sorted(codes) == expected.split()


def test_morph_targets_of_what_is_not_there() -> None:
    at = "/meshes/0/primitives/0/targets/0/POSITION"
    shape = primitive(attributes={"POSITION": 9}, targets=[{"POSITION": 0}], mode=0)
    assert issues(meshes=shape, accessors=[POSITIONS]) == [
        f"MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR {at}",
        "UNRESOLVED_REFERENCE /meshes/0/primitives/0/attributes/POSITION",
    ]


def test_a_node_that_stands_twice_has_two_parents_too() -> None:
    assert issues(nodes=[{"children": [1, 1]}, {}]) == [
        "DUPLICATE_ELEMENTS /nodes/0/children/1",
        "NODE_PARENT_OVERRIDE /nodes/0/children/1",
    ]


def test_joints_that_are_not_there_have_no_common_root() -> None:
    assert issues(nodes=[{}], skins=[{"joints": [4], "skeleton": 0}]) == [
        "SKIN_NO_COMMON_ROOT /skins/0/joints",
        "SKIN_SKELETON_INVALID /skins/0/skeleton",
        "UNRESOLVED_REFERENCE /skins/0/joints/0",
    ]


def test_a_common_root_is_above_all_joints_however_many() -> None:
    # The validator begins anew at the third, and says nothing.
    nodes: list[Any] = [{"children": [1, 2]}, {}, {}, {}]
    assert issues(nodes=nodes, skins=[{"joints": [1, 3, 2]}]) == [
        "SKIN_NO_COMMON_ROOT /skins/0/joints"
    ]


@pytest.mark.parametrize(("shown", "lacks"), [([[0], [1]], True), ([[0, 1], [1]], False)])
def test_scenes_that_show_a_skinned_mesh_show_its_joints(
    shown: list[list[int]], lacks: bool
) -> None:
    found = issues(
        nodes=[{"mesh": 0, "skin": 0}, {"children": [2]}, {}],
        skins=[{"joints": [2]}],
        meshes=primitive(attributes=SKINNED, mode=0),
        accessors=[POSITIONS, JOINTS, WEIGHTS],
        scenes=[{"nodes": nodes} for nodes in shown],
    )
    assert found == (["NODE_SKIN_NO_SCENE /nodes/0"] if lacks else [])


def test_each_pair_of_channels_with_the_same_target() -> None:
    channel = {"sampler": 0, "target": {"node": 0, "path": "scale"}}
    animation = {"channels": [channel] * 3, "samplers": [{"input": 0, "output": 1}]}
    found = issues(nodes=[{}], animations=[animation], accessors=[TIMES, POSITIONS])
    at = "/animations/0/channels"
    twice = [f"ANIMATION_DUPLICATE_TARGETS {at}/0/target"] * 2
    assert found == [*twice, f"ANIMATION_DUPLICATE_TARGETS {at}/1/target"]


def test_emission_and_coordinates_of_variants() -> None:
    name = "KHR_materials_emissive_strength"
    material: Any = {"extensions": {name: {"emissiveStrength": 2}}}
    at = f"/materials/0/extensions/{name}"
    code = f"KHR_MATERIALS_EMISSIVE_STRENGTH_ZERO_FACTOR {at}"
    assert issues(extensionsUsed=[name], materials=[material]) == [code]
    material["extensions"][name]["emissiveStrength"] = 1
    assert issues(extensionsUsed=[name], materials=[material]) == []


def test_another_extension_beside_one_that_stands_alone() -> None:
    used = ["KHR_materials_unlit", "A_other"]
    material = {"extensions": {name: {} for name in used}}
    found = issues(extensionsUsed=used, materials=[material])
    assert "MULTIPLE_EXTENSIONS /materials/0/extensions/KHR_materials_unlit" in found


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        (
            {"meshes": primitive(attributes={"POSITION": 0}, indices=0)},
            "/meshes/0/primitives/0/indices",
        ),
        (
            {"animations": [{"channels": [{}], "samplers": [{"input": 1, "output": 1}]}]},
            "/animations/0/samplers/0/output",
        ),
        (
            {
                "meshes": primitive(attributes={"POSITION": 0}),
                "skins": [{"joints": [0], "inverseBindMatrices": 0}],
                "nodes": [{}],
            },
            "/skins/0/inverseBindMatrices",
        ),
        (
            {"meshes": primitive(attributes={"POSITION": 0}) + primitive(attributes={}, indices=0)},
            "/meshes/1/primitives/0/indices",
        ),
    ],
)
def test_an_accessor_that_is_used_for_two_things(parts: dict[str, Any], pointer: str) -> None:
    found = issues(accessors=[POSITIONS, TIMES], **parts)
    assert [line for line in found if "USAGE" in line] == [f"ACCESSOR_USAGE_OVERRIDE {pointer}"]
    assert GLTF_CODES["ACCESSOR_USAGE_OVERRIDE"].level is Level.ERROR


def test_an_accessor_that_is_used_twice_for_the_same() -> None:
    shapes = primitive(attributes={"POSITION": 0, "_OWN": 0}) * 2
    assert not [line for line in issues(accessors=[POSITIONS], meshes=shapes) if "USAGE" in line]
