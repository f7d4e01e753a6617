"""From the UV map, the normals and the tangents of a mesh to measurements."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gencheck.codes import quantity
from gencheck.deadline import Deadline
from gencheck.findings import Measurement, Method, Outcome, SkipReason, judged, skipped
from gencheck.media.types import Mesh
from gencheck.mesh.measure import faces_region
from gencheck.mesh.scale import unscale
from gencheck.mesh.shading import Shading, find_shading
from gencheck.mesh.survey import Survey
from gencheck.mesh.uv import UvMap, look_at_uv
from gencheck.mesh.uv_density import Density
from gencheck.mesh.uv_gutter import NARROW, TEXELS
from gencheck.mesh.uv_layout import FLAT
from gencheck.mesh.uv_overlap import Overlaps
from gencheck.mesh.uv_range import bare_faces
from gencheck.mesh.uv_second import second_set

UV, NORMALS = "mesh.uv", "mesh.normals"
CHECKS = (UV, NORMALS)

_VERSION = "1"
_PACKING = "docs/mesh.md; Khronos glTF Asset Auditor, UVs"
_METHODS = {
    "UV_MISSING": ("faces with a texture and no texture coordinates", "glTF 2.0, 3.9.3"),
    "UV_OUT_OF_RANGE": (
        "faces that reach out of 0..1 where the texture is not known to repeat",
        _PACKING,
    ),
    "UV_DEGENERATE": (
        "faces with area in space and, up to the rounding of single precision, none in UV",
        _PACKING,
    ),
    "UV_INVERTED": ("faces turned against the larger part of their UV island", _PACKING),
    "UV_OVERLAP": (
        "area that at least two faces of a texture cover over what at least one does; "
        "own BVH, exact separating lines, sums over the outlines",
        _PACKING,
    ),
    "UV_TILE_OVERLAP": (
        "the same with islands in other tiles of a texture that repeats moved by whole numbers",
        "glTF 2.0, 3.8.4.5",
    ),
    "UV_GUTTER": (
        f"UV islands nearer than {NARROW:g} texels of {TEXELS:,} to another of their texture",
        _PACKING,
    ),
    "TEXEL_DENSITY": (
        "UV length for a length on the surface, by area: 95th over 5th percentile, each face "
        "beside the median of its texture",
        _PACKING,
    ),
    "NORMAL_MISMATCH": ("corners whose normal points behind their face", "glTF 2.0, 3.7.2.1"),
    "TANGENT_MISMATCH": (
        "corners whose tangent points against u, or whose handedness is not that of the UV",
        "glTF 2.0, 3.7.2.1; Mikkelsen 2008, Simulation of wrinkled surfaces revisited",
    ),
}

_Faces = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Looks:
    """What was found.

    Attributes:
        outcomes: one for each of ``CHECKS``.
        uv: ``None`` where the mesh has no texture coordinates.
    """

    measurements: tuple[Measurement, ...]
    outcomes: tuple[Outcome, ...]
    uv: UvMap | None


def look_at(mesh: Mesh, state: Survey, deadline: Deadline) -> Looks:
    """Measure what lies on the surface: the UV map, the normals and the tangents.

    Args:
        mesh: as read.
        state: of the same mesh, welded.
        deadline: checked between the stages, and inside the long ones.
    """
    uv = look_at_uv(mesh, state, deadline)
    of_uv, told = _of_uv(mesh, state, uv)
    of_second, told = _of_second(mesh, state, told, deadline)
    of_uv += of_second
    shading = find_shading(mesh, state)
    deadline.check()
    if shading is None:
        message = "the file has no normals: viewers work them out"
        normals = skipped(NORMALS, SkipReason.NOT_APPLICABLE, message)
        return Looks(tuple(of_uv), (told, normals), uv)
    if not shading.normals[1]:
        message = "no corner of a face with area has a normal with a length"
        normals = skipped(NORMALS, SkipReason.NOT_APPLICABLE, message)
        return Looks(tuple(of_uv), (told, normals), uv)
    found = (*of_uv, *_of_shading(state, shading))
    return Looks(found, (told, judged(NORMALS)), uv)


def _of_uv(mesh: Mesh, state: Survey, uv: UvMap | None) -> tuple[list[Measurement], Outcome]:
    if uv is None:
        bare = bare_faces(mesh)
        if len(bare):
            return [_of_faces("UV_MISSING", state, bare, _out_of(mesh))], judged(UV)
        message = "the file has no texture coordinates, and no texture that needs them"
        return [], skipped(UV, SkipReason.NOT_APPLICABLE, message)
    found = [*_of_range(mesh, state, uv), *_of_layout(state, uv)]
    told = [uv.overlaps, uv.tiles.overlaps] if uv.tiles else [uv.overlaps]
    for overlaps in told:
        if math.isnan(overlaps.share):
            message = (
                f"overlap is not told: {overlaps.pairs} pairs of faces were found where the search "
                "was given up, on a layout too sparse to sample; pack the UV into 0..1"
            )
            return found, skipped(UV, SkipReason.UNCERTAIN, message)
    return [*found, *_of_overlaps(state, uv)], judged(UV)


def _of_second(
    mesh: Mesh, state: Survey, first: Outcome, deadline: Deadline
) -> tuple[list[Measurement], Outcome]:
    """The same of the second set, where a texture asks for it; and the outcome of both."""
    second = second_set(mesh)
    if second is None:
        return [], first
    uv = look_at_uv(second.mesh, state, deadline)
    if uv is not None:  # of faces that nothing asks the set for it is not missing
        uv = replace(uv, range=replace(uv.range, missing=len(uv.range.bare)))
    found, told = _of_uv(second.mesh, state, uv)
    name = f"second set, which a texture of {second.faces} faces asks for"
    named = [replace(one, detail=f"{name}: {one.detail}") for one in found]
    if told.reason:
        told = replace(told, message=f"{name}: {told.message}")
    return named, first if first.reason == SkipReason.UNCERTAIN.value else told


def _measurement(code: str, state: Survey, value: float, faces: _Faces, detail: str) -> Measurement:
    name, reference = _METHODS[code]
    return Measurement(
        code=code,
        value=float(value),
        check=NORMALS if code.endswith("MISMATCH") else UV,
        method=Method(name, _VERSION, reference),
        region=faces_region(state, faces),
        detail=detail,
    )


def _of_faces(code: str, state: Survey, faces: _Faces, detail: str) -> Measurement:
    return _measurement(code, state, len(faces), faces, detail)


def _out_of(mesh: Mesh) -> str:
    return f"of {quantity(len(mesh.faces), 'faces')}"


def _of_range(mesh: Mesh, state: Survey, uv: UvMap) -> Iterator[Measurement]:
    """UV_MISSING and UV_OUT_OF_RANGE."""
    found = uv.range
    detail = f"{_out_of(mesh)}; {found.missing} have no texture coordinates"
    yield _of_faces("UV_MISSING", state, found.bare, detail)
    detail = _out_of(mesh)
    if len(found.outside) or found.repeated:
        detail += (
            f", {found.clamped} of them where the texture is known to be clamped; "
            f"{found.repeated} more where it repeats; u from {found.lower[0]:.4g} to "
            f"{found.upper[0]:.4g}, v from {found.lower[1]:.4g} to {found.upper[1]:.4g}"
        )
    yield _of_faces("UV_OUT_OF_RANGE", state, found.outside, detail)


def _of_layout(state: Survey, uv: UvMap) -> Iterator[Measurement]:
    """UV_DEGENERATE, UV_INVERTED, UV_GUTTER and TEXEL_DENSITY."""
    islands, gutters = uv.islands, uv.gutters
    flat = np.flatnonzero(uv.layout.kinds == FLAT)
    mapped = len(uv.layout.mapped)
    yield _of_faces(
        "UV_DEGENERATE", state, flat, f"of {quantity(mapped + len(flat), 'faces')} with area"
    )
    mirrored = int((islands.mirrored & (islands.mapped > 0)).sum())
    out_of = f"of {quantity(islands.count, 'islands')}"
    detail = f"of {quantity(mapped, 'faces')}; besides, {mirrored} {out_of} are mirrored"
    yield _of_faces("UV_INVERTED", state, islands.folded, detail)
    detail = out_of
    if len(gutters.islands):
        detail += f", the nearest {gutters.narrowest:.3g} texels apart"
    if not gutters.complete:
        detail = f"at least, {detail}"
    yield _measurement("UV_GUTTER", state, len(gutters.islands), gutters.faces, detail)
    if uv.density is not None:
        yield _of_density(state, uv.density)


def _of_density(state: Survey, density: Density) -> Measurement:
    median = unscale(density.median, -state.scaled.exponent)
    detail = f"the median is {median:.4g} of a texture's side for a unit of length"
    return _measurement("TEXEL_DENSITY", state, density.spread, density.sparse, detail)


def _of_overlaps(state: Survey, uv: UvMap) -> Iterator[Measurement]:
    """UV_OVERLAP, and UV_TILE_OVERLAP where islands lie in different tiles."""
    found = uv.overlaps
    detail = _about(found, len(uv.layout.mapped))
    yield _measurement("UV_OVERLAP", state, found.share, found.faces, detail)
    if uv.tiles is None:
        return
    found = uv.tiles.overlaps
    moved = f"{quantity(uv.tiles.moved, 'islands')} outside of 0..1"
    detail = f"{_about(found, uv.tiles.faces)}; {moved}"
    if uv.tiles.spread:
        detail += f", {uv.tiles.spread:,} more spread over several and left out"
    yield _measurement("UV_TILE_OVERLAP", state, found.share, found.faces, detail)


def _about(found: Overlaps, faces: int) -> str:
    some = f"{quantity(found.pairs, 'pairs')} of faces"
    some += f", {len(found.faces):,} of {quantity(faces, 'faces')}"
    if not found.complete:
        return f"at least {some}; the share is told by points"
    return (
        f"{some}; the pairs have {found.area:.6g} in common, {found.covered:.6g} is covered, "
        "in areas of the texture"
    )


def _of_shading(state: Survey, found: Shading) -> Iterator[Measurement]:
    """NORMAL_MISMATCH, and TANGENT_MISMATCH where there are tangents that can be compared."""
    against, normals = found.normals
    detail = f"{against} of {normals} corners"
    yield _measurement("NORMAL_MISMATCH", state, against / normals, found.against, detail)
    astray, tangents = found.tangents
    if tangents:
        detail = (
            f"{astray} of {tangents} corners: {found.backwards} with a tangent against u, "
            f"{found.wrong_handed} of the wrong handedness"
        )
        yield _measurement("TANGENT_MISMATCH", state, astray / tangents, found.astray, detail)
