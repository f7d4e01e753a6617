"""What tests hold in their hands: the ended command, the catalogue on a claim."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

IMAGE = "gencheck-batch:1.2.3"
GENCHECK = [sys.executable, "-m", "gencheck"]


@dataclass(frozen=True)
class Ended:
    """What a command left."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@dataclass(frozen=True)
class Catalogue:
    """A manifest on a claim, and where its results go."""

    folder: Path
    manifest: Path

    @property
    def out(self) -> Path:
        """The results."""
        return self.folder / "out"

    def submit(self, *more: object, shards: int = 3, name: str = "run-1") -> list[object]:
        """The words of a submit."""
        return [
            *("submit", self.manifest, "--out", self.out, "--shards", shards, "--name", name),
            *("--image", IMAGE, "--mount", f"catalogue:{self.folder}", "--cores", 1, *more),
        ]
