"""The tables of the objects of glTF 2.0, with what members say about each other."""

from __future__ import annotations

import math

from gencheck.gltf import extensions as ext
from gencheck.gltf.binary_objects import ACCESSOR, BUFFER, BUFFER_VIEW
from gencheck.gltf.kinds import (
    Anything,
    Bool,
    Index,
    IndexMap,
    Indices,
    Integer,
    Number,
    Numbers,
    Object,
    Text,
    Texts,
)
from gencheck.gltf.log import Log
from gencheck.gltf.schema import Shape, Shapes
from gencheck.gltf.transforms import check_matrix, check_rotation

_NAME = {"name": Text()}
_UNIT = Number(0, 1)
_POSITIVE = Number(above=0)
_VERSION = Text(pattern=r"[0-9]+\.[0-9]+")


def _check_asset(asset: Object, at: str, log: Log) -> None:
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

_CHANNEL = Shape(
    "channel",
    {
        "sampler": Integer(0),  # into the samplers of its own animation
        "target": Shape(
            "target",
            {
                "node": Index("nodes"),
                "path": Text(allowed=("translation", "rotation", "scale", "weights", "pointer")),
            },
            required=("path",),
            extensions={"KHR_animation_pointer": ext.ANIMATION_POINTER},
        ),
    },
    required=("sampler", "target"),
)
_ANIMATION_SAMPLER = Shape(
    "animation sampler",
    {
        "input": Index("accessors"),
        "interpolation": Text(allowed=("LINEAR", "STEP", "CUBICSPLINE")),
        "output": Index("accessors"),
    },
    required=("input", "output"),
)
ANIMATION = Shape(
    "animation",
    {**_NAME, "channels": Shapes(_CHANNEL), "samplers": Shapes(_ANIMATION_SAMPLER)},
    required=("channels", "samplers"),
)


def _check_depth(camera: Object, at: str, log: Log) -> None:
    near, far = camera.get("znear"), camera.get("zfar")
    if near is not None and far is not None and far <= near:
        log.add("CAMERA_ZFAR_LEQUAL_ZNEAR", at, f"{far} <= {near}")


def _check_orthographic(camera: Object, at: str, log: Log) -> None:
    sizes = [camera[name] for name in ("xmag", "ymag") if name in camera]
    if 0 in sizes:
        log.add("CAMERA_XMAG_YMAG_ZERO", at)
    if any(size < 0 for size in sizes):
        log.add("CAMERA_XMAG_YMAG_NEGATIVE", at)


def _check_perspective(camera: Object, at: str, log: Log) -> None:
    if camera.get("yfov", 0) >= math.pi:
        log.add("CAMERA_YFOV_GEQUAL_PI", at, camera["yfov"])


def _check_camera(camera: Object, at: str, log: Log) -> None:
    kind = camera.get("type")
    if kind in ("orthographic", "perspective") and kind not in camera:
        log.add("UNDEFINED_PROPERTY", at, kind)


CAMERA = Shape(
    "camera",
    {
        **_NAME,
        "type": Text(allowed=("orthographic", "perspective")),
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
    one_of=("orthographic", "perspective"),
)


def _check_image(image: Object, at: str, log: Log) -> None:
    if "bufferView" in image and "mimeType" not in image:
        log.add("UNSATISFIED_DEPENDENCY", f"{at}/bufferView", "mimeType")


IMAGE = Shape(
    "image",
    {
        **_NAME,
        "uri": Text(),
        "mimeType": Text(),  # which are allowed depends on the extensions: assets.py
        "bufferView": Index("bufferViews"),
    },
    one_of=("bufferView", "uri"),
    checks=(_check_image,),
)


def _check_material(material: Object, at: str, log: Log) -> None:
    if "alphaCutoff" in material and material.get("alphaMode") != "MASK":
        log.add("MATERIAL_ALPHA_CUTOFF_INVALID_MODE", f"{at}/alphaCutoff")


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
        "attributes": IndexMap("accessors"),
        "indices": Index("accessors"),
        "material": Index("materials"),
        "mode": Integer(allowed=tuple(range(7))),
        "targets": ext.IndexMaps("accessors"),
    },
    required=("attributes",),
    extensions={"KHR_materials_variants": ext.VARIANTS_OF_PRIMITIVE},
)
MESH = Shape(
    "mesh",
    {**_NAME, "primitives": Shapes(_PRIMITIVE), "weights": Numbers()},
    required=("primitives",),
)


def _check_node(node: Object, at: str, log: Log) -> None:
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


def _check_extensions(document: Object, at: str, log: Log) -> None:
    if "extensionsRequired" in document and "extensionsUsed" not in document:
        log.add("UNSATISFIED_DEPENDENCY", f"{at}/extensionsRequired", "extensionsUsed")
    if "scene" in document and "scenes" not in document:
        log.add("UNSATISFIED_DEPENDENCY", f"{at}/scene", "scenes")


DOCUMENT = Shape(
    "glTF",
    {
        "extensionsUsed": Texts(),
        "extensionsRequired": Texts(),
        "accessors": Shapes(ACCESSOR),
        "animations": Shapes(ANIMATION),
        "asset": Anything(),  # read first, as nothing else makes sense of another version
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
    required=("asset",),
    checks=(_check_extensions,),
    extensions={
        "KHR_lights_punctual": ext.LIGHTS,
        "KHR_materials_variants": ext.VARIANTS,
    },
)
