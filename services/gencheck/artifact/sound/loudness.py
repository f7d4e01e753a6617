"""AUDIO_CLIPPING and SILENCE: samples flattened at the top, and samples that are not there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.artifact.reading import finite
from gencheck.findings import Measurement, Method, TimeSpan
from gencheck.media.types import Sound

CLIPPING = "artifact.audio_clipping"
SILENCE = "artifact.silence"
CLIPPING_METHOD = Method(
    "runs of samples at the peak", "1", "at least 3 equal samples that the wave enters with a step"
)
SILENCE_METHOD = Method("digital silence", "1", "runs of samples below half a 16-bit step")

_FLAT = 2e-4  # share of the peak within which samples count as equal
_LEAST_RUN = 3
_LEAST_PEAK = 0.25  # quieter than -12 dBFS nothing was cut off at a converter
_ENTRY = 4e-3  # share of the peak: a slow sine creeps to its top, a clipped wave arrives at once
_ZERO = 1.6e-5
_LEAST_GAP = 0.015  # seconds: shorter ones are zero crossings of very quiet sound
_BESIDE = 0.0008  # seconds before and after a gap in which the sound must be audible …
_AUDIBLE = 0.01  # … at this amplitude for the gap to count as torn
_USUAL_PAUSE = 1.0  # seconds of silence that a gated recording has between sentences
_USUAL_END = 2.0  # seconds at the beginning or the end
_MAX_SPANS = 20


def runs(flags: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Half-open runs of true values: ``[n, 2]``."""
    padded = np.zeros(len(flags) + 2, np.int8)
    padded[1:-1] = flags
    edges = np.flatnonzero(np.diff(padded))
    return edges.reshape(-1, 2)


def clipped_runs(channel: NDArray[np.float32]) -> NDArray[np.intp]:
    """Half-open runs of flattened samples in one channel: ``[n, 2]``."""
    none = np.zeros((0, 2), np.intp)
    loud = np.abs(channel)
    peak = min(float(loud.max(initial=0.0)), 1.0)
    if peak < _LEAST_PEAK:
        return none
    found = runs(loud >= peak * (1 - _FLAT))
    found = found[np.diff(found, axis=1).ravel() >= _LEAST_RUN]
    if len(found) == 0:
        return none
    before = channel[np.maximum(found[:, 0] - 1, 0)]
    after = channel[np.minimum(found[:, 1], len(channel) - 1)]
    top = channel[found[:, 0]]
    entry = np.maximum(np.abs(top - before), np.abs(top - after))
    stepped: NDArray[np.intp] = found[entry >= _ENTRY * peak]
    return stepped


def measure_clipping(sound: Sound) -> Measurement:
    """The share of samples, in the worst channel, that are flattened at the peak."""
    worst, where, count = 0.0, np.zeros((0, 2), np.intp), sound.samples.shape[1]
    for channel in sound.samples:
        found = clipped_runs(channel)
        share = float(np.diff(found, axis=1).sum() / count)
        if share > worst:
            worst, where = share, found
    if len(where) == 0:
        return Measurement("AUDIO_CLIPPING", 0.0, CLIPPING, CLIPPING_METHOD)
    span = TimeSpan(float(where[0, 0] / sound.rate), float(where[-1, 1] / sound.rate))
    longest = int(np.diff(where, axis=1).max())
    detail = f"{len(where)} places, the longest of {longest} samples"
    value = finite(worst, high=1.0)
    return Measurement("AUDIO_CLIPPING", value, CLIPPING, CLIPPING_METHOD, span, detail)


def silent_runs(sound: Sound) -> NDArray[np.intp]:
    """Half-open runs of digital silence on all channels: ``[n, 2]``."""
    found = runs(np.abs(sound.samples).max(axis=0) <= _ZERO)
    return found[np.diff(found, axis=1).ravel() >= _LEAST_GAP * sound.rate]


def measure_silence(sound: Sound) -> list[Measurement]:
    """Each silence, in seconds beyond what is usual there.

    A gap torn into audible sound counts whole. A silence that the sound fades into and out of is a
    pause: a second of it is usual, and two at the beginning and the end. All of a sound that is
    silent throughout counts.
    """
    count = sound.samples.shape[1]
    found = []
    for start, stop in silent_runs(sound):
        seconds = float((stop - start) / sound.rate)
        usual, kind = _usual(sound, int(start), int(stop))
        if start == 0 and stop == count:
            usual, kind = 0.0, "throughout"
        value = finite(seconds - usual)
        if value > 0:
            span = TimeSpan(float(start / sound.rate), float(stop / sound.rate))
            detail = f"{kind}, {seconds:.3f} s from {span.start:.3f} s"
            found.append(Measurement("SILENCE", value, SILENCE, SILENCE_METHOD, span, detail))
    found.sort(key=lambda m: -m.value)
    return found[:_MAX_SPANS] or [Measurement("SILENCE", 0.0, SILENCE, SILENCE_METHOD)]


def _usual(sound: Sound, start: int, stop: int) -> tuple[float, str]:
    """Seconds of silence that are usual at that place, and its kind in words."""
    count = sound.samples.shape[1]
    if start == 0 or stop == count:
        return _USUAL_END, "at the end" if start else "at the beginning"
    reach = max(2, int(_BESIDE * sound.rate))
    before = np.abs(sound.samples[:, max(0, start - reach) : start]).max(initial=0.0)
    after = np.abs(sound.samples[:, stop : stop + reach]).max(initial=0.0)
    if min(before, after) >= _AUDIBLE:
        return 0.0, "torn into the sound"
    return _USUAL_PAUSE, "a pause"
