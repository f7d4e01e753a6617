"""Do all packages of a lock file have licences that what serves may have? Needs no network.

    .venv/bin/python deploy/audit/licences.py requirements.lock

It reads what is installed: the metadata of every package, and the names of the shared libraries
that wheels carry along, as those may be under another licence than the package that carries them.
Exit status: 0 they have, 1 there are findings.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_COPYLEFT = re.compile(
    r"(?<![A-Z])(A?GPL|LGPL|SSPL)|GNU (Affero |Lesser |Library )?General Public"
    r"|non-?commercial|CC-BY-NC|Business Source",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(r"[AL]?GPL[-\w.+]* WITH GCC-exception[-\w.]*", re.IGNORECASE)
"""What GCC puts into what it compiles: the exception is there for exactly this."""
_GPL_LIBRARIES = re.compile(r"lib(x264|x265|xvidcore|vidstab|rubberband|postproc|readline)\b")

ACCEPTED = {
    ("av", "libx264"): "an encoder (GPL-2.0-or-later) that PyAV's wheel carries",
    ("av", "libx265"): "an encoder (GPL-2.0-or-later) that PyAV's wheel carries",
}
"""Findings that are known and said in docs/security.md; each has to be there still."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a package: its licence, or a library that it carries."""

    package: str
    what: str

    @property
    def accepted(self) -> str:
        """Why it is borne; empty where it is not."""
        return ACCEPTED.get((self.package, self.what), "")


def pinned(lock: Path) -> list[str]:
    """The packages of a lock file."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [line.partition("==")[0] for line in lines if "==" in line and line[0] != "#"]


def stated(package: metadata.Distribution) -> str:
    """What a package says its licence is: an expression, else classifiers, else a short line."""
    meta = package.metadata
    if expression := meta.get("License-Expression"):
        return str(expression)
    classifiers = [c for c in meta.get_all("Classifier") or [] if c.startswith("License ::")]
    named = [c.rpartition("::")[2].strip() for c in classifiers]
    if named := [name for name in named if name != "OSI Approved"]:
        return " AND ".join(named)
    line = (meta.get("License") or "").strip().partition("\n")[0]
    return "" if line.upper() == "UNKNOWN" else line[:100]


def is_copyleft(licence: str) -> bool:
    """Whether every alternative of an expression binds who hands the package on."""
    alternatives = re.split(r"\bOR\b", _EXCEPTION.sub("", licence))
    return all(_COPYLEFT.search(one) for one in alternatives)


def carried(package: metadata.Distribution) -> Iterator[str]:
    """Libraries under the GPL that a wheel carries, each once."""
    files = package.files or []
    names = (_GPL_LIBRARIES.match(file.name) for file in files if ".so" in file.name)
    yield from sorted({match[0] for match in names if match})


def findings(packages: Iterable[metadata.Distribution]) -> Iterator[Finding]:
    """What is wrong with packages, accepted or not."""
    for package in packages:
        name, licence = package.metadata["Name"], stated(package)
        if not licence:
            yield Finding(name, "states no licence")
        elif is_copyleft(licence):
            yield Finding(name, licence)
        yield from (Finding(name, library) for library in carried(package))


def main(lock: str) -> int:
    """The exit status."""
    names = pinned(Path(lock))
    found = list(findings(map(metadata.distribution, names)))
    for one in found:
        state = f"known: {one.accepted}" if one.accepted else "FINDING"
        print(f"licences: {one.package}: {one.what}: {state}")
    print(f"licences: {len(names)} packages of {lock}, {len(found)} findings")
    return int(any(not one.accepted for one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
