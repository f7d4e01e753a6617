"""From a survey to measurements: one for each code, with the places to look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.codes import quantity
from gencheck.findings import Measurement, MeshElements, Method
from gencheck.mesh.faces import COLLAPSED, FLAT, count_needles, duplicate_faces
from gencheck.mesh.intersect import Intersections
from gencheck.mesh.scale import unscale
from gencheck.mesh.shells import FLOATER_SHARE
from gencheck.mesh.survey import Survey
from gencheck.mesh.topology import boundary_loops, ends, loop_lengths
from gencheck.mesh.walls import MAX_RAYS, THIN_SHARE, Walls

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
    "NON_MANIFOLD_VERTEX": (
        "manifold",
        "vertices, after welding, where several fans of faces meet and every edge has at most two "
        "faces",
        "docs/mesh.md",
    ),
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
        "own BVH; double precision filter, then exact sums: contact beyond a shared vertex or edge",
        "Shewchuk 1997, Adaptive precision floating-point arithmetic",
    ),
    "INTERIOR_FACES": (
        "interior",
        "a ray from the middle of each face, evenly chosen beyond "
        f"{MAX_RAYS:,}: winding number of the solid components not zero on both sides, and "
        "no other face touches it",
        "Woop, Benthin and Wald 2013, Watertight ray/triangle intersection",
    ),
    "THIN_WALL": (
        "thickness",
        "the same ray, inside the solid components, to a face within 30° of parallel; "
        f"walls below {THIN_SHARE:.1%} of the diagonal count",
        "Woop, Benthin and Wald 2013, Watertight ray/triangle intersection",
    ),
    "BUDGET_EXCEEDED": ("budget", "faces as read", ""),
}


def check_of(code: str) -> str:
    """The check that measures a code, such as ``mesh.boundary``."""
    return f"mesh.{_METHODS[code][0]}"


def _measurement(
    code: str,
    value: float,
    region: MeshElements | None = None,
    detail: str = "",
    *,
    caveat: str = "",
) -> Measurement:
    """``caveat`` is what must be said of a value of 0, too."""
    _, name, reference = _METHODS[code]
    return Measurement(
        code=code,
        value=float(value),
        check=check_of(code),
        method=Method(name, _VERSION, reference),
        region=region if value > 0 else None,
        detail=detail if value > 0 else caveat,
    )


def _listed(indices: _Indices) -> tuple[int, ...]:
    return tuple(indices[:_LISTED].tolist())


def _region(
    state: Survey, kind: str, indices: _Indices, total: int, faces: _Indices
) -> MeshElements:
    return MeshElements(kind, _listed(indices), total, _listed(faces), _centre(state, faces[:1]))


def _centre(state: Survey, face: _Indices) -> tuple[float, ...]:
    """The middle of a face, in the unit of the file; empty where there is none."""
    corners = state.faces[face].ravel()
    if not len(corners) or not state.scaled.finite[corners].all():
        return ()
    middle = state.scaled.vertices[corners].mean(axis=0).tolist()
    return tuple(unscale(x, state.scaled.exponent) for x in middle)


def faces_region(state: Survey, faces: NDArray[np.intp]) -> MeshElements | None:
    """Where some faces are; ``None`` where there are none."""
    return _region(state, "face", faces, len(faces), faces) if len(faces) else None


def _of_faces(code: str, state: Survey, faces: NDArray[np.intp], detail: str = "") -> Measurement:
    return _measurement(code, len(faces), faces_region(state, faces), detail)


def _at_edges(
    code: str, state: Survey, first: NDArray[np.integer], sides: NDArray[np.integer], detail: str
) -> Measurement:
    """Measure a code that counts edges.

    Args:
        first: a half-edge of each edge.
        sides: half-edges of all of them, whose faces are listed.
    """
    vertices = ends(state.faces, first[: _LISTED // 2]).ravel()
    region = _region(state, "edge", vertices, len(first), _faces_of(sides))
    return _measurement(code, len(first), region, detail)


def _faces_of(half_edges: NDArray[np.integer]) -> _Indices:
    """The faces of the first half-edges, each once, in their order."""
    faces: _Indices = half_edges[: 2 * _LISTED] // 3
    _, first = np.unique(faces, return_index=True)
    return faces[np.sort(first)]


def of_components(
    code: str, state: Survey, chosen: NDArray[np.intp], detail: str = ""
) -> Measurement:
    """Measure a code that counts components; the region lists them with their faces."""
    wanted = np.zeros(len(state.components.faces) + 1, np.bool_)  # the last is for label -1
    wanted[chosen] = True
    faces = np.flatnonzero(wanted[state.labels])
    return _measurement(
        code, len(chosen), _region(state, "component", chosen, len(chosen), faces), detail
    )


def of_vertices(state: Survey, raw_vertices: int) -> list[Measurement]:
    """NON_FINITE and DUPLICATE_VERTEX."""
    odd = np.flatnonzero(~state.scaled.finite)
    touching = odd[:0]
    if len(odd):
        touching = np.flatnonzero((~state.scaled.finite)[state.faces].any(axis=1))
    merged = raw_vertices - len(state.scaled.vertices)
    return [
        _measurement("NON_FINITE", len(odd), _region(state, "vertex", odd, len(odd), touching)),
        _measurement(
            "DUPLICATE_VERTEX",
            merged,
            detail="as UV and normal seams need them; merged before all other checks",
        ),
    ]


def of_bad_faces(state: Survey) -> list[Measurement]:
    """DEGENERATE_FACE and DUPLICATE_FACE."""
    collapsed, flat = state.kinds == COLLAPSED, np.flatnonzero(state.kinds == FLAT)
    needles = count_needles(state.scaled.vertices, state.faces, flat)
    total = f"of {quantity(len(state.faces), 'faces')}"
    kinds = (
        f"{int(collapsed.sum())} name a vertex twice, {needles} have two corners in one place "
        f"(needles), {len(flat) - needles} a corner on the opposite edge (caps)"
    )
    degenerate = np.flatnonzero(collapsed | (state.kinds == FLAT))
    return [
        _of_faces("DEGENERATE_FACE", state, degenerate, f"{total}: {kinds}"),
        _of_faces("DUPLICATE_FACE", state, duplicate_faces(state.faces, state.edges), total),
    ]


def _of_pinched(state: Survey) -> Measurement:
    """NON_MANIFOLD_VERTEX: the ends of a non-manifold edge are that edge's matter."""
    pinched = state.pinched.copy()
    pinched[ends(state.faces, state.edges.crowd)] = False
    chosen = np.flatnonzero(pinched)
    faces = chosen[:0]
    if len(chosen):
        faces = np.flatnonzero(pinched[state.faces].any(axis=1))
    return _measurement(
        "NON_MANIFOLD_VERTEX",
        len(chosen),
        _region(state, "vertex", chosen, len(chosen), faces),
        f"of {quantity(int(state.used.sum()), 'vertices')}",
    )


