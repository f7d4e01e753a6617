"""What checks return is frozen, ordered where order matters, and honest about gaps."""

from dataclasses import FrozenInstanceError

import pytest

from gencheck.findings import (
    Measurement,
    Method,
    OutcomeStatus,
    Severity,
    SkipReason,
    judged,
    skipped,
)


def test_severities_are_ordered() -> None:
    assert Severity.INFO < Severity.MINOR < Severity.MAJOR < Severity.CRITICAL


def test_a_measurement_claims_no_confidence_unless_it_has_one() -> None:
    measurement = Measurement("BLUR", 0.3, "artifact.blur", Method("Crete", "1", "2007"))
    assert measurement.confidence is None
    assert measurement.region is None
    with pytest.raises(FrozenInstanceError):
        measurement.value = 0.0  # type: ignore[misc]


def test_outcomes_keep_their_reason() -> None:
    assert judged("mesh").status is OutcomeStatus.JUDGED
    left = skipped("consistency.count", SkipReason.MODEL_MISSING, "no ObjectDetector")
    assert (left.status, left.reason) == (OutcomeStatus.SKIPPED, "MODEL_MISSING")
    assert left.grpc_code == 0
