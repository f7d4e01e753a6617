"""The codes of glTF conformance are those of the Khronos validator, by name and severity."""

import os
import re
from pathlib import Path

import pytest

from gencheck.gltf_codes import GLTF_CODES, Level

LEVELS = {
    "Error": Level.ERROR,
    "Warning": Level.WARNING,
    "Information": Level.INFO,
    "Hint": Level.HINT,
}
RAISED = Path(__file__).parents[2] / "services/gencheck/gltf"


def test_every_code_has_a_title() -> None:
    assert len(GLTF_CODES) == 170
    for code, entry in GLTF_CODES.items():
        assert re.fullmatch(r"[A-Z0-9_]+", code)
        assert entry.title and not entry.title.endswith(".")


def test_every_code_is_raised_somewhere() -> None:
    text = "\n".join(path.read_text() for path in RAISED.glob("*.py"))
    made = {"ACCESSOR_MAX_MISMATCH", "ACCESSOR_MIN_MISMATCH"}  # of a bound's name
    made |= {"ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND", "ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND"}
    assert not {code for code in GLTF_CODES if f'"{code}"' not in text} - made


def test_names_and_severities_are_those_of_the_validator() -> None:
    issues = Path(os.environ.get("GENCHECK_DATA", "")) / "mesh_gltf_validator/ISSUES.md"
    if not issues.is_file():
        pytest.skip("needs mesh_gltf_validator in GENCHECK_DATA")
    rows = re.findall(r"^\|([A-Z0-9_]+)\|.*\|(\w+)\|$", issues.read_text(), re.M)
    assert {code: LEVELS[word] for code, word in rows} == {
        code: entry.level for code, entry in GLTF_CODES.items()
    }
