"""Materials, textures, skins, animations, size and budgets: planted defects, real files, cost.

What is planted is made from seeds and needs no data: a code is found where the default policy minds
it, or would with a threshold of 1 where it has none, or where a surface for a target does. Of real
files (GENCHECK_DATA) every finding is printed, for a person to look at.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from evaluate_mesh import folders_of
from made_gltf import MadeGltf, encoded
from material_plants import DEFECTS
from material_sound import SOUND

from gencheck.deadline import Deadline
from gencheck.errors import GencheckError
from gencheck.findings import Measurement
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh
from gencheck.mesh.budgets import of_budgets
from gencheck.mesh.check import check_mesh, checks_of_document
from gencheck.mesh.scale import scale_to_unit
from gencheck.policy import Policy, Thresholds, grade
from gencheck.policy_file import Policies

SEEDS = 20
UNMINDED = ("ALBEDO_RANGE", "DEFAULT_METAL", "TEXTURE_NOT_DECODED")
TARGETS = ("ar-quick-look", "scene-viewer")
CODES = frozenset().union(*(codes for _, codes in DEFECTS))
_SETS = ("mesh_trimesh", "mesh_gltf_validator")
_ROUNDS = 5


def policies() -> list[Policy]:
    """The default one that minds all, and the surfaces of targets."""
    known = Policies.load()
    default = known.get("default")
    more = dict.fromkeys(UNMINDED, Thresholds(minor=1))
    strict = replace(default, thresholds={**default.thresholds, **more})
    return [strict, *(known.get(f"default/{name}") for name in TARGETS)]


def measured(data: bytes, name: str = "made.glb") -> list[Measurement]:
    """All measurements of a file."""
    mesh = decode(data, Limits(), name=name)
    assert isinstance(mesh, Mesh)
    return list(check_mesh(mesh, deadline=Deadline()).measurements)


def found_in(data: bytes, minding: list[Policy]) -> set[str]:
    """The codes of this evaluation that some policy minds."""
    measurements = measured(data)
    return {f.code for policy in minding for f in grade(measurements, policy)} & CODES


def print_planted() -> bool:
    """A line for each code. Returns whether all is found and nothing else."""
    minding = policies()
    hits, misses, extra = Counter[str](), Counter[str](), Counter[str]()
    plants = [*((plant, frozenset[str]()) for plant in SOUND), *DEFECTS]
    for plant, expected in plants:
        for seed in range(SEEDS):
            found = found_in(plant(np.random.default_rng(seed)).glb(), minding)
            hits.update(found & expected)
            misses.update(expected - found)
            extra.update(found - expected)
            if found != expected and "-v" in sys.argv:
                print(f"    {plant.__name__} {seed}: {sorted(found)}")
    print(f"{len(SOUND)} sound and {len(DEFECTS)} defective kinds of files, {SEEDS} of each")
    print(f"  {'':26} files  precision  recall")
    for code in sorted(CODES):
        said, wanted = hits[code] + extra[code], hits[code] + misses[code]
        precision = hits[code] / said if said else 0.0
        print(f"  {code:26} {wanted:5}  {precision:9.4f} {hits[code] / wanted:7.4f}")
    return not misses and not extra


def print_real(folder: Path) -> None:
    """What is found in each real file."""
    minding = policies()
    judged: Counter[str] = Counter()
    for one in folders_of(folder, _SETS):
        for path in sorted(one.rglob("*.gl*")):
            try:
                measurements = measured(path.read_bytes(), path.name)
            except GencheckError:
                continue
            judged[one.name] += 1
            findings = {f.code: f for policy in minding for f in grade(measurements, policy)}
            for code in sorted(findings.keys() & CODES):
                print(f"  {path.relative_to(folder)}: {findings[code].message}")
    for name, count in judged.items():
        print(f"  {name}: {count} files judged")


def print_cost() -> None:
    """Milliseconds of CPU time, the best of a few rounds."""
    rng = np.random.default_rng(0)
    side = 2_048
    coarse = rng.integers(40, 220, (side // 8, side // 8, 3), dtype=np.uint8)
    pixels = coarse.repeat(8, axis=0).repeat(8, axis=1)
    pixels += rng.integers(0, 4, pixels.shape, dtype=np.uint8)
    bare = best(lambda: decode(MadeGltf().glb(), Limits(), name="made.glb"))
    for kind in ("PNG", "JPEG", "WEBP"):
        data = encoded(pixels, kind)
        made = MadeGltf()
        made.coloured(data)
        file = made.glb()
        spent = best(lambda file=file: decode(file, Limits(), name="made.glb")) - bare
        size = f"{side}x{side}, {kind} of {len(data):,} bytes"
        print(f"  reading a base colour of {size}: {spent:.0f} ms")
    mesh = decode(_large(), Limits(), name="made.glb")
    assert isinstance(mesh, Mesh)
    scaled = scale_to_unit(mesh.vertices, mesh.faces)
    spent = best(lambda: [*checks_of_document(mesh, scaled), of_budgets(mesh)])
    print(f"  these checks on {len(mesh.faces):,} faces without a texture: {spent:.1f} ms")


def best(work: Callable[[], object]) -> float:
    """The least CPU time of a few runs, in milliseconds."""
    times = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        work()
        times.append(1e3 * (time.process_time() - start))
    return min(times)


def _large() -> bytes:
    """A wavy sheet of a million faces, with a material that has no texture."""
    steps = 708
    y, x = np.mgrid[0:steps, 0:steps].astype(np.float32) / steps
    points = np.stack([x, y, np.sin(9 * x) * np.sin(7 * y) / 9], axis=-1).reshape(-1, 3)
    first = (np.arange(steps - 1)[:, None] * steps + np.arange(steps - 1)).reshape(-1, 1)
    corners = np.array([0, 1, steps, 1, steps + 1, steps])
    faces = (first + corners).astype(np.uint32)
    made = MadeGltf()
    made.primitive["attributes"] = {"POSITION": made.accessor(points, bounds=True)}
    made.primitive["indices"] = made.accessor(faces.reshape(-1, 1))
    made.material(pbrMetallicRoughness={"baseColorFactor": [0.5, 0.5, 0.5, 1.0]})
    return made.glb()


def main() -> int:
    """Print all; 1 where a planted defect is missed or something else is found."""
    print("Planted defects:")
    right = print_planted()
    folder = os.environ.get("GENCHECK_DATA", "")
    print("Real files:" if folder else "Real files: set GENCHECK_DATA to look at them")
    if folder:
        print_real(Path(folder))
    print("Cost:")
    print_cost()
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
