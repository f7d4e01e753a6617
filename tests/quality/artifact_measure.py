"""What one check says about one damaged picture, as the figures need it."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from artifact_damage import Damaged, Mask
from artifact_statistics import mask_overlap
from artifact_table import Told
from artifact_whole import whole

from gencheck.artifact.image.panel import DETECTORS, _gap
from gencheck.artifact.image.picture import prepare
from gencheck.artifact.reading import Reading
from gencheck.findings import Box, Measurement, OutcomeStatus
from gencheck.findings import Mask as Region
from gencheck.media.types import Image
from gencheck.policy import Policy, grade

_BY_CODE = {detector.code: detector for detector in DETECTORS}


def told_of(code: str, damaged: Damaged, policy: Policy) -> Told | None:
    """What the check of a code says; ``None`` where it does not judge such a picture."""
    reading = read_code(code, damaged.image)
    if reading is None or not reading.measurements:
        return None
    value = max(m.value for m in reading.measurements)
    severity = worst_severity(reading.measurements, policy)
    if damaged.mask is None:
        return Told(value, severity)
    return Told(value, severity, best_box(reading.measurements, damaged.mask),
                mask_overlap(marked(reading, damaged.mask.shape), damaged.mask))  # fmt: skip


def read_code(code: str, image: Image) -> Reading | None:
    """The reading of one code alone, as the panel would take it."""
    detector = _BY_CODE.get(code)
    if detector is None:
        report = whole().check(image)
        return Reading(tuple(m for m in report.measurements if m.code == code))
    picture = prepare(image)
    return None if _gap(detector, picture) else detector.measure(picture)


def is_measured(code: str) -> bool:
    """Whether any check of pictures judges the code, with the models that are installed."""
    pixels = np.zeros((256, 256, 3), np.uint8)
    check = f"artifact.{code.lower()}"
    return code in _BY_CODE or any(
        outcome.check == check and outcome.status is OutcomeStatus.JUDGED
        for outcome in whole().check(Image(pixels, None, "PNG")).outcomes
    )


def worst_severity(measurements: Iterable[Measurement], policy: Policy) -> int:
    """The worst severity, 0 for none."""
    return max((int(f.severity) for f in grade(measurements, policy)), default=0)


def best_box(measurements: Iterable[Measurement], truth: Mask) -> float:
    """The best overlap of any found box with the box of any connected part of the truth."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(truth.astype(np.uint8), connectivity=8)
    parts = [Box(*(float(v) for v in row[:4])) for row in stats[1:]]
    found = [box for m in measurements if (box := box_of(m)) is not None]
    return max((overlap(a, b) for a in parts for b in found), default=0.0)


def box_of(measurement: Measurement) -> Box | None:
    """The box of a region in a picture."""
    region = measurement.region
    if isinstance(region, Region):
        return region.box
    return region if isinstance(region, Box) else None


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    inside = max(width, 0.0) * max(height, 0.0)
    union = one.width * one.height + other.width * other.height - inside
    return inside / union if union > 0 else 0.0


def marked(reading: Reading, shape: tuple[int, ...]) -> Mask:
    """The pixels that are marked: by the masks of the findings, else where the level stands out."""
    masks = [m.region for m in reading.measurements if isinstance(m.region, Region)]
    out = np.zeros(shape, np.bool_)
    if masks:
        for mask in masks:
            out |= cv2.imdecode(np.frombuffer(mask.png, np.uint8), cv2.IMREAD_GRAYSCALE) > 0
    elif reading.level is not None and reading.level.size:
        size = (shape[1], shape[0])
        out = cv2.resize(reading.level, size, interpolation=cv2.INTER_NEAREST) >= 1
    return out
