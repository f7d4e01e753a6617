"""How long conformance of glTF takes beside the Khronos validator, in the same run.

A GLB of 1.31 million faces, a document of 20,000 nodes, and the validator's own suite where
``GENCHECK_DATA`` has it. Of both the time within the process counts, after a first round; without
node or npm ours stands alone. How long files take that are made to hurt, fuzz_gltf.py says.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import trimesh

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "security"))

from gltf_mutants import Asset
from gltf_seeds import seeds
from khronos import Khronos, Unavailable

from gencheck.gltf.source import read_source, without_collecting
from gencheck.gltf.validate import validate
from gencheck.media.gltf.reader import decode_gltf
from gencheck.media.types import Limits

ROUNDS = 7


def large() -> Asset:
    """A sphere of 1,310,720 faces with normals, as trimesh writes it."""
    ball = trimesh.creation.icosphere(subdivisions=8)
    data = trimesh.exchange.gltf.export_glb(trimesh.Scene(ball), include_normals=True)
    return Asset("1,310,720 faces", bytes(data), packed=True)


def nodes() -> Asset:
    """A scene of 20,000 nodes with a transform, below one root."""
    matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 5, 0, 0, 1]
    count = 20_000
    document = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"children": list(range(1, count))}, *[{"matrix": matrix}] * (count - 1)],
    }
    return Asset("20,000 nodes", json.dumps(document).encode())


def ours(assets: list[Asset]) -> float:
    """Milliseconds for all."""
    start = time.perf_counter()
    with without_collecting():  # as for reading
        for asset in assets:
            validate(read_source(asset.data, packed=asset.packed))
    return (time.perf_counter() - start) * 1e3


def theirs(assets: list[Asset], peer: Khronos) -> float:
    """Milliseconds for all, without the way to the process."""
    return sum(peer.ask(asset.data, packed=asset.packed).milliseconds for asset in assets)


def line(name: str, assets: list[Asset], peer: Khronos | None) -> str:
    """The medians and their ratio."""
    checking = statistics.median([ours(assets) for _ in range(ROUNDS + 1)][1:])
    text = f"{name}: {checking:.1f} ms"
    if peer is None:
        return text
    peers = statistics.median([theirs(assets, peer) for _ in range(ROUNDS + 1)][1:])
    return f"{text}, the validator {peers:.1f} ms, ratio {checking / peers:.2f}"


def decoding(asset: Asset) -> float:
    """Milliseconds that reading the same bytes takes."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        decode_gltf(read_source(asset.data, packed=asset.packed), "", Limits())
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def print_all(peer: Khronos | None) -> None:
    """Print the table."""
    sphere = large()
    print(line(sphere.name, [sphere], peer), f"(reading it takes {decoding(sphere):.1f} ms)")
    print(line("20,000 nodes", [nodes()], peer))
    suite = seeds()
    print(line(f"{len(suite)} small documents, one after the other", suite, peer))


def main() -> int:
    """Print the table, with the validator where it can be had."""
    try:
        with Khronos() as peer:
            print_all(peer)
    except Unavailable as error:
        print(f"alone: {error}")
        print_all(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
