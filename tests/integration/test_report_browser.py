"""The report in a real browser: no console message, findings in the DOM, a picture to look at."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from gencheck.findings import (
    Box,
    Finding,
    Judgement,
    Method,
    ModelUsed,
    Severity,
    SkipReason,
    TimeSpan,
    Timing,
    Verdict,
    judged,
    skipped,
)
from gencheck.report import render_report
from gencheck.report.model import (
    AuditChart,
    ClaimRow,
    Entry,
    Preview,
    ShareRow,
    StatisticRow,
    Statistics,
    Timeline,
    Track,
    View,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
METHOD = Method("grid-ratio", "1", "Wang and Bovik 2000")


def _png(pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1])


def _finding(code: str, severity: Severity, message: str, region: object = None) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        check=f"artifact.{code.lower()}",
        message=message,
        measured=1.82,
        threshold=1.3,
        unit="grid ratio",
        method=METHOD,
        remedy="Export again at a higher quality from the lossless source.",
        region=region,  # type: ignore[arg-type]
    )


def _judgement(verdict: Verdict, *reasons: str) -> Judgement:
    return Judgement(verdict, reasons, "default", "1", "5f1c" * 16)


def _picture() -> Entry:
    photo = astronaut()
    heat = np.zeros((64, 64), np.uint8)
    heat[6:20, 22:38], heat[40:60, 4:18] = 220, 150
    prompt = "A smiling astronaut holding two red helmets in front of a poster saying SPACE"
    findings = (
        _finding(
            "BLOCKING",
            Severity.MAJOR,
            "visible 8×8 compression blocks: 1.82 grid ratio, threshold 1.3 (9 of 24 tiles)",
            Box(170, 40, 140, 130),
        ),
        _finding(
            "DUPLICATED_REGION", Severity.MINOR, "a region stands twice", Box(20, 320, 120, 150)
        ),
        _finding("CLIPPING", Severity.MINOR, "detail lost in pure black or white"),
    )
    claims = (
        ClaimRow("SUPPORTED", "object", "an astronaut", "one face found", "FaceDetector", 10, 19),
        ClaimRow(
            "UNVERIFIED",
            "count",
            "2 helmets",
            "nobody plays ObjectDetector. Install one with: gencheck models install standard",
            "",
            28,
            43,
        ),
        ClaimRow(
            "CONTRADICTED",
            "text",
            "the words SPACE",
            "read NASA instead",
            "TextReader",
            58,
            77,
            0.93,
        ),
    )
    return Entry(
        "samples/astronaut <script>alert(1)</script>.png",
        "image",
        _judgement(
            Verdict.FAIL,
            "MAJOR BLOCKING: visible 8×8 compression blocks",
            "consistency.count is required but did not judge: nobody plays ObjectDetector",
        ),
        prompt=prompt,
        findings=findings,
        outcomes=(
            judged("artifact"),
            judged("artifact.blocking"),
            skipped("consistency.count", SkipReason.MODEL_MISSING, "nobody plays ObjectDetector"),
        ),
        claims=claims,
        uncovered=((2, 9),),
        preview=Preview(_png(photo), 512, 512, _png(heat)),
        models=(ModelUsed("FaceDetector", "centerface", "1"),),
        timings=(Timing("decode", 0.012), Timing("artifact.blocking", 0.034)),
    )


def _video() -> Entry:
    rng = np.random.default_rng(1)
    levels = tuple(np.abs(np.sin(np.linspace(0, 20, 200))) * rng.uniform(0.4, 1, 200))
    findings = (
        _finding(
            "FROZEN", Severity.MAJOR, "the picture stands still for 1.4 seconds", TimeSpan(2.0, 3.4)
        ),
        _finding("CLICK", Severity.MINOR, "3 clicks", TimeSpan(4.2, 4.21)),
    )
    return Entry(
        "clip.mp4",
        "video",
        _judgement(Verdict.REVIEW, "MINOR CLICK: 3 clicks"),
        findings=findings,
        outcomes=(judged("artifact"),),
        timeline=Timeline(
            6.0,
            (Track("picture", ("FROZEN",)), Track("sound", ("CLICK",), tuple(map(float, levels)))),
        ),
    )


def _mesh() -> Entry:
    views = []
    for i, name in enumerate(("front", "right", "top", "three-quarter")):
        view = np.full((256, 256, 3), 244, np.uint8)
        cv2.circle(view, (128, 128), 80 - 8 * i, (150, 160, 175), -1)
        cv2.circle(view, (150, 100), 14, (222, 38, 32), -1)
        views.append(View(name, _png(view)))
    rows = (
        StatisticRow("vertices", ("2,880", "482")),
        StatisticRow("boundary edges", ("2,880", "6")),
        StatisticRow("volume", ("–", "0.524")),
    )
    return Entry(
        "broken.glb",
        "mesh",
        _judgement(Verdict.FAIL, "MAJOR BOUNDARY_LOOP: holes: 2 loops"),
        findings=(_finding("BOUNDARY_LOOP", Severity.CRITICAL, "holes: 2 loops, threshold 1"),),
        views=tuple(views),
        statistics=Statistics(("raw", "welded"), rows),
    )


def _audit() -> Entry:
    shares = (
        ShareRow("female", 11, 0.11, 0.056, 0.188, 0.5),
        ShareRow("male", 86, 0.86, 0.776, 0.921, 0.48),
        ShareRow("a category with a very long name", 3, 0.03, 0.006, 0.085, 0.02),
    )
    chart = AuditChart(
        "a portrait of a judge",
        "perceived_gender",
        "SKEWED",
        shares,
        100,
        7,
        108,
        0.38,
        0.29,
        0.44,
        3e-14,
        "bonferroni-clopper-pearson",
        "pearson-chi-square",
        ("Categories are perceived.",),
    )
    few = AuditChart("", "skin_tone_group", "INSUFFICIENT", shares, 9, 0, 108, 0.2, 0.0, 0.6)
    return Entry(
        "judges.csv",
        "set",
        _judgement(Verdict.FAIL, "CRITICAL SKEWED: the set departs"),
        audits=(chart, few),
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    entries = [
        _picture(),
        _video(),
        _mesh(),
        _audit(),
        Entry(
            "clean.jpg",
            "image",
            _judgement(Verdict.PASS, "every required check judged, nothing over a threshold"),
        ),
        Entry(
            "empty.png",
            "",
            _judgement(Verdict.INCONCLUSIVE),
            error="empty.png: the file is empty. Export it again",
        ),
    ]
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render_report(entries), encoding="utf-8")
    return path


def _chromium(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed, so the report is not opened in a browser")
    return subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--no-first-run",
            f"--user-data-dir={page.parent / 'profile'}",
            "--enable-logging=stderr",
            "--hide-scrollbars",
            *options,
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )


def test_findings_are_in_the_dom_and_the_console_is_silent(page: Path) -> None:
    ran = _chromium(page, "--dump-dom")
    assert "CONSOLE" not in ran.stderr, [x for x in ran.stderr.splitlines() if "CONSOLE" in x]
    dom = ran.stdout
    for text in ("BLOCKING", "FROZEN", "BOUNDARY_LOOP", "perceived gender", "the file is empty"):
        assert text in dom
    assert len(re.findall(r'<li class="finding ', dom)) == 6
    assert "<script" not in dom
    assert dom.count('class="box ') == 2


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screenshot_is_no_blank_page(page: Path, theme: str) -> None:
    out = Path(os.environ.get("GENCHECK_SCREENSHOTS", page.parent)) / f"report-{theme}.png"
    dark = (
        ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"] if theme == "dark" else []
    )
    _chromium(page, "--window-size=1280,3900", f"--screenshot={out}", *dark)
    shot = cv2.imread(str(out))
    assert shot is not None
    assert shot.shape[1] == 1280
    assert shot.std() > 10
    assert (shot.mean() > 128) == (theme == "light")
