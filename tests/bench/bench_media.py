"""What decoding in a worker costs over decoding here, and our readers beside Pillow and trimesh.

Both sides of a row run in turns in this process: medians of their pairs, in milliseconds.
"""

import asyncio
import io
import statistics
import struct
import time
from collections.abc import Awaitable, Callable

import numpy as np
import trimesh
from PIL import Image as PillowImage

from gencheck.deadline import Deadline
from gencheck.media.decode import decode
from gencheck.media.pool import DecodePool
from gencheck.media.types import Limits

_SUBDIVISIONS = 8  # of an icosahedron: 1.3 million faces


def picture(side: int, kind: str) -> bytes:
    """A square photo-like picture."""
    y, x = np.mgrid[:side, :side]
    noise = np.random.default_rng(0).normal(0, 6, (side, side, 3))
    waves = np.stack([np.sin(x / 17), np.cos(y / 29), np.sin((x + y) / 41)], -1)
    file = io.BytesIO()
    pixels = np.clip(128 + 80 * waves + noise, 0, 255).astype(np.uint8)
    PillowImage.fromarray(pixels).save(file, kind)
    return file.getvalue()


def stl(count: int) -> bytes:
    """A binary STL of so many triangles."""
    return bytes(80) + struct.pack("<I", count) + bytes(50 * count)


async def pairs(
    first: Callable[[], Awaitable[object]], second: Callable[[], Awaitable[object]], runs: int
) -> tuple[float, float]:
    """Median milliseconds of both, run in turns."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        for work, times in zip((first, second), taken, strict=True):
            start = time.perf_counter()
            await work()
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken[0]), statistics.median(taken[1])


async def bench_pool(limits: Limits) -> None:
    """The cost of a worker: bytes there, arrays back."""
    pool = DecodePool(1, limits)
    start = time.perf_counter()
    await pool.start()
    print(f"a worker starts in {(time.perf_counter() - start) * 1e3:.0f} ms")
    print(f"\n{'decode':30} {'here':>9} {'worker':>9} {'added':>9}")
    cases = {
        "PNG 16×16": (picture(16, "PNG"), 100),
        "JPEG 1 megapixel": (picture(1000, "JPEG"), 25),
        "JPEG 16 megapixels": (picture(4000, "JPEG"), 5),
        "STL 500,000 faces": (stl(500_000), 9),
        "GLB 1.3 million faces": (ball().export(file_type="glb"), 9),
    }
    try:
        for name, (data, runs) in cases.items():

            async def here(data: bytes = data) -> object:
                return decode(data, limits)

            async def there(data: bytes = data) -> object:
                return await pool.decode(data, deadline=Deadline())

            await there()
            ours, theirs = await pairs(here, there, runs)
            print(f"{name:30} {ours:9.2f} {theirs:9.2f} {theirs - ours:9.2f}")
    finally:
        await pool.aclose()


async def bench_pictures(limits: Limits) -> None:
    """The same bytes made an RGB array by Pillow alone."""
    print(f"\n{'picture':30} {'gencheck':>9} {'Pillow':>9} {'ratio':>9}")
    for name, side, kind in (("PNG 16×16", 16, "PNG"), ("JPEG 16 megapixels", 4000, "JPEG")):
        data = picture(side, kind)

        async def ours(data: bytes = data) -> object:
            return decode(data, limits)

        async def theirs(data: bytes = data) -> object:
            return np.array(PillowImage.open(io.BytesIO(data)))

        mine, peer = await pairs(ours, theirs, 5 if side > 1000 else 100)
        print(f"{name:30} {mine:9.2f} {peer:9.2f} {peer / mine:8.1f}×")


def ball() -> trimesh.Trimesh:
    """A closed mesh of 1.3 million faces."""
    return trimesh.creation.icosphere(subdivisions=_SUBDIVISIONS)


async def bench_meshes(limits: Limits) -> None:
    """The same bytes read by trimesh, with nothing merged."""
    mesh = ball()
    print(f"\n{len(mesh.faces):,} faces {'':14} {'gencheck':>9} {'trimesh':>9} {'ratio':>9}")
    for kind in ("glb", "stl", "ply", "obj"):
        data = mesh.export(file_type=kind)
        data = data.encode() if isinstance(data, str) else data

        async def ours(data: bytes = data) -> object:
            return decode(data, limits)

        async def theirs(data: bytes = data, kind: str = kind) -> object:
            return trimesh.load(io.BytesIO(data), file_type=kind, process=False)

        mine, peer = await pairs(ours, theirs, 3)
        print(f"{kind.upper():30} {mine:9.1f} {peer:9.1f} {peer / mine:8.1f}×")


async def main() -> None:
    """Print the tables."""
    limits = Limits()
    await bench_pool(limits)
    await bench_pictures(limits)
    await bench_meshes(limits)


if __name__ == "__main__":
    asyncio.run(main())
