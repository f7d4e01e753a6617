"""Masks as outlines, heat maps over pictures, frames beside findings."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from gencheck.findings import Box, Finding, Mask, Method, Region, Severity, TimeSpan
from gencheck.media.types import Video
from gencheck.report.outline import outline
from gencheck.report.overlay import overlay
from gencheck.report.preview import MOST_FRAMES, frames_of


def png(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def test_an_outline_runs_around_every_part() -> None:
    pixels = np.zeros((100, 200), np.uint8)
    pixels[10:30, 20:60] = 255
    pixels[50:90, 100:180] = 255
    path = outline(Mask(png(pixels), Box(20, 10, 160, 80)), 200, 100)
    assert path.count("M") == path.count("Z") == 2
    corners = {(int(x), int(y)) for x, y in re.findall(r"(\d+) (\d+)", path)}
    assert corners == {(20, 10), (59, 10), (59, 29), (20, 29)} | {
        (100, 50),
        (179, 50),
        (179, 89),
        (100, 89),
    }


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", png(np.zeros((9, 9), np.uint8))])
def test_what_is_no_mask_of_the_picture_has_no_outline(data: bytes) -> None:
    assert outline(Mask(data, Box(0, 0, 1, 1)), 200, 100) == ""


def test_a_broken_mask_of_the_right_size_has_no_outline() -> None:
    data = png(np.full((100, 200), 255, np.uint8))[:40]
    assert outline(Mask(data, Box(0, 0, 1, 1)), 200, 100) == ""


def test_a_ragged_mask_stays_drawable() -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (400, 400), dtype=np.uint8) * np.uint8(255)
    assert len(outline(Mask(png(pixels), Box(0, 0, 400, 400)), 400, 400)) < 40_000


def test_an_overlay_is_red_where_it_is_hot_and_grey_elsewhere() -> None:
    pixels = np.full((60, 80, 3), (40, 120, 200), np.uint8)
    heat = np.full((30, 40), 50, np.uint8)
    heat[:, 20:] = 255
    drawn = cv2.imdecode(np.frombuffer(overlay(pixels, png(heat)), np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    assert drawn.shape == pixels.shape
    blue, green, red = (int(v) for v in drawn[30, 70])
    assert red > 180
    assert max(blue, green) < 80
    assert len(set(drawn[30, 5].tolist())) == 1


def finding(region: Region | None) -> Finding:
    return Finding("C", Severity.MAJOR, "c", "m", 1, 1, "u", Method("m", "1", "r"), "r", region)


def test_frames_stand_beside_their_findings() -> None:
    frames = np.zeros((12, 40, 60, 3), np.uint8)
    times = np.arange(12) / 2
    video = Video(np.zeros((12, 8, 8), np.uint8), times, frames, times, "h264")
    spans = [TimeSpan(1.9, 2.2), None, TimeSpan(0, 0), TimeSpan(2.0, 2.0), Box(0, 0, 1, 1)]
    found = frames_of(video, [finding(span) for span in spans])
    assert [(frame.time, frame.numbers) for frame in found] == [(0.0, (3,)), (2.0, (1, 4))]
    assert all(frame.data.startswith(b"\xff\xd8\xff") for frame in found)
    many = frames_of(video, [finding(TimeSpan(t, t)) for t in times])
    assert len(many) == MOST_FRAMES
