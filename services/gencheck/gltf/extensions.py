"""The tables of the extensions that are checked, as their specifications have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gencheck.gltf.kinds import (
    Bool,
    Index,
    IndexMap,
    Indices,
    Integer,
    Kind,
    Number,
    Numbers,
    Object,
    Reading,
    Text,
    is_list,
)
from gencheck.gltf.log import Log
from gencheck.gltf.schema import Shape, Shapes

_UNIT = Number(0, 1)
_NOT_NEGATIVE = Number(0)


@dataclass(frozen=True, slots=True)
class IndexMaps(Kind):
    """A list of objects whose members are indices; ``None`` where one of them is none.

    It holds the morph targets of a primitive.
    """

    each: IndexMap

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_list(value, at, reading):
            return None
        known = len(reading.references)
        result = []
        for i, entry in enumerate(value):
            if isinstance(entry, dict):
                result.append(self.each.read(entry, f"{at}/{i}", reading))
            else:
                reading.log.add("ARRAY_TYPE_MISMATCH", at, entry)
                result.append(None)
        if None in result:
            del reading.references[known:]  # nothing of the list means anything
            return None
        return result


TEXTURE_TRANSFORM = Shape(
    "KHR_texture_transform",
    {
        "offset": Numbers((2,)),
        "rotation": Number(),
        "scale": Numbers((2,)),
        "texCoord": Integer(0),
    },
)
TEXTURE_INFO = Shape(
    "textureInfo",
    {"index": Index("textures"), "texCoord": Integer(0, otherwise=-1)},
    required=("index",),
    extensions={"KHR_texture_transform": TEXTURE_TRANSFORM},
)
NORMAL_TEXTURE = Shape(
    "normalTexture",
    {**TEXTURE_INFO.members, "scale": Number()},
    required=("index",),
    extensions=TEXTURE_INFO.extensions,
)


def _check_iridescence(thing: Object, given: Object, at: str, log: Log) -> None:
    low = thing.get("iridescenceThicknessMinimum")
    textured = "iridescenceThicknessTexture" in thing
    if low is not None and not textured:
        log.add(
            "KHR_MATERIALS_IRIDESCENCE_THICKNESS_RANGE_WITHOUT_TEXTURE",
            f"{at}/iridescenceThicknessMinimum",
        )
    bounds = [
        thing.get(name) if name in given else default
        for name, default in (
            ("iridescenceThicknessMinimum", 100),
            ("iridescenceThicknessMaximum", 400),
        )
    ]
    if textured and bounds[0] is not None and bounds[0] == bounds[1]:
        log.add(
            "KHR_MATERIALS_IRIDESCENCE_THICKNESS_TEXTURE_UNUSED",
            f"{at}/iridescenceThicknessTexture",
        )


def _check_ior(thing: Object, given: Object, at: str, log: Log) -> None:
    if 0 < thing.get("ior", 1.5) < 1:
        log.add("VALUE_NOT_IN_RANGE", f"{at}/ior", thing["ior"])


def _material(name: str, members: Mapping[str, Kind], *checks: Any) -> Shape:
    return Shape(name, members, checks=checks)


OF_MATERIALS: dict[str, Shape] = {
    shape.name: shape
    for shape in (
        _material(
            "KHR_materials_anisotropy",
            {
                "anisotropyStrength": _UNIT,
                "anisotropyRotation": Number(),
                "anisotropyTexture": TEXTURE_INFO,
            },
        ),
        _material(
            "KHR_materials_clearcoat",
            {
                "clearcoatFactor": _UNIT,
                "clearcoatTexture": TEXTURE_INFO,
                "clearcoatRoughnessFactor": _UNIT,
                "clearcoatRoughnessTexture": TEXTURE_INFO,
                "clearcoatNormalTexture": NORMAL_TEXTURE,
            },
        ),
        _material("KHR_materials_dispersion", {"dispersion": _NOT_NEGATIVE}),
        _material("KHR_materials_emissive_strength", {"emissiveStrength": _NOT_NEGATIVE}),
        _material("KHR_materials_ior", {"ior": Number(0)}, _check_ior),
        _material(
            "KHR_materials_iridescence",
            {
                "iridescenceFactor": _UNIT,
                "iridescenceTexture": TEXTURE_INFO,
                "iridescenceIor": Number(1),
                "iridescenceThicknessMinimum": _NOT_NEGATIVE,
                "iridescenceThicknessMaximum": _NOT_NEGATIVE,
                "iridescenceThicknessTexture": TEXTURE_INFO,
            },
            _check_iridescence,
        ),
        _material(
            "KHR_materials_pbrSpecularGlossiness",
            {
                "diffuseFactor": Numbers((4,), _UNIT),
                "diffuseTexture": TEXTURE_INFO,
                "specularFactor": Numbers((3,), _UNIT),
                "glossinessFactor": _UNIT,
                "specularGlossinessTexture": TEXTURE_INFO,
            },
        ),
        _material(
            "KHR_materials_sheen",
            {
                "sheenColorFactor": Numbers((3,), _UNIT),
                "sheenColorTexture": TEXTURE_INFO,
                "sheenRoughnessFactor": _UNIT,
                "sheenRoughnessTexture": TEXTURE_INFO,
            },
        ),
        _material(
            "KHR_materials_specular",
            {
                "specularFactor": _UNIT,
                "specularTexture": TEXTURE_INFO,
                "specularColorFactor": Numbers((3,), _NOT_NEGATIVE),
                "specularColorTexture": TEXTURE_INFO,
            },
        ),
        _material(
            "KHR_materials_transmission",
            {"transmissionFactor": _UNIT, "transmissionTexture": TEXTURE_INFO},
        ),
        _material("KHR_materials_unlit", {}),
        _material(
            "KHR_materials_volume",
            {
                "thicknessFactor": _NOT_NEGATIVE,
                "thicknessTexture": TEXTURE_INFO,
                "attenuationDistance": Number(above=0),
                "attenuationColor": Numbers((3,), _UNIT),
            },
        ),
    )
}


def _check_pointer(thing: Object, given: Object, at: str, log: Log) -> None:
    log.add("INCOMPLETE_EXTENSION_SUPPORT", at)


ANIMATION_POINTER = Shape(
    "KHR_animation_pointer",
    {"pointer": Text(pattern=r"(?:/(?:[^/~]|~0|~1)*)*")},
    required=("pointer",),
    checks=(_check_pointer,),
)
WEBP = Shape("EXT_texture_webp", {"source": Index("images")})
NODE_VISIBILITY = Shape("KHR_node_visibility", {"visible": Bool()})


def _check_light(light: Object, given: Object, at: str, log: Log) -> None:
    kind = light.get("type")
    if kind == "directional" and "range" in light:
        log.add("EXTRA_PROPERTY", f"{at}/range")
    if kind == "spot" and given.get("spot") is None:
        log.add("UNDEFINED_PROPERTY", at, "spot")
    if kind != "spot" and "spot" in given:
        log.add("EXTRA_PROPERTY", f"{at}/spot")


def _no_spot(light: Object) -> tuple[str, ...]:
    return () if light.get("type") == "spot" else ("spot",)


def _check_spot(spot: Object, given: Object, at: str, log: Log) -> None:
    if any(name in given and name not in spot for name in ("innerConeAngle", "outerConeAngle")):
        return  # of an angle that is none nothing follows
    inner, outer = spot.get("innerConeAngle", 0.0), spot.get("outerConeAngle", 0.7853981633974483)
    if outer <= inner:
        where = f"{at}/outerConeAngle"
        log.add("KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES", where, f"{outer} <= {inner}")


_HALF_PI = 1.5707963267948966
_SPOT = Shape(
    "spot",
    {"innerConeAngle": Number(0, below=_HALF_PI), "outerConeAngle": Number(high=_HALF_PI, above=0)},
    checks=(_check_spot,),
)
_LIGHT = Shape(
    "light",
    {
        "name": Text(),
        "color": Numbers((3,), _UNIT),
        "intensity": _NOT_NEGATIVE,
        "range": Number(above=0),
        "type": Text(allowed=("directional", "point", "spot")),
        "spot": _SPOT,
    },
    required=("type",),
    checks=(_check_light,),
    idle=_no_spot,
)
LIGHTS = Shape("KHR_lights_punctual", {"lights": Shapes(_LIGHT)}, required=("lights",))
LIGHT_OF_NODE = Shape(
    "KHR_lights_punctual",
    {"light": Index("lights")},
    required=("light",),
    needs_root="KHR_lights_punctual",
)

VARIANTS = Shape(
    "KHR_materials_variants",
    {"variants": Shapes(Shape("variant", {"name": Text()}, required=("name",)))},
    required=("variants",),
)
_MAPPING = Shape(
    "mapping",
    {"name": Text(), "variants": Indices("variants"), "material": Index("materials")},
    required=("variants", "material"),
    needs_root="KHR_materials_variants",
)


def _check_mappings(thing: Object, given: Object, at: str, log: Log) -> None:
    seen: set[int] = set()
    for i, mapping in enumerate(thing.get("mappings", [])):
        for k, variant in enumerate((mapping or {}).get("variants") or []):
            if variant in seen:
                where = f"{at}/mappings/{i}/variants/{k}"
                log.add("KHR_MATERIALS_VARIANTS_NON_UNIQUE_VARIANT", where, variant)
            elif variant is not None:
                seen.add(variant)


VARIANTS_OF_PRIMITIVE = Shape(
    "KHR_materials_variants",
    {"mappings": Shapes(_MAPPING)},
    required=("mappings",),
    checks=(_check_mappings,),
)
