"""How well the roles see, on real photographs: ``python tests/quality/evaluate_vision.py``.

Reads ``GENCHECK_DATA`` (pictures with ground truth) and ``GENCHECK_WEIGHTS`` (models that are not
on the package index), and ``GENCHECK_MADE`` (what recipes made, ``--out`` of models/recipes); what
is missing is said and left out. Nothing here is used for tuning.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from installed_roles import install_everything

from gencheck.deadline import Deadline
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, shipped_models
from gencheck.vision.build import build_roles
from gencheck.vision.roles import FaceDetector, ObjectDetector, Picture, Roles
from gencheck.vision.text import OcrReader

_T = TypeVar("_T")
OBJECT_SCORES = (0.2, 0.3, 0.4, 0.5)
FACE_SCORES = (0.5, 0.6, 0.7)

# Looked through by eye: neither a person nor the picture or statue of one is in these.
KODAK_WITHOUT_PEOPLE = ("01", "03", "07", "11", "13", "19", "21", "23")
# A child, and the head of a statue.
KODAK_FACES = ("15", "17")


def main() -> int:
    """Print the tables."""
    data = os.environ.get("GENCHECK_DATA")
    if not data:
        print("GENCHECK_DATA is unset: nothing to measure on")
        return 0
    with tempfile.TemporaryDirectory(prefix="gencheck-evaluate-") as folder:
        store = ModelStore(Path(folder), shipped_models())
        install_everything(store)
        asyncio.run(evaluate(store, Path(data)))
    return 0


async def evaluate(store: ModelStore, data: Path) -> None:
    """All tables, model by model."""
    backend = EmbeddedBackend(store.root, threads=os.cpu_count() or 1)
    for entry in store.catalog:
        if not await backend.ready(entry.name):
            print(f"{entry.name}: not installed, not measured")
            continue
        roles = await build_roles(backend, store.players("embedded") | {entry.role: entry.name})
        if entry.role == "object_detector" and roles.objects is not None:
            await objects(entry.name, roles.objects, data / "coco128")
        elif entry.role == "face_detector" and roles.faces is not None:
            await faces(entry.name, roles.faces, data)
        elif roles.faces is not None and (roles.attributes or roles.deepfake):
            await portraits(entry.name, roles, data)
        elif entry.role == "text_recognizer":
            await text(entry.name, roles, data)
    await backend.aclose()


async def objects(name: str, detector: ObjectDetector, folder: Path) -> None:
    """Presence of each class in each photo of COCO's validation part: precision, recall, F1."""
    truth = {
        row["image"]: set(row["counts"])
        for row in map(json.loads, (folder / "counts.jsonl").read_text().splitlines())
        if "val2017" in row["image"] and (folder / row["image"]).is_file()
    }
    found, times = await _timed(
        lambda picture: detector.detect(picture, deadline=Deadline()),
        [folder / image for image in truth],
    )
    print(f"\n{name}: presence of objects on {len(truth)} COCO val photos, {_speed(times)}")
    print("score  precision  recall     F1")
    for score in OBJECT_SCORES:
        hits = misses = extra = 0
        for expected, things in zip(truth.values(), found, strict=True):
            seen = {thing.label for thing in things if thing.score >= score}
            hits += len(expected & seen)
            misses += len(expected - seen)
            extra += len(seen - expected)
        precision, recall = hits / max(hits + extra, 1), hits / max(hits + misses, 1)
        f1 = 2 * hits / max(2 * hits + misses + extra, 1)
        print(f"{score:5.2f}  {precision:9.3f}  {recall:6.3f}  {f1:5.3f}")


async def faces(name: str, detector: FaceDetector, data: Path) -> None:
    """Portraits with a face found; photographs without people with one."""
    portraits = sorted((data / "faces_fairface" / "test").glob("*.jpg"))
    kodak = data / "real_kodak"
    coco = _coco_without_people(data / "coco128")
    print(f"\n{name}: faces")
    await _by_group(detector, portraits)
    for title, paths in (
        ("portraits (FairFace)", portraits),
        ("faces (Kodak)", [kodak / f"{name}.png" for name in KODAK_FACES]),
        ("photos without people (Kodak)", [kodak / f"{name}.png" for name in KODAK_WITHOUT_PEOPLE]),
        ("photos without people (COCO val)", coco),
    ):
        found, times = await _timed(
            lambda picture: detector.detect(picture, deadline=Deadline()), paths
        )
        counts = ", ".join(
            f"{sum(any(face.score >= score for face in faces) for faces in found)} at {score}"
            for score in FACE_SCORES
        )
        print(f"  {title}: of {len(paths)} a face in {counts}; {_speed(times)}")


