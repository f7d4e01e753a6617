"""``python models/training PART …``: train the artifact model, export it, show what it learns from.

Exit status: 0 done, 64 a wrong option, 65 it could not go on, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

if not __package__:  # run as a folder: the package is that folder, found beside it
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from training.errors import TrainingError

PARTS: Mapping[str, str] = {
    "train": "make weights of clean photos, a seed and a number of steps",
    "export": "turn weights into the ONNX file that is served",
    "show": "draw training samples with their masks into one picture",
    "peer_yolo": "train an ultralytics YOLO on the same samples, for comparison",
}
"""Every part, a module of this package, and what it does."""

USAGE, BAD_INPUT, INTERRUPTED = 64, 65, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: error: {message}\n")


def main(words: Sequence[str]) -> int:
    """Run one part; the exit status."""
    parser = _Parser(prog="training", description="The project's own artifact model.")
    chosen = parser.add_subparsers(dest="part", required=True, metavar="PART")
    for name, what in PARTS.items():
        chosen.add_parser(name, help=what, add_help=False)
    part = parser.parse_args(words[:1]).part
    module = importlib.import_module(f"training.{part}")
    own = _Parser(prog=f"training {part}", description=PARTS[part])
    module.add_arguments(own)
    options = own.parse_args(words[1:])
    try:
        return int(module.run(options))
    except (TrainingError, OSError) as error:
        print(f"training {part}: error: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
