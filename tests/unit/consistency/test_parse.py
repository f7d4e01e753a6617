import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gencheck.consistency.claims import (
    AbsenceClaim,
    ActionClaim,
    AttributeClaim,
    Comparator,
    CountClaim,
    ObjectClaim,
    RelationClaim,
    SceneClaim,
    Statement,
    StyleClaim,
    TextClaim,
)
from gencheck.consistency.parse import MAX_CHARACTERS, parse_prompt
from gencheck.errors import InvalidArgument, LimitExceeded
from tests.unit.consistency.prompts import statements


def test_a_long_prompt_comes_apart_whole() -> None:
    prompt = (
        "a photo of two dogs and a red car left of a blue bench, no people, at night, "
        'watercolor style, with the words "OPEN"'
    )
    parsed = parse_prompt(prompt)
    assert {claim.claim for claim in parsed.claims} == {
        StyleClaim("photo"),
        CountClaim("dog", 2),
        ObjectClaim("dog"),
        AttributeClaim("car", "colour", "red"),
        ObjectClaim("car"),
        RelationClaim("car", "left of", "bench"),
        AttributeClaim("bench", "colour", "blue"),
        ObjectClaim("bench"),
        AbsenceClaim("person"),
        SceneClaim("night"),
        StyleClaim("watercolour"),
        TextClaim("OPEN"),
    }
    assert parsed.uncovered == ()
    spans = {claim.claim: claim.span.text for claim in parsed.claims}
    assert spans[CountClaim("dog", 2)] == "two dogs"
    assert spans[TextClaim("OPEN")] == "OPEN"
    assert spans[RelationClaim("car", "left of", "bench")] == "left of a blue bench"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("seven women", CountClaim("woman", 7)),
        ("12 red apples", CountClaim("apple", 12)),
        ("four knifes", CountClaim("knife", 4)),
        ("several birds", CountClaim("bird", 3, Comparator.AT_LEAST)),
        ("more than two cats", CountClaim("cat", 3, Comparator.AT_LEAST)),
        ("at most two cats", CountClaim("cat", 2, Comparator.AT_MOST)),
        ("a pair of scissors", CountClaim("scissors", 1)),
        ("a couple of cats", CountClaim("cat", 2)),
        ("a family of four posing on the moon", CountClaim("person", 4)),
        ("a hot dog", ObjectClaim("hot dog")),
        ("a remote", ObjectClaim("remote")),
        ("an orange", ObjectClaim("orange")),
        ("an orange cat", AttributeClaim("cat", "colour", "orange")),
        ("a glass table", AttributeClaim("table", "material", "glass")),
        ("a statue made of wood", AttributeClaim("statue", "material", "wooden")),
        ("a dark green door", AttributeClaim("door", "colour", "dark green")),
        ("the wall is white in color", AttributeClaim("wall", "colour", "white")),
        ("a cat on the right of a sofa", RelationClaim("cat", "right of", "sofa")),
        ("a girl hidden by a fridge", RelationClaim("girl", "hidden by", "fridge")),
        ("a flag with a dinosaur on it", RelationClaim("dinosaur", "on", "flag")),
        ("a bowl of apples", RelationClaim("apple", "in", "bowl")),
        ("the man's hair", RelationClaim("man", "has", "hair")),
        ("a surfer riding a wave", ActionClaim("surfer", "ride", "wave")),
        ("a dog and a cat sleeping", ActionClaim("dog", "sleep")),
        ("a man in a hat riding a horse", ActionClaim("man", "ride", "horse")),
        ("a dog, oil painting", StyleClaim("oil painting")),
        ("a dog in the style of van Gogh", StyleClaim("van gogh")),
        ("a black and white photo of a dog", StyleClaim("black and white")),
        ("a boat on a lake", SceneClaim("lake")),
        ("a boat at sunset", SceneClaim("sunset")),
        ("a dark photo of a dog", AttributeClaim("", "brightness", "dark")),
        ("a dog, portrait orientation", AttributeClaim("", "orientation", "portrait")),
        ("a dog --ar 16:9", AttributeClaim("", "aspect ratio", "16:9")),
        ("a cup on a white background", AttributeClaim("background", "colour", "white")),
        ("a street without any cars", AbsenceClaim("car")),
        ("a car-free street", AbsenceClaim("car")),
        ("a dog not wearing a hat", AbsenceClaim("hat")),
        ("nobody on the beach", AbsenceClaim("person")),
    ],
)
def test_says(prompt: str, expected: Statement) -> None:
    assert expected in statements(prompt)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ('a sign with "BUY MILK" on it', "BUY MILK"),
        ("a sign with 'Don't Panic!' on it", "Don't Panic!"),
        ("a shop called “Chez Ana”", "Chez Ana"),
        ("a poster that says HELLO WORLD", "HELLO WORLD"),
        ("a yellow wall with the word KA-BOOM on it", "KA-BOOM"),
        ("a t-shirt with Carpe Diem written on it", "Carpe Diem"),
        ("「営業中」と書かれた看板", "営業中"),
    ],
)
def test_words_to_be_written(prompt: str, words: str) -> None:
    texts = [c for c in parse_prompt(prompt).claims if isinstance(c.claim, TextClaim)]
    assert [claim.span.text for claim in texts] == [words]
    assert texts[0].claim == TextClaim(words)


