"""Every judge says SUPPORTED to a right claim and CONTRADICTED to a wrong one, on real input."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image, ImageDraw, ImageFont

from gencheck.consistency.check import ClaimResult, check_consistency
from gencheck.consistency.claims import ClaimStatus
from gencheck.deadline import Deadline
from gencheck.findings import Box
from gencheck.vision.roles import Picture, Roles

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED


def photo(name: str) -> Picture:
    """A photograph that scikit-image carries."""
    path = Path(skimage.__file__).parent / "data" / name
    return np.asarray(Image.open(path).convert("RGB"), np.uint8)


def poster(*words: str) -> Picture:
    picture = Image.new("RGB", (640, 480), (20, 60, 110))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(72)
    for i, word in enumerate(words):
        draw.text((70, 100 + 120 * i), word, (250, 240, 210), font=font)
    return np.asarray(picture, np.uint8)


def ball() -> Picture:
    picture = np.full((480, 640, 3), 255, np.uint8)
    cv2.circle(picture, (320, 250), 130, (190, 25, 30), -1, cv2.LINE_AA)
    return picture


async def judge(picture: Picture, prompt: str, kind: str, roles: Roles) -> ClaimResult:
    deadline = Deadline.after(60)
    report = await check_consistency([picture], prompt, roles, {}, deadline=deadline)
    return next(result for result in report.claims if result.claim.kind == kind)


@pytest.mark.parametrize(
    ("prompt", "status"),
    [
        ('a poster with the words "GRAND OPENING"', S),
        ('a poster with the words "grand opening!"', S),
        ('a poster with the words "GRAND OPENINC"', C),
        ('a poster with the words "BRAND OPENING"', C),
        ('a poster with the words "CLOSED"', C),
    ],
)
async def test_text(prompt: str, status: ClaimStatus, embedded: Roles) -> None:
    result = await judge(poster("GRAND", "OPENING"), prompt, "text", embedded)
    assert result.status is status, result.explanation
    assert result.role == "TextReader"


async def test_text_evidence_lies_on_the_words(embedded: Roles) -> None:
    result = await judge(poster("GRAND", "OPENING"), 'a poster "OPENING"', "text", embedded)
    box = result.evidence[0]
    assert isinstance(box, Box)
    assert 190 < box.y + box.height / 2 < 310


async def test_absence_of_text(embedded: Roles) -> None:
    prompt = "a poster with no text"
    assert (await judge(poster("SALE"), prompt, "absence", embedded)).status is C
    assert (await judge(ball(), prompt, "absence", embedded)).status is S


@pytest.mark.parametrize(
    ("name", "prompt", "kind", "status"),
    [
        ("astronaut.png", "a photo of a woman", "object", S),
        ("astronaut.png", "a photo of one person", "count", S),
        ("astronaut.png", "a rocket, no people", "absence", C),
        ("astronaut.png", "a close-up of a face", "object", S),
        ("coffee.png", "a close-up of a face", "object", C),
        ("coffee.png", "a table without faces", "absence", S),
        ("coffee.png", "a photo of a woman", "object", U),
        ("camera.png", "a black and white photo of a man", "style", S),
        ("coffee.png", "a black and white photo of a cup", "style", C),
        ("hubble_deep_field.jpg", "a dark photo of galaxies", "attribute", S),
        ("hubble_deep_field.jpg", "a bright photo of galaxies", "attribute", C),
        ("coffee.png", "a cup of coffee, landscape orientation", "attribute", S),
        ("coffee.png", "a cup of coffee, portrait orientation", "attribute", C),
        ("coffee.png", "a cup of coffee --ar 3:2", "attribute", S),
        ("coffee.png", "a cup of coffee --ar 9:16", "attribute", C),
    ],
)
async def test_faces_and_measurement(
    name: str, prompt: str, kind: str, status: ClaimStatus, embedded: Roles
) -> None:
    result = await judge(photo(name), prompt, kind, embedded)
    assert result.status is status, result.explanation


async def test_a_count_of_people_is_refuted_by_more_faces(embedded: Roles) -> None:
    two = np.concatenate([photo("astronaut.png")] * 2, axis=1)
    assert (await judge(two, "one person", "count", embedded)).status is C
    assert (await judge(two, "two people", "count", embedded)).status is S
    assert (await judge(two, "three people", "count", embedded)).status is U


@pytest.mark.parametrize(
    ("prompt", "status"),
    [
        ("a red ball", S),
        ("a blue ball", C),
        ("a red ball and a hat", U),  # two things, and nobody tells which is which
        ("a ball on a white background", S),
        ("a ball on a green background", C),
        ("a ball on a plain background", S),
    ],
)
async def test_colour(prompt: str, status: ClaimStatus, embedded: Roles) -> None:
    result = await judge(ball(), prompt, "attribute", embedded)
    assert result.status is status, result.explanation


async def test_a_busy_background_is_not_plain(embedded: Roles) -> None:
    prompt = "a person on a plain background"
    assert (await judge(photo("gravel.png"), prompt, "attribute", embedded)).status is C


@pytest.mark.parametrize(
    ("name", "prompt", "kind", "status"),
    [
        ("chelsea.png", "a photo of a cat", "object", S),
        ("chelsea.png", "a photo of a bus", "object", C),
        ("chelsea.png", "a photo of a dog", "object", U),  # a cat is a little like one
        ("chelsea.png", "a sofa without cats", "absence", C),
        ("chelsea.png", "a cat, no cars", "absence", S),
        ("chelsea.png", "one cat", "count", S),
        ("chelsea.png", "three cats", "count", C),
        ("chelsea.png", "a brown cat", "attribute", S),
        ("chelsea.png", "a blue cat", "attribute", C),
        ("astronaut.png", "a photo of a woman", "object", S),
    ],
)
async def test_objects(
    name: str, prompt: str, kind: str, status: ClaimStatus, standard: Roles
) -> None:
    result = await judge(photo(name), prompt, kind, standard)
    assert result.status is status, result.explanation


async def test_place(standard: Roles) -> None:
    """The cat stands left of the woman in a montage of two photographs."""
    cat = cv2.resize(photo("chelsea.png"), (512, 340))
    woman = photo("astronaut.png")
    picture = np.full((512, 1024, 3), 200, np.uint8)
    picture[86:426, :512], picture[:, 512:] = cat, woman
    right = await judge(picture, "a cat left of a woman", "relation", standard)
    wrong = await judge(picture, "a cat right of a woman", "relation", standard)
    assert (right.status, wrong.status) == (S, C), right.explanation
