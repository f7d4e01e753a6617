"""Vertices whose faces need no test, against exact rational arithmetic."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import trimesh
from contact_oracle import is_flat, touches
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gencheck.mesh.faces import COLLAPSED, classify_faces
from gencheck.mesh.halfedges import find_half_edges
from gencheck.mesh.stars import plain_vertices, sift


def plain(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.bool_]:
    kinds = classify_faces(vertices, np.ones(len(vertices), np.bool_), faces)
    edges = find_half_edges(faces, kinds != COLLAPSED, len(vertices))
    return plain_vertices(vertices, faces, kinds, edges)


def fan(n: int) -> NDArray[np.int32]:
    """Faces round vertex 0."""
    ring = np.arange(n, dtype=np.int32)
    return np.column_stack([np.zeros(n, np.int32), 1 + ring, 1 + (ring + 1) % n])


def on_a_ring(turns: int, n: int) -> NDArray[np.float64]:
    """A middle, and points round it at rising heights, so that no two are in one place."""
    angles = 2.0 * math.pi * turns * np.arange(n) / n
    ring = np.column_stack([np.cos(angles), np.sin(angles), np.arange(n) / 9.0]) / 4.0
    return np.vstack([np.zeros(3), ring])


small = st.integers(-2, 2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(small, small, small), min_size=4, max_size=8, unique=True), st.data())
def test_faces_at_a_plain_vertex_do_not_touch(
    points: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    # Folded and flat stars, and those that go round twice, are the common case on a grid.
    vertices = np.array(points, np.float64) / 8.0
    angles = np.arctan2(*(vertices[1:, :2] - vertices[0, :2]).T)
    order = np.argsort(angles) if data.draw(st.booleans()) else np.arange(len(angles))
    vertices = np.vstack([vertices[:1], vertices[1:][order]])
    faces = fan(len(points) - 1)
    if not plain(vertices, faces)[0]:
        return
    assert not any(is_flat(vertices, face) for face in faces)
    assert not any(touches(vertices, f, g) for f, g in itertools.combinations(faces, 2))


def test_a_round_star_is_plain_and_one_that_goes_round_twice_is_not() -> None:
    assert plain(on_a_ring(1, 7), fan(7))[0]
    assert not plain(on_a_ring(2, 7), fan(7))[0]
    assert plain(on_a_ring(1, 7), fan(7)[:, ::-1].copy())[0]


def test_an_open_star_and_one_with_a_flipped_face_are_not_plain() -> None:
    assert not plain(on_a_ring(1, 7), fan(7)[1:])[0]
    flipped = fan(7)
    flipped[3] = flipped[3, ::-1]
    assert not plain(on_a_ring(1, 7), flipped)[0]


@pytest.mark.parametrize("turn", range(3))
def test_all_vertices_of_a_fine_sphere_are_plain_and_corners_of_a_box_are_not(turn: int) -> None:
    ball = trimesh.creation.icosphere(subdivisions=4)
    assert plain(np.roll(ball.vertices, turn, axis=1) / 4.0, ball.faces.astype(np.int32)).all()
    box = trimesh.creation.box().subdivide()
    found = plain(np.roll(box.vertices, turn, axis=1) / 4.0, box.faces.astype(np.int32))
    middles = (np.abs(box.vertices) == 0.5).sum(axis=1) == 1
    assert found.tolist() == middles.tolist()


def test_two_threads_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    ball = trimesh.creation.icosphere(subdivisions=3)
    vertices, faces = np.array(ball.vertices) / 4.0, ball.faces.astype(np.int32)
    vertices[::7] *= 0.5
    once = plain(vertices, faces)
    monkeypatch.setattr("gencheck.lanes._SHORT", 0)
    assert 0 < once.sum() < len(once)
    assert plain(vertices, faces).tolist() == once.tolist()


def test_pairs_that_share_a_plain_vertex_are_sifted_out() -> None:
    faces = np.array([[0, 1, 2], [2, 3, 4], [4, 0, 5], [6, 7, 8]], np.int32)
    pairs = np.array(list(itertools.combinations(range(4), 2)), np.int32)
    known = np.zeros(9, np.bool_)
    known[2] = True
    expected = [pair for pair in pairs.tolist() if pair != [0, 1]]
    assert pairs[: sift(faces, known, pairs)].tolist() == expected
