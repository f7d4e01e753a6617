"""Weights from files that somebody else made. Nothing in them is ever run.

A ``.pt`` file is a pickle, which can call any function. ``torch.load`` with ``weights_only=True``
builds tensors and containers and refuses all else; a recipe may allow further classes by name. A
test of the repository holds that this is the only place that loads one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from recipes.errors import RecipeError

_REFUSED = re.compile(r"(?:GLOBAL|global|type|class) (?:')?([\w.]+\.[\w.]+)")


class Inert:
    """Stands for an object whose class is not to be trusted: its attributes, and nothing else."""

    class_name = ""

    def __init__(self, *words: object) -> None:
        self.words = words

    def __setstate__(self, state: object) -> None:
        """Keep attributes; what else an object may have as its state is dropped."""
        if isinstance(state, dict):
            self.__dict__.update(state)


def load(path: Path, *, allowed: Sequence[type] = (), inert: Sequence[str] = ()) -> Any:
    """What a ``.safetensors``, ``.pt``, ``.pth`` or ``.ckpt`` file holds, on the CPU.

    Args:
        allowed: classes that may be built besides tensors and containers.
        inert: packages (``torch.nn.modules``) and functions (``builtins.getattr``). In place of
            an object of theirs, or of what such a function returns, comes an :class:`Inert` that
            has its attributes and the name of its class. Nothing of the package is built or run.

    Raises:
        RecipeError: the file cannot be read, is none of these, or wants a class not allowed.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with _nothing_allowed():
            stubs = [(_stub(name), name) for name in _named_in(path) if _is_under(name, inert)]
            with torch.serialization.safe_globals([*allowed, *stubs]):
                return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise RecipeError(f"{path}: {error.strerror or error}") from error
    except UnpicklingError as error:
        raise _refused(path, str(error)) from error
    except (LookupError, RuntimeError, EOFError, TypeError, ValueError, SafetensorError) as error:
        raise RecipeError(f"{path} is no file of weights ({str(error)[:200]})") from error


@contextmanager
def _nothing_allowed() -> Iterator[None]:
    """What others in this process allowed, as ultralytics does for good, is not allowed here."""
    before = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        yield
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(before)


def _named_in(path: Path) -> list[str]:
    """Classes and functions that the file wants, besides those of tensors and containers."""
    try:
        return list(torch.serialization.get_unsafe_globals_in_checkpoint(path))
    except ValueError:
        return []  # no archive of torch.save: torch.load says what it is, and allows nothing


def _is_under(name: str, packages: Sequence[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _stub(name: str) -> type[Inert]:
    return type(name.rpartition(".")[2], (Inert,), {"class_name": name})


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
