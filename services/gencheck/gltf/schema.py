"""Objects of the JSON held to tables: members, what must be there, extensions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

Check: TypeAlias = Callable[[Object, str, Log], None]


@dataclass(frozen=True, slots=True)
class Shape(Kind):
    """An object: its members, those it must have, and what the members say about each other.

    Attributes:
        extensions: known extensions that may stand here.
        one_of: exactly one of these must be there.
        checks: called with the members that were good, and the pointer.
        needs_root: an extension that the document must have for this object to mean anything.
    """

    name: str
    members: Mapping[str, Kind]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    extensions: Mapping[str, Shape] = field(default_factory=dict)
    needs_root: str = ""

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not isinstance(value, dict):
            mismatch(reading, at, value, "an object")
            return None
        log = reading.log
        result: Object = {}
        known = len(reading.references)
        for name, entry in value.items():
            kind = self.members.get(name)
            if kind is not None:
                good = kind.read(entry, f"{at}/{name}", reading)
                if good is not None:
                    result[name] = good
                    if isinstance(kind, Index):
                        reading.refer(kind, good, f"{at}/{name}", result, name)
            elif name == "extensions":
                result[name] = read_extensions(entry, join(at, name), self.extensions, reading)
                result["extended"] = isinstance(entry, dict) and bool(entry)
            elif name == "extras":
                result[name] = entry
                if not isinstance(entry, dict):
                    log.add("NON_OBJECT_EXTRAS", join(at, name))
            else:
                log.add("UNEXPECTED_PROPERTY", join(at, name))
        self._check_presence(value, result, at, log)
        if self.needs_root and self.needs_root not in reading.of_root:
            log.add("UNSATISFIED_DEPENDENCY", at, f"/extensions/{self.needs_root}")
            del reading.references[known:]  # what it names has no meaning
        for check in self.checks:
            check(result, at, log)
        return result

    def _check_presence(self, value: Object, read: Object, at: str, log: Log) -> None:
        for name in self.required:
            if value.get(name) is None:
                log.add("UNDEFINED_PROPERTY", at, name)
        if self.one_of and sum(name in read for name in self.one_of) != 1:
            log.add("ONE_OF_MISMATCH", at, ", ".join(self.one_of))


@dataclass(frozen=True, slots=True)
class Shapes(Kind):
    """A list of objects, of which those that are none become ``None``."""

    shape: Shape

    def read(self, value: Any, at: str, reading: Reading) -> Any:
        """See :class:`Kind`."""
        if not is_list(value, at, reading):
            return None
        read = self.shape.read
        if at.count("/") > 1:  # lists of the document itself say it of the entry
            for entry in value:
                if not isinstance(entry, dict):
                    reading.log.add("ARRAY_TYPE_MISMATCH", at, entry)
            value = [entry if isinstance(entry, dict) else None for entry in value]
        return [
            None if entry is None and at.count("/") > 1 else read(entry, f"{at}/{i}", reading)
            for i, entry in enumerate(value)
        ]


def read_extensions(
    value: Any, at: str, known_here: Mapping[str, Shape], reading: Reading
) -> Object:
    """The extensions of an object: those known here are read, the others kept as they are."""
    if not isinstance(value, dict):
        mismatch(reading, at, value, "an object")
        return {}
    result: Object = {}
    for name, entry in value.items():
        here = join(at, name)
        if name not in reading.used:
            reading.log.add("UNDECLARED_EXTENSION", here)
            if name not in KNOWN_EXTENSIONS:
                result[name] = {}  # it may stand for anything
            continue
        if not isinstance(entry, dict):
            mismatch(reading, here, entry, "an object")
        thing = entry if isinstance(entry, dict) else {}
        if name in known_here:
            result[name] = known_here[name].read(thing, here, reading)
        else:
            result[name] = thing
            if name in KNOWN_EXTENSIONS:
                reading.log.add("UNEXPECTED_EXTENSION_OBJECT", here)
    return result
