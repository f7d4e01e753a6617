"""GLB files with one planted defect of materials, textures, skins, animations, size or budget each.

Each plant makes a file of a seed; ``DEFECTS`` says which codes it must raise.
"""

from __future__ import annotations

import numpy as np
from made_gltf import MadeGltf, encoded, ktx2
from material_parts import (
    SIDE,
    Plant,
    Rng,
    bumps_of,
    bumpy,
    coloured,
    disc,
    picture,
    weights_of,
    with_alpha,
)
from material_sound import textured


def opaque_holes(rng: Rng) -> MadeGltf:
    return coloured(with_alpha(rng, disc()))


def blended_for_nothing(rng: Rng) -> MadeGltf:
    return coloured(picture(rng), alphaMode="BLEND")


def masked_for_nothing(rng: Rng) -> MadeGltf:
    return coloured(with_alpha(rng, np.full((SIDE, SIDE), 255)), alphaMode="MASK")


def masked_smoke(rng: Rng) -> MadeGltf:
    return coloured(with_alpha(rng, disc(1.2)), alphaMode="MASK")


def coal(rng: Rng) -> MadeGltf:
    return coloured(picture(rng, 0, 20))


def snow(rng: Rng) -> MadeGltf:
    return coloured(picture(rng, 245, 256))