async def _by_group(detector: FaceDetector, paths: list[Path]) -> None:
    """One portrait a group: enough to see a failure, not to estimate a rate."""
    found, _ = await _timed(lambda picture: detector.detect(picture, deadline=Deadline()), paths)
    groups = ", ".join(
        f"{path.stem.removeprefix('race_')} {'found' if seen else 'missed'}"
        for path, seen in zip(paths, found, strict=True)
    )
    print(f"  by group, one portrait each: {groups}")


async def portraits(name: str, roles: Roles, data: Path) -> None:
    """The range over five portraits, never one: the file names state neither age nor gender."""
    assert roles.faces is not None
    said: dict[str, list[float]] = {}
    for path in sorted((data / "faces_fairface" / "test").glob("*.jpg")):
        picture = _read(path)
        found = (await roles.faces.detect(picture, deadline=Deadline()))[:1]
        if roles.attributes is not None:
            (seen,) = await roles.attributes.perceive(picture, found, deadline=Deadline())
            assert seen is not None
            said.setdefault("feminine", []).append(seen.feminine)
            said.setdefault("years", []).append(seen.age)
        if roles.deepfake is not None:
            (real,) = await roles.deepfake.judge(picture, found, deadline=Deadline())
            said.setdefault("real", []).append(real)
    print(f"\n{name}: the best face of each of five portraits (FairFace)")
    for what, values in said.items():
        print(f"  {what} {min(values):.2f} to {max(values):.2f}")


def _coco_without_people(folder: Path) -> list[Path]:
    rows = map(json.loads, (folder / "counts.jsonl").read_text().splitlines())
    return [
        folder / row["image"]
        for row in rows
        if "val2017" in row["image"]
        and "person" not in row["counts"]
        and (folder / row["image"]).is_file()
    ]


async def text(name: str, roles: Roles, data: Path) -> None:
    """Words of scene photographs: the recogniser alone, and with the detector before it."""
    reader = roles.text
    assert isinstance(reader, OcrReader)
    folder = data / "ocr_mmocr" / "rec_toy_dataset"
    rows = json.loads((folder / "labels.json").read_text())["data_list"]
    paths = [folder / "imgs" / row["img_path"] for row in rows]
    words = [row["instances"][0]["text"].casefold() for row in rows]
    alone, alone_times = await _timed(
        lambda picture: reader.recognise([picture], deadline=Deadline()), paths
    )
    whole, whole_times = await _timed(
        lambda picture: reader.read(picture, deadline=Deadline()), paths
    )
    read_alone = [answers[0].text.casefold() for answers in alone]
    read_whole = ["".join(line.text for line in lines).casefold() for lines in whole]
    print(f"\n{name}: words on {len(words)} crops of scene photos (35 to 119 pixels wide)")
    print(f"  recogniser alone {_equal(read_alone, words)}; {_speed(alone_times)}")
    print(f"  detector first   {_equal(read_whole, words)}; {_speed(whole_times)}")
    photos = sorted((data / "real_kodak").glob("*.png"))
    _, times = await _timed(lambda picture: reader.read(picture, deadline=Deadline()), photos)
    print(f"  a photo of 768 x 512: {_speed(times)}")


def _equal(found: list[str], expected: list[str]) -> str:
    right = sum(a == b for a, b in zip(found, expected, strict=True))
    return f"{right} of {len(expected)} right"


async def _timed(
    run: Callable[[Picture], Awaitable[_T]], paths: Iterable[Path]
) -> tuple[list[_T], list[float]]:
    answers, times = [], []
    for path in paths:
        picture = _read(path)
        start = time.perf_counter()
        answers.append(await run(picture))
        times.append(time.perf_counter() - start)
    return answers, times


def _read(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)


def _speed(times: list[float]) -> str:
    return f"median {statistics.median(times) * 1000:.0f} ms a picture"


if __name__ == "__main__":
    sys.exit(main())
