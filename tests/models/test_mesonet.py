"""The recipe of MesoNet, from the authors' files to a model that is served."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from recipes import mesonet
from recipes.errors import RecipeError
from recipes.export import difference, golden, run_onnx, run_torch
from recipes.pack import pack
from recipes.weights import sha256_of

Ask = Callable[[Path, str, dict[str, Any]], dict[str, Any]]
NAMES = {"meso4_df": "Meso4_DF", "meso4_f2f": "Meso4_F2F"}
IMAGE = golden((3, 3, 256, 256), seed=5)


def make(*paths: Path) -> list[Any]:
    return list(mesonet.make(argparse.Namespace(weights=list(paths))))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_what_another_conversion_of_the_same_file_is(weights: Path, name: str) -> None:
    folder = weights / "mesonet"
    (model,) = make(folder / f"{NAMES[name]}.h5")
    assert model.name == name
    expected = run_onnx((folder / f"{NAMES[name]}.onnx").read_bytes(), {"image": IMAGE})
    found = run_onnx(model.weights, {"image": IMAGE})
    assert difference(found["p_real"], expected["p_real"]) <= 1e-4


def test_real_weights_answer_the_same_on_triton(
    weights: Path, tmp_path: Path, same_on_triton: Callable[..., None]
) -> None:
    models = make(*(weights / "mesonet" / f"{name}.h5" for name in NAMES.values()))
    for model in models:
        pack(tmp_path / "made", model)
    same_on_triton(tmp_path / "made", {model.name: {"image": IMAGE} for model in models})


def keras_file(path: Path, *, layers: int = 10) -> mesonet.Meso4:
    """A network with random weights, and the file that Keras would write of it."""
    network = mesonet.Meso4()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean)  # type: ignore[arg-type]
            torch.nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
            torch.nn.init.uniform_(module.weight, 0.5, 2)
    parts = [part for stage in network.features for part in (stage[0], stage[2])]  # type: ignore[index]
    with h5py.File(path, "w") as file:
        names = []
        for place, part in enumerate([*parts, network.dense, network.last][:layers]):
            name = f"layer_{place}"
            names += [name, f"pool_{place}"]
            file.create_group(f"pool_{place}")
            for key, value in keras_arrays(part).items():
                file[f"{name}/{name}/{key}:0"] = value
        file.attrs["layer_names"] = np.asarray(names, "S")
    return network


def keras_arrays(part: Any) -> dict[str, np.ndarray[Any, Any]]:
    state = {key: value.detach().numpy() for key, value in part.state_dict().items()}
    if "running_mean" in state:
        keys = {"gamma": "weight", "beta": "bias"}
        keys |= {"moving_mean": "running_mean", "moving_variance": "running_var"}
        return {ours: state[theirs] for ours, theirs in keys.items()}
    kernel = state["weight"]
    turned = kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel.T
    return {"kernel": turned, "bias": state["bias"]}


def test_random_weights_in_keras_layout_are_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedded: Ask
) -> None:
    network = keras_file(tmp_path / "random.h5")
    known = {sha256_of(tmp_path / "random.h5"): "meso4_df"}
    monkeypatch.setattr(mesonet, "KNOWN", known)
    (model,) = make(tmp_path / "random.h5")
    pack(tmp_path / "made", model)
    found = embedded(tmp_path / "made", "meso4_df", {"image": IMAGE})
    expected = run_torch(network, {"image": IMAGE}, ["p_real"])
    assert difference(found["p_real"], expected["p_real"]) <= 1e-4
    assert np.ptp(expected["p_real"]) > 0


def test_a_file_that_is_none_of_the_authors_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "evil.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)
    with pytest.raises(RecipeError, match="not one of MesoNet"):
        make(tmp_path / "evil.h5")


def test_another_network_does_not_fit(tmp_path: Path) -> None:
    keras_file(tmp_path / "short.h5", layers=9)
    with pytest.raises(RecipeError, match="9 layers"):
        mesonet.meso4_of(mesonet.read_layers(tmp_path / "short.h5"))
