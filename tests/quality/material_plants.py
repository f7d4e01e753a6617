"""GLB files with one planted defect of materials, textures, skins, animations, size or budget each.

Each plant makes a file of a seed, and says which codes it must raise; those that say none are odd
but sound.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from made_gltf import MadeGltf, encoded, ktx2
from numpy.typing import NDArray

Rng = np.random.Generator
Plant = Callable[[Rng], MadeGltf]
Pixels = NDArray[np.uint8]

_SIDE = 96


def _picture(rng: Rng, low: int = 60, high: int = 200, side: int = _SIDE) -> Pixels:
    """Soft stains of colours between two levels."""
    coarse = rng.integers(low, high, (6, 6, 3)).astype(np.float64)
    stains = coarse.repeat(side // 6, axis=0).repeat(side // 6, axis=1)
    return np.clip(stains + rng.normal(0, 3, stains.shape), low, high).astype(np.uint8)


def _with_alpha(rng: Rng, alpha: NDArray[np.integer]) -> Pixels:
    return np.dstack([_picture(rng), alpha.astype(np.uint8)])


def _disc(soft: float = 0.0) -> NDArray[np.integer]:
    """Alpha 255 inside of a disc and 0 outside, with a rim that is ``soft`` of the radius wide."""
    y, x = np.mgrid[0:_SIDE, 0:_SIDE] / (_SIDE / 2) - 1
    inside = (0.8 - np.hypot(x, y)) / max(soft, 1e-9)
    return np.rint(255 * np.clip(inside + 0.5, 0, 1)).astype(np.int64)


def _normals(rng: Rng) -> Pixels:
    """A normal map of random bumps."""
    height = rng.normal(size=(8, 8)).repeat(_SIDE // 8, axis=0).repeat(_SIDE // 8, axis=1)
    slope = np.stack(np.gradient(height)[::-1], axis=-1)
    vectors = np.dstack([-slope, np.ones(height.shape)])
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.rint((vectors + 1) * 127.5).astype(np.uint8)


def _weights(rng: Rng, per_vertex: int = 4) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Weights of 8 columns that sum to 1; each joint once at a vertex."""
    weights = np.zeros((24, 8), np.float32)
    weights[:, :per_vertex] = rng.random((24, per_vertex)) + 0.1
    joints = np.tile(np.arange(8, dtype=np.uint8), (24, 1))
    joints[weights == 0] = 0
    return weights / weights.sum(axis=1, keepdims=True), joints


# ---------------------------------------------------------------- sound


def textured(rng: Rng) -> MadeGltf:
    made = MadeGltf(float(rng.uniform(0.01, 50)))
    made.coloured(_picture(rng))
    return made


def textured_jpeg(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(encoded(_picture(rng), "JPEG", quality=90))
    return made


def glass(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_with_alpha(rng, np.full((_SIDE, _SIDE), 120)), alphaMode="BLEND")
    return made


def glass_of_a_factor(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    model = {"baseColorFactor": [0.5, 0.5, 0.5, float(rng.uniform(0.1, 0.9))], "metallicFactor": 0}
    made.material(pbrMetallicRoughness=model, alphaMode="BLEND")
    return made


def faded_by_vertices(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng), alphaMode="BLEND")
    colours = rng.uniform(0.5, 1, (24, 4)).astype(np.float32)
    made.primitive["attributes"]["COLOR_0"] = made.accessor(colours)
    return made


def leaves(rng: Rng) -> MadeGltf:
    """Cut out by alpha, with rims as thin as those of smoothing."""
    made = MadeGltf()
    made.coloured(_with_alpha(rng, _disc(0.05)), alphaMode="MASK")
    return made


def atlas_with_clear_ground(rng: Rng) -> MadeGltf:
    """Alpha 0 where no face is: what bakers leave."""
    made = MadeGltf()
    alpha = np.zeros((_SIDE, _SIDE), np.int64)
    alpha[: _SIDE // 2, : _SIDE // 2] = 255
    texture = made.texture(_with_alpha(rng, alpha))
    half = {"KHR_texture_transform": {"scale": [0.49, 0.49]}}
    base = {"index": texture, "extensions": half}
    made.material(pbrMetallicRoughness={"baseColorTexture": base, "metallicFactor": 0})
    made.document["extensionsUsed"] = ["KHR_texture_transform"]
    return made


def painted_by_vertices(rng: Rng) -> MadeGltf:
    """White by its factor, coloured by its vertices."""
    made = MadeGltf()
    made.material(pbrMetallicRoughness={"metallicFactor": 0})
    colours = rng.uniform(0.1, 0.6, (24, 4)).astype(np.float32)
    colours[:, 3] = 1
    made.primitive["attributes"]["COLOR_0"] = made.accessor(colours)
    return made


def sign_of_light(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng, 245, 256), extensions={"KHR_materials_unlit": {}})
    made.document["extensionsUsed"] = ["KHR_materials_unlit"]
    return made


def bumps(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng), normalTexture={"index": made.texture(_normals(rng))})
    return made


def bumps_on_black(rng: Rng) -> MadeGltf:
    """A normal map most of which nothing was baked to."""
    made = MadeGltf()
    pixels = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    pixels[:32] = _normals(rng)[:32]
    made.coloured(_picture(rng), normalTexture={"index": made.texture(pixels)})
    return made


