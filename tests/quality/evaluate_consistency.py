"""How well prompts are taken apart and claims judged, on published material with known truth.

``GENCHECK_DATA=… python tests/quality/evaluate_consistency.py [--half train|measure] [--show N]``.
Rules and word lists were written against the train half only; figures are of the measure half.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from consistency_judging import evaluate_judging
from consistency_parsing import evaluate_parsing
from consistency_pasted import evaluate_scenes
from negation_scope import print_negation


def in_half(prompt: str, half: str) -> bool:
    """Whether a prompt belongs to a half: by its SHA-256, so that it never moves."""
    even = hashlib.sha256(prompt.strip().encode()).digest()[0] % 2 == 0
    return half == "all" or even == (half == "train")


def main() -> int:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--half", choices=("train", "measure", "all"), default="measure")
    arguments.add_argument("--show", type=int, default=0, help="print that many misses a table")
    arguments.add_argument("--only", default="", help="one table")
    options = arguments.parse_args()
    if options.only in ("", "negation"):
        print_negation()
    root = os.environ.get("GENCHECK_DATA")
    if not root:
        print("consistency: skipped, GENCHECK_DATA is not set")
        return 0
    evaluate_parsing(
        Path(root), lambda prompt: in_half(prompt, options.half), options.show, options.only
    )
    split = "train2017" if options.half == "train" else "val2017"
    if options.only in ("", "scenes"):
        evaluate_scenes(Path(root), split)
    if options.only in ("", "judging"):
        evaluate_judging(Path(root), split)
    return 0


if __name__ == "__main__":
    sys.exit(main())
