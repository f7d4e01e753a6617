"""Who plays which role: the models of a store, put behind the typed roles."""

from __future__ import annotations

from collections.abc import Mapping

from gencheck.deadline import Deadline
from gencheck.errors import NotFound
from gencheck.inference.backend import InferenceBackend
from gencheck.inference.players import Maker, check_players, player, used
from gencheck.vision.artifacts import DamageSegmenter
from gencheck.vision.encoders import TwoTowerEncoder
from gencheck.vision.faces import CenterFaceDetector
from gencheck.vision.genderage import PACK, V1, GenderAge
from gencheck.vision.landmarks106 import Landmarks106
from gencheck.vision.mesonet import MesoNet
from gencheck.vision.objects import YoloxDetector
from gencheck.vision.roles import (
    ArtifactSegmenter,
    DeepfakeClassifier,
    FaceAttributes,
    FaceDetector,
    FaceLandmarker,
    ImageTextEncoder,
    ObjectDetector,
    Roles,
    Segmenter,
    TextReader,
)
from gencheck.vision.scrfd import ScrfdDetector
from gencheck.vision.segment_sam import SamSegmenter
from gencheck.vision.segment_yolo import YoloSegmenter
from gencheck.vision.text import OcrReader
from gencheck.vision.text_lines import alphabet
from gencheck.vision.ultralight import UltraLightDetector
from gencheck.vision.yolov8 import YoloDetector

_FACES: Mapping[str, Maker[FaceDetector]] = {
    "centerface": lambda backend, used, spec: CenterFaceDetector(backend, used),
    "insightface_scrfd": lambda backend, used, spec: ScrfdDetector(backend, used),
    "scrfd_2_5g_kps": lambda backend, used, spec: ScrfdDetector(backend, used),
    "scrfd_500m_kps": lambda backend, used, spec: ScrfdDetector(backend, used),
    "ultralight_rfb_320": UltraLightDetector,
    "ultralight_rfb_640": UltraLightDetector,
}
_ATTRIBUTES: Mapping[str, Maker[FaceAttributes]] = {
    "genderage_v1": lambda backend, used, spec: GenderAge(backend, used, V1),
    "insightface_genderage": lambda backend, used, spec: GenderAge(backend, used, PACK),
}
_LANDMARKS: Mapping[str, Maker[FaceLandmarker]] = {
    "insightface_2d106": lambda backend, used, spec: Landmarks106(backend, used),
}
_DEEPFAKE: Mapping[str, Maker[DeepfakeClassifier]] = {
    "meso4_df": lambda backend, used, spec: MesoNet(backend, used, golden=0.518),
    "meso4_f2f": lambda backend, used, spec: MesoNet(backend, used, golden=0.625),
}
_OBJECTS: Mapping[str, Maker[ObjectDetector]] = {
    "yolox_nano": lambda backend, used, spec: YoloxDetector(backend, used, spec.labels),
    "yolo11n": YoloDetector,
    "yolov8n": YoloDetector,
    "yolov8n_int8_320": YoloDetector,
}
_SEGMENTS: Mapping[str, Maker[Segmenter]] = {
    "yolo11n_seg": YoloSegmenter,
    "yolov8n_seg": YoloSegmenter,
    "yolov8n_seg_int8_320": YoloSegmenter,
}
_ARTIFACTS: Mapping[str, Maker[ArtifactSegmenter]] = {"artifact_segmenter": DamageSegmenter}
_SAM = {"mobile_sam_encoder": "mobile_sam_decoder", "sam_vit_b_encoder": "sam_vit_b_decoder"}
"""What one run of the recipe makes: the decoder of each encoder."""


async def build_roles(backend: InferenceBackend, available: Mapping[str, str]) -> Roles:
    """The roles that the available models can play; ``None`` for the others.

    Nothing is loaded: the models' configurations are read. :func:`check_roles` loads and tries.

    Args:
        available: model by role: ``face_detector``, ``object_detector``, ``text_detector``,
            ``text_recognizer``, ``image_encoder``, ``text_encoder``, ``segmenter``,
            ``artifact_segmenter``, …, as ``ModelStore.players`` gives it.

    Raises:
        NotFound, ModelNotReady: a model is not in the backend, or its configuration is broken.
    """
    return Roles(
        faces=await player(backend, available, "face_detector", _FACES),
        attributes=await player(backend, available, "face_attributes", _ATTRIBUTES),
        landmarks=await player(backend, available, "face_landmarks", _LANDMARKS),
        deepfake=await player(backend, available, "deepfake_classifier", _DEEPFAKE),
        objects=await player(backend, available, "object_detector", _OBJECTS),
        text=await _text(backend, available),
        encoder=await _encoder(backend, available),
        segments=await _segmenter(backend, available),
        artifacts=await player(backend, available, "artifact_segmenter", _ARTIFACTS),
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
    return OcrReader(backend, finds, reads, alphabet(spec.labels))


async def _segmenter(backend: InferenceBackend, available: Mapping[str, str]) -> Segmenter | None:
    name = available.get("segmenter")
    if name is None or name not in _SAM:
        return await player(backend, available, "segmenter", _SEGMENTS)
    encoder = await used(backend, "segmenter", name)
    try:
        decoder = await used(backend, "mask_decoder", _SAM[name])
    except NotFound:
        return None  # half of it cuts out nothing
    return SamSegmenter(backend, encoder, decoder)


async def _encoder(
    backend: InferenceBackend, available: Mapping[str, str]
) -> ImageTextEncoder | None:
    pictures, texts = available.get("image_encoder"), available.get("text_encoder")
    if pictures is None or texts is None:
        return None
    image = await used(backend, "image_encoder", pictures)
    return TwoTowerEncoder(backend, image, await used(backend, "text_encoder", texts))
