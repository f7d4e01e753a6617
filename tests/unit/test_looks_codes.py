"""The codes of what lies on a mesh are those that its check measures."""

from gencheck.codes import CODES
from gencheck.deadline import Deadline
from gencheck.looks_codes import LOOKS_CODES
from gencheck.mesh.check import check_mesh
from gencheck.mesh.golden import GOLDEN


def test_each_is_measured_and_published() -> None:
    measured = check_mesh(GOLDEN, deadline=Deadline()).measurements
    told = {m.code for m in measured if m.check in {"mesh.uv", "mesh.normals"}}
    assert told == set(LOOKS_CODES)
    assert {CODES[code].check for code in LOOKS_CODES} == {"mesh"}
