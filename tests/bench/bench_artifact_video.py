"""Video: frames a second beside a chain of FFmpeg's filters.

    python tests/bench/bench_artifact_video.py [--seconds 10]

The clips are made here: a photo of scikit-image under a moving camera, with noise, as H.264.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import time
from collections.abc import Iterator
from fractions import Fraction

import av
import cv2
import numpy as np
import skimage.data
from av.filter import Graph
from numpy.typing import NDArray

from gencheck.compose import Settings, local_client

NAIVE = ("blockdetect", "blurdetect", "freezedetect", "signalstats", "siti")
"""What comes with FFmpeg for some of the same questions."""


def views(count: int, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    """A photo under a camera that swings, ``uint8 [height, width, 3]``."""
    photo = cv2.resize(np.asarray(skimage.data.astronaut()), (2 * width, 2 * width))
    grain = np.random.default_rng(0).normal(0, 3, (height + 64, width + 64, 3)).astype(np.int16)
    for index in range(count):
        left = width / 2 * (1 + np.sin(index / 60))
        top = (2 * width - height) / 2 * (1 + np.cos(index / 90))
        way = np.array([[1, 0, left], [0, 1, top]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        view = cv2.warpAffine(photo, way, (width, height), flags=flags)
        at = 7 * index % 64
        noise = grain[at : at + height, at : at + width]
        yield np.clip(view + noise, 0, 255).astype(np.uint8)


def made(count: int, width: int, height: int, rate: int) -> bytes:
    """Such a clip as MP4."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "25"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, rate)
        for frame in views(count, width, height):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode(None))
    return file.getvalue()


def naive(data: bytes) -> int:
    """Frames through the chain of filters."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        graph = Graph()
        nodes = [graph.add_buffer(template=stream)]
        nodes += [graph.add(name) for name in NAIVE]
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        count = 0
        for frame in container.decode(stream):
            graph.push(frame)
            graph.pull()
            count += 1
    return count


async def ours(data: bytes, cores: int) -> tuple[float, dict[str, float]]:
    """Seconds of a check as a service does it, after one to warm up, and where they went."""
    settings = Settings(cores=cores)
    async with local_client(settings, ["artifact"], timeout=600) as client:
        await client.check_artifact(made(30, 320, 180, 30))
        started = time.perf_counter()
        answer = await client.check_artifact(data)
        took = time.perf_counter() - started
    return took, {one.stage: one.seconds for one in answer.timings}


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    frames = options.seconds * 30
    data = made(frames, 1280, 720, 30)
    started = time.perf_counter()
    assert naive(data) == frames
    theirs = time.perf_counter() - started
    took, stages = asyncio.run(ours(data, options.cores))
    print(f"720p, {frames} frames, {options.cores} cores")
    print(f"  {'+'.join(NAIVE)}: {frames / theirs:.1f} frames a second")
    print(f"  all of gencheck: {frames / took:.1f} frames a second, {theirs / took:.2f} × as many")
    for stage, seconds in sorted(stages.items(), key=lambda one: -one[1])[:6]:
        print(f"    {stage:<28}{1_000 * seconds / frames:>7.2f} ms a frame")


if __name__ == "__main__":
    main()
