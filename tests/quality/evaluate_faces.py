"""Whether anything at hand sees a damaged face: ``python tests/quality/evaluate_faces.py``.

Faces of the photos in ``GENCHECK_DATA`` are damaged in three ways and, as a sham, cut out, blended
back and encoded again without any damage. Each signal is asked about all four: the AUROC of damaged
against clean with its interval, how many of the damaged it finds where it may alarm on 5 % of clean
faces, and how many shams alarm then. A check per face is worth having only where the interval is
clear of chance, shams stay quiet and a fair share is found: the last line says which one is that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import cv2
import numpy as np
from artifact_pictures import read_photo
from artifact_statistics import auroc, auroc_interval
from installed_roles import with_roles
from numpy.typing import NDArray

from gencheck.deadline import NO_DEADLINE
from gencheck.vision.alignment import by_landmarks, similarity
from gencheck.vision.roles import Face, Picture, Roles

LEAST_SIDE = 36  # pixels of a face: smaller ones hide any damage
MOST_FACES = int(os.environ.get("GENCHECK_FACES", "60"))
ALARMS = 0.05
USEFUL = 0.5
Signal = Callable[[Picture, Face, Roles], Awaitable[float]]
Crop = NDArray[np.uint8]


def main() -> int:
    """Print the table."""
    return with_roles(evaluate)


async def evaluate(data: Path, roles: Roles) -> None:
    """Values of every signal on every face, then the table."""
    faces = await photos_with_faces(data, roles)
    signals: dict[str, Signal] = {
        "face detector is less sure": unsure,
        "landmarks off the mean face": off_mean,
        "halves differ": halves_differ,
        **({"Meso4 says swapped": swapped} if roles.deepfake else {}),
    }
    if not roles.deepfake:
        print(
            "nobody plays DeepfakeClassifier: it is left out (make the model with recipe:mesonet)"
        )
    print(f"{len(faces)} faces of {LEAST_SIDE} pixels or more, AUROC against clean")
    useful = [name for name, ask in signals.items() if await judged(name, ask, faces, roles)]
    print(f"worth a check per face: {', '.join(useful) or 'none of them, so there is none'}")


async def photos_with_faces(data: Path, roles: Roles) -> list[tuple[Picture, Face]]:
    """The largest face of each photo."""
    paths = [
        *sorted((data / "faces_fairface" / "test").glob("*.jpg")),
        *sorted((data / "coco128/images/val2017").glob("*.jpg")),
        *sorted((data / "coco128/images/train2017").glob("*.jpg")),
    ]
    found: list[tuple[Picture, Face]] = []
    for path in paths:
        photo = read_photo(path)
        face = await largest(photo, roles)
        if face is not None and min(face.box.width, face.box.height) >= LEAST_SIDE:
            found.append((photo, face))
        if len(found) == MOST_FACES:
            break
    return found


async def largest(photo: Picture, roles: Roles) -> Face | None:
    """The largest face, ``None`` where there is none."""
    assert roles.faces is not None
    faces = await roles.faces.detect(photo, deadline=NO_DEADLINE)
    return max(faces, key=lambda face: face.box.height, default=None)


async def judged(name: str, ask: Signal, faces: list[tuple[Picture, Face]], roles: Roles) -> bool:
    """Print a signal's lines; whether a check could rest on it."""
    values: dict[str, list[float]] = {}
    for kind, damage in (("clean", None), ("sham", blended), *DAMAGE.items()):
        values[kind] = [
            await ask(with_damage(photo, face, damage, number), face, roles)
            for number, (photo, face) in enumerate(faces)
        ]
    limit = float(np.quantile(values["clean"], 1 - ALARMS))
    sham = float(np.mean(np.asarray(values["sham"]) > limit))
    print(f"  {name}: {sham:.0%} of shams alarm where {ALARMS:.0%} of clean faces do")
    good = sham <= 2 * ALARMS
    for kind in DAMAGE:
        value = auroc(values["clean"], values[kind])
        low, high = auroc_interval(value, len(faces), len(faces))
        recall = float(np.mean(np.asarray(values[kind]) > limit))
        print(f"    {kind:8} {value:.3f} ({low:.3f} to {high:.3f}), finds {recall:.0%}")
        good &= low > 0.5 and recall >= USEFUL
    return good


async def unsure(photo: Picture, face: Face, roles: Roles) -> float:
    """One minus the score that the detector gives the face now."""
    assert roles.faces is not None
    faces = await roles.faces.detect(photo, deadline=NO_DEADLINE)
    x, y = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
    there = [
        other.score
        for other in faces
        if abs(other.box.x + other.box.width / 2 - x) < face.box.width / 2
        and abs(other.box.y + other.box.height / 2 - y) < face.box.height / 2
    ]
    return 1 - max(there, default=0.0)


