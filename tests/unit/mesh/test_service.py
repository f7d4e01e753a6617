"""What the service makes of a report."""

from typing import Any

import numpy as np

from gencheck.deadline import Deadline
from gencheck.media.types import Mesh
from gencheck.mesh.check import check_mesh
from gencheck.mesh.service import _statistics_to
from gencheck.v1 import mesh_pb2 as pb


def statistics_of(**more: Any) -> pb.MeshStatistics:
    mesh = Mesh(np.zeros((3, 3)), np.zeros((0, 3), np.int32), "DAE", **more)
    return _statistics_to(check_mesh(mesh, deadline=Deadline()))


def test_a_count_that_the_wire_cannot_hold_is_the_largest_that_it_can() -> None:
    told = statistics_of(notes={"lines_or_points": 1 << 40, "polygons": 2})
    assert dict(told.notes) == {"lines_or_points": 2**31 - 1, "polygons": 2}


def test_format_unit_and_method_are_told() -> None:
    told = statistics_of(metres=0.01)
    assert (told.format, told.metres_per_unit) == ("DAE", 0.01)
    assert "exactly the same position" in told.method.name
    assert not statistics_of().HasField("metres_per_unit")
