"""What the numbers in accessors must be: bounds, and what each use asks for (glTF 2.0, 3.6)."""

from __future__ import annotations

import numpy as np

from gencheck.gltf.animations import Rotation
from gencheck.gltf.arrays import Array, Arrays
from gencheck.gltf.attributes import Attributes
from gencheck.gltf.document import Document
from gencheck.gltf.kinds import Object
from gencheck.gltf.resources import Resources
from gencheck.gltf.transforms import UNIT_TOLERANCE


class Data:
    """Checks the numbers of all accessors."""

    def __init__(self, document: Document, resources: Resources) -> None:
        self._document = document
        self._log = document.log
        self._arrays = Arrays(document, resources)

    def check(self, rotations: list[Rotation]) -> None:
        """Bounds of all accessors first, then each by what it is used for."""
        with np.errstate(all="ignore"):  # NaN and what overflows are what is looked for
            self._check_all(rotations)

    def _check_all(self, rotations: list[Rotation]) -> None:
        for index, accessor in self._document.all("accessors"):
            values = self._arrays.get(index)
            if values is not None:
                self._check_floats(values, f"/accessors/{index}")
                self._check_bounds(accessor, values, f"/accessors/{index}")
        self._check_skins()
        self._check_times()
        for rotation in rotations:
            self._check_rotation(rotation)
        Attributes(self._document, self._arrays).check()

    def _check_floats(self, values: Array, at: str) -> None:
        if values.dtype.kind != "f":
            return
        if bool(np.isfinite(values.sum(dtype=np.float64))):
            return  # one NaN or infinity would have spread; a sum of floats cannot reach infinity
        flat = values.reshape(-1)
        bad = np.flatnonzero(~np.isfinite(flat))
        self._log.add_each("ACCESSOR_INVALID_FLOAT", at, bad.tolist(), lambda i: f"{flat[i]}")

    def _check_bounds(self, accessor: Object, values: Array, at: str) -> None:
        for name in ("min", "max"):
            if name not in accessor:
                continue
            for i, declared in enumerate(accessor[name]):
                column = values[:, i]  # a reduction over axis 0 takes a hundred times as long
                found = column.min() if name == "min" else column.max()
                wanted = values.dtype.type(declared)
                if wanted == found or np.isnan(found):
                    continue
                here, text = f"{at}/{name}/{i}", f"{declared} declared, {found} found"
                self._log.add(f"ACCESSOR_{name.upper()}_MISMATCH", here, text)
                beyond = column < wanted if name == "min" else column > wanted
                if number := int(np.count_nonzero(beyond)):
                    code = f"ACCESSOR_ELEMENT_OUT_OF_{name.upper()}_BOUND"
                    self._log.add(code, here, f"{number} elements")

    def _check_skins(self) -> None:
        """The last row of an inverse bind matrix is 0 0 0 1 (3.7.3.1)."""
        for index, skin in self._document.all("skins"):
            values = self._arrays.get(skin.get("inverseBindMatrices"))
            if values is None or values.shape[1] != 16:
                continue
            wrong = values[:, 3::4] != np.array([0, 0, 0, 1], values.dtype)
            flat = (np.flatnonzero(wrong) // 4 * 16 + np.flatnonzero(wrong) % 4 * 4 + 3).tolist()
            at = f"/skins/{index}/inverseBindMatrices"
            numbers = values.reshape(-1)
            self._log.add_each("ACCESSOR_INVALID_IBM", at, flat, lambda i: f"{numbers[i]}")  # noqa: B023

    def _check_times(self) -> None:
        """Times of keyframes rise from 0 (3.11)."""
        seen: set[int] = set()
        for index, animation in self._document.all("animations"):
            for i, sampler in enumerate(animation.get("samplers") or ()):
                accessor: int = (sampler or {}).get("input", -1)
                values = self._arrays.get(accessor)
                if values is None or accessor in seen or values.shape[1] != 1:
                    continue
                seen.add(accessor)
                self._check_rising(values[:, 0], f"/animations/{index}/samplers/{i}/input")

    def _check_rising(self, times: Array, at: str) -> None:
        negative = np.flatnonzero(times < 0)
        self._log.add_each(
            "ACCESSOR_ANIMATION_INPUT_NEGATIVE", at, negative.tolist(), lambda i: f"{times[i]}"
        )
        before = np.maximum(times[:-1], 0)  # one before the start is told already
        falling = np.flatnonzero(times[1:] <= before) + 1
        self._log.add_each(
            "ACCESSOR_ANIMATION_INPUT_NON_INCREASING",
            at,
            falling.tolist(),
            lambda i: f"{times[i]} after {before[i - 1]}",
        )

    def _check_rotation(self, rotation: Rotation) -> None:
        """Quaternions of keyframes have unit length; tangents of splines need not (3.11)."""
        values = self._arrays.get(rotation.accessor)
        if values is None or values.shape[1] != 4:
            return
        first, step = (1, 3) if rotation.cubic else (0, 1)
        keys = values[first::step].astype(np.float64)
        lengths = np.sqrt((keys * keys).sum(1))
        bad = np.flatnonzero(np.abs(lengths - 1) > UNIT_TOLERANCE)
        self._log.add_each(
            "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION",
            rotation.pointer,
            bad.tolist(),
            lambda i: f"length {lengths[i]:.6g}",
        )
