"""Defects planted into clean meshes: is each found, with the right faces, and nothing else?

Then the same mesh with its faces and vertices in another order, written to PLY and to STL and read
again, and scaled by a power of two: the answer must not change. Made from seeds; needs no data.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
from mesh_plants import PLANTS, Planted, clean

from gencheck.deadline import Deadline
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.check import check_mesh, warm_up

_SEEDS = 200
# STL has no shared vertices: these two codes count vertices, of which it has others.
_OF_VERTICES = ("NON_FINITE", "DUPLICATE_VERTEX")

Found = dict[str, frozenset[int] | None]


def found_in(mesh: Mesh) -> Found:
    """Each code found, with the faces that it names."""
    report = check_mesh(mesh, deadline=Deadline())
    return {
        m.code: frozenset(m.region.faces) if m.region else None
        for m in report.measurements
        if m.value and not m.code.startswith("BUDGET_")
    }


def permuted(planted: Planted, rng: np.random.Generator) -> Planted:
    """Faces and vertices in another order."""
    to = rng.permutation(len(planted.faces))
    place = rng.permutation(len(planted.vertices)).astype(np.int32)
    vertices, faces = np.empty_like(planted.vertices), np.empty_like(planted.faces)
    vertices[place], faces[to] = planted.vertices, place[planted.faces]
    expected = {
        code: None if named is None else frozenset(to[list(named)].tolist())
        for code, named in planted.expected.items()
    }
    if "DUPLICATE_FACE" in expected:  # the later of the two, which are those that touch
        expected["DUPLICATE_FACE"] = frozenset({max(expected["SELF_INTERSECTION"] or ())})
    return Planted(vertices, faces, expected)


def scaled(planted: Planted, rng: np.random.Generator) -> Planted:
    """All lengths times a power of two."""
    power = int(rng.integers(-60, 61))
    return Planted(np.ldexp(planted.vertices, power), planted.faces, planted.expected)


def as_ply(planted: Planted) -> bytes:
    """The mesh as binary PLY, in double precision."""
    header = (
        f"ply\nformat binary_little_endian 1.0\nelement vertex {len(planted.vertices)}\n"
        "property double x\nproperty double y\nproperty double z\n"
        f"element face {len(planted.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    rows = np.empty(len(planted.faces), np.dtype([("n", "u1"), ("corners", "<i4", 3)]))
    rows["n"], rows["corners"] = 3, planted.faces
    return header.encode() + planted.vertices.astype("<f8").tobytes() + rows.tobytes()


def as_stl(planted: Planted) -> bytes:
    """The mesh as binary STL, in single precision, which holds it."""
    facets = np.zeros(
        len(planted.faces),
        np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")]),
    )
    facets["corners"] = planted.vertices[planted.faces]
    return bytes(80) + len(facets).to_bytes(4, "little") + facets.tobytes()


def _read(data: bytes, name: str) -> Mesh:
    mesh = decode(data, Limits(), name=name)
    assert isinstance(mesh, Mesh)
    return mesh


def variants(planted: Planted, rng: np.random.Generator) -> Iterator[tuple[str, Mesh, Found]]:
    """The mesh, and what must not change the answer."""
    for name, other in (
        ("as made", planted),
        ("permuted", permuted(planted, rng)),
        ("scaled", scaled(planted, rng)),
    ):
        yield name, Mesh(other.vertices, other.faces, "PLY"), other.expected
    yield "PLY", _read(as_ply(planted), "planted.ply"), planted.expected
    if not any(code in planted.expected for code in _OF_VERTICES):
        yield "STL", _read(as_stl(planted), "planted.stl"), planted.expected


def main() -> int:
    """Print a line for each defect."""
    warm_up()
    print(f"{_SEEDS} meshes a defect; as made, permuted, scaled by 2^k, by way of PLY and STL")
    print(f"{'':20} checks  precision  recall  right faces")
    for plant in (None, *PLANTS):
        checks = wanted = hits = extra = right = 0
        for seed in range(_SEEDS):
            rng = np.random.default_rng(seed)
            planted = plant(rng) if plant else Planted(*clean(rng), {})
            for name, mesh, expected in variants(planted, rng):
                found = found_in(mesh)
                if name == "STL":
                    found.pop("DUPLICATE_VERTEX", None)
                checks += 1
                wanted += len(expected)
                hits += len(found.keys() & expected.keys())
                extra += len(found.keys() - expected.keys())
                right += sum(found.get(code) == named for code, named in expected.items())
                if found != expected and "-v" in sys.argv:
                    print(f"    {plant.__name__ if plant else 'clean'} {seed} {name}: {found}")
        if plant is None:
            print(f"  {'no defect':18} {checks:6}  {extra} codes where there is nothing")
        else:
            precision = hits / (hits + extra) if hits + extra else 0.0
            print(f"  {plant.__name__:18} {checks:6}  {precision:9.4f} {hits / wanted:7.4f} "
                  f"{right / wanted:9.4f}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
