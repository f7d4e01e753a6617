"""What colour a face has in a sample of the picture, in linear light."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gencheck.jit import inlined
from gencheck.render.camera import Floats, Screen
from gencheck.render.colours import to_linear
from gencheck.render.look import Look
from gencheck.render.texture import sample

_KEY = np.array([-0.45, 0.62, 0.64])
_FILL = np.array([0.72, 0.10, 0.45])
_UP = np.array([0.0, 1.0, 0.0])
_COOL = to_linear(np.array([128.0, 143.0, 168.0])) / to_linear(np.array([198.0, 203.0, 211.0]))

_GLOSS = 0.02
"""Of the light that every surface throws back, whatever its colour: black things have a shape too.
Glass and plastic throw back 4 %, mostly to one side."""

_ANYWHERE = (1.0, 0.0, 0.0, 1.0)  # weights in a face that looks the same everywhere

Ints = NDArray[np.int32]


class Scene(NamedTuple):
    """One view of a mesh, as kernels read it.

    Attributes:
        points: ``int32 [V, 3]`` from ``look_at``.
        unit: ``float32 [V, 3]`` from ``to_unit``.
        faces: ``int32 [F, 3]``.
        lights: ``float64 [4, 3]``: where the key light, the fill light, the sky and the eye are,
            in the space of the mesh.
        behind: ``float64 [3]``: what becomes of the colour of a face seen from behind.
        look: how the faces look.
    """

    points: Ints
    unit: NDArray[np.float32]
    faces: Ints
    lights: Floats
    behind: Floats
    look: Look


def scene_of(screen: Screen, unit: NDArray[np.float32], faces: Ints, look: Look) -> Scene:
    """A view of a mesh under its lights."""
    lights = np.array([_KEY, _FILL, _UP, (0.0, 0.0, 1.0)])
    lights /= np.linalg.norm(lights, axis=1, keepdims=True)
    return Scene(screen.points, unit, faces, lights @ screen.rotation, _COOL, look)


@inlined
def weights_at(
    points: Ints, corners: tuple[int, int, int], px: int, py: int
) -> tuple[float, float, float, float]:
    """The shares of the corners in a place on the screen, and twice the signed area in samples."""
    i, j, k = corners
    ax, ay = np.int64(points[i, 0]), np.int64(points[i, 1])
    bx, by = np.int64(points[j, 0]), np.int64(points[j, 1])
    cx, cy = np.int64(points[k, 0]), np.int64(points[k, 1])
    area = float((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    u = ((cx - bx) * (py - by) - (cy - by) * (px - bx)) / area
    v = ((ax - cx) * (py - cy) - (ay - cy) * (px - cx)) / area
    return u, v, 1.0 - u - v, area / 65536.0


@inlined
def _mixed(
    column: NDArray[np.float32],
    at: int,
    corners: tuple[int, int, int],
    weights: tuple[float, float, float, float],
) -> float:
    """A value of the corners in the sample."""
    i, j, k = corners
    return float(
        weights[0] * column[i, at] + weights[1] * column[j, at] + weights[2] * column[k, at]
    )


@inlined
def _texel(  # noqa: PLR0917 - kernels are called by position
    look: Look,
    spread: int,
    slot: int,
    f: int,
    material: int,
    corners: tuple[int, int, int],
    weights: tuple[float, float, float, float],
) -> tuple[float, float, float, float]:
    """The texture of a material in a sample; white where the face has no place in it."""
    coordinates = look.uv if look.uv_set[material, slot] == 0 else look.second_uv
    if look.uv_set[material, slot] == 0 and len(look.uv_faces):
        corners = (look.uv_faces[f, 0], look.uv_faces[f, 1], look.uv_faces[f, 2])
    if look.uv_set[material, slot] not in (0, 1) or len(coordinates) == 0:
        return 1.0, 1.0, 1.0, 1.0
    matrix = look.uv_transform[material, slot]
    u, v = _mixed(coordinates, 0, corners, weights), _mixed(coordinates, 1, corners, weights)
    across = matrix[0, 0] * u + matrix[0, 1] * v + matrix[0, 2]
    down = matrix[1, 0] * u + matrix[1, 1] * v + matrix[1, 2]
    if not (np.isfinite(across) and np.isfinite(down)):
        return 1.0, 1.0, 1.0, 1.0
    i, j, k = corners
    ux, uy = coordinates[j, 0] - coordinates[i, 0], coordinates[j, 1] - coordinates[i, 1]
    vx, vy = coordinates[k, 0] - coordinates[i, 0], coordinates[k, 1] - coordinates[i, 1]
    turned = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    footprint = spread * spread * abs((ux * vy - uy * vx) * turned / weights[3])
    return sample(look.pyramids, look.texture[material, slot], across, down, footprint)


@inlined
def _normal(
    scene: Scene, corners: tuple[int, int, int], weights: tuple[float, float, float, float]
) -> tuple[float, float, float, bool]:
    """The normal on the side that is seen, of the vertices if they have any; whether it is behind.

    Args:
        weights: of no interest where vertices have no normals.
    """
    i, j, k = corners
    if len(scene.look.normals):
        x = _mixed(scene.look.normals, 0, corners, weights)
        y = _mixed(scene.look.normals, 1, corners, weights)
        z = _mixed(scene.look.normals, 2, corners, weights)
        length = np.sqrt(x * x + y * y + z * z)
        if 0.0 < length < np.inf:
            turn = (1.0 if weights[3] < 0.0 else -1.0) / length
            return x * turn, y * turn, z * turn, weights[3] > 0.0
    at, eye = scene.unit, scene.lights[3]
    ax, ay, az = at[j, 0] - at[i, 0], at[j, 1] - at[i, 1], at[j, 2] - at[i, 2]
    bx, by, bz = at[k, 0] - at[i, 0], at[k, 1] - at[i, 1], at[k, 2] - at[i, 2]
    x = float(ay) * bz - float(az) * by
    y = float(az) * bx - float(ax) * bz
    z = float(ax) * by - float(ay) * bx
    length = np.sqrt(x * x + y * y + z * z)
    behind = eye[0] * x + eye[1] * y + eye[2] * z < 0.0
    turn = (-1.0 if behind else 1.0) / length if length > 0.0 else 0.0
    return x * turn, y * turn, z * turn, behind


@inlined
def _light(lights: Floats, x: float, y: float, z: float) -> float:
    """How bright white is by its normal: a key and a fill light on matt, a little from above."""
    key = max(lights[0, 0] * x + lights[0, 1] * y + lights[0, 2] * z, 0.0)
    fill = max(lights[1, 0] * x + lights[1, 1] * y + lights[1, 2] * z, 0.0)
    sky = 0.5 + 0.5 * (lights[2, 0] * x + lights[2, 1] * y + lights[2, 2] * z)
    bright = 0.42 + 0.52 * key + 0.14 * fill + 0.08 * sky
    return float(bright * bright)  # chosen by eye in sRGB, which is near to a square


@inlined
def shade(scene: Scene, f: int, px: int, py: int, spread: int) -> tuple[float, float, float, float]:
    """The colour of a face in a place on the screen that it covers, and its alpha.

    Args:
        spread: samples a side that the colour is for.
    """
    look = scene.look
    corners = (scene.faces[f, 0], scene.faces[f, 1], scene.faces[f, 2])
    m = look.material[f] if len(look.material) else 0
    varied = (
        len(look.normals) or len(look.colours) or max(look.texture[m, 0], look.texture[m, 1]) >= 0
    )
    weights = weights_at(scene.points, corners, px, py) if varied else _ANYWHERE
    red, green, blue, alpha = look.base[m, 0], look.base[m, 1], look.base[m, 2], look.base[m, 3]
    if len(look.colours):
        red *= _mixed(look.colours, 0, corners, weights)
        green *= _mixed(look.colours, 1, corners, weights)
        blue *= _mixed(look.colours, 2, corners, weights)
        alpha *= _mixed(look.colours, 3, corners, weights)
    if look.texture[m, 0] >= 0:
        r, g, b, a = _texel(look, spread, 0, f, m, corners, weights)
        red, green, blue, alpha = red * r, green * g, blue * b, alpha * a
    if look.unlit[m]:
        return red, green, blue, alpha
    nx, ny, nz, behind = _normal(scene, corners, weights)
    light = _light(scene.lights, nx, ny, nz)
    matt, gloss = light * (1.0 - _GLOSS), light * _GLOSS
    red, green, blue = red * matt + gloss, green * matt + gloss, blue * matt + gloss
    if behind and not look.double_sided[m]:
        red, green, blue = red * scene.behind[0], green * scene.behind[1], blue * scene.behind[2]
    if look.emissive[m, 0] + look.emissive[m, 1] + look.emissive[m, 2] > 0.0:
        r = g = b = 1.0
        if look.texture[m, 1] >= 0:
            r, g, b, _ = _texel(look, spread, 1, f, m, corners, weights)
        red += look.emissive[m, 0] * r
        green += look.emissive[m, 1] * g
        blue += look.emissive[m, 2] * b
    return red, green, blue, alpha


@inlined
def brightness(scene: Scene, f: int, px: int, py: int) -> float:
    """How bright a white face is in a place on the screen that it covers."""
    corners = (scene.faces[f, 0], scene.faces[f, 1], scene.faces[f, 2])
    varied = len(scene.look.normals) > 0
    weights = weights_at(scene.points, corners, px, py) if varied else _ANYWHERE
    nx, ny, nz, _ = _normal(scene, corners, weights)
    return _light(scene.lights, nx, ny, nz)


@inlined
def edge_distance(scene: Scene, f: int, x: int, y: int) -> float:
    """From the middle of a sample that a face covers to the nearest edge, in samples."""
    points, faces = scene.points, scene.faces
    nearest = np.inf
    for n in range(3):
        i, j = faces[f, n], faces[f, (n + 1) % 3]
        dx, dy = np.int64(points[j, 0]) - points[i, 0], np.int64(points[j, 1]) - points[i, 1]
        off = dx * (y * 256 + 128 - points[i, 1]) - dy * (x * 256 + 128 - points[i, 0])
        nearest = min(nearest, abs(off) / np.hypot(float(dx), float(dy)))
    return nearest / 256.0
