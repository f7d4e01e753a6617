"""Weights from files that somebody else made. Nothing in them is ever run.

A ``.pt`` file is a pickle, which can call any function. ``torch.load`` with ``weights_only=True``
builds tensors and containers and refuses all else; a recipe may allow further classes by name. A
test of the repository holds that this is the only place that loads one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from recipes.errors import RecipeError

_REFUSED = re.compile(r"(?:GLOBAL|global|type|class) (?:')?([\w.]+\.[\w.]+)")


def load(path: Path, *, allowed: Sequence[type] = ()) -> Any:
    """What a ``.safetensors``, ``.pt``, ``.pth`` or ``.ckpt`` file holds, on the CPU.

    Args:
        allowed: classes that may be built besides tensors and containers.

    Raises:
        RecipeError: the file cannot be read, is none of these, or wants a class not allowed.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with torch.serialization.safe_globals(list(allowed)):
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror or error}") from error
    except UnpicklingError as error:
        raise _refused(path, str(error)) from error
    except (RuntimeError, EOFError, ValueError, KeyError, SafetensorError) as error:
        raise RecipeError(f"{path} is no file of weights ({str(error)[:200]})") from error


def _refused(path: Path, message: str) -> RecipeError:
    named = _REFUSED.search(message)
    if named is None:
        return RecipeError(f"{path} is no file of weights ({message[:200]})")
    return RecipeError(
        f"{path} wants to build a {named[1]}, which is not among the classes that weights need",
        fix="It may run code of its own when it is loaded: get the file from its official place, "
        "or as safetensors.",
    )


def sha256_of(path: Path) -> str:
    """The hash of a file, for the configuration of what is made of it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
