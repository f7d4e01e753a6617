"""Which checks apply to an asset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gencheck.errors import InvalidArgument
from gencheck.findings import Outcome, SkipReason, skipped
from gencheck.media.types import MediaKind

CHECKS = ("artifact", "consistency", "mesh")

_BY_KIND: dict[MediaKind, tuple[str, ...]] = {
    MediaKind.IMAGE: ("artifact", "consistency"),
    MediaKind.VIDEO: ("artifact", "consistency"),
    MediaKind.AUDIO: ("artifact",),
    MediaKind.MESH: ("mesh", "consistency"),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The checks to ask, and what is to be said about those that are left out.

    Attributes:
        ask: checks of the asset itself, all at once.
        ask_views: checks of the views that the mesh check draws, all at once after it.
    """

    ask: tuple[str, ...]
    left_out: tuple[Outcome, ...]
    ask_views: tuple[str, ...] = ()


def plan(
    kind: MediaKind, *, prompt: str, wanted: Sequence[str] = (), allowed: Sequence[str] = ()
) -> Plan:
    """The checks that apply to a kind of medium.

    A prompt that no check can hold against the medium leaves a gap, and so no PASS.

    Args:
        wanted: names of checks that the caller asks for; all that apply where empty.
        allowed: names of checks that the policy asks at all; all where empty.

    Raises:
        InvalidArgument: an unknown check is wanted.
    """
    _refuse_unknown(wanted)
    ask: list[str] = []
    ask_views: list[str] = []
    left_out: list[Outcome] = []
    for check in CHECKS:
        skip = _why_not(check, kind, prompt, wanted)
        if skip is None and allowed and check not in allowed:
            skip = _said(True, check, SkipReason.NOT_REQUESTED, "the policy does not ask it")
        if skip is not None:
            left_out.extend(skip)
        elif kind is MediaKind.MESH and check != "mesh":
            ask_views.append(check)
        else:
            ask.append(check)
    return Plan(tuple(ask), tuple(left_out), tuple(ask_views))


def _why_not(
    check: str, kind: MediaKind, prompt: str, wanted: Sequence[str]
) -> tuple[Outcome, ...] | None:
    """Why a check is left out, which may be not worth a word; ``None``: it is not."""
    applies = check in _BY_KIND[kind]
    if wanted and check not in wanted:
        return _said(applies, check, SkipReason.NOT_REQUESTED, "it was not asked for")
    if check == "consistency" and not prompt.strip():
        return _said(applies, check, SkipReason.NOT_REQUESTED, "no prompt was given")
    if not applies and check == "consistency":
        message = "a prompt is checked against what can be seen, this is a sound"
        return _said(True, check, SkipReason.UNCERTAIN, message)
    if not applies:
        message = f"it does not read {kind.value}"
        return _said(bool(wanted), check, SkipReason.NOT_APPLICABLE, message)
    if kind is MediaKind.MESH and wanted and "mesh" not in wanted:
        message = "the views of a mesh come from the check mesh: ask for it too"
        return _said(True, check, SkipReason.UNCERTAIN, message)
    return None


def _said(worth: bool, check: str, reason: SkipReason, message: str) -> tuple[Outcome, ...]:
    return (skipped(check, reason, message),) if worth else ()


def _refuse_unknown(wanted: Sequence[str]) -> None:
    unknown = sorted(set(wanted) - set(CHECKS))
    if unknown:
        raise InvalidArgument(
            f'no check is called "{unknown[0]}"',
            where="checks",
            fix=f"Known are {', '.join(CHECKS)}.",
            metadata={"check": unknown[0]},
        )
