"""InsightFace's packs (``buffalo_l``, ``buffalo_sc`` …): faces, perceived attributes, landmarks.

InsightFace's own code says what each file of a pack is. Models that recognise a person are refused:
gencheck keeps nothing by which somebody could be found again. Tensors are renamed and given fixed
sizes, so that what serves knows one shape of each kind. The weights are for non-commercial research
only.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from recipes.errors import RecipeError
from recipes.export import TOLERANCE, difference, golden, run_onnx
from recipes.model import Model
from recipes.weights import sha256_of

SIDE = 640
_ANCHORS = 2
_STRIDES = (8, 16, 32)
_WIDTHS = (1, 4, 10)


@dataclass(frozen=True, slots=True)
class Kind:
    """What gencheck makes of a kind of file.

    Attributes:
        inputs, outputs: names and shapes that what serves expects, in the file's order.
        scale: what InsightFace does to 0..255 before the network: minus the first, over the second.
    """

    name: str
    summary: str
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    scale: tuple[float, float]
    notes: Mapping[str, str]


def _cells(stride: int) -> int:
    return _ANCHORS * (SIDE // stride) ** 2


KINDS: Mapping[str, Kind] = {
    "detection": Kind(
        "insightface_scrfd",
        "InsightFace SCRFD: faces with five landmarks; two anchors a cell at strides 8, 16, 32.",
        {"images": (1, 3, SIDE, SIDE)},
        {
            f"out{3 * part + level}": (1, _cells(stride), width)
            for part, width in enumerate(_WIDTHS)
            for level, stride in enumerate(_STRIDES)
        },
        (127.5, 128.0),
        {"images": "RGB, (value - 127.5) / 128, shrunk to fit, top left, the rest zero"},
    ),
    "genderage": Kind(
        "insightface_genderage",
        "InsightFace genderage: perceived gender and age of a face.",
        {"data": (1, 3, 96, 96)},
        {"fc1": (1, 3)},
        (0.0, 1.0),
        {"data": "RGB, 0..255, a square 1.5 times the box", "fc1": "female, male, age / 100"},
    ),
    "landmark_2d_106": Kind(
        "insightface_2d106",
        "InsightFace 2d106: 106 points of a face.",
        {"data": (1, 3, 192, 192)},
        {"fc1": (1, 212)},
        (0.0, 1.0),
        {"data": "RGB, 0..255, a square 1.5 times the box", "fc1": "x, y of each point, -1..1"},
    ),
}
IDENTITY = frozenset({"recognition", "face_verifier", "inswapper", "faceswap"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this recipe."""
    parser.add_argument(
        "--pack", type=Path, required=True, metavar="DIR", help="the pack's folder of .onnx files"
    )


def make(options: argparse.Namespace) -> Iterator[Model]:
    """A model of each file that gencheck has a use for.

    Raises:
        RecipeError: there is no such file, or one is not made as InsightFace's are.
    """
    paths = sorted(options.pack.glob("*.onnx"))
    made = 0
    for path in paths:
        task = task_of(path)
        if task in KINDS:
            made += 1
            yield packed(path, KINDS[task])
        else:
            reason = "it recognises people" if task in IDENTITY else "gencheck has no use for it"
            sys.stderr.write(f"{path.name}: left out, {reason} ({task})\n")
    if not made:
        raise RecipeError(
            f"{options.pack} holds no model of {', '.join(KINDS)}",
            fix="Give the folder of an unpacked InsightFace pack.",
        )


def task_of(path: Path) -> str:
    """What InsightFace takes a file for; ``unknown`` where it does not know."""
    model = _insightface(path)
    if model is None:
        return "unknown"
    return str(getattr(model, "taskname", type(model).__name__.lower()))


def _insightface(path: Path) -> Any:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        from insightface.model_zoo import model_zoo

        try:
            return model_zoo.get_model(str(path), providers=["CPUExecutionProvider"])
        except (AssertionError, RuntimeError, IndexError, TypeError, ValueError) as error:
            raise RecipeError(f"{path.name}: InsightFace cannot read it ({error})") from error


def packed(path: Path, kind: Kind) -> Model:
    """A file of a pack, with the names and sizes of its kind, held to the file itself."""
    reader = _insightface(path)
    if (reader.input_mean, reader.input_std) != kind.scale:
        raise RecipeError(
            f"{path.name}: its input is scaled by {reader.input_mean}, {reader.input_std}, "
            f"not by {kind.scale[0]}, {kind.scale[1]}"
        )
    original = onnx.load(path)
    weights = conformed(original, kind)
    _check(path, weights, kind)
    return Model(
        name=kind.name,
        summary=kind.summary,
        weights=weights,
        notes=kind.notes,
        parameters={"source_sha256": sha256_of(path)},
    )


def conformed(model: onnx.ModelProto, kind: Kind) -> bytes:
    """The graph with the kind's names and sizes; outputs without a first axis get one.

    Raises:
        RecipeError: it has another number of inputs or outputs.
    """
    inside = onnx.compose.add_prefix(model, "pack/")
    graph = inside.graph
    weights = {weight.name for weight in graph.initializer}
    given = [value.name for value in graph.input if value.name not in weights]
    found = [value.name for value in graph.output]
    if (len(given), len(found)) != (len(kind.inputs), len(kind.outputs)):
        raise RecipeError(f"{kind.name}: the file has {len(given)} inputs, {len(found)} outputs")
    nodes = [
        helper.make_node("Identity", [name], [old])
        for name, old in zip(kind.inputs, given, strict=True)
    ]
    nodes += graph.node
    for (name, shape), old in zip(kind.outputs.items(), found, strict=True):
        size = numpy_helper.from_array(np.asarray(shape, np.int64), f"{name}/shape")
        graph.initializer.append(size)
        nodes.append(helper.make_node("Reshape", [old, size.name], [name]))
    for values in (graph.node, graph.input, graph.output, graph.value_info):
        del values[:]
    graph.node.extend(nodes)
    graph.input.extend(_infos(kind.inputs))
    graph.output.extend(_infos(kind.outputs))
    onnx.checker.check_model(inside)
    return bytes(inside.SerializeToString(deterministic=True))


def _infos(shapes: Mapping[str, tuple[int, ...]]) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
        for name, shape in shapes.items()
    ]


def _check(path: Path, weights: bytes, kind: Kind) -> None:
    """Hold what was made to the file, on one input."""
    ((name, shape),) = kind.inputs.items()
    picture = golden(shape, high=2.0 if kind.scale[0] else 255.0)
    entry = _insightface(path).session.get_inputs()[0].name
    before = run_onnx(path.read_bytes(), {entry: picture}).values()
    after = run_onnx(weights, {name: picture})
    for old, (output, size) in zip(before, kind.outputs.items(), strict=True):
        if old.size != np.prod(size) or difference(after[output], old.reshape(size)) > TOLERANCE:
            raise RecipeError(f"{path.name}: output {output} is not what the file computes")
