"""Lets torchvision be imported beside a torch that it was not built for.

torchvision's compiled operators exist only beside the very build of torch that its wheel was made
with; without them its import fails at the registration of ``torchvision::nms``. Nothing that a
recipe exports uses one: declaring those that are looked for at import is enough.
"""

from __future__ import annotations

import importlib
import sys

import torch

_SCHEMAS = {
    "torchvision::nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "torchvision::qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def allow_torchvision() -> None:
    """Import torchvision, with its operators declared where its own do not load."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name, schema in _SCHEMAS.items():
            torch.library.define(name, schema)
        importlib.import_module("torchvision")
