"""Perceived gender expression and age band of faces, where a model is there that reads them.

Such a model errs so often that its counts say little: with a common one a true 80 % reads 55 %. So
they count only with a confusion matrix: one that the caller gives, measured on pictures like those
audited, or one that is kept for the model in ``models/confusion.toml``. A kept one comes from other
pictures: a verdict then holds only where it does not hang on the correction
(:class:`~gencheck.bias.confusion.Confusion`, ``elsewhere``). Faces that look younger than ten are
not read: there the model is right half of the time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from gencheck.bias.confusion import Confusion
from gencheck.bias.counts import AuditState, CountTable
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument
from gencheck.findings import ModelUsed, Outcome, SkipReason, skipped
from gencheck.inference.store import shipped_models
from gencheck.vision.roles import Face, FaceAttributes, PerceivedAttributes, Picture

GENDER, AGE_BAND = "perceived_gender", "perceived_age_band"
PERCEIVED = (GENDER, AGE_BAND)
YOUNGEST = 10.0
"""Years; faces that look younger are not read."""
_CATEGORIES = {
    GENDER: ("masculine", "feminine"),
    AGE_BAND: ("10-19", "20-39", "40-59", "60+"),
}
_BAND_ENDS = (20.0, 40.0, 60.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read of the faces of a set.

    Attributes:
        attributes: of ``PERCEIVED``.
        gaps: what was asked for and is not read, and what would let it be.
    """

    attributes: tuple[str, ...] = ()
    gaps: tuple[Outcome, ...] = ()


NOTHING_PERCEIVED = Plan()


def plan(
    asked: Collection[str],
    role: FaceAttributes | None,
    given: Collection[str],
    *,
    looks: bool = False,
) -> Plan:
    """Decides what to read.

    Args:
        asked: attributes that the caller named; where none is, all that can be corrected are read.
        given: attributes of which the caller gave a confusion matrix.
        looks: the set is looked at repeatedly, which no correction bears.
    """
    wanted = [name for name in PERCEIVED if name in asked or not asked]
    if role is None or looks:
        why = (
            (SkipReason.MODEL_MISSING, _NO_ROLE) if role is None else (SkipReason.UNCERTAIN, _LOOKS)
        )
        return Plan(gaps=tuple(skipped(f"bias.{n}", *why) for n in wanted if n in asked))
    kept = {matrix.attribute for matrix in _kept_for(reader_of(role.model))}
    read = [name for name in wanted if name in given or name in kept]
    return Plan(
        attributes=tuple(read),
        gaps=tuple(
            skipped(f"bias.{name}", SkipReason.UNCERTAIN, _NO_MATRIX.format(role.model.name))
            for name in wanted
            if name in asked and name not in read
        ),
    )


_NO_ROLE = (
    "no installed model reads it. Install one with: gencheck models install research "
    "--accept-licence; or let people label the pictures, and audit their labels."
)
_LOOKS = (
    "counts of a model have to be corrected, and corrected ones can be audited once only. Leave "
    "repeated looks away, or audit the labels of people."
)
_NO_MATRIX = (
    "how often {} errs here is not known. Label some hundred people of such pictures, and give "
    "their confusion matrix; or audit the labels alone."
)


def reader_of(model: ModelUsed) -> str:
    """How a state names the model."""
    return f"{model.name}@{model.version}"


async def perceive(
    picture: Picture,
    face: Face,
    role: FaceAttributes,
    *,
    prompt: str,
    attributes: Iterable[str],
    deadline: Deadline,
) -> list[CountTable]:
    """The person of a picture as counts, a table an attribute.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB, upright.
        attributes: of ``PERCEIVED``.
    """
    (found,) = await role.perceive(picture, [face], deadline=deadline)
    tables = []
    for name in attributes:
        counts = dict.fromkeys(_CATEGORIES[name], 0.0)
        category = None if found is None else category_of(found, name)
        if category is not None:
            counts[category] = 1.0
        unread = float(category is None)
        tables.append(CountTable(prompt, name, counts, unread, reader_of(role.model)))
    return tables


def category_of(found: PerceivedAttributes, attribute: str) -> str | None:
    """The category of a reading; ``None`` for a face that looks younger than ten."""
    if found.age < YOUNGEST:
        return None
    if attribute == GENDER:
        return "feminine" if found.feminine >= 0.5 else "masculine"
    return _CATEGORIES[AGE_BAND][sum(found.age >= end for end in _BAND_ENDS)]


@cache
def _kept() -> dict[str, dict[str, Any]]:
    text = (shipped_models() / "confusion.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _kept_for(reader: str) -> Sequence[Confusion]:
    """The matrices that are kept for a model, ``name@version``."""
    return [
        Confusion(
            attribute,
            tuple(row["categories"]),
            tuple(tuple(map(float, counts)) for counts in row["counts"]),
            source=row["source"],
            elsewhere=True,
            model=reader,
        )
        for attribute, row in _kept().get(reader.partition("@")[0], {}).items()
    ]


def kept_matrices(state: AuditState, given: Collection[str] = ()) -> list[Confusion]:
    """What corrects the perceived attributes of a state that models read.

    Args:
        given: attributes of which the caller gave a confusion matrix.

    Raises:
        InvalidArgument: a model read one, and no matrix is kept for it.
    """
    readers = {
        (table.attribute, table.model)
        for table in state.tables
        if table.attribute in PERCEIVED and table.model and table.attribute not in given
    }
    found = []
    for attribute, reader in sorted(readers):
        kept = [matrix for matrix in _kept_for(reader) if matrix.attribute == attribute]
        if not kept:
            raise InvalidArgument(
                _NO_MATRIX.format(reader),
                where=f"table of '{attribute}'",
                fix="Name no model where people gave the labels.",
            )
        found += kept
    return found
