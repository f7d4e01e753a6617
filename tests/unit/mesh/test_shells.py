"""The work to tell cavities is bounded, and what was not told is counted."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh

from gencheck.deadline import Deadline
from gencheck.errors import Cancelled
from gencheck.mesh.golden import cube
from gencheck.mesh.scale import scale_to_unit
from gencheck.mesh.shells import inverted_shells
from gencheck.mesh.survey import Survey, survey

PAIRS = 150


def hollow_cubes() -> Survey:
    """Cubes in a row, each with a smaller one inside that is wound inwards; the last has none."""
    vertices, faces = [], []
    for i in range(PAIRS):
        outer, inner = cube((2.0 * i, 0.0, 0.0)), cube((2.0 * i + 0.25, 0.25, 0.25), 0.5)
        for corners, sides in (outer, (inner[0], inner[1][:, ::-1])):
            faces.append(sides + sum(len(v) for v in vertices))
            vertices.append(corners)
    vertices.append(cube((-3.0, 0.0, 0.0))[0])
    faces.append(cube()[1][:, ::-1] + 16 * PAIRS)
    points, corners = np.vstack(vertices), np.vstack(faces).astype(np.int32)
    return survey(scale_to_unit(points, corners), corners, Deadline())


def ask(state: Survey, deadline: Deadline, max_work: int = 10**9) -> tuple[list[int], int]:
    return inverted_shells(
        state.scaled.vertices,
        state.faces,
        state.labels,
        state.components,
        deadline,
        max_work=max_work,
    )


def test_cavities_are_told_from_shells_as_far_as_the_work_allows() -> None:
    state = hollow_cubes()
    assert ask(state, Deadline()) == ([2 * PAIRS], 0)
    each = (2 * PAIRS + 1) + 4 * 12  # its box beside all, and the faces of the one around it
    inverted, unknown = ask(state, Deadline(), max_work=each * PAIRS)
    assert (inverted, unknown) == ([], 1)
    inverted, unknown = ask(state, Deadline(), max_work=each * 100)
    assert (inverted, unknown) == ([], PAIRS + 1 - 100)
    assert ask(state, Deadline(), max_work=0) == ([], PAIRS + 1)


@pytest.mark.parametrize("turn", range(3))
@pytest.mark.parametrize(
    ("outer", "inverted"),
    [
        (trimesh.creation.box(), []),
        (trimesh.creation.box().subdivide(), []),
        (trimesh.creation.torus(1.0, 0.3, major_sections=8, minor_sections=8), [1]),
    ],
    ids=["below an edge", "below a corner", "in the hole of a ring"],
)
def test_a_shell_in_the_middle_of_another_is_told(
    turn: int, outer: trimesh.Trimesh, inverted: list[int]
) -> None:
    ball = trimesh.creation.icosphere(subdivisions=0)
    inner = np.asarray(ball.vertices) * 0.05
    inner -= inner[ball.faces[0]].mean(axis=0)  # a ray from there goes straight along the axis
    points = np.roll(np.vstack([outer.vertices, inner]), turn, axis=1)
    sides = np.vstack([outer.faces, ball.faces[:, ::-1] + len(outer.vertices)]).astype(np.int32)
    state = survey(scale_to_unit(points, sides), sides, Deadline())
    assert ask(state, Deadline()) == (inverted, 0)


def test_a_caller_who_has_gone_stops_it() -> None:
    deadline = Deadline()
    deadline.cancel()
    with pytest.raises(Cancelled):
        ask(hollow_cubes(), deadline)
