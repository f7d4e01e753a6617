"""From answers to the report (replaced below once the report's model is known)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gencheck.cli.run import Done


def write_report(
    folder: Path, done: Sequence[Done], prompts: Mapping[str, str], *, base: Path = Path()
) -> Path:
    raise NotImplementedError
