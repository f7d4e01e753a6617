"""What the numbers in accessors must be: bounds, and what each use asks for (glTF 2.0, 3.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gencheck.gltf.animations import Keyframes, Rotation
from gencheck.gltf.arrays import Array, Arrays
from gencheck.gltf.attributes import Attributes
from gencheck.gltf.document import Document
from gencheck.gltf.kinds import Object
from gencheck.gltf.resources import Resources
from gencheck.gltf.transforms import QUATERNION_TOLERANCE, as_shares

_ROWS = 1024


class Data:
    """Checks the numbers of all accessors."""

    def __init__(self, document: Document, resources: Resources) -> None:
        self._document = document
        self._log = document.log
        self._arrays = Arrays(document, resources)

    def check(self, keyframes: Keyframes) -> None:
        """Bounds of all accessors first, then each by what it is used for."""
        with np.errstate(all="ignore"):  # NaN and what overflows are what is looked for
            self._check_all(keyframes)

    def _check_all(self, keyframes: Keyframes) -> None:
        for index, accessor in self._document.all("accessors"):
            self._check_sparse(accessor, f"/accessors/{index}/sparse")
            values = self._arrays.get(index)
            if values is not None:
                self._check_floats(values, f"/accessors/{index}")
                self._check_bounds(accessor, values, f"/accessors/{index}")
        self._check_skins()
        self._check_times(keyframes)
        self._check_rotations(keyframes.rotations)
        Attributes(self._document, self._arrays).check()

    def _check_sparse(self, accessor: Object, at: str) -> None:
        indices = self._arrays.sparse_indices(accessor)
        if indices is None:
            return
        count = accessor["count"]
        self._log.add_each(
            "ACCESSOR_SPARSE_INDEX_OOB",
            at,
            np.flatnonzero(indices >= count),
            lambda i: f"index {indices[i]} of {count}",
        )
        self._log.add_each(
            "ACCESSOR_SPARSE_INDICES_NON_INCREASING",
            at,
            np.flatnonzero(np.diff(indices) <= 0) + 1,
            lambda i: f"{indices[i]} after {indices[i - 1]}",
        )

    def _check_floats(self, values: Array, at: str) -> None:
        if values.dtype.kind != "f":
            return
        columns = [values.reshape(-1)] if values.flags.c_contiguous else values.T
        if all(np.isfinite(c.min()) and np.isfinite(c.max()) for c in columns):
            return
        flat = values.reshape(-1)
        bad = np.flatnonzero(~np.isfinite(flat))
        self._log.add_each("ACCESSOR_INVALID_FLOAT", at, bad, lambda i: f"{flat[i]}")

    def _check_bounds(self, accessor: Object, values: Array, at: str) -> None:
        for name, extreme in (("min", np.minimum), ("max", np.maximum)):
            if name not in accessor:
                continue
            extremes = _extremes(values, extreme)
            for i, declared in enumerate(accessor[name] or ()):
                column, found = values[:, i], extremes[i]
                if np.isnan(found) and not np.isnan(column[0]):
                    # NaN behind the first are passed over, which takes five times as long.
                    found = (np.fmin if name == "min" else np.fmax).reduce(column)
                wanted = values.dtype.type(declared)
                if wanted == found:
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
            if values is None or values.shape[1] != 16 or values.dtype.kind != "f":
                continue
            wrong = np.flatnonzero(values[:, 3::4] != np.array([0, 0, 0, 1], values.dtype))
            at, numbers = f"/skins/{index}/inverseBindMatrices", values.reshape(-1)
            flat = wrong // 4 * 16 + wrong % 4 * 4 + 3
            self._log.add_each("ACCESSOR_INVALID_IBM", at, flat, lambda i: f"{numbers[i]}")  # noqa: B023

    def _check_times(self, keyframes: Keyframes) -> None:
        """Times of keyframes rise from 0 (3.11)."""
        known: dict[int, tuple[NDArray[np.intp], NDArray[np.intp]]] = {}
        for use in keyframes.times:
            values = self._arrays.get(use.accessor)
            if values is None:
                continue
            times = values[:, 0]
            if use.accessor not in known:
                known[use.accessor] = (np.flatnonzero(times < 0), _falling(times))
            for code, bad in zip(
                ("ACCESSOR_ANIMATION_INPUT_NEGATIVE", "ACCESSOR_ANIMATION_INPUT_NON_INCREASING"),
                known[use.accessor],
                strict=True,
            ):
                self._log.add_each(code, use.pointer, bad, _told(times))

    def _check_rotations(self, rotations: list[Rotation]) -> None:
        """Quaternions of keyframes have unit length; tangents of splines need not (3.11)."""
        known: dict[tuple[int, bool], tuple[NDArray[np.intp], Array]] = {}
        for use in rotations:
            values = self._arrays.get(use.accessor)
            if values is None or values.shape[1] != 4:
                continue
            key = (use.accessor, use.cubic)
            if key not in known:
                accessor = self._document.get("accessors", use.accessor) or {}
                first, step = (1, 3) if use.cubic else (0, 1)
                keys = as_shares(values[first::step], normalized=accessor.get("normalized", False))
                lengths = np.sqrt((keys * keys).sum(1))
                known[key] = np.flatnonzero(np.abs(lengths - 1) > QUATERNION_TOLERANCE), lengths
            bad, lengths = known[key]
            code = "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION"
            self._log.add_each(code, use.pointer, bad, _told(lengths))


def _extremes(values: Array, extreme: np.ufunc) -> list[Any]:
    """The least or the largest of each column; many rows at once where they lie without gaps."""
    rows, width = len(values) // _ROWS * _ROWS, values.shape[1]
    if rows and width > 1 and values.flags.c_contiguous:
        many = extreme.reduce(values[:rows].reshape(-1, _ROWS * width), axis=0)
        values = np.concatenate([many.reshape(_ROWS, -1), values[rows:]])
    # A reduction of a few columns over axis 0 takes a hundred times as long.
    return [extreme.reduce(values[:, i]) for i in range(width)]


def _falling(times: Array) -> NDArray[np.intp]:
    """The times that are not after the one before, of those from 0 on; the first may be 0."""
    kept = np.flatnonzero(~(times < 0))
    before = np.concatenate([[0], times[kept][:-1]]) if len(kept) else times[kept]
    falling = kept[times[kept] <= before]
    above: NDArray[np.intp] = falling[falling != 0]
    return above


def _told(values: Array) -> Callable[[int], str]:
    return lambda i: f"{values[i]:.6g}"
