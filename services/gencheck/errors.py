"""Every error that gencheck raises on purpose.

Each says what happened, where, and what to do about it. ``serving/status.py`` is the one place
that turns them into gRPC status codes, ``cli.py`` the one that turns them into exit statuses.

::

    GencheckError
    ├── InvalidInput              the caller can mend it
    │   ├── DecodeFailed          nothing of the asset could be decoded
    │   ├── UnsupportedMedia      a format that gencheck does not read
    │   ├── LimitExceeded         bytes, pixels, frames, faces or seconds over a cap
    │   ├── InvalidArgument       a field of the request, an option, a prompt
    │   ├── MalformedRequest      bytes that are no message of the expected type
    │   └── InvalidPolicy         a policy that does not parse, or that nobody knows
    ├── NotFound                  a file, a model, a policy name
    ├── PermissionDenied          a path outside the allowed roots, an unreadable file
    ├── Unauthenticated           no token, or one that nobody has
    ├── Overloaded                a bounded queue is full: try again later
    ├── OutOfMemory               the process could not get the memory for this call
    ├── Unavailable               a service, a worker or a model is not there (now)
    │   ├── WorkerLost            the decoding process died (memory, time, crash)
    │   └── ModelNotReady         a model is missing, corrupt or still loading
    ├── DeadlineExceeded          the caller's time is up
    ├── Cancelled                 the caller has gone
    └── ModelError                a model answered with something else than its contract
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class GencheckError(Exception):
    """Base of all errors raised on purpose.

    Args:
        what: what happened, one sentence without a final dot.
        where: the file, field, option or model it happened at.
        fix: what the reader can do about it.
        metadata: every dynamic value of the message, for programs.
    """

    reason: ClassVar[str] = "INTERNAL"

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        fix: str = "",
        metadata: dict[str, str] | None = None,
    ) -> None:
        super().__init__(what, where, fix, metadata)
        self.what = what
        self.where = where
        self.fix = fix
        self.metadata = dict(metadata or {})

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.fix}" if self.fix else text

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by parts, so that an error crosses a process boundary whole."""
        return (_rebuild, (type(self), self.what, self.where, self.fix, self.metadata))


def _rebuild(
    kind: type[GencheckError], what: str, where: str, fix: str, metadata: dict[str, str]
) -> GencheckError:
    return kind(what, where=where, fix=fix, metadata=metadata)


class InvalidInput(GencheckError):
    """The caller sent something that can never work as it is."""

    reason = "INVALID_INPUT"


class DecodeFailed(InvalidInput):
    """Nothing of the asset could be decoded."""

    reason = "DECODE_FAILED"


class UnsupportedMedia(InvalidInput):
    """The bytes are of a format that gencheck does not read."""

    reason = "UNSUPPORTED_MEDIA"


class LimitExceeded(InvalidInput):
    """A size, count or duration is over its cap."""

    reason = "LIMIT_EXCEEDED"


class InvalidArgument(InvalidInput):
    """A field of a request or an option of a command is wrong.

    Args:
        violations: the path of every field that is wrong, and what is wrong with it.
    """

    reason = "INVALID_ARGUMENT"

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        fix: str = "",
        metadata: dict[str, str] | None = None,
        violations: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(what, where=where, fix=fix, metadata=metadata)
        self.violations = tuple(violations)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by parts; the violations travel as state."""
        return (*super().__reduce__(), {"violations": self.violations})


class MalformedRequest(InvalidInput):
    """The bytes of a request are no message of the expected type."""

    reason = "MALFORMED_REQUEST"


class InvalidPolicy(InvalidInput):
    """A policy does not parse, or contradicts itself."""

    reason = "INVALID_POLICY"


class NotFound(GencheckError):
    """A file, a model or a policy of that name does not exist."""

    reason = "NOT_FOUND"


class PermissionDenied(GencheckError):
    """Access is not allowed."""

    reason = "PERMISSION_DENIED"


class Unauthenticated(GencheckError):
    """The server does not know who calls."""

    reason = "UNAUTHENTICATED"


class Overloaded(GencheckError):
    """A bounded queue is full; the same call may succeed later.

    Args:
        retry_seconds: when it may, by the load; ``None`` where that is not known.
    """

    reason = "OVERLOADED"

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        fix: str = "",
        metadata: dict[str, str] | None = None,
        retry_seconds: float | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix, metadata=metadata)
        self.retry_seconds = retry_seconds

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by parts; the delay travels as state."""
        return (*super().__reduce__(), {"retry_seconds": self.retry_seconds})


class OutOfMemory(GencheckError):
    """The process could not get the memory that this call needs."""

    reason = "OUT_OF_MEMORY"


class Unavailable(GencheckError):
    """Something that the answer needs is not there now."""

    reason = "SERVICE_UNAVAILABLE"


class WorkerLost(Unavailable):
    """A decoding process died while it held the asset."""

    reason = "WORKER_LOST"


class ModelNotReady(Unavailable):
    """A model is missing, corrupt, or still loading."""

    reason = "MODEL_NOT_READY"


class DeadlineExceeded(GencheckError):
    """The time that the caller gave is up."""

    reason = "DEADLINE_EXCEEDED"


class Cancelled(GencheckError):
    """The caller no longer waits for the answer."""

    reason = "CANCELLED"


class ModelError(GencheckError):
    """A model's answer does not fit its contract."""

    reason = "MODEL_ERROR"
