"""Where the Khronos validator and gencheck differ and gencheck is right: one table, with reasons.

Everything else is a difference to be looked into. The release of npm is 2.0.0-dev.3.10; "HEAD" is
the state of github.com/KhronosGroup/glTF-Validator whose ISSUES.md and reports the suite has. The
sections are those of the glTF 2.0.1 specification.
"""

from __future__ import annotations

import base64
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gltf_mutants import Asset, document_of
from khronos import Key


@dataclass
class Difference:
    """What both say of one asset, beyond what they agree on; rules take away what they know."""

    asset: Asset
    theirs: Counter[Key]
    ours: Counter[Key]

    def __post_init__(self) -> None:
        self.document: Any = document_of(self.asset)

    def drop(self, code: str, where: str = "", *, theirs: bool = False) -> bool:
        """Take away what one side says of a code, at places that match; whether it said any."""
        side = self.theirs if theirs else self.ours
        found = [key for key in side if re.fullmatch(code, key[0]) and re.search(where, key[2])]
        for key in found:
            del side[key]
        return bool(found)

    def says(self, code: str, *, theirs: bool = False) -> bool:
        """Whether one side says a code that the other does not, at some place."""
        return any(key[0] == code for key in (self.theirs if theirs else self.ours))


@dataclass(frozen=True)
class Known:
    """One known difference: the rule takes it away and says whether it was there."""

    reason: str
    rule: Callable[[Difference], bool]


def _severity(found: Difference) -> bool:
    moved = [key for key in found.theirs if key[:2] == ("NODE_SKINNED_MESH_NON_ROOT", 1)]
    for code, severity, where in moved:
        if found.ours.pop((code, 2, where), 0):
            del found.theirs[(code, severity, where)]
    above = found.drop("NODE_SKINNED_MESH_PARENT_TRANSFORMS")
    return bool(moved) or above


def _absolute(found: Difference) -> bool:
    return found.drop("IO_ERROR", r"/uri$", theirs=True)


def _place_of_images(found: Difference) -> bool:
    code, changed = "IMAGE_MIME_TYPE_INVALID", False
    for key in [key for key in found.theirs if key[0] == code]:
        if found.ours.pop((code, 0, key[2].rpartition("/")[0]), 0):
            del found.theirs[key]
            changed = True
    return changed


def _stale_path(found: Difference) -> bool:
    """A pointer that names nothing, where ours, without a part of it, names something."""
    document = found.document
    if document is None or not any(_channels_without_samplers(document)):
        return False
    changed = False
    for key in [key for key in found.theirs.elements() if not _names(document, key[2])]:
        same = [k for k in found.ours if k[0] == key[0] and _is_within(k[2], key[2])]
        if same:
            # At its place now; if anything else differs, another rule must know it.
            moved = Counter([(key[0], key[1], same[0][2])])
            theirs = found.theirs - Counter([key]) + moved
            found.theirs, found.ours = theirs - found.ours, found.ours - theirs
            changed = True
    return changed


def _names(document: Any, pointer: str) -> bool:
    value = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return False
    return True


def _is_within(ours: str, theirs: str) -> bool:
    """Whether one pointer is another without some names in it."""
    parts = iter(theirs.split("/"))
    return ours != theirs and all(name in parts for name in ours.split("/"))


def _channels_without_samplers(document: Any) -> Iterator[bool]:
    for animation in _objects(document.get("animations")):
        for channel in _objects(animation.get("channels")):
            sampler = channel.get("sampler")
            number = isinstance(sampler, int | float) and not isinstance(sampler, bool)
            yield not (number and sampler >= 0 and sampler == int(sampler))


def _objects(value: Any) -> list[Any]:
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _common_roots(found: Difference) -> bool:
    changed = False
    for key in [key for key in found.ours if key[0] == "SKIN_NO_COMMON_ROOT"]:
        skin = _entry(found.document, "skins", int(key[2].split("/")[2]))
        joints, nodes = skin.get("joints", []), found.document.get("nodes")
        if len(joints) > 2 and isinstance(nodes, list) and len(_tops(nodes, joints)) > 1:
            del found.ours[key]
            found.drop("SKIN_SKELETON_INVALID", key[2].rpartition("/")[0])
            found.drop("NODE_SKIN_NO_SCENE", theirs=True)
            changed = True
    return changed


