"""Welding, edges, components, fans, loops and winding; trimesh is the independent reference."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.mesh.faces import (
    COLLAPSED,
    FLAT,
    NON_FINITE,
    SOUND,
    classify_faces,
    duplicate_faces,
)
from gencheck.mesh.golden import cube
from gencheck.mesh.halfedges import BOUNDARY, CROWDED, find_half_edges
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.survey import Survey, survey
from gencheck.mesh.topology import boundary_loops, loop_lengths
from gencheck.mesh.weld import weld

Faces = NDArray[np.int32]


def look(faces: object, vertices: NDArray[np.float64] | None = None) -> Survey:
    corners = np.array(faces, np.int32).reshape(-1, 3)
    if vertices is None:
        vertices = np.random.default_rng(0).normal(size=(int(corners.max(initial=-1)) + 1, 3))
    return survey(scale_to_unit(vertices, corners), corners, Deadline())


def loops(state: Survey) -> int:
    return boundary_loops(state.faces, state.edges, len(state.scaled.vertices)).count


def disc(n: int, hub: int = 0, rim: int = 1) -> list[list[int]]:
    """A closed fan of n triangles around a hub."""
    return [[hub, rim + i, rim + (i + 1) % n] for i in range(n)]


soup = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=25
)


@settings(max_examples=150, deadline=None)
@given(soup)
def test_edges_components_and_winding_agree_with_trimesh(
    corners: list[tuple[int, int, int]],
) -> None:
    faces = np.array([c for c in corners if len(set(c)) == 3], np.int32).reshape(-1, 3)
    state = look(faces, np.random.default_rng(0).normal(size=(10, 3)))
    directed = trimesh.geometry.faces_to_edges(faces)
    unique, inverse, counts = np.unique(
        np.sort(directed, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    edge_of = inverse.ravel()
    assert state.edges.count == len(unique)
    for h, twin in enumerate(state.edges.twin.tolist()):
        others = [g for g in np.flatnonzero(edge_of == edge_of[h]).tolist() if g != h]
        assert twin == (others[0] if len(others) == 1 else BOUNDARY if not others else CROWDED)
        same = len(others) == 1 and directed[h].tolist() == directed[others[0]].tolist()
        assert state.edges.clash[h] == same
    start = state.edges.crowd_start.tolist()
    crowds = [state.edges.crowd[a:b].tolist() for a, b in itertools.pairwise(start)]
    expected = [np.flatnonzero(edge_of == i).tolist() for i in np.flatnonzero(counts > 2)]
    assert sorted(map(sorted, crowds)) == sorted(expected)
    pairs = [
        (a, b)
        for i in range(len(unique))
        for a in np.flatnonzero(edge_of == i) // 3
        for b in np.flatnonzero(edge_of == i) // 3
    ]
    parts = trimesh.graph.connected_components(
        np.array(pairs, np.int64).reshape(-1, 2), nodes=np.arange(len(faces))
    )
    assert len(state.components.faces) == len(parts)
    for part in parts:
        assert len(set(state.labels[part].tolist())) == 1


@settings(max_examples=100, deadline=None)
@given(soup)
def test_vertices_without_one_fan_agree_with_a_search(corners: list[tuple[int, int, int]]) -> None:
    faces = np.array([c for c in corners if len(set(c)) == 3], np.int32).reshape(-1, 3)
    state = look(faces, np.random.default_rng(0).normal(size=(10, 3)))
    assert state.pinched.tolist() == [_has_no_fan(faces, v) for v in range(10)]


def _has_no_fan(faces: Faces, v: int) -> bool:
    """By the definition: the edges opposite v must form one path or one cycle."""
    links = [tuple(x for x in face if x != v) for face in faces.tolist() if v in face]
    if not links:
        return False
    degree = {x: sum(x in link for link in links) for link in links for x in link}
    if max(degree.values()) > 2:
        return True
    reached = {links[0]}
    grown = set(links[0])
    while more := {link for link in links if set(link) & grown} - reached:
        reached |= more
        grown |= {x for link in more for x in link}
    return set(links) != reached


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf, 1e300])] * 3)))
def test_weld_merges_exactly_the_equal_finite_positions(
    points: list[tuple[float, float, float]],
) -> None:
    vertices = np.array(points, np.float64).reshape(-1, 3)
    faces = np.arange(len(points) // 3 * 3, dtype=np.int32).reshape(-1, 3)
    finite = np.isfinite(vertices).all(axis=1)
    welded = weld(vertices, faces, finite)
    keys = [tuple(p) if ok else (i,) for i, (p, ok) in enumerate(zip(points, finite, strict=True))]
    assert len(welded.vertices) == len(set(keys))
    np.testing.assert_array_equal(welded.vertices[welded.faces], vertices[faces])
    assert (np.diff(welded.source) > 0).all()


def test_two_welded_cubes_are_closed_and_apart() -> None:
    vertices, faces = cube()
    state = look(np.vstack([faces, faces + 8]), np.vstack([vertices, vertices + 3.0]))
    assert len(state.components.faces) == 2
    assert state.components.solid.all()
    assert loops(state) == 0
    assert not state.pinched.any()


@pytest.mark.parametrize(
    ("faces", "expected"),
    [
        ([[0, 1, 2]], 1),
        (disc(6), 1),
        ([[0, 1, 2], [3, 4, 5]], 2),
        ([[0, 1, 2], [2, 3, 4]], 2),  # two triangles that touch in one vertex: two loops
        ([*disc(5), *disc(5, 6, 7)], 2),
        ([[0, 1, 2], [1, 0, 3], [0, 1, 4]], 1),  # three fins at one edge: their chains meet
    ],
)
def test_boundary_loops(faces: list[list[int]], expected: int) -> None:
    assert loops(look(faces)) == expected


def test_two_holes_that_share_a_vertex_are_one_loop() -> None:
    ball = trimesh.creation.icosphere(subdivisions=2)
    faces = np.asarray(ball.faces, np.int32)
    around = np.flatnonzero((faces == 20).any(axis=1))
    assert len(around) >= 5
    first = around[0]
    apart = next(
        f for f in around[1:] if len(set(faces[f].tolist()) & set(faces[first].tolist())) == 1
    )
    keep = np.setdiff1d(np.arange(len(faces)), [first, apart])
    state = look(faces[keep], np.asarray(ball.vertices))
    assert loops(state) == 1
    assert state.pinched.sum() == 1


def test_loops_of_a_tube_and_of_an_open_box() -> None:
    tube = trimesh.creation.cylinder(1.0, 2.0, sections=16)
    side = np.abs(tube.face_normals[:, 2]) < 0.5
    assert loops(look(np.asarray(tube.faces)[side], np.asarray(tube.vertices))) == 2
    vertices, faces = cube()
    assert loops(look(faces[1:], vertices)) == 1


def test_the_way_round_a_hole_is_measured() -> None:
    vertices, faces = cube(size=3.0)
    other = cube((9.0, 0.0, 0.0))
    both = np.vstack([faces[2:], other[1][1:] + 8])  # a square hole, and one of half a side
    state = look(both, np.vstack([vertices, other[0]]))
    found = boundary_loops(state.faces, state.edges, len(state.scaled.vertices))
    lengths = loop_lengths(state.scaled.vertices, state.scaled.finite, state.faces, found)
    assert sorted(np.ldexp(lengths, state.scaled.exponent)) == pytest.approx([2 + 2**0.5, 12.0])


def test_faces_are_sorted_into_sound_collapsed_flat_and_non_finite() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 0], [0, 1e-13, 0], [0, 0, np.nan]])
    faces = np.array([[0, 1, 3], [0, 1, 2], [0, 0, 1], [0, 1, 4], [0, 1, 5]], np.int32)
    scaled = scale_to_unit(vertices, faces)
    kinds = classify_faces(scaled.vertices, scaled.finite, faces)
    assert kinds.tolist() == [SOUND, FLAT, COLLAPSED, FLAT, NON_FINITE]


@pytest.mark.parametrize("scale", [1e-290, 1e-160, 1.0, 1e160, 1e300])
def test_whether_a_face_is_flat_does_not_depend_on_its_size(scale: float) -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0.3, 0.001, 0], [0.3, 1e-14, 0]]) * scale
    faces = np.array([[0, 1, 2], [0, 1, 3]], np.int32)
    scaled = scale_to_unit(vertices, faces)
    assert classify_faces(scaled.vertices, scaled.finite, faces).tolist() == [SOUND, FLAT]


def test_a_tiny_face_in_a_huge_mesh_is_not_flat() -> None:
    vertices = np.array([[0, 0, 0], [1e-80, 0, 0], [0, 1e-80, 0], [1.0, 1.0, 1.0]])
    faces = np.array([[0, 1, 2], [0, 1, 3]], np.int32)
    scaled = scale_to_unit(vertices, faces)
    assert classify_faces(scaled.vertices, scaled.finite, faces).tolist()[0] == SOUND


def test_duplicates_count_from_the_second_on_in_any_order() -> None:
    faces = np.array([[0, 1, 2], [2, 1, 0], [0, 1, 3], [1, 2, 0], [0, 0, 1], [0, 0, 1]], np.int32)
    edges = find_half_edges(faces, np.array([len(set(f)) == 3 for f in faces.tolist()]), 4)
    assert duplicate_faces(faces, edges).tolist() == [1, 3]


@settings(max_examples=100, deadline=None)
@given(soup)
def test_duplicates_agree_with_a_search(corners: list[tuple[int, int, int]]) -> None:
    state = look(corners, np.random.default_rng(0).normal(size=(10, 3)))
    seen: set[frozenset[int]] = set()
    expected = []
    for f, face in enumerate(map(frozenset, corners)):
        if len(face) == 3 and face in seen:
            expected.append(f)
        seen.add(face)
    assert duplicate_faces(state.faces, state.edges).tolist() == expected


def test_two_threads_agree_with_numpy_on_a_mesh_that_is_long_enough_for_them() -> None:
    ball = trimesh.creation.icosphere(subdivisions=6)
    vertices = np.vstack([ball.vertices, np.asarray(ball.vertices) + 3.0])
    faces = np.vstack([ball.faces, ball.faces + len(ball.vertices)])[1:]  # a hole in one
    rng = np.random.default_rng(3)
    place = rng.permutation(len(vertices))
    faces = place[rng.permutation(faces)].astype(np.int32)
    faces[:20] = faces[:20, ::-1]
    state = look(faces, vertices[np.argsort(place)])
    directed = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
    keys = np.sort(directed, axis=1) @ [1 << 32, 1]
    _, edge_of, counts = np.unique(keys, return_inverse=True, return_counts=True)
    paired = np.flatnonzero(state.edges.twin >= 0)
    assert state.edges.count == len(counts)
    assert len(paired) == int((counts[edge_of] == 2).sum())
    np.testing.assert_array_equal(edge_of[paired], edge_of[state.edges.twin[paired]])
    np.testing.assert_array_equal(
        state.edges.clash[paired],
        directed[paired, 0] == directed[state.edges.twin[paired], 0],
    )
    assert sorted(state.components.faces.tolist()) == [len(ball.faces) - 1, len(ball.faces)]
    assert loops(state) == 1
    assert not state.pinched.any()


@pytest.mark.timeout(60)  # a square of 200,000 would take hours
def test_a_hub_with_many_edges_costs_no_square() -> None:
    n = 200_000
    rim = np.random.default_rng(1).permutation(n) + 1
    faces = np.column_stack([np.zeros(n), rim, np.roll(rim, 1)]).astype(np.int32)
    look(disc(80))  # compile, and use the large sort
    state = look(faces, np.random.default_rng(0).normal(size=(n + 1, 3)))
    assert loops(state) == 1
    assert not state.pinched.any()
