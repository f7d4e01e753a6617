"""A model as a recipe makes it, and its ``config.pbtxt``, read off the ONNX graph."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import onnx

from recipes.errors import RecipeError

LABELS_FILE = "labels.txt"

_TYPES: dict[int, str] = {
    onnx.TensorProto.BOOL: "TYPE_BOOL",
    onnx.TensorProto.UINT8: "TYPE_UINT8",
    onnx.TensorProto.INT32: "TYPE_INT32",
    onnx.TensorProto.INT64: "TYPE_INT64",
    onnx.TensorProto.FLOAT16: "TYPE_FP16",
    onnx.TensorProto.FLOAT: "TYPE_FP32",
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model to be written.

    Attributes:
        name: of the model and its folder.
        summary: what it is, one line; the first comment of its configuration.
        weights: the ONNX file.
        max_batch: largest batch; 0 where the first axis of its tensors is no batch.
        notes: by tensor, what it holds: comments of the configuration.
        labels: the classes, in the model's order; written to ``labels.txt``.
        labelled: the output that the labels are of.
        parameters: further facts for the configuration, such as the hash of the source.
        assets: further files of the model, by name, such as a tokenizer.
        sizes: of inputs with free dimensions, what Triton warms the model up with; where one is not
            named, Triton does not.
    """

    name: str
    summary: str
    weights: bytes
    max_batch: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    labelled: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    assets: Mapping[str, bytes] = field(default_factory=dict)
    sizes: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse labels that a file of lines cannot hold."""
        if bool(self.labels) != bool(self.labelled):
            raise RecipeError(f"{self.name}: labels need an output, and an output its labels")
        if any("\n" in label or not label.strip() for label in self.labels):
            raise RecipeError(f"{self.name}: a label is empty or has more than one line")


def config_of(model: Model) -> str:
    """Triton's configuration of the model, with the sha256 of its weights and other files.

    Raises:
        RecipeError: a tensor has a type that is not served, or the graph has no such tensor.
    """
    graph = onnx.load_model_from_string(model.weights).graph
    weights = {weight.name for weight in graph.initializer}
    inputs = [value for value in graph.input if value.name not in weights]
    known = {value.name for value in (*inputs, *graph.output)}
    unknown = {*model.notes, *filter(None, [model.labelled])} - known
    if unknown:
        raise RecipeError(f"{model.name}: the graph has no tensor {', '.join(sorted(unknown))}")
    parts = [
        f"# {model.summary}",
        f'name: "{model.name}"',
        'backend: "onnxruntime"',
        f"max_batch_size: {model.max_batch}",
        *(_tensors("input", inputs, model)),
        *(_tensors("output", list(graph.output), model)),
        *_warm_up(inputs, model),
    ]
    facts = {"sha256": _sha256(model.weights), **model.parameters}
    facts |= {f"asset:{name}": _sha256(data) for name, data in files_beside(model).items()}
    for key, value in facts.items():
        parts.append(f'parameters {{ key: "{key}" value: {{ string_value: "{_quoted(value)}" }} }}')
    return "\n".join(parts) + "\n"


def files_beside(model: Model) -> dict[str, bytes]:
    """The files that lie beside the configuration, which names each with its sha256."""
    labels = {LABELS_FILE: ("\n".join(model.labels) + "\n").encode()} if model.labels else {}
    return labels | dict(model.assets)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _tensors(kind: str, values: list[onnx.ValueInfoProto], model: Model) -> list[str]:
    blocks = []
    for value in values:
        note = f"  # {model.notes[value.name]}" if value.name in model.notes else ""
        lines = [
            "  {",
            f'    name: "{value.name}"{note}',
            f"    data_type: {_type(value)}",
            f"    dims: [ {', '.join(map(str, _dims(value, model)))} ]",
        ]
        if value.name == model.labelled:
            lines.append(f'    label_filename: "{LABELS_FILE}"')
        blocks.append("\n".join([*lines, "  }"]))
    return [f"{kind} [", ",\n".join(blocks), "]"]


def _warm_up(inputs: list[onnx.ValueInfoProto], model: Model) -> list[str]:
    sizes = {value.name: model.sizes.get(value.name, _dims(value, model)) for value in inputs}
    if any(-1 in dims for dims in sizes.values()):
        return []
    samples = [
        f'    inputs {{ key: "{value.name}" value: {{ data_type: {_type(value)} '
        f"dims: [ {', '.join(map(str, sizes[value.name]))} ] zero_data: true }} }}"
        for value in inputs
    ]
    return ["model_warmup [", '  { name: "zeros" batch_size: 1', *samples, "  }", "]"]


def _type(value: onnx.ValueInfoProto) -> str:
    kind = value.type.tensor_type.elem_type
    if kind not in _TYPES:
        name = onnx.TensorProto.DataType.Name(kind)
        raise RecipeError(f"tensor {value.name} has the type {name}, which is not served")
    return _TYPES[kind]


def _dims(value: onnx.ValueInfoProto, model: Model) -> list[int]:
    """The sizes without the batch; -1 where one is free."""
    dims = [dim.dim_value or -1 for dim in value.type.tensor_type.shape.dim]
    if not model.max_batch:
        return dims
    if not dims or dims[0] != -1:
        raise RecipeError(f"{model.name}: the first axis of {value.name} is fixed, so no batch")
    return dims[1:]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
