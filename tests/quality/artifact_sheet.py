"""Contact sheets: a picture with what was found in it, beside its heat map."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from artifact_damage import Pixels
from artifact_measure import box_of

from gencheck.artifact.report import ArtifactReport
from gencheck.findings import Finding, Severity

_SIDE = 640
_COLOURS = {
    Severity.MINOR: (255, 200, 0),
    Severity.MAJOR: (255, 90, 0),
    Severity.CRITICAL: (230, 0, 60),
}
_LINE = 18


def write_sheet(
    folder: Path, name: str, pixels: Pixels, report: ArtifactReport, findings: list[Finding]
) -> Path:
    """The picture with boxes and the list of findings, the heat map over it on the right."""
    scale = _SIDE / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    shown = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    heated = _heated(shown, report)
    for finding in findings:
        box = box_of(finding)
        if box is not None:
            corner = (round(box.x * scale), round(box.y * scale))
            end = (round((box.x + box.width) * scale), round((box.y + box.height) * scale))
            cv2.rectangle(shown, corner, end, _COLOURS.get(finding.severity, (90, 90, 255)), 2)
    sheet = np.vstack([np.hstack([shown, heated]), _caption(size[0] * 2, name, findings)])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (re.sub(r"[^A-Za-z0-9.-]+", "_", name) + ".png")
    cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    return path


def _heated(shown: Pixels, report: ArtifactReport) -> Pixels:
    if report.heat_map is None:
        return shown.copy()
    size = shown.shape[1::-1]
    heat = cv2.resize(report.heat_map, size, interpolation=cv2.INTER_LINEAR)
    colours = cv2.cvtColor(cv2.applyColorMap(heat, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return np.asarray(np.rint(0.35 * shown + 0.65 * colours), np.uint8)


def _caption(width: int, name: str, findings: list[Finding]) -> Pixels:
    lines = [name, *(f"{f.severity.name} {f.code}: {f.message}" for f in findings[:12])]
    out = np.full((_LINE * len(lines) + 8, width, 3), 255, np.uint8)
    for row, line in enumerate(lines):
        text = line.encode("ascii", "replace").decode()
        place = (6, _LINE * (row + 1) - 4)
        cv2.putText(out, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (20, 20, 20), 1, cv2.LINE_AA)
    return out
