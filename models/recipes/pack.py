"""Writes models as folders of a Triton repository: each whole, or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from recipes.model import Model, config_of


def pack(out: Path, model: Model) -> Path:
    """Write ``<out>/<name>/config.pbtxt``, ``1/model.onnx`` and, with labels, ``labels.txt``.

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
        if model.labels:
            (made / "labels.txt").write_text("\n".join(model.labels) + "\n", "utf-8")
        if target.exists():
            target.rename(Path(temporary, "old"))
        made.rename(target)
    return target
