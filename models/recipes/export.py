"""From torch to ONNX, held to what torch itself computes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from recipes.errors import RecipeError

Array = NDArray[np.generic]

TOLERANCE = 1e-4
"""How far ONNX Runtime may be from torch: ``|a - b| <= TOLERANCE * max(1, |b|)`` everywhere."""

_LARGEST = 2_000_000_000

OPSET = 17
"""Understood by ONNX Runtime from 1.12 on, and so by every Triton in use."""


def export(
    module: torch.nn.Module,
    inputs: Mapping[str, Array],
    outputs: Sequence[str],
    *,
    free: Mapping[str, Mapping[int, str]],
) -> bytes:
    """The module as an ONNX file, its weights inside.

    Args:
        inputs: an example of each input of ``forward``, by name, in its order.
        outputs: names for what ``forward`` returns, in its order.
        free: by input or output, the axes that may have any size, each with a name. Axes that
            always have the same size share a name. All others keep the size of the example.

    Raises:
        RecipeError: the graph is larger than an ONNX file can be (2 GiB), or it is not valid.
    """
    size = sum(tensor.nbytes for tensor in module.state_dict().values())
    if size >= _LARGEST:
        raise RecipeError(
            f"the weights have {size / 1e9:.1f} GB, and an ONNX file at most 2",
            fix="Take a smaller model of the family.",
        )
    file = io.BytesIO()
    tensors = tuple(torch.from_numpy(np.asarray(value)) for value in inputs.values())
    shapes: dict[str, list[int]] = {}

    def remember(module: torch.nn.Module, given: object, made: object) -> None:
        shapes.update((name, list(map(int, x.shape))) for name, x in _named(outputs, made))

    hook = module.register_forward_hook(remember)
    with torch.no_grad(), warnings.catch_warnings():
        # The newer exporter needs onnxscript; this one is the last that needs nothing.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                module.eval(),
                tensors,
                file,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: dict(axes) for name, axes in free.items()},
                opset_version=OPSET,
                dynamo=False,
            )
            return _with_shapes(file.getvalue(), shapes, free)
        except (RuntimeError, DecodeError, onnx.checker.ValidationError) as error:
            raise RecipeError(f"the model cannot be exported ({str(error)[:300]})") from error
        finally:
            hook.remove()


def _named(outputs: Sequence[str], made: Any) -> list[tuple[str, torch.Tensor]]:
    values = (made,) if isinstance(made, torch.Tensor) else tuple(made)
    return list(zip(outputs, values, strict=True))


def _with_shapes(
    data: bytes, shapes: Mapping[str, Sequence[int]], free: Mapping[str, Mapping[int, str]]
) -> bytes:
    """The model with the sizes of its outputs stated, which the exporter leaves out."""
    model = onnx.load_model_from_string(data)
    for value in model.graph.output:
        dims = value.type.tensor_type.shape.dim
        for axis, size in enumerate(shapes[value.name]):
            if axis not in free.get(value.name, {}):
                dims[axis].dim_value = size
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def run_onnx(weights: bytes, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """What ONNX Runtime makes of the inputs, by output."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, map(np.asarray, session.run(names, dict(inputs))), strict=True))


def run_torch(
    module: torch.nn.Module, inputs: Mapping[str, Array], outputs: Sequence[str]
) -> dict[str, Array]:
    """What torch makes of the inputs, by output."""
    with torch.no_grad():
        given = module.eval()(*(torch.from_numpy(np.asarray(x)) for x in inputs.values()))
    return {name: value.numpy() for name, value in _named(outputs, given)}


def check_parity(
    module: torch.nn.Module,
    weights: bytes,
    inputs: Mapping[str, Array],
    outputs: Sequence[str],
    *,
    tolerance: float = TOLERANCE,
) -> float:
    """Hold ONNX Runtime to torch on these inputs.

    Returns:
        The largest difference, relative to 1 or to the value, whichever is larger.

    Raises:
        RecipeError: an output is further off than the tolerance, or not finite.
    """
    expected, found = run_torch(module, inputs, outputs), run_onnx(weights, inputs)
    worst = 0.0
    for name in outputs:
        distance = difference(found[name], expected[name])
        if not distance <= tolerance:
            raise RecipeError(
                f"ONNX Runtime and torch differ in {name} by {distance:.2g}, more than {tolerance}",
                fix="Nothing was written. Is the model exported with an unusual operator?",
            )
        worst = max(worst, distance)
    return worst


def difference(found: Array, expected: Array) -> float:
    """The largest ``|found - expected| / max(1, |expected|)``; infinite where shapes differ."""
    if found.shape != expected.shape or not np.isfinite(expected).all():
        return float("inf")
    a, b = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    return float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(b)), initial=0.0))


def golden(shape: Sequence[int], *, seed: int = 0, high: float = 1.0) -> NDArray[np.float32]:
    """A smooth random input, ``float32`` in 0..high: noise alone would not tell layers apart."""
    values = np.random.default_rng(seed).random(tuple(shape), dtype=np.float32)
    rows = np.linspace(0, 1, shape[-2], dtype=np.float32)[:, None] if len(shape) > 1 else 0.5
    columns = np.linspace(0, 1, shape[-1], dtype=np.float32)
    return np.asarray((0.5 * values + 0.25 * rows + 0.25 * columns) * high, np.float32)
