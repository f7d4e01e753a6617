"""Who plays which role: the models of a store, put behind the typed roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec
from gencheck.vision.faces import CenterFaceDetector
from gencheck.vision.objects import YoloxDetector
from gencheck.vision.roles import FaceDetector, ObjectDetector, Roles, TextReader
from gencheck.vision.scrfd import ScrfdDetector
from gencheck.vision.text import OcrReader
from gencheck.vision.text_lines import alphabet

_T = TypeVar("_T")
_Make: TypeAlias = Callable[[InferenceBackend, ModelUsed, ModelSpec], _T]

_FACES: Mapping[str, _Make[FaceDetector]] = {
    "centerface": lambda backend, used, spec: CenterFaceDetector(backend, used),
    "scrfd_2_5g_kps": lambda backend, used, spec: ScrfdDetector(backend, used),
}
_OBJECTS: Mapping[str, _Make[ObjectDetector]] = {
    "yolox_nano": lambda backend, used, spec: YoloxDetector(backend, used, spec.labels),
}


@runtime_checkable
class SelfChecking(Protocol):
    """A role that can show that it works."""

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` when a golden input is not judged rightly."""
        ...


async def build_roles(backend: InferenceBackend, available: Mapping[str, str]) -> Roles:
    """The roles that the available models can play; ``None`` for the others.

    Nothing is loaded: the models' configurations are read. :func:`check_roles` loads and tries.

    Args:
        available: model by role: ``face_detector``, ``object_detector``, ``text_detector``,
            ``text_recognizer``, as ``ModelStore.players`` gives it.

    Raises:
        NotFound, ModelNotReady: a model is not in the backend, or its configuration is broken.
    """
    return Roles(
        faces=await _one(backend, available, "face_detector", _FACES),
        objects=await _one(backend, available, "object_detector", _OBJECTS),
        text=await _text(backend, available),
    )


async def check_roles(roles: Roles, *, deadline: Deadline) -> None:
    """Let every role that is played judge its golden input.

    Raises:
        ModelNotReady: one does not answer as it must.
    """
    for field in fields(roles):
        role = getattr(roles, field.name)
        if isinstance(role, SelfChecking):
            await role.self_check(deadline=deadline)


async def _one(
    backend: InferenceBackend,
    available: Mapping[str, str],
    role: str,
    makers: Mapping[str, _Make[_T]],
) -> _T | None:
    """The role, played by one model; ``None`` where none is installed for it."""
    name = available.get(role)
    if name is None:
        return None
    if name not in makers:
        raise ModelNotReady(
            f"this version of gencheck cannot decode the model {name}",
            where=f"model {name}",
            fix=f"Use one of: {', '.join(makers)}.",
            metadata={"model": name},
        )
    return makers[name](backend, *await _used(backend, role, name))


async def _text(backend: InferenceBackend, available: Mapping[str, str]) -> TextReader | None:
    detector, recogniser = available.get("text_detector"), available.get("text_recognizer")
    if detector is None or recogniser is None:
        return None
    finds, _ = await _used(backend, "text_detector", detector)
    reads, spec = await _used(backend, "text_recognizer", recogniser)
    return OcrReader(backend, finds, reads, alphabet(spec.labels))


async def _used(backend: InferenceBackend, role: str, name: str) -> tuple[ModelUsed, ModelSpec]:
    spec = await backend.describe(name)
    return ModelUsed(role, name, spec.version), spec
