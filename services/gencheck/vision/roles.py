"""What services ask for: roles, never a model by name.

Every picture is ``uint8 [H, W, 3]``, RGB, upright. Boxes are in its pixels. A role that nobody
plays is ``None`` in :class:`Roles`: the check then abstains and says which role is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gencheck.deadline import Deadline
from gencheck.findings import Box, ModelUsed

Picture: TypeAlias = NDArray[np.uint8]
PixelMask: TypeAlias = NDArray[np.bool_]
"""``bool [H, W]``, of the picture's size: which pixels belong to a thing."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face: box, score 0..1, and 5 landmarks ``float32 [5, 2]`` in pixels.

    Landmarks: left eye, right eye, nose, left and right corner of the mouth, as the viewer sees
    them; ``None`` from a detector that gives none.
    """

    box: Box
    score: float
    landmarks: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class DetectedObject:
    """An object of a known class, with a score 0..1 that is no probability."""

    label: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text as read, with the recogniser's mean score 0..1.

    Attributes:
        quad: the four corners, ``float32 [4, 2]``, clockwise from top left of the text.
    """

    text: str
    box: Box
    score: float
    quad: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ExaminedLine:
    """Something that looks like a line of text, and how sure its reader is of it.

    Attributes:
        quad: the four corners, ``float32 [4, 2]``, clockwise from top left of the text.
        likeness: how much it looks like text to the detector, 0..1.
        text: as read; empty where nothing could be, or it was not tried.
        scores: the recogniser's probability of each character, 0..1.
        again: as read once more from slightly changed pictures of the line; empty where every
            character is clear. A line of letters reads much the same, anything else does not.
        mirrored: mean probability of the characters that are read in the line's mirror image; 0
            where that was not tried.
    """

    quad: NDArray[np.float32]
    likeness: float
    text: str
    scores: tuple[float, ...]
    again: tuple[str, ...] = ()
    mirrored: float = 0.0


WorthReading: TypeAlias = Callable[[NDArray[np.float32], float], bool]
"""Whether to read a line, from its ``quad`` and its ``likeness``."""


class FaceDetector(Protocol):
    """Finds faces.

    Attributes:
        score: the least of a face that is told without being asked for fainter ones, 0..1.
    """

    model: ModelUsed
    score: float

    async def detect(
        self, picture: Picture, *, least: float | None = None, deadline: Deadline
    ) -> list[Face]:
        """Faces, best score first, down to the score ``least``, or the detector's own."""
        ...


class ObjectDetector(Protocol):
    """Finds objects of a closed vocabulary."""

    model: ModelUsed
    labels: tuple[str, ...]

    async def detect(self, picture: Picture, *, deadline: Deadline) -> list[DetectedObject]:
        """Objects after non-maximum suppression, best score first, down to a low score."""
        ...


class Segmenter(Protocol):
    """Cuts out what lies in a box."""

    model: ModelUsed

    async def segment(
        self, picture: Picture, boxes: Sequence[Box], *, deadline: Deadline
    ) -> list[PixelMask | None]:
        """A mask for each box, at most 64 of them; ``None`` where the model sees no such thing.

        Raises:
            LimitExceeded: more boxes than that.
        """
        ...


class TextReader(Protocol):
    """Reads lines of text."""

    model: ModelUsed

    async def read(self, picture: Picture, *, deadline: Deadline) -> list[TextLine]:
        """Lines in reading order."""
        ...

    async def examine(
        self, picture: Picture, *, most: int, worth: WorthReading, deadline: Deadline
    ) -> list[ExaminedLine]:
        """The largest lines, at most so many, also those that cannot be read.

        Args:
            worth: which of them to read; the others are returned without text.
        """
        ...


@dataclass(frozen=True, slots=True)
class PerceivedAttributes:
    """How a face would be taken by those who look at it; not who somebody is.

    Attributes:
        feminine: the model's own probability, 0..1, that people take the face for a woman's; not
            calibrated.
        age: years, as they look. Below ten the rest is a guess: who counts people leaves such
            faces out.
    """

    feminine: float
    age: float


class FaceAttributes(Protocol):
    """Perceives gender expression and age, for audits of whole sets.

    Nothing by which a person could be found again leaves it: no embedding, no crop.
    """

    model: ModelUsed

    async def perceive(
        self, picture: Picture, faces: Sequence[Face], *, deadline: Deadline
    ) -> list[PerceivedAttributes | None]:
        """A reading of each face; ``None`` for one that lacks what the model needs."""
        ...


class FaceLandmarker(Protocol):
    """Finds the outline of a face, its brows, eyes, nose and mouth."""

    model: ModelUsed

    async def locate(
        self, picture: Picture, faces: Sequence[Face], *, deadline: Deadline
    ) -> list[NDArray[np.float32]]:
        """For each face its points, ``float32 [n, 2]`` in pixels, n the same for all."""
        ...


