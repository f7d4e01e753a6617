"""What tests of the parser ask of a prompt."""

from __future__ import annotations

from gencheck.consistency.claims import Statement
from gencheck.consistency.parse import parse_prompt


def statements(prompt: str) -> set[Statement]:
    """What its claims say."""
    return {claim.claim for claim in parse_prompt(prompt).claims}
