"""A cluster of one process, a catalogue of small pictures, and the command line."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gencheck.cli.app import main
from kubedouble.cluster import FakeCluster, serving

IMAGE = "gencheck-batch:1.2.3"
GENCHECK = [sys.executable, "-m", "gencheck"]


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[FakeCluster]:
    """A cluster that runs the batch image as this gencheck."""
    with serving(tmp_path / "cluster", {"gencheck-batch": GENCHECK}) as running:
        yield running


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """``command("status", "run-1")``: gencheck batch on the cluster, in this process."""

    def run(*words: object) -> Ended:
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "cluster" / "kubeconfig"))
        monkeypatch.setattr(sys, "argv", ["gencheck", "batch", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Ended(int(left.value.code or 0), said.out, said.err)

    return run


@dataclass(frozen=True)
class Catalogue:
    """A manifest on a claim, and where its results go."""

    folder: Path
    manifest: Path

    @property
    def out(self) -> Path:
        """The results."""
        return self.folder / "out"

    def submit(self, *more: object, shards: int = 3, name: str = "run-1") -> list[object]:
        """The words of a submit."""
        return [
            *("submit", self.manifest, "--out", self.out, "--shards", shards, "--name", name),
            *("--image", IMAGE, "--mount", f"catalogue:{self.folder}", "--cores", 1, *more),
        ]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Twelve small pictures, one of them cut off."""
    folder = tmp_path / "claim"
    folder.mkdir()
    numbers = np.random.default_rng(7)
    lines = ["id,uri"]
    for i in range(12):
        name = f"{i}.png"
        noise = numbers.integers(0, 255, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / name)
        lines.append(f"asset-{i:02d},{name}")
    whole = (folder / "5.png").read_bytes()
    (folder / "5.png").write_bytes(whole[: len(whole) // 3])
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return Catalogue(folder, folder / "manifest.csv")
