"""The codes of meshes: each is said in full, and measured somewhere."""

from pathlib import Path

from gencheck.codes import CODES
from gencheck.mesh_codes import MESH_CODES

ROOM = Path(__file__).parents[2] / "services/gencheck/mesh"


def test_every_code_of_meshes_is_published() -> None:
    assert len(MESH_CODES) > 30
    assert {CODES[code].check for code in MESH_CODES} == {"mesh"}


def test_every_code_is_measured_somewhere() -> None:
    text = "\n".join(path.read_text() for path in ROOM.glob("*.py"))
    assert not [code for code in MESH_CODES if f'"{code}"' not in text]