async def off_mean(photo: Picture, face: Face, roles: Roles) -> float:
    """How far the five landmarks found now lie from a mean face, in shares of its side."""
    now = await largest(photo, roles)
    if now is None or now.landmarks is None:
        return 1.0
    move = similarity(now.landmarks.astype(np.float64), MEAN_FACE)
    placed = now.landmarks @ move[:, :2].T + move[:, 2]
    return float(np.sqrt(np.mean((placed - MEAN_FACE) ** 2)) / 112)


async def halves_differ(photo: Picture, face: Face, roles: Roles) -> float:
    """One minus the correlation of the upright face with its mirror image."""
    if face.landmarks is None:
        return 1.0
    crop = cv2.cvtColor(by_landmarks(photo, face.landmarks), cv2.COLOR_RGB2GRAY).astype(float)
    return 1 - float(np.corrcoef(crop.ravel(), crop[:, ::-1].ravel())[0, 1])


async def swapped(photo: Picture, face: Face, roles: Roles) -> float:
    """How little the face looks real to Meso4."""
    assert roles.deepfake is not None
    (real,) = await roles.deepfake.judge(photo, [face], deadline=NO_DEADLINE)
    return 1 - real


def with_damage(
    photo: Picture,
    face: Face,
    damage: Callable[[Crop, np.random.Generator], Crop] | None,
    seed: int,
) -> Picture:
    """The photo with its face damaged, all encoded alike."""
    out = photo.copy()
    box = face.box
    top, left = max(0, int(box.y)), max(0, int(box.x))
    rows, columns = slice(top, top + int(box.height)), slice(left, left + int(box.width))
    if damage is not None:
        out[rows, columns] = damage(out[rows, columns].copy(), np.random.default_rng(seed))
    encoded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def blended(crop: Crop, rng: np.random.Generator) -> Crop:
    """Encoded by itself and blended back: no damage."""
    encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(80, 95))])[1]
    again = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return mixed(crop, again)


def mixed(crop: Crop, other: Crop) -> Crop:
    """The other within a soft ellipse."""
    height, width = crop.shape[:2]
    mask = np.zeros((height, width), np.float32)
    axes = (int(0.42 * width), int(0.45 * height))
    cv2.ellipse(mask, (width // 2, height // 2), axes, 0, 0, 360, 1, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.04 * width))[:, :, None]
    return np.asarray(np.rint(crop * (1 - mask) + other * mask), np.uint8)


def warped(crop: Crop, rng: np.random.Generator) -> Crop:
    """Features pulled about by up to an eighth of the face."""
    height, width = crop.shape[:2]
    shift = [
        cv2.resize(rng.normal(0, 0.07 * width, (4, 4)).astype(np.float32), (width, height),
                   interpolation=cv2.INTER_CUBIC)
        for _ in range(2)
    ]  # fmt: skip
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = cv2.remap(crop, x + shift[0], y + shift[1], cv2.INTER_LINEAR,
                      borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    return mixed(crop, np.asarray(moved, np.uint8))


def melted(crop: Crop, rng: np.random.Generator) -> Crop:
    """Smeared along one direction."""
    length = max(5, int(0.22 * crop.shape[1]) | 1)
    line = np.zeros((length, length), np.float32)
    turn = rng.uniform(0, np.pi)
    ends = [round(length / 2 + s * np.cos(turn) * length / 2) for s in (-1, 1)]
    tall = [round(length / 2 + s * np.sin(turn) * length / 2) for s in (-1, 1)]
    cv2.line(line, (ends[0], tall[0]), (ends[1], tall[1]), 1, 1)
    return mixed(crop, np.asarray(cv2.filter2D(crop, -1, line / line.sum()), np.uint8))


def doubled(crop: Crop, rng: np.random.Generator) -> Crop:
    """An eye where a cheek is."""
    height, width = crop.shape[:2]
    eye = crop[int(0.25 * height) : int(0.5 * height), int(0.1 * width) : int(0.5 * width)].copy()
    out = crop.copy()
    top = int(rng.uniform(0.5, 0.7) * height)
    left = int(rng.uniform(0.1, 0.5) * width)
    part = out[top : top + eye.shape[0], left : left + eye.shape[1]]
    part[:] = mixed(part, eye[: part.shape[0], : part.shape[1]])
    return out


DAMAGE: dict[str, Callable[[Crop, np.random.Generator], Crop]] = {
    "warped": warped,
    "melted": melted,
    "doubled": doubled,
}
MEAN_FACE = np.asarray(
    [(38.3, 51.7), (73.5, 51.5), (56.0, 71.7), (41.5, 92.4), (70.7, 92.2)], np.float64
)
"""Of crops of 112 pixels, as ArcFace aligns them (Deng et al. 2019)."""


if __name__ == "__main__":
    sys.exit(main())
