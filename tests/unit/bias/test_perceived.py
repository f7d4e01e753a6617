from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pytest

from gencheck.bias.audit import audit_tables
from gencheck.bias.counts import AuditState, CountTable, merge, state_of
from gencheck.bias.detection import people_of
from gencheck.bias.images import ATTRIBUTES, ImageReading, check_attributes, read_image
from gencheck.bias.perceived import (
    AGE_BAND,
    GENDER,
    PERCEIVED,
    Plan,
    category_of,
    kept_matrices,
    plan,
)
from gencheck.bias.results import AuditFinding
from gencheck.deadline import NO_DEADLINE, Deadline
from gencheck.errors import InvalidArgument
from gencheck.findings import ModelUsed, SkipReason
from gencheck.vision.roles import Face, PerceivedAttributes, Picture, Roles

Portrait = Callable[..., tuple[Picture, Face]]
KNOWN, UNKNOWN = "genderage_v1", "insightface_genderage"


@dataclass
class Finder:
    """A face detector that answers with what it was given."""

    found: list[Face]
    model: ModelUsed = ModelUsed("FaceDetector", "fake", "1")  # noqa: RUF009 - immutable
    score: float = 0.5

    async def detect(
        self, picture: Picture, *, least: float | None = None, deadline: Deadline
    ) -> list[Face]:
        return self.found


class Reader:
    """Perceives what it was told to."""

    def __init__(self, answer: PerceivedAttributes | None, name: str = KNOWN) -> None:
        self.model = ModelUsed("FaceAttributes", name, "1")
        self.seen: list[Sequence[Face]] = []
        self._answer = answer

    async def perceive(
        self, picture: Picture, faces: Sequence[Face], *, deadline: Deadline
    ) -> list[PerceivedAttributes | None]:
        self.seen.append(faces)
        return [self._answer for _ in faces]


async def _read(
    portrait: Portrait, answer: PerceivedAttributes | None, *perceived: str
) -> ImageReading:
    picture, face = portrait(6)
    roles = Roles(faces=Finder([face]), attributes=Reader(answer))
    return await read_image(
        picture, roles, attributes=perceived, perceived=perceived, deadline=NO_DEADLINE
    )


def _tables(reading: ImageReading) -> list[CountTable]:
    return [table for table in people_of(reading.state).tables if table.attribute in PERCEIVED]


@pytest.mark.parametrize(
    ("feminine", "age", "gender", "band"),
    [
        (0.9, 30, "feminine", "20-39"),
        (0.1, 10, "masculine", "10-19"),
        (0.5, 59.9, "feminine", "40-59"),
        (0.49, 60, "masculine", "60+"),
        (0.9, 9.9, None, None),
    ],
)
def test_categories_of_a_reading(
    feminine: float, age: float, gender: str | None, band: str | None
) -> None:
    found = PerceivedAttributes(feminine, age)
    assert (category_of(found, GENDER), category_of(found, AGE_BAND)) == (gender, band)


async def test_a_face_becomes_a_count_of_its_model(portrait: Portrait) -> None:
    reading = await _read(portrait, PerceivedAttributes(0.9, 33), GENDER, AGE_BAND)
    age, gender = _tables(reading)
    assert (gender.attribute, gender.counts) == (GENDER, {"feminine": 1, "masculine": 0})
    assert (age.counts["20-39"], len(age.counts)) == (1, 4)
    assert gender.model == "genderage_v1@1"


@pytest.mark.parametrize("answer", [None, PerceivedAttributes(0.9, 7)])
async def test_children_and_faces_that_cannot_be_read(
    portrait: Portrait, answer: PerceivedAttributes | None
) -> None:
    (table,) = _tables(await _read(portrait, answer, GENDER))
    assert (table.people, table.unverified) == (0, 1)


def test_nothing_is_read_unless_somebody_plays_the_role() -> None:
    assert plan([], None, []) == Plan()
    found = plan([GENDER, "skin_tone"], None, [])
    assert (found.attributes, len(found.gaps)) == ((), 1)
    assert found.gaps[0].reason == SkipReason.MODEL_MISSING.value
    assert "gencheck models install research" in found.gaps[0].message


def test_no_correction_bears_repeated_looks() -> None:
    assert plan([], Reader(None), [], looks=True) == Plan()
    (gap,) = plan([GENDER], Reader(None), [], looks=True).gaps
    assert "can be audited once only" in gap.message


def test_a_model_counts_only_with_its_matrix() -> None:
    found = plan([], Reader(None), [])
    assert found.attributes == (GENDER,)  # of age bands no matrix is kept
    assert not found.gaps
    asked = plan([AGE_BAND], Reader(None), [])
    assert (asked.attributes, asked.gaps[0].reason) == ((), SkipReason.UNCERTAIN.value)
    assert "give their confusion matrix" in asked.gaps[0].message
    assert plan([], Reader(None, UNKNOWN), []) == Plan()


