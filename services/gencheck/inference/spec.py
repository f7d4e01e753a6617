"""``config.pbtxt``, Triton's own description of a model, read into a :class:`ModelSpec`.

The file is parsed with the protobuf that Triton's client ships, so that the embedded backend and a
Triton server cannot read the same file differently.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from gencheck.errors import InvalidArgument, ModelError, ModelNotReady, NotFound
from gencheck.inference.backend import ModelSpec, Tensors, TensorSpec

CONFIG_FILE = "config.pbtxt"
WEIGHTS_FILE = "1/model.onnx"
LABELS_FILE = "labels.txt"
SHA256_PARAMETER = "sha256"
"""The parameter of a config that holds the hash of the weights it was written for."""
ASSET_PARAMETER = "asset:"
"""Start of the parameter that names a file beside the config and holds its hash."""

ModelConfig: TypeAlias = Any
"""Triton's protobuf message, or one of its tensors; the package ships no types."""

_LARGEST_ASSET = 1 << 26  # a tokenizer of 256,000 words has 34 MB
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_DTYPES = {
    "TYPE_BOOL": np.bool_,
    "TYPE_UINT8": np.uint8,
    "TYPE_INT8": np.int8,
    "TYPE_INT32": np.int32,
    "TYPE_INT64": np.int64,
    "TYPE_FP16": np.float16,
    "TYPE_FP32": np.float32,
    "TYPE_FP64": np.float64,
}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model as it lies in a repository.

    Attributes:
        sha256: what the weights must hash to; empty where the config names none.
    """

    spec: ModelSpec
    weights: Path
    sha256: str


@cache
def _schema() -> ModuleType:
    """Triton's generated ``model_config_pb2``, without its package.

    Importing it by name runs the package, which loads grpc and the whole client: 0.4 s against
    0.06 s, and domain code may not load grpc. The descriptor pool makes both ways the same class.
    """
    package = importlib.util.find_spec("tritonclient")
    assert package is not None
    assert package.submodule_search_locations
    path = Path(package.submodule_search_locations[0], "grpc", "model_config_pb2.py")
    found = importlib.util.spec_from_file_location("gencheck_triton_model_config_pb2", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def parse_config(text: str, *, where: str = CONFIG_FILE) -> ModelConfig:
    """Triton's ``ModelConfig`` message of a ``config.pbtxt``.

    Raises:
        ModelNotReady: the text is no such message.
    """
    from google.protobuf import text_format  # noqa: PLC0415 - 30 ms that only models need

    try:
        return text_format.Parse(text, _schema().ModelConfig())
    except text_format.ParseError as error:
        raise ModelNotReady(
            f"the model's configuration does not parse ({error})",
            where=where,
            fix="Install the model again with: gencheck models install",
        ) from error


def spec_of(config: ModelConfig, labels: tuple[str, ...] = ()) -> ModelSpec:
    """The spec that a ``ModelConfig`` message stands for.

    The version is the start of the weights' sha256 where the config names it, else ``1``.

    Raises:
        ModelNotReady: a tensor has a type that gencheck does not handle.
    """
    parameters = {str(key): str(x.string_value) for key, x in config.parameters.items()}
    sha256 = parameters.pop(SHA256_PARAMETER, "")
    batch = int(config.max_batch_size)
    return ModelSpec(
        name=str(config.name),
        version=sha256[:12] or "1",
        inputs=tuple(_tensor(tensor, batch, config.name) for tensor in config.input),
        outputs=tuple(_tensor(tensor, batch, config.name) for tensor in config.output),
        max_batch=batch,
        labels=labels,
        parameters=parameters,
    )


def _tensor(tensor: ModelConfig, batch: int, model: str) -> TensorSpec:
    kind = _schema().DataType.Name(tensor.data_type)
    if kind not in _DTYPES:
        raise ModelNotReady(
            f"tensor {tensor.name} has the type {kind}, which gencheck does not handle",
            where=model,
            fix=f"Use one of {', '.join(_DTYPES)}.",
        )
    shape = tuple(int(size) for size in tensor.dims)
    return TensorSpec(
        str(tensor.name), np.dtype(_DTYPES[kind]), (-1, *shape) if batch > 0 else shape
    )


def read_folder(repository: Path, model: str) -> ModelFolder:
    """Read ``<repository>/<model>/config.pbtxt`` and the labels beside it; not the weights.

    Raises:
        NotFound: no such model.
        ModelNotReady: its configuration cannot be used.
    """
    folder = repository / model
    if not _MODEL_NAME.fullmatch(model) or not (folder / CONFIG_FILE).is_file():
        raise NotFound(
            f"there is no model {model!r}",
            where=str(repository),
            fix="See what there is with: gencheck models list",
            metadata={"model": model},
        )
    where = str(folder / CONFIG_FILE)
    config = parse_config((folder / CONFIG_FILE).read_text("utf-8"), where=where)
    if config.name != model:
        raise ModelNotReady(
            f"the configuration is that of {config.name!r}", where=where, fix=reinstall()
        )
    names = {str(tensor.label_filename) for tensor in config.output} - {""}
    labels = read_labels(folder / LABELS_FILE) if LABELS_FILE in names else ()
    sha256 = str(config.parameters[SHA256_PARAMETER].string_value) if config.parameters else ""
    spec = spec_of(config, labels)
    return ModelFolder(replace(spec, assets=_assets(spec, folder)), folder / WEIGHTS_FILE, sha256)


def _assets(spec: ModelSpec, folder: Path) -> dict[str, Path]:
    """The files that the parameters name; a name leads nowhere but into the folder."""
    keys = [key for key in spec.parameters if key.startswith(ASSET_PARAMETER)]
    names = [key.removeprefix(ASSET_PARAMETER) for key in keys]
    return {name: folder / name for name in names if _MODEL_NAME.fullmatch(name)}


def read_asset(spec: ModelSpec, name: str) -> bytes:
    """A file of the model's folder, which must have the hash that the configuration says.

    Raises:
        ModelNotReady: the model has no such file, or it is missing, too large or another one.
    """
    path, problem, data = spec.assets.get(name), "", b""
    if path is None:
        problem = f"its configuration names no {name}"
    else:
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST_ASSET)
        except OSError as error:
            problem = f"{name} cannot be read ({error.strerror})"
        else:
            if hashlib.sha256(data).hexdigest() != spec.parameters[ASSET_PARAMETER + name]:
                problem = f"{name} is not the file that its configuration was written for"
    if problem:
        raise ModelNotReady(
            problem, where=f"model {spec.name}", fix=reinstall(), metadata={"model": spec.name}
        )
    return data


def read_labels(path: Path) -> tuple[str, ...]:
    """The lines of a label file. Only a line feed ends a line: a label may be any other space."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelNotReady(
            f"the model's labels cannot be read ({error})", where=str(path), fix=reinstall()
        ) from error
    return tuple(text.removesuffix("\n").split("\n"))


