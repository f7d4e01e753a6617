"""A cluster of one process, a catalogue of small pictures, and the command line."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gencheck.cli.app import main
from gencheck.inference.store import STORE_VARIABLE, default_store
from kubedouble.cluster import FakeCluster, serving
from kubedouble.driving import GENCHECK, Catalogue, Command, Ended

_ON_THE_CLUSTER = ("submit", "status", "logs", "cancel")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[FakeCluster]:
    """A cluster that runs the batch image as this gencheck, with the models of this machine."""
    with serving(tmp_path / "cluster", {"gencheck-batch": GENCHECK}) as running:
        running.kubelet.environment = {STORE_VARIABLE: str(default_store())}
        yield running


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """``command("status", "run-1")``: gencheck batch on the cluster, in this process."""

    def run(*words: object) -> Ended:
        way = ["--kubeconfig", tmp_path / "cluster" / "kubeconfig"]
        every = [*words, *(way if words[0] in _ON_THE_CLUSTER else [])]
        monkeypatch.setattr(sys, "argv", ["gencheck", "batch", *map(str, every)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Ended(int(left.value.code or 0), said.out, said.err)

    return run


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
