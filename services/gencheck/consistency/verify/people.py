"""People, as far as faces tell. A face tells that somebody is there, never gender, age or trade."""

from __future__ import annotations

from collections.abc import Sequence

from gencheck.consistency.claims import Comparator
from gencheck.consistency.verify.answer import Answer, Seen, contradicted, supported, uncertain
from gencheck.consistency.verify.objects import seen_boxes
from gencheck.findings import Box
from gencheck.vision.calibration import Calibration
from gencheck.vision.roles import Face

ROLE = "FaceDetector"
CLEAR_SCORE = 0.7
"""From this score on a face counts as seen (fixed on coco128/train2017)."""
FAINT_SCORE = 0.5
LARGE = 0.05
"""Share of the picture from which a body is no passer-by whom a prompt need not name."""
_MAY_HIDE = "people may be turned away or covered"


def clear_faces(faces: Sequence[Face]) -> list[Box]:
    """Boxes of the faces that count as seen."""
    return [face.box for face in faces if face.score >= CLEAR_SCORE]


def large_bodies(
    seen: Seen, calibration: Calibration, confidence: float
) -> list[tuple[Box, float]]:
    """People whom the object detector sees large, and the probability that each is one."""
    boxes = seen_boxes("person", seen.objects or (), calibration)
    whole = seen.picture[..., 0].size
    return [
        (box, right)
        for box, right in boxes
        if right >= confidence and box.width * box.height >= LARGE * whole
    ]


def judge_person(noun: str, faces: Sequence[Face], *, others: int = 0) -> Answer:
    """Whether somebody is to be seen; no face is no proof of nobody.

    Args:
        others: people whom the prompt asks for before, and who are not the same.
    """
    clear = clear_faces(faces)
    if len(clear) <= others:
        return uncertain(f"{len(clear)} clear faces were found, but {_MAY_HIDE}", ROLE, clear)
    note = "" if noun == "person" else f"; that it is a {noun} is not judged by a face"
    return supported(f"a person's face was found{note}", ROLE, clear)


def judge_face(faces: Sequence[Face]) -> Answer:
    """Whether a face is to be seen, where the prompt asks for the face itself."""
    clear = clear_faces(faces)
    if clear:
        return supported("a face was found", ROLE, clear)
    if faces:
        return uncertain("something faintly like a face was found", ROLE, [faces[0].box])
    return contradicted("no face was found", ROLE)


def judge_faces_count(
    n: int, comparator: Comparator, faces: Sequence[Face], *, others: int | None
) -> Answer:
    """How many people, by their faces: more faces than people asked for is too many.

    Args:
        others: people whom the prompt asks for besides these; ``None`` where it does not say how
            many. Their faces are counted with the rest, as a face does not tell who is meant.
    """
    clear = clear_faces(faces)
    faint = len(faces) - len(clear)
    why = f"{len(clear)} clear faces were found"
    if others is None or others > 0:
        total = None if others is None else n + others
        if total is not None and comparator is not Comparator.AT_LEAST and len(clear) > total:
            return contradicted(f"{why}, {total} people were asked for in all", ROLE, clear)
        return uncertain(f"{why}; faces do not tell who is meant", ROLE, clear)
    if comparator is Comparator.AT_LEAST:
        enough = len(clear) >= n
        return supported(why, ROLE, clear) if enough else uncertain(f"{why}, {_MAY_HIDE}", ROLE)
    if len(clear) > n:
        return contradicted(f"{why}, {n} people were asked for", ROLE, clear)
    if comparator is Comparator.EQUAL and len(clear) == n > 0 and not faint:
        return supported(why, ROLE, clear)
    return uncertain(f"{why}, but {_MAY_HIDE}", ROLE, clear)


def judge_nobody(faces: Sequence[Face]) -> Answer:
    """Whether nobody is to be seen: a clear face refutes it, no face does not prove it."""
    clear = clear_faces(faces)
    if clear:
        return contradicted(f"{len(clear)} clear faces were found", ROLE, clear)
    return uncertain(f"no clear face was found, but {_MAY_HIDE}", ROLE)


def judge_no_face(faces: Sequence[Face]) -> Answer:
    """Whether no face is to be seen."""
    clear = clear_faces(faces)
    if clear:
        return contradicted(f"{len(clear)} clear faces were found", ROLE, clear)
    if faces:
        return uncertain("something faintly like a face was found", ROLE, [faces[0].box])
    return supported("no face was found", ROLE)