def reinstall() -> str:
    """What to do about a broken model."""
    return "Install it again with: gencheck models install"


def check_inputs(spec: ModelSpec, inputs: Tensors) -> None:
    """Raise ``InvalidArgument`` unless the tensors are what the model takes."""
    problem = _mismatch(spec.inputs, inputs, "input")
    if not problem and spec.max_batch > 0:
        sizes = {tensor.shape[0] for tensor in inputs.values()}
        if len(sizes) > 1:
            problem = f"the inputs differ in batch size: {sorted(sizes)}"
        elif max(sizes, default=0) > spec.max_batch:
            problem = f"the batch size is {max(sizes)}, the model takes at most {spec.max_batch}"
    if problem:
        raise InvalidArgument(
            problem,
            where=f"model {spec.name}",
            fix="Send tensors as the model's specification says.",
            metadata={"model": spec.name},
        )


def check_outputs(spec: ModelSpec, outputs: Tensors) -> None:
    """Raise ``ModelError`` unless the tensors are what the model promises, and finite.

    A NaN compares false with every threshold: unnoticed, broken weights would find nothing wrong.
    """
    problem = _mismatch(spec.outputs, outputs, "output") or _not_finite(outputs)
    if problem:
        raise ModelError(problem, where=f"model {spec.name}", metadata={"model": spec.name})


def _not_finite(outputs: Tensors) -> str:
    for name, value in outputs.items():
        if np.issubdtype(value.dtype, np.floating) and not np.isfinite(value).all():
            return f"output {name} has values that are no finite numbers"
    return ""


def _mismatch(expected: tuple[TensorSpec, ...], given: Tensors, kind: str) -> str:
    names = [tensor.name for tensor in expected]
    if set(names) != set(given):
        return f"the {kind}s are {', '.join(names)}, not {', '.join(given) or 'none'}"
    for tensor in expected:
        value = given[tensor.name]
        if value.dtype != tensor.dtype:
            return f"{kind} {tensor.name} is {tensor.dtype}, not {value.dtype}"
        if not fits(tensor.shape, value.shape):
            return f"{kind} {tensor.name} has the shape {tensor.shape}, not {value.shape}"
    return ""


def fits(expected: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a shape without empty dimensions agrees with one that has -1 where it is free."""
    return len(expected) == len(shape) and all(
        size > 0 and want in (-1, size) for want, size in zip(expected, shape, strict=True)
    )
