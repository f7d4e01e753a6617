"""``export``: weights to the ONNX file that is served, held to what torch computes."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load_file

from recipes.errors import RecipeError
from recipes.export import Array, check_parity, export
from training.damage import FAMILIES
from training.errors import TrainingError
from training.network import DOWNWARDS, ArtifactNet, Serving

PICTURES, PROBABILITIES = "pictures", "probabilities"
_FREE = {
    PICTURES: {0: "batch", 1: "height", 2: "width"},
    PROBABILITIES: {0: "batch", 2: "map_height", 3: "map_width"},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``export``."""
    parser.add_argument("weights", type=Path, metavar="weights.safetensors")
    parser.add_argument("--out", type=Path, required=True, metavar="model.onnx")


def run(options: argparse.Namespace) -> int:
    """Write the ONNX file and print its size and sha256.

    Raises:
        TrainingError: the weights are not those of the network, or ONNX Runtime computes something
            else than torch does.
    """
    data = exported(load_network(options.weights))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(data)
    print(f"source_size = {len(data)}")
    print(f'source_sha256 = "{hashlib.sha256(data).hexdigest()}"')
    return 0


def load_network(weights: Path) -> ArtifactNet:
    """The network with trained weights.

    Raises:
        TrainingError: they are not its weights.
    """
    network = ArtifactNet(len(FAMILIES))
    try:
        network.load_state_dict(load_file(weights))
    except (RuntimeError, SafetensorError) as error:
        raise TrainingError(f"{weights} does not fit the network ({str(error)[:200]})") from error
    network.eval()
    return network


def exported(network: ArtifactNet) -> bytes:
    """The ONNX file: any batch, any height and width that are multiples of 32."""
    serving = Serving(network)
    outputs = [PROBABILITIES]
    try:
        data = export(serving, _inputs(1, 2, 3), outputs, free=_FREE)
        for sizes in ((1, 3, 2), (2, 5, 7)):
            check_parity(serving, data, _inputs(*sizes), outputs)
    except RecipeError as error:
        raise TrainingError(str(error)) from error
    return data


def _inputs(batch: int, rows: int, columns: int) -> dict[str, Array]:
    shape = (batch, rows * DOWNWARDS, columns * DOWNWARDS, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return {PICTURES: np.where(noise > 200, noise, np.uint8(90))}
