"""When in a clip a claim is seen to hold, or to fail: the answers of its frames told as spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from gencheck.consistency.verify.answer import Answer
from gencheck.findings import TimeSpan

_MOST_SPANS = 8


def over_time(answer: Answer, frames: Sequence[Answer], times: Sequence[float]) -> Answer:
    """The joint answer, with the spans in which frames say the same before its evidence.

    A span runs from the first to the last of neighbouring frames that agree; what is between two
    frames was not looked at. Boxes are of the first frame that says so.

    Args:
        answer: the joint answer of all frames.
        frames: the answer of each, in order.
        times: seconds of each from the start of the clip.
    """
    if not answer.judged or len(frames) < 2:
        return answer
    agreed = [frame.status is answer.status for frame in frames]
    runs = groupby(zip(times, agreed, strict=True), key=lambda pair: pair[1])
    moments = [[time for time, _ in run] for same, run in runs if same]
    spans = tuple(TimeSpan(run[0], run[-1]) for run in moments[:_MOST_SPANS])
    count = f"so in {sum(agreed)} of {len(frames)} frames"
    why = f"at {spans[0].start:.1f} s: {answer.explanation}; {count}"
    return replace(answer, explanation=why, evidence=(*spans, *answer.evidence))
