from __future__ import annotations

import pytest

from gencheck.artifact import golden
from gencheck.deadline import NO_DEADLINE
from gencheck.errors import ModelNotReady


def test_the_panels_know_their_golden_media() -> None:
    golden.judge_golden(deadline=NO_DEADLINE)


@pytest.mark.parametrize("blind", ["BLOCKING", "COLOUR_CAST", "CLICK"])
def test_a_panel_that_sees_nothing_is_not_ready(
    blind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    see = golden._value_of
    monkeypatch.setattr(
        golden, "_value_of", lambda code, *rest: 0.0 if code == blind else see(code, *rest)
    )
    with pytest.raises(ModelNotReady, match=blind):
        golden.judge_golden(deadline=NO_DEADLINE)
