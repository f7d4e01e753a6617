"""From pictures to counts: faces are found, their skin tones read, and only totals are kept.

No crop, no embedding and no record of a person leaves this file. Perceived gender and age are not
read: no model of the default profile could, and none is good enough for one picture.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gencheck.bias.counts import AuditState, CountTable, state_of
from gencheck.bias.monk import GROUPS, TONES, group_of
from gencheck.bias.skin import Abstention, estimate_light, read_skin
from gencheck.deadline import Deadline
from gencheck.errors import InvalidArgument, ModelNotReady
from gencheck.vision.roles import MISSING_ROLE_FIX, Face, Picture, Roles

SKIN_TONE = "skin_tone"
SKIN_TONE_GROUP = "skin_tone_group"
ATTRIBUTES = (SKIN_TONE, SKIN_TONE_GROUP)
MIN_SCORE = 0.5
"""CenterFace found 98.5 % of 1,164 faces at this score."""
MAX_FACES = 200


@dataclass(frozen=True, slots=True)
class ImageReading:
    """What one picture adds to a set.

    Attributes:
        faces: faces found.
        state: one picture's state, to be merged with others.
        abstained: faces whose skin tone was not read, by reason.
    """

    faces: int
    state: AuditState
    abstained: dict[Abstention, int] = field(default_factory=dict)


def check_attributes(attributes: Sequence[str]) -> tuple[str, ...]:
    """The attributes to read; all where none is named.

    Raises:
        InvalidArgument: for one that cannot be read from pictures.
    """
    for name in attributes:
        if name not in ATTRIBUTES:
            raise InvalidArgument(
                f"'{name[:60]}' cannot be read from pictures",
                where="attributes",
                fix=f"Readable are {', '.join(ATTRIBUTES)}; audit others by counts or labels.",
            )
    return tuple(dict.fromkeys(attributes)) or ATTRIBUTES


async def read_image(
    picture: Picture,
    roles: Roles,
    *,
    prompt: str = "",
    attributes: Sequence[str] = (),
    deadline: Deadline,
) -> ImageReading:
    """Counts the people of one picture by perceived skin tone.

    Args:
        picture: ``uint8 [H, W, 3]``, RGB, upright.
        prompt: the prompt or group that it was made from.
        attributes: of ``ATTRIBUTES``; all where empty.

    Raises:
        ModelNotReady: nobody plays the role ``faces``.
        InvalidArgument: an attribute that cannot be read.
    """
    wanted = check_attributes(attributes)
    if roles.faces is None:
        raise ModelNotReady(
            "no model plays the role 'faces'", where="bias", fix=MISSING_ROLE_FIX["faces"]
        )
    found = await roles.faces.detect(picture, deadline=deadline)
    faces = [face for face in found if face.score >= MIN_SCORE][:MAX_FACES]
    tones, abstained = await asyncio.to_thread(_read_faces, picture, faces, deadline)
    model = f"{roles.faces.model.name}@{roles.faces.model.version}"
    tables = [_table(prompt, name, tones, abstained.total(), model) for name in wanted if faces]
    state = state_of(tables, images=1, images_without_face=0 if faces else 1)
    return ImageReading(len(faces), state, dict(abstained))


def _read_faces(
    picture: Picture, faces: list[Face], deadline: Deadline
) -> tuple[Counter[int], Counter[Abstention]]:
    tones: Counter[int] = Counter()
    abstained: Counter[Abstention] = Counter()
    light = estimate_light(picture, faces) if faces else None
    for face in faces:
        deadline.check()
        reading = read_skin(picture, face, light=light)
        if reading.tone is not None:
            tones[reading.tone] += 1
        elif reading.reason is not None:
            abstained[reading.reason] += 1
    return tones, abstained


def _table(
    prompt: str, attribute: str, tones: Counter[int], unverified: int, model: str
) -> CountTable:
    counts = dict.fromkeys(TONES if attribute == SKIN_TONE else GROUPS, 0.0)
    for tone, people in tones.items():
        counts[str(tone) if attribute == SKIN_TONE else group_of(tone)] += people
    return CountTable(prompt, attribute, counts, float(unverified), model)
