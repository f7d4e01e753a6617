"""GenEval's questions, files and rules (Ghosh et al. 2023, arXiv:2310.11513), for given boxes.

The claims come ready in the metadata of each prompt; what is judged is boxes of a detector, and the
colours of what is in them. The rules are the published ones to the letter, also where gencheck's
own checks (``consistency/verify``) would abstain.
"""

from gencheck.consistency.geneval.boxes import Boxes, parse_boxes
from gencheck.consistency.geneval.metadata import (
    COLOURS,
    MAX_LINE,
    Metadata,
    Wanted,
    parse_metadata,
    read_metadata,
)
from gencheck.consistency.geneval.results import Score, Scores, result_line, scores
from gencheck.consistency.geneval.rules import COUNTING_SCORE, Thing, evaluate, keep, relations

__all__ = [
    "COLOURS",
    "COUNTING_SCORE",
    "MAX_LINE",
    "Boxes",
    "Metadata",
    "Score",
    "Scores",
    "Thing",
    "Wanted",
    "evaluate",
    "keep",
    "parse_boxes",
    "parse_metadata",
    "read_metadata",
    "relations",
    "result_line",
    "scores",
]
