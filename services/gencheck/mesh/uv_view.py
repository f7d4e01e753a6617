"""The UV map of a mesh as a picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.mesh.uv import UvMap
from gencheck.render.uv_layout import MAX_PANELS, UvPanel, draw_uv

VIEW = "uv"
"""The name of the view."""


def draw_uv_map(uv: UvMap, *, deadline: Deadline) -> NDArray[np.uint8]:
    """Draw the layouts of the textures with the most faces.

    Returns:
        ``uint8 [H, W, 3]`` RGB, as ``render.uv_layout.draw_uv`` makes it.
    """
    sizes = np.bincount(uv.layout.space[uv.layout.mapped])
    largest = np.argsort(-sizes, kind="stable")[:MAX_PANELS]
    panels = [_panel(uv, int(space)) for space in largest if sizes[space]]
    return draw_uv(panels, deadline=deadline)


def _panel(uv: UvMap, space: int) -> UvPanel:
    layout = uv.layout
    faces = layout.mapped[layout.space[layout.mapped] == space]
    ends = uv.outlines.ends[uv.outlines.space == space]
    places = np.ldexp(layout.uv[:, :2], layout.exponent)
    return UvPanel(
        triangles=places[layout.corners[faces]],
        mirrored=layout.turns[faces] > 0.0,
        outlines=places[ends],
    )
