"""Who plays which role: the models of a store, put behind the typed roles."""

from __future__ import annotations

from collections.abc import Mapping

from gencheck.deadline import Deadline
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import Maker, check_players, player, used
from gencheck.vision.encoders import TwoTowerEncoder
from gencheck.vision.faces import CenterFaceDetector
from gencheck.vision.objects import YoloxDetector
from gencheck.vision.roles import (
    FaceDetector,
    ImageTextEncoder,
    ObjectDetector,
    Roles,
    TextReader,
)
from gencheck.vision.scrfd import ScrfdDetector
from gencheck.vision.text import OcrReader
from gencheck.vision.text_lines import alphabet

_FACES: Mapping[str, Maker[FaceDetector]] = {
    "centerface": lambda backend, used, spec: CenterFaceDetector(backend, used),
    "scrfd_2_5g_kps": lambda backend, used, spec: ScrfdDetector(backend, used),
}
_OBJECTS: Mapping[str, Maker[ObjectDetector]] = {
    "yolox_nano": lambda backend, used, spec: YoloxDetector(backend, used, spec.labels),
}


async def build_roles(backend: InferenceBackend, available: Mapping[str, str]) -> Roles:
    """The roles that the available models can play; ``None`` for the others.

    Nothing is loaded: the models' configurations are read. :func:`check_roles` loads and tries.

    Args:
        available: model by role: ``face_detector``, ``object_detector``, ``text_detector``,
            ``text_recognizer``, ``image_encoder``, ``text_encoder``, as ``ModelStore.players``
            gives it.

    Raises:
        NotFound, ModelNotReady: a model is not in the backend, or its configuration is broken.
    """
    return Roles(
        faces=await player(backend, available, "face_detector", _FACES),
        objects=await player(backend, available, "object_detector", _OBJECTS),
        text=await _text(backend, available),
        encoder=await _encoder(backend, available),
    )


async def check_roles(roles: Roles, *, deadline: Deadline) -> None:
    """Let every role that is played judge its golden input.

    Raises:
        ModelNotReady: one does not answer as it must.
    """
    await check_players(roles, deadline=deadline)


async def _text(backend: InferenceBackend, available: Mapping[str, str]) -> TextReader | None:
    detector, recogniser = available.get("text_detector"), available.get("text_recognizer")
    if detector is None or recogniser is None:
        return None
    finds, _ = await used(backend, "text_detector", detector)
    reads, spec = await used(backend, "text_recognizer", recogniser)
    return OcrReader(backend, finds, reads, alphabet(spec.labels, spec.outputs[0].shape[-1]))


async def _encoder(
    backend: InferenceBackend, available: Mapping[str, str]
) -> ImageTextEncoder | None:
    pictures, texts = available.get("image_encoder"), available.get("text_encoder")
    if pictures is None or texts is None:
        return None
    image = await used(backend, "image_encoder", pictures)
    return TwoTowerEncoder(backend, image, await used(backend, "text_encoder", texts))
