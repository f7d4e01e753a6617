"""GLB files whose materials, textures, skins and animations are odd but sound, each of a seed."""

from __future__ import annotations

import numpy as np
from made_gltf import MadeGltf, encoded
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


def textured(rng: Rng) -> MadeGltf:
    made = MadeGltf(float(rng.uniform(0.01, 50)))
    made.coloured(picture(rng))
    return made


def textured_jpeg(rng: Rng) -> MadeGltf:
    return coloured(encoded(picture(rng), "JPEG", quality=90))


def glass(rng: Rng) -> MadeGltf:
    return coloured(with_alpha(rng, np.full((SIDE, SIDE), 120)), alphaMode="BLEND")


def glass_of_a_factor(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    model = {"baseColorFactor": [0.5, 0.5, 0.5, float(rng.uniform(0.1, 0.9))], "metallicFactor": 0}
    made.material(pbrMetallicRoughness=model, alphaMode="BLEND")
    return made


def faded_by_vertices(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    made.coloured(picture(rng), alphaMode="BLEND")
    colours = rng.uniform(0.5, 1, (24, 4)).astype(np.float32)
    made.primitive["attributes"]["COLOR_0"] = made.accessor(colours)
    return made


def leaves(rng: Rng) -> MadeGltf:
    """Cut out by alpha, with rims as thin as those of smoothing."""
    return coloured(with_alpha(rng, disc(0.05)), alphaMode="MASK")


def atlas_with_clear_ground(rng: Rng) -> MadeGltf:
    """Alpha 0 where no face is: what bakers leave."""
    made = MadeGltf()
    alpha = np.zeros((SIDE, SIDE), np.int64)
    alpha[: SIDE // 2, : SIDE // 2] = 255
    texture = made.texture(with_alpha(rng, alpha))
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
    made.coloured(picture(rng, 245, 256), extensions={"KHR_materials_unlit": {}})
    made.document["extensionsUsed"] = ["KHR_materials_unlit"]
    return made


def bumps(rng: Rng) -> MadeGltf:
    return bumpy(rng, bumps_of(rng))


def bumps_on_black(rng: Rng) -> MadeGltf:
    """A normal map most of which nothing was baked to."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    pixels[:32] = bumps_of(rng)[:32]
    return bumpy(rng, pixels)


def swatch(rng: Rng) -> MadeGltf:
    """One colour of a few pixels: a texture for want of a factor."""
    return coloured(np.full((8, 8, 3), 128, np.uint8))


def packed_maps(rng: Rng) -> MadeGltf:
    """Occlusion, roughness and metal in one picture, as the format means it."""
    made = MadeGltf()
    maps = made.texture(picture(rng))
    made.coloured(picture(rng), occlusionTexture={"index": maps})
    model = made.document["materials"][0]["pbrMetallicRoughness"]
    model |= {"metallicRoughnessTexture": {"index": maps}, "metallicFactor": 1.0}
    return made


def skinned(rng: Rng) -> MadeGltf:
    made = MadeGltf()
    weights, joints = weights_of(rng)
    made.skin(weights[:, :4], joints[:, :4])
    return made


def skinned_in_centimetres(rng: Rng) -> MadeGltf:
    """Vertices 180 units high that joints make 1.8 m of."""
    made = MadeGltf(180.0)
    weights, joints = weights_of(rng)
    made.skin(weights[:, :4], joints[:, :4], scale=[0.01] * 3)
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