class DeepfakeClassifier(Protocol):
    """Says how much a face looks like one that was swapped into a video."""

    model: ModelUsed

    async def judge(
        self, picture: Picture, faces: Sequence[Face], *, deadline: Deadline
    ) -> list[float]:
        """For each face 0 (swapped) to 1 (real); no probability."""
        ...


@dataclass(frozen=True, slots=True)
class EncodedTexts:
    """Texts as vectors.

    Attributes:
        vectors: unit vectors, ``float32 [n, d]``.
        cut: ``bool [n]``: the text is longer than the model reads, and its end had no say.
    """

    vectors: NDArray[np.float32]
    cut: NDArray[np.bool_]


class ImageTextEncoder(Protocol):
    """Puts pictures and texts into one space, where the cosine says how well they fit.

    With ``logits = scale * cosine``, a pair without ``bias`` was trained to tell which of several
    texts fits a picture best: a softmax over *all* texts that could be meant gives probabilities,
    and one text alone has none. With ``bias``, ``1 / (1 + exp(-(logit + bias)))`` is that of a
    single text and picture. Neither is calibrated on generated pictures.
    """

    model: ModelUsed

    @property
    def scale(self) -> float:
        """What a cosine is multiplied with."""
        ...

    @property
    def bias(self) -> float | None:
        """What is added to that; ``None`` where the pair has none."""
        ...

    async def encode_pictures(
        self, pictures: Sequence[Picture], *, deadline: Deadline
    ) -> NDArray[np.float32]:
        """Unit vectors, ``float32 [n, d]``."""
        ...

    async def encode_texts(self, texts: Sequence[str], *, deadline: Deadline) -> EncodedTexts:
        """Unit vectors, and which texts were cut."""
        ...


@dataclass(frozen=True, slots=True)
class VisualAnswer:
    """What a model says to one question about a picture.

    Attributes:
        text: its words, at most a line; empty where it gave none.
        yes: whether they are a plain yes or no; ``None`` for everything else.
        p_yes: the model's own probability of the word yes, 0..1, as VQAScore (arXiv:2404.01291)
            has it; not calibrated. ``None`` where the model did not tell.
    """

    question: str
    text: str
    yes: bool | None
    p_yes: float | None = None


MOST_QUESTIONS = 64
LONGEST_QUESTION = 1000  # characters


class QuestionAnswering(Protocol):
    """Looks at a picture and answers questions about it."""

    model: ModelUsed

    async def ask(
        self, picture: Picture, questions: Sequence[str], *, deadline: Deadline
    ) -> list[VisualAnswer]:
        """An answer to each question, in their order.

        Raises:
            InvalidArgument, LimitExceeded: a question is empty or too long, or there are too many.
        """
        ...


@dataclass(frozen=True, slots=True)
class ArtifactMap:
    """Where a picture looks broken, and how, as a model sees it.

    Attributes:
        probabilities: ``float32 [k, h, w]`` over the whole picture, at any scale: the share of each
            kind of damage. With that of a clean pixel they sum to 1.
        classes: the ``k`` kinds of damage, such as ``warp``.
    """

    probabilities: NDArray[np.float32]
    classes: tuple[str, ...]


class ArtifactSegmenter(Protocol):
    """Sees damage that no signal measures: warped, melted, pasted or missing parts."""

    model: ModelUsed
    classes: tuple[str, ...]

    async def locate(self, picture: Picture, *, deadline: Deadline) -> ArtifactMap:
        """Where the picture looks broken."""
        ...


@dataclass(frozen=True, slots=True)
class Roles:
    """Who plays which role in this process; ``None``: nobody does."""

    faces: FaceDetector | None = None
    objects: ObjectDetector | None = None
    text: TextReader | None = None
    attributes: FaceAttributes | None = None
    landmarks: FaceLandmarker | None = None
    deepfake: DeepfakeClassifier | None = None
    encoder: ImageTextEncoder | None = None
    questions: QuestionAnswering | None = None
    segments: Segmenter | None = None
    artifacts: ArtifactSegmenter | None = None

    def only(self, *names: str) -> Roles:
        """These roles and no others: a service loads and tries the models that it asks."""
        others = {field.name: None for field in fields(self) if field.name not in names}
        return replace(self, **others)


MISSING_ROLE_FIX = {
    "faces": "Install one with: gencheck models install embedded",
    "text": "Install one with: gencheck models install embedded",
    "objects": "Install one with: gencheck models install standard",
    "artifacts": "Install one with: gencheck models install embedded",
    "question_answering": "Serve with --vqa URL, or look at it yourself.",
}
"""What to tell a user whose profile lacks a role."""
