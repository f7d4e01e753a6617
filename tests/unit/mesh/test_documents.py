"""Checks of materials, textures, skins, animations and size: what they say, and what not."""

import numpy as np
import pytest
from made_gltf import MadeGltf, encoded
from material_plants import many_joints, opaque_holes, picture_elsewhere
from material_sound import textured

from gencheck.deadline import Deadline
from gencheck.findings import JsonPointer, Measurement, OutcomeStatus
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh import materials
from gencheck.mesh.check import MeshReport, check_mesh

RNG = np.random.default_rng(2)


def check(made: MadeGltf) -> MeshReport:
    mesh = decode(made.glb(), Limits(), name="made.glb")
    assert isinstance(mesh, Mesh)
    return check_mesh(mesh, deadline=Deadline())


def of(report: MeshReport, code: str) -> Measurement:
    (found,) = [m for m in report.measurements if m.code == code]
    return found


def outcomes(report: MeshReport) -> dict[str, str]:
    return {
        o.check: o.reason or "JUDGED"
        for o in report.outcomes
        if o.check.startswith(("mesh.mat", "mesh.tex", "mesh.skin", "mesh.anim", "mesh.scale"))
    }


def test_a_bare_glb_has_a_size_and_nothing_else_to_judge() -> None:
    report = check(MadeGltf())
    absent = dict.fromkeys(
        ("mesh.material", "mesh.texture", "mesh.skin", "mesh.animation"), "NOT_APPLICABLE"
    )
    assert outcomes(report) == {"mesh.scale": "JUDGED", **absent}
    assert of(report, "SCALE_SUSPECT").value == pytest.approx(0.01)
    assert of(report, "SCALE_SUSPECT").detail == "its longest side is 1 m"
    assert of(report, "BUDGET_MATERIALS").value == 0


def test_other_formats_do_not_say_their_unit() -> None:
    mesh = Mesh(1e6 * np.eye(3), np.array([[0, 1, 2]], np.int32), "STL", size=184)
    report = check_mesh(mesh, deadline=Deadline())
    assert outcomes(report)["mesh.scale"] == "NOT_APPLICABLE"
    budgets = {m.code: m.value for m in report.measurements if m.code.startswith("BUDGET")}
    assert budgets == {"BUDGET_EXCEEDED": 1, "BUDGET_VERTICES": 3, "BUDGET_FILE_BYTES": 184}


def test_a_format_that_says_its_unit_has_its_size_judged() -> None:
    shape, face = 500 * np.eye(3), np.array([[0, 1, 2]], np.int32)
    inches = Mesh(shape, face, "3MF", metres=0.0254)
    found = of(check_mesh(inches, deadline=Deadline()), "SCALE_SUSPECT")
    assert found.detail == "its longest side is 12.7 m: 500 units of 0.0254 m"
    assert found.value == pytest.approx(0.127)
    skinned = Mesh(shape, face, "USDZ", {"skins_not_applied": 1}, metres=1.0)
    assert outcomes(check_mesh(skinned, deadline=Deadline()))["mesh.scale"] == "NOT_APPLICABLE"
    huge = Mesh(shape, face, "DAE", metres=1e308)
    assert outcomes(check_mesh(huge, deadline=Deadline()))["mesh.scale"] == "NOT_APPLICABLE"


def test_a_material_is_named_with_its_pointer_and_the_reason() -> None:
    made = textured(RNG)
    holes = opaque_holes(RNG)
    pixels = np.dstack([np.full((8, 8, 3), 120, np.uint8), np.zeros((8, 8), np.uint8)])
    holes.coloured(pixels)
    found = of(check(holes), "ALPHA_MODE")
    assert found.value == 1
    assert found.region == JsonPointer("/materials/1")
    assert found.detail.startswith("of 1 material: /materials/1 (OPAQUE, though 100%")
    assert of(check(made), "ALPHA_MODE").region is None
    assert of(check(made), "ALPHA_MODE").detail == ""


