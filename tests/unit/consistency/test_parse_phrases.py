"""Phrases, each with all that it asks for: labelled before the rules that read them."""

import pytest

from gencheck.consistency.claims import (
    ActionClaim,
    AttributeClaim,
    Comparator,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    Statement,
    StyleClaim,
)
from tests.unit.consistency.prompts import statements


def things(*names: str) -> set[Statement]:
    return {ObjectClaim(name) for name in names}


def several(name: str, n: int = 2) -> CountClaim:
    return CountClaim(name, n, Comparator.AT_LEAST)


@pytest.mark.parametrize(
    ("prompt", "names"),
    [
        ("carrots broccoli and rice", ["carrot", "broccoli", "rice"]),
        ("carrots, broccoli and rice", ["carrot", "broccoli", "rice"]),
        ("tables chairs and a lamp", ["table", "chair", "lamp"]),
        ("a sports ball and a bat", ["sports ball", "bat"]),
        ("a glasses case and a pen", ["glasses case", "pen"]),
        ("a glass and orange juice", ["glass", "orange juice"]),
        ("an oak tree", ["oak tree"]),
        ("a paper plane", ["paper plane"]),
        ("water drops falling", ["water drop"]),
        ("a bird of paradise", ["bird of paradise"]),
    ],
)
def test_names(prompt: str, names: list[str]) -> None:
    assert {s.name for s in statements(prompt) if isinstance(s, ObjectClaim)} == set(names)


@pytest.mark.parametrize(
    ("prompt", "name", "said"),
    [
        ("a wire framed fence", "fence", [("quality", "wire framed")]),
        ("a snow covered street", "street", [("quality", "snow covered")]),
        ("a five year old girl", "girl", [("quality", "five year old")]),
        ("a 5-year-old boy", "boy", [("quality", "5-year-old")]),
        ("a two-storey house", "house", [("quality", "two-storey")]),
        ("a three-legged dog", "dog", [("quality", "three-legged")]),
        ("a light blue car", "car", [("colour", "light blue")]),
        ("a car that is red", "car", [("colour", "red")]),
        ("a car which is very old and rusty", "car", [("state", "old"), ("texture", "rusty")]),
        ("a stainless steel pot", "pot", [("material", "stainless steel")]),
        ("a pot made of stainless steel", "pot", [("material", "stainless steel")]),
        ("an upside down car", "car", [("state", "upside down")]),
        ("a bird in flight", "bird", [("state", "in flight")]),
        ("a house on fire", "house", [("state", "on fire")]),
        ("a sandwich cut in half", "sandwich", [("state", "cut in half")]),
        ("a hand painted wooden sign", "sign", [("state", "hand painted"), ("material", "wooden")]),
        ("a ball in the air", "ball", [("state", "in the air")]),
        ("a cup, half full", "cup", [("state", "half full")]),
        ("a shirt in blue and yellow", "shirt", [("colour", "blue"), ("colour", "yellow")]),
        ("the left dog", "dog", [("position", "left")]),
    ],
)
def test_what_a_thing_is_like(prompt: str, name: str, said: list[tuple[str, str]]) -> None:
    claims = {AttributeClaim(name, kind, value) for kind, value in said}
    assert statements(prompt) == things(name) | claims


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red and a blue car", {several("car")}),
        ("a red car and a blue car", {several("car")}),
        ("a red car and a blue one", {several("car")}),
        ("a big dog next to a small dog", {several("dog"), RelationClaim("dog", "next to", "dog")}),
        ("a dog and another dog", {several("dog")}),
        ("two cats, one black and one white", {CountClaim("cat", 2)}),
        ("a red and blue car", set()),
        ("two shirts: one clean, one dirty", {CountClaim("shirt", 2)}),
        ("three cars, a red car and a blue car", {CountClaim("car", 3)}),
        ("a red car. the red car is fast", set()),
        ("both dogs", {CountClaim("dog", 2)}),
        ("a pair of shoes", {CountClaim("shoe", 2)}),
        ("a few apples", {several("apple")}),
        ("several apples", {several("apple", 3)}),
        ("another dog", set()),
        ("one red apple and two green apples", {CountClaim("apple", 3)}),
        ("a red apple and two green apples", {several("apple", 3)}),
        ("There are two red apples. There are three green apples.", {CountClaim("apple", 5)}),
        ("There is a red car. There is a blue car.", {several("car")}),
        ("There is a big car. There is a red car.", set()),
        ("There are two red apples. The two red apples are big.", {CountClaim("apple", 2)}),
        ("a black cat, a white cat and a grey cat", {several("cat", 3)}),
        ("a dog and a second dog", {several("dog")}),
        ("three rows of chairs", {several("chair", 6)}),
        ("two groups of people", {several("person", 4)}),
        ("two pairs of shoes", {CountClaim("shoe", 4)}),
        ("three pairs of scissors", {CountClaim("scissors", 3)}),
        ("half a dozen eggs", {CountClaim("egg", 6)}),
        ("a handful of coins", {several("coin", 3)}),
        ("a swarm of bees", {several("bee", 3)}),
    ],
)
def test_things_told_apart_are_several(prompt: str, expected: set[Statement]) -> None:
    found = {s for s in statements(prompt) if isinstance(s, CountClaim | RelationClaim)}
    assert found == expected


