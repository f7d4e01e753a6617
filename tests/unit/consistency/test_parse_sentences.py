"""Whole sentences: who a pronoun means, who does what to whom, what a list shares, and where."""

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

SEVERAL_DOGS = CountClaim("dog", 2, Comparator.AT_LEAST)


def names(prompt: str) -> set[str]:
    return {s.name for s in statements(prompt) if isinstance(s, ObjectClaim)}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("A man stands in a field. He is holding a rake.", ActionClaim("man", "hold", "rake")),
        ("A man walks a dog. His coat is red.", RelationClaim("man", "has", "coat")),
        ("a fence with a bird on it", RelationClaim("bird", "on", "fence")),
        (
            "There are people on a court. There are trees behind them.",
            RelationClaim("tree", "behind", "person"),
        ),
        (
            "There are people on a court. There are trees near it. They are all wearing hats.",
            ActionClaim("person", "wear", "hat"),
        ),
        ("someone on a bench", ObjectClaim("person")),
        ("a cup to the right of a plate with toast on it", RelationClaim("toast", "on", "plate")),
        (
            "There is a street in front of a house with cars on it.",
            RelationClaim("car", "on", "street"),
        ),
        ("a boy with a flag that has a star on it", RelationClaim("star", "on", "flag")),
        ("a dog holding a rope in its mouth", RelationClaim("rope", "in", "mouth")),
        ("the old man's grey hat", RelationClaim("man", "has", "hat")),
        ("the old man's grey hat", AttributeClaim("man", "state", "old")),
    ],
)
def test_pronouns_and_possessives_go_back_to_their_noun(prompt: str, expected: Statement) -> None:
    assert expected in statements(prompt)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a sword held by a knight", ActionClaim("knight", "hold", "sword")),
        ("a cat chased by two dogs", ActionClaim("dog", "chase", "cat")),
        ("a car parked by a tree", RelationClaim("car", "next to", "tree")),
        ("a bus left to a sign", RelationClaim("bus", "left of", "sign")),
        ("a dog facing left", ActionClaim("dog", "face left")),
        ("a torso bent to the left", AttributeClaim("torso", "position", "left")),
        ("There are frogs. One of them is reading.", ActionClaim("frog", "read")),
        ("a house lifting off the ground like a rocket", RelationClaim("house", "like", "rocket")),
        ("people around some kind of animal", RelationClaim("person", "around", "animal")),
        ("a lamp under a shelf", RelationClaim("lamp", "below", "shelf")),
        ("a boy grips a ball", ActionClaim("boy", "grip", "ball")),
        ("boys grip a ball", ActionClaim("boy", "grip", "ball")),
        ("a person looking up", ActionClaim("person", "look up")),
        ("a girl picking up a ball", ActionClaim("girl", "pick up", "ball")),
        ("a man wearing a hat and carrying a bag", ActionClaim("man", "carry", "bag")),
        ("a bag with straps hanging", ActionClaim("strap", "hang")),
        ("a man with a bag waiting", ActionClaim("man", "wait")),
        ("person look street", ActionClaim("person", "look", "street")),
        ("a laptop screen showing a dog", ActionClaim("laptop screen", "show", "dog")),
        ("a tablet shows a car", ActionClaim("tablet", "show", "car")),
    ],
)
def test_who_does_what_to_whom(prompt: str, expected: Statement) -> None:
    assert expected in statements(prompt)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("trees in the background", AttributeClaim("tree", "position", "background")),
        ("in the distance, a castle", AttributeClaim("castle", "position", "background")),
        ("At the top right there is a moon.", AttributeClaim("moon", "position", "top right")),
        ("a moon in the top left corner", AttributeClaim("moon", "position", "top left")),
        ("a lamp in the center of the image", AttributeClaim("lamp", "position", "middle")),
        ("the left arm is up", AttributeClaim("left arm", "position", "up")),
    ],
)
def test_where_in_the_picture(prompt: str, expected: Statement) -> None:
    assert expected in statements(prompt)


