"""Models that a recipe made: taken from the folder that it wrote, each whole and intact.

No catalog can pin what a recipe makes: two machines export the same weights to different bytes. A
recipe writes the hash of every file into the model's ``config.pbtxt``; that is what is held here.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from gencheck.errors import NotFound, Unavailable
from gencheck.inference.files import move_into_place, write_atomically
from gencheck.inference.gpu import GPU_CONFIG_FILE, on_gpus
from gencheck.inference.spec import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    parse_config,
    read_asset,
    read_folder,
)

_BACKEND = "onnxruntime"
"""The only one that may be installed: others of Triton's run code of the model's folder."""


def is_made(folder: Path | None, name: str) -> bool:
    """Whether a recipe wrote this model under the folder."""
    return folder is not None and (folder / name / CONFIG_FILE).is_file()


def problem_of(repository: Path, name: str) -> str:
    """What is wrong with a model by what its own configuration says; empty where nothing is."""
    try:
        folder = read_folder(repository, name)
        config = parse_config((repository / name / CONFIG_FILE).read_text("utf-8"))
        for asset in folder.spec.assets:
            read_asset(folder.spec, asset)
        found = sha256_of(folder.weights)
    except (NotFound, Unavailable) as error:
        return error.what
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "filename", None) or CONFIG_FILE
        return f"{what} cannot be read ({getattr(error, 'strerror', None) or error})"
    if config.backend != _BACKEND:
        return f"its configuration asks for the backend {config.backend!r}, not {_BACKEND}"
    if found != folder.sha256:
        return f"{WEIGHTS_FILE} is not what {CONFIG_FILE} was written for"
    return ""


def same_as(made: Path, installed: Path, name: str) -> bool:
    """Whether what was made is what is installed: their configurations hold every hash."""
    try:
        return (made / name / CONFIG_FILE).read_bytes() == (
            installed / name / CONFIG_FILE
        ).read_bytes()
    except OSError:
        return False


def take(made: Path, store: Path, name: str) -> None:
    """Copy a model that a recipe made into the store.

    Raises:
        Unavailable: it is broken. Nothing was installed.
        OSError: the store cannot be written.
    """
    problem = problem_of(made, name)
    if problem:
        raise Unavailable(
            f"the model that was made cannot be installed: {problem}",
            where=str(made / name),
            fix="Make it again; nothing was installed.",
            metadata={"model": name},
        )
    folder = read_folder(made, name)
    part = store / name / f"{WEIGHTS_FILE}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder.weights, part)
    move_into_place(part, store / name / WEIGHTS_FILE)
    for asset in folder.spec.assets:
        write_atomically(store / name / asset, read_asset(folder.spec, asset))
    config = (made / name / CONFIG_FILE).read_text("utf-8")
    write_atomically(store / name / GPU_CONFIG_FILE, on_gpus(config).encode())
    write_atomically(store / name / CONFIG_FILE, config.encode())


def sha256_of(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
