"""Prints how long the artifact checks take, each beside a peer in the same run. Medians.

    python tests/bench/bench_artifact.py [--rounds 5]

Peers: scikit-image's ``blur_effect`` for the blur ratio, OpenCV's SIFT for the keypoints of the
duplicate search, one JPEG decode for the whole panel.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
import skimage.data
from skimage.measure import blur_effect

from gencheck.artifact.check import check_image, check_sound, check_video
from gencheck.artifact.image.blur import blur_ratio
from gencheck.artifact.image.panel import DETECTORS
from gencheck.artifact.image.picture import prepare
from gencheck.deadline import NO_DEADLINE
from gencheck.media.types import Image, Sound, Video


def median_ms(work: Callable[[], object], rounds: int) -> float:
    """Median wall time in milliseconds, after one round to warm up."""
    work()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def photo(megapixels: float) -> Image:
    """A photo that scikit-image carries, enlarged."""
    side = round((megapixels * 1e6) ** 0.5)
    pixels = cv2.resize(skimage.data.astronaut(), (side, side), interpolation=cv2.INTER_CUBIC)
    return Image(np.asarray(pixels, np.uint8), None, "PNG")


def clip(frames: int = 250) -> Video:
    """Ten seconds of moving texture, with six full frames of 720p."""
    wide = np.random.default_rng(0).integers(0, 256, (180, 320 + frames), dtype=np.uint8)
    small = np.stack([wide[:, i : i + 320] for i in range(frames)])
    full = cv2.resize(skimage.data.astronaut(), (1280, 720))
    times = np.arange(frames) / 25
    return Video(small, times, np.stack([full] * 6), times[:: frames // 6][:6], "h264")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    one = photo(1.0)
    picture = prepare(one)
    _, data = cv2.imencode(".jpg", one.pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])
    decode = median_ms(lambda: cv2.imdecode(data, cv2.IMREAD_COLOR), rounds)
    print("1 megapixel, medians")
    for detector in DETECTORS:
        took = median_ms(lambda d=detector: d.measure(picture), rounds)  # type: ignore[misc]
        print(f"  {detector.check:<32}{took:>9.1f} ms")
    whole = median_ms(lambda: check_image(one, deadline=NO_DEADLINE, want_heat_map=True), rounds)
    print(
        f"  {'whole panel with heat map':<32}{whole:>9.1f} ms  {whole / decode:>6.1f} × JPEG decode"
    )
    ours = median_ms(lambda: blur_ratio(picture.work), rounds)
    peer = median_ms(lambda: blur_effect(picture.work, h_size=11), rounds)
    print(f"  {'blur ratio of all tiles':<32}{ours:>9.1f} ms  {ours / peer:>6.2f} × blur_effect")
    sift = median_ms(lambda: cv2.SIFT_create().detectAndCompute(picture.work, None), rounds)
    ours = median_ms(lambda: DETECTORS[-1].measure(picture), rounds)
    print(f"  {'duplicated region':<32}{ours:>9.1f} ms  {ours / sift:>6.2f} × SIFT keypoints alone")
    for megapixels in (12.0, 64.0):
        large = photo(megapixels)
        took = median_ms(lambda i=large: check_image(i, deadline=NO_DEADLINE), 1)  # type: ignore[misc]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{megapixels:>4.0f} megapixels: {took:.0f} ms, peak memory so far {peak:.0f} MB")
    video = clip()
    took = median_ms(lambda: check_video(video, deadline=NO_DEADLINE), 1)
    print(f"clip of 10 s, 6 frames of 720p: {took:.0f} ms")
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 48_000 * 60)).astype(np.float32)
    took = median_ms(lambda: check_sound(Sound(noise, 48_000, "pcm"), deadline=NO_DEADLINE), 1)
    print(f"stereo sound of 60 s: {took:.0f} ms, {60_000 / took:.0f} × real time")


if __name__ == "__main__":
    main()
