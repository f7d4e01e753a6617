"""What the names of the attributes of a primitive say together (glTF 2.0, 3.7.2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gencheck.gltf.formats import INDEXED, is_valid


@dataclass(frozen=True, slots=True)
class Names:
    """What is the same for all primitives whose attributes have the same names.

    Attributes:
        problems: codes, each with the pointer from the attributes on and the values concerned.
        coordinates: sets of texture coordinates; 0 where their numbers have a gap.
        influences: sets of joints with weights; 0 where they do not match.
    """

    problems: tuple[tuple[str, str, str], ...]
    coordinates: int
    influences: int


def read_names(names: Collection[str]) -> Names:
    """Look at all names of one primitive."""
    problems: list[tuple[str, str, str]] = []
    if "POSITION" not in names:
        problems.append(("MESH_PRIMITIVE_NO_POSITION", "", ""))
    if "TANGENT" in names and "NORMAL" not in names:
        problems.append(("MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL", "/TANGENT", ""))
    whole: dict[str, int] = {}
    for stem in INDEXED:
        count, wanted = _sets(names, stem)
        whole[stem] = count if count == wanted else 0
        if count != wanted:
            found = f"{stem}: {count} of {wanted} are numbered in a row"
            problems.append(("MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY", "", found))
    joints, weights = whole["JOINTS"], whole["WEIGHTS"]
    if joints != weights:
        found = f"{joints} JOINTS, {weights} WEIGHTS"
        problems.append(("MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH", "", found))
    return Names(tuple(problems), whole["TEXCOORD"], joints if joints == weights else 0)


def _sets(names: Collection[str], stem: str) -> tuple[int, int]:
    """How many sets of an indexed attribute there are, and how many their numbers ask for."""
    numbers = [
        int(name.partition("_")[2])
        for name in names
        if name.startswith(f"{stem}_") and is_valid(name, morph=False)
    ]
    return len(numbers), max(numbers, default=-1) + 1