def test_a_matrix_of_the_caller_stands_in_place_of_the_kept_one() -> None:
    found = plan([], Reader(None, UNKNOWN), [AGE_BAND])
    assert found.attributes == (AGE_BAND,)
    found = plan([GENDER], Reader(None), [GENDER])
    assert found.attributes == (GENDER,)


def test_perceived_attributes_may_be_asked_for() -> None:
    assert check_attributes([GENDER]) == ()
    assert check_attributes(["skin_tone", AGE_BAND]) == ("skin_tone",)
    assert check_attributes([]) == ATTRIBUTES
    with pytest.raises(InvalidArgument, match="'shoes' cannot be read"):
        check_attributes(["shoes"])


def _read_by(model: str, masculine: float, feminine: float) -> AuditState:
    counts = {"masculine": masculine, "feminine": feminine}
    return state_of([CountTable("", GENDER, counts, 0, model)])


def _audit(masculine: float, feminine: float) -> AuditFinding:
    state = _read_by(f"{KNOWN}@1", masculine, feminine)
    report = audit_tables(state, {}, kept_matrices(state), deadline=NO_DEADLINE)
    return report.audits[0].finding


def test_what_is_kept_for_a_state() -> None:
    (kept,) = kept_matrices(_read_by(f"{KNOWN}@1", 3, 4))
    assert (kept.elsewhere, kept.model) == (True, "genderage_v1@1")
    assert kept.counts == ((382, 198), (75, 507))
    assert "UTKFace" in kept.source
    assert kept_matrices(_read_by(f"{KNOWN}@1", 3, 4), [GENDER]) == []
    assert kept_matrices(_read_by("", 3, 4)) == []
    with pytest.raises(InvalidArgument, match="how often net@3 errs here is not known"):
        kept_matrices(_read_by("net@3", 3, 4))


def test_two_versions_are_corrected_each_by_its_own() -> None:
    both = merge(_read_by(f"{KNOWN}@1", 300, 100), _read_by(f"{KNOWN}@2", 30, 370))
    report = audit_tables(both, {}, kept_matrices(both), deadline=NO_DEADLINE)
    assert [audit.correction is not None for audit in report.audits] == [True, True]
    assert report.audits[0].shares[0].share > report.audits[1].shares[0].share


def test_a_kept_matrix_concludes_only_what_holds_with_and_without_it() -> None:
    assert _audit(270, 130) is AuditFinding.SKEWED
    # A fair set of adults, on whom the model errs less than on the people of the matrix.
    assert _audit(200, 200) is AuditFinding.UNVERIFIED
    # A fair set such as that of the matrix.
    assert _audit(156, 244) is AuditFinding.UNVERIFIED


def test_a_kept_matrix_leaves_the_labels_of_people_alone() -> None:
    people = _read_by("", 300, 100)
    both = merge(people, _read_by(f"{KNOWN}@1", 300, 100))
    audits = audit_tables(both, {}, kept_matrices(both), deadline=NO_DEADLINE).audits
    audit = next(audit for audit in audits if not audit.model)
    assert audit.correction is None
    assert audit.finding is AuditFinding.SKEWED


def test_gaps_are_part_of_the_outcome() -> None:
    gaps = plan([GENDER], None, []).gaps
    table = CountTable("", "skin_tone", {"1": 200, "2": 200})
    report = audit_tables(state_of([table]), {}, deadline=NO_DEADLINE).with_gaps(gaps)
    assert [outcome.check for outcome in report.outcomes] == [
        "bias",
        "bias.skin_tone",
        f"bias.{GENDER}",
    ]
    assert report.outcomes[0].message.startswith(f"bias.{GENDER}: no installed model")


async def test_nothing_but_counts_is_kept_of_a_person(portrait: Portrait) -> None:
    """No array, crop, embedding, box, landmark or score leaves the reading of a picture."""
    reading = await _read(portrait, PerceivedAttributes(0.87, 33.5), GENDER, AGE_BAND)
    skin = await _read(portrait, None)
    for found in (reading, skin):
        assert isinstance(found.state, AuditState)
        assert [field.name for field in fields(found)] == ["faces", "state", "abstained"]
        for table in found.state.tables:
            figures = [*table.counts.values(), table.unverified]
            assert set(figures) <= {0.0, 1.0}
            assert not any(isinstance(value, np.ndarray) for value in figures)
        assert "0.87" not in repr(found)
        assert "33.5" not in repr(found)
