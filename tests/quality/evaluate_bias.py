"""Prints how often audits are wrong, by simulation, and what becomes of real faces.

    GENCHECK_DATA=… python tests/quality/evaluate_bias.py [--runs N]

False alarms and power (bias_verdicts.py; of many looks: bias_looks.py), coverage and width of the
intervals (bias_coverage.py); where GENCHECK_DATA and a face model are there, faces read and not.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
from bias_coverage import print_coverage
from bias_looks import print_looks
from bias_verdicts import print_verdicts

from gencheck.bias.images import read_image
from gencheck.deadline import NO_DEADLINE
from gencheck.inference.embedded import EmbeddedBackend
from gencheck.inference.store import ModelStore, default_store, shipped_models
from gencheck.vision.build import build_roles


async def print_faces(root: Path) -> None:
    """What becomes of the faces of FairFace's sample photos."""
    store = ModelStore(default_store(), shipped_models())
    backend = EmbeddedBackend(store.root, threads=2)
    try:
        roles = await build_roles(backend, store.players(None))
        if roles.faces is None:
            print("\nfaces skipped: no face model (gencheck models install embedded)")
            return
        print("\nFaces of faces_fairface")
        print("| folder | pictures | faces | read | not read, by reason |")
        print("|---|---:|---:|---:|---|")
        for folder in ("test", "detected_faces"):
            files = sorted((root / "faces_fairface" / folder).glob("*.jpg"))
            faces, reasons = 0, Counter[str]()
            for file in files:
                picture = cv2.imread(str(file), cv2.IMREAD_COLOR_RGB)
                reading = await read_image(
                    np.asarray(picture, np.uint8), roles, deadline=NO_DEADLINE
                )
                faces += reading.faces
                reasons.update({reason.value: c for reason, c in reading.abstained.items()})
            why = "; ".join(f"{c} × {reason}" for reason, c in reasons.most_common()) or "–"
            print(f"| {folder} | {len(files)} | {faces} | {faces - reasons.total()} | {why} |")
    finally:
        await backend.aclose()


def main() -> int:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300, help="simulated sets a line")
    runs = parser.parse_args().runs
    print_verdicts(runs)
    print_looks(runs)
    print_coverage(runs)
    root = os.environ.get("GENCHECK_DATA")
    if root:
        asyncio.run(print_faces(Path(root)))
    else:
        print("\nfaces skipped: GENCHECK_DATA is not set")
    return 0


if __name__ == "__main__":
    sys.exit(main())
