"""Prints how fast the artifact check is on clips and sounds, beside peers in the same run.

    python tests/bench/bench_artifact_time.py [--rounds 3]

A 720p clip (Big Buck Bunny of ``GENCHECK_DATA``, or else a camera over a photo of scikit-image's):
frames a second, from bytes to report, beside one decode and beside the naive chain of FFmpeg's
filters blockdetect, blurdetect, freezedetect, signalstats and siti, through PyAV, both as it stands
and with siti left out. Sound: how many times faster than it plays. Medians of interleaved rounds.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data

from gencheck.artifact.check import check_media
from gencheck.deadline import NO_DEADLINE
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Sound

CHAIN = ("blockdetect", "blurdetect", "freezedetect", "signalstats", "siti")
SECONDS = 60


def clip() -> bytes:
    """A file of 720p."""
    data = os.environ.get("GENCHECK_DATA")
    if data:
        return (Path(data) / "video" / "bigbuckbunny.mp4").read_bytes()
    wide = cv2.resize(skimage.data.coffee(), (1700, 1134), interpolation=cv2.INTER_CUBIC)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for index in range(120):
            part = np.ascontiguousarray(wide[2 * index : 2 * index + 720, 3 * index :][:, :1280])
            frame = av.VideoFrame.from_ndarray(part, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return file.getvalue()


def filtered(data: bytes, names: tuple[str, ...]) -> int:
    """Decodes and sends each frame through a chain of FFmpeg's filters; how many there were."""
    count = 0
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        graph = None
        for frame in container.decode(stream):
            count += 1
            if not names:
                continue
            if graph is None:
                graph = av.filter.Graph()
                nodes = [graph.add_buffer(template=stream), *(graph.add(name) for name in names)]
                graph.link_nodes(*nodes, graph.add("buffersink")).configure()
            graph.vpush(frame)
            graph.vpull()
    return count


def checked(data: bytes) -> None:
    """Ours, from bytes to report."""
    check_media(decode(data, Limits(), name="clip"), deadline=NO_DEADLINE)


def medians(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, tuple[float, float]]:
    """Wall clock and CPU seconds of each, a round of all at a time."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            cpu, wall = time.process_time(), time.perf_counter()
            work()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: (statistics.median(w for w, _ in rows), statistics.median(c for _, c in rows))
        for name, rows in times.items()
    }


def print_clip(rounds: int) -> None:
    """Frames a second, and the ratio to the naive chain."""
    data = clip()
    frames = filtered(data, ())
    works: dict[str, Callable[[], object]] = {
        "gencheck": lambda: checked(data),
        "naive chain": lambda: filtered(data, CHAIN),
        "without siti": lambda: filtered(data, CHAIN[:-1]),
        "decoding alone": lambda: filtered(data, ()),
    }
    found = medians(works, rounds)
    print(f"720p, {frames} frames          frames/s   CPU ms a frame   × naive chain")
    for name, (wall, cpu) in found.items():
        print(f"  {name:<26}{frames / wall:>8.1f} {1000 * cpu / frames:>16.1f} "
              f"{found['naive chain'][0] / wall:>15.2f}")  # fmt: skip


def print_sound(rounds: int) -> None:
    """Times faster than it plays, for what is quiet, loud and silent."""
    rng = np.random.default_rng(0)
    ticks = np.arange(48_000 * SECONDS) / 48_000
    tone = 0.3 * np.sin(2 * np.pi * 220 * ticks) * (0.5 + 0.5 * np.sin(2 * np.pi * 2 * ticks))
    kinds = {
        "noise": rng.normal(0, 0.1, (2, ticks.size)),
        "tone": np.stack([tone, tone]),
        "silence": np.zeros((2, ticks.size)),
    }
    sounds = {name: Sound(s.astype(np.float32), 48_000, "pcm") for name, s in kinds.items()}
    works: dict[str, Callable[[], object]] = {
        name: lambda s=sound: check_media(s, deadline=NO_DEADLINE) for name, sound in sounds.items()
    }
    print(f"stereo sound of {SECONDS} s          × real time, wall   CPU")
    for name, (wall, cpu) in medians(works, rounds).items():
        print(f"  {name:<26}{SECONDS / wall:>20.0f} {SECONDS / cpu:>8.0f}")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    print_clip(rounds)
    print_sound(rounds)


if __name__ == "__main__":
    main()
