"""Catalogues of real files, and runs of the real command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

HERE = Path(__file__).parent
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Ten small pictures, two meshes, one file that is none and one that is not there."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(10):
        pixels = rng.integers(0, 255, (96, 96, 3), np.uint8)
        if number:  # the first one stays noise, which is a finding
            pixels = cv2.GaussianBlur(pixels, (0, 0), number)
        cv2.imwrite(str(tmp_path / f"{number}.png"), pixels)
        rows.append({"id": f"p{number}", "uri": f"{number}.png", "group": f"g{number % 2}"})
    cube = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 1 4 3\n"
    (tmp_path / "solid.obj").write_text(cube)
    (tmp_path / "open.obj").write_text(cube.rsplit("f", 1)[0])
    (tmp_path / "none.bin").write_bytes(b"nothing that anybody reads")
    rows += [{"id": name, "uri": name} for name in ("solid.obj", "open.obj", "none.bin", "gone")]
    path = tmp_path / "m.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def batch_command(*words: str) -> list[str]:
    """``gencheck batch …`` as a command line of its own process."""
    return [sys.executable, "-m", "gencheck", "batch", *words]


@pytest.fixture
def batch() -> Command:
    """Runs ``gencheck batch …`` to its end."""

    def run(
        *words: str | Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = batch_command(*map(str, words))
        return subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=110, env=env
        )

    return run


def results_of(folder: Path) -> dict[str, bytes]:
    """All files of a run that are the same whenever it is run."""
    names = ("results-*", "audit-*")
    return {p.name: p.read_bytes() for name in names for p in folder.glob(f"shards/{name}")}


def fake_manifest(folder: Path, words: Sequence[str]) -> Path:
    """A manifest of files with these words in them."""
    rows = []
    for number, word in enumerate(words):
        (folder / f"{number}.txt").write_text(word)
        rows.append({"id": f"id{number:04d}", "uri": f"{number}.txt"})
    path = folder / "words.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path
