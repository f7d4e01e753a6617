from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from gencheck.artifact.image.distorted import (
    BEGINS,
    CHECK,
    FAINTEST,
    MIN_SIDE,
    from_map,
    scored_parts,
)
from gencheck.artifact.looking import look
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.findings import Mask, ModelUsed, OutcomeStatus, Severity, SkipReason
from gencheck.hearing.roles import HearingRoles
from gencheck.media.types import Image
from gencheck.policy import grade
from gencheck.policy_file import Policies
from gencheck.vision.roles import ArtifactMap, Picture, Roles

CLASSES = ("warp", "hole")


class Segmenter:
    """Sees the same everywhere."""

    model = ModelUsed("artifact_segmenter", "fake", "1")
    classes = CLASSES

    async def locate(self, picture: Picture, *, deadline: Deadline) -> ArtifactMap:
        deadline.check()
        return ArtifactMap(two_parts(), CLASSES)


async def test_a_picture_is_judged_by_the_model_and_graded() -> None:
    image = Image(np.full((480, 640, 3), 90, np.uint8), None, "PNG")
    roles = Roles(artifacts=Segmenter())
    seen = await look(image, roles, HearingRoles(), deadline=Deadline.after(5))
    (mine,) = [one for one in seen if one.check == CHECK]
    assert mine.models == (Segmenter.model,)
    assert mine.outcome is not None
    assert mine.outcome.status is OutcomeStatus.JUDGED
    assert [round(m.value, 1) for m in mine.measurements] == [0.9, 0.6]
    severities = [f.severity for f in grade(mine.measurements, Policies.load().get("default"))]
    assert severities == [Severity.MINOR]


async def test_a_tiny_picture_is_skipped_with_the_size_that_would_do() -> None:
    image = Image(np.zeros((20, 20, 3), np.uint8), None, "PNG")
    seen = await look(image, Roles(artifacts=Segmenter()), HearingRoles(), deadline=NO_DEADLINE)
    (mine,) = [one for one in seen if one.check == CHECK]
    assert mine.outcome is not None
    assert mine.outcome.reason == SkipReason.TOO_SMALL.value
    assert str(MIN_SIDE) in mine.outcome.message


def two_parts() -> NDArray[np.float32]:
    """A sure ellipse of warping and an unsure box of a hole, on nearly clean ground."""
    found = np.full((2, 120, 160), 0.01, np.float32)
    ellipse = np.zeros((120, 160), np.uint8)
    cv2.ellipse(ellipse, (40, 40), (24, 15), 0, 0, 360, 1, -1)
    found[0][ellipse > 0] = 0.9
    found[1, 80:100, 100:140] = 0.6
    return found


def test_each_part_is_measured_with_mask_box_score_and_kind() -> None:
    reading = from_map(ArtifactMap(two_parts(), CLASSES), (480, 640))
    first, second = reading.measurements
    assert isinstance(first.region, Mask)
    assert isinstance(second.region, Mask)
    assert first.value == pytest.approx(0.91, abs=0.01)
    assert second.value == pytest.approx(0.61, abs=0.01)
    assert "warped" in first.detail
    assert "filled in" in second.detail
    box = second.region.box
    assert (box.x, box.y, box.width, box.height) == (400, 320, 160, 80)
    mask = cv2.imdecode(np.frombuffer(first.region.png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert mask.shape == (480, 640)
    assert mask[160, 160] == 255
    assert mask[65 * 4, 40 * 4] == 0


def test_a_part_begins_where_the_level_is_one() -> None:
    reading = from_map(ArtifactMap(two_parts(), CLASSES), (480, 640))
    assert reading.level is not None
    damage = two_parts().sum(axis=0)
    np.testing.assert_array_equal(reading.level >= 1, damage >= np.float32(BEGINS))


def test_a_clean_map_is_measured_too_without_a_place() -> None:
    reading = from_map(ArtifactMap(np.full((2, 30, 40), 0.04, np.float32), CLASSES), (120, 160))
    (one,) = reading.measurements
    assert one.region is None
    assert one.value == pytest.approx(0.08)


def test_specks_and_faint_parts_are_no_parts() -> None:
    found = np.zeros((1, 60, 60), np.float32)
    found[0, 5:8, 5:8] = 1.0
    found[0, 20:50, 20:50] = FAINTEST - 0.05
    (one,) = from_map(ArtifactMap(found, ("warp",)), (240, 240)).measurements
    assert one.region is None
    assert one.value <= FAINTEST
    faint = scored_parts(found[0], (240, 240), faintest=0.0)
    assert [round(score, 2) for score, _ in faint] == [0.45]


def test_more_damage_scores_higher() -> None:
    scores = []
    for strength in (0.55, 0.7, 0.95):
        found = np.zeros((1, 40, 40), np.float32)
        found[0, 10:30, 10:30] = strength
        scores.append(from_map(ArtifactMap(found, ("warp",)), (160, 160)).measurements[0].value)
    assert scores == sorted(scores)
    assert scores == pytest.approx([0.55, 0.7, 0.95])


def test_an_empty_map_is_no_error() -> None:
    (one,) = from_map(ArtifactMap(np.zeros((2, 1, 1), np.float32), CLASSES), (2, 2)).measurements
    assert one.value == 0
