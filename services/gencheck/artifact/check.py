"""Is it broken? The public face of the artifact detector: pictures, video and sound."""

from __future__ import annotations

from gencheck.artifact.image.check import check_image
from gencheck.artifact.report import ArtifactReport
from gencheck.artifact.timeline import Track
from gencheck.artifact.watching import check_video
from gencheck.deadline import Deadline
from gencheck.errors import UnsupportedMedia
from gencheck.media.types import Image, Media, Mesh, Sound, Video

__all__ = ["ArtifactReport", "Track", "check_image", "check_media", "check_video"]


def check_media(media: Media, *, deadline: Deadline, want_heat_map: bool = False) -> ArtifactReport:
    """The check that fits the medium.

    Raises:
        UnsupportedMedia: for a mesh.
        DeadlineExceeded, Cancelled: between two detectors.
    """
    match media:
        case Image():
            return check_image(media, deadline=deadline, want_heat_map=want_heat_map)
        case Video():
            return check_video(media, deadline=deadline)
        case Sound():
            from gencheck.artifact.sound.check import (  # noqa: PLC0415 - see Watch
                check_sound,
            )

            return check_sound(media, deadline=deadline)
        case Mesh():
            raise UnsupportedMedia(
                "artifacts are looked for in pictures, video and sound, this is a mesh",
                fix="Ask the mesh checker.",
            )