def _tops(nodes: list[Any], joints: list[int]) -> set[int]:
    """The topmost ancestors of all joints that are there."""
    parents: dict[Any, int] = {}
    for index, node in enumerate(nodes):
        children = node.get("children") if isinstance(node, dict) else None
        for child in children if isinstance(children, list) else ():
            if isinstance(child, int):
                parents[child] = index
    tops = set()
    for joint in joints:
        if not isinstance(joint, int) or not 0 <= joint < len(nodes):
            continue
        top, seen = joint, {joint}
        while (above := parents.get(top)) is not None and above not in seen:
            top = above
            seen.add(top)
        tops.add(top)
    return tops


def _empty_last_chunk(found: Difference) -> bool:
    data = found.asset.data
    ends = found.asset.packed and len(data) >= 20 and data[-8:-4] == bytes(4)
    return ends and (
        found.drop("GLB_LENGTH_MISMATCH")
        | found.drop("BUFFER_MISSING_GLB_DATA")
        | found.drop("BUFFER_BYTE_LENGTH_MISMATCH")
    )


def _cut_json(found: Difference) -> bool:
    data = found.asset.data
    if not found.asset.packed or len(data) < 20:
        return False
    cut = struct.unpack_from("<I", data, 12)[0] > len(data) - 20
    if not (cut and found.drop("INVALID_JSON", theirs=True)):
        return False
    found.drop("GLB_UNEXPECTED_END_OF_CHUNK_DATA")
    return True


def _first_byte(found: Difference) -> bool:
    data = found.asset.data
    if found.asset.packed or data[:1] != b"\xef" or data[:3] == b"\xef\xbb\xbf":
        return False
    return found.drop("INVALID_JSON", theirs=True)


def _influences(found: Difference) -> bool:
    """Whether a primitive has joints or weights of another type than VEC4, or at no place."""
    document = found.document if isinstance(found.document, dict) else {}
    odd = False
    for mesh in _objects(document.get("meshes")):
        for primitive in _objects(mesh.get("primitives")):
            attributes = primitive.get("attributes")
            for name, index in attributes.items() if isinstance(attributes, dict) else ():
                if name.startswith(("JOINTS_", "WEIGHTS_")):
                    accessor = _entry(document, "accessors", index)
                    odd |= accessor.get("type", "VEC4") != "VEC4" or not _has_offset(accessor)
    where = r"/(JOINTS|WEIGHTS)_\d+$"
    return odd and found.drop(r"ACCESSOR_\w+", where, theirs=True)


def _has_offset(accessor: Any) -> bool:
    offset = accessor.get("byteOffset", 0)
    return isinstance(offset, int) and offset >= 0


def _beyond_doubles(found: Difference) -> bool:
    """Whether an offset is larger than the integers that a double holds exactly."""
    document = found.document if isinstance(found.document, dict) else {}
    things = _objects(document.get("accessors")) + _objects(document.get("bufferViews"))
    offsets = [thing.get("byteOffset") for thing in things]
    large = any(isinstance(o, int | float) and o > 2**53 for o in offsets)
    return large and found.drop("ACCESSOR_TOTAL_OFFSET_ALIGNMENT")


def _last_bits(found: Difference) -> bool:
    """Whether base64 ends in bits that are not zero, which ends the reading of the document."""
    if found.document is None or not found.says("INVALID_JSON", theirs=True):
        return False
    uris = [
        thing["uri"].partition(";base64,")[2]
        for name in ("buffers", "images")
        for thing in _objects(found.document.get(name))
        if isinstance(thing.get("uri"), str)
    ]
    for body in uris:
        padded = body + "=" * (-len(body) % 4)
        try:
            if base64.b64encode(base64.b64decode(padded, validate=True)).decode() != padded:
                found.theirs.clear()
                found.ours.clear()
                return True
        except ValueError:
            continue
    return False


def _entry(document: Any, name: str, index: Any) -> Any:
    """An object of a list of the document; an empty one where there is none."""
    entries = document.get(name)
    if not isinstance(entries, list) or not isinstance(index, int):
        return {}
    known = 0 <= index < len(entries) and isinstance(entries[index], dict)
    return entries[index] if known else {}


def _image_headers(found: Difference) -> bool:
    where = [key[2] for key in found.ours if key[0] == "IMAGE_DATA_INVALID"]
    for place in where:
        found.drop("IMAGE_DATA_INVALID", f"^{place}$")
        for code in ("IMAGE_NON_ENABLED_MIME_TYPE", "IMAGE_NPOT_DIMENSIONS"):
            found.drop(code, f"^{place}$", theirs=True)
    return bool(where)


