"""Negation: which words a "no", a "not" or a "without" reaches, against labels made by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gencheck.consistency.claims import AbsenceClaim
from gencheck.consistency.parse import parse_prompt

LABELS = Path(__file__).with_name("negation_scope.txt")
_KINDS = {"[": "absent", "{": "denied", "<": "asked"}


@dataclass(frozen=True)
class Labelled:
    """A prompt, and the places of the words that a negation reaches or does not."""

    prompt: str
    scopes: dict[str, set[tuple[int, int]]]


def labelled(line: str) -> Labelled:
    """A prompt without its marks, and what each kind of mark encloses."""
    prompt, scopes = "", {kind: set() for kind in _KINDS.values()}  # type: ignore[var-annotated]
    for part in re.split(r"([\[{<][^\]}>]+[\]}>])", line):
        kind = _KINDS.get(part[:1])
        words = part[1:-1] if kind else part
        if kind:
            scopes[kind].add((len(prompt), len(prompt) + len(words)))
        prompt += words
    return Labelled(prompt, scopes)


def read_rightly(label: Labelled) -> bool:
    """Whether the parser takes for absent, denied and asked for what the label does."""
    claims = parse_prompt(label.prompt).claims
    absent = {(c.span.start, c.span.end) for c in claims if isinstance(c.claim, AbsenceClaim)}
    stated = [c.span for c in claims if not isinstance(c.claim, AbsenceClaim)]
    denied = label.scopes["absent"] | label.scopes["denied"]
    return (
        absent == label.scopes["absent"]
        and not any(
            start <= span.start < end or start < span.end <= end
            for span in stated
            for start, end in denied
        )
        and all(
            any(span.start < end and start < span.end for span in stated)
            for start, end in label.scopes["asked"]
        )
    )


def judged() -> tuple[int, list[str]]:
    """How many prompts are labelled, and those that are read wrongly."""
    lines = LABELS.read_text(encoding="utf-8").splitlines()
    labels = [labelled(line) for line in lines if not line.startswith("#")]
    return len(labels), [label.prompt for label in labels if not read_rightly(label)]


def print_negation() -> None:
    """The share that is read rightly, and the others."""
    count, wrong = judged()
    print(f"Scope of negation: {1 - len(wrong) / count:.3f} of {count} labelled prompts")
    for prompt in wrong:
        print("   ", prompt)
    print()
