import cv2
import numpy as np
import pytest

from gencheck.consistency.claims import ClaimStatus
from gencheck.consistency.verify import looks
from gencheck.vision.roles import Picture

S, C, U = ClaimStatus.SUPPORTED, ClaimStatus.CONTRADICTED, ClaimStatus.UNVERIFIED


def canvas(colour: tuple[int, int, int], size: tuple[int, int] = (240, 320)) -> Picture:
    return np.full((*size, 3), colour, np.uint8)


def ball(colour: tuple[int, int, int], ground: tuple[int, int, int] = (255, 255, 255)) -> Picture:
    picture = canvas(ground)
    cv2.circle(picture, (160, 130), 70, colour, -1, cv2.LINE_AA)
    return picture


def noise(seed: int = 0) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (240, 320, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("picture", "status"),
    [
        (canvas((120, 120, 120)), S),
        (ball((200, 30, 30)), C),
        (canvas((140, 132, 126)), U),
    ],
)
def test_black_and_white(picture: Picture, status: ClaimStatus) -> None:
    assert looks.judge_grey("black and white", looks.measure(picture)).status is status


@pytest.mark.parametrize(
    ("value", "level", "status"),
    [
        ("dark", 20, S),
        ("dark", 230, C),
        ("dark", 100, U),
        ("bright", 230, S),
        ("bright", 20, C),
        ("bright", 125, U),
    ],
)
def test_brightness(value: str, level: int, status: ClaimStatus) -> None:
    measured = looks.measure(canvas((level, level, level)))
    assert looks.judge_brightness(value, measured).status is status


@pytest.mark.parametrize(
    ("value", "size", "status"),
    [
        ("portrait", (320, 200), S),
        ("portrait", (200, 320), C),
        ("landscape", (200, 320), S),
        ("square", (256, 256), S),
        ("square", (200, 320), C),
        ("portrait", (250, 256), U),
    ],
)
def test_orientation(value: str, size: tuple[int, int], status: ClaimStatus) -> None:
    measured = looks.measure(canvas((9, 9, 9), size))
    assert looks.judge_orientation(value, measured).status is status


@pytest.mark.parametrize(
    ("size", "status"), [((720, 1280), S), ((1024, 1024), C), ((684, 1280), U)]
)
def test_ratio(size: tuple[int, int], status: ClaimStatus) -> None:
    measured = looks.measure(canvas((9, 9, 9), size))
    assert looks.judge_ratio("16:9", measured).status is status
    assert looks.judge_ratio("0:9", measured).status is U


@pytest.mark.parametrize(
    ("value", "picture", "status"),
    [
        ("white", ball((200, 30, 30)), S),
        ("blue", ball((200, 30, 30)), C),
        ("white", ball((200, 30, 30), (205, 205, 205)), U),
    ],
)
def test_background_colour(value: str, picture: Picture, status: ClaimStatus) -> None:
    answer = looks.judge_background("colour", value, looks.measure(picture))
    assert answer is not None
    assert answer.status is status


def test_plain_background() -> None:
    for picture, status in ((ball((200, 30, 30)), S), (noise(), C)):
        answer = looks.judge_background("quality", "plain", looks.measure(picture))
        assert answer is not None
        assert answer.status is status
    assert looks.judge_background("quality", "blurry", looks.measure(noise())) is None


@pytest.mark.parametrize(
    ("value", "colour", "status"),
    [
        ("red", (200, 30, 30), S),
        ("blue", (200, 30, 30), C),
        ("orange", (212, 60, 40), U),
    ],
)
def test_colour_of_the_one_subject(
    value: str, colour: tuple[int, int, int], status: ClaimStatus
) -> None:
    answer = looks.judge_subject_colour(value, looks.measure(ball(colour)))
    assert answer is not None
    assert answer.status is status
    box = answer.evidence[0]
    assert box.x == pytest.approx(90, abs=6)  # type: ignore[union-attr]
    assert box.width == pytest.approx(140, abs=12)  # type: ignore[union-attr]


def test_a_busy_picture_has_no_one_subject() -> None:
    assert looks.judge_subject_colour("red", looks.measure(noise())) is None
    assert looks.judge_subject_colour("plaid", looks.measure(ball((200, 30, 30)))) is None


def test_a_single_pixel_can_be_measured() -> None:
    assert looks.measure(canvas((1, 2, 3), (1, 1))).width == 1
