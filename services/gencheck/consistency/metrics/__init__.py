"""Figures of whole sets of pictures, from features that the caller has: pure functions of numpy.

No figure here is a verdict on one picture, and none is used by a check. Each follows its paper and
is held against the packages that people compare with (``tests/models/test_metric_peers.py``).
"""

from gencheck.consistency.metrics.clip_score import ClipScores, clip_score
from gencheck.consistency.metrics.frechet import (
    Fid,
    FidInfinity,
    fid,
    fid_infinity,
    frechet_distance,
)
from gencheck.consistency.metrics.inception import InceptionScore, inception_score
from gencheck.consistency.metrics.kernel import Kid, kid
from gencheck.consistency.metrics.neighbours import Prdc, prdc

__all__ = [
    "ClipScores",
    "Fid",
    "FidInfinity",
    "InceptionScore",
    "Kid",
    "Prdc",
    "clip_score",
    "fid",
    "fid_infinity",
    "frechet_distance",
    "inception_score",
    "kid",
    "prdc",
]