def _shear(found: Difference) -> bool:
    """Whether a matrix has axes that are not at right angles, in exact arithmetic."""
    changed = False
    for code, severity, where in list(found.ours):
        if code != "NODE_MATRIX_NON_TRS":
            continue
        matrix = found.document["nodes"][int(where.split("/")[2])]["matrix"]
        axes = [matrix[0:3], matrix[4:7], matrix[8:11]]
        for a, b in ((0, 1), (0, 2), (1, 2)):
            dot = sum(x * y for x, y in zip(axes[a], axes[b], strict=True))
            size = sum(x * x for x in axes[a]) * sum(x * x for x in axes[b])
            if dot * dot > 1e-8 * size:
                found.ours.pop((code, severity, where), None)
                changed = True
    return changed


def _told_twice(found: Difference) -> bool:
    keys = [
        key
        for key, times in found.theirs.items()
        if key[0] == "BUFFER_VIEW_TARGET_OVERRIDE"
        and times == 1
        and re.fullmatch(r"/animations/\d+/samplers/\d+/output", key[2])
    ]
    for key in keys:
        del found.theirs[key]
    return bool(keys)


KNOWN = {
    "path behind channels without a sampler": Known(
        "the number of a channel without a sampler stays in the path of what is told after it, so "
        "that the pointer names nothing (RFC 6901, 4)",
        _stale_path,
    ),
    "severity of skinned meshes below others": Known(
        "ISSUES.md of HEAD: NODE_SKINNED_MESH_NON_ROOT is for information, and transforms above "
        "are NODE_SKINNED_MESH_PARENT_TRANSFORMS; in the release the former is a warning",
        _severity,
    ),
    "absolute URIs": Known(
        "the library asks its caller for absolute URIs too; reports of the suite "
        "(base/data/buffer/non_relative_uri) are by the program, which does not read them",
        _absolute,
    ),
    "place of an image": Known(
        "reports of HEAD give IMAGE_MIME_TYPE_INVALID the pointer of the image; the release that "
        "of its uri or bufferView",
        _place_of_images,
    ),
    "common roots of three and more joints": Known(
        "where two joints have no common root, the third begins anew; 3.7.3.2 wants one above all",
        _common_roots,
    ),
    "an empty chunk at the end": Known(
        "an empty chunk at the end of the file ends the reading, before length (4.4.2) and buffers "
        "(3.6.1) are looked at",
        _empty_last_chunk,
    ),
    "JSON that is cut off": Known(
        "a JSON chunk that the file cuts off is read as far as it goes; by 4.4.3 it is no chunk",
        _cut_json,
    ),
    "a byte that begins a byte order mark": Known(
        "the byte EF alone is taken for the mark EF BB BF (RFC 3629, 6)", _first_byte
    ),
    "joints and weights that cannot be read": Known(
        "numbers of another type than VEC4 are read in a row, across vertices, and what comes "
        "before a set without data is looked at; 3.7.3.3 has VEC4 only, for all vertices",
        _influences,
    ),
    "offsets that no double holds": Known(
        "sums of such offsets lose their last bits; in exact arithmetic they are not aligned "
        "(3.6.2.4)",
        _beyond_doubles,
    ),
    "last bits of base64": Known(
        "data whose last bits are not zero (RFC 4648, 3.5) are told as invalid JSON, which it is "
        "not, and nothing more is told",
        _last_bits,
    ),
    "damaged image headers": Known(
        "signatures and sizes in headers are not looked at (RFC 9649, 2.5 and 3.4; PNG, 11.2.1)",
        _image_headers,
    ),
    "shear": Known(
        "only the norms of a matrix and of its recomposition are compared, so that some shear "
        "passes; 3.5.3 wants a matrix that decomposes",
        _shear,
    ),
    "output of samplers told twice": Known(
        "the buffer view of an output is claimed twice, so that an override is told twice",
        _told_twice,
    ),
}

CRASHES = {
    r"method not found: '\w+' on null": "an entry of a list of the document is no object; both say "
    "TYPE_MISMATCH, then the validator ends (3.2: all entries are objects)",
    r"is not a subtype of type": "joints that are floats (3.7.3.3)",
    r"Future already completed": "pixels of a PNG before its IHDR (PNG, 5.6)",
    r"start offset of \w+ should be a multiple": "sparse indices that are not aligned (3.6.2.4)",
    r"[Ss]tart offset -1 is outside": "an offset that is none (5.1.2)",
}


def explain(found: Difference) -> list[str]:
    """The names of the known differences, which are taken away from what was found."""
    return [name for name, known in KNOWN.items() if known.rule(found)]