def test_each_of_two_things_has_its_colour() -> None:
    for prompt in ("a red and a blue car", "a red car and a blue one"):
        assert statements(prompt) == {
            ObjectClaim("car"),
            several("car"),
            AttributeClaim("car", "colour", "red"),
            AttributeClaim("car", "colour", "blue"),
        }


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a street lined with trees", RelationClaim("street", "lined with", "tree")),
        ("a clock mounted on a wall", RelationClaim("clock", "on", "wall")),
        ("a basket loaded with fruit", RelationClaim("basket", "filled with", "fruit")),
        ("freckles all over her face", RelationClaim("freckle", "on", "face")),
        ("a fork in the side of a cake", RelationClaim("fork", "in", "cake")),
        ("a lamp at the edge of a table", RelationClaim("lamp", "at the edge of", "table")),
        ("a laptop, a mouse and a phone on a desk", RelationClaim("mouse", "on", "desk")),
        ("a bag with a mouse and a phone on it", RelationClaim("mouse", "on", "bag")),
        ("a boy riding a bike down a hill", RelationClaim("boy", "down", "hill")),
        ("a house with bars on the windows", RelationClaim("house", "with", "bar")),
        ("a man who's holding a bat", ActionClaim("man", "hold", "bat")),
        ("a dog. it's running", ActionClaim("dog", "run")),
        ("a man holding a cup and wearing a hat", ActionClaim("man", "wear", "hat")),
        ("a man in a suit holding a phone while running", ActionClaim("man", "run")),
        ("a glass with jam in it on a table", RelationClaim("glass", "on", "table")),
        ("a man sitting on a bench reading a book", ActionClaim("man", "read", "book")),
        ("in the middle there is a dog", AttributeClaim("dog", "position", "middle")),
        ("right top there are trees", AttributeClaim("tree", "position", "right top")),
    ],
)
def test_how_things_stand(prompt: str, expected: Statement) -> None:
    assert expected in statements(prompt)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red car, highly detailed, 4k", {StyleClaim("highly detailed"), StyleClaim("4k")}),
        ("a car, oil painting, intricate, smooth", {StyleClaim("smooth"), StyleClaim("intricate")}),
        ("a car, stock photo", {StyleClaim("stock photo")}),
        ("a photo taken of a car", {StyleClaim("photo")}),
        ("wide lens shot, a car", {StyleClaim("wide lens shot")}),
        ("a still life of a car", {StyleClaim("still life")}),
        ("a car, 3-d rendering", {StyleClaim("3d render")}),
        ("a car, trending on behance", {StyleClaim("trending on behance")}),
        ("a movie poster with a car", set()),
    ],
)
def test_tags_after_the_thing_are_of_the_picture(prompt: str, expected: set[Statement]) -> None:
    found = statements(prompt)
    assert expected <= found
    assert ObjectClaim("car") in found
    assert not any(isinstance(s, AttributeClaim) and s.value == "smooth" for s in found)
    assert not any(isinstance(s, ObjectClaim) and "photo" in s.name for s in found)


@pytest.mark.parametrize(
    "prompt",
    [
        "a knee bent at a 90 degree angle",
        "a boy in a crawling position",
        "apples of different sizes",
        "a cake seen from the side",
        "several kinds of fruit",
        "a lamp that appears to be old",
    ],
)
def test_what_cannot_be_seen_is_no_thing(prompt: str) -> None:
    named = {s.name for s in statements(prompt) if isinstance(s, ObjectClaim)}
    assert named <= {"knee", "boy", "apple", "cake", "fruit", "lamp"}
    assert named
