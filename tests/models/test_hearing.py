"""Our hearing beside the packages of those who made the models: speechmos and silero-vad."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import ModelUsed
from gencheck.hearing.dnsmos import PERSONALISED, PLAIN, Dnsmos
from gencheck.hearing.golden import noise, voice
from gencheck.hearing.mel import relative_mel
from gencheck.hearing.samples import RATE
from gencheck.hearing.silero import SileroVad
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, shipped_models
from gencheck.media.types import Sound

Samples: TypeAlias = NDArray[np.float32]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """The models of sound, with the weights that the packages bring."""
    import silero_vad
    import speechmos

    made = ModelStore(tmp_path_factory.mktemp("models"), shipped_models())
    made.catalog = tuple(entry for entry in made.catalog if entry.role.startswith("speech_"))
    folder = tmp_path_factory.mktemp("packages")
    for package in (silero_vad, speechmos):
        (folder / package.__name__).symlink_to(Path(package.__file__).parent)
        for path in Path(package.__file__).parent.rglob("*.onnx"):
            (folder / f"{package.__name__}-{path.parent.name}-{path.name}").symlink_to(path)
    made.install("standard", source_dir=folder)
    return made


def speech() -> Samples:
    """Twelve seconds: a voice between noise, getting louder."""
    parts = [0.02 * noise(2 * RATE), voice(3.0), 0.01 * noise(RATE), 0.4 * voice(5.0)]
    rest = np.zeros(RATE, np.float32)
    return np.clip(np.concatenate([*parts, rest]) + 0.003 * noise(12 * RATE), -1, 1)


def run(store: ModelStore, ask: Callable[[EmbeddedBackend], Awaitable[Any]]) -> Any:
    async def inside() -> Any:
        backend = EmbeddedBackend(store.root, threads=2)
        try:
            return await ask(backend)
        finally:
            await backend.aclose()

    return asyncio.run(inside())


@pytest.fixture(scope="module")
def quiet() -> Iterator[None]:
    """Librosa and its friends warn about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


KINDS = {
    "dnsmos": ("dnsmos_sig_bak_ovr", PLAIN),
    "dnsmos_personalized": ("dnsmos_p_sig_bak_ovr", PERSONALISED),
}


@pytest.mark.parametrize("seconds", [3.0, 9.01, 12.0, 15.5])
@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_speechmos(
    store: ModelStore, quiet: None, seconds: float, kind: str
) -> None:
    from speechmos import dnsmos

    samples = np.resize(speech(), int(seconds * RATE))
    expected = dnsmos.run(samples, RATE, model_type=kind)

    model, fit = KINDS[kind]

    async def ask(backend: EmbeddedBackend) -> Any:
        p808 = ModelUsed("speech_quality_p808", "dnsmos_p808", "1")
        role = Dnsmos(backend, ModelUsed("speech_quality", model, "1"), fit=fit, p808=p808)
        return await role.rate(Sound(samples[None], RATE, ""), deadline=Deadline.after(120))

    found = run(store, ask)
    assert found.signal == pytest.approx(expected["sig_mos"], abs=1e-3)
    assert found.background == pytest.approx(expected["bak_mos"], abs=1e-3)
    assert found.overall == pytest.approx(expected["ovrl_mos"], abs=1e-3)
    assert found.p808 == pytest.approx(expected["p808_mos"], abs=1e-3)


def test_the_mel_spectrogram_is_librosas(quiet: None) -> None:
    import librosa

    samples = speech()
    power = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=321, hop_length=160, n_mels=120
    )
    expected = (librosa.power_to_db(power, ref=np.max) + 40) / 40
    np.testing.assert_allclose(relative_mel(samples), expected.T, atol=2e-3)


@pytest.mark.parametrize("source", ["made", "recorded"])
def test_spans_are_those_of_silero(
    store: ModelStore, source: str, request: pytest.FixtureRequest
) -> None:
    import torch
    from silero_vad import get_speech_timestamps, load_silero_vad

    samples = np.concatenate([speech(), speech()])
    if source == "recorded":
        samples = recording(request.getfixturevalue("data") / "audio_silero" / "test.wav")
    original = load_silero_vad(onnx=True)
    expected = get_speech_timestamps(torch.from_numpy(samples), original)
    torch.set_num_threads(2)

    async def ask(backend: EmbeddedBackend) -> Any:
        role = SileroVad(backend, ModelUsed("speech_activity", "silero_vad", "1"))
        return await role.find(Sound(samples[None], RATE, ""), deadline=Deadline.after(120))

    found = [(round(s.start * RATE), round(s.end * RATE)) for s in run(store, ask)]
    assert found == [(span["start"], span["end"]) for span in expected]
    assert len(found) >= 2


def recording(path: Path) -> Samples:
    import wave

    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        data = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return (data / np.float32(32768)).astype(np.float32)
