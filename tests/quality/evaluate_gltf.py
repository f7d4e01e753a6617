"""Conformance to glTF 2.0: how many assets of the Khronos validator's suite get identical issues.

``GENCHECK_DATA`` names the folder with ``mesh_gltf_validator``; each asset has the report of the
Khronos validator beside it. Identical means the same (code, severity, pointer or byte offset), each
as often. The messages are not compared: they are in words of our own.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

from gencheck.gltf.log import Issue
from gencheck.gltf.source import read_source
from gencheck.gltf.validate import validate
from gencheck.gltf_codes import GLTF_CODES

Key = tuple[str, int, str]


def expected(path: Path) -> Counter[Key]:
    """The issues of a report of the Khronos validator."""
    messages = json.loads(path.read_text())["issues"]["messages"]
    return Counter(
        (m["code"], m["severity"], str(m.get("pointer", m.get("offset", "")))) for m in messages
    )


def key_of(issue: Issue) -> Key:
    """An issue of ours as the reports write it."""
    place = issue.pointer if issue.offset is None else str(issue.offset)
    return issue.code, GLTF_CODES[issue.code].level.value, place


def found(path: Path) -> Counter[Key]:
    """Our issues of an asset and the files beside it."""

    def load(uri: str) -> bytes | None:
        beside = path.parent / uri
        return beside.read_bytes() if beside.is_file() else None

    report = validate(read_source(path.read_bytes(), packed=path.suffix == ".glb"), load)
    return Counter(key_of(issue) for issue in report.issues)


def evaluate(folder: Path, *, listed: bool) -> None:
    """Print the figures of a suite."""
    same = crashes = verdicts = 0
    hits: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    invented: Counter[str] = Counter()
    lines: list[str] = []
    start = time.perf_counter()
    reports = sorted(folder.rglob("*.report.json"))
    for report in reports:
        path = report.with_name(report.name.removesuffix(".report.json"))
        wanted = expected(report)
        try:
            ours = found(path)
        except Exception as error:  # a harness counts crashes
            crashes += 1
            lines.append(f"{path.relative_to(folder)}: {type(error).__name__}: {error}")
            continue
        same += ours == wanted
        verdicts += any(k[1] == 0 for k in ours) == any(k[1] == 0 for k in wanted)
        hits.update(key[0] for key in (ours & wanted).elements())
        missed.update(key[0] for key in (wanted - ours).elements())
        invented.update(key[0] for key in (ours - wanted).elements())
        lines += [f"{path.relative_to(folder)}: - {key}" for key in (wanted - ours).elements()]
        lines += [f"{path.relative_to(folder)}: + {key}" for key in (ours - wanted).elements()]
    seconds = time.perf_counter() - start
    total = sum(hits.values()) + sum(missed.values())
    print(f"{folder.name}: identical {same} of {len(reports)} assets, {crashes} crashes")
    print(f"  has errors or not: {verdicts} of {len(reports)} agree")
    print(f"  issues: {sum(hits.values())} of {total} found, {sum(invented.values())} more said")
    print(f"  all in {seconds:.2f} s")
    for code in sorted(missed.keys() | invented.keys()):
        print(f"  {code}: {missed[code]} missed, {invented[code]} more")
    if listed or same < len(reports):
        for line in lines:
            print(f"      {line}")


def main() -> int:
    """Evaluate the suite."""
    root = os.environ.get("GENCHECK_DATA")
    if not root or not (Path(root) / "mesh_gltf_validator").is_dir():
        print("mesh_gltf_validator is not in GENCHECK_DATA: there is nothing to compare with")
        return 0
    evaluate(Path(root) / "mesh_gltf_validator", listed="--list" in sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