def test_many_places_are_counted_and_few_are_named() -> None:
    made = MadeGltf()
    for _ in range(8):
        made.image(encoded(RNG.integers(0, 9, (4, 4, 3), dtype=np.uint8))[:30])
    found = of(check(made), "TEXTURE_MISSING")
    assert found.value == 8
    assert found.detail.count("cannot be decoded") == 5
    assert found.detail.endswith(" and 3 more")


def test_materials_beyond_the_cap_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(materials, "MAX_MATERIALS", 2)
    made = MadeGltf()
    for index in range(3):
        made.material()
        made.document["meshes"].append({"primitives": [{**made.primitive, "material": index}]})
        made.document["scenes"][0]["nodes"].append(made.add("nodes", {"mesh": 1 + index}))
    found = of(check(made), "DEFAULT_METAL")
    assert found.value == 2
    assert found.detail.startswith("of 2 materials looked at, out of 3: ")


def test_what_cannot_be_seen_is_not_judged_by_its_pixels() -> None:
    report = check(picture_elsewhere(RNG))
    assert of(report, "TEXTURE_NOT_DECODED").detail == "of 1 image: /images/0 (in another file)"
    assert of(report, "ALPHA_MODE").value == of(report, "ALBEDO_RANGE").value == 0
    assert not [m for m in report.measurements if m.code == "NORMAL_MAP"]


def test_materials_whose_texture_was_not_seen_are_counted() -> None:
    made = picture_elsewhere(RNG)
    made.document["materials"][0]["pbrMetallicRoughness"]["metallicFactor"] = 1.0
    found = of(check(made), "DEFAULT_METAL")
    assert found.detail.startswith("of 1 material, 1 of them without their texture: ")


def test_alpha_of_a_picture_that_is_not_there_is_not_guessed() -> None:
    made = picture_elsewhere(RNG)
    made.document["materials"][0]["alphaMode"] = "BLEND"
    assert of(check(made), "ALPHA_MODE").value == 0


def test_the_size_of_a_skin_that_nobody_can_pose_is_not_told() -> None:
    made = many_joints(RNG)
    made.document["skins"][0]["joints"] = made.document["skins"][0]["joints"][:3]
    report = check(made)
    assert outcomes(report)["mesh.scale"] == "UNCERTAIN"
    assert not [m for m in report.measurements if m.code == "SCALE_SUSPECT"]


def test_parts_with_and_without_a_skin_are_measured_together() -> None:
    made = MadeGltf(180.0)
    weights = np.zeros((24, 4), np.float32)
    weights[:, 0] = 1
    made.skin(weights, np.zeros((24, 4), np.uint8), scale=[0.01] * 3, translation=[0, 5, 0])
    bare = {"attributes": {"POSITION": 0}, "indices": made.primitive["indices"]}
    made.document["meshes"].append({"primitives": [bare]})
    beside = made.add("nodes", {"mesh": 1, "scale": [0.001] * 3})
    made.document["scenes"][0]["nodes"].append(beside)
    # 1.8 m about (0, 5, 0) and 0.18 m about the origin: from -0.09 to 5.9 m.
    assert of(check(made), "SCALE_SUSPECT").detail == "its longest side is 5.99 m"


@pytest.mark.parametrize("scale", [0, 1.7e308])
def test_points_alone_have_no_extent_and_some_have_too_much(scale: float) -> None:
    made = MadeGltf(2.0)
    made.document["nodes"][0]["scale"] = [scale] * 3
    assert outcomes(check(made))["mesh.scale"] == "NOT_APPLICABLE"


def test_a_mesh_without_faces_has_its_document_judged() -> None:
    made = textured(RNG)
    made.primitive["mode"] = 0
    made.document["images"][0] = {}
    report = check(made)
    assert of(report, "TEXTURE_MISSING").value == 1
    assert outcomes(report)["mesh.material"] == "NOT_APPLICABLE"
    budget = next(o for o in report.outcomes if o.check == "mesh.budget")
    assert budget.status is OutcomeStatus.SKIPPED
