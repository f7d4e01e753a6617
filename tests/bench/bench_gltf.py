"""How long conformance of glTF takes beside the Khronos validator, in the same run.

A GLB of 1.31 million faces, a document of 20,000 nodes, and the validator's own suite where
``GENCHECK_DATA`` has it. Of both the time within the process counts, after a first round; without
node or npm ours stands alone. Then the CPU that decoding takes, also of scenes of very many parts.
How long files take that are made to hurt, fuzz_gltf.py says.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import trimesh

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "security"))

from gltf_mutants import Asset
from gltf_seeds import seeds
from khronos import Khronos, Unavailable

from gencheck.gltf.source import read_source, without_collecting
from gencheck.gltf.validate import validate
from gencheck.media.decode import decode
from gencheck.media.gltf.reader import decode_gltf
from gencheck.media.types import Limits

ROUNDS, ROUNDS_OF_DECODING = 7, 3


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


def empty_nodes() -> Asset:
    """As many nodes as a JSON may have that say nothing."""
    document = {"asset": {"version": "2.0"}, "nodes": [{}] * 499_990}
    return Asset("499,990 empty nodes", json.dumps(document).encode())


def primitives() -> Asset:
    """100,000 primitives of one accessor, with 65,000 materials."""
    shown = {"attributes": {"POSITION": 0}}
    point = {"componentType": 5126, "count": 3, "type": "VEC3", "min": [0] * 3, "max": [0] * 3}
    document = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{**shown, "material": i % 65_000} for i in range(100_000)]}],
        "materials": [{"name": f"{i}"} for i in range(65_000)],
        "accessors": [point],
    }
    return Asset("100,000 primitives of 65,000 materials", json.dumps(document).encode())


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


def decoding(asset: Asset) -> tuple[float, float]:
    """Milliseconds of CPU that the geometry takes, and all that a decoding process does."""
    name = "a.glb" if asset.packed else "a.gltf"

    def geometry() -> None:
        source = read_source(asset.data, packed=asset.packed)
        decode_gltf(source, name, Limits())

    return taken(geometry), taken(lambda: decode(asset.data, Limits(), name=name))


def taken(work: Callable[[], object]) -> float:
    """The median of milliseconds of CPU: a core that somebody else holds is not counted."""
    times = []
    for _ in range(ROUNDS_OF_DECODING):
        start = time.process_time()
        with without_collecting():
            work()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1e3


def print_all(peer: Khronos | None) -> None:
    """Print the table."""
    sphere = large()
    print(line(sphere.name, [sphere], peer))
    print(line("20,000 nodes", [nodes()], peer))
    suite = seeds()
    print(line(f"{len(suite)} small documents, one after the other", suite, peer))
    for asset in (sphere, nodes(), empty_nodes(), primitives()):
        geometry, whole = decoding(asset)
        print(f"{asset.name}: {whole:.1f} ms of CPU to decode, {geometry:.1f} for geometry alone")


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
