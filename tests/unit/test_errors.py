"""Errors say what, where and what to do, and cross process boundaries whole."""

import pickle

import pytest

from gencheck import errors
from gencheck.errors import GencheckError, InvalidArgument

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, GencheckError)
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_survives_pickling(kind: type[GencheckError]) -> None:
    error = kind("too wide", where="cat.png", fix="Make it smaller.", metadata={"width": "60000"})
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.what, copy.where, copy.fix) == ("too wide", "cat.png", "Make it smaller.")
    assert copy.metadata == {"width": "60000"}
    assert str(copy) == str(error) == "cat.png: too wide. Make it smaller."


def test_violations_survive_pickling() -> None:
    error = InvalidArgument("two fields are wrong", violations=[("a.b", "empty"), ("c", "long")])
    assert pickle.loads(pickle.dumps(error)).violations == (("a.b", "empty"), ("c", "long"))


def test_place_and_remedy_may_be_missing() -> None:
    assert str(GencheckError("no")) == "no"


def test_metadata_is_a_copy() -> None:
    given = {"a": "1"}
    error = GencheckError("no", metadata=given)
    given["a"] = "2"
    assert error.metadata == {"a": "1"}


def test_reasons_are_published_names_and_each_stands_once() -> None:
    reasons = [kind.reason for kind in KINDS if kind is not GencheckError]
    assert len(set(reasons)) == len(reasons)
    assert all(reason.replace("_", "").isupper() for reason in reasons)
