"""Components one by one, against trimesh, which splits a mesh and counts each part by itself."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.mesh.golden import cube
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.statistics import MAX_COMPONENTS, MeshComponent, largest_components
from gencheck.mesh.survey import survey

Part = tuple[NDArray[np.float64], NDArray[np.int32]]


def joined(*parts: Part) -> Part:
    offsets = np.cumsum([0, *(len(v) for v, _ in parts)])
    faces = np.vstack([f + o for (_, f), o in zip(parts, offsets, strict=False)])
    return np.vstack([v for v, _ in parts]), faces.astype(np.int32)


def components_of(part: Part) -> tuple[MeshComponent, ...]:
    return largest_components(survey(scale_to_unit(*part), part[1], Deadline()))


def made(mesh: trimesh.Trimesh, at: tuple[float, float, float] = (0, 0, 0)) -> Part:
    return np.asarray(mesh.vertices) + np.array(at), np.asarray(mesh.faces, np.int32)


def test_each_component_is_counted_by_itself() -> None:
    ring = made(trimesh.creation.torus(3.0, 1.0))
    ball = made(trimesh.creation.icosphere(2, radius=0.5), (9, 0, 0))
    sheet = made(trimesh.creation.icosphere(2, radius=0.25), (0, 9, 0))
    sheet = sheet[0], sheet[1][1:]
    parts = (ball, ring, (sheet[0], sheet[1]))
    vertices, faces = joined(*parts)
    shuffle = np.random.default_rng(0).permutation(len(faces))
    found = components_of((vertices, faces[shuffle]))
    assert [c.faces for c in found] == [len(p[1]) for p in (ring, ball, sheet)]
    assert [(c.euler, c.genus) for c in found] == [(0, 1), (2, 0), (1, None)]
    for component, (v, f) in zip(found, (ring, ball, sheet), strict=True):
        alone = trimesh.Trimesh(v, f, process=False)
        assert component.euler == alone.euler_number
        assert component.area == pytest.approx(alone.area)
        assert component.bounds_min == pytest.approx(tuple(alone.bounds[0]))
        assert component.bounds_max == pytest.approx(tuple(alone.bounds[1]))
    assert found[0].volume == pytest.approx(made_volume(ring))
    assert found[2].volume is None
    firsts = {c.index: c.first_face for c in found}
    assert [firsts[i] for i in range(3)] == sorted(firsts.values())


def made_volume(part: Part) -> float:
    return float(trimesh.Trimesh(*part, process=False).volume)


def test_a_vertex_where_two_components_touch_counts_in_both() -> None:
    first, second = cube(), cube((1.0, 1.0, 1.0))
    vertices, faces = joined(first, second)
    corner = int(np.flatnonzero((first[0] == 1.0).all(axis=1))[0])
    twin = 8 + int(np.flatnonzero((second[0] == 1.0).all(axis=1))[0])
    faces[faces == twin] = corner
    found = components_of((vertices, faces))
    assert [(c.euler, c.genus) for c in found] == [(2, None), (2, None)]


def test_an_edge_of_three_faces_counts_once() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0]], np.float64)
    fan = np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]], np.int32)
    (found,) = components_of((vertices, fan))
    assert (found.euler, found.genus, found.volume) == (5 - 7 + 3, None, None)


def test_collapsed_and_infinite_faces_do_not_disturb() -> None:
    vertices = np.vstack([cube()[0], [[np.nan, 0, 0], [9, 0, 0], [9, 1, 0]]])
    faces = np.vstack([[[0, 0, 1]], cube()[1], [[8, 9, 10]]]).astype(np.int32)
    first, second = components_of((vertices, faces))
    assert (first.first_face, first.faces, first.euler, first.genus) == (1, 12, 2, 0)
    assert (second.faces, second.euler, second.area) == (1, 1, 0.0)
    assert (second.bounds_min, second.bounds_max, second.volume) == ((), (), None)


def test_the_largest_are_listed_as_far_as_there_is_room() -> None:
    sizes = np.random.default_rng(1).permutation(MAX_COMPONENTS + 20) + 1.0
    soup = joined(*(cube((1e3 * i, 0.0, 0.0), size) for i, size in enumerate(sizes.tolist())))
    found = components_of(soup)
    assert [c.index for c in found] == np.argsort(-sizes)[:MAX_COMPONENTS].tolist()
    assert components_of((soup[0], soup[1][:0])) == ()
