"""ultralytics' checkpoints, rebuilt without unpickling a class of theirs.

A checkpoint pickles the whole network as objects. Here those objects come as inert trees
(:class:`recipes.weights.Inert`): the architecture is built anew from the description in the tree,
and the tree's tensors become its weights. A tree that the architecture does not bear out, layer by
layer, is refused.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from recipes.errors import RecipeError
from recipes.export import golden
from recipes.shim import allow_torchvision
from recipes.weights import Inert, load

_INERT = (
    *("ultralytics", "torch.nn.modules"),  # the network, and settings of its training
    *("builtins.getattr", "pathlib", "datetime", "numpy", "_codecs.encode"),  # what they mention
)
_MOST_LAYERS = 20_000
_NETWORKS = {"DetectionModel": ("Detect", "v10Detect"), "SegmentationModel": ("Segment",)}
"""What can be made, and the heads that give what ``gencheck.vision.yolov8`` decodes."""

_DEFAULT_SIDE, _LARGEST_SIDE = 640, 4096
_SETTINGS = ("eps", "stride", "padding", "dilation", "groups", "kernel_size", "padding_mode")
"""Of torch's layers: what tensors do not tell."""


@dataclass(frozen=True, slots=True)
class Network:
    """An ultralytics network, its batch normalisation folded into its convolutions.

    Attributes:
        module: gives ``[n, 4 + classes (+ 32), cells]`` and, where it segments, prototypes.
        labels: the classes, in its order.
        segments: whether it finds masks too.
        stride: height and width of its input are multiples of this.
        side: the size in pixels that it was trained for.
    """

    module: torch.nn.Module
    labels: tuple[str, ...]
    segments: bool
    stride: int
    side: int


def ultralytics_tasks() -> Any:
    """The module of ultralytics' networks, told to evaluate and to install nothing."""
    os.environ["ULTRALYTICS_SAFE_LOAD"] = "1"  # otherwise a description's activation is eval'ed
    os.environ["YOLO_AUTOINSTALL"] = "false"
    os.environ["YOLO_VERBOSE"] = "false"
    allow_torchvision()
    from ultralytics.nn import tasks

    if not tasks._SafeLoad.restricted():
        raise RecipeError(
            "ultralytics would evaluate text of the checkpoint",
            fix="Set ULTRALYTICS_SAFE_LOAD=1 before anything imports it.",
        )
    return tasks


def read_checkpoint(path: Path) -> Network:
    """The network of an official ``.pt`` file, or of one that ultralytics trained.

    Raises:
        RecipeError: it wants foreign code, is no detector or segmenter, or contradicts itself.
    """
    checkpoint = load(path, inert=_INERT)
    tree = (checkpoint.get("ema") or checkpoint.get("model")) if type(checkpoint) is dict else None
    if not isinstance(tree, Inert):
        raise RecipeError(f"{path} holds no network of ultralytics")
    kind = tree.class_name.rpartition(".")[2]
    if kind not in _NETWORKS:
        raise RecipeError(
            f"{path} holds a {kind}; this recipe makes {' and '.join(_NETWORKS)} of ultralytics"
        )
    facts = vars(tree)
    try:
        module = _build(kind, dict(facts["yaml"]))
        layers = list(islice(_layers(tree), _MOST_LAYERS))
        if not any(layer.class_name.endswith(".BatchNorm2d") for _, layer in layers):
            module.fuse(verbose=False)  # the file was saved with it folded in
        _check_layers(module, layers, path)
        module.load_state_dict(_tensors(layers), strict=True)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, RecursionError) as error:
        raise RecipeError(f"{path} contradicts itself ({str(error)[:300]})") from error
    return _finish(module, kind, facts.get("names"), facts.get("args"))


def random_network(name: str, *, seed: int = 0) -> Network:
    """A network with random weights by the name of its description, such as ``yolo11n.yaml``.

    Its scores lie on both sides of a threshold, which weights as they are drawn would not give.
    """
    tasks = ultralytics_tasks()
    torch.manual_seed(seed)
    kind = "SegmentationModel" if "-seg" in name else "DetectionModel"
    try:
        description = tasks.yaml_model_load(name)
    except FileNotFoundError as error:
        raise RecipeError(f"ultralytics describes no {name}") from error
    module = _build(kind, description)
    _settle(module)
    return _finish(module, kind, module.names, None)


