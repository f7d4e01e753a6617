"""All detectors of pictures over one picture."""

from __future__ import annotations

import time

from gencheck.artifact import truncated
from gencheck.artifact.image import metadata
from gencheck.artifact.image.masks import with_masks
from gencheck.artifact.image.panel import run_panel
from gencheck.artifact.image.picture import prepare
from gencheck.artifact.regions import heat_map
from gencheck.artifact.report import ArtifactReport, with_summary
from gencheck.deadline import Deadline
from gencheck.findings import Timing, judged
from gencheck.media.types import Image

_OF_THE_FILE = (metadata.CHECK, truncated.CHECK, truncated.DAMAGED)


def check_image(image: Image, *, deadline: Deadline, want_heat_map: bool = False) -> ArtifactReport:
    """All detectors of pictures.

    A picture that is too small for a detector skips it (``TOO_SMALL``, with the size that would
    do). Rows that the file does not hold are not looked at. Nothing is calibrated: every
    ``confidence`` is ``None``.

    Raises:
        DeadlineExceeded, Cancelled: between two detectors.
    """
    started = time.perf_counter()
    picture = prepare(image)
    prepared = Timing("artifact.prepare", time.perf_counter() - started)
    result = run_panel(picture, deadline)
    masked = [with_masks(reading, picture.size) for reading in result.readings]
    measurements = [m for reading in masked for m in reading.measurements]
    measurements += metadata.measure_metadata(picture).measurements
    measurements += [truncated.measure_truncated(image), truncated.measure_damaged(image)]
    heat = None
    if want_heat_map:
        heat = heat_map((reading.level for reading in result.readings), picture.size)
    return ArtifactReport(
        tuple(measurements),
        with_summary([*result.outcomes, *(judged(check) for check in _OF_THE_FILE)]),
        (prepared, *result.timings),
        heat,
    )
