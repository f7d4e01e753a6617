"""Prints how much memory an hour of video and an hour of sound take while they go by.

    python tests/bench/bench_artifact_hour.py [--minutes 60]

Files are made here and read as a service reads them, part by part. At the end the answer about the
whole file in one piece is held against what was said on the way.
"""

from __future__ import annotations

import argparse
import io
import os
from pathlib import Path

import av
import numpy as np
from bench_artifact_sound import music
from bench_artifact_video import made

from gencheck.artifact.check import check_sound
from gencheck.artifact.report import ArtifactReport
from gencheck.artifact.watching import Watch
from gencheck.deadline import NO_DEADLINE
from gencheck.findings import Measurement
from gencheck.media.clip import Chunk
from gencheck.media.decode import decode, decode_parts
from gencheck.media.types import Limits, Sound

RATE = 16_000
LIMITS = Limits().of_streams


def memory_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def sound_file(minutes: int) -> bytes:
    """A minute of music again and again, one channel, a click a minute, as FLAC."""
    minute = music(60)[:1, ::3]
    minute[0, RATE * 5 // 4] += 0.4  # between two attacks
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=RATE, layout="mono")
        samples = np.round(np.clip(minute, -1, 1) * 32_767).astype(np.int16)
        for index in range(minutes):
            frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            frame.sample_rate, frame.pts = RATE, index * samples.shape[1]
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def watched(data: bytes, minutes: int) -> tuple[ArtifactReport, list[Measurement]]:
    """The report at the end and what was said on the way, with the memory printed as it goes."""
    watch, due, seconds, told = Watch(), 0.0, 0.0, []
    for part in decode_parts(data, LIMITS):
        told += watch.see(part, NO_DEADLINE)
        if not isinstance(part, Chunk):
            continue
        if part.frames is not None:
            seconds = float(part.frames.times[-1])
        elif part.sound is not None:
            seconds += part.sound.samples.shape[1] / part.sound.rate
        if seconds >= due:
            print(f"  {seconds / 60:>6.1f} min {memory_mb():>8.0f} MB")
            due += minutes * 60 / 6
    return watch.report(), told


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    minutes = parser.parse_args().minutes
    for name, data in (
        ("video of 160×90, 2 frames a second", made(minutes * 60 * 2, 160, 90, 2)),
        ("sound of 16 kHz", sound_file(minutes)),
    ):
        print(f"{minutes} minutes of {name}, {len(data) / 2**20:.0f} MB")
        report, told = watched(data, minutes)
        print(f"  the end    {memory_mb():>8.0f} MB, {len(report.measurements)} measurements")
        kept = sum(one in report.measurements for one in told)
        print(f"  {len(told)} were told on the way, {kept} of them are in the report")
    whole = decode(data, LIMITS)
    assert isinstance(whole, Sound)
    same = check_sound(whole, deadline=NO_DEADLINE).measurements == report.measurements
    print(f"  the sound as a whole: {memory_mb():.0f} MB, {'the same' if same else 'OTHER'} answer")


if __name__ == "__main__":
    main()
