"""A tiny catalog whose one source is a file of ours."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from onnx import TensorProto, helper


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def fixed_model() -> bytes:
    """y = relu(x) with the dimensions [10, 3, 32, 32], and a weight listed as an input."""
    shape = [10, 3, 32, 32]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    w = helper.make_tensor_value_info("w", TensorProto.FLOAT, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    nodes = [
        helper.make_node("Relu", ["x"], ["z"]),
        helper.make_node("Mul", ["z", "w"], ["y"]),
    ]
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1], [2.0])
    graph = helper.make_graph(nodes, "relu", [x, w], [y], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"character": "a\n b\n\u2028\n\u3000"})
    return bytes(model.SerializeToString(deterministic=True))


CONFIG = """name: "tiny"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 3, -1, -1 ] label_filename: "labels.txt" } ]
"""


@pytest.fixture
def make_shipped(tmp_path: Path, fixed_model: bytes) -> Callable[..., Path]:
    """Writes a shipped models folder with one model ``tiny``; fields of its entry may be given."""

    def make(**fields: object) -> Path:
        from gencheck.inference.transform import free_dims

        folder = tmp_path / "shipped"
        (folder / "repository" / "tiny").mkdir(parents=True)
        (folder / "repository" / "tiny" / "config.pbtxt").write_text(CONFIG)
        entry: dict[str, object] = {
            "name": "tiny",
            "role": "face_detector",
            "profile": "embedded",
            "licence": "MIT",
            "preprocessing": "none",
            "source": "https://models.example/tiny.onnx",
            "source_size": len(fixed_model),
            "source_sha256": sha256(fixed_model),
            "transform": "free_dims",
            "sha256": sha256(free_dims(fixed_model)),
            "labels": "metadata:character",
            "labels_sha256": sha256("a\n b\n\u2028\n\u3000\n".encode()),
        } | fields
        lines = "\n".join(
            f"{key} = {str(value).lower() if isinstance(value, bool | int) else repr(value)}"
            for key, value in entry.items()
        )
        (folder / "catalog.toml").write_text(f"[[models]]\n{lines}\n")
        return folder

    return make
