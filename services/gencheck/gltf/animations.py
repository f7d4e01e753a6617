"""Animations: what channels move, and what samplers give them (glTF 2.0, 3.11)."""

from __future__ import annotations

from dataclasses import dataclass, field

from gencheck.gltf.document import Document
from gencheck.gltf.elements import format_name, format_of
from gencheck.gltf.formats import OUTPUTS, TIMES
from gencheck.gltf.kinds import Object
from gencheck.gltf.objects import NO_INTERPOLATION
from gencheck.gltf.views import Views

_POINTER = "KHR_animation_pointer"


@dataclass(frozen=True, slots=True)
class Times:
    """An accessor of times of keyframes, and where it is used."""

    accessor: int
    pointer: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """An accessor of quaternions: where, and whether each stands between two tangents."""

    accessor: int
    pointer: str
    cubic: bool


@dataclass(frozen=True, slots=True)
class Keyframes:
    """What the numbers of animations are checked for."""

    times: list[Times] = field(default_factory=list)
    rotations: list[Rotation] = field(default_factory=list)


def check_animations(document: Document, views: Views) -> Keyframes:
    """All rules of animations. Returns what holds times and quaternions."""
    found = Keyframes()
    for index, animation in document.all("animations"):
        if "channels" in animation and "samplers" in animation:
            part = _Animation(document, views, animation, f"/animations/{index}").check()
            found.times.extend(part.times)
            found.rotations.extend(part.rotations)
    return found


class _Animation:
    """Checks one animation that has channels and samplers."""

    def __init__(self, document: Document, views: Views, animation: Object, at: str) -> None:
        self._document = document
        self._views = views
        self._log = document.log
        self._samplers: list[Object] = animation["samplers"]
        self._channels: list[Object] = animation["channels"]
        self._at = at
        self._used: set[int] = set()
        self._found = Keyframes()

    def check(self) -> Keyframes:
        for index, sampler in enumerate(self._samplers):
            self._check_sampler(sampler, f"{self._at}/samplers/{index}")
        for index, channel in enumerate(self._channels):
            self._check_channel(channel, f"{self._at}/channels/{index}")
        for index in range(len(self._samplers)):
            if index not in self._used:
                self._log.add("UNUSED_OBJECT", f"{self._at}/samplers/{index}")
        return self._found

    def _check_sampler(self, sampler: Object, at: str) -> None:
        for name in ("input", "output"):
            accessor = self._document.get("accessors", sampler.get(name))
            if accessor is None:
                continue
            self._views.use(sampler[name], f"animation {name}", "other", f"{at}/{name}")
            if self._views.has_stride(accessor):
                self._log.add("ANIMATION_SAMPLER_ACCESSOR_WITH_BYTESTRIDE", f"{at}/{name}")
            if name == "input":
                self._check_input(sampler, accessor, f"{at}/input")

    def _check_input(self, sampler: Object, accessor: Object, at: str) -> None:
        if format_of(accessor) not in TIMES:
            code = "ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, format_name(accessor))
        else:
            self._found.times.append(Times(sampler["input"], at))
        if not ("min" in accessor and "max" in accessor):
            self._log.add("ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS", at)
        if sampler.get("interpolation") == "CUBICSPLINE" and accessor.get("count", -1) < 2:
            code = "ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS"
            self._log.add(code, at, f"{accessor.get('count', 'none')} of 2")

    def _check_channel(self, channel: Object, at: str) -> None:
        target: Object = channel.get("target") or {}
        node = self._document.get("nodes", target.get("node"))
        if node is not None:
            self._check_target(target, node, f"{at}/target")
        number = channel.get("sampler")
        if number is None:
            return
        if number < len(self._samplers):
            self._used.add(number)
            self._check_output(self._samplers[number], target, node, f"{at}/sampler")
        else:
            self._log.add("UNRESOLVED_REFERENCE", f"{at}/sampler", number)

    def _check_target(self, target: Object, node: Object, at: str) -> None:
        path = target.get("path")
        if (target.get("extensions") or {}).get(_POINTER) is not None:
            code = "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_NODE"
            self._log.add(code, f"{at}/extensions/{_POINTER}")
        moves = path in ("translation", "rotation", "scale")
        if moves and "matrix" in node:
            self._log.add("ANIMATION_CHANNEL_TARGET_NODE_MATRIX", at)
        if moves and "skin" in node:
            self._log.add("ANIMATION_CHANNEL_TARGET_NODE_SKIN", f"{at}/path")
        if path == "weights" and not self._morphs(node):
            self._log.add("ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS", at)

    def _morphs(self, node: Object) -> int:
        """Morph targets of the mesh of a node."""
        mesh = self._document.get("meshes", node.get("mesh")) or {}
        primitives = mesh.get("primitives")
        return len(primitives[0].get("targets") or ()) if primitives else 0

    def _check_output(self, sampler: Object, target: Object, node: Object | None, at: str) -> None:
        path = target.get("path")
        output = self._document.get("accessors", sampler.get("output"))
        times = self._document.get("accessors", sampler.get("input"))
        if output is None:
            return
        interpolation = sampler.get("interpolation", "LINEAR")
        if path == "rotation":
            cubic = interpolation == "CUBICSPLINE"
            self._found.rotations.append(Rotation(sampler["output"], at, cubic))
        if path not in OUTPUTS:
            return
        if format_of(output) not in OUTPUTS[path]:
            code = "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT"
            self._log.add(code, at, f"{format_name(output)} for {path}")
        if times is None or "count" not in times or "count" not in output:
            return
        expected = times["count"] * (3 if interpolation == "CUBICSPLINE" else 1)
        if path == "weights":
            expected *= self._morphs(node or {})
        if interpolation != NO_INTERPOLATION and expected and output["count"] != expected:
            code = "ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT"
            self._log.add(code, at, f"{output['count']}, not {expected}")
