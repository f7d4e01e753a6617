"""The frame of the recipes, on a network of two layers."""

from __future__ import annotations

import collections
import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recipes.errors import RecipeError
from recipes.export import check_parity, export, golden, run_onnx
from recipes.model import Model, config_of
from recipes.pack import pack
from recipes.weights import load, sha256_of

ROOT = Path(__file__).resolve().parents[2]
FREE = {"x": {0: "n", 2: "h", 3: "w"}, "y": {0: "n"}}


class Tiny(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x).relu().mean((2, 3))


def tiny(name: str = "tiny") -> tuple[Tiny, Model]:
    module = Tiny()
    weights = export(module, {"x": golden((1, 3, 32, 32))}, ["y"], free=FREE)
    return module, Model(
        name,
        "A tiny one: nothing to see.",
        weights,
        max_batch=8,
        notes={"x": "RGB"},
        labels=("a", "b c", "d", "e"),
        labelled="y",
        parameters={"source": 'with "quotes"\\'},
        assets={"words.json": b"{}"},
    )


def test_exports_what_torch_computes_for_any_size() -> None:
    module, model = tiny()
    for shape in ((1, 3, 32, 32), (3, 3, 64, 96)):
        assert check_parity(module, model.weights, {"x": golden(shape)}, ["y"]) < 1e-6


def test_a_difference_is_refused() -> None:
    module, model = tiny()
    with torch.no_grad():
        module.layer.bias += 0.001
    with pytest.raises(RecipeError, match="differ in y"):
        check_parity(module, model.weights, {"x": golden((1, 3, 32, 32))}, ["y"])


def test_what_is_not_finite_is_refused() -> None:
    module, model = tiny()
    broken = np.full((1, 3, 32, 32), np.nan, np.float32)
    with pytest.raises(RecipeError, match="differ in y"):
        check_parity(module, model.weights, {"x": broken}, ["y"])


def test_packs_what_both_backends_serve(
    tmp_path: Path,
    embedded: Callable[..., dict[str, Any]],
    same_on_triton: Callable[..., None],
) -> None:
    from gencheck.inference.spec import read_asset, read_folder

    _, model = tiny()
    folder = pack(tmp_path / "out", model)
    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "1/model.onnx",
        "config.pbtxt",
        "labels.txt",
        "words.json",
    ]
    read = read_folder(tmp_path / "out", "tiny")
    assert read.sha256 == sha256_of(folder / "1" / "model.onnx")
    assert read.spec.labels == ("a", "b c", "d", "e")
    assert read_asset(read.spec, "words.json") == b"{}"
    assert read.spec.parameters["source"] == 'with "quotes"\\'
    assert read.spec.inputs[0].shape == (-1, 3, -1, -1)
    inputs = {"x": golden((2, 3, 32, 64))}
    expected = run_onnx(model.weights, inputs)["y"]
    np.testing.assert_allclose(embedded(tmp_path / "out", "tiny", inputs)["y"], expected, atol=1e-6)
    same_on_triton(tmp_path / "out", {"tiny": inputs})


def test_replaces_a_model_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    pack(tmp_path, tiny()[1])
    first = (tmp_path / "tiny" / "1" / "model.onnx").read_bytes()
    torch.manual_seed(1)
    pack(tmp_path, tiny()[1])
    assert (tmp_path / "tiny" / "1" / "model.onnx").read_bytes() != first
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_failed_write_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(tmp_path, tiny()[1])

    def full(self: Path, *words: object, **options: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        pack(tmp_path, tiny()[1])
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
    assert (tmp_path / "tiny" / "config.pbtxt").is_file()


def test_a_configuration_that_the_graph_does_not_bear_out_is_refused() -> None:
    module, _ = tiny()
    with pytest.raises(RecipeError, match="no tensor"):
        config_of(Model("m", "s", tiny()[1].weights, notes={"z": "?"}))
    fixed = export(module, {"x": golden((1, 3, 32, 32))}, ["y"], free={})
    with pytest.raises(RecipeError, match="no batch"):
        config_of(Model("m", "s", fixed, max_batch=4))
    with pytest.raises(RecipeError, match="one line"):
        Model("m", "s", fixed, labels=("a\nb",), labelled="y")


def test_triton_warms_up_what_has_known_sizes() -> None:
    module, free = tiny()
    fixed = export(module, {"x": golden((1, 3, 32, 32))}, ["y"], free={})
    assert "dims: [ 1, 3, 32, 32 ] zero_data: true" in config_of(Model("m", "s", fixed))
    assert "model_warmup" not in config_of(free)
    sized = dataclasses.replace(free, sizes={"x": (3, 64, 64)})
    assert "dims: [ 3, 64, 64 ] zero_data: true" in config_of(sized)


def test_a_model_that_no_onnx_file_holds_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recipes.export._LARGEST", 400)
    with pytest.raises(RecipeError, match="GB"):
        tiny()


class Trap:
    """Writes a file where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {self.path}",))


def test_weights_load_and_code_does_not(tmp_path: Path) -> None:
    state = Tiny().state_dict()
    torch.save(state, tmp_path / "good.pt")
    assert set(load(tmp_path / "good.pt")) == set(state)
    torch.save({"model": Trap(tmp_path / "ran")}, tmp_path / "trap.pt")
    with pytest.raises(RecipeError, match=r"system"):
        load(tmp_path / "trap.pt")
    assert not (tmp_path / "ran").exists()
    torch.save({"model": Tiny()}, tmp_path / "whole.pt")
    with pytest.raises(RecipeError, match=r"Tiny"):
        load(tmp_path / "whole.pt")


def test_a_class_that_is_allowed_is_built(tmp_path: Path) -> None:
    torch.save(collections.Counter("aab"), tmp_path / "counter.pt")
    assert load(tmp_path / "counter.pt", allowed=[collections.Counter])["a"] == 2


def test_what_others_allow_is_not_allowed(tmp_path: Path) -> None:
    torch.save({"model": Tiny()}, tmp_path / "whole.pt")
    layers = [Tiny, torch.nn.Conv2d]
    with torch.serialization.safe_globals(layers):
        with pytest.raises(RecipeError, match="wants to build"):
            load(tmp_path / "whole.pt")
        assert set(torch.serialization.get_safe_globals()) >= set(layers)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\x80\x02"])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_what_is_no_file_of_weights_is_said(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"odd{suffix}"
    path.write_bytes(data)
    with pytest.raises(RecipeError, match="odd"):
        load(path)
    with pytest.raises(RecipeError, match="No such file"):
        load(tmp_path / f"none{suffix}")


def recipes(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "models" / "recipes"), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_line_says_what_there_is() -> None:
    assert recipes("--help").returncode == 0
    asked = recipes("nonsense")
    assert asked.returncode == 64
    assert "nonsense" in asked.stderr
