"""Swapped faces by MesoNet's Meso-4 (Afchar et al. 2018, arXiv:1809.00888).

It knows the face swaps of 2018. Its card says what it does not know.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import wrong_answer
from gencheck.vision.alignment import around_box
from gencheck.vision.golden import golden_face
from gencheck.vision.roles import Face, Picture

_SIDE = 256
_MARGIN = 1.3
_AT_A_TIME = 8


class MesoNet:
    """Plays ``DeepfakeClassifier``.

    Args:
        golden: what the model says of the drawn face.
    """

    def __init__(self, backend: InferenceBackend, model: ModelUsed, *, golden: float) -> None:
        self.model = model
        self._backend = backend
        self._golden = golden

    async def judge(
        self, picture: Picture, faces: Sequence[Face], *, deadline: Deadline
    ) -> list[float]:
        """For each face 0 (swapped) to 1 (real)."""
        found: list[float] = []
        for start in range(0, len(faces), _AT_A_TIME):
            some = faces[start : start + _AT_A_TIME]
            blob = await asyncio.to_thread(prepare, picture, some)
            outputs = await self._backend.infer(self.model.name, {"image": blob}, deadline=deadline)
            found += map(float, np.asarray(outputs["p_real"], np.float32)[:, 0])
        return found

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn face gets the number that it always gets."""
        (found,) = await self.judge(*golden_face(), deadline=deadline)
        if abs(found - self._golden) > 0.02:
            expected = f"{self._golden:.3f} of the drawn face"
            raise wrong_answer(self.model.name, self.model.role, f"{found:.3f}", expected)


def prepare(
    picture: Picture, faces: Sequence[Face]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Each face in a square 1.3 times its box, ``float32 [n, 3, 256, 256]``, RGB 0..1."""
    crops = np.stack([around_box(picture, face.box, _SIDE, margin=_MARGIN) for face in faces])
    planes = np.ascontiguousarray(crops.transpose(0, 3, 1, 2), dtype=np.float32)
    return np.asarray(planes / 255, np.float32)
