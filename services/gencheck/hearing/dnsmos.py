"""Quality of speech by DNSMOS (Reddy et al. 2021, arXiv:2010.15258; 2022, arXiv:2110.01763).

Windows, hop and polynomials are those of Microsoft's ``dnsmos_local.py`` (DNS Challenge). One thing
differs on purpose: rounding makes that script drop some windows of long recordings (the 8th to the
24th, and more); here every window counts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.hearing.golden import noise, voice
from gencheck.hearing.mel import relative_mel
from gencheck.hearing.roles import SpeechScores
from gencheck.hearing.samples import RATE, Samples, samples_of
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import wrong_answer
from gencheck.media.types import Sound

WINDOW = 144_160
"""Samples of a window: 9.01 s."""

_AT_A_TIME = 4
_MEL_SHORTER = 160


@dataclass(frozen=True, slots=True)
class Fit:
    """From the network's outputs to scores: a polynomial each, highest power first."""

    signal: tuple[float, ...]
    background: tuple[float, ...]
    overall: tuple[float, ...]

    def apply(self, raw: NDArray[np.float32]) -> NDArray[np.float64]:
        """Scores ``[n, 3]`` of raw outputs ``[n, 3]``: signal, background, overall."""
        columns = zip((self.signal, self.background, self.overall), raw.T, strict=True)
        return np.stack([np.polyval(poly, column) for poly, column in columns], axis=1)


PLAIN = Fit(
    signal=(-0.08397278, 1.22083953, 0.0052439),
    background=(-0.13166888, 1.60915514, -0.39604546),
    overall=(-0.06766283, 1.11546468, 0.04602535),
)
PERSONALISED = Fit(
    signal=(-0.01019296, 0.02751166, 1.19576786, -0.24348726),
    background=(-0.04976499, 0.44276479, -0.1644611, 0.96883132),
    overall=(-0.00533021, 0.005101, 1.18058466, -0.11236046),
)


class Dnsmos:
    """Plays ``SpeechQuality``.

    Args:
        fit: the polynomials that belong to the model.
        p808: the model of the P.808 score, where it is installed.
    """

    def __init__(
        self,
        backend: InferenceBackend,
        model: ModelUsed,
        *,
        fit: Fit = PLAIN,
        p808: ModelUsed | None = None,
    ) -> None:
        self.model = model
        self._backend = backend
        self._fit = fit
        self._p808 = p808

    async def rate(self, sound: Sound, *, deadline: Deadline) -> SpeechScores:
        """Means over windows of 9.01 s, one a second; a shorter sound is repeated to fill one."""
        samples = await asyncio.to_thread(samples_of, sound)
        windows = windows_of(samples)
        scores, overall = [], []
        for start in range(0, len(windows), _AT_A_TIME):
            batch = windows[start : start + _AT_A_TIME]
            scores.append(self._fit.apply(await self._run(self.model, batch, deadline)))
            if self._p808 is not None:
                mels = await asyncio.to_thread(mels_of, batch)
                overall.append(await self._run(self._p808, mels, deadline))
        signal, background, whole = np.concatenate(scores).mean(axis=0)
        p808 = float(np.concatenate(overall).mean()) if overall else None
        return SpeechScores(float(signal), float(background), float(whole), p808, len(windows))

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` unless a drawn voice gets worse by noise."""
        clean = voice(WINDOW / RATE)
        noisy = await self.rate(_sound(clean + 0.1 * noise(WINDOW)), deadline=deadline)
        scores = await self.rate(_sound(clean), deadline=deadline)
        if not scores.background > noisy.background + 0.5:
            found = (
                f"a background of {scores.background:.2f}, and of {noisy.background:.2f} in noise"
            )
            raise wrong_answer(self.model.name, self.model.role, found, "much less in noise")
        if self._p808 and not (scores.p808 or 0) > (noisy.p808 or 0):
            found = f"{scores.p808:.2f}, and {noisy.p808:.2f} in noise"
            raise wrong_answer(self._p808.name, self._p808.role, found, "less in noise")

    async def _run(
        self, model: ModelUsed, batch: NDArray[np.float32], deadline: Deadline
    ) -> NDArray[np.float32]:
        inputs = {"input_1": np.ascontiguousarray(batch)}
        outputs = await self._backend.infer(model.name, inputs, deadline=deadline)
        return np.asarray(outputs["Identity:0"], np.float32)


def windows_of(samples: Samples) -> NDArray[np.float32]:
    """The windows of a sound, ``float32 [n, 144160]``, a view; at least one."""
    while samples.size < WINDOW:
        samples = np.concatenate([samples, samples])
    count = max(1, samples.size // RATE - 9)
    return np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::RATE][:count]


def mels_of(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the P.808 model takes of each window, ``float32 [n, 900, 120]``."""
    return np.stack([relative_mel(window[:-_MEL_SHORTER]) for window in windows])


def _sound(samples: Samples) -> Sound:
    return Sound(samples[None], RATE, codec="")
