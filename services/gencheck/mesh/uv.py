"""The UV map of a mesh, all that is asked about it at once."""

from __future__ import annotations

from dataclasses import dataclass

from gencheck.deadline import Deadline
from gencheck.media.appearance import Appearance
from gencheck.media.types import Mesh
from gencheck.mesh.golden import GOLDEN
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.survey import Survey, survey
from gencheck.mesh.uv_density import Density, measure_density
from gencheck.mesh.uv_gutter import Gutters, find_gutters, reach_of
from gencheck.mesh.uv_islands import Islands, find_islands
from gencheck.mesh.uv_layout import Layout, lay_out
from gencheck.mesh.uv_outline import Outlines, find_outlines, unproven_spaces
from gencheck.mesh.uv_overlap import Overlaps, find_overlaps
from gencheck.mesh.uv_range import Range, find_range
from gencheck.mesh.uv_tiles import Tiles, find_tile_overlaps


@dataclass(frozen=True, slots=True)
class UvMap:
    """What was found.

    Attributes:
        tiles: ``None`` where no texture that repeats has islands in different tiles.
        density: ``None`` where no face has area in space and in UV.
    """

    layout: Layout
    range: Range
    islands: Islands
    outlines: Outlines
    overlaps: Overlaps
    gutters: Gutters
    tiles: Tiles | None
    density: Density | None


def warm_up() -> None:
    """Compile what few layouts need: with very many overlaps, or with several tiles."""
    state = survey(scale_to_unit(GOLDEN.vertices, GOLDEN.faces), GOLDEN.faces, Deadline())
    layout = lay_out(GOLDEN, state)
    assert layout is not None
    find_overlaps(layout, layout.mapped, deadline=Deadline(), max_pairs=0)
    islands, looks = find_islands(layout, state), Appearance()
    find_tile_overlaps(layout, islands, looks, deadline=Deadline())


def look_at_uv(mesh: Mesh, state: Survey, deadline: Deadline) -> UvMap | None:
    """Look at the first set of texture coordinates.

    Args:
        mesh: as read.
        state: of the same mesh, welded.
        deadline: checked between the stages, and inside the long ones.

    Returns:
        ``None`` where the mesh has no texture coordinates.
    """
    layout = lay_out(mesh, state)
    if layout is None or mesh.appearance is None:
        return None
    deadline.check()
    islands = find_islands(layout, state)
    deadline.check()
    outlines = find_outlines(layout, islands.edges, reach_of(layout))
    deadline.check()
    gutters = find_gutters(layout, islands, outlines, deadline=deadline)
    suspects = layout.mapped
    if gutters.complete:
        unproven = unproven_spaces(layout, outlines, gutters.touching)
        suspects = suspects[unproven[layout.space[suspects]]]
        deadline.check()
    reached = find_range(layout, mesh.appearance)
    tiles = None
    if reached.repeated:
        tiles = find_tile_overlaps(layout, islands, mesh.appearance, deadline=deadline)
    return UvMap(
        layout=layout,
        range=reached,
        islands=islands,
        outlines=outlines,
        overlaps=find_overlaps(layout, suspects, deadline=deadline),
        gutters=gutters,
        tiles=tiles,
        density=measure_density(layout, state),
    )
