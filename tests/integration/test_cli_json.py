"""The JSON of every command keeps its fields and types, held by files in tests/golden."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
OPEN_TODAY = 'a poster with the words "OPEN TODAY"'


def shape(value: Any) -> Any:
    """A JSON value with types in place of values; entries of a list are one."""
    match value:
        case dict():
            return {key: shape(value[key]) for key in sorted(value)}
        case list():
            return [merged([shape(entry) for entry in value])] if value else []
        case str():
            enum = re.match(r"(VERDICT|SEVERITY|CLAIM_STATUS|AUDIT_FINDING|COMPARATOR)_", value)
            return f"enum {enum[1]}" if enum else "string"
        case bool():
            return "bool"
        case int() | float():
            return "number"
    return type(value).__name__


def merged(shapes: list[Any]) -> Any:
    """One shape for all: objects with every key that any has, lists with what any holds."""
    if all(isinstance(s, dict) for s in shapes):
        keys = sorted({key for s in shapes for key in s})
        return {key: merged([s[key] for s in shapes if key in s]) for key in keys}
    if all(isinstance(s, list) for s in shapes):
        inner = [entry for s in shapes for entry in s]
        return [merged(inner)] if inner else []
    (only,) = {json.dumps(s) for s in shapes}
    return json.loads(only)


COMMANDS: dict[str, list[str]] = {
    "check": ["check", "poster_misspelt.png", "--prompt", OPEN_TODAY],
    "check_failed": ["check", "none.png"],
    "artifact": ["artifact", "heavy_jpeg.jpg"],
    "artifact_video": ["artifact", "pan_damaged.mp4"],
    "mesh": ["mesh", "vase_broken.glb"],
    "consistency": ["consistency", "poster.png", "--prompt", OPEN_TODAY],
    "audit_counts": ["audit", "counts_skewed.csv"],
    "audit_images": ["audit", "portraits"],
    "prompt": ["prompt", 'at least two red apples on a table, no cars, a sign that says "A"'],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_json_of_every_command_keeps_its_shape(
    gencheck: Callable[..., Any], samples: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Fields and types are held by files; GENCHECK_GOLDEN=write writes them anew."""
    monkeypatch.chdir(samples)
    (line,) = gencheck(*COMMANDS[name], "--json").lines
    assert "error" not in line or name == "check_failed", line["error"]
    got = json.dumps(shape(line), indent=1, ensure_ascii=False) + "\n"
    file = GOLDEN / f"{name}.json"
    if os.environ.get("GENCHECK_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(got)
    assert got == file.read_text()
