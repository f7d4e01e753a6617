from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from gencheck.errors import InvalidArgument
from gencheck.inference.transform import greedy_ctc, transform


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
    short = onnxruntime.InferenceSession(greedy_ctc(softmax_model()))
    index, score = short.run(["index", "score"], {"x": x})
    np.testing.assert_array_equal(index, whole.argmax(axis=2))
    np.testing.assert_array_equal(score, whole.max(axis=2))
    assert len(short.get_outputs()) == 2


def test_a_transform_gives_the_same_bytes_again() -> None:
    assert transform(softmax_model(), "greedy_ctc") == transform(softmax_model(), "greedy_ctc")
    assert transform(b"as it is", "") == b"as it is"
    with pytest.raises(InvalidArgument, match="no transform 'squeeze'"):
        transform(b"", "squeeze")
