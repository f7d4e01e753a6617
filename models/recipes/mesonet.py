"""MesoNet's Meso-4 from the authors' Keras weights (``.h5``), without Keras.

The files are those of github.com/DariusAf/MesoNet, folder ``weights``; any other is refused, so
that nothing hostile is read.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recipes.errors import RecipeError
from recipes.export import check_parity, export, golden
from recipes.model import Model
from recipes.weights import sha256_of

Arrays = Mapping[str, NDArray[np.float32]]

MAX_BATCH = 8
SIDE = 256
KNOWN: Mapping[str, str] = {
    "036ed30d04ffd9c7506f825b97c86aa64915f5818931da96817b169aad790af5": "meso4_df",
    "bcfda015d217b9f8d6557693edbdf9f4e79cfd22672541968dd0e2954462b5d7": "meso4_f2f",
}
"""sha256 of the authors' files at commit 2144d56a30e48cdcac1976ff13a1c5cdc86376c6."""


class Meso4(nn.Module):
    """The network of arXiv:1809.00888, section 3.1, as its authors trained it."""

    def __init__(self) -> None:
        super().__init__()
        stages = ((3, 8, 3, 2), (8, 8, 5, 2), (8, 16, 5, 2), (16, 16, 5, 4))
        self.features = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(before, after, size, padding="same"),
                    nn.ReLU(),
                    nn.BatchNorm2d(after, eps=1e-3),
                    nn.MaxPool2d(pool),
                )
                for before, after, size, pool in stages
            )
        )
        self.dense = nn.Linear(1024, 16)
        self.last = nn.Linear(16, 1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """``float32 [n, 3, 256, 256]``, RGB 0..1, as 0 (swapped) to 1 (real), ``[n, 1]``."""
        maps = self.features(pictures).permute(0, 2, 3, 1)  # Keras has channels last
        hidden = nn.functional.leaky_relu(self.dense(maps.flatten(1)), 0.1)
        return torch.sigmoid(self.last(hidden))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this recipe."""
    parser.add_argument(
        "--weights",
        type=Path,
        required=True,
        nargs="+",
        metavar="FILE",
        help="Meso4_DF.h5, Meso4_F2F.h5 of github.com/DariusAf/MesoNet",
    )


def make(options: argparse.Namespace) -> Iterator[Model]:
    """A model of each file.

    Raises:
        RecipeError: a file is none of the authors' two, or ONNX Runtime does not compute what torch
            does.
    """
    for path in options.weights:
        yield _model(path)


def _model(path: Path) -> Model:
    source = sha256_of(path)
    if source not in KNOWN:
        raise RecipeError(
            f"{path} is not one of MesoNet's Meso-4 files (its sha256 is {source[:12]}…)",
            fix="Take Meso4_DF.h5 or Meso4_F2F.h5; the Inception variants have another network.",
        )
    network = meso4_of(read_layers(path))
    inputs = {"image": golden((2, 3, SIDE, SIDE))}
    free = {"image": {0: "n"}, "p_real": {0: "n"}}
    weights = export(network, inputs, ["p_real"], free=free)
    check_parity(network, weights, inputs, ["p_real"])
    return Model(
        name=KNOWN[source],
        summary="Meso-4 (MesoNet): was this face swapped?",
        weights=weights,
        max_batch=MAX_BATCH,
        notes={
            "image": "RGB, 0..1, a square 1.3 times the box of a face",
            "p_real": "0 swapped, 1 real",
        },
        parameters={"source_sha256": source},
    )


def read_layers(path: Path) -> list[Arrays]:
    """The arrays of each layer that has some, in the network's order."""
    with h5py.File(path, "r") as file:
        names = [bytes(name).decode() for name in file.attrs["layer_names"]]
        layers: list[Arrays] = []
        for name in names:
            arrays = {
                key.partition(":")[0]: np.asarray(value, np.float32)
                for key, value in file[name].get(name, {}).items()
            }
            layers += [arrays] if arrays else []
    return layers


def meso4_of(layers: list[Arrays]) -> Meso4:
    """The network with these weights. Raises ``RecipeError`` where they do not fit."""
    network = Meso4()
    parts: list[nn.Module] = []
    for stage in network.features:
        assert isinstance(stage, nn.Sequential)
        parts += [stage[0], stage[2]]
    parts += [network.dense, network.last]
    if len(parts) != len(layers):
        raise RecipeError(
            f"the file has {len(layers)} layers with weights, Meso-4 has {len(parts)}"
        )
    for part, arrays in zip(parts, layers, strict=True):
        part.load_state_dict(
            {name: torch.from_numpy(value) for name, value in _torch_names(arrays).items()},
            strict=False,  # a batch norm counts batches, which Keras does not
        )
    return network


def _torch_names(arrays: Arrays) -> Arrays:
    """Keras' names and axes as torch has them."""
    if "gamma" in arrays:
        return {
            "weight": arrays["gamma"],
            "bias": arrays["beta"],
            "running_mean": arrays["moving_mean"],
            "running_var": arrays["moving_variance"],
        }
    kernel = arrays["kernel"]
    turned = kernel.transpose(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
    return {"weight": np.ascontiguousarray(turned), "bias": arrays["bias"]}
