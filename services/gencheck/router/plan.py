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
    MediaKind.MESH: ("mesh",),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The checks to ask, and what is to be said about those that are left out."""

    ask: tuple[str, ...]
    left_out: tuple[Outcome, ...]


def plan(kind: MediaKind, *, prompt: str, wanted: Sequence[str] = ()) -> Plan:
    """The checks that apply to a kind of medium.

    A prompt that no check can hold against the medium leaves a gap, and so no PASS.

    Args:
        wanted: names of checks; all that apply where empty.

    Raises:
        InvalidArgument: an unknown check is wanted.
    """
    unknown = sorted(set(wanted) - set(CHECKS))
    if unknown:
        raise InvalidArgument(
            f'no check is called "{unknown[0]}"',
            where="checks",
            fix=f"Known are {', '.join(CHECKS)}.",
            metadata={"check": unknown[0]},
        )
    ask: list[str] = []
    left_out: list[Outcome] = []
    for check in CHECKS:
        applies = check in _BY_KIND[kind]
        if wanted and check not in wanted:
            if applies:
                left_out.append(_skip(check, SkipReason.NOT_REQUESTED, "it was not asked for"))
        elif check == "consistency" and not prompt.strip():
            if applies:
                left_out.append(_skip(check, SkipReason.NOT_REQUESTED, "no prompt was given"))
        elif applies:
            ask.append(check)
        elif check == "consistency":
            message = f"a prompt is checked against pictures and video, this is {_article(kind)}"
            left_out.append(_skip(check, SkipReason.UNCERTAIN, message))
        elif wanted:
            left_out.append(
                _skip(check, SkipReason.NOT_APPLICABLE, f"it does not read {kind.value}")
            )
    return Plan(tuple(ask), tuple(left_out))


def _skip(check: str, reason: SkipReason, message: str) -> Outcome:
    return skipped(check, reason, message)


def _article(kind: MediaKind) -> str:
    return "a sound" if kind is MediaKind.AUDIO else f"a {kind.value}"
