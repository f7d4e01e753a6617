"""Tracing that is off."""

from gencheck.tracing import NO_TRACING


def test_what_is_off_opens_nothing_and_sends_nothing() -> None:
    with NO_TRACING.span("outer") as outer, NO_TRACING.span("inner", kind="client") as inner:
        outer.set({"a": 1})
        inner.stages([("stage", 1.0)])
    assert outer is inner
    assert NO_TRACING.headers() == {}


def test_what_is_off_lets_errors_through() -> None:
    try:
        with NO_TRACING.span("x"):
            raise ValueError("seen")
    except ValueError as error:
        assert str(error) == "seen"
    else:
        raise AssertionError("the error was swallowed")
