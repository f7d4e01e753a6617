"""Pictures that show nothing, nothing but text, or hardly a pixel; clips; views of a mesh."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from gencheck.consistency.check import ConsistencyReport, check_consistency
from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify.views import View
from gencheck.deadline import Deadline
from gencheck.findings import TimeSpan
from gencheck.media.decode import decode
from gencheck.media.types import Limits, Mesh, Video
from gencheck.render.views import prepare, render_views
from gencheck.vision.roles import Picture, Roles

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED
PROMPT = 'a red dog on the left next to two cats, with the words "GRAND OPENING", no people'


async def check(prompt: str, roles: Roles, *pictures: Picture) -> ConsistencyReport:
    deadline = Deadline.after(120)
    return await check_consistency(pictures, prompt, roles, {}, deadline=deadline)


def by_kind(report: ConsistencyReport) -> dict[str, set[ClaimStatus]]:
    kinds = {result.claim.kind for result in report.claims}
    return {k: {r.status for r in report.claims if r.claim.kind == k} for k in kinds}


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (300, 2), (7, 7)])
async def test_hardly_a_pixel_supports_nothing_but_an_absence(
    size: tuple[int, int], standard: Roles
) -> None:
    said = by_kind(await check(PROMPT, standard, np.full((*size, 3), 90, np.uint8)))
    assert S not in set().union(*(said[kind] for kind in said if kind != "absence"))


@pytest.mark.parametrize("grey", [0, 128, 255])
async def test_a_blank_picture_shows_neither_things_nor_words(grey: int, standard: Roles) -> None:
    said = by_kind(await check(PROMPT, standard, np.full((480, 640, 3), grey, np.uint8)))
    assert S not in set().union(*(said[kind] for kind in said if kind != "absence"))
    assert said["text"] == {C}
    assert C not in said["absence"]


async def test_a_picture_of_text_only_shows_no_things(standard: Roles) -> None:
    page = Image.new("RGB", (640, 480), "white")
    font = ImageFont.load_default(60)
    ImageDraw.Draw(page).text((60, 180), "GRAND OPENING", (0, 0, 0), font=font)
    said = by_kind(await check(PROMPT, standard, np.asarray(page, np.uint8)))
    assert said["text"] == {S}
    assert S not in said["object"] | said["count"] | said["relation"]


async def test_a_huge_picture_is_judged(standard: Roles) -> None:
    huge = np.full((4000, 6000, 3), 200, np.uint8)
    said = by_kind(await check(PROMPT, standard, huge))
    assert said["text"] == {C}
    assert S not in said["object"]


async def test_a_clip_says_when(standard: Roles) -> None:
    data = os.environ.get("GENCHECK_DATA")
    if not data:
        pytest.skip("GENCHECK_DATA is not set: no real clip to look at")
    clip = decode((Path(data) / "video/carphone_pristine.mp4").read_bytes(), Limits(), name="clip")
    assert isinstance(clip, Video)
    report = await check_consistency(
        list(clip.frames),
        "a man, no bus",
        standard,
        {},
        times=[float(time) for time in clip.frame_times],
        deadline=Deadline.after(120),
    )
    man, bus = report.claims
    assert (man.status, bus.status) == (S, S)
    spans = [region for region in man.evidence if isinstance(region, TimeSpan)]
    assert spans
    assert "frames" in man.explanation
    wrong = await check_consistency(
        list(clip.frames), "no people", standard, {}, deadline=Deadline.after(120)
    )
    assert by_kind(wrong)["absence"] == {C}


async def test_views_of_a_mesh_deny_nothing(standard: Roles) -> None:
    data = os.environ.get("GENCHECK_DATA")
    if not data:
        pytest.skip("GENCHECK_DATA is not set: no real mesh to look at")
    bottle = decode((Path(data) / "mesh_trimesh/fuze.ply").read_bytes(), Limits(), name="fuze.ply")
    assert isinstance(bottle, Mesh)
    views = render_views(prepare(bottle), marked_faces=None, deadline=Deadline.after(120))
    report = await check_consistency(
        list(views.values()),
        "a bottle, a red elephant, two bottles",
        standard,
        {},
        views=[View(name) for name in views],
        deadline=Deadline.after(120),
    )
    said = by_kind(report)
    assert not any(C in statuses for statuses in said.values())
    assert said["attribute"] == said["count"] == {U}
    elephant = next(r for r in report.claims if r.claim.span.text == "elephant")
    assert elephant.status is U