def test_an_apostrophe_is_no_quotation_mark() -> None:
    assert not any(isinstance(s, TextClaim) for s in statements("the dogs' owner's hat is red"))


@pytest.mark.parametrize(
    ("prompt", "never"),
    [
        ("a street with no cars", ObjectClaim("car")),
        ("at most two birds", ObjectClaim("bird")),
        ("the apple is not red", AttributeClaim("apple", "colour", "red")),
        ("an image of a dog", ObjectClaim("image")),
        ("a black and white cat", StyleClaim("black and white")),
        ("a grand piano", CountClaim("piano", 1)),
    ],
)
def test_does_not_say(prompt: str, never: Statement) -> None:
    assert never not in statements(prompt)


def test_what_cannot_be_read_is_uncovered() -> None:
    parsed = parse_prompt('日本の桜 "HELLO" الكلب')
    assert [claim.claim for claim in parsed.claims] == [TextClaim("HELLO")]
    assert [span.text for span in parsed.uncovered] == ["日本の桜", "الكلب"]
    assert parsed.content_words == 2


def test_a_negated_property_is_uncovered_not_turned_around() -> None:
    assert "red" in [span.text for span in parse_prompt("the apple is not red").uncovered]


@pytest.mark.parametrize("prompt", ["", "   ", "\n\t"])
def test_an_empty_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(InvalidArgument, match="empty"):
        parse_prompt(prompt)


def test_a_long_prompt_is_refused_with_its_length() -> None:
    with pytest.raises(LimitExceeded, match="10,000") as error:
        parse_prompt("x" * 10_000)
    assert error.value.metadata == {"characters": "10000", "limit": str(MAX_CHARACTERS)}
    parse_prompt("dog " * (MAX_CHARACTERS // 4))


@pytest.mark.parametrize(
    "part", ["'a ", "red and ", "a dog, ", ",", "dog of ", "the word A ", "a dog runs and "]
)
def test_a_hostile_prompt_is_read_in_time(part: str) -> None:
    """None of these may cost time that grows with the square of its length."""
    start = time.process_time()
    parsed = parse_prompt((part * MAX_CHARACTERS)[:MAX_CHARACTERS])
    assert time.process_time() - start < 2.0
    assert len(parsed.claims) < 1_000


_WORDS = st.sampled_from(
    [
        "a",
        "the",
        "two",
        "no",
        "not",
        "without",
        "dog",
        "dogs",
        "red",
        "left",
        "of",
        "on",
        "top",
        "is",
        "with",
        '"OPEN"',
        "says",
        ",",
        ".",
        "and",
        "wearing",
        "'s",
        "'",
        "“",
        "”",
        "by",
        "style",
        "photo",
        "--ar",
        "16:9",
        "at",
        "night",
        "日本",
        "()",
        "&",
        "–",
        "100000000000000000000",
        "it",
        "it's",
    ]
)


@settings(deadline=None)
@given(st.one_of(st.text(min_size=1, max_size=80), st.lists(_WORDS, min_size=1).map(" ".join)))
def test_any_text_gives_exact_spans(text: str) -> None:
    if not text.strip() or len(text) > MAX_CHARACTERS:
        return
    parsed = parse_prompt(text)
    for span in [*(claim.span for claim in parsed.claims), *parsed.uncovered]:
        assert span.text
        assert text[span.start : span.end] == span.text
    assert len(parsed.uncovered) <= parsed.content_words
    assert parse_prompt(text) == parsed
