"""Prints how long the artifact check of pictures takes, beside peers in the same run.

    python tests/bench/bench_artifact.py [--runs 30]

One megapixel, a different picture each run: photos of ``GENCHECK_DATA`` (dreambooth, reduced) or
else parts of those that scikit-image carries, enlarged. Wall clock and CPU time of the process; a
detector's share is of the sum. Peers: one JPEG decode for the whole panel, scikit-image's
``blur_effect`` for BLUR, OpenCV's SIFT keypoints for DUPLICATED_REGION. Ratios carry over to other
machines, milliseconds do not.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from skimage.measure import blur_effect

from gencheck.artifact.check import check_image
from gencheck.artifact.looking import look
from gencheck.deadline import NO_DEADLINE
from gencheck.hearing.roles import HearingRoles
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.media.types import Image
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Roles

Pixels = NDArray[np.uint8]
MIB = 1024


class Clock:
    """Wall clock and CPU time of work, run by run, in milliseconds."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, work: Callable[[], object]) -> None:
        """One run."""
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        self.wall.append(1000 * (time.perf_counter() - wall))
        self.cpu.append(1000 * (time.process_time() - cpu))

    def line(self) -> str:
        """Median and 95th percentile of both."""
        wall, cpu = (np.quantile(times, [0.5, 0.95]) for times in (self.wall, self.cpu))
        return f"{wall[0]:>7.1f} {wall[1]:>7.1f}   {cpu[0]:>7.1f} {cpu[1]:>7.1f}"

    @property
    def median(self) -> float:
        """Of the CPU time, which neighbours on the machine disturb least."""
        return float(np.median(self.cpu))


def photos(count: int, megapixels: float) -> list[Pixels]:
    """Different pictures of so many megapixels."""
    data = os.environ.get("GENCHECK_DATA")
    if data:
        paths = sorted((Path(data) / "real_dreambooth").glob("*/*.jpg"))
        found = [cv2.cvtColor(cv2.imread(str(p)), cv2.COLOR_BGR2RGB) for p in paths[:count]]
    else:
        found = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]
    made = [_sized(found[n % len(found)], megapixels, n // len(found)) for n in range(count)]
    return [np.ascontiguousarray(pixels) for pixels in made]


def _sized(pixels: Pixels, megapixels: float, turn: int) -> Pixels:
    """Of that size, and turned where a photo comes again."""
    ratio = (megapixels * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    way = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
    sized = cv2.resize(pixels, None, fx=ratio, fy=ratio, interpolation=way)
    return np.rot90(sized, turn % 4)


def print_panel(runs: int) -> None:
    """One megapixel: the whole, and each stage's share."""
    whole, heated, decode = Clock(), Clock(), Clock()
    stages: dict[str, list[float]] = {}
    pictures = photos(runs, 1.0)
    check_image(_image(pictures[0]), deadline=NO_DEADLINE)
    for pixels in pictures:
        image = _image(pixels)
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])
        decode.time(lambda d=data: cv2.imdecode(d, cv2.IMREAD_COLOR))
        whole.time(lambda i=image: _record(i, stages))
        heated.time(lambda i=image: check_image(i, deadline=NO_DEADLINE, want_heat_map=True))
    print(f"1 megapixel, {runs} pictures, ms      wall p50     p95   CPU p50     p95")
    print(f"  {'panel':<32}{whole.line()}  {whole.median / decode.median:>6.1f} × JPEG decode")
    print(f"  {'panel with heat map':<32}{heated.line()}")
    total = sum(float(np.median(times)) for times in stages.values())
    for stage, times in sorted(stages.items(), key=lambda item: -float(np.median(item[1]))):
        middle, high = np.quantile(times, [0.5, 0.95])
        print(f"    {stage:<30}{middle:>7.1f} {high:>7.1f}   {middle / total:>6.1%} of the sum")


def _record(image: Image, stages: dict[str, list[float]]) -> None:
    for timing in check_image(image, deadline=NO_DEADLINE).timings:
        stages.setdefault(timing.stage, []).append(1000 * timing.seconds)


def _image(pixels: Pixels) -> Image:
    return Image(pixels, None, "PNG")


def print_models(runs: int) -> None:
    """One megapixel with the models that are installed, beside the panel as in the service."""
    store = ModelStore(default_store(), shipped_models())
    backend = EmbeddedBackend(store.root, threads=os.cpu_count() or 1)
    with asyncio.Runner() as runner:
        roles = runner.run(build_roles(backend, store.players("embedded")))
        asked, total = Clock(), Clock()
        for index, pixels in enumerate(photos(runs + 1, 1.0)):
            image = _image(pixels)

            def ask(image: Image = image) -> None:
                seen = runner.run(look(image, roles, HearingRoles(), deadline=NO_DEADLINE))
                assert all(one.failure is None for one in seen)

            def both(image: Image = image) -> None:
                runner.run(_answered(image, roles))

            if index == 0:
                both()  # loads the models
                continue
            asked.time(ask)
            total.time(both)
    print(f"  {'models alone (text, artifacts)':<32}{asked.line()}")
    print(f"  {'panel and models':<32}{total.line()}")


async def _answered(image: Image, roles: Roles) -> None:
    """The panel in a thread, and what models see meanwhile."""
    panel = asyncio.to_thread(check_image, image, deadline=NO_DEADLINE)
    await asyncio.gather(panel, look(image, roles, HearingRoles(), deadline=NO_DEADLINE))


def print_peers(rounds: int) -> None:
    """Two detectors beside what a library has for the same."""
    from gencheck.artifact.image.panel import DETECTORS
    from gencheck.artifact.image.picture import prepare

    by_code = {detector.code: detector for detector in DETECTORS}
    pixels = photos(1, 1.0)[0]
    picture, grey = prepare(_image(pixels)), cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    for code, title, peer in (
        ("BLUR", "blur_effect", lambda: blur_effect(grey, h_size=11)),
        ("DUPLICATED_REGION", "SIFT keypoints", lambda: cv2.SIFT_create().detect(grey, None)),
    ):
        ours, theirs = Clock(), Clock()
        for _ in range(rounds):
            ours.time(lambda d=by_code[code]: d.measure(picture))
            theirs.time(peer)
        print(f"  {code} is {ours.median / theirs.median:.2f} × {title}")


def print_large() -> None:
    """Larger pictures: time, and the memory beside the picture's own."""
    for megapixels in (12.0, 64.0):
        image = _image(photos(1, megapixels)[0])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
        clock = Clock()
        for _ in range(3):
            clock.time(lambda i=image: check_image(i, deadline=NO_DEADLINE))
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB
        print(f"{megapixels:.0f} megapixels, ms                 {clock.line()}   "
              f"peak memory {before:.0f} → {after:.0f} MiB")  # fmt: skip


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    print_panel(runs)
    print_models(runs)
    print_peers(min(runs, 5))
    print_large()


if __name__ == "__main__":
    main()