def test_a_place_that_opens_a_sentence_holds_for_all_of_it_and_no_further() -> None:
    found = statements("At the bottom we can see a ball and a bat. We can see a tree.")
    placed = {s.name for s in found if isinstance(s, AttributeClaim)}
    assert placed == {"ball", "bat"}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red and a blue car", AttributeClaim("car", "colour", "blue")),
        ("a spider in a sewer, warm colors", StyleClaim("warm colors")),
        ("a table with peas, corn and beans", RelationClaim("table", "with", "bean")),
        ("a dimly lit room", AttributeClaim("room", "quality", "dimly lit")),
        ("a white color background", AttributeClaim("background", "colour", "white")),
        ("a rainbow colored flag", AttributeClaim("flag", "colour", "rainbow")),
        ("the airport is quiet and calm", AttributeClaim("airport", "quality", "calm")),
        ("an Egyptian tablet", AttributeClaim("tablet", "quality", "egyptian")),
        ("a plate with buttered toast", AttributeClaim("toast", "quality", "buttered")),
        ("an old and somewhat rundown house", AttributeClaim("house", "state", "old")),
        ("a cat, richly textured oil painting", StyleClaim("richly textured")),
        ("an unmade bed", AttributeClaim("bed", "quality", "unmade")),
        ("a tornado made of tigers", AttributeClaim("tornado", "material", "tiger")),
        ("a shelf in the shape of a heart", AttributeClaim("shelf", "shape", "heart")),
        ("a set of nine labels", CountClaim("label", 9)),
        ("a dozen eggs", CountClaim("egg", 12)),
        ("two or three boats", CountClaim("boat", 2, Comparator.AT_LEAST)),
        ("twenty-five birds", CountClaim("bird", 25)),
        ("two hundred birds", CountClaim("bird", 200)),
        ("2-3 boats", CountClaim("boat", 3, Comparator.AT_MOST)),
    ],
)
def test_what_things_are_like_and_how_many(prompt: str, expected: Statement) -> None:
    assert expected in statements(prompt)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a shelf in the shape of a heart", {"shelf"}),
        ("soup that looks like a portal", {"soup"}),
        ("a statue made of wood", {"statue"}),
        ("This image shows a dog.", {"dog"}),
        ("In this picture we can see a dog.", {"dog"}),
        ("a dog in a boat, soft lighting, fine detail", {"dog", "boat"}),
        ("a man with his left hand on a rail", {"man", "left hand", "rail"}),
        ("can on table", {"can", "table"}),
        ("a boy playing soccer and a girl doing a trick", {"boy", "girl"}),
        ("a boy playing the piano", {"boy", "piano"}),
    ],
)
def test_only_things_are_things(prompt: str, expected: set[str]) -> None:
    assert names(prompt) == expected


