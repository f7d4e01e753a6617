"""What became of every asset that was to be sent: one row each, in columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path
from typing import Self

import grpc
import numpy as np
from numpy.typing import NDArray


class Fate(IntEnum):
    """What became of one asset."""

    ANSWERED = 0
    REFUSED = 1
    """RESOURCE_EXHAUSTED: the server said that it is busy."""
    LATE = 2
    """DEADLINE_EXCEEDED: no answer within the caller's time."""
    UNAVAILABLE = 3
    FAILED = 4
    """Any other status."""
    NOT_SENT = 5
    """The generator could not, or the run was broken off."""
    PARTIAL = 6
    """An answer in which a service's part is an error: the router bore it, the service did not."""


FATE_OF = {
    grpc.StatusCode.OK: Fate.ANSWERED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Fate.REFUSED,
    grpc.StatusCode.DEADLINE_EXCEEDED: Fate.LATE,
    grpc.StatusCode.UNAVAILABLE: Fate.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Records:
    """One entry an asset, in the order of their scheduled instants.

    Attributes:
        at: float64, the scheduled instant, in seconds from the start of the run.
        lateness: float64, seconds from there to the real sending; NaN where it was not sent.
        latency: float64, seconds from the *scheduled* instant to the end of the call.
        kind: int8, an index into ``CLASSES``.
        phase: int16, an index into the phases.
        fate: int8, a :class:`Fate`.
        code: int16, the gRPC status as a number; -1 where it was not sent.
        verdict: int8, the verdict of the answer as its number on the wire; 0 without an answer.
    """

    at: NDArray[np.float64]
    lateness: NDArray[np.float64]
    latency: NDArray[np.float64]
    kind: NDArray[np.int8]
    phase: NDArray[np.int16]
    fate: NDArray[np.int8]
    code: NDArray[np.int16]
    verdict: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.at)

    def where(self, mask: NDArray[np.bool_]) -> Records:
        """The rows that a mask picks."""
        return Records(*(getattr(self, field.name)[mask] for field in fields(self)))

    def save(self, path: Path) -> None:
        """Write a numpy archive without pickles."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez_compressed(path, allow_pickle=False, **columns)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            return cls(*(archive[field.name] for field in fields(cls)))

    @classmethod
    def together(cls, parts: Iterable[Records]) -> Self:
        """Rows of several client processes, in the order of their scheduled instants."""
        parts = list(parts)
        columns = [
            np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)
        ]
        order = np.argsort(columns[0], kind="stable")
        return cls(*(column[order] for column in columns))
