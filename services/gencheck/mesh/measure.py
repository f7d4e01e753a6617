"""From a survey to measurements: one for each code, with the places to look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.findings import Measurement, MeshElements, Method
from gencheck.mesh.intersect import Intersections
from gencheck.mesh.shells import FLOATER_SHARE
from gencheck.mesh.survey import Survey
from gencheck.mesh.topology import boundary_loops

_LISTED = 1_000
_VERSION = "1"

_Indices = NDArray[np.integer]

# code → (check, method, reference)
_METHODS: dict[str, tuple[str, str, str]] = {
    "NON_FINITE": ("finite", "vertices with a NaN or infinite coordinate", "IEEE 754"),
    "DUPLICATE_VERTEX": (
        "duplicate",
        "vertices at exactly the position of an earlier one",
        "UV and normal seams in glTF and every STL have them rightly",
    ),
    "DUPLICATE_FACE": (
        "duplicate",
        "faces with the vertex set of an earlier one, after welding",
        "docs/mesh.md",
    ),
    "DEGENERATE_FACE": (
        "degenerate",
        "after welding: a vertex named twice, or height ≤ 1e-12 of the longest edge",
        "docs/mesh.md",
    ),
    "NON_MANIFOLD_EDGE": ("manifold", "edges with more than two faces, after welding", ""),
    "BOUNDARY_LOOP": (
        "boundary",
        "edges with one face after welding, chained round the fans of their vertices",
        "docs/mesh.md",
    ),
    "INCONSISTENT_WINDING": (
        "winding",
        "edges that both faces run along in the same direction, after welding",
        "glTF 2.0, 3.7.2.1",
    ),
    "INVERTED_SHELL": (
        "shell",
        "negative signed volume of a closed component that is no cavity by winding number",
        "Jacobson et al. 2013, Robust inside-outside segmentation",
    ),
    "ZERO_VOLUME": (
        "volume",
        "closed components with |volume| ≤ 1e-9 of area^1.5",
        "docs/mesh.md",
    ),
    "FLOATER": (
        "floater",
        f"components with less than {FLOATER_SHARE:.0%} of the largest one's area",
        "docs/mesh.md",
    ),
    "SELF_INTERSECTION": (
        "self_intersection",
        "own BVH; double precision filter, then exact expansions: contact beyond a shared "
        "vertex or edge",
        "Shewchuk 1997, Adaptive precision floating-point arithmetic",
    ),
    "BUDGET_EXCEEDED": ("budget", "faces as read", ""),
}


def check_of(code: str) -> str:
    """The check that measures a code, such as ``mesh.boundary``."""
    return f"mesh.{_METHODS[code][0]}"


def _measurement(
    code: str, value: float, region: MeshElements | None = None, detail: str = ""
) -> Measurement:
    _, name, reference = _METHODS[code]
    return Measurement(
        code=code,
        value=float(value),
        check=check_of(code),
        method=Method(name, _VERSION, reference),
        region=region if value > 0 else None,
        detail=detail if value > 0 else "",
    )


def _listed(indices: _Indices) -> tuple[int, ...]:
    return tuple(indices[:_LISTED].tolist())


def _region(kind: str, indices: _Indices, total: int, faces: _Indices) -> MeshElements:
    return MeshElements(kind, _listed(indices), total, _listed(faces))


def _of_faces(code: str, faces: NDArray[np.intp], detail: str = "") -> Measurement:
    return _measurement(code, len(faces), _region("face", faces, len(faces), faces), detail)


def _faces_at_edges(state: Survey, chosen: NDArray[np.intp]) -> _Indices:
    """Faces at the first edges chosen, each once, in the order of the edges."""
    start, half = state.edges.start, state.edges.half
    parts = [half[start[e] : start[e + 1]] // 3 for e in chosen[:_LISTED].tolist()]
    faces = np.concatenate(parts) if parts else np.empty(0, np.int32)
    _, first = np.unique(faces, return_index=True)
    return faces[np.sort(first)]


def _of_edges(code: str, state: Survey, chosen: NDArray[np.intp], detail: str) -> Measurement:
    ends = state.edges.ends[chosen[: _LISTED // 2]].ravel()
    region = _region("edge", ends, len(chosen), _faces_at_edges(state, chosen))
    return _measurement(code, len(chosen), region, detail)


def of_components(
    code: str, state: Survey, chosen: NDArray[np.intp], detail: str = ""
) -> Measurement:
    """Measure a code that counts components; the region lists them with their faces."""
    wanted = np.zeros(len(state.components.faces) + 1, np.bool_)  # the last is for label -1
    wanted[chosen] = True
    faces = np.flatnonzero(wanted[state.labels])
    return _measurement(code, len(chosen), _region("component", chosen, len(chosen), faces), detail)


def of_vertices(state: Survey, raw_vertices: int) -> list[Measurement]:
    """NON_FINITE and DUPLICATE_VERTEX."""
    odd = np.flatnonzero(~state.scaled.finite)
    touching = np.flatnonzero((~state.scaled.finite)[state.faces].any(axis=1))
    merged = raw_vertices - len(state.scaled.vertices)
    return [
        _measurement("NON_FINITE", len(odd), _region("vertex", odd, len(odd), touching)),
        _measurement(
            "DUPLICATE_VERTEX",
            merged,
            detail="as UV and normal seams need them; merged before all other checks",
        ),
    ]


def of_bad_faces(
    degenerate: NDArray[np.intp], duplicate: NDArray[np.intp], total: int
) -> list[Measurement]:
    """DEGENERATE_FACE and DUPLICATE_FACE."""
    return [
        _of_faces("DEGENERATE_FACE", degenerate, f"of {total} faces"),
        _of_faces("DUPLICATE_FACE", duplicate, f"of {total} faces"),
    ]


def of_topology(state: Survey) -> list[Measurement]:
    """NON_MANIFOLD_EDGE, INCONSISTENT_WINDING and BOUNDARY_LOOP."""
    edges = state.edges
    crowded = np.flatnonzero(edges.face_counts > 2)
    clash = np.flatnonzero(state.clash)
    rim, loop_of, loops = boundary_loops(state.faces, edges, len(state.scaled.vertices))
    _, first = np.unique(loop_of, return_index=True)
    region = _region(
        "loop", edges.ends[rim[first], 0], loops, _faces_at_edges(state, rim.astype(np.intp))
    )
    total = len(edges.ends)
    return [
        _of_edges("NON_MANIFOLD_EDGE", state, crowded, f"of {total} edges"),
        _of_edges("INCONSISTENT_WINDING", state, clash, f"of {total} edges"),
        _measurement("BOUNDARY_LOOP", loops, region, f"{len(rim)} of {total} edges are open"),
    ]


def of_intersections(found: Intersections) -> Measurement:
    """SELF_INTERSECTION."""
    bound = "" if found.complete else "at least "
    return _of_faces("SELF_INTERSECTION", found.faces, f"{bound}{found.pairs} pairs of faces")


def of_budget(faces: int) -> Measurement:
    """BUDGET_EXCEEDED: the value is the number of faces, the policy knows the budget."""
    return _measurement("BUDGET_EXCEEDED", faces)
