"""Known vulnerabilities of what the lock files pin, and a bill of materials.

    .venv-audit/bin/python deploy/audit/audit.py PYTHON SBOM LOCK…

PYTHON is the interpreter of the environment that the first LOCK is installed in; SBOM is written
from there (CycloneDX 1.6, with licences), and holds what the first LOCK pins. What the service of
advisories does not know, or cannot be asked, is UNVERIFIED. Exit status: 0 nothing was found, 1 a
package has a known vulnerability, 2 a tool failed.
"""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

_TOOLS = Path(sys.executable).parent


def canonical(name: str) -> str:
    """The name of a package as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: Path) -> dict[str, str]:
    """Versions by name."""
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line]
    pairs = (line.split("==") for line in lines if line[0] != "#")
    return {canonical(name): version for name, version in pairs}


def ask(lock: Path) -> dict[str, Any] | None:
    """What pip-audit knows of a lock file; ``None`` where it could not ask."""
    done = subprocess.run(  # noqa: S603 - our own command
        [_TOOLS / "pip-audit", "--no-deps", "--disable-pip", "-f", "json", "-r", lock],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None
    return answer


def judge(lock: Path, answer: dict[str, Any] | None) -> tuple[list[str], str]:
    """The lines of what was found in a lock file, and one in sum."""
    if answer is None:
        said = "UNVERIFIED: the service of advisories cannot be reached; run it with a network"
        return [], f"audit: {lock}: {said}"
    known = [one for one in answer["dependencies"] if "skip_reason" not in one]
    found = [
        f"audit: {lock}: {one['name']} {one['version']}: {bad['id']}, "
        f"fixed in {', '.join(bad['fix_versions']) or 'no version yet'}"
        for one in known
        for bad in one["vulns"]
    ]
    skipped = len(answer["dependencies"]) - len(known)
    text = f"audit: {lock}: {len(known)} packages judged, {len(found)} vulnerabilities"
    if skipped:
        text += f"; {skipped} UNVERIFIED: the service does not know them; run it where it does"
    return found, text


def bill(document: dict[str, Any], wanted: dict[str, str]) -> dict[str, Any]:
    """The bill of an environment, cut to what a lock file pins. Raises for what is missing."""
    kept = {
        part["bom-ref"]: part
        for part in document["components"]
        if wanted.get(canonical(part["name"])) == part["version"]
    }
    missing = wanted.keys() - {canonical(part["name"]) for part in kept.values()}
    if missing:
        raise ValueError(f"not installed as pinned: {', '.join(sorted(missing))}")
    refs = {*kept, document["metadata"]["component"]["bom-ref"]}
    uses = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", []) if ref in refs]}
        for one in document["dependencies"]
        if one["ref"] in refs
    ]
    return {**document, "components": list(kept.values()), "dependencies": uses}


def write_bill(python: str, path: Path, lock: Path) -> str:
    """Write the bill; a line about it."""
    command = [_TOOLS / "cyclonedx-py", "environment", "--pyproject", "pyproject.toml"]
    options = ["--output-reproducible", "--sv", "1.6", "--of", "JSON", python]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *options], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ValueError(done.stderr[-500:])
    document = bill(json.loads(done.stdout), pins(lock))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    parts = document["components"]
    licensed = sum("licenses" in part for part in parts)
    return f"bill of materials: {path}: {len(parts)} packages, {licensed} with a licence"


def main(python: str, sbom: str, *locks: str) -> int:
    """The exit status."""
    found = False
    for lock in map(Path, locks):
        lines, text = judge(lock, ask(lock))
        print(*lines, text, sep="\n")
        found |= bool(lines)
    try:
        print(write_bill(python, Path(sbom), Path(locks[0])))
    except (OSError, ValueError) as error:
        print(f"bill of materials: {error}", file=sys.stderr)
        return 2
    return int(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
