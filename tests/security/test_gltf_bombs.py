"""glTF made to hurt is read, or refused with a reason; fuzz_gltf.py says how long that takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gltf_bombs import BOMBS, Bomb

from gencheck.errors import GencheckError
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh

CLI = (
    "a million nodes",
    "nodes in a cycle",
    "an image in a view that is none",
    "a length too long",
)


def name_of(data: bytes) -> str:
    return "bomb.glb" if data.startswith(b"glTF") else "bomb.gltf"


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
def test_it_is_read_or_refused_with_a_reason(bomb: Bomb) -> None:
    data = bomb.make()
    if bomb.error:
        with pytest.raises(GencheckError) as raised:
            decode(data, Limits(), name=name_of(data))
        assert type(raised.value).__name__ == bomb.error
        assert bomb.told in f"{raised.value} {raised.value.metadata}"
        return
    mesh = decode(data, Limits(), name=name_of(data))
    assert isinstance(mesh, Mesh) and mesh.conformance is not None
    assert len(mesh.faces) == 1
    assert not bomb.told or bomb.told in mesh.conformance.counts


@pytest.mark.parametrize("bomb", [b for b in BOMBS if b.name in CLI], ids=lambda bomb: bomb.name)
def test_by_the_command_line(bomb: Bomb, tmp_path: Path) -> None:
    data = bomb.make()
    path = tmp_path / name_of(data)
    path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "gencheck", "mesh", str(path), "--json"],
        capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    told: Any = json.loads(done.stdout.splitlines()[0])
    assert done.returncode not in (0, 1) if bomb.error else "findings" in told
    assert bomb.told in done.stdout, done.stdout
