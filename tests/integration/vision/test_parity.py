"""Our reading of PP-OCR beside RapidOCR's own, an independent implementation on the same models."""

from __future__ import annotations

import warnings
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.vision.golden import drawn_stop_sign, drawn_text
from gencheck.vision.roles import Roles
from gencheck.vision.text_lines import decode
from gencheck.vision.text_regions import find_regions

LINES = (
    ("Hello World", (50, 80), 2.0),
    ("The quick brown fox", (50, 160), 1.0),
    ("jumps over 13 lazy dogs", (50, 210), 0.8),
    ("SALE 50% OFF", (300, 350), 2.0),
    ("left", (60, 450), 1.0),
    ("right", (600, 450), 1.0),
)


@pytest.fixture(scope="module")
def rapidocr() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from rapidocr import RapidOCR

        return RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Det.limit_type": "max",
                "Det.limit_side_len": 960,
            }
        )


def poster(angle: float) -> NDArray[np.uint8]:
    picture = np.full((600, 800, 3), 255, np.uint8)
    for text, at, scale in LINES:
        cv2.putText(
            picture, text, at, cv2.FONT_HERSHEY_COMPLEX, scale, (20, 20, 20), 2, cv2.LINE_AA
        )
    turn = cv2.getRotationMatrix2D((400, 300), angle, 0.8)
    turned = cv2.warpAffine(picture, turn, (800, 600), borderValue=(255, 255, 255))
    return np.asarray(turned, np.uint8)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(poster(0), id="level"),
        pytest.param(poster(15), id="slanted"),
        pytest.param(drawn_text(), id="golden"),
        pytest.param(drawn_stop_sign(), id="sign"),
    ],
)
async def test_reads_what_rapidocr_reads(
    roles: Roles, rapidocr: Any, picture: NDArray[np.uint8]
) -> None:
    theirs = rapidocr(np.ascontiguousarray(picture[:, :, ::-1]))
    assert roles.text is not None
    ours = {line.text: line for line in await roles.text.read(picture, deadline=Deadline.after(60))}
    assert sorted(ours) == sorted(theirs.txts)
    for text, box, score in zip(theirs.txts, theirs.boxes, theirs.scores, strict=True):
        np.testing.assert_allclose(ours[text].quad, box, atol=3)
        assert ours[text].score == pytest.approx(score, abs=0.06)


@pytest.mark.parametrize("seed", range(3))
def test_finds_the_regions_that_rapidocr_finds(seed: int) -> None:
    from rapidocr.ch_ppocr_det.utils import DBPostProcess

    random = np.random.default_rng(seed)
    probability = np.zeros((320, 480), np.float32)
    for row in range(4):
        for column in range(3):
            centre = (80.0 + 160 * column, 40.0 + 80 * row)
            size = (random.uniform(40, 110), random.uniform(8, 25))
            corners = cv2.boxPoints((centre, size, random.uniform(-20, 20)))
            cv2.fillConvexPoly(probability, corners.astype(np.int32), random.uniform(0.4, 1.0))
    theirs, scores = DBPostProcess(0.3, 0.5, 1000, 1.6, "fast", use_dilation=True)(
        probability[None, None], (640, 960)
    )
    ours = find_regions(probability, height=640, width=960, deadline=NO_DEADLINE)
    assert len(ours) == len(theirs) > 5
    for region, box, score in zip(ours, theirs, scores, strict=True):
        np.testing.assert_allclose(region.quad, box, atol=4)
        assert region.score == pytest.approx(score, abs=1e-3)


def test_decodes_as_rapidocr_decodes() -> None:
    from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode

    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    logits = np.random.default_rng(0).normal(0, 3, (16, 40, 28))
    logits[:, :, 0] += 4
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    theirs, _ = CTCLabelDecode(character=list(letters))(probabilities)
    best, scores = probabilities.argmax(axis=2), probabilities.max(axis=2).astype(np.float32)
    ours = decode(best, scores, ("", *letters, " "))
    assert [read.text for read in ours] == [text for text, _ in theirs]
    scores_of_ours = [read.score for read in ours]
    np.testing.assert_allclose(scores_of_ours, [score for _, score in theirs], atol=1e-4)
