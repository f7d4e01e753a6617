"""How well masks follow real things: ``python tests/quality/evaluate_segments.py``.

Reads ``GENCHECK_DATA`` (photos with outlines drawn by people), ``GENCHECK_WEIGHTS`` (for the
profile research) and ``GENCHECK_MADE`` (what recipes wrote). Nothing here is used for tuning.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.findings import Box
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelState, ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import Picture, PixelMask, Segmenter
from gencheck.vision.segment import MOST_BOXES, mask_iou

LEAST_AREA = 0.01
"""Of the picture: smaller things are a few pixels to a network."""


def main() -> int:
    """Print a line for each installed segmenter."""
    data = os.environ.get("GENCHECK_DATA")
    if not data:
        print("GENCHECK_DATA is unset: nothing to measure on")
        return 0
    with tempfile.TemporaryDirectory(prefix="gencheck-evaluate-") as folder:
        store = ModelStore(Path(folder), shipped_models())
        _install(store)
        asyncio.run(evaluate(store, Path(data) / "coco128"))
    return 0


def _install(store: ModelStore) -> None:
    there = default_store()
    sources = (
        ("embedded", str(there) if there.is_dir() else ""),
        ("research", os.environ.get("GENCHECK_WEIGHTS", "")),
        ("full", os.environ.get("GENCHECK_MADE", "")),
    )
    for profile, source in sources:
        try:
            if source:
                store.install(profile, source_dir=Path(source), accept_licence=True)
        except GencheckError as error:
            print(f"{profile}: {error}")


async def evaluate(store: ModelStore, folder: Path) -> None:
    """Measure every segmenter that is installed."""
    backend = EmbeddedBackend(store.root, threads=os.cpu_count() or 1)
    names = [s.entry.name for s in store.list_models() if s.state is ModelState.INSTALLED]
    playing = [e.name for e in store.catalog if e.role == "segmenter" and e.name in names]
    if not playing:
        print("no segmenter is installed: set GENCHECK_WEIGHTS or GENCHECK_MADE")
    for name in playing:
        roles = await build_roles(backend, {"segmenter": name})
        assert roles.segments is not None
        await measure(name, roles.segments, folder)
    await backend.aclose()


async def measure(name: str, segmenter: Segmenter, folder: Path) -> None:
    """Masks asked with the true boxes of things of at least 1 % of the picture."""
    agreed: list[float] = []
    missed, seconds = 0, []
    for picture, truth in photos(folder):
        started = time.perf_counter()
        boxes = [box_of(mask) for mask in truth]
        masks = await segmenter.segment(picture, boxes, deadline=Deadline())
        seconds.append(time.perf_counter() - started)
        missed += sum(mask is None for mask in masks)
        agreed += [mask_iou(m, t) for m, t in zip(masks, truth, strict=True) if m is not None]
    count = len(agreed) + missed
    mean, middle = statistics.mean(agreed), statistics.median(agreed)
    print(f"{name}: {count} things on {len(seconds)} COCO val photos, boxes given")
    print(
        f"  a mask for {len(agreed)} ({len(agreed) / count:.0%}); IoU with the outline that people"
    )
    print(
        f"  drew: mean {mean:.3f}, median {middle:.3f}; {1000 * statistics.median(seconds):.0f} ms"
    )


def photos(folder: Path) -> Iterator[tuple[Picture, list[PixelMask]]]:
    """Photos of the validation part, each with the masks of its larger things."""
    for labels in sorted((folder / "instance_segmentation" / "labels" / "val2017").glob("*.txt")):
        path = folder / "images" / "val2017" / f"{labels.stem}.jpg"
        if not path.is_file():
            continue
        picture = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)
        masks = [outline(line, picture.shape) for line in labels.read_text().splitlines()]
        large = [mask for mask in masks if mask.mean() >= LEAST_AREA][:MOST_BOXES]
        if large:
            yield picture, large


def outline(line: str, shape: tuple[int, ...]) -> PixelMask:
    """The mask of a line ``class x y x y …``, in parts of the picture."""
    points = np.asarray(line.split()[1:], np.float64).reshape(-1, 2) * (shape[1], shape[0])
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 1)
    return mask.astype(np.bool_)


def box_of(mask: PixelMask) -> Box:
    """The box around a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = float(columns[0]), float(rows[0])
    return Box(left, top, float(columns[-1]) + 1 - left, float(rows[-1]) + 1 - top)


if __name__ == "__main__":
    raise SystemExit(main())
