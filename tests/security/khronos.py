"""The Khronos glTF validator, as npm has it, as one process that is asked again and again."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gencheck.gltf.log import Issue
from gencheck.gltf_codes import GLTF_CODES

ROOT = Path(__file__).resolve().parents[2]
_SCRIPT = Path(__file__).with_name("khronos.cjs")
_INSTALL = ["npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"]

Key = tuple[str, int, str]
"""Code, severity (0 is an error), and the pointer or the byte offset."""


class Unavailable(Exception):
    """There is no validator here; says why."""


@dataclass(frozen=True)
class Answer:
    """What it says of one asset; ``crash`` instead where it throws.

    Attributes:
        milliseconds: what it took, without the way to it.
    """

    issues: Counter[Key] = field(default_factory=Counter)
    crash: str = ""
    milliseconds: float = 0.0


class Khronos:
    """The validator; a context manager.

    Raises:
        Unavailable: node is missing, or npm, or what npm would install.
    """

    def __init__(self) -> None:
        if not shutil.which("node"):
            raise Unavailable("node is not installed: the Khronos validator runs on it")
        if not (ROOT / "node_modules" / "gltf-validator").is_dir():
            _install()
        self._process = _start()

    def __enter__(self) -> Khronos:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def ask(self, data: bytes, *, packed: bool, folder: Path | None = None) -> Answer:
        """Its issues of an asset; ``folder`` holds the files beside it."""
        if self._process.poll() is not None:
            self._process = _start()
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {
            "data": base64.b64encode(data).decode(),
            "packed": packed,
            "folder": str(folder) if folder else None,
        }
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "crash" in answer:
            if answer["ends"]:
                self._process.wait()
            return Answer(crash=answer["crash"])
        return Answer(Counter(map(key_of, answer["messages"])), "", answer["ms"])


def key_of(message: dict[str, Any]) -> Key:
    """An issue of a report."""
    place = message.get("pointer", message.get("offset", ""))
    return message["code"], message["severity"], str(place)


def key_of_ours(issue: Issue) -> Key:
    """An issue of ours as the reports write it."""
    place = issue.pointer if issue.offset is None else str(issue.offset)
    return issue.code, GLTF_CODES[issue.code].level.value, place


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["node", str(_SCRIPT)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _install() -> None:
    if not shutil.which("npm"):
        raise Unavailable("npm is not installed: it would install the Khronos validator")
    done = subprocess.run(_INSTALL, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"npm cannot install the Khronos validator: {done.stderr.strip()[:200]}")
