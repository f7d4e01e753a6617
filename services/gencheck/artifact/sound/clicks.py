"""CLICK: single jumps of the wave that no instrument makes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from gencheck.artifact.reading import finite
from gencheck.artifact.sound.loudness import clipped_runs, silent_runs
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Method, TimeSpan
from gencheck.media.types import Sound

CHECK = "artifact.click"
METHOD = Method(
    "second difference over the local median", "1", "isolated outliers, alone within 20 ms"
)

_RATIO = 30.0  # times the median of |second difference| on the busier side
_ALONE = 3.0  # times any other value nearby: glottal pulses and plucked strings come in rows
_SIDE = 0.006  # seconds a side of which the median is taken
_NEAR = 0.020  # seconds a side in which nothing else may stand out
_CORE = 0.0004  # seconds: the click itself
_FLOOR = 2e-4  # amplitude: below is coding noise around silence
_LEAST = 0.01  # amplitude of the second difference that is heard at all
_EDGE = 0.002  # seconds beside silence and clipping, which have codes of their own
_MOST = 4000  # candidates looked at closely in one channel
_LISTED = 5


def measure_clicks(sound: Sound, deadline: Deadline) -> Measurement:
    """How many clicks there are; those in both channels at once count once."""
    places: list[NDArray[np.intp]] = []
    blocked = _blocked(sound)
    for channel in sound.samples:
        deadline.check()
        places.append(find_clicks(channel, sound.rate, blocked))
    merged = np.unique(np.concatenate(places)) if places else np.zeros(0, np.intp)
    if len(merged):
        apart = np.diff(merged, prepend=-sound.rate) > _NEAR * sound.rate / 2
        merged = merged[apart]
    if len(merged) == 0:
        return Measurement("CLICK", 0.0, CHECK, METHOD)
    times = merged / sound.rate
    listed = ", ".join(f"{t:.3f} s" for t in times[:_LISTED])
    detail = f"at {listed}" + (" …" if len(times) > _LISTED else "")
    span = TimeSpan(float(times[0]), float(times[-1]))
    return Measurement("CLICK", finite(float(len(times))), CHECK, METHOD, span, detail)


def find_clicks(
    channel: NDArray[np.float32], rate: int, blocked: NDArray[np.bool_] | None = None
) -> NDArray[np.intp]:
    """Samples at which a click stands: ``intp [n]``.

    A candidate's second difference must rise over the median on *both* sides (the attack of a note
    is loud on one) and over every other value nearby (pulses of a voice come in rows).

    Args:
        channel: ``float32 [n]``, full scale ±1.
        blocked: samples at which no click is looked for.
    """
    size = len(channel)
    if size < rate * 4 * _SIDE or size < 16:
        return np.zeros(0, np.intp)
    bend = np.zeros(size, np.float32)
    bend[1:-1] = np.abs(channel[2:] - 2 * channel[1:-1] + channel[:-2])
    near = max(3, int(_NEAR * rate))
    top = maximum_filter1d(bend, 2 * near + 1)
    peaks = (bend >= _LEAST) & (bend == top)
    if blocked is not None:
        peaks &= ~blocked
    candidates = np.flatnonzero(peaks)
    if len(candidates) > _MOST:
        candidates = candidates[np.argsort(-bend[candidates])[:_MOST]]
    kept = [place for place in candidates if _is_click(bend, int(place), rate)]
    return np.asarray(sorted(kept), np.intp)


def _is_click(bend: NDArray[np.float32], place: int, rate: int) -> bool:
    core = max(2, int(_CORE * rate))
    side, near = int(_SIDE * rate), int(_NEAR * rate)
    left = bend[max(0, place - core - near) : max(0, place - core)]
    right = bend[place + core + 1 : place + core + 1 + near]
    if len(left) < side or len(right) < side:
        return False
    height = float(bend[place])
    medians = (float(np.median(left[-side:])), float(np.median(right[:side])))
    others = max(float(left.max()), float(right.max()))
    return height >= _RATIO * max(*medians, _FLOOR) and height >= _ALONE * others


def _blocked(sound: Sound) -> NDArray[np.bool_]:
    """Samples beside silences and in clipped runs."""
    blocked = np.zeros(sound.samples.shape[1], np.bool_)
    reach = int(_EDGE * sound.rate)
    for start, stop in silent_runs(sound):
        blocked[max(0, start - reach) : start + reach] = True
        blocked[max(0, stop - reach) : stop + reach] = True
    for channel in sound.samples:
        for start, stop in clipped_runs(channel):
            blocked[max(0, start - 2) : stop + 2] = True
    return blocked
