"""The tables of the objects of glTF 2.0, with what members say about each other."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial

from gencheck.gltf import extensions as ext
from gencheck.gltf.binary_objects import ACCESSOR, BUFFER, BUFFER_VIEW
from gencheck.gltf.formats import is_valid
from gencheck.gltf.kinds import (
    Bool,
    Index,
    IndexMap,
    Indices,
    Integer,
    Number,
    Numbers,
    Object,
    Position,
    Text,
)
from gencheck.gltf.log import Log
from gencheck.gltf.schema import Shape, Shapes
from gencheck.gltf.transforms import check_matrix, check_rotation

_NAME = {"name": Text()}
_UNIT = Number(0, 1)
_POSITIVE = Number(above=0)
_VERSION = Text(pattern=r"[0-9]+\.[0-9]+")


def _check_asset(asset: Object, given: Object, at: str, log: Log) -> None:
    if "version" not in asset:
        return
    major, minor = _version(asset["version"])
    if major != 2:
        log.add("UNKNOWN_ASSET_MAJOR_VERSION", f"{at}/version", major)
    elif minor > 0:
        log.add("UNKNOWN_ASSET_MINOR_VERSION", f"{at}/version", minor)
    least = asset.get("minVersion")
    if least is not None and _version(least) > (major, minor):
        log.add("ASSET_MIN_VERSION_GREATER_THAN_VERSION", f"{at}/minVersion", least)


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text[:40].partition(".")
    return int(major), int(minor or 0)


ASSET = Shape(
    "asset",
    {"version": _VERSION, "minVersion": _VERSION, "copyright": Text(), "generator": Text()},
    required=("version",),
    checks=(_check_asset,),
)

_POINTER = "KHR_animation_pointer"


def _check_target(target: Object, given: Object, at: str, log: Log) -> None:
    pointed = target.get("extensions", {}).get(_POINTER) is not None
    if pointed and target.get("path") != "pointer":
        code = "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_PATH"
        log.add(code, f"{at}/extensions/{_POINTER}", target.get("path", "none"))


_CHANNEL = Shape(
    "channel",
    {
        "sampler": Position(),
        "target": Shape(
            "target",
            {
                "node": Index("nodes"),
                "path": Text(
                    allowed=("translation", "rotation", "scale", "weights"),
                    of_extensions={_POINTER: "pointer"},
                ),
            },
            required=("path",),
            checks=(_check_target,),
            extensions={_POINTER: ext.ANIMATION_POINTER},
        ),
    },
    required=("sampler", "target"),
)
NO_INTERPOLATION = "\0"
"""Stands for an interpolation that is no text; the default would be one."""
_ANIMATION_SAMPLER = Shape(
    "animation sampler",
    {
        "input": Index("accessors"),
        "interpolation": Text(
            allowed=("LINEAR", "STEP", "CUBICSPLINE"), otherwise=NO_INTERPOLATION
        ),
        "output": Index("accessors"),
    },
    required=("input", "output"),
)


def _animates(animation: Object) -> bool:
    return "channels" in animation and "samplers" in animation


def _check_animation(animation: Object, given: Object, at: str, log: Log) -> None:
    """Each channel against those behind it, before a node that is not there loses its index."""
    if not _animates(animation):
        return
    later: Counter[tuple[int, object]] = Counter()
    channels = animation.get("channels") or []
    for number in reversed(range(len(channels))):
        target = channels[number].get("target") or {}
        if "node" not in target:
            continue
        key = (target["node"], target.get("path"))
        if "sampler" in channels[number] and later[key]:
            where = f"{at}/channels/{number}/target"
            log.add_times("ANIMATION_DUPLICATE_TARGETS", where, later[key], "as a later channel")
        later[key] += 1


ANIMATION = Shape(
    "animation",
    {**_NAME, "channels": Shapes(_CHANNEL), "samplers": Shapes(_ANIMATION_SAMPLER)},
    required=("channels", "samplers"),
    checks=(_check_animation,),
    refers=_animates,
)


def _check_depth(camera: Object, given: Object, at: str, log: Log) -> None:
    near, far = camera.get("znear"), camera.get("zfar")
    if near is not None and far is not None and far <= near:
        log.add("CAMERA_ZFAR_LEQUAL_ZNEAR", at, f"{far} <= {near}")


def _check_orthographic(camera: Object, given: Object, at: str, log: Log) -> None:
    for name in ("xmag", "ymag"):
        size = camera.get(name, 1)
        if size == 0:
            log.add("CAMERA_XMAG_YMAG_ZERO", f"{at}/{name}")
        elif size < 0:
            log.add("CAMERA_XMAG_YMAG_NEGATIVE", f"{at}/{name}", size)


def _check_perspective(camera: Object, given: Object, at: str, log: Log) -> None:
    if camera.get("yfov", 0) >= math.pi:
        log.add("CAMERA_YFOV_GEQUAL_PI", at, camera["yfov"])


_PROJECTIONS = ("orthographic", "perspective")


def _check_camera(camera: Object, given: Object, at: str, log: Log) -> None:
    if all(kind in given for kind in _PROJECTIONS):
        log.add("ONE_OF_MISMATCH", at, ", ".join(_PROJECTIONS))
    kind = camera.get("type")
    if kind in _PROJECTIONS and given.get(kind) is None:
        log.add("UNDEFINED_PROPERTY", at, kind)


def _other_projections(camera: Object) -> list[str]:
    return [kind for kind in _PROJECTIONS if kind != camera.get("type")]


CAMERA = Shape(
    "camera",
    {
        **_NAME,
        "type": Text(allowed=_PROJECTIONS),
        "orthographic": Shape(
            "orthographic",
            {"xmag": Number(), "ymag": Number(), "zfar": _POSITIVE, "znear": Number(0)},
            required=("xmag", "ymag", "zfar", "znear"),
            checks=(_check_depth, _check_orthographic),
        ),
        "perspective": Shape(
            "perspective",
            {"aspectRatio": _POSITIVE, "yfov": _POSITIVE, "zfar": _POSITIVE, "znear": _POSITIVE},
            required=("yfov", "znear"),
            checks=(_check_depth, _check_perspective),
        ),
    },
    required=("type",),
    checks=(_check_camera,),
    idle=_other_projections,
)


def _check_image(image: Object, given: Object, at: str, log: Log) -> None:
    if "bufferView" in image and "mimeType" not in image:
        log.add("UNSATISFIED_DEPENDENCY", f"{at}/bufferView", "mimeType")
    if ("bufferView" in image) == ("uri" in image):
        log.add("ONE_OF_MISMATCH", at, "bufferView, uri")


IMAGE = Shape(
    "image",
    {
        **_NAME,
        "uri": Text(),
        "mimeType": Text(
            allowed=("image/png", "image/jpeg"), of_extensions={"EXT_texture_webp": "image/webp"}
        ),
        "bufferView": Index("bufferViews"),
    },
    checks=(_check_image,),
)


def _check_material(material: Object, given: Object, at: str, log: Log) -> None:
    if "alphaCutoff" in given and material.get("alphaMode") != "MASK":
        log.add("MATERIAL_ALPHA_CUTOFF_INVALID_MODE", f"{at}/alphaCutoff")
    name = "KHR_materials_emissive_strength"
    strength = (material.get("extensions", {}).get(name) or {}).get("emissiveStrength", 1)
    emits = any(material.get("emissiveFactor", ())) or (
        "emissiveFactor" in given and "emissiveFactor" not in material  # of nobody knows what
    )
    if strength != 1 and not emits:
        log.add("KHR_MATERIALS_EMISSIVE_STRENGTH_ZERO_FACTOR", f"{at}/extensions/{name}")


MATERIAL = Shape(
    "material",
    {
        **_NAME,
        "pbrMetallicRoughness": Shape(
            "pbrMetallicRoughness",
            {
                "baseColorFactor": Numbers((4,), _UNIT),
                "baseColorTexture": ext.TEXTURE_INFO,
                "metallicFactor": _UNIT,
                "roughnessFactor": _UNIT,
                "metallicRoughnessTexture": ext.TEXTURE_INFO,
            },
        ),
        "normalTexture": ext.NORMAL_TEXTURE,
        "occlusionTexture": Shape(
            "occlusionTexture",
            {**ext.TEXTURE_INFO.members, "strength": _UNIT},
            required=("index",),
            extensions=ext.TEXTURE_INFO.extensions,
        ),
        "emissiveTexture": ext.TEXTURE_INFO,
        "emissiveFactor": Numbers((3,), _UNIT),
        "alphaMode": Text(allowed=("OPAQUE", "MASK", "BLEND")),
        "alphaCutoff": Number(0),
        "doubleSided": Bool(),
    },
    checks=(_check_material,),
    extensions=ext.OF_MATERIALS,
)

_PRIMITIVE = Shape(
    "primitive",
    {
        "attributes": IndexMap("accessors", partial(is_valid, morph=False)),
        "indices": Index("accessors"),
        "material": Index("materials"),
        "mode": Integer(0, 6, otherwise=-1),
        "targets": ext.IndexMaps(IndexMap("accessors", partial(is_valid, morph=True))),
    },
    required=("attributes",),
    extensions={"KHR_materials_variants": ext.VARIANTS_OF_PRIMITIVE},
)
MESH = Shape(
    "mesh",
    {**_NAME, "primitives": Shapes(_PRIMITIVE), "weights": Numbers()},
    required=("primitives",),
)


def _check_node(node: Object, given: Object, at: str, log: Log) -> None:
    for member in ("skin", "weights"):
        if member in node and "mesh" not in node:
            log.add("UNSATISFIED_DEPENDENCY", f"{at}/{member}", "mesh")
    if "matrix" in node:
        if any(name in node for name in ("translation", "rotation", "scale")):
            log.add("NODE_MATRIX_TRS", f"{at}/matrix")
        check_matrix(node["matrix"], f"{at}/matrix", log)
    if "rotation" in node:
        check_rotation(node["rotation"], f"{at}/rotation", log)


NODE = Shape(
    "node",
    {
        **_NAME,
        "camera": Index("cameras"),
        "children": Indices("nodes"),
        "skin": Index("skins"),
        "matrix": Numbers((16,)),
        "mesh": Index("meshes"),
        "rotation": Numbers((4,), Number(-1, 1)),
        "scale": Numbers((3,)),
        "translation": Numbers((3,)),
        "weights": Numbers(),
    },
    checks=(_check_node,),
    extensions={
        "KHR_lights_punctual": ext.LIGHT_OF_NODE,
        "KHR_node_visibility": ext.NODE_VISIBILITY,
    },
)

_WRAPS = (33071, 33648, 10497)
SAMPLER = Shape(
    "sampler",
    {
        **_NAME,
        "magFilter": Integer(allowed=(9728, 9729)),
        "minFilter": Integer(allowed=(9728, 9729, 9984, 9985, 9986, 9987)),
        "wrapS": Integer(allowed=_WRAPS),
        "wrapT": Integer(allowed=_WRAPS),
    },
)
SCENE = Shape("scene", {**_NAME, "nodes": Indices("nodes")})
SKIN = Shape(
    "skin",
    {
        **_NAME,
        "inverseBindMatrices": Index("accessors"),
        "skeleton": Index("nodes", marks=False),
        "joints": Indices("nodes"),
    },
    required=("joints",),
)
TEXTURE = Shape(
    "texture",
    {**_NAME, "sampler": Index("samplers"), "source": Index("images")},
    extensions={"EXT_texture_webp": ext.WEBP},
)


DOCUMENT = Shape(
    "glTF",
    {
        "accessors": Shapes(ACCESSOR),
        "animations": Shapes(ANIMATION),
        "buffers": Shapes(BUFFER),
        "bufferViews": Shapes(BUFFER_VIEW),
        "cameras": Shapes(CAMERA),
        "images": Shapes(IMAGE),
        "materials": Shapes(MATERIAL),
        "meshes": Shapes(MESH),
        "nodes": Shapes(NODE),
        "samplers": Shapes(SAMPLER),
        "scene": Index("scenes"),
        "scenes": Shapes(SCENE),
        "skins": Shapes(SKIN),
        "textures": Shapes(TEXTURE),
    },
    extensions={
        "KHR_lights_punctual": ext.LIGHTS,
        "KHR_materials_variants": ext.VARIANTS,
    },
)
