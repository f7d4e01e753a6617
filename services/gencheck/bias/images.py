"""From pictures to counts: faces are found, a skin tone is read, and only totals are kept.

A picture adds one person: that of its largest face. Several people of one picture share its light,
its prompt and its seed, so they are no independent draws, and intervals that took them for such
would be too narrow. No crop, no embedding and no record of a person leaves this file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.counts import AuditState, CountTable, state_of
from gencheck.bias.detection import FAINT_SCORE, found_table
from gencheck.bias.light import weigh_lights
from gencheck.bias.monk import GROUPS, TONES
from gencheck.bias.perceived import PERCEIVED, perceive
from gencheck.bias.skin import Abstention, SkinReading, read_skin
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, ModelNotReady
from gencheck.vision.roles import MISSING_ROLE_FIX, Face, Picture, Roles

SKIN_TONE = "skin_tone"
SKIN_TONE_GROUP = "skin_tone_group"
ATTRIBUTES = (SKIN_TONE, SKIN_TONE_GROUP)
READER = "skin-tone@2"
"""How faces are read; its counts are not added to those of another version."""
MIN_MASS = 0.6
"""A category counts from this much of a face's distribution on; below it the face abstains."""


@dataclass(frozen=True, slots=True)
class ImageReading:
    """What one picture adds to a set.

    Attributes:
        faces: faces found.
        state: one picture's state, to be merged with others.
        abstained: by attribute, why it was not read of the largest face.
    """

    faces: int
    state: AuditState
    abstained: Mapping[str, Abstention]


def check_attributes(attributes: Sequence[str]) -> tuple[str, ...]:
    """The attributes of skin to read; all where none is named.

    Raises:
        InvalidArgument: for one that cannot be read from pictures.
    """
    readable = (*ATTRIBUTES, *PERCEIVED)
    for name in attributes:
        if name not in readable:
            raise InvalidArgument(
                f"'{name[:60]}' cannot be read from pictures",
                where="attributes",
                fix=f"Readable are {', '.join(readable)}; audit others by counts or labels.",
            )
    asked = tuple(dict.fromkeys(attributes)) or ATTRIBUTES
    return tuple(name for name in asked if name in ATTRIBUTES)


async def read_image(
    picture: Picture,
    roles: Roles,
    *,
    prompt: str = "",
    attributes: Sequence[str] = (),
    perceived: Sequence[str] = (),
    deadline: Deadline,
) -> ImageReading:
    """Counts the person of one picture by perceived skin tone.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB, upright.
        prompt: the prompt or group that it was made from.
        attributes: of ``ATTRIBUTES``; all where empty.
        perceived: of ``PERCEIVED``, where the role ``attributes`` is played.

    Raises:
        ModelNotReady: nobody plays the role ``faces``.
        InvalidArgument: an attribute that cannot be read.
    """
    wanted = check_attributes(attributes)
    if roles.faces is None:
        raise ModelNotReady(
            "no model plays the role 'faces'", where="bias", fix=MISSING_ROLE_FIX["faces"]
        )
    found = await roles.faces.detect(picture, least=FAINT_SCORE, deadline=deadline)
    deadline.check()
    faces = [face for face in found if face.score >= roles.faces.score]
    if not found:
        return ImageReading(0, AuditState(images=1, images_without_face=1), {})
    model = f"{roles.faces.model.name}@{roles.faces.model.version}, {READER}"
    largest, person = await asyncio.to_thread(_read, picture, found, faces)
    tables = _found(largest, clear=person is largest, model=model) if wanted else []
    if person is None:
        return ImageReading(0, state_of(tables, images=1, images_without_face=1), {})
    counted = {name: category_of(person, name) for name in wanted}
    tables += [_table(prompt, name, category, model) for name, category in counted.items()]
    if perceived and roles.attributes is not None:
        tables += await perceive(
            picture,
            largest_of(faces),
            roles.attributes,
            prompt=prompt,
            attributes=perceived,
            deadline=deadline,
        )
    abstained = {
        name: person.reason or Abstention.UNCERTAIN
        for name, category in counted.items()
        if category is None
    }
    return ImageReading(len(faces), state_of(tables, images=1), abstained)


def category_of(reading: SkinReading, attribute: str) -> str | None:
    """The category of an attribute that holds 60 % of a face's distribution, if one does."""
    if reading.masses is None:
        return None
    masses = _masses(reading.masses, attribute)
    best = max(masses, key=masses.__getitem__)
    return best if masses[best] >= MIN_MASS else None


def _masses(tones: NDArray[np.float64], attribute: str) -> dict[str, float]:
    if attribute == SKIN_TONE:
        return dict(zip(TONES, map(float, tones), strict=True))
    return {
        name: float(tones[group.start - 1 : group.stop - 1].sum()) for name, group in GROUPS.items()
    }


def largest_of(faces: Sequence[Face]) -> Face:
    """The face that stands for a picture."""
    return max(faces, key=lambda face: (face.box.width * face.box.height, face.score))


def _read(
    picture: Picture, found: Sequence[Face], clear: Sequence[Face]
) -> tuple[SkinReading, SkinReading | None]:
    """The largest face, and the largest that is clear, which mostly is the same."""
    lights = weigh_lights(picture, found)
    face = largest_of(found)
    largest = read_skin(picture, face, light_weights=lights)
    if not clear or (person := largest_of(clear)) is face:
        return largest, largest if clear else None
    return largest, read_skin(picture, person, light_weights=lights)


def _found(largest: SkinReading, *, clear: bool, model: str) -> list[CountTable]:
    group = category_of(largest, SKIN_TONE_GROUP)
    return [] if group is None else [found_table(group, clear=clear, model=model)]


def _table(prompt: str, attribute: str, category: str | None, model: str) -> CountTable:
    counts = dict.fromkeys(TONES if attribute == SKIN_TONE else GROUPS, 0.0)
    if category is not None:
        counts[category] = 1.0
    return CountTable(prompt, attribute, counts, float(category is None), model)
