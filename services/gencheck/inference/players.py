"""Which model plays a role, and whether it plays it rightly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, runtime_checkable

from gencheck.deadline import Deadline
from gencheck.errors import ModelNotReady
from gencheck.findings import ModelUsed
from gencheck.inference.backend import InferenceBackend, ModelSpec

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_T = TypeVar("_T")
Maker: TypeAlias = Callable[[InferenceBackend, ModelUsed, ModelSpec], _T]
"""Makes a role of a model."""


@runtime_checkable
class SelfChecking(Protocol):
    """A role that can show that it works."""

    async def self_check(self, *, deadline: Deadline) -> None:
        """Raise ``ModelNotReady`` when a golden input is not judged rightly."""
        ...


async def player(
    backend: InferenceBackend,
    available: Mapping[str, str],
    role: str,
    makers: Mapping[str, Maker[_T]],
) -> _T | None:
    """The role, played by one model; ``None`` where none is installed for it.

    Raises:
        ModelNotReady: no maker knows the model.
    """
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
    return makers[name](backend, *await used(backend, role, name))


async def used(backend: InferenceBackend, role: str, name: str) -> tuple[ModelUsed, ModelSpec]:
    """How an answer names the model, and what the model takes and gives."""
    spec = await backend.describe(name)
    return ModelUsed(role, name, spec.version), spec


async def check_players(roles: DataclassInstance, *, deadline: Deadline) -> None:
    """Let every role that is played judge its golden input.

    Args:
        roles: a dataclass whose fields are roles, ``None`` where nobody plays one.

    Raises:
        ModelNotReady: one does not answer as it must.
    """
    for field in fields(roles):
        role = getattr(roles, field.name)
        if isinstance(role, SelfChecking):
            await role.self_check(deadline=deadline)


def wrong_answer(model: str, role: str, found: str, expected: str) -> ModelNotReady:
    """The error of a model that does not know its golden input."""
    return ModelNotReady(
        f"on its golden input the model found {found}, not {expected}",
        where=f"model {model}",
        fix="Look at it with: gencheck models verify",
        metadata={"model": model, "role": role},
    )
