"""All detectors of sound over one decoded sound."""

from __future__ import annotations

from gencheck.artifact import truncated
from gencheck.artifact.report import ArtifactReport, with_summary
from gencheck.artifact.sound.panel import SoundPanel, SoundReport
from gencheck.deadline import Deadline
from gencheck.findings import judged
from gencheck.media.types import Sound

_BLOCK_SECONDS = 10  # between two looks at the deadline


def check_sound(sound: Sound, *, deadline: Deadline) -> ArtifactReport:
    """All detectors of sound.

    Raises:
        DeadlineExceeded, Cancelled: between two blocks of ten seconds.
    """
    heard = hear_sound(sound, deadline)
    return ArtifactReport(
        (*heard.measurements, truncated.measure_truncated(sound)),
        with_summary([*heard.outcomes, judged(truncated.CHECK)]),
        heard.timings,
        timeline=heard.timeline,
    )


def hear_sound(sound: Sound, deadline: Deadline) -> SoundReport:
    """What the panel says of a sound, or of the sound of a video."""
    panel = SoundPanel(sound.rate, sound.samples.shape[0])
    step = max(1, _BLOCK_SECONDS * sound.rate)
    for start in range(0, sound.samples.shape[1], step):
        deadline.check()
        panel.hear(sound.samples[:, start : start + step])
    deadline.check()
    return panel.finish(sound.missing)
