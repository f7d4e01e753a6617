"""Budgets: what a target recommends is borne, and what is more is minded."""

import pytest

from gencheck.findings import Measurement, Method, Severity
from gencheck.policy import grade
from gencheck.policy_file import Policies

# As Apple (WWDC 2018, session 603) and Google (Scene Viewer) say: the most that is borne.
BORNE = [
    ("ar-quick-look", "BUDGET_EXCEEDED", 100_000, Severity.MINOR),
    ("ar-quick-look", "BUDGET_TEXTURE_SIDE", 2_048, Severity.MINOR),
    ("ar-quick-look", "BUDGET_TEXELS", 6 * 2_048**2, Severity.MINOR),
    ("scene-viewer", "BUDGET_VERTICES", 30_000, Severity.MINOR),
    ("scene-viewer", "BUDGET_MATERIALS", 10, Severity.MINOR),
    ("scene-viewer", "BUDGET_TEXTURE_SIDE", 2_048, Severity.MINOR),
    ("scene-viewer", "BUDGET_FILE_BYTES", 10_000_000, Severity.MINOR),
    ("scene-viewer", "BUDGET_JOINTS", 254, Severity.MAJOR),
    ("scene-viewer", "BUDGET_JOINT_WEIGHTS", 4, Severity.MAJOR),
    ("scene-viewer", "BUDGET_UV_SETS", 1, Severity.MINOR),
]


def minded(policy: str, code: str, value: float) -> list[Severity]:
    measurement = Measurement(code, value, "mesh.budget", Method("", "1", ""))
    return [finding.severity for finding in grade([measurement], Policies.load().get(policy))]


@pytest.mark.parametrize(("target", "code", "most", "severity"), BORNE)
def test_a_target_bears_what_it_recommends(
    target: str, code: str, most: int, severity: Severity
) -> None:
    assert minded(f"default/{target}", code, most) == []
    assert minded(f"default/{target}", code, most + 1) == [severity]
    if code != "BUDGET_EXCEEDED":
        assert minded("default", code, 100 * most) == []


def test_ten_seconds_of_animation() -> None:
    rounded = 10.000001  # ten, from a sum of frames in single precision
    assert minded("default/ar-quick-look", "BUDGET_ANIMATION_SECONDS", rounded) == []
    over = minded("default/ar-quick-look", "BUDGET_ANIMATION_SECONDS", 10.1)
    assert over == [Severity.MINOR]
