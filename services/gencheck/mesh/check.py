"""The mesh check: an array of triangles in, measurements and statistics out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from gencheck.codes import quantity
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Outcome, SkipReason, Timing, judged, skipped
from gencheck.media.gltf import meshopt
from gencheck.media.meshes.obj import decode_obj
from gencheck.media.types import Limits, Mesh
from gencheck.mesh import (
    budgets,
    conformance,
    extent,
    looks,
    materials,
    measure,
    rigging,
    textures,
    uv,
)
from gencheck.mesh.bvh import Tree, tree_of_faces
from gencheck.mesh.golden import GOLDEN, GOLDEN_VALUES
from gencheck.mesh.intersect import Intersections, find_intersections
from gencheck.mesh.places import Checked
from gencheck.mesh.scale import Scaled, scale_to_unit
from gencheck.mesh.shells import floaters, inverted_shells, without_volume
from gencheck.mesh.statistics import MeshComponent, MeshCounts, count, largest_components
from gencheck.mesh.survey import Survey, survey
from gencheck.mesh.uv import UvMap
from gencheck.mesh.uv_view import draw_uv_map
from gencheck.mesh.walls import find_walls
from gencheck.mesh.weld import weld
from gencheck.policy import summarise
from gencheck.render import views

_OF_FACES = (
    "mesh.finite",
    "mesh.duplicate",
    "mesh.degenerate",
    "mesh.manifold",
    "mesh.winding",
    "mesh.boundary",
    "mesh.shell",
    "mesh.volume",
    "mesh.floater",
    "mesh.self_intersection",
    "mesh.interior",
    "mesh.thickness",
    "mesh.budget",
    *looks.CHECKS,
)
_OF_DOCUMENTS = (  # with faces or without
    *conformance.CHECKS,
    extent.CHECK,
    materials.CHECK,
    textures.CHECK,
    rigging.SKIN,
    rigging.ANIMATION,
)
CHECKS = (*_OF_FACES, *_OF_DOCUMENTS)
_OF_SURFACES = (
    "mesh.shell",
    "mesh.volume",
    "mesh.floater",
    "mesh.self_intersection",
    "mesh.interior",
    "mesh.thickness",
)
_NO_FACES = "the mesh has no faces; export it with its surface, as triangles or polygons"
_NO_SURFACE = "no face has three distinct finite vertices"
_NOT_CLOSED = "no component is closed and consistently wound"
_NOT_SOLID = "no component is closed, consistently wound, and with a volume"


@dataclass(frozen=True, slots=True)
class MeshReport:
    """What the mesh check found.

    Attributes:
        outcomes: first the summary ``mesh``, then one for each of ``CHECKS``.
        raw: counts of the mesh as the file has it.
        welded: counts with vertices of equal position merged and nothing else changed.
        components: the largest of the welded mesh, by area.
        notes: what the reader skipped or changed, with counts.
        metres: the length of one unit of the file; ``None`` where nobody says it.
        format: of the file, such as ``GLB``.
        uv: of a mesh with faces and texture coordinates.
    """

    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    raw: MeshCounts
    welded: MeshCounts
    components: tuple[MeshComponent, ...]
    notes: Mapping[str, int]
    timings: tuple[Timing, ...]
    metres: float | None = None
    format: str = ""
    uv: UvMap | None = field(default=None, repr=False)


@dataclass(slots=True)
class _Draft:
    """The report while it is being made."""

    measurements: list[Measurement] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    timings: list[Timing] = field(default_factory=list)
    uv: UvMap | None = None
    started: float = field(default_factory=time.perf_counter)

    def add(self, *measurements: Measurement) -> None:
        self.measurements.extend(measurements)

    def skip(self, check: str, reason: SkipReason, message: str) -> None:
        self.outcomes[check] = skipped(check, reason, message)

    def lap(self, stage: str, deadline: Deadline) -> None:
        now = time.perf_counter()
        self.timings.append(Timing(stage, now - self.started))
        self.started = now
        deadline.check()

    def finish(
        self,
        raw: MeshCounts,
        welded: MeshCounts,
        components: tuple[MeshComponent, ...],
        mesh: Mesh,
    ) -> MeshReport:
        parts = [self.outcomes.get(check) or judged(check) for check in CHECKS]
        return MeshReport(
            measurements=tuple(self.measurements),
            outcomes=(summarise("mesh", parts), *parts),
            raw=raw,
            welded=welded,
            components=components,
            notes=dict(mesh.notes),
            metres=mesh.metres,
            format=mesh.format,
            timings=tuple(self.timings),
            uv=self.uv,
        )


def check_mesh(mesh: Mesh, *, deadline: Deadline) -> MeshReport:
    """Check the geometry of a triangle mesh. Never raises for odd geometry.

    Equal positions are welded first; all measurements are of the welded mesh, whose faces have the
    numbers of the faces as read. A mesh without faces is not judged (``TOO_SMALL``).

    Args:
        deadline: checked between the stages, and inside the long ones.
    """
    draft = _Draft()
    draft.outcomes |= {outcome.check: outcome for outcome in conformance.outcomes_of(mesh)}
    draft.add(*conformance.measurements_of(mesh))
    # As kernels are compiled for; a reader may give a view of the file.
    mesh = replace(mesh, faces=np.require(mesh.faces, np.int32, ("C", "A", "W")))
    raw_scaled = scale_to_unit(mesh.vertices, mesh.faces)
    for outcome, measurements in checks_of_document(mesh, raw_scaled):
        draft.outcomes[outcome.check] = outcome
        draft.add(*measurements)
    welded = weld(mesh.vertices, mesh.faces, raw_scaled.finite)
    changed = len(welded.vertices) != len(mesh.vertices)
    # Anew, not by the source of each: a stray vertex may have been welded to one that a face uses.
    scaled = scale_to_unit(welded.vertices, welded.faces) if changed else raw_scaled
    draft.lap("weld", deadline)
    state = survey(scaled, welded.faces, deadline)
    raw_state = survey(raw_scaled, mesh.faces, deadline) if changed else state
    draft.lap("topology", deadline)
    if not len(mesh.faces):
        for check in _OF_FACES:
            draft.skip(check, SkipReason.TOO_SMALL, _NO_FACES)
        return draft.finish(count(raw_state), count(state), (), mesh)
    draft.add(*measure.of_vertices(state, len(mesh.vertices)), measure.of_budget(len(mesh.faces)))
    draft.add(*budgets.of_budgets(mesh))
    _measure_topology(state, draft, deadline)
    found = _measure_geometry(state, draft, deadline)
    _measure_looks(mesh, state, draft, deadline)
    return draft.finish(count(raw_state), count(state, found), largest_components(state), mesh)


def checks_of_document(mesh: Mesh, scaled: Scaled) -> tuple[Checked, ...]:
    """All checks of what a document says besides its triangles, but for its conformance."""
    return (
        extent.check_scale(mesh, scaled),
        materials.check_materials(mesh),
        textures.check_textures(mesh),
        rigging.check_skins(mesh),
        rigging.check_animations(mesh),
    )


def _measure_topology(state: Survey, draft: _Draft, deadline: Deadline) -> None:
    draft.add(*measure.of_bad_faces(state))
    draft.add(*measure.of_topology(state))
    draft.lap("boundary", deadline)


def _measure_geometry(state: Survey, draft: _Draft, deadline: Deadline) -> Intersections | None:
    if not state.has_surface:
        for check in _OF_SURFACES:
            draft.skip(check, SkipReason.NOT_APPLICABLE, _NO_SURFACE)
        return None
    draft.add(measure.of_components("FLOATER", state, floaters(state.components), _share(state)))
    _measure_shells(state, draft, deadline)
    draft.lap("shells", deadline)
    tree = tree_of_faces(state.scaled.vertices, state.faces, state.kinds)
    draft.lap("tree", deadline)
    found = find_intersections(
        state.scaled.vertices,
        state.faces,
        state.kinds,
        tree=tree,
        edges=state.edges,
        deadline=deadline,
    )
    draft.add(measure.of_intersections(state, found))
    if not found.complete and not found.pairs:
        draft.skip(
            "mesh.self_intersection",
            SkipReason.UNCERTAIN,
            f"none in the first {found.tests:,} pairs of faces, where the search was given up; "
            "split the mesh, or merge its coincident parts",
        )
    draft.lap("self_intersection", deadline)
    _measure_walls(state, found, tree, draft, deadline)
    draft.lap("walls", deadline)
    return found


def _measure_looks(mesh: Mesh, state: Survey, draft: _Draft, deadline: Deadline) -> None:
    found = looks.look_at(mesh, state, deadline)
    draft.add(*found.measurements)
    draft.outcomes.update((outcome.check, outcome) for outcome in found.outcomes)
    draft.uv = found.uv
    draft.lap("looks", deadline)


def _share(state: Survey) -> str:
    return f"of {quantity(len(state.components.faces), 'components')}"


def _measure_shells(state: Survey, draft: _Draft, deadline: Deadline) -> None:
    if not state.components.solid.any():
        for check in ("mesh.shell", "mesh.volume"):
            draft.skip(check, SkipReason.NOT_APPLICABLE, _NOT_CLOSED)
        return
    empty = np.flatnonzero(without_volume(state.components))
    draft.add(measure.of_components("ZERO_VOLUME", state, empty, _share(state)))
    inverted, unknown = inverted_shells(
        state.scaled.vertices, state.faces, state.labels, state.components, deadline
    )
    if unknown and not inverted:
        message = f"{unknown} shells are too costly to tell from cavities; split the mesh"
        draft.skip("mesh.shell", SkipReason.UNCERTAIN, message)
        return
    detail = f"{_share(state)}{f', {unknown} more not told from cavities' if unknown else ''}"
    draft.add(measure.of_components("INVERTED_SHELL", state, np.array(inverted, np.intp), detail))


def _measure_walls(
    state: Survey, found: Intersections, tree: Tree, draft: _Draft, deadline: Deadline
) -> None:
    walls = find_walls(state, deadline, tree=tree)
    if walls is None:
        for check in ("mesh.interior", "mesh.thickness"):
            draft.skip(check, SkipReason.NOT_APPLICABLE, _NOT_SOLID)
        return
    draft.add(*measure.of_walls(state, walls, found))
    if walls.unclear < walls.asked:
        return
    for check in ("mesh.interior", "mesh.thickness"):
        message = "each face asked has another in its place, or too many behind it; merge them"
        draft.skip(check, SkipReason.UNCERTAIN, message)


def warm_up() -> None:
    """Compile all kernels, or load them from their cache: read, check and draw small meshes."""
    report = check_mesh(GOLDEN, deadline=Deadline())
    uv.warm_up()
    if report.uv is not None:
        draw_uv_map(report.uv, deadline=Deadline())
    warm_up_around()


def warm_up_around() -> None:
    """Compile what is there before and after the check itself: readers and pictures."""
    decode_obj(b"v 0 0 0\nf 1 1 1\n", "", Limits())  # those of readers are for other processes
    meshopt.warm_up()
    views.warm_up(GOLDEN)


def golden() -> bool:
    """Whether a small mesh with known defects is judged rightly; for readiness."""
    report = check_mesh(GOLDEN, deadline=Deadline())
    values = {measurement.code: round(measurement.value, 3) for measurement in report.measurements}
    return values == GOLDEN_VALUES
