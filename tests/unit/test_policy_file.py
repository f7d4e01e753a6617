"""Policies from TOML."""

import math
from pathlib import Path

import pytest

from gencheck.errors import InvalidPolicy, NotFound
from gencheck.policy_file import Policies, built_in_policies, load_policy

GOOD = """
name = "shop"
version = "3"
"""
SURFACES = (
    GOOD
    + """
[surfaces.thumbnail]
min_coverage = 0.2

[surfaces.viewer.checks]
ask = ["mesh"]
"""
)


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


def test_the_surfaces_that_are_shipped_are_named_behind_their_policy() -> None:
    surfaces = {"thumbnail", "product-page", "print", "ar", "broadcast"}
    surfaces |= {"ar-quick-look", "scene-viewer"}
    assert set(built_in_policies()) == {"default", *(f"default/{name}" for name in surfaces)}


LESS = ("BLOCKING", "RINGING", "BLUR", "NOISE", "BANDING", "CHECKERBOARD", "GARBLED_TEXT")
MORE = {
    "product-page": ("LETTERBOX", "COLOUR_CAST"),
    "print": ("BLUR", "NOISE", "BANDING", "RINGING", "METADATA"),
    "broadcast": ("LOUDNESS", "FROZEN", "BLACK_FRAMES", "AV_SYNC", "STROBE"),
}


def _major(name: str, code: str) -> float:
    limits = Policies.load().get(name).thresholds[code]
    return next((v for v in (limits.major, limits.critical) if v is not None), math.inf)


@pytest.mark.parametrize("code", LESS)
def test_a_thumbnail_bears_more_than_the_default(code: str) -> None:
    assert _major("default/thumbnail", code) > _major("default", code)


@pytest.mark.parametrize(("name", "code"), [(n, c) for n, codes in MORE.items() for c in codes])
def test_a_strict_surface_is_stricter_but_minds_nothing_that_the_default_passes(
    name: str, code: str
) -> None:
    assert _major(f"default/{name}", code) < _major("default", code)
    if name == "print":  # below its minor step lies what clean photos have
        default = Policies.load().get("default").thresholds[code].minor
        assert default is not None
        assert _major(f"default/{name}", code) >= default


def test_a_folder_of_policies_adds_to_those_that_are_shipped(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(GOOD)
    policies = Policies.load(tmp_path)
    assert policies.get("shop").version == "3"
    assert policies.get("default").name == "default"


def test_a_surface_of_a_file_is_named_behind_it(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(SURFACES)
    assert load_policy(file).name == "shop"
    assert load_policy(file / "viewer").name == "shop/viewer"
    with pytest.raises(NotFound, match="Known are: thumbnail, viewer"):
        load_policy(file / "poster")
    file.write_text(GOOD)
    with pytest.raises(NotFound, match="It has none"):
        load_policy(file / "poster")


def test_a_server_knows_the_surfaces_and_no_two_policies_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SURFACES)
    assert Policies.load(tmp_path).get("shop/thumbnail").min_coverage == 0.2
    (tmp_path / "b.toml").write_text(GOOD)
    with pytest.raises(InvalidPolicy, match=r'"shop" is in a\.toml already'):
        Policies.load(tmp_path)
