"""From TOML to policies, and to what is wrong with them."""

import pytest

from gencheck.errors import InvalidPolicy
from gencheck.findings import Severity
from gencheck.policy import Thresholds
from gencheck.policy_file import parse_policies
from gencheck.policy_reader import lines_of, read_policies

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
    (policy,) = parse_policies(GOOD, where="shop.toml")
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
        ("min_coverage = 0.8", "confidence = 0.4", 4, "between 0.5 and 1"),
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
        parse_policies(GOOD.replace(old, new), where="shop.toml")
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
        parse_policies(GOOD.replace(old, new), where="shop.toml")


SURFACES = (
    GOOD
    + """
[surfaces.thumbnail]
min_coverage = 0.2

[surfaces.thumbnail.verdict]
fail_at = "MAJOR"

[surfaces.thumbnail.thresholds.BLUR]
major = 0.7

[surfaces.thumbnail.thresholds.NOISE]
minor = 9

[[surfaces.thumbnail.waivers]]
code = "LETTERBOX"
until = 2027-02-28
reason = "cards have bars"

[surfaces.viewer.checks]
ask = ["mesh"]
"""
)


def test_a_surface_is_a_policy_of_its_own_that_says_what_is_other_there() -> None:
    base, thumbnail, viewer = parse_policies(SURFACES, where="shop.toml")
    assert [p.name for p in (base, thumbnail, viewer)] == ["shop", "shop/thumbnail", "shop/viewer"]
    assert {p.version for p in (base, thumbnail, viewer)} == {"3"}
    assert len({p.sha256 for p in (base, thumbnail, viewer)}) == 3
    assert (thumbnail.min_coverage, thumbnail.fail_at) == (0.2, Severity.MAJOR)
    assert thumbnail.thresholds["BLUR"] == Thresholds(major=0.7)  # whole, not mixed with the base's
    assert thumbnail.thresholds["NOISE"] == Thresholds(minor=9)
    assert [w.code for w in thumbnail.waivers] == ["BANDING", "LETTERBOX"]
    assert (thumbnail.required, thumbnail.weights) == (base.required, base.weights)
    assert "NOISE" not in base.thresholds
    assert len(base.waivers) == 1


def test_a_step_for_information() -> None:
    text = 'name = "p"\nversion = "1"\n[thresholds.BLUR]\ninfo = 0.1\nmajor = 0.7\n'
    [policy] = parse_policies(text, where="p.toml")
    assert policy.thresholds["BLUR"] == Thresholds(major=0.7, info=0.1)


def test_what_is_not_asked_is_not_required_either() -> None:
    viewer = parse_policies(SURFACES, where="shop.toml")[2]
    assert viewer.ask == viewer.required == ("mesh",)


def test_all_that_is_wrong_is_said_in_the_order_of_the_lines() -> None:
    text = SURFACES.replace('name = "shop"', 'name = "a/b"').replace("major = 0.7", "major = -1")
    text = text.replace('code = "LETTERBOX"', 'code = "LETTER"').replace('["mesh"]', '["meshes"]')
    policies, errors = read_policies(text, where="shop.toml")
    assert not policies
    assert [(e.where, e.metadata["key"]) for e in errors] == [
        ("shop.toml:2", "name"),
        ("shop.toml:32", "surfaces.thumbnail.thresholds.BLUR.major"),
        ("shop.toml:38", "surfaces.thumbnail.waivers[0].code"),
        ("shop.toml:43", "surfaces.viewer.checks.ask"),
    ]


def test_a_mistake_of_the_base_is_not_told_again_for_each_surface() -> None:
    text = SURFACES.replace("critical = 0.9", "critical = 0.1")
    text = text.replace("[surfaces.thumbnail.thresholds.BLUR]\nmajor = 0.7\n", "")
    _, errors = read_policies(text, where="shop.toml")
    assert [error.metadata["key"] for error in errors] == ["thresholds.BLUR"]


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("[checks]\nrequired = ['artefact']", "no service is called"),
        ("[checks]\nask = ['mesh']\nrequired = ['artifact.blur']", "artifact is not asked"),
        ("waivers = 3", "must be tables"),
        ("surfaces = 3", "must be a table"),
        ("[surfaces]\nthumbnail = 3", "must be a table"),
        ("[surfaces.'a b']", "letters, digits"),
        ("[surfaces.a]\nname = 'c'", "no such key"),
        ("thresholds.BLUR = 3", "must be a table"),
        ("[[waivers]]\ncode = 'BLUR'\nuntil = 2027-01-01T00:00:00Z\nreason = 'x'", "a day"),
    ],
)
def test_nothing_is_taken_that_would_never_count(statement: str, what: str) -> None:
    text = f"name = 'shop'\nversion = '3'\n{statement}\n"
    with pytest.raises(InvalidPolicy, match=what) as caught:
        parse_policies(text, where="shop.toml")
    assert caught.value.where.startswith("shop.toml:")


def test_a_line_is_that_of_the_statement_and_not_of_its_end_or_of_a_comment() -> None:
    text = 'name = "a"\n\n# [checks]\n[checks]\n# required = []\nrequired = [\n  3,\n]\n'
    lines = lines_of({("checks",), ("checks", "required"), ("version",), ("checks", "x")}, text)
    assert lines == {("checks",): 4, ("checks", "required"): 6, ("checks", "x"): 4}
