"""How well the roles hear, on real recordings: ``python tests/quality/evaluate_hearing.py``.

Reads ``GENCHECK_DATA`` (recordings) and ``GENCHECK_WEIGHTS`` (the models); what is missing is said
and left out. Nothing here is used for tuning.
"""

from __future__ import annotations

import asyncio
import csv
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt
from scipy.stats import spearmanr

from gencheck.deadline import Deadline
from gencheck.hearing.build import build_hearing
from gencheck.hearing.roles import HearingRoles, SpeechActivity, SpeechQuality, SpeechSpan
from gencheck.hearing.samples import RATE, Samples, samples_of
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Sound

SPEECH = "CA01_01.wav"
SILENT_DB = 40
"""Below the loudest frame of a clean recording by more than this, nobody speaks."""

SNRS = (40, 30, 20, 10, 0)
FRAME = 512


def main() -> int:
    """Print the tables."""
    data, weights = os.environ.get("GENCHECK_DATA"), os.environ.get("GENCHECK_WEIGHTS")
    if not data or not weights:
        print("GENCHECK_DATA or GENCHECK_WEIGHTS is unset: nothing to measure")
        return 0
    with tempfile.TemporaryDirectory(prefix="gencheck-evaluate-") as folder:
        store = ModelStore(Path(folder), shipped_models())
        there = default_store()
        store.install("embedded", source_dir=there if there.is_dir() else None)
        store.install("standard", source_dir=Path(weights))
        asyncio.run(evaluate(store, Path(data)))
    return 0


async def evaluate(store: ModelStore, data: Path) -> None:
    """All tables, model by model."""
    backend = EmbeddedBackend(store.root, threads=os.cpu_count() or 1)
    for name in [e.name for e in store.catalog if e.role == "speech_quality"]:
        roles = await build_hearing(backend, store.players() | {"speech_quality": name})
        if roles.quality is not None:
            await quality(name, roles.quality, data / "audio_visqol")
    roles = await build_hearing(backend, store.players())
    await activity(roles, data)
    await backend.aclose()


async def quality(name: str, role: SpeechQuality, folder: Path) -> None:
    """Beside ViSQOL's MOS-LQO, which compares with the original; and under damage made here."""
    print(f"\n{name}: beside ViSQOL (all but the last are music, which it was not made for)")
    print(f"  {'recording':40s} {'SIG':>5s} {'BAK':>5s} {'OVRL':>5s} {'P.808':>5s} {'LQO':>5s}")
    rows = list(csv.DictReader((folder / "expected.csv").read_text().splitlines()))
    overall, p808, truth, times = [], [], [], []
    for row in rows:
        sound = _read(folder / row["degraded"])
        start = time.perf_counter()
        scores = await role.rate(sound, deadline=Deadline())
        times.append((time.perf_counter() - start) / scores.windows)
        overall.append(scores.overall)
        p808.append(scores.p808)
        truth.append(float(row["visqol_v333_mos_lqo"]))
        print(
            f"  {row['degraded']:40s} {scores.signal:5.2f} {scores.background:5.2f} "
            f"{scores.overall:5.2f} {scores.p808:5.2f} {truth[-1]:5.2f}"
        )
    for title, found in (("OVRL", overall), ("P.808", p808)):
        print(f"  Spearman of {title} with MOS-LQO: {spearmanr(found, truth).statistic:.2f}")
    print(f"  a median of {statistics.median(times):.2f} s a window of 9.01 s")
    await _damaged(role, samples_of(_read(folder / SPEECH)))


async def _damaged(role: SpeechQuality, clean: Samples) -> None:
    """Overall and background of a recording of speech, step by step worse."""
    low = [
        np.asarray(sosfilt(butter(8, hertz, fs=RATE, output="sos"), clean), np.float32)
        for hertz in (3500, 1500)
    ]
    steps = {
        "noise at 40, 30, 20, 10, 0 dB": [clean, *(_noisy(clean, snr) for snr in SNRS)],
        "low-pass at 3.5, 1.5 kHz": [clean, *low],
        "clipped at 1/2, 1/8 of the peak": [clean, *(_clipped(clean, part) for part in (2, 8))],
    }
    for title, sounds in steps.items():
        rated = [await role.rate(_sound(samples), deadline=Deadline()) for samples in sounds]
        overall = [scores.overall for scores in rated]
        background = ", ".join(f"{scores.background:.2f}" for scores in rated)
        down = sum(a > b for a, b in itertools.pairwise(overall))
        shown = ", ".join(f"{value:.2f}" for value in overall)
        print(f"  speech, {title}: OVRL {shown} ({down} of {len(overall) - 1} steps down)")
        print(f"    BAK {background}")


