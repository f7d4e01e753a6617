"""From the bytes of a USD file to a mesh: layers opened, composed, read, validated."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pxr import Tf, Usd, UsdGeom, UsdUtils, Work

from gencheck.errors import DecodeFailed
from gencheck.media.meshes.limits import length_of
from gencheck.media.meshes.pieces import Pieces
from gencheck.media.meshes.usd_layers import Layers
from gencheck.media.meshes.usd_meshes import add_meshes
from gencheck.media.meshes.usd_rules import validate
from gencheck.media.meshes.usdz import Usdz
from gencheck.media.types import Limits, Mesh

_PREFIX = "gencheck-usd-"
_STALE_SECONDS = 3_600
_THREADS = 2  # each takes address space, of which a decoding process has little


def read_scene(data: bytes, name: str, kind: str, limits: Limits) -> Mesh:
    """See ``gencheck.media.meshes.usd.decode_usd``."""
    Work.SetConcurrencyLimit(_THREADS)
    _sweep()
    package = Usdz(data, name) if kind == "USDZ" else None
    pieces = Pieces(kind, name, limits)
    # Takes what OpenUSD would print about a file, as often as the file makes it, to the log.
    unprinted = UsdUtils.CoalescingDiagnosticDelegate()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder:
        try:
            layers = Layers(package, data, name, folder)
            stage = Usd.Stage.Open(layers.scene, None, Usd.Stage.LoadAll)
            add_meshes(stage, pieces)
            z_up = UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.z
            # A scene that does not say it means centimetres by the letter, and mostly nothing.
            said = UsdGeom.StageHasAuthoredMetersPerUnit(stage)
            metres = length_of(UsdGeom.GetStageMetersPerUnit(stage)) if said else None
            report = validate(stage, [*(package.issues if package else ()), *layers.issues])
        except Tf.ErrorException:
            raise DecodeFailed(
                f"OpenUSD cannot read this {kind}", where=name, fix="Export it again."
            ) from None
        finally:
            unprinted.TakeUncoalescedDiagnostics()
    pieces.notes["files_not_checked"] += layers.elsewhere
    pieces.notes["units_not_read"] += said and metres is None
    return replace(pieces.mesh(), conformance=report, z_up=z_up, metres=metres)


def _sweep() -> None:
    """Remove the folders of processes that were killed in the midst of a scene."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            is_stale = time.time() - folder.lstat().st_mtime > _STALE_SECONDS
        except OSError:
            continue  # another process was faster
        if is_stale:
            shutil.rmtree(folder, ignore_errors=True)
