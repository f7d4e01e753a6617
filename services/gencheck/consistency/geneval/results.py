"""GenEval's results: one JSON object a picture, and the scores that are made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gencheck.consistency.geneval.metadata import Metadata
from gencheck.consistency.geneval.rules import COUNTING_SCORE, Things, evaluate, keep


@dataclass(frozen=True, slots=True)
class Score:
    """Pictures that are right, of one task."""

    tag: str
    correct: int
    pictures: int

    @property
    def share(self) -> float:
        """0..1."""
        return self.correct / self.pictures


@dataclass(frozen=True, slots=True)
class Scores:
    """What ``summary_scores.py`` prints.

    Attributes:
        tasks: in the order in which they first came.
        overall: mean over the tasks, 0..1: the score that papers print.
        pictures: share that is right, 0..1.
        prompts: share with at least one right picture, 0..1.
    """

    tasks: tuple[Score, ...]
    overall: float
    pictures: float
    prompts: float


def result_line(
    filename: str, found: Things, metadata: Metadata, *, counting_score: float = COUNTING_SCORE
) -> dict[str, Any]:
    """The result of one picture, with the fields of ``evaluate_images.py``.

    ``metadata`` and ``details`` are JSON in JSON, as there; ``details`` has the boxes that counted,
    by class, ``[x1, y1, x2, y2, score]`` each.

    Raises:
        InvalidInput: a colour is asked for, and nobody looked for colours.
    """
    kept = keep(found, metadata.tag, counting_score=counting_score)
    correct, reason = evaluate(kept, metadata)
    return {
        "filename": filename,
        "tag": metadata.tag,
        "prompt": metadata.prompt,
        "correct": correct,
        "reason": reason,
        "metadata": json.dumps(metadata.given),
        "details": json.dumps({name: [t.box.tolist() for t in ts] for name, ts in kept.items()}),
    }


def scores(results: Iterable[Mapping[str, Any]]) -> Scores | None:
    """The scores of results of :func:`result_line`; ``None`` of no results."""
    tasks: dict[str, list[bool]] = {}
    prompts: dict[str, bool] = {}
    for result in results:
        tasks.setdefault(result["tag"], []).append(result["correct"])
        prompts[result["metadata"]] = prompts.get(result["metadata"], False) or result["correct"]
    if not tasks:
        return None
    each = tuple(Score(tag, sum(right), len(right)) for tag, right in tasks.items())
    return Scores(
        each,
        overall=sum(score.share for score in each) / len(each),
        pictures=sum(score.correct for score in each) / sum(score.pictures for score in each),
        prompts=sum(prompts.values()) / len(prompts),
    )
