"""Light on faces, against the same sum in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.jit import lean_kernel
from gencheck.media.appearance import Appearance
from gencheck.media.types import Mesh
from gencheck.render.camera import look_at, to_unit, view_rotation
from gencheck.render.look import look_of
from gencheck.render.shade import Scene, brightness, edge_distance, scene_of, weights_at

_TRIANGLE = np.array([[0.0, 0.0, 0.0], [2.0, 0.3, 0.4], [0.2, 1.7, -0.6]])
_FACE = np.array([[0, 1, 2]], np.int32)


@lean_kernel
def read(scene: Scene, x: int, y: int, into: NDArray[np.float64]) -> None:
    corners = (scene.faces[0, 0], scene.faces[0, 1], scene.faces[0, 2])
    into[0], into[1], into[2], into[3] = weights_at(
        scene.points, corners, x * 256 + 128, y * 256 + 128
    )
    into[4] = brightness(scene, 0, x * 256 + 128, y * 256 + 128)
    into[5] = edge_distance(scene, 0, x, y)


def told(view: str, x: int, y: int, looks: Appearance | None = None) -> tuple[Scene, list[float]]:
    mesh = Mesh(_TRIANGLE, _FACE, "GLB", appearance=looks)
    used = np.ones(3, np.bool_)
    unit = to_unit(mesh.vertices, used)
    screen = look_at(unit, used, view_rotation(view, "GLB"), 128)
    scene = scene_of(screen, unit, mesh.faces, look_of(mesh))
    into = np.empty(6)
    read(scene, x, y, into)
    return scene, into.tolist()


def light(normal: NDArray[np.float64]) -> float:
    """A key and a fill light, and a little from above, in view space."""
    key, fill = np.array([-0.45, 0.62, 0.64]), np.array([0.72, 0.10, 0.45])
    shares = [max(float(normal @ to) / float(np.linalg.norm(to)), 0.0) for to in (key, fill)]
    bright = 0.42 + 0.52 * shares[0] + 0.14 * shares[1] + 0.08 * (0.5 + 0.5 * normal[1])
    return float(bright**2)


@pytest.mark.parametrize("view", ["front", "three-quarter", "top"])
def test_a_face_is_lit_by_its_normal_on_the_side_that_is_seen(view: str) -> None:
    a, b, c = _TRIANGLE @ view_rotation(view, "GLB").T
    normal = np.cross(b - a, c - a)
    normal *= np.sign(normal[2]) / np.linalg.norm(normal)
    assert told(view, 50, 60)[1][4] == pytest.approx(light(normal), rel=1e-5)


def test_normals_of_vertices_are_mixed_by_their_shares() -> None:
    normals = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], np.float32)
    _, (u, v, w, area, found, _) = told("front", 50, 60, Appearance(normals=normals))
    mixed = u * normals[0] + v * normals[1] + w * normals[2]
    assert area < 0.0  # seen from its front
    assert found == pytest.approx(light(mixed / np.linalg.norm(mixed)), rel=1e-5)


def test_shares_give_the_sample_back_and_distances_are_heights() -> None:
    scene, (u, v, w, area, _, nearest) = told("front", 50, 60)
    corners = scene.points[:, :2] / 256.0
    place = np.array([u, v, w]) @ corners
    np.testing.assert_allclose(place, [50.5, 60.5], atol=1e-9)
    sides = [np.linalg.norm(corners[n] - corners[n - 1]) for n in (2, 0, 1)]
    heights = abs(area) * np.array([u, v, w]) / sides
    assert nearest == pytest.approx(heights.min(), rel=1e-9)
