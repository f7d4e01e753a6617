"""The codes of glTF conformance: those of the Khronos glTF validator, with its severities.

Names and severities are those of its ISSUES.md, so that either report can be read with the other.
The words are our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How much an issue matters, numbered as in the reports of the Khronos validator."""

    ERROR = 0
    WARNING = 1
    INFO = 2
    HINT = 3


@dataclass(frozen=True, slots=True)
class GltfCode:
    """One code: how much it matters, and what is wrong in a few words."""

    level: Level
    title: str


_ERRORS = {
    "IO_ERROR": "a file beside the document cannot be read",
    # JSON and its schema
    "ARRAY_LENGTH_NOT_IN_LIST": "a list of a length that is not allowed",
    "ARRAY_TYPE_MISMATCH": "an entry of a list has the wrong type",
    "DUPLICATE_ELEMENTS": "an entry stands twice",
    "EMPTY_ENTITY": "a list or an object is empty where something must be in it",
    "INVALID_INDEX": "a negative index",
    "INVALID_JSON": "no valid JSON",
    "INVALID_URI": "no valid URI",
    "ONE_OF_MISMATCH": "not exactly one of several properties is given",
    "PATTERN_MISMATCH": "a text does not have the form that it must have",
    "TYPE_MISMATCH": "a property has the wrong type",
    "UNDEFINED_PROPERTY": "a property is missing",
    "UNSATISFIED_DEPENDENCY": "another property is missing that this one needs",
    "VALUE_MULTIPLE_OF": "not a multiple of what it must be one of",
    "VALUE_NOT_IN_RANGE": "a value out of its range",
    # what properties mean together
    "ACCESSOR_MATRIX_ALIGNMENT": "a matrix does not begin at a multiple of 4 bytes",
    "ACCESSOR_NORMALIZED_INVALID": "a type that cannot be normalized is",
    "ACCESSOR_OFFSET_ALIGNMENT": "an offset is not a multiple of the component's size",
    "ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE": "more sparse elements than elements",
    "ASSET_MIN_VERSION_GREATER_THAN_VERSION": "minVersion is above version",
    "BUFFER_DATA_URI_MIME_TYPE_INVALID": "the data URI of a buffer has another media type",
    "BUFFER_VIEW_INVALID_BYTE_STRIDE": "a stride where no vertex data are",
    "BUFFER_VIEW_TOO_BIG_BYTE_STRIDE": "a stride longer than its buffer view",
    "CAMERA_XMAG_YMAG_ZERO": "an orthographic camera of no size",
    "CAMERA_ZFAR_LEQUAL_ZNEAR": "zfar is not beyond znear",
    "INVALID_GL_VALUE": "a bound that the component type cannot hold",
    "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_NODE": "an animation pointer beside a node",
    "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_PATH": "the path of an animation pointer is "
    "not pointer",
    "KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES": "the outer cone of a spot is not wider than the inner",
    "MESH_INVALID_WEIGHTS_COUNT": "not one weight for each morph target",
    "MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT": "primitives of a mesh differ in their morph targets",
    "MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY": "numbers of an attribute have a gap",
    "MESH_PRIMITIVE_INVALID_ATTRIBUTE": "no such vertex attribute",
    "MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH": "not as many sets of joints as of weights",
    "NODE_MATRIX_NON_TRS": "a matrix that shears or projects, or has no size",
    "NODE_MATRIX_TRS": "a node has a matrix and translation, rotation or scale",
    "NODE_SKIN_NO_SCENE": "a skinned mesh is in a scene without its joints",
    "NON_REQUIRED_EXTENSION": "an extension that must be required is optional",
    "ROTATION_NON_UNIT": "a rotation that is no unit quaternion",
    "SKIN_NO_COMMON_ROOT": "joints of a skin without a common root",
    "SKIN_SKELETON_INVALID": "the skeleton node is not above all joints",
    "UNKNOWN_ASSET_MAJOR_VERSION": "another major version of glTF",
    "UNUSED_EXTENSION_REQUIRED": "an extension is required but not said to be used",
    # references
    "ACCESSOR_SMALL_BYTESTRIDE": "a stride shorter than an element",
    "ACCESSOR_TOO_LONG": "an accessor reaches beyond its buffer view",
    "ACCESSOR_TOTAL_OFFSET_ALIGNMENT": "data do not begin at a multiple of the component's size",
    "ACCESSOR_USAGE_OVERRIDE": "an accessor is used for two things",
    "ANIMATION_CHANNEL_TARGET_NODE_MATRIX": "an animation moves a node that has a matrix",
    "ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS": "weights are animated of a mesh without "
    "morph targets",
    "ANIMATION_DUPLICATE_TARGETS": "two channels animate the same property",
    "ANIMATION_SAMPLER_ACCESSOR_WITH_BYTESTRIDE": "keyframes with a stride",
    "ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT": "times of keyframes are not float scalars",
    "ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS": "too few keyframes for a spline",
    "ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS": "times of keyframes without min and max",
    "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT": "not one value for each keyframe",
    "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT": "keyframes of a format that the animated "
    "property does not take",
    "BUFFER_MISSING_GLB_DATA": "the binary chunk is missing",
    "BUFFER_VIEW_TARGET_OVERRIDE": "a buffer view is used for two things",
    "BUFFER_VIEW_TOO_LONG": "a buffer view reaches beyond its buffer",
    "IMAGE_BUFFER_VIEW_WITH_BYTESTRIDE": "an image with a stride",
    "INVALID_IBM_ACCESSOR_COUNT": "fewer inverse bind matrices than joints",
    "KHR_MATERIALS_VARIANTS_NON_UNIQUE_VARIANT": "a variant is mapped twice for a primitive",
    "MESH_PRIMITIVE_ACCESSOR_UNALIGNED": "vertex data are not aligned to 4 bytes",
    "MESH_PRIMITIVE_ACCESSOR_WITHOUT_BYTESTRIDE": "attributes share a buffer view without a stride",
    "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT": "a format that the attribute does not "
    "take",
    "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT": "an attribute of 32-bit integers",
    "MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT": "indices are not unsigned integer scalars",
    "MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE": "indices with a stride",
    "MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT": "a morph target of another number of "
    "vertices",
    "MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR": "a morph target of an attribute that the mesh "
    "does not have",
    "MESH_PRIMITIVE_NO_TANGENT_SPACE": "the material needs tangents that the mesh does not have",
    "MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS": "positions without min and max",
    "MESH_PRIMITIVE_TOO_FEW_TEXCOORDS": "the material needs texture coordinates that the mesh "
    "does not have",
    "MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT": "attributes of different numbers of vertices",
    "NODE_LOOP": "a node is among its own descendants",
    "NODE_PARENT_OVERRIDE": "a node with two parents",
    "NODE_SKIN_WITH_NON_SKINNED_MESH": "a skin on a mesh without joints",
    "NODE_WEIGHTS_INVALID": "not one weight for each morph target of the mesh",
    "SCENE_NON_ROOT_NODE": "a node of a scene has a parent",
    "SKIN_IBM_ACCESSOR_WITH_BYTESTRIDE": "inverse bind matrices with a stride",
    "SKIN_IBM_INVALID_FORMAT": "inverse bind matrices are not 4×4 floats",
    "TEXTURE_INVALID_IMAGE_MIME_TYPE": "a texture of an image of another media type",
    "UNDECLARED_EXTENSION": "an extension is not declared in extensionsUsed",
    "UNEXPECTED_EXTENSION_OBJECT": "an extension at a place where it means nothing",
    "UNRESOLVED_REFERENCE": "an index of something that is not there",
    # data
    "ACCESSOR_ANIMATION_INPUT_NEGATIVE": "a keyframe before the start",
    "ACCESSOR_ANIMATION_INPUT_NON_INCREASING": "keyframes that do not rise in time",
    "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION": "an animated rotation that is "
    "no unit quaternion",
    "ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND": "elements above the declared maximum",
    "ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND": "elements below the declared minimum",
    "ACCESSOR_INDEX_OOB": "an index of no vertex",
    "ACCESSOR_INDEX_PRIMITIVE_RESTART": "an index with the value of a primitive restart",
    "ACCESSOR_INVALID_FLOAT": "NaN or infinity in an accessor",
    "ACCESSOR_INVALID_IBM": "an inverse bind matrix whose last row is not 0 0 0 1",
    "ACCESSOR_INVALID_SIGN": "the handedness of a tangent is neither 1 nor -1",
    "ACCESSOR_JOINTS_INDEX_DUPLICATE": "a joint moves a vertex twice",
    "ACCESSOR_JOINTS_INDEX_OOB": "a joint that the skin does not have",
    "ACCESSOR_MAX_MISMATCH": "the declared maximum is not the actual one",
    "ACCESSOR_MIN_MISMATCH": "the declared minimum is not the actual one",
    "ACCESSOR_NON_CLAMPED": "a colour outside of 0 to 1",
    "ACCESSOR_SPARSE_INDEX_OOB": "a sparse index of no element",
    "ACCESSOR_SPARSE_INDICES_NON_INCREASING": "sparse indices do not rise",
    "ACCESSOR_VECTOR3_NON_UNIT": "a normal or tangent that is no unit vector",
    "ACCESSOR_WEIGHTS_NEGATIVE": "a negative joint weight",
    "ACCESSOR_WEIGHTS_NON_NORMALIZED": "joint weights of a vertex do not sum up to 1",
    "BUFFER_BYTE_LENGTH_MISMATCH": "fewer bytes than the buffer declares",
    "IMAGE_DATA_INVALID": "a damaged image",
    "IMAGE_MIME_TYPE_INVALID": "an image is not of the declared media type",
    "IMAGE_NON_ENABLED_MIME_TYPE": "an image format that needs an extension",
    "IMAGE_UNEXPECTED_EOS": "an image that is cut off",
    # GLB
    "GLB_CHUNK_LENGTH_UNALIGNED": "the length of a chunk is not a multiple of 4",
    "GLB_CHUNK_TOO_BIG": "a chunk reaches beyond the declared length",
    "GLB_DUPLICATE_CHUNK": "a second chunk of the same type",
    "GLB_EMPTY_CHUNK": "an empty chunk",
    "GLB_INVALID_MAGIC": "no GLB",
    "GLB_INVALID_VERSION": "another version of GLB",
    "GLB_LENGTH_MISMATCH": "the declared length is not the actual one",
    "GLB_LENGTH_TOO_SMALL": "a declared length that no GLB can have",
    "GLB_UNEXPECTED_BIN_CHUNK": "the binary chunk is not the second",
    "GLB_UNEXPECTED_END_OF_CHUNK_DATA": "the file ends in a chunk",
    "GLB_UNEXPECTED_END_OF_CHUNK_HEADER": "the file ends in the header of a chunk",
    "GLB_UNEXPECTED_END_OF_HEADER": "the file ends in its header",
    "GLB_UNEXPECTED_FIRST_CHUNK": "the first chunk is not the JSON",
}
_WARNINGS = {
    "UNEXPECTED_PROPERTY": "an unknown property",
    "VALUE_NOT_IN_LIST": "a value that is not among the known ones",
    "ANIMATION_CHANNEL_TARGET_NODE_SKIN": "an animation moves a node whose mesh its skin moves",
    "CAMERA_XMAG_YMAG_NEGATIVE": "an orthographic camera of negative size",
    "CAMERA_YFOV_GEQUAL_PI": "a field of view of 180° or more",
    "INVALID_EXTENSION_NAME_FORMAT": "an extension's name without a prefix",
    "KHR_MATERIALS_ANISOTROPY_ANISOTROPY_TEXTURE_TEXCOORD": "normals and anisotropy use different "
    "texture coordinates",
    "KHR_MATERIALS_CLEARCOAT_CLEARCOAT_NORMAL_TEXTURE_TEXCOORD": "normals and clear coat normals "
    "use different texture coordinates",
    "KHR_MATERIALS_DISPERSION_NO_VOLUME": "dispersion without a volume",
    "KHR_MATERIALS_EMISSIVE_STRENGTH_ZERO_FACTOR": "emissive strength of a material that does not "
    "emit",
    "KHR_MATERIALS_VOLUME_DOUBLE_SIDED": "a volume in a double-sided material",
    "KHR_MATERIALS_VOLUME_NO_TRANSMISSION": "a volume that no light enters",
    "MATERIAL_ALPHA_CUTOFF_INVALID_MODE": "an alpha cutoff in a mode other than MASK",
    "MESH_PRIMITIVE_NO_POSITION": "a primitive without positions",
    "MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL": "tangents without normals",
    "MULTIPLE_EXTENSIONS": "extensions that contradict each other",
    "NODE_SKINNED_MESH_LOCAL_TRANSFORMS": "the transform of a skinned mesh has no effect",
    "NODE_SKINNED_MESH_PARENT_TRANSFORMS": "transforms above a skinned mesh have no effect",
    "NON_RELATIVE_URI": "a URI that is not relative",
    "UNKNOWN_ASSET_MINOR_VERSION": "a newer minor version of glTF",
    "MESH_PRIMITIVE_GENERATED_TANGENT_SPACE": "tangents are left to the viewer",
    "MESH_PRIMITIVE_INCOMPATIBLE_MODE": "not a whole number of triangles, lines or strips",
    "NODE_SKINNED_MESH_WITHOUT_SKIN": "a mesh with joints on a node without a skin",
    "ACCESSOR_JOINTS_USED_ZERO_WEIGHT": "a joint with a weight of zero",
    "BUFFER_GLB_CHUNK_TOO_BIG": "the binary chunk is longer than the buffer",
    "DATA_URI_GLB": "a data URI in a GLB",
    "IMAGE_FEATURES_UNSUPPORTED": "an image with a colour profile, odd pixels or animation",
    "IMAGE_UNRECOGNIZED_FORMAT": "an image of an unknown format",
    "GLB_EXTRA_DATA": "data after the end",
    "GLB_UNKNOWN_CHUNK_TYPE": "a chunk of an unknown type",
}
_INFOS = {
    "EXTRA_PROPERTY": "a property without effect",
    "KHR_MATERIALS_IRIDESCENCE_THICKNESS_RANGE_WITHOUT_TEXTURE": "a least thickness without a "
    "thickness texture",
    "KHR_MATERIALS_IRIDESCENCE_THICKNESS_TEXTURE_UNUSED": "a thickness texture over no range",
    "NODE_EMPTY": "a node without anything",
    "NODE_MATRIX_DEFAULT": "a matrix that moves nothing",
    "NODE_SKINNED_MESH_NON_ROOT": "a skinned mesh below another node",
    "NON_OBJECT_EXTRAS": "extras that are no object",
    "INCOMPLETE_EXTENSION_SUPPORT": "an extension that is checked in part",
    "UNSUPPORTED_EXTENSION": "an extension that is not checked",
    "UNUSED_MESH_TANGENT": "tangents that the material does not need",
    "UNUSED_MESH_WEIGHTS": "weights of a mesh that every node overrides",
    "UNUSED_OBJECT": "something that nothing refers to",
    "ACCESSOR_INDEX_TRIANGLE_DEGENERATE": "triangles that name a vertex twice",
    "IMAGE_NPOT_DIMENSIONS": "an image whose sides are no powers of two",
    "URI_GLB": "a URI in a GLB",
    "GLB_EMPTY_BIN_CHUNK": "an empty binary chunk",
}
_HINTS = {"BUFFER_VIEW_TARGET_MISSING": "a buffer view that does not say what it is for"}

GLTF_CODES: dict[str, GltfCode] = {
    code: GltfCode(level, title)
    for level, titles in (
        (Level.ERROR, _ERRORS),
        (Level.WARNING, _WARNINGS),
        (Level.INFO, _INFOS),
        (Level.HINT, _HINTS),
    )
    for code, title in titles.items()
}
