"""What a run over many files ends with."""

import pytest

from gencheck.cli import exits
from gencheck.errors import (
    DecodeFailed,
    GencheckError,
    InvalidArgument,
    ModelError,
    NotFound,
    PermissionDenied,
    Unavailable,
    WorkerLost,
)
from gencheck.findings import Verdict

PASS, FAIL, REVIEW, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.REVIEW, Verdict.INCONCLUSIVE
BAD, DOWN, BUG = DecodeFailed("x"), Unavailable("x"), ModelError("x")


@pytest.mark.parametrize(
    ("verdicts", "errors", "status"),
    [
        ([PASS], [], 0),
        ([FAIL], [], 1),
        ([REVIEW], [], 2),
        ([OPEN], [], 3),
        ([PASS, REVIEW], [], 2),
        ([REVIEW, OPEN, PASS], [], 3),
        ([OPEN, FAIL, REVIEW], [], 1),
        ([PASS], [BAD], 3),
        ([FAIL], [BAD, DOWN], 1),
        ([], [BAD], 65),
        ([], [BAD, DOWN], 69),
        ([], [BAD, BUG], 70),
        ([], [], 0),
    ],
)
def test_the_worst_decides(
    verdicts: list[Verdict], errors: list[GencheckError], status: int
) -> None:
    assert exits.of_many(verdicts, errors) == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("x"), 65),
        (PermissionDenied("x"), 65),
        (InvalidArgument("x"), 65),
        (WorkerLost("x"), 69),
        (GencheckError("x"), 70),
    ],
)
def test_an_error_alone_has_its_own(error: GencheckError, status: int) -> None:
    assert exits.of_error(error) == status


def test_no_status_below_64_is_anything_but_a_verdict() -> None:
    assert sorted(exits.OF_VERDICT.values()) == [0, 1, 2, 3]
    others = [exits.USAGE, exits.BAD_INPUT, exits.UNREACHABLE, exits.INTERNAL, exits.INTERRUPTED]
    assert others == [64, 65, 69, 70, 130]
