"""What a file says of itself is held against its pixels; what is common and harmless is not."""

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from gencheck.artifact.image.metadata import HARMLESS, SEEN, WRONG, alike, measure_metadata, turn
from gencheck.artifact.image.picture import prepare
from gencheck.findings import Measurement
from gencheck.media.facts import Facts, Profile, Trailing
from gencheck.media.types import Image

Grey = NDArray[np.uint8]


def measure(facts: Facts, pixels: NDArray[np.uint8] | None = None) -> list[Measurement]:
    shown = np.asarray(skimage.data.coffee()) if pixels is None else pixels
    return list(measure_metadata(prepare(Image(shown, None, "JPEG", facts=facts))).measurements)


def thumbnail(pixels: NDArray[np.uint8], side: int = 160) -> Grey:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    scale = side / max(grey.shape)
    size = round(grey.shape[1] * scale), round(grey.shape[0] * scale)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def test_a_file_that_says_nothing_has_no_mistake() -> None:
    (found,) = measure(Facts())
    assert (found.code, found.value, found.detail) == ("METADATA", 0.0, "")


@pytest.mark.parametrize(
    ("facts", "weight", "says"),
    [
        (Facts(profile=Profile("CMYK", fault="it is of CMYK colours")), SEEN, "CMYK"),
        (Facts(exif_adobe_rgb=True), SEEN, "Adobe RGB"),
        (Facts(colour=("gamma 1.000",)), SEEN, "gamma"),
        (Facts(density=(0, 0)), HARMLESS, "resolution of 0"),
        (Facts(density=(1, 2)), SEEN, "not square"),
        (Facts(stored=(600, 400), orientation=6, exif_size=(400, 600)), WRONG, "turned already"),
        (Facts(trailing=Trailing(900, "a program", is_foreign=True)), WRONG, "a program"),
        (Facts(trailing=Trailing(900, "plain text")), HARMLESS, "plain text"),
    ],
)
def test_mistakes_by_what_they_do(facts: Facts, weight: float, says: str) -> None:
    (found,) = measure(facts)
    assert found.value == weight
    assert says in found.detail


@pytest.mark.parametrize(
    "facts",
    [
        Facts(profile=Profile("RGB", "Display P3", converted=True), exif_adobe_rgb=True),
        Facts(density=(72, 72)),
        Facts(density=(300, 301)),
        Facts(stored=(400, 600), orientation=6, exif_size=(400, 600)),
        Facts(stored=(400, 400), orientation=6, exif_size=(400, 400)),
        Facts(stored=(2048, 2048), exif_size=(3024, 4032)),
        Facts(trailing=Trailing(9_000, "a further JPEG")),
        Facts(trailing=Trailing(70_000, "padding")),
    ],
)
def test_what_is_common_is_not_minded(facts: Facts) -> None:
    assert [m.value for m in measure(facts)] == [0.0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_thumbnail_lies_as_the_stored_pixels_do(orientation: int) -> None:
    upright = np.asarray(skimage.data.coffee())
    # The stored pixels are what turning makes upright: turned back by the way that undoes it.
    back = {6: 8, 8: 6}.get(orientation, orientation)
    stored = turn(thumbnail(upright), back)
    facts = Facts(orientation=orientation, thumbnail=stored)
    assert [m.value for m in measure(facts)] == [0.0]


def test_a_picture_turned_twice_is_betrayed_by_its_thumbnail() -> None:
    upright = np.asarray(skimage.data.coffee())
    facts = Facts(orientation=6, thumbnail=turn(thumbnail(upright), 8))
    (found,) = measure(facts, np.ascontiguousarray(np.rot90(upright, 3)))
    assert found.value == WRONG
    assert "another way" in found.detail


def test_a_thumbnail_of_another_picture() -> None:
    facts = Facts(thumbnail=thumbnail(np.asarray(skimage.data.astronaut())))
    (found,) = measure(facts)
    assert found.value == SEEN
    assert "another picture" in found.detail


def test_a_thumbnail_with_bars_of_a_camera_shows_the_same() -> None:
    wide = np.asarray(skimage.data.coffee())[100:350]
    small = thumbnail(wide)
    padded = np.zeros((120, 160), np.uint8)
    top = (120 - small.shape[0]) // 2
    padded[top : top + small.shape[0]] = small
    assert alike(padded, cv2.cvtColor(wide, cv2.COLOR_RGB2GRAY)) > 0.97
    assert [m.value for m in measure(Facts(thumbnail=padded), wide)] == [0.0]


def test_a_flat_thumbnail_tells_nothing() -> None:
    assert [m.value for m in measure(Facts(thumbnail=np.full((120, 160), 90, np.uint8)))] == [0.0]
