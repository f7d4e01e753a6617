"""What a caller may ask of an audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gencheck.bias.power import DETECTABLE_DISTANCE, MINIMUM_PEOPLE
from gencheck.errors import InvalidArgument

_EFFECTS = (0.01, 0.5)
_MOST_PEOPLE = 1_000_000


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """How to judge.

    Attributes:
        effect: the departure that matters, as total variation distance: a set is BALANCED where one
            of that size would probably have been seen.
        minimum_people: fewer are never SKEWED.
        repeated_looks: whether the set is audited again and again while it grows: e-values, and
            intervals that hold at all looks together.
        orders: the categories of ordered attributes, from one end to the other, where their names
            do not tell it.
        pairs: prompts to compare with each other, two by two.
    """

    effect: float = DETECTABLE_DISTANCE
    minimum_people: int = MINIMUM_PEOPLE
    repeated_looks: bool = False
    orders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pairs: Sequence[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        least, most = _EFFECTS
        if not least <= self.effect <= most:
            raise InvalidArgument(
                f"an effect of {self.effect:g}",
                where="effect",
                fix=f"It is a distance, {least:g} to {most:g}: 0.15 is 65/35 instead of 50/50.",
            )
        if not 1 <= self.minimum_people <= _MOST_PEOPLE:
            raise InvalidArgument(
                f"a minimum of {self.minimum_people} people",
                where="minimum_people",
                fix=f"It has to be 1 to {_MOST_PEOPLE:,}.",
            )


DEFAULT_OPTIONS = AuditOptions()
