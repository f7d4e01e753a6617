"""The samples of the demo are what their captions say."""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "make_samples.py"


def make(folder: Path) -> Path:
    subprocess.run([sys.executable, SCRIPT, folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("samples"))


def load_mesh(path: Path) -> trimesh.Trimesh:
    return trimesh.load(path, force="mesh", process=False)


def test_manifest_names_everything_once_and_foretells_nothing(samples: Path) -> None:
    rows = json.loads((samples / "manifest.json").read_text())["samples"]
    made = {path.name for path in samples.iterdir()} - {"manifest.json"}
    assert sorted(row["file"] for row in rows) == sorted(made)
    assert {key for row in rows for key in row} == {"file", "caption", "prompt", "kind"}


def test_the_same_bytes_are_made_each_time(samples: Path, tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    assert digests(make(tmp_path)) == digests(samples)


def test_clean_vase_is_closed_and_the_broken_one_is_not(samples: Path) -> None:
    clean, broken = load_mesh(samples / "vase.glb"), load_mesh(samples / "vase_broken.glb")
    assert clean.is_watertight
    assert clean.is_winding_consistent
    assert clean.euler_number == 2
    assert clean.volume > 0
    assert not broken.is_watertight
    assert not broken.is_winding_consistent
    assert np.isnan(broken.vertices).any()


def test_truncated_photo_lacks_its_end(samples: Path) -> None:
    data = (samples / "truncated.jpg").read_bytes()
    assert not data.endswith(b"\xff\xd9")
    with Image.open(samples / "truncated.jpg") as image, pytest.raises(OSError, match="truncated"):
        image.load()


def test_posters_differ_only_where_the_words_are(samples: Path) -> None:
    with (
        Image.open(samples / "poster.png") as one,
        Image.open(samples / "poster_misspelt.png") as two,
    ):
        rows = np.nonzero((np.asarray(one) != np.asarray(two)).any(axis=(1, 2)))[0]
        assert 350 < rows.min() < rows.max() < 0.85 * one.height


def test_counts_add_up(samples: Path) -> None:
    with (samples / "counts_skewed.csv").open(encoding="utf-8") as file:
        totals: dict[tuple[str, str], int] = {}
        for row in csv.DictReader(file):
            key = row["prompt"], row["attribute"]
            totals[key] = totals.get(key, 0) + int(row["count"])
    assert set(totals.values()) == {200}
