"""ultralytics' YOLO (v8, 11 and all with the same head): detectors and segmenters.

The ONNX file takes any batch and any height and width that are multiples of the stride, and gives
what the network gives: boxes as centre and size in pixels of its input, a score for each class.
Suppression is left to ``gencheck.vision.yolov8``. ultralytics and its weights are AGPL-3.0.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from recipes.errors import RecipeError
from recipes.export import Array, check_parity, export, golden
from recipes.model import Model
from recipes.weights import sha256_of
from recipes.yolo_weights import Network, random_network, read_checkpoint

_MAX_BATCH = 8
_DETECTIONS, _PROTOTYPES = "output0", "output1"
_NAME = re.compile(r"[a-z0-9_]+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the recipe."""
    parser.add_argument(
        "weights",
        metavar="FILE.pt",
        help="weights as ultralytics gives or trains them; or NAME.yaml for random ones (tests)",
    )
    parser.add_argument("--name", help="of the model; by default that of the file: yolov8n_seg")


def make(options: argparse.Namespace) -> Iterator[Model]:
    """The model, held to torch on two sizes of input.

    Raises:
        RecipeError: the weights cannot be used, or ONNX Runtime differs from torch.
    """
    given = Path(options.weights)
    name = options.name or given.stem.replace("-", "_").lower()
    if not _NAME.fullmatch(name):
        raise RecipeError(f"{name!r} is no name for a model", fix="Give one with --name.")
    if given.suffix == ".yaml":
        network, source = random_network(options.weights), "random weights"
    else:
        network, source = read_checkpoint(given), sha256_of(given)
    yield to_model(name, network, source)


def to_model(name: str, network: Network, source: str) -> Model:
    """Export a network and describe it."""
    outputs = [_DETECTIONS, _PROTOTYPES] if network.segments else [_DETECTIONS]
    weights = export(network.module, _inputs(network, 1, 3, 2), outputs, free=_free(network))
    for sizes in ((1, 2, 3), (2, 3, 2)):
        check_parity(network.module, weights, _inputs(network, *sizes), outputs)
    what = "Objects with their masks" if network.segments else "Objects"
    notes = {
        "images": f"RGB, 0..1; height and width are multiples of {network.stride}",
        _DETECTIONS: "centre x, y, width, height in pixels; a score for each class",
    }
    if network.segments:
        notes[_DETECTIONS] += "; 32 factors of the mask"
        notes[_PROTOTYPES] = "32 prototypes of masks at a quarter of the size"
    return Model(
        name,
        f"{what} by ultralytics' {name}: {len(network.labels)} classes. AGPL-3.0.",
        weights,
        max_batch=_MAX_BATCH,
        notes=notes,
        labels=network.labels,
        labelled=_DETECTIONS,
        sizes={"images": (3, network.side, network.side)},
        parameters={
            "side": str(network.side),
            "stride": str(network.stride),
            "source": source,
        },
    )


def _inputs(network: Network, batch: int, rows: int, columns: int) -> dict[str, Array]:
    return {"images": golden((batch, 3, rows * network.stride, columns * network.stride))}


def _free(network: Network) -> dict[str, dict[int, str]]:
    free = {
        "images": {0: "batch", 2: "height", 3: "width"},
        _DETECTIONS: {0: "batch", 2: "cells"},
    }
    if network.segments:
        free[_PROTOTYPES] = {0: "batch", 2: "mask_height", 3: "mask_width"}
    return free
