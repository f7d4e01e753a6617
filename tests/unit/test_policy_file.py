"""Policies from TOML."""

from pathlib import Path

import pytest

from gencheck.errors import InvalidPolicy, NotFound
from gencheck.findings import Severity
from gencheck.policy_file import Policies, built_in_policies, load_policy, parse_policy

GOOD = """
name = "shop"
version = "3"
min_coverage = 0.8

[checks]
required = ["artifact"]

[verdict]
fail_at = "CRITICAL"
review_at = "MINOR"

[weights]
text = 3

[thresholds.BLUR]
minor = 0.4
critical = 0.9

[[waivers]]
code = "BANDING"
until = 2027-01-31
reason = "old assets"
"""


def test_a_policy_says_what_its_file_says() -> None:
    policy = parse_policy(GOOD, where="shop.toml")
    assert (policy.name, policy.version, policy.min_coverage) == ("shop", "3", 0.8)
    assert policy.required == ("artifact",)
    assert (policy.fail_at, policy.review_at) == (Severity.CRITICAL, Severity.MINOR)
    limits = policy.thresholds["BLUR"]
    assert (limits.minor, limits.major, limits.critical) == (0.4, None, 0.9)
    assert policy.weights == {"text": 3.0}
    assert policy.waivers[0].until.isoformat() == "2027-01-31"


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ('name = "shop"', "name = 3", 2, "name: must be a text"),
        ("min_coverage = 0.8", "min_coverage = 1.5", 4, "between 0 and 1"),
        ("min_coverage = 0.8", "min_coverage = nan", 4, "between 0 and 1"),
        ("min_coverage = 0.8", "min_coverage = true", 4, "must be a number"),
        ('fail_at = "CRITICAL"', 'fail_at = "AWFUL"', 10, "AWFUL"),
        ("[thresholds.BLUR]", "[thresholds.BLURR]", 16, "no such code"),
        ("critical = 0.9", "awful = 0.9", 18, "no such key"),
        ("text = 3", "poem = 3", 14, "no such claim"),
        ("until = 2027-01-31", 'until = "soon"', 22, "must be a day"),
        ('name = "shop"', 'nam = "shop"', 2, "no such key"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, what: str) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        parse_policy(GOOD.replace(old, new), where="shop.toml")
    assert caught.value.where == f"shop.toml:{line}"
    assert what in caught.value.what


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("critical = 0.9", "critical = 0.1", "must rise"),
        ('review_at = "MINOR"', 'review_at = "CRITICAL"\nfail_at_ = 1', "no such key"),
        ('fail_at = "CRITICAL"', 'fail_at = "INFO"', "must not be above"),
        ("name =", "name ", "not valid TOML"),
    ],
)
def test_contradictions_are_refused(old: str, new: str, what: str) -> None:
    with pytest.raises(InvalidPolicy, match=what):
        parse_policy(GOOD.replace(old, new), where="shop.toml")


def test_a_missing_file_names_the_policies_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="default"):
        load_policy(tmp_path / "nothing.toml")


def test_every_policy_that_is_shipped_can_be_read() -> None:
    policies = Policies.load()
    for name in built_in_policies():
        assert policies.get(name).name == name
    assert policies.get("") == policies.get("default")
    with pytest.raises(NotFound, match="Known are"):
        policies.get("no such policy")


def test_a_folder_of_policies_adds_to_those_that_are_shipped(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(GOOD)
    policies = Policies.load(tmp_path)
    assert policies.get("shop").version == "3"
    assert policies.get("default").name == "default"
