"""Sound: WAV, MP3, FLAC, OGG, M4A and AAC through PyAV."""

from __future__ import annotations

from gencheck.media.container import decode_sound, open_container, undecodable
from gencheck.media.types import Limits, Sound


def decode_audio(data: bytes, name: str, demuxer: str, limits: Limits) -> Sound:
    """The first audio stream, every channel, at the rate of the file.

    Raises:
        LimitExceeded: longer than ``limits.max_seconds`` or ``limits.max_samples``.
        DecodeFailed: nothing of it could be decoded.
    """
    with open_container(data, name, demuxer, limits) as container:
        sound = decode_sound(container, name, limits)
    if sound is None:
        raise undecodable(demuxer, name)
    return sound