def of_topology(state: Survey) -> list[Measurement]:
    """NON_MANIFOLD_EDGE, NON_MANIFOLD_VERTEX, INCONSISTENT_WINDING and BOUNDARY_LOOP."""
    edges, total = state.edges, state.edges.count
    loops = boundary_loops(state.faces, edges, len(state.scaled.vertices))
    _, first = np.unique(loops.loop_of, return_index=True)
    starts = ends(state.faces, loops.rim[first])[:, 0]
    clash = np.flatnonzero(edges.clash)
    clash = clash[edges.twin[clash] > clash]
    both = np.column_stack([clash, edges.twin[clash]]).ravel()
    out_of = f"of {quantity(total, 'edges')}"
    open_edges = f"{len(loops.rim):,} {out_of} are open"
    if loops.count:
        scaled = state.scaled
        longest = loop_lengths(scaled.vertices, scaled.finite, state.faces, loops).max()
        open_edges += f", the longest measures {unscale(longest, scaled.exponent):.4g} units"
    return [
        _at_edges(
            "NON_MANIFOLD_EDGE",
            state,
            edges.crowd[edges.crowd_start[:-1]],
            edges.crowd,
            out_of,
        ),
        _of_pinched(state),
        _at_edges("INCONSISTENT_WINDING", state, clash, both, out_of),
        _measurement(
            "BOUNDARY_LOOP",
            loops.count,
            _region(state, "loop", starts, loops.count, _faces_of(loops.rim)),
            open_edges,
        ),
    ]


def of_intersections(state: Survey, found: Intersections) -> Measurement:
    """SELF_INTERSECTION."""
    bound = "" if found.complete else "at least "
    return _of_faces(
        "SELF_INTERSECTION", state, found.faces, f"{bound}{quantity(found.pairs, 'pairs')} of faces"
    )


def of_walls(state: Survey, walls: Walls, found: Intersections) -> list[Measurement]:
    """INTERIOR_FACES and THIN_WALL.

    Faces that touch others may be inside in part only: they are SELF_INTERSECTION's matter. The
    value of THIN_WALL is the diagonal over the thinnest wall, and 0 where none is thin.
    """
    interior = np.setdiff1d(walls.interior, found.faces)
    asked = f"of {quantity(walls.asked, 'faces')} asked"
    if walls.asked < walls.faces:
        asked = f"at least, {asked} out of {walls.faces:,}"
    if walls.unclear:
        asked += f", {walls.unclear:,} of them undecided"
    caveat = asked if walls.asked < walls.faces or walls.unclear else ""
    inside = asked
    if not found.complete:
        inside += "; some may be inside in part only: not all faces that touch others were found"
    thinnest = unscale(walls.thinnest, state.scaled.exponent)
    return [
        _measurement(
            "INTERIOR_FACES", len(interior), faces_region(state, interior), inside, caveat=caveat
        ),
        _measurement(
            "THIN_WALL",
            walls.diagonal / walls.thinnest if len(walls.thin) else 0.0,
            faces_region(state, walls.thin),
            f"the thinnest is {thinnest:.4g} units; below {THIN_SHARE:.1%} of the diagonal behind "
            f"{quantity(len(walls.thin), 'faces')}, {asked}",
            caveat=caveat,
        ),
    ]


def of_budget(faces: int) -> Measurement:
    """BUDGET_EXCEEDED: the value is the number of faces, the policy knows the budget."""
    return _measurement("BUDGET_EXCEEDED", faces)
