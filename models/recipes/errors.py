"""The one error that recipes raise on purpose."""

from __future__ import annotations


class RecipeError(Exception):
    """A recipe cannot go on.

    Args:
        what: what happened, one sentence without a final dot.
        fix: what the reader can do about it.
    """

    def __init__(self, what: str, *, fix: str = "") -> None:
        super().__init__(f"{what}. {fix}" if fix else what)
        self.what = what
        self.fix = fix
