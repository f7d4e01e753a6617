"""What the install step does to a file before it can be served. Deterministic, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gencheck.errors import InvalidArgument

if TYPE_CHECKING:
    from onnx import ModelProto


def transform(data: bytes, name: str) -> bytes:
    """The weights as they are installed.

    Raises:
        InvalidArgument: no such transform.
    """
    if not name:
        return data
    if name in _TRANSFORMS:
        return _TRANSFORMS[name](data)
    raise InvalidArgument(f"there is no transform {name!r}", where="models/catalog.toml")


def free_dims(data: bytes) -> bytes:
    """An ONNX model whose ``[N, C, H, W]`` inputs and outputs take any N, H and W.

    Weights that old exporters list as inputs too are struck from the inputs, so that onnxruntime
    may fold them.
    """
    import onnx  # noqa: PLC0415 - 0.2 s that only an installation needs

    model = onnx.load_model_from_string(data)
    _strike_weights(model)
    for values, names in ((model.graph.input, "NHW"), (model.graph.output, "nhw")):
        for value in values:
            dims = value.type.tensor_type.shape.dim
            for axis, name in zip((0, 2, 3), names, strict=True):
                dims[axis].dim_param = name  # one of a pair: this clears the fixed size
    del model.graph.value_info[:]
    return bytes(model.SerializeToString(deterministic=True))


def greedy_ctc(data: bytes) -> bytes:
    """A text recogniser that answers with the best class of each step, and its probability.

    The model of one output ``[lines, steps, classes]`` gets the outputs ``index`` (int64) and
    ``score`` (float32), both ``[lines, steps]``: all that a greedy CTC decoder looks at. With
    thousands of classes that is kilobytes for a batch of lines instead of tens of megabytes.
    """
    import onnx  # noqa: PLC0415
    from onnx import TensorProto, helper  # noqa: PLC0415

    model = onnx.load_model_from_string(data)
    (probabilities,) = model.graph.output
    lines, steps, _ = (dim.dim_param for dim in probabilities.type.tensor_type.shape.dim)
    name = probabilities.name
    model.graph.node.extend(
        [
            helper.make_node("ArgMax", [name], ["index"], axis=2, keepdims=0),
            helper.make_node("ReduceMax", [name], ["score"], axes=[2], keepdims=0),
        ]
    )
    del model.graph.output[:]
    for output, kind in (("index", TensorProto.INT64), ("score", TensorProto.FLOAT)):
        model.graph.output.append(helper.make_tensor_value_info(output, kind, [lines, steps]))
    return bytes(model.SerializeToString(deterministic=True))


def constant_weights(data: bytes) -> bytes:
    """An ONNX model whose weights are no inputs, so that onnxruntime may fold them."""
    import onnx  # noqa: PLC0415

    model = onnx.load_model_from_string(data)
    _strike_weights(model)
    return bytes(model.SerializeToString(deterministic=True))


def rate_16000(data: bytes) -> bytes:
    """An ONNX model whose input ``sr``, a sampling rate, is always 16,000.

    Triton has no scalars, and this one would be sent with every call.
    """
    import onnx  # noqa: PLC0415

    model = onnx.load_model_from_string(data)
    rate = onnx.helper.make_tensor("sr", onnx.TensorProto.INT64, [], [16_000])
    model.graph.initializer.append(rate)
    _strike_weights(model)
    return bytes(model.SerializeToString(deterministic=True))


def _strike_weights(model: ModelProto) -> None:
    """Take from the inputs of a model what it has a value for."""
    weights = {weight.name for weight in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    del model.graph.input[:]
    model.graph.input.extend(inputs)


_TRANSFORMS: Mapping[str, Callable[[bytes], bytes]] = {
    "constant_weights": constant_weights,
    "free_dims": free_dims,
    "greedy_ctc": greedy_ctc,
    "rate_16000": rate_16000,
}


def labels_from_metadata(data: bytes, key: str) -> bytes:
    """A field of an ONNX model's metadata, a label a line, as the content of ``labels.txt``.

    Raises:
        InvalidArgument: the model has no such field.
    """
    import onnx  # noqa: PLC0415

    model = onnx.load_model_from_string(data)
    for field in model.metadata_props:
        if field.key == key:
            return str(field.value).rstrip("\n").encode() + b"\n"
    raise InvalidArgument(f"the ONNX file has no metadata {key!r}", where="models/catalog.toml")
