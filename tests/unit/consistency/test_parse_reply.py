"""A language model's answer: what of it becomes a claim, however it was meant."""

import json
from typing import Any

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
from gencheck.consistency.parse.reply import MOST_CLAIMS, claims_of
from gencheck.errors import ModelError

PROMPT = 'An oil painting of two wooden boats left of a pier at night, no people, a sign "OPEN"'


def reply(claims: object) -> dict[str, Any]:
    return {"choices": [{"message": {"content": json.dumps({"claims": claims})}}]}


def statements(*claims: object, prompt: str = PROMPT) -> list[Statement]:
    return [claim.claim for claim in claims_of(reply(list(claims)), prompt).claims]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"kind": "object", "words": "boats", "name": "boat"}, ObjectClaim("boat")),
        (
            {"kind": "count", "words": "two wooden boats", "name": "boats", "n": 2},
            CountClaim("boat", 2),
        ),
        (
            {"kind": "count", "words": "two", "name": "boat", "n": 2, "comparator": "AT_LEAST"},
            CountClaim("boat", 2, Comparator.AT_LEAST),
        ),
        (
            {
                "kind": "attribute",
                "words": "wooden boats",
                "name": "boat",
                "attribute": "material",
                "value": "wood",
            },
            AttributeClaim("boat", "material", "wooden"),
        ),
        (
            {
                "kind": "relation",
                "words": "left of a pier",
                "subject": "boat",
                "predicate": "left of",
                "object": "pier",
            },
            RelationClaim("boat", "left of", "pier"),
        ),
        (
            {"kind": "style", "words": "oil painting", "value": "oil painting"},
            StyleClaim("oil painting"),
        ),
        ({"kind": "scene", "words": "night", "value": "night"}, SceneClaim("night")),
        ({"kind": "absence", "words": "people", "name": "person"}, AbsenceClaim("person")),
        ({"kind": "text", "words": "OPEN", "text": "OPEN"}, TextClaim("OPEN")),
    ],
)
def test_a_claim_of_the_prompt_is_taken(entry: dict[str, Any], expected: Statement) -> None:
    [claim] = claims_of(reply([entry]), PROMPT).claims
    assert claim.claim == expected
    assert claim.span.text == entry["words"]
    assert PROMPT[claim.span.start : claim.span.end] == entry["words"]


def test_an_action_may_be_without_an_object() -> None:
    entry = {"kind": "action", "words": "runs", "subject": "dog", "verb": "runs", "object": ""}
    assert statements(entry, prompt="a dog runs") == [ActionClaim("dog", "run")]


@pytest.mark.parametrize(
    "entry",
    [
        {"kind": "object", "words": "boats", "name": "gun"},  # not in the prompt
        {"kind": "object", "words": "three boats", "name": "boat"},  # words that it has not
        {"kind": "object", "words": "", "name": "boat"},
        {"kind": "object", "words": "boats", "name": ""},
        {"kind": "object", "words": "boats", "name": "boat " * 100},
        {"kind": "object", "words": "boats", "name": ["boat"]},
        {"kind": "object", "words": ["boats"], "name": "boat"},
        {"kind": ["object"], "words": "boats", "name": "boat"},
        {"kind": "verdict", "words": "boats", "name": "PASS"},
        {"kind": "count", "words": "boats", "name": "boat", "n": 7},
        {"kind": "count", "words": "boats", "name": "boat", "n": 10**30},
        {"kind": "count", "words": "boats", "name": "boat", "n": True},
        {"kind": "count", "words": "boats", "name": "boat", "n": 2.0},
        {"kind": "count", "words": "boats", "name": "boat", "n": 2, "comparator": "NONE"},
        {"kind": "attribute", "words": "boats", "name": "boat", "value": "red"},
        {"kind": "attribute", "words": "boats", "name": "", "value": "wooden"},
        {
            "kind": "relation",
            "words": "boats",
            "subject": "boat",
            "predicate": "above",
            "object": "pier",
        },
        {"kind": "text", "words": "OPEN", "text": "CLOSED"},
        {"kind": "object", "words": "boats", "name": "boat\u0000"},
        "boats",
        None,
        ["object", "boat"],
    ],
)
def test_what_the_prompt_does_not_say_is_no_claim(entry: object) -> None:
    assert statements(entry) == []


def test_nothing_is_denied_where_the_prompt_denies_nothing() -> None:
    entry = {"kind": "absence", "words": "dog", "name": "dog"}
    assert statements(entry, prompt="a dog on a mat") == []
    assert statements(entry, prompt="a mat without a dog") == [AbsenceClaim("dog")]


def test_what_no_claim_quotes_is_uncovered() -> None:
    parsed = claims_of(reply([{"kind": "object", "words": "dog", "name": "dog"}]), "a red dog")
    assert [span.text for span in parsed.uncovered] == ["red"]
    assert parsed.content_words == 2


def test_claims_come_once_in_the_order_of_the_text_and_are_bounded() -> None:
    pier = {"kind": "object", "words": "pier", "name": "pier"}
    boat = {"kind": "object", "words": "boats", "name": "boat"}
    assert statements(pier, boat, pier) == [ObjectClaim("boat"), ObjectClaim("pier")]
    assert statements(*[None] * MOST_CLAIMS, boat) == []


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"message": {"content": "Sure! Here are the claims"}}]},
        {"choices": [{"message": {"content": "[]"}}]},
        {"choices": [{"message": {"content": '{"claims": {}}'}}]},
        {"choices": [{"message": {"content": "[" * 100_000}}]},
    ],
)
def test_an_answer_without_claims_is_an_error(bad: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="no claims"):
        claims_of(bad, PROMPT)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
_ENTRY = st.fixed_dictionaries(
    {"kind": st.sampled_from(["object", "count", "relation", "action", "absence", "text"])},
    optional={
        field: st.sampled_from(["boats", "pier", "two", "left of", "OPEN"]) | _ANYTHING
        for field in ("words", "name", "n", "subject", "predicate", "object", "verb", "text")
    },
)


@settings(deadline=None)
@given(st.lists(_ENTRY | _ANYTHING, max_size=6))
def test_no_answer_does_more_than_quote(entries: list[object]) -> None:
    parsed = claims_of(reply(entries), PROMPT)
    for claim in parsed.claims:
        assert PROMPT[claim.span.start : claim.span.end] == claim.span.text
