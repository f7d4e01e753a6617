"""Writes models as folders of a Triton repository: each whole, or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from recipes.model import Model, config_of, files_beside


def pack(out: Path, model: Model) -> Path:
    """Write ``<out>/<name>/config.pbtxt``, ``1/model.onnx``, and the labels and assets.

    The folder is made beside its place and renamed, so that a reader never sees half a model. One
    that stands there already is replaced.
    """
    out.mkdir(parents=True, exist_ok=True)
    target = out / model.name
    with tempfile.TemporaryDirectory(dir=out, prefix=".part-") as temporary:
        made = Path(temporary, "new")
        (made / "1").mkdir(parents=True)
        (made / "1" / "model.onnx").write_bytes(model.weights)
        (made / "config.pbtxt").write_text(config_of(model), "utf-8")
        for name, data in files_beside(model).items():
            (made / name).write_bytes(data)
        if target.exists():
            target.rename(Path(temporary, "old"))
        made.rename(target)
    return target