async def activity(roles: HearingRoles, data: Path) -> None:
    """Where speech is, against what can be known without labels."""
    role = roles.activity
    if role is None:
        print("\nspeech activity: nobody plays it")
        return
    print(f"\n{role.model.name}: where somebody speaks")
    await _recordings(
        role, [data / "audio_silero" / f"test.{kind}" for kind in ("wav", "mp3", "opus")]
    )
    for path in sorted((data / "audio_visqol").glob("*48_stereo.wav")):
        sound = _read(path)
        share = _share(await role.find(sound, deadline=Deadline()), sound.duration)
        what = "a singer" if path.name.startswith("sopr") else "no voice"
        print(f"  {path.name} ({what}): speech in {share:.0%} of it")
    await _in_noise(role, samples_of(_read(data / "audio_visqol" / SPEECH)))


async def _recordings(role: SpeechActivity, paths: list[Path]) -> None:
    """Silero's own recordings: they come without labels, so this shows and does not judge."""
    for path in paths:
        sound, start = _read(path), time.perf_counter()
        spans = await role.find(sound, deadline=Deadline())
        seconds = time.perf_counter() - start
        print(
            f"  {path.name}, {sound.duration:.1f} s: speech in "
            f"{_share(spans, sound.duration):.0%} of it, {len(spans)} spans; {seconds:.1f} s"
        )


async def _in_noise(role: SpeechActivity, clean: Samples) -> None:
    """A clean recording between pauses, with noise; the truth is the energy of the clean one."""
    pause = np.zeros(2 * RATE, np.float32)
    clean = np.concatenate([pause, clean, pause])
    truth = _loud(clean)
    for snr in (None, *SNRS[2:]):
        samples = clean if snr is None else _noisy(clean, snr)
        found = _frames(await role.find(_sound(samples), deadline=Deadline()), clean.size)
        hits = int((found & truth).sum())
        precision, recall = hits / max(int(found.sum()), 1), hits / max(int(truth.sum()), 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        title = "no noise" if snr is None else f"noise at {snr} dB"
        print(
            f"  {SPEECH} between pauses, {title}: frames F1 {f1:.3f} "
            f"(precision {precision:.2f}, recall {recall:.2f})"
        )


def _loud(clean: Samples) -> NDArray[np.bool_]:
    """Frames of speech by energy; pauses within 0.2 s belong to it, as they do for the role."""
    frames = clean[: clean.size // FRAME * FRAME].reshape(-1, FRAME)
    power = 10 * np.log10(np.maximum((frames**2).mean(axis=1), 1e-12))
    loud = power > power.max() - SILENT_DB
    places = np.flatnonzero(loud)
    for left, right in itertools.pairwise(places):
        if (right - left) * FRAME < 0.2 * RATE:
            loud[left:right] = True
    return np.asarray(loud)


def _frames(spans: list[SpeechSpan], size: int) -> NDArray[np.bool_]:
    found = np.zeros(size // FRAME, np.bool_)
    for span in spans:
        found[round(span.start * RATE / FRAME) : round(span.end * RATE / FRAME)] = True
    return found


def _share(spans: list[SpeechSpan], seconds: float) -> float:
    return sum(span.end - span.start for span in spans) / seconds


def _noisy(clean: Samples, snr: float) -> Samples:
    """With white noise at so many dB below the recording's mean power."""
    noise = np.random.default_rng(0).standard_normal(clean.size, dtype=np.float32)
    gain = np.sqrt(float((clean**2).mean())) * 10 ** (-snr / 20)
    return np.asarray(clean + gain * noise, np.float32)


def _clipped(clean: Samples, part: int) -> Samples:
    limit = np.abs(clean).max() / part
    return np.asarray(np.clip(clean, -limit, limit), np.float32)


def _sound(samples: Samples) -> Sound:
    return Sound(samples[None], RATE, codec="")


def _read(path: Path) -> Sound:
    sound = decode(path.read_bytes(), Limits(), name=path.name)
    assert isinstance(sound, Sound)
    return sound


if __name__ == "__main__":
    sys.exit(main())
