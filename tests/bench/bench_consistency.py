"""Speed of the consistency check: a picture of one megapixel and eight claims, in one process.

``GENCHECK_WEIGHTS=… python tests/bench/bench_consistency.py``; without the variable the embedded
profile alone is timed. Two pictures: one that shows what is asked for (the detector is sure at
first sight), and one that shows nothing of it (every crop is looked at, every line read twice).
Decoding the JPEG is in the time. CPU time is of all threads: on a busy machine it alone tells much.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import skimage

from gencheck.consistency.check import check_consistency
from gencheck.deadline import NO_DEADLINE
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.media.decode import decode
from gencheck.media.types import Image, Limits
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Picture, Roles

THREADS = 2
ROUNDS = 20
SIDE = 1024
_THINGS = "a photo of a cat next to a person, a brown cat, one cat, one person, no cars, no dogs"
_WORDS = "a photo of a cat next to a person, a brown cat, one cat, one person, no cars"
PROMPTS = {
    "no text": _THINGS,
    "text": f'{_WORDS}, with the words "GRAND OPENING"',
}


async def main() -> None:
    """Print the table."""
    files = {"as asked": encoded(shown()), "nothing of it": encoded(photo("gravel.png", SIDE))}
    with tempfile.TemporaryDirectory() as folder:
        store = ModelStore(Path(folder), shipped_models())
        store.install("embedded", source_dir=default_store())
        weights = os.environ.get("GENCHECK_WEIGHTS")
        if weights:
            store.install("standard", source_dir=Path(weights))
        for profile in ("embedded", "standard") if weights else ("embedded",):
            backend = EmbeddedBackend(store.root, threads=THREADS)
            roles = await build_roles(backend, store.players(profile))
            for kind, prompt in PROMPTS.items():
                for title, data in files.items():
                    await measure(f"{profile}, {kind}, {title}", data, prompt, roles)
            await backend.aclose()


def shown() -> Picture:
    """A woman, a cat and two words, ``uint8 [1024, 1024, 3]``."""
    canvas = np.full((SIDE, SIDE, 3), 235, np.uint8)
    canvas[100:612, :512] = photo("astronaut.png", 512)
    canvas[200:712, 512:] = photo("chelsea.png", 512)
    at, font = (60, 900), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(canvas, "GRAND OPENING", at, font, 3.2, (20, 20, 90), 8, cv2.LINE_AA)
    return canvas


def photo(name: str, side: int) -> Picture:
    """A photo that scikit-image carries, as a square."""
    path = Path(skimage.__file__).parent / "data" / name
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.resize(pixels, (side, side)), np.uint8)


def encoded(picture: Picture) -> bytes:
    """The picture as a JPEG."""
    return cv2.imencode(".jpg", picture[:, :, ::-1])[1].tobytes()


async def measure(title: str, data: bytes, prompt: str, roles: Roles) -> None:
    """Time a few rounds after two that warm up, and print p50, p95 and the mean of each stage."""
    taken, cpu, stages = [], [], defaultdict(list)
    for number in range(ROUNDS + 2):
        start, used = time.perf_counter(), time.process_time()
        image = await asyncio.to_thread(decode, data, Limits(), name="picture.jpg")
        assert isinstance(image, Image)
        decoded = time.perf_counter()
        report = await check_consistency([image.pixels], prompt, roles, {}, deadline=NO_DEADLINE)
        if number >= 2:
            taken.append(time.perf_counter() - start)
            cpu.append(time.process_time() - used)
            stages["decode"].append(decoded - start)
            for timing in report.timings:
                stages[timing.stage.removeprefix("consistency.")].append(timing.seconds)
    p50, p95 = 1e3 * np.percentile(taken, (50, 95))
    shares = ", ".join(f"{name} {1e3 * np.median(some):.0f}" for name, some in stages.items())
    judged = f"{len(report.claims)} claims, coverage {report.coverage:.2f}"
    print(
        f"{title:36} p50 {p50:5.0f} ms, p95 {p95:5.0f} ms, "
        f"CPU {1e3 * np.median(cpu):5.0f} ms  ({shares}; {judged})",
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(main())
