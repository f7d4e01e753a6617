"""From a prompt to claims: deterministic, no model, nothing dropped silently."""

from gencheck.consistency.parse.parser import MAX_CHARACTERS, parse_prompt

__all__ = ["MAX_CHARACTERS", "parse_prompt"]
