"""Lists that stay short and take nothing back."""

from __future__ import annotations

from gencheck.artifact.ledger import LISTED, Ledger
from gencheck.findings import Measurement, Method

METHOD = Method("m", "1", "")


def of(value: float) -> Measurement:
    return Measurement("CLICK", value, "artifact.click", METHOD)


def test_the_first_are_listed_then_only_worse_ones() -> None:
    ledger = Ledger()
    assert len(ledger.enter(of(1.0) for _ in range(LISTED + 5))) == LISTED
    assert ledger.enter([of(1.2)]) == []
    assert ledger.enter([of(1.3)]) == [of(1.3)]
    assert ledger.outcome("artifact.click").message == "6 more places are not listed"
    assert ledger.outcome("artifact.hum").message == ""
