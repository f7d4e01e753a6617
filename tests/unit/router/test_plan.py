"""Which checks apply to what."""

import pytest

from gencheck.errors import InvalidArgument
from gencheck.findings import SkipReason
from gencheck.media.types import MediaKind
from gencheck.router.plan import plan

PROMPT = "a cat"


@pytest.mark.parametrize(
    ("kind", "prompt", "ask"),
    [
        (MediaKind.IMAGE, "", ("artifact",)),
        (MediaKind.IMAGE, PROMPT, ("artifact", "consistency")),
        (MediaKind.IMAGE, " \n", ("artifact",)),
        (MediaKind.VIDEO, "", ("artifact",)),
        (MediaKind.VIDEO, PROMPT, ("artifact", "consistency")),
        (MediaKind.AUDIO, "", ("artifact",)),
        (MediaKind.MESH, "", ("mesh",)),
    ],
)
def test_every_kind_gets_the_checks_that_apply(
    kind: MediaKind, prompt: str, ask: tuple[str, ...]
) -> None:
    assert plan(kind, prompt=prompt).ask == ask


def test_a_prompt_that_nobody_can_check_leaves_a_gap() -> None:
    left_out = plan(MediaKind.AUDIO, prompt=PROMPT).left_out
    assert [(o.check, o.reason) for o in left_out] == [("consistency", SkipReason.UNCERTAIN.value)]


def test_the_prompt_of_a_mesh_is_checked_on_its_views_after_it() -> None:
    steps = plan(MediaKind.MESH, prompt=PROMPT)
    assert (steps.ask, steps.ask_views, steps.left_out) == (("mesh",), ("consistency",), ())


def test_views_that_nobody_draws_leave_a_gap() -> None:
    steps = plan(MediaKind.MESH, prompt=PROMPT, wanted=["consistency"])
    assert (steps.ask, steps.ask_views) == ((), ())
    reasons = {o.check: o.reason for o in steps.left_out}
    assert reasons == {"consistency": "UNCERTAIN", "mesh": "NOT_REQUESTED"}


def test_what_was_not_asked_for_is_said_and_no_gap() -> None:
    steps = plan(MediaKind.IMAGE, prompt=PROMPT, wanted=["consistency"])
    assert steps.ask == ("consistency",)
    assert [(o.check, o.reason) for o in steps.left_out] == [
        ("artifact", SkipReason.NOT_REQUESTED.value)
    ]


def test_a_wanted_check_that_does_not_apply_is_said() -> None:
    steps = plan(MediaKind.MESH, prompt="", wanted=["artifact"])
    assert steps.ask == ()
    reasons = {o.check: o.reason for o in steps.left_out}
    assert reasons["artifact"] == SkipReason.NOT_APPLICABLE.value


def test_an_unknown_check_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgument, match="colour"):
        plan(MediaKind.IMAGE, prompt="", wanted=["colour"])


def test_what_the_policy_does_not_ask_is_left_out_and_no_gap() -> None:
    steps = plan(MediaKind.IMAGE, prompt=PROMPT, allowed=["artifact"])
    assert steps.ask == ("artifact",)
    assert [(o.check, o.reason) for o in steps.left_out] == [("consistency", "NOT_REQUESTED")]
    steps = plan(MediaKind.MESH, prompt=PROMPT, allowed=["mesh", "bias"])
    assert (steps.ask, steps.ask_views) == (("mesh",), ())