def swatch(rng: Rng) -> MadeGltf:
    """One colour of a few pixels: a texture for want of a factor."""
    made = MadeGltf()
    made.coloured(np.full((8, 8, 3), 128, np.uint8))
    return made


def packed_maps(rng: Rng) -> MadeGltf:
    """Occlusion, roughness and metal in one picture, as the format means it."""
    made = MadeGltf()
    maps = made.texture(_picture(rng))
    made.coloured(_picture(rng), occlusionTexture={"index": maps})
    model = made.document["materials"][0]["pbrMetallicRoughness"]
    model |= {"metallicRoughnessTexture": {"index": maps}, "metallicFactor": 1.0}
    return made


def skinned(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    weights, joints = _weights(rng)
    made.skin(weights[:, :4].copy(), joints[:, :4].copy())
    return made


def skinned_in_centimetres(rng: Rng) -> MadeGltf:
    """Vertices 180 units high that joints make 1.8 m of."""
    made = MadeGltf(180.0)
    weights, joints = _weights(rng)
    made.skin(weights[:, :4].copy(), joints[:, :4].copy(), scale=[0.01] * 3)
    return made


def animated(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.animation([0.0, 5.0, 10.0], rng.uniform(-1, 1, (3, 3)).tolist())
    return made


def posed(rng: Rng) -> MadeGltf:
    """One keyframe at 0 s: a pose, and no animation that stands still."""
    made = MadeGltf()
    made.animation([0.0], rng.uniform(-1, 1, (1, 3)).tolist())
    return made


SOUND: tuple[Plant, ...] = (
    textured, textured_jpeg, glass, glass_of_a_factor, faded_by_vertices, leaves,
    atlas_with_clear_ground, painted_by_vertices, sign_of_light, bumps, bumps_on_black, swatch,
    packed_maps, skinned, skinned_in_centimetres, animated, posed,
)  # fmt: skip


# ---------------------------------------------------------------- with a defect


def opaque_holes(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_with_alpha(rng, _disc()))
    return made


def blended_for_nothing(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng), alphaMode="BLEND")
    return made


def masked_for_nothing(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_with_alpha(rng, np.full((_SIDE, _SIDE), 255)), alphaMode="MASK")
    return made


def masked_smoke(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_with_alpha(rng, _disc(1.2)), alphaMode="MASK")
    return made


def coal(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng, 0, 20))
    return made


def snow(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng, 245, 256))
    return made


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
    data = encoded(_picture(rng))
    made.coloured(data[: int(len(data) * rng.uniform(0.1, 0.9))])
    return made


def no_picture(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng))
    made.document["images"][0]["bufferView"] = 99
    return made


def odd_ktx2(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(ktx2(64, 64, vk_format=int(rng.integers(1, 100))))
    return made


def sound_ktx2(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    image = made.image(ktx2(64, 64), "image/ktx2")
    texture = made.add("textures", {"extensions": {"KHR_texture_basisu": {"source": image}}})
    base = {"index": texture}
    made.material(pbrMetallicRoughness={"baseColorTexture": base, "metallicFactor": 0})
    return made


def picture_elsewhere(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng))
    made.document["images"][0] = {"uri": "wood.png"}
    return made


def colours_as_roughness(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng))
    model = made.document["materials"][0]["pbrMetallicRoughness"]
    model["metallicRoughnessTexture"] = {"index": 0}
    return made


def blank(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(np.full((_SIDE, _SIDE, 3), int(rng.integers(60, 200)), np.uint8))
    return made


def _bumpy(rng: Rng, normals: Pixels) -> MadeGltf:
    made = MadeGltf()
    made.coloured(_picture(rng), normalTexture={"index": made.texture(normals)})
    return made


def heights_as_normals(rng: Rng) -> MadeGltf:
    return _bumpy(rng, np.repeat(_picture(rng, 130, 250)[..., :1], 3, axis=2))


def normals_in_srgb(rng: Rng) -> MadeGltf:
    linear = _normals(rng) / 255
    return _bumpy(rng, np.rint(255 * linear ** (1 / 2.2)).astype(np.uint8))


def black_normals(rng: Rng) -> MadeGltf:
    return _bumpy(rng, np.zeros((_SIDE, _SIDE, 3), np.uint8))


def loose_vertices(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    weights, joints = _weights(rng)
    weights[rng.choice(24, int(rng.integers(1, 10)), replace=False)] = 0
    made.skin(weights[:, :4].copy(), joints[:, :4].copy())
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
    weights, joints = _weights(rng)
    made.skin(weights[:, :4].copy(), joints[:, :4].copy(), scale=[100.0] * 3)
    return made


def many_weights(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.skin(*_weights(rng, int(rng.integers(5, 9))))
    return made


def many_joints(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    weights, joints = _weights(rng)
    joints[0, 0] = 254
    made.skin(weights[:, :4].copy(), joints[:, :4].copy())
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
    made = MadeGltf()
    made.coloured(np.tile(_picture(rng), (1, 22, 1)))
    return made


def many_texels(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    pixels = np.tile(_picture(rng, side=96), (21, 21, 1))
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