def _settle(module: Any) -> None:
    """Draw weights that keep a signal's size from layer to layer, and logits of a usual size."""
    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d) and layer.weight.requires_grad:
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    noise = torch.from_numpy(golden((2, 3, 256, 320)))
    head = module.model[-1]
    with torch.no_grad():
        for branches, mean, deviation in ((head.cv2, 0.0, 1.0), (head.cv3, -7.0, 2.0)):
            for branch in branches:
                _scale(module, noise, branch[-1], mean, deviation)


def _scale(
    module: Any, noise: torch.Tensor, layer: torch.nn.Conv2d, mean: float, deviation: float
) -> None:
    seen: list[torch.Tensor] = []
    layer.bias.zero_()
    hook = layer.register_forward_hook(lambda layer, inputs, output: seen.append(output))
    module(noise)
    hook.remove()
    factor = deviation / seen[0].std()
    layer.weight *= factor
    layer.bias += mean - seen[0].mean() * factor


def _build(kind: str, description: dict[str, Any]) -> Any:
    tasks = ultralytics_tasks()
    channels = description.get("channels", 3)
    if channels != 3:
        raise RecipeError(f"the network wants {channels} channels, not a picture's 3")
    module = getattr(tasks, kind)(description, ch=channels, verbose=False).eval()
    head = type(module.model[-1]).__name__
    if head not in _NETWORKS[kind]:
        raise RecipeError(f"the network ends in a {head}, which gencheck does not decode")
    return module


def _finish(module: Any, kind: str, names: Any, args: Any) -> Network:
    if not isinstance(names, dict) or sorted(names) != list(range(module.model[-1].nc)):
        raise RecipeError(f"the network tells {module.model[-1].nc} classes apart and names others")
    labels = tuple(str(names[index]) for index in sorted(names))
    stride = max(32, int(module.stride.max()))
    module.float().fuse(verbose=False)
    head = module.model[-1]
    if head.end2end:
        head.end2end = False  # the way out that non-maximum suppression follows
    head.export, head.dynamic, head.format = True, True, "onnx"
    return Network(
        module.eval().requires_grad_(False),
        labels,
        kind == "SegmentationModel",
        stride,
        side=_side(args.get("imgsz") if isinstance(args, dict) else None, stride),
    )


def _side(trained: object, stride: int) -> int:
    """The size of training as a multiple of the stride; the usual one where it is not told."""
    if not isinstance(trained, int) or not stride <= trained <= _LARGEST_SIDE:
        return _DEFAULT_SIDE
    return -(-trained // stride) * stride


def _layers(tree: Inert, prefix: str = "") -> Iterator[tuple[str, Inert]]:
    """Every layer of the tree with its dotted name, as ``named_modules`` gives them."""
    yield prefix, tree
    for name, child in vars(tree)["_modules"].items():
        if isinstance(child, Inert):
            yield from _layers(child, f"{prefix}.{name}" if prefix else name)


def _tensors(layers: list[tuple[str, Inert]]) -> dict[str, torch.Tensor]:
    found = {}
    for prefix, layer in layers:
        facts = vars(layer)
        passing = facts.get("_non_persistent_buffers_set") or ()
        for name, tensor in (*facts["_parameters"].items(), *facts["_buffers"].items()):
            if isinstance(tensor, torch.Tensor) and name not in passing:
                found[f"{prefix}.{name}" if prefix else name] = tensor.float()
    return found


def _check_layers(module: torch.nn.Module, layers: list[tuple[str, Inert]], path: Path) -> None:
    """Refuse a file whose layers are not those of the architecture that it describes."""
    built = dict(module.named_modules(remove_duplicate=False))
    if built.keys() != {name for name, _ in layers}:
        raise RecipeError(f"{path}: its layers are not those of the architecture it describes")
    for name, layer in layers:
        made, facts = built[name], vars(layer)
        if type(made).__name__ != layer.class_name.rpartition(".")[2]:
            raise RecipeError(f"{path}: {name} is a {layer.class_name}, not a {type(made)}")
        if not layer.class_name.startswith("torch.nn."):
            continue
        for key in _SETTINGS:
            if key in facts and facts[key] != getattr(made, key, None):
                raise RecipeError(f"{path}: {key} of {name} is {facts[key]}, not as it describes")
