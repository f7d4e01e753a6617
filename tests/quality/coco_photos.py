"""coco128's photos with their labels, and a detector that looks at the same pixels once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed
from gencheck.inference.store import shipped_models
from gencheck.vision.roles import DetectedObject, ObjectDetector, Picture

LABELS = tuple((shipped_models() / "repository/yolox_nano/labels.txt").read_text().splitlines())


@dataclass(slots=True)
class Photo:
    """A photo; ``boxes``: centre x, y, width, height as shares of it, by class."""

    path: Path
    counts: dict[str, int]
    boxes: dict[str, list[tuple[float, float, float, float]]] = field(default_factory=dict)

    def pixels(self, name: str, picture: Picture) -> list[Box]:
        """The boxes of a class in pixels."""
        height, width = picture.shape[:2]
        return [
            Box((x - w / 2) * width, (y - h / 2) * height, w * width, h * height)
            for x, y, w, h in self.boxes.get(name, [])
        ]


class Remembering:
    """An object detector that looks at the same pixels once."""

    def __init__(self, inner: ObjectDetector) -> None:
        self._inner = inner
        self.model: ModelUsed = inner.model
        self.labels = inner.labels
        self._seen: dict[int, list[DetectedObject]] = {}

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        """As the inner one."""
        key = hash(picture.tobytes())
        if key not in self._seen:
            self._seen[key] = await self._inner.detect(picture, deadline=deadline)
        return self._seen[key]


def photos(root: Path, split: str) -> list[Photo]:
    """The photos of a split that are there. Args: root: coco128's folder."""
    found = []
    for line in (root / "counts.jsonl").read_text().splitlines():
        row = json.loads(line)
        path = root / row["image"]
        if path.parent.name != split or not path.is_file():
            continue
        photo = Photo(path, row["counts"])
        labels = root / "object_detection/labels" / split / f"{path.stem}.txt"
        for label in labels.read_text().splitlines() if labels.is_file() else []:
            index, *box = label.split()
            x, y, width, height = (float(value) for value in box)
            photo.boxes.setdefault(LABELS[int(index)], []).append((x, y, width, height))
        found.append(photo)
    return found


def read(path: Path) -> Picture:
    """A picture file's pixels, ``uint8 [H, W, 3]`` RGB."""
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return np.asarray(pixels, np.uint8)
