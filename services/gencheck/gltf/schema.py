"""Objects of the JSON held to tables: members, what must be there, extensions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from gencheck.gltf.kinds import Index, Kind, Object, Reading, is_list, mismatch
from gencheck.gltf.log import Log, join

KNOWN_EXTENSIONS = frozenset(
    [
        "EXT_texture_webp",
        "KHR_animation_pointer",
        "KHR_lights_punctual",
        "KHR_materials_anisotropy",
        "KHR_materials_clearcoat",
        "KHR_materials_dispersion",
        "KHR_materials_emissive_strength",
        "KHR_materials_ior",
        "KHR_materials_iridescence",
        "KHR_materials_pbrSpecularGlossiness",
        "KHR_materials_sheen",
        "KHR_materials_specular",
        "KHR_materials_transmission",
        "KHR_materials_unlit",
        "KHR_materials_variants",
        "KHR_materials_volume",
        "KHR_mesh_quantization",
        "KHR_node_visibility",
        "KHR_texture_transform",
    ]
)

# These replace the metallic-roughness model, so that what builds on it has nothing to build on.
ALONE = frozenset(["KHR_materials_pbrSpecularGlossiness", "KHR_materials_unlit"])

Check: TypeAlias = Callable[[Object, Object, str, Log], None]
"""Is given the members that were good, all members as they are, the pointer, and the log."""


@dataclass(frozen=True, slots=True)
class Shape(Kind):
    """An object: its members, those it must have, and what the members say about each other.

    Attributes:
        extensions: known extensions that may stand here.
        idle: of an object as it is, the members that mean nothing beside the others.
        refers: whether an object, as far as it is good, is whole enough to refer to others.
        needs_root: an extension that the document must have for this object to mean anything.
    """

    name: str
    members: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    extensions: Mapping[str, Shape] = field(default_factory=dict)
    idle: Callable[[Object], Collection[str]] | None = None
    refers: Callable[[Object], bool] | None = None
    needs_root: str = ""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not isinstance(value, dict):
            mismatch(reading, at, value, "an object")
            return None
        known = len(reading.references)
        result = self._read_members(value, at, reading)
        for name in self.required:
            if value.get(name) is None:
                reading.log.add("UNDEFINED_PROPERTY", at, name)
        if self.needs_root and self.needs_root not in reading.of_root:
            reading.log.add("UNSATISFIED_DEPENDENCY", at, f"/extensions/{self.needs_root}")
            del reading.references[known:]  # what it names has no meaning
            return {}
        if self.refers is not None and not self.refers(result):
            del reading.references[known:]
        for check in self.checks:
            check(result, value, at, reading.log)
        return result

    def _read_members(self, value: Object, at: str, reading: Reading) -> Object:
        """The members that are good; the indices among them are kept for later."""
        result: Object = {}
        idle = () if self.idle is None else self.idle(value)
        for name, entry in value.items():
            kind = self.members.get(name)
            if kind is None:
                self._read_other(name, entry, at, result, reading)
            elif name not in idle:
                here = f"{at}/{name}"
                good = kind.read(entry, here, reading)
                if good is not None:
                    result[name] = good
                    if isinstance(kind, Index):
                        reading.references.append((kind, good, here, result, name))
        return result

    def _read_other(self, name: str, entry: Any, at: str, result: Object, reading: Reading) -> None:
        """What every object may have, and what none has."""
        here = join(at, name)
        if name == "extensions":
            result[name] = read_extensions(entry, here, self.extensions, reading)
        elif name == "extras":
            result[name] = entry
            if entry is not None and not isinstance(entry, dict):
                reading.log.add("NON_OBJECT_EXTRAS", here)
        else:
            reading.log.add("UNEXPECTED_PROPERTY", here)


@dataclass(frozen=True, slots=True)
class Shapes(Kind):
    """A list of objects; ``None`` where one of them is none.

    Lists of the document itself have ``None`` in place of one that is none, so that indices hold.
    """

    shape: Shape

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_list(value, at, reading):
            return None
        if at.count("/") > 1:
            strangers = [entry for entry in value if not isinstance(entry, dict)]
            for entry in strangers:
                reading.log.add("ARRAY_TYPE_MISMATCH", at, entry)
            if strangers:
                return None
        read = self.shape.read
        return [read(entry, f"{at}/{i}", reading) for i, entry in enumerate(value)]


def read_extensions(
    value: Any, at: str, known_here: Mapping[str, Shape], reading: Reading
) -> Object:
    """The extensions of an object: those known here are read, of others their presence is kept."""
    if not isinstance(value, dict):
        mismatch(reading, at, value, "an object")
        return {}
    result: Object = {}
    for name, entry in value.items():
        here = join(at, name)
        if not isinstance(entry, dict):
            mismatch(reading, here, entry, "an object")
        if name not in reading.used:
            reading.log.add("UNDECLARED_EXTENSION", here)
        if name not in reading.used or name not in KNOWN_EXTENSIONS:
            result[name] = None  # it may stand for anything
        elif name in known_here:
            if name in ALONE and len(value) > 1:
                others = ", ".join(other for other in value if other != name)
                reading.log.add("MULTIPLE_EXTENSIONS", here, others)
            thing = entry if isinstance(entry, dict) else {}
            result[name] = known_here[name].read(thing, here, reading)
        else:
            reading.log.add("UNEXPECTED_EXTENSION_OBJECT", here)
    return result
