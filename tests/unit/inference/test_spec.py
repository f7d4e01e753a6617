from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gencheck.errors import InvalidArgument, ModelError, ModelNotReady, NotFound
from gencheck.inference.backend import ModelSpec, TensorSpec
from gencheck.inference.spec import (
    check_inputs,
    check_outputs,
    fits,
    parse_config,
    read_asset,
    read_folder,
    read_labels,
    spec_of,
)

CONFIG = """
name: "m"
backend: "onnxruntime"
max_batch_size: 2
input [ { name: "a" data_type: TYPE_INT64 dims: [ 3, -1 ] } ]
output [ { name: "b" data_type: TYPE_FP16 dims: [ 5 ] } ]
parameters { key: "sha256" value: { string_value: "0123456789abcdef" } }
"""


def test_reads_a_configuration() -> None:
    spec = spec_of(parse_config(CONFIG))
    assert spec == ModelSpec(
        "m",
        "0123456789ab",
        (TensorSpec("a", np.dtype(np.int64), (-1, 3, -1)),),
        (TensorSpec("b", np.dtype(np.float16), (-1, 5)),),
        max_batch=2,
    )


def test_without_batches_the_shape_stands_as_it_is() -> None:
    spec = spec_of(parse_config(CONFIG.replace("max_batch_size: 2", "max_batch_size: 0")))
    assert spec.inputs[0].shape == (3, -1)


def test_the_configuration_is_read_by_tritons_own_class_without_its_client() -> None:
    """Importing the generated module by name would load grpc and the whole client."""
    code = (
        "import sys; from gencheck.inference.spec import parse_config; "
        "m = parse_config('name: \"m\"'); assert 'grpc' not in sys.modules; "
        "from tritonclient.grpc import model_config_pb2 as p; assert type(m) is p.ModelConfig"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("name: [", "does not parse"),
        ("nonsense: 1", "does not parse"),
        (CONFIG.replace("TYPE_INT64", "TYPE_STRING"), "TYPE_STRING"),
        (CONFIG.replace('"m"', '"other"'), "other"),
        (CONFIG.replace("dims: [ 5 ]", 'dims: [ 5 ] label_filename: "labels.txt"'), "labels"),
    ],
)
def test_a_bad_configuration_is_not_ready(tmp_path: Path, config: str, words: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.pbtxt").write_text(config)
    with pytest.raises(ModelNotReady, match=words):
        read_folder(tmp_path, "m")


def test_no_path_leads_out_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.pbtxt").write_text(CONFIG)
    assert read_folder(tmp_path, "m").sha256 == "0123456789abcdef"
    (tmp_path / "inner").mkdir()
    with pytest.raises(NotFound):
        read_folder(tmp_path / "inner", "../m")


def test_only_a_line_feed_ends_a_label(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("a\n \n\u3000\n\u2028\nb\n", "utf-8")
    assert read_labels(path) == ("a", " ", "\u3000", "\u2028", "b")


def test_batches_of_two_inputs_must_agree() -> None:
    f32 = np.dtype(np.float32)
    spec = ModelSpec(
        "m", "1", (TensorSpec("a", f32, (-1, 1)), TensorSpec("b", f32, (-1, 1))), (), max_batch=4
    )
    one, two = np.zeros((1, 1), f32), np.zeros((2, 1), f32)
    check_inputs(spec, {"a": two, "b": two})
    with pytest.raises(InvalidArgument, match="batch"):
        check_inputs(spec, {"a": one, "b": two})


def test_a_wrong_answer_is_the_models_fault() -> None:
    spec = ModelSpec("m", "1", (), (TensorSpec("y", np.dtype(np.float32), (-1, 2)),))
    check_outputs(spec, {"y": np.zeros((7, 2), np.float32)})
    with pytest.raises(ModelError, match="shape"):
        check_outputs(spec, {"y": np.zeros((7, 3), np.float32)})


@pytest.mark.parametrize(
    ("expected", "shape", "answer"),
    [
        ((-1, 3), (5, 3), True),
        ((-1, 3), (5, 4), False),
        ((-1,), (0,), False),
        ((2, 2), (2,), False),
        ((), (), True),
    ],
)
def test_shapes(expected: tuple[int, ...], shape: tuple[int, ...], answer: bool) -> None:
    assert fits(expected, shape) is answer


TOKENS = b'{"version": "1.0"}'
WITH_ASSET = CONFIG + (
    'parameters { key: "asset:tokens.json" value: { string_value: "'
    + hashlib.sha256(TOKENS).hexdigest()
    + '" } }\nparameters { key: "resize" value: { string_value: "squash" } }\n'
)


def folder_with(tmp_path: Path, config: str, asset: bytes | None = TOKENS) -> ModelSpec:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.pbtxt").write_text(config)
    if asset is not None:
        (tmp_path / "m" / "tokens.json").write_bytes(asset)
    return read_folder(tmp_path, "m").spec


def test_parameters_and_further_files_belong_to_the_spec(tmp_path: Path) -> None:
    spec = folder_with(tmp_path, WITH_ASSET)
    assert spec.parameters["resize"] == "squash"
    assert "sha256" not in spec.parameters
    assert set(spec.assets) == {"tokens.json"}
    assert read_asset(spec, "tokens.json") == TOKENS


@pytest.mark.parametrize(
    ("asset", "name", "words"),
    [
        (None, "tokens.json", "cannot be read"),
        (TOKENS[:-1], "tokens.json", "is not the file"),
        (TOKENS, "other.json", "names no other.json"),
    ],
)
def test_a_further_file_that_is_not_as_configured_is_refused(
    tmp_path: Path, asset: bytes | None, name: str, words: str
) -> None:
    spec = folder_with(tmp_path, WITH_ASSET, asset)
    with pytest.raises(ModelNotReady, match=words):
        read_asset(spec, name)


def test_a_further_file_lies_in_the_folder_of_the_model(tmp_path: Path) -> None:
    (tmp_path / "tokens.json").write_bytes(TOKENS)
    spec = folder_with(tmp_path, WITH_ASSET.replace("tokens.json", "../tokens.json"))
    assert not spec.assets
