from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from gencheck.errors import InvalidArgument
from gencheck.inference.transform import transform


def model_of(
    nodes: list[onnx.NodeProto], inputs: list[onnx.ValueInfoProto], *weights: onnx.TensorProto
) -> bytes:
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])
    graph = helper.make_graph(nodes, "g", inputs, [output], list(weights))
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    return bytes(model.SerializeToString())


def run(data: bytes, **inputs: object) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, inputs)[0], np.float32)


def inputs_of(data: bytes) -> list[str]:
    return [value.name for value in onnx.load_model_from_string(data).graph.input]


X = helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])
TWO = np.asarray([1, 2], np.float32)


def test_weights_are_no_inputs_and_the_answer_is_the_same() -> None:
    w = helper.make_tensor_value_info("w", TensorProto.FLOAT, [2])
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2], [3.0, 5.0])
    data = model_of([helper.make_node("Mul", ["x", "w"], ["y"])], [X, w], weight)
    made = transform(data, "constant_weights")
    assert inputs_of(data) == ["x", "w"]
    assert inputs_of(made) == ["x"]
    np.testing.assert_array_equal(run(made, x=TWO), [3, 10])


def test_the_rate_is_fixed() -> None:
    sr = helper.make_tensor_value_info("sr", TensorProto.INT64, [])
    nodes = [
        helper.make_node("Cast", ["sr"], ["rate"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "rate"], ["y"]),
    ]
    data = model_of(nodes, [X, sr])
    made = transform(data, "rate_16000")
    assert inputs_of(made) == ["x"]
    expected = run(data, x=TWO, sr=np.asarray(16_000, np.int64))
    np.testing.assert_array_equal(run(made, x=TWO), expected)


@pytest.mark.parametrize("name", ["constant_weights", "rate_16000"])
def test_it_is_the_same_byte_for_byte(name: str) -> None:
    data = model_of([helper.make_node("Identity", ["x"], ["y"])], [X])
    assert transform(data, name) == transform(data, name)


def test_nothing_is_done_without_a_name_and_an_unknown_one_is_refused() -> None:
    assert transform(b"anything", "") == b"anything"
    with pytest.raises(InvalidArgument, match="melt"):
        transform(b"", "melt")


def softmax_model() -> bytes:
    """p = softmax(x) over 7 classes; lines and steps are free."""
    shape = ["lines", "steps", 7]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    p = helper.make_tensor_value_info("p", TensorProto.FLOAT, shape)
    graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["p"], axis=2)], "rec", [x], [p])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    return bytes(model.SerializeToString())


def test_a_recogniser_answers_with_the_best_class_and_its_probability() -> None:
    x = np.random.default_rng(3).normal(0, 2, (2, 5, 7)).astype(np.float32)
    whole = onnxruntime.InferenceSession(softmax_model()).run(None, {"x": x})[0]
    short = onnxruntime.InferenceSession(transform(softmax_model(), "greedy_ctc"))
    index, score = short.run(["index", "score"], {"x": x})
    np.testing.assert_array_equal(index, whole.argmax(axis=2))
    np.testing.assert_array_equal(score, whole.max(axis=2))
    assert len(short.get_outputs()) == 2
    assert transform(softmax_model(), "greedy_ctc") == transform(softmax_model(), "greedy_ctc")
