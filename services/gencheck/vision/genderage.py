"""Perceived gender expression and age by InsightFace's genderage networks, for research only."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import wrong_answer
from gencheck.vision.alignment import around_box, by_landmarks
from gencheck.vision.golden import golden_face
from gencheck.vision.roles import Face, PerceivedAttributes, Picture

_Crop: TypeAlias = Callable[[Picture, Face], Picture | None]
_Decode: TypeAlias = Callable[[NDArray[np.float32]], PerceivedAttributes]

_PACK_SIDE, _PACK_MARGIN = 96, 1.5


@dataclass(frozen=True, slots=True)
class Kind:
    """How one of these networks sees a face, and what its numbers mean.

    Attributes:
        crop: cuts a face out, or ``None`` where what it needs is not known.
        decode: reads the network's output ``float32 [n]``.
        golden: what it says of the drawn face.
    """

    crop: _Crop
    decode: _Decode
    golden: PerceivedAttributes | None = None


class GenderAge:
    """Plays ``FaceAttributes``."""

    def __init__(self, backend: InferenceBackend, model: ModelUsed, kind: Kind) -> None:
        self.model = model
        self._backend = backend
        self._kind = kind

    async def perceive(
        self, picture: Picture, faces: Sequence[Face], *, deadline: Deadline
    ) -> list[PerceivedAttributes | None]:
        """A reading of each face; ``None`` for one that lacks what the model needs."""
        return [await self._perceive(picture, face, deadline) for face in faces]

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn face is taken for what it is always taken for."""
        (found,) = await self.perceive(*golden_face(), deadline=deadline)
        golden = self._kind.golden
        if found is None or golden is None:
            return
        if abs(found.feminine - golden.feminine) > 0.05 or abs(found.age - golden.age) > 3:
            raise wrong_answer(self.model.name, self.model.role, str(found), str(golden))

    async def _perceive(
        self, picture: Picture, face: Face, deadline: Deadline
    ) -> PerceivedAttributes | None:
        crop = await asyncio.to_thread(self._kind.crop, picture, face)
        if crop is None:
            return None
        blob = np.ascontiguousarray(crop.transpose(2, 0, 1)[None], dtype=np.float32)
        outputs = await self._backend.infer(self.model.name, {"data": blob}, deadline=deadline)
        return self._kind.decode(np.asarray(outputs["fc1"], np.float32)[0])


def _aligned(picture: Picture, face: Face) -> Picture | None:
    return None if face.landmarks is None else by_landmarks(picture, face.landmarks)


def _boxed(picture: Picture, face: Face) -> Picture:
    return around_box(picture, face.box, _PACK_SIDE, margin=_PACK_MARGIN)


def decode_v1(output: NDArray[np.float32]) -> PerceivedAttributes:
    """Of 202 numbers: female and male, and for each of 100 years: not yet, or already reached."""
    years = output[2:].reshape(100, 2)
    return PerceivedAttributes(_first_of(output[:2]), float(np.count_nonzero(years.argmax(axis=1))))


def decode_pack(output: NDArray[np.float32]) -> PerceivedAttributes:
    """Of 3 numbers: female, male, and the age in centuries."""
    return PerceivedAttributes(_first_of(output[:2]), float(np.clip(output[2] * 100, 0, 100)))


def _first_of(pair: NDArray[np.float32]) -> float:
    """The softmax of the first of two."""
    return float(1 / (1 + np.exp(np.clip(pair[1] - pair[0], -50, 50))))


V1 = Kind(_aligned, decode_v1, PerceivedAttributes(0.84, 23))
"""Takes a face as ArcFace aligns it."""

PACK = Kind(_boxed, decode_pack)
"""The ``genderage.onnx`` of InsightFace's packs: takes a square around the box, as their code."""
