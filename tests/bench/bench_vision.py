"""Speed of the roles beside their peers, in one run: ``python tests/bench/bench_vision.py``.

Reading text against RapidOCR with its own sessions on the same models and sides, and one model run
through the backend against onnxruntime called bare. Medians of interleaved rounds; only the ratios
carry over to another machine. Needs the embedded models (``gencheck models install embedded``).
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles

THREADS = 2
ROUNDS = 9


async def main() -> None:
    """Print the table."""
    store = ModelStore(default_store(), shipped_models())
    backend = EmbeddedBackend(store.root, threads=THREADS)
    roles = await build_roles(backend, store.players("embedded"))
    reader = roles.text
    assert reader is not None, "install the models first: gencheck models install embedded"
    picture = poster()
    peer = rapidocr()
    bgr = np.ascontiguousarray(picture[:, :, ::-1])

    async def ours() -> None:
        await reader.read(picture, deadline=Deadline())

    async def theirs() -> None:
        await asyncio.to_thread(peer, bgr)

    await compare("read a poster of six lines, 800 x 600", ours, theirs, "RapidOCR 3.10")

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    weights = str(store.root / "centerface" / "1" / "model.onnx")
    bare = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    blob = np.random.default_rng(0).uniform(0, 255, (1, 3, 320, 320)).astype(np.float32)

    async def through() -> None:
        await backend.infer("centerface", {"input.1": blob}, deadline=Deadline())

    async def direct() -> None:
        await asyncio.to_thread(bare.run, None, {"input.1": blob})

    await compare("CenterFace on 320 x 320", through, direct, "onnxruntime bare")
    await backend.aclose()


def poster() -> NDArray[np.uint8]:
    """Six lines of text on white, ``uint8 [600, 800, 3]``."""
    picture = np.full((600, 800, 3), 255, np.uint8)
    for row, text in enumerate(
        ("Hello World", "The quick brown fox", "jumps over", "SALE 50% OFF", "open", "until 8 pm")
    ):
        at = (40, 80 + 90 * row)
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 20, 20), 3)
    return picture


def rapidocr() -> Any:
    """RapidOCR on the same models, sides and threads, without its classifier of orientation."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": 960,
            "EngineConfig.onnxruntime.intra_op_num_threads": THREADS,
        }
    )


async def compare(
    title: str,
    ours: Callable[[], Awaitable[None]],
    theirs: Callable[[], Awaitable[None]],
    peer: str,
) -> None:
    """Alternate between the two, after one round to warm up, and print both medians."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for run, kept in zip((ours, theirs), times, strict=True):
            start = time.perf_counter()
            await run()
            if number:
                kept.append(time.perf_counter() - start)
    a, b = (statistics.median(kept) * 1000 for kept in times)
    print(f"{title}: {a:.1f} ms, {peer} {b:.1f} ms, ratio {a / b:.2f}")


if __name__ == "__main__":
    asyncio.run(main())
