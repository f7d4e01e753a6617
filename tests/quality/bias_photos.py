"""Of how many real photos an audit reads a skin tone, and why not of the others.

    GENCHECK_DATA=… python tests/quality/bias_photos.py

Nobody knows the true tones of these people: the table says nothing about accuracy.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from installed_roles import with_roles

from gencheck.bias.images import SKIN_TONE, SKIN_TONE_GROUP, read_image
from gencheck.deadline import NO_DEADLINE
from gencheck.vision.roles import Roles

FOLDERS: Mapping[str, str] = {
    "FairFace, photos": "faces_fairface/test/*.jpg",
    "FairFace, aligned crops": "faces_fairface/detected_faces/*.jpg",
    "COCO, training": "coco128/images/train2017/*.jpg",
    "COCO, validation": "coco128/images/val2017/*.jpg",
    "Kodak": "real_kodak/*.png",
}


def print_photos() -> int:
    """Print the table; only a word where there are no photos."""
    return with_roles(_print)


def _files(root: Path, pattern: str) -> list[Path]:
    return sorted(root.glob(pattern))


async def _print(root: Path, roles: Roles) -> None:
    if roles.faces is None:
        print("\nphotos skipped: no face model (gencheck models install embedded)")
        return
    print("\nReal photos: one person each, that of the largest face")
    print("| photos | n | with a face | tone read | group read | tone not read, by reason |")
    print("|---|---:|---:|---:|---:|---|")
    for name, pattern in FOLDERS.items():
        files = await asyncio.to_thread(_files, root, pattern)
        faces, read, reasons = 0, Counter[str](), Counter[str]()
        for file in files:
            picture = np.asarray(cv2.imread(str(file), cv2.IMREAD_COLOR_RGB), np.uint8)
            reading = await read_image(picture, roles, deadline=NO_DEADLINE)
            faces += reading.faces > 0
            read.update(table.attribute for table in reading.state.tables if table.people)
            if SKIN_TONE in reading.abstained:
                reasons[reading.abstained[SKIN_TONE].value] += 1
        why = "; ".join(f"{count} × {reason}" for reason, count in reasons.most_common()) or "–"
        print(
            f"| {name} | {len(files)} | {faces} | {read[SKIN_TONE]} | {read[SKIN_TONE_GROUP]}"
            f" | {why} |",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(print_photos())
