"""Joints and weights of vertices (glTF 2.0, 3.7.3.3)."""

from __future__ import annotations

import numpy as np

from gencheck.gltf.arrays import Array, Arrays
from gencheck.gltf.log import Log

_STEP = 2e-7
"""How far float weights may sum up to other than 1, for each that is not zero (3.7.3.3)."""


def check_influences(
    attributes: dict[str, int], arrays: Arrays, joints: int | None, at: str, log: Log
) -> None:
    """All sets of joints and weights of one primitive together.

    Args:
        joints: the fewest joints of a skin that moves it; ``None`` where none does.
    """
    sets = [
        (bones, weights, number)
        for number in range(sum(name.startswith("JOINTS_") for name in attributes))
        if (bones := _four(arrays, attributes.get(f"JOINTS_{number}"), "u")) is not None
        and (weights := _four(arrays, attributes.get(f"WEIGHTS_{number}"), "fu")) is not None
    ]
    if not sets or len({len(part) for bones, weights, _ in sets for part in (bones, weights)}) > 1:
        return
    bones = np.concatenate([bones for bones, _, _ in sets], axis=1)
    weights = np.concatenate([weights for _, weights, _ in sets], axis=1)
    _check_weights(sets, joints, at, log)
    _check_joints(bones, weights, joints, at, log)


def _four(arrays: Arrays, index: int | None, kinds: str) -> Array | None:
    values = arrays.get(index)
    if values is None or values.shape[1] != 4 or values.dtype.kind not in kinds:
        return None
    return values


def _check_weights(
    sets: list[tuple[Array, Array, int]], joints: int | None, at: str, log: Log
) -> None:
    """Weights sum up to 1. One below zero, or of a joint that is not there, moves nothing."""
    total = np.zeros(len(sets[0][0]))
    used = np.zeros(len(total))
    for bones, weights, number in sets:
        scaled = np.maximum(_as_shares(weights), 0)
        if joints is not None:
            scaled[bones >= joints] = 0
        total += scaled.sum(1)
        used += (scaled != 0).sum(1)
        flat = weights.reshape(-1)
        negative = np.flatnonzero(flat < 0)
        log.add_each(
            "ACCESSOR_WEIGHTS_NEGATIVE",
            f"{at}/WEIGHTS_{number}",
            negative.tolist(),
            lambda i: f"{flat[i]}",  # noqa: B023 - called before the next round
        )
    whole = all(weights.dtype.kind == "u" for _, weights, _ in sets)
    off = np.abs(total - 1) > (1e-9 if whole else _STEP * np.maximum(used, 1))
    for *_, number in sets:
        log.add_each(
            "ACCESSOR_WEIGHTS_NON_NORMALIZED",
            f"{at}/WEIGHTS_{number}",
            (np.flatnonzero(off) * 4).tolist(),
            lambda i: f"sum {total[i // 4]:.6g}",
        )


def _as_shares(weights: Array) -> Array:
    if weights.dtype.kind == "f":
        return weights.astype(np.float64)
    return weights.astype(np.float64) / float(np.iinfo(weights.dtype).max)


def _check_joints(bones: Array, weights: Array, joints: int | None, at: str, log: Log) -> None:
    bones = bones.astype(np.int64)
    used = weights != 0
    outside = bones >= joints if joints is not None else np.zeros(bones.shape, bool)
    idle = ~used & (bones != 0) & ~outside
    again = _repeated(bones, used) & ~outside
    for code, wrong in (
        ("ACCESSOR_JOINTS_INDEX_OOB", outside),
        ("ACCESSOR_JOINTS_USED_ZERO_WEIGHT", idle),
        ("ACCESSOR_JOINTS_INDEX_DUPLICATE", again),
    ):
        for number in range(bones.shape[1] // 4):
            part = slice(4 * number, 4 * number + 4)
            flat = bones[:, part].reshape(-1)
            log.add_each(
                code,
                f"{at}/JOINTS_{number}",
                np.flatnonzero(wrong[:, part]).tolist(),
                lambda i: f"joint {flat[i]}",  # noqa: B023 - called before the next round
            )


def _repeated(bones: Array, used: Array) -> Array:
    """Joints that moved the vertex already, by an earlier weight that is not zero."""
    again = np.zeros(bones.shape, bool)
    for i in range(1, bones.shape[1]):
        for k in range(i):
            again[:, i] |= (bones[:, i] == bones[:, k]) & used[:, i] & used[:, k]
    return again
