"""How long conformance of glTF takes: a GLB of 1.31 million faces, and documents made to hurt.

The Khronos validator is no tool of this project; beside it stands what decoding the same bytes
takes, so that a ratio within one run can be compared.
"""

from __future__ import annotations

import base64
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import trimesh

from gencheck.gltf.validate import validate
from gencheck.media.gltf import decode_gltf
from gencheck.media.types import Limits

_ASSET = {"asset": {"version": "2.0"}}


def large() -> bytes:
    """A sphere of 1,310,720 faces with normals, as trimesh writes it."""
    ball = trimesh.creation.icosphere(subdivisions=8)
    return bytes(trimesh.exchange.gltf.export_glb(trimesh.Scene(ball), include_normals=True))


def hostile() -> Iterator[tuple[str, bytes, bool]]:
    """Name, bytes, and whether they are a GLB."""
    yield "a million nodes", _text(nodes=[{}] * 1_000_000), False
    yield (
        "a chain of 100,001 nodes",
        _text(nodes=[{"children": [i + 1]} for i in range(100_000)] + [{}]),
        False,
    )
    yield "ten million values", _text(x=[[]] * 10_000_000), False
    yield "100,000 lists in lists", b"[" * 100_000, False
    yield "20,000 equal keys", b'{"asset":{"version":"2.0"}' + b',"scene":0' * 20_000 + b"}", False
    sparse = {
        "count": 2**53,
        "indices": {"bufferView": 0, "componentType": 5125},
        "values": {"bufferView": 0},
    }
    accessor = {"componentType": 5126, "count": 2**53, "type": "MAT4", "sparse": sparse}
    yield "sparse counts of 2^53", _text(accessors=[accessor] * 1_000), False
    uri = "data:application/octet-stream;base64," + base64.b64encode(bytes(75_000_000)).decode()
    yield "a data URI of 100 MB", _text(buffers=[{"byteLength": 75_000_000, "uri": uri}]), False
    yield "a chunk of 4 GB", b"glTF\2\0\0\0\xff\xff\xff\xff\xff\xff\xff\xffJSON", True
    same = [
        {"bufferView": 0, "componentType": 5121, "count": 1 << 20, "type": "VEC4", "max": [0] * 4}
    ]
    uri = "data:application/octet-stream;base64," + base64.b64encode(bytes(4 << 20)).decode()
    yield (
        "1,000 accessors of the same 4 MiB",
        _text(
            buffers=[{"byteLength": 4 << 20, "uri": uri}],
            bufferViews=[{"buffer": 0, "byteLength": 4 << 20}],
            accessors=same * 1_000,
        ),
        False,
    )


def _text(**parts: object) -> bytes:
    return json.dumps({**_ASSET, **parts}).encode()


def median(work: Callable[[], object], rounds: int) -> float:
    """Milliseconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def main() -> int:
    """Print the table."""
    data = large()
    checking = median(lambda: validate(data, packed=True), 7)
    decoding = median(lambda: decode_gltf(data, "", "GLB", Limits()), 7)
    counts = dict(validate(data, packed=True).counts)
    print(
        f"1,310,720 faces, {len(data) / 1e6:.0f} MB: {checking:.0f} ms, decoding {decoding:.0f} ms"
    )
    print(f"  issues: {counts or 'none'}")
    for name, hurting, packed in hostile():
        taken = median(lambda: validate(hurting, packed=packed), 1)  # noqa: B023
        report = validate(hurting, packed=packed)
        told = ", ".join(f"{n} {code}" for code, n in report.counts.items()) or "nothing"
        told += f"; unchecked: {report.unchecked[0]}" if report.unchecked else ""
        print(f"{name}: {taken:.0f} ms; {told}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of it all: {peak:.0f} MiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
