"""Pictures and texts in one space: a CLIP (arXiv:2103.00020) or SigLIP (arXiv:2303.15343) pair."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.errors import ModelError
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec, Tensor
from gencheck.inference.players import wrong_answer
from gencheck.vision.encoder_pictures import Preparation, prepare
from gencheck.vision.encoder_texts import TextPreparation, Tokens
from gencheck.vision.golden import GOLDEN_PROMPT, drawn_ramps
from gencheck.vision.parameters import number, numbers, parameter, unusable
from gencheck.vision.roles import EncodedTexts, Picture

_T = TypeVar("_T")

_AGREEMENT = 0.99
"""Least cosine with the golden values: half precision keeps it, another preparation does not."""


class TwoTowerEncoder:
    """Plays ``ImageTextEncoder`` by two models, one for pictures and one for texts.

    It knows none of them by name: how pictures and texts are prepared is in their configurations,
    where the recipe ``clip`` wrote it. Nothing of that is read before the first call.

    Args:
        image: the image tower and its specification.
        text: the text tower and its specification.
    """

    def __init__(
        self,
        backend: InferenceBackend,
        image: tuple[ModelUsed, ModelSpec],
        text: tuple[ModelUsed, ModelSpec],
    ) -> None:
        self._backend = backend
        self.model, self._image = image
        self.text_model, self._text = text

    @property
    def scale(self) -> float:
        """What a cosine is multiplied with to give a logit. Raises ``ModelNotReady``."""
        return number(self._text, "logit_scale")

    @property
    def bias(self) -> float | None:
        """What is then added, where the pair was trained so. Raises ``ModelNotReady``."""
        return number(self._text, "logit_bias") if "logit_bias" in self._text.parameters else None

    async def encode_pictures(
        self, pictures: Sequence[Picture], *, deadline: Deadline
    ) -> NDArray[np.float32]:
        """Unit vectors, ``float32 [n, d]``."""
        how, parts = self._preparation, []
        for some in _batches(pictures, self._image):
            blob = await asyncio.to_thread(prepare, some, how)
            parts.append(await self._run(self._image, blob, deadline))
        return _joined(parts, self._image)

    async def encode_texts(self, texts: Sequence[str], *, deadline: Deadline) -> EncodedTexts:
        """Unit vectors, and which texts were cut."""
        parts, cut = [], []
        for some in _batches(texts, self._text):
            tokens = await asyncio.to_thread(self._tokenize, some)
            parts.append(await self._run(self._text, tokens.ids, deadline))
            cut.append(tokens.cut)
        return EncodedTexts(_joined(parts, self._text), np.concatenate([*cut, np.zeros(0, bool)]))

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless both towers give what they gave when they were made."""
        self._check_pair()
        picture = await self.encode_pictures([drawn_ramps()], deadline=deadline)
        text = await self.encode_texts([GOLDEN_PROMPT], deadline=deadline)
        for used, spec, vector in (
            (self.model, self._image, picture[0]),
            (self.text_model, self._text, text.vectors[0]),
        ):
            golden = np.asarray(numbers(spec, "golden"), np.float32)
            given = vector[: len(golden)]
            lengths = np.linalg.norm(golden) * np.linalg.norm(given)
            cosine = float(golden @ given / max(lengths, 1e-9)) if len(given) == len(golden) else 0
            if not cosine >= _AGREEMENT:
                found = f"a vector at a cosine of {cosine:.2f} to its own when it was made"
                raise wrong_answer(used.name, used.role, found, f"one of at least {_AGREEMENT}")

    @cached_property
    def _preparation(self) -> Preparation:
        return Preparation.of(self._image)

    @cached_property
    def _tokens(self) -> TextPreparation:
        return TextPreparation(self._text)

    def _tokenize(self, texts: Sequence[str]) -> Tokens:
        return self._tokens(texts)  # made here, in a thread, when first asked: it may have 30 MB

    def _check_pair(self) -> None:
        if parameter(self._image, "pair") != parameter(self._text, "pair"):
            raise unusable(
                self._text, f"it and {self._image.name} were not made together: their spaces differ"
            )

    async def _run(self, spec: ModelSpec, blob: Tensor, deadline: Deadline) -> NDArray[np.float32]:
        inputs = {spec.inputs[0].name: blob}
        outputs = await self._backend.infer(spec.name, inputs, deadline=deadline)
        vectors = np.asarray(outputs[spec.outputs[0].name], np.float32)
        lengths = np.linalg.norm(vectors, axis=1)
        if not (np.abs(lengths - 1) < 0.01).all():  # so also where it is not a number
            raise ModelError(
                "the model gave a vector that is not of unit length",
                where=f"model {spec.name}",
                metadata={"model": spec.name},
            )
        return np.asarray(vectors / lengths[:, None], np.float32)


def _batches(items: Sequence[_T], spec: ModelSpec) -> list[Sequence[_T]]:
    size = max(1, spec.max_batch)
    return [items[start : start + size] for start in range(0, len(items), size)]


def _joined(parts: Sequence[NDArray[np.float32]], spec: ModelSpec) -> NDArray[np.float32]:
    none = np.zeros((0, spec.outputs[0].shape[-1]), np.float32)
    return np.concatenate([none, *parts])
