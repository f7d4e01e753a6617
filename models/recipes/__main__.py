"""``python models/recipes NAME … --out DIR``: make models from official weights.

Exit status: 0 made, 64 a wrong option, 65 a recipe could not go on, 130 interrupted.
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

from recipes.errors import RecipeError

RECIPES: Mapping[str, str] = {
    "clip": "an image and a text encoder of open_clip (CLIP, SigLIP)",
    "insightface_pack": "faces, perceived attributes and landmarks of an InsightFace pack",
    "mesonet": "swapped faces, by MesoNet's Meso-4",
    "sam": "masks under boxes, by Segment Anything or MobileSAM",
    "yolo": "objects, with masks or without, by ultralytics' YOLO",
}
"""Every recipe, a module of this package, and what it makes."""

USAGE, BAD_INPUT, INTERRUPTED = 64, 65, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: error: {message}\n")


def main(words: Sequence[str]) -> int:
    """Run one recipe and write what it makes; the exit status."""
    parser = _Parser(
        prog="recipes",
        description="Make models for gencheck from official weights.",
        epilog="recipes:\n" + "\n".join(f"  {name:18}{what}" for name, what in RECIPES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "recipe",
        choices=tuple(RECIPES),
        metavar="RECIPE",
        help="one of these below; RECIPE --help says more",
    )
    recipe = parser.parse_args(words[:1] if words else []).recipe
    return _run(recipe, words[1:])


def _run(name: str, words: Sequence[str]) -> int:
    recipe = importlib.import_module(f"recipes.{name}")
    parser = _Parser(prog=f"recipes {name}", description=RECIPES[name])
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where the models go"
    )
    recipe.add_arguments(parser)
    options = parser.parse_args(words)
    from recipes.pack import pack  # onnx, which --help can do without

    try:
        for model in recipe.make(options):
            folder = pack(options.out, model)
            print(f"{model.name}: {len(model.weights) / 1e6:.1f} MB in {folder}")
    except (RecipeError, OSError) as error:
        print(f"recipes {name}: error: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    print(f"Put them into the store with: gencheck models install full --from {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
