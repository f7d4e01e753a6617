"""Runs the detectors of pictures: which there are, what each needs, how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gencheck.artifact.image import (
    aliasing,
    banding,
    blocking,
    blur,
    cast,
    checkerboard,
    clipping,
    duplicate,
    fringe,
    letterbox,
    noise,
    ringing,
    seam,
    tiling,
    watermark,
)
from gencheck.artifact.image.picture import Picture
from gencheck.artifact.reading import Reading
from gencheck.deadline import Deadline
from gencheck.findings import Outcome, SkipReason, Timing, judged, skipped

_ICON = 64
"""Pixels of the shorter side from which a picture is judged by the detectors that have the room."""


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector of pictures.

    Attributes:
        code: the code that it measures.
        check: its name in outcomes.
        min_side: smallest shorter side that it can judge, pixels.
        native: whether ``min_side`` is of the native picture, else of its reduced view.
        why_not: why a picture cannot have that fault, whatever its size; empty where it can.
    """

    code: str
    check: str
    measure: Callable[[Picture], Reading]
    min_side: int
    native: bool = True
    why_not: Callable[[Picture], str] = lambda _: ""


DETECTORS = (
    Detector("BLOCKING", blocking.CHECK, blocking.measure_blocking, blocking.MIN_SIDE),
    Detector("RINGING", ringing.CHECK, ringing.measure_ringing, ringing.MIN_SIDE),
    Detector("BLUR", blur.CHECK, blur.measure_blur, blur.MIN_SIDE, native=False),
    Detector("NOISE", noise.CHECK, noise.measure_noise, noise.MIN_SIDE, native=False),
    Detector("BANDING", banding.CHECK, banding.measure_banding, banding.MIN_SIDE),
    Detector(
        "CHECKERBOARD", checkerboard.CHECK, checkerboard.measure_checkerboard, checkerboard.MIN_SIDE
    ),
    Detector(
        "CLIPPING", clipping.CHECK, clipping.measure_clipping, clipping.MIN_SIDE, native=False
    ),
    Detector("COLOUR_CAST", cast.CHECK, cast.measure_cast, cast.MIN_SIDE, native=False),
    Detector(
        "LETTERBOX",
        letterbox.CHECK,
        letterbox.measure_letterbox,
        letterbox.MIN_SIDE,
        native=False,
        why_not=letterbox.why_not,
    ),
    Detector(
        "DUPLICATED_REGION",
        duplicate.CHECK,
        duplicate.measure_duplicate,
        duplicate.MIN_SIDE,
        native=False,
    ),
    Detector("TILING", tiling.CHECK, tiling.measure_tiling, tiling.MIN_SIDE, native=False),
    Detector("SEAM", seam.CHECK, seam.measure_seam, seam.MIN_SIDE),
    Detector(
        "ALIASING",
        aliasing.CHECK,
        aliasing.measure_aliasing,
        aliasing.MIN_SIDE,
        why_not=aliasing.why_not,
    ),
    Detector(
        "WATERMARK", watermark.CHECK, watermark.measure_watermark, watermark.MIN_SIDE, native=False
    ),
    Detector(
        "ALPHA_FRINGE",
        fringe.CHECK,
        fringe.measure_fringe,
        fringe.MIN_SIDE,
        why_not=fringe.why_not,
    ),
)


_TOGETHER = 2
"""Detectors at a time: most of their work releases the GIL, and two cores are the least."""


@dataclass(frozen=True, slots=True)
class PanelResult:
    """What the detectors said about one picture, in their order."""

    readings: tuple[Reading, ...]
    outcomes: tuple[Outcome, ...]
    timings: tuple[Timing, ...]


def run_panel(
    picture: Picture, deadline: Deadline, *, leave_out: frozenset[str] = frozenset()
) -> PanelResult:
    """All detectors that the picture is large enough for.

    Args:
        leave_out: codes not to measure; they get no outcome.

    Raises:
        DeadlineExceeded, Cancelled: between two detectors.
    """
    due = [detector for detector in DETECTORS if detector.code not in leave_out]
    gaps = [_gap(detector, picture) for detector in due]
    wanted = [detector for detector, gap in zip(due, gaps, strict=True) if gap is None]
    deadline.check()
    # The last ones first: those of the table's end take longest, and must not be waited for alone.
    with ThreadPoolExecutor(_TOGETHER, "panel") as pool:
        work = [pool.submit(_timed, detector, picture, deadline) for detector in reversed(wanted)]
        measured = [future.result() for future in reversed(work)]
    outcomes = (gap or judged(detector.check) for detector, gap in zip(due, gaps, strict=True))
    return PanelResult(
        tuple(reading for reading, _ in measured),
        tuple(outcomes),
        tuple(timing for _, timing in measured),
    )


def _timed(detector: Detector, picture: Picture, deadline: Deadline) -> tuple[Reading, Timing]:
    deadline.check()
    started = time.perf_counter()
    reading = detector.measure(picture)
    return reading, Timing(detector.check, time.perf_counter() - started)


def _gap(detector: Detector, picture: Picture) -> Outcome | None:
    why_not = detector.why_not(picture)
    if why_not:
        return skipped(detector.check, SkipReason.NOT_APPLICABLE, why_not)
    height, width = picture.grey.shape if detector.native else picture.work.shape
    if min(height, width) >= detector.min_side:
        return None
    message = f"the picture has {width}×{height} pixels, it needs {detector.min_side} a side"
    # An icon can hold no lattice of marks, no row of tiles: that is no gap in what is known of it.
    reason = SkipReason.NOT_APPLICABLE if min(height, width) >= _ICON else SkipReason.TOO_SMALL
    return skipped(detector.check, reason, message)
