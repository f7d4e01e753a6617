"""Where a finding is on a mesh, in words."""

from __future__ import annotations

from gencheck.findings import MeshElements

_NAMED = 3


def place_on_mesh(region: MeshElements) -> str:
    """Such as ``faces 3, 8, 9, …, the first at (0.1, 2, 0)``; empty where nothing is listed.

    Faces go before all else, as they have the same numbers in the file.
    """
    kind, found = ("face", region.faces) if region.faces else (region.kind, region.indices)
    if not found:
        return ""
    if len(found) > 1:
        kind = "vertices" if kind == "vertex" else f"{kind}s"
    named = ", ".join(map(str, found[:_NAMED]))
    more = ", …" if len(found) > _NAMED else ""
    if not region.position:
        return f"{kind} {named}{more}"
    where = f"at ({', '.join(f'{x:.4g}' for x in region.position)})"
    return f"{kind} {named}{more}{', the first' if len(found) > 1 else ''} {where}"
