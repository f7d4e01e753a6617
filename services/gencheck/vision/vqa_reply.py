"""What a reply of a chat endpoint says: its words, yes or no, and with what probability.

Only a plain yes or no counts. A model that explains, hedges, or does what some text in the picture
tells it has given no answer; nothing is read into its words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from gencheck.errors import ModelError
from gencheck.inference.endpoint import Reply
from gencheck.vision.roles import VisualAnswer

_LONGEST_ANSWER = 200
_PLAIN = re.compile(r"""["'*`]*(yes|no)["'*`]*[.!]?["'*`]*""", re.IGNORECASE)
_SPACES = " \t\r\n▁ĠĊ"
"""Around a token, as tokenizers write them."""


def answer_of(reply: Reply, question: str) -> VisualAnswer:
    """The answer that a reply holds.

    Raises:
        ModelError: it has not the form of a chat's reply.
    """
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise ModelError("the endpoint's answer has not the form of a chat's")
    content = message.get("content")
    text = _line(content) if isinstance(content, str) else ""
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return VisualAnswer(question, text, None)
    word = plain[1].lower()
    return VisualAnswer(question, text, word == "yes", _p_yes(choice.get("logprobs"), word))


def _line(content: str) -> str:
    seen = "".join(x if x.isprintable() else " " for x in content[: 4 * _LONGEST_ANSWER])
    return " ".join(seen.split())[:_LONGEST_ANSWER]


def _p_yes(logprobs: Any, word: str) -> float | None:
    """P("Yes") at the token that is the answer; ``None`` where the reply does not tell it."""
    entries = logprobs.get("content") if isinstance(logprobs, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        token = entry.get("token") if isinstance(entry, dict) else None
        if not isinstance(token, str):
            return None
        if _bare(token) == word:
            found = dict(_probabilities(entry))
            yes = [p for token, p in found.items() if _bare(token) == "yes"]
            known = yes and all(p is not None for p in yes)
            total = math.fsum(p for p in yes if p is not None)
            return min(total, 1.0) if known and total <= 1.001 else None
        if _bare(token):
            return None  # the answer is spelled in pieces, or is not what the text says
    return None


def _probabilities(entry: dict[str, Any]) -> Iterator[tuple[str, float | None]]:
    """Each token that stood to choice, with its probability; ``None`` where that is no number."""
    others = entry.get("top_logprobs")
    for one in [entry, *(others if isinstance(others, list) else [])]:
        if isinstance(one, dict) and isinstance(one.get("token"), str):
            value, p = one.get("logprob"), None
            if isinstance(value, int | float) and -1e6 < value < 0.001:  # which no NaN is
                p = math.exp(min(value, 0.0))
            yield one["token"], p


def _bare(token: str) -> str:
    return token.strip(_SPACES).lower()