def white_factor(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.material(pbrMetallicRoughness={"metallicFactor": 0})
    return made


def nothing_said(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.material(pbrMetallicRoughness={"baseColorFactor": [*rng.random(3).tolist(), 1.0]})
    return made


def cut_picture(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    data = encoded(picture(rng))
    made.coloured(data[: int(len(data) * rng.uniform(0.1, 0.9))])
    return made


def no_picture(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(picture(rng))
    made.document["images"][0]["bufferView"] = 99
    return made


def odd_ktx2(rng: Rng) -> MadeGltf:
    return coloured(ktx2(64, 64, vk_format=int(rng.integers(1, 100))))


def sound_ktx2(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    image = made.image(ktx2(64, 64), "image/ktx2")
    texture = made.add("textures", {"extensions": {"KHR_texture_basisu": {"source": image}}})
    base = {"index": texture}
    made.material(pbrMetallicRoughness={"baseColorTexture": base, "metallicFactor": 0})
    return made


def picture_elsewhere(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(picture(rng))
    made.document["images"][0] = {"uri": "wood.png"}
    return made


def colours_as_roughness(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(picture(rng))
    model = made.document["materials"][0]["pbrMetallicRoughness"]
    model["metallicRoughnessTexture"] = {"index": 0}
    return made


def blank(rng: Rng) -> MadeGltf:
    return coloured(np.full((SIDE, SIDE, 3), int(rng.integers(60, 200)), np.uint8))


def heights_as_normals(rng: Rng) -> MadeGltf:
    return bumpy(rng, np.repeat(picture(rng, 130, 250)[..., :1], 3, axis=2))


def normals_in_srgb(rng: Rng) -> MadeGltf:
    linear = bumps_of(rng) / 255
    return bumpy(rng, np.rint(255 * linear ** (1 / 2.2)).astype(np.uint8))


def black_normals(rng: Rng) -> MadeGltf:
    return bumpy(rng, np.zeros((SIDE, SIDE, 3), np.uint8))


def loose_vertices(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    weights, joints = weights_of(rng)
    weights[rng.choice(24, int(rng.integers(1, 10)), replace=False)] = 0
    made.skin(weights[:, :4], joints[:, :4])
    return made


def still(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.animation([0.0, 1.0, 2.0], [rng.uniform(-1, 1, 3).tolist()] * 3)
    return made


def crumb(rng: Rng) -> MadeGltf:
    return MadeGltf(float(10 ** rng.uniform(-6, -3.05)))


def giant(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.document["nodes"][0]["scale"] = [float(10 ** rng.uniform(2.1, 6))] * 3
    return made


def skinned_giant(rng: Rng) -> MadeGltf:
    """1.8 m as bound, which joints enlarge a hundredfold."""
    made = MadeGltf(1.8)
    weights, joints = weights_of(rng)
    made.skin(weights[:, :4], joints[:, :4], scale=[100.0] * 3)
    return made


def many_weights(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.skin(*weights_of(rng, int(rng.integers(5, 9))))
    return made


def many_joints(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    weights, joints = weights_of(rng)
    joints[0, 0] = 254
    made.skin(weights[:, :4], joints[:, :4])
    return made


def long_animation(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.animation([0.0, float(rng.uniform(10.1, 60))], rng.uniform(-1, 1, (2, 3)).tolist())
    return made


def many_vertices(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    nodes = [
        {"mesh": 0, "translation": [2.0 * (i % 40), 2.0 * (i // 40), 0.0]} for i in range(1_251)
    ]
    made.document["nodes"] = nodes
    made.document["scenes"][0]["nodes"] = list(range(len(nodes)))
    return made


def many_materials(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    for index in range(11):
        primitive = {**made.primitive, "material": index}
        made.add("materials", {"pbrMetallicRoughness": {"baseColorFactor": [0.5, 0.5, 0.5, 1.0],
                                                       "metallicFactor": 0.0}})  # fmt: skip
        made.document["meshes"].append({"primitives": [primitive]})
        node = made.add("nodes", {"mesh": 1 + index, "translation": [0.0, 0.0, 2.0 + 2 * index]})
        made.document["scenes"][0]["nodes"].append(node)
    return made


def two_uv_sets(rng: Rng) -> MadeGltf:
    made = textured(rng)
    made.primitive["attributes"]["TEXCOORD_1"] = made.primitive["attributes"]["TEXCOORD_0"]
    return made


def wide_texture(rng: Rng) -> MadeGltf:
    return coloured(np.tile(picture(rng), (1, 22, 1)))


def many_texels(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    pixels = np.tile(picture(rng, side=96), (21, 21, 1))
    data = encoded(pixels, "JPEG", quality=30)
    for _ in range(7):
        made.image(data, "image/jpeg")
    return made


def large_file(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.view(bytes(10_000_001))
    return made


DEFECTS: tuple[tuple[Plant, frozenset[str]], ...] = tuple(
    (plant, frozenset(codes.split()))
    for plant, codes in (
        (opaque_holes, "ALPHA_MODE"),
        (blended_for_nothing, "ALPHA_MODE"),
        (masked_for_nothing, "ALPHA_MODE"),
        (masked_smoke, "ALPHA_MODE"),
        (coal, "ALBEDO_RANGE"),
        (snow, "ALBEDO_RANGE"),
        (white_factor, "ALBEDO_RANGE"),
        (nothing_said, "DEFAULT_METAL"),
        (cut_picture, "TEXTURE_MISSING"),
        (no_picture, "TEXTURE_MISSING"),
        (odd_ktx2, "TEXTURE_MISSING"),
        (sound_ktx2, "TEXTURE_NOT_DECODED"),
        (picture_elsewhere, "TEXTURE_NOT_DECODED"),
        (colours_as_roughness, "TEXTURE_COLOUR_SPACE"),
        (blank, "TEXTURE_BLANK"),
        (heights_as_normals, "NORMAL_MAP"),
        (normals_in_srgb, "NORMAL_MAP"),
        (black_normals, "NORMAL_MAP"),
        (loose_vertices, "SKIN_WEIGHTS"),
        (still, "ANIMATION_STILL"),
        (crumb, "SCALE_SUSPECT"),
        (giant, "SCALE_SUSPECT"),
        (skinned_giant, "SCALE_SUSPECT"),
        (many_weights, "BUDGET_JOINT_WEIGHTS"),
        (many_joints, "BUDGET_JOINTS"),
        (long_animation, "BUDGET_ANIMATION_SECONDS"),
        (many_vertices, "BUDGET_VERTICES"),
        (many_materials, "BUDGET_MATERIALS"),
        (two_uv_sets, "BUDGET_UV_SETS"),
        (wide_texture, "BUDGET_TEXTURE_SIDE"),
        (many_texels, "BUDGET_TEXELS"),
        (large_file, "BUDGET_FILE_BYTES"),
    )
)