def test_an_open_list_of_styles_shares_no_place() -> None:
    found = statements("a squid devouring a planet, cosmic horror, outer space, deep sea")
    devoured = {s.object for s in found if isinstance(s, ActionClaim)}
    assert devoured == {"planet"}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("There is a man. Behind him there is a wall.", RelationClaim("wall", "behind", "man")),
        ("There is a table. On the table there are cups.", RelationClaim("cup", "on", "table")),
        ("a table, on the table there is a cup", RelationClaim("cup", "on", "table")),
        ("On the bench sits a boy.", RelationClaim("boy", "on", "bench")),
        ("a man riding a wave on top of a board", RelationClaim("man", "on top of", "board")),
        ("a plate topped with a slice of cake and a fork", ObjectClaim("fork")),
        (
            "a plate topped with a slice of cake and a fork",
            RelationClaim("plate", "topped with", "fork"),
        ),
        ("an elephant spraying water with its trunk", RelationClaim("elephant", "with", "trunk")),
        ("a black stove top oven", AttributeClaim("stove top oven", "colour", "black")),
        ("a dog jumping to catch a ball", ActionClaim("dog", "catch", "ball")),
        ("the wall behind the bus is made of brick", AttributeClaim("wall", "material", "brick")),
        ("a cat made of glass", AttributeClaim("cat", "material", "glass")),
        ("a poster of Paris", ObjectClaim("paris")),
        ("a girl has placed a cup on a table", ActionClaim("girl", "place", "cup")),
        ("a girl has braided hair", RelationClaim("girl", "has", "hair")),
        ("a bowl of soup on a table", RelationClaim("bowl", "on", "table")),
        ("a slice of lemon on a plate", RelationClaim("slice", "on", "plate")),
        ("a bowl with apples and plums sits on a bench", RelationClaim("bowl", "on", "bench")),
        ("a man in blue jeans rides a bike", ActionClaim("man", "ride", "bike")),
        ("a woman with two dogs sits on a bench", ActionClaim("woman", "sit")),
        ("two women with a dog sit on a bench", ActionClaim("woman", "sit")),
        ("Three cups. One is red and one is blue.", AttributeClaim("cup", "colour", "red")),
        ("Three cups. One is red, one is blue.", AttributeClaim("cup", "colour", "blue")),
        ("two cats next to each other", RelationClaim("cat", "next to", "each other")),
        ("a girl with red nail polish holds a cup", ActionClaim("girl", "hold", "cup")),
        ("a cat, orange and white", AttributeClaim("cat", "colour", "orange")),
        ("a cup isolated on white", AttributeClaim("background", "colour", "white")),
        ("a boy holding a cup, isolated on white", AttributeClaim("boy", "quality", "isolated")),
        ("a vintage set of three cups", AttributeClaim("cup", "quality", "vintage")),
        ("a boy leaning forwards with a cup", ActionClaim("boy", "lean forwards")),
        ("a girl sitting cross-legged", AttributeClaim("girl", "quality", "cross-legged")),
        ("left foot forward, both arms raised", ActionClaim("arm", "raise")),
        ("a cat the size of a house", RelationClaim("cat", "as big as", "house")),
        ("two men facing each other", ActionClaim("man", "face", "each other")),
        ("a dog that is brown chases a cat", ActionClaim("dog", "chase", "cat")),
        ("a plane flying low over a wall", RelationClaim("plane", "above", "wall")),
        ("a hill with the sun high in the sky", AttributeClaim("sun", "quality", "high")),
        ("happy, angry, surprised and sobbing men", AttributeClaim("man", "quality", "surprised")),
        ("happy, angry, surprised and sobbing men", AttributeClaim("man", "quality", "sobbing")),
        ("a room with two chairs and a painting", ObjectClaim("painting")),
        ("a girl with a paint can and a brush", ObjectClaim("paint can")),
        ("a red pickup truck", AttributeClaim("pickup truck", "colour", "red")),
        ("a statue of a man made of ice", AttributeClaim("statue", "material", "ice")),
        ("a bear on the chair has a red bow", RelationClaim("bear", "has", "bow")),
        ("a man with a beard and glasses reading a book", ActionClaim("man", "read", "book")),
        ("a woman dressed in white walking", AttributeClaim("woman", "quality", "in white")),
        ("a jar half filled with honey", RelationClaim("jar", "filled with", "honey")),
        ("bottles and crumpled cans on a floor", AttributeClaim("can", "quality", "crumpled")),
        ("a bowl of apples, some red and some green", AttributeClaim("apple", "colour", "red")),
        ("a man beside two women, all wearing hats", ObjectClaim("hat")),
        ("a multi colored scarf", AttributeClaim("scarf", "colour", "multicoloured")),
        ("a bench made of black iron", AttributeClaim("bench", "colour", "black")),
        ("rice topped by beans", RelationClaim("rice", "topped with", "bean")),
        ("a bus that is colored yellow", AttributeClaim("bus", "colour", "yellow")),
        ("a large group of men", CountClaim("man", 2, Comparator.AT_LEAST)),
        ("a sign in a row of stones", RelationClaim("sign", "in", "stone")),
        ("a boat by the Statue of Liberty", ObjectClaim("statue of liberty")),
        ("the green lettuce lay next to a cup", RelationClaim("lettuce", "next to", "cup")),
        ("a child holding a book and reading it", ActionClaim("child", "read", "book")),
        ("two boys lift a box and carry it", ActionClaim("boy", "carry", "box")),
        ("a wall has pictures hanging on it", ActionClaim("picture", "hang")),
        ("The first dog is black. The second dog is white.", SEVERAL_DOGS),
        ("The left dog is black and the right dog is white", SEVERAL_DOGS),
        ("There is a dog. The other dog is white.", SEVERAL_DOGS),
        (
            "The horse on the left is brown, while the one on the right is white",
            AttributeClaim("horse", "position", "right"),
        ),
    ],
)
def test_what_goes_with_what(prompt: str, expected: Statement) -> None:
    assert expected in statements(prompt)


@pytest.mark.parametrize(
    ("prompt", "wrong"),
    [
        ("There is a table. On the table there are cups.", RelationClaim("table", "on", "table")),
        ("a plate topped with a slice of cake and a fork", RelationClaim("slice", "of", "fork")),
        ("There are two birds. One bird is red and the other is blue.", CountClaim("bird", 1)),
        ("a bowl of soup on a table", RelationClaim("soup", "on", "table")),
        ("a wall painted light green", AttributeClaim("wall", "colour", "green")),
        ("a cat, orange and white", ObjectClaim("orange")),
        ("a bus that is colored yellow", AttributeClaim("bus", "colour", "colored")),
        ("a large group of men", AttributeClaim("man", "size", "large")),
        ("a room with nothing on the walls", RelationClaim("room", "on", "wall")),
        ("a man beside two women, all wearing hats", AttributeClaim("hat", "quality", "wearing")),
        ("left foot forward, both arms raised", ActionClaim("left foot", "raise")),
        ("a dog jumping to catch a ball", ObjectClaim("catch")),
    ],
)
def test_what_does_not_go_together(prompt: str, wrong: Statement) -> None:
    assert wrong not in statements(prompt)
