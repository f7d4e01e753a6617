"""What shares of the people read say of everybody: those who were not read may be anybody.

Who is not read is no random part: pale skin is overexposed more often, tones that are alike are
told apart more seldom. So the distance is bounded over every way in which the unread could be
distributed (Manski 2003, Partial Identification of Probability Distributions, ch. 1): a set is not
called skewed for what a reader overlooked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gencheck.bias.effect import Distance
from gencheck.bias.estimate import Estimate
from gencheck.bias.melding import Floats

DOUBT = (
    "Those who were read depart from the reference, but with those who were not, the set may fit "
    "it. Add people who can be read, or labels of those who could not."
)


def among_all(found: Estimate, reference: Floats, *, read: float, unread: float) -> Estimate:
    """The estimate with bounds of the distance that hold for the read and the unread together.

    Shares and intervals stay those of the people read.

    Args:
        reference: ``float64 [k]``, sums to 1.
        read, unread: people.
    """
    if not (read > 0 and unread > 0):
        return found
    part, before = read / (read + unread), found.distance
    # The unread cannot take people away from a category, nor fill more than their own share.
    above = float(np.maximum(part * found.intervals.low - reference, 0).sum())
    below = float(np.maximum(reference - part * found.intervals.high, 0).sum()) - (1 - part)
    # The same of what is known of the distance, but of no category.
    undone = part * before.low - (1 - part)
    least = max(above, below, undone, 0.0) if before.low > 0 else 0.0
    most = part * before.high + 1 - part
    lost = before.low > 0 and least == 0
    return replace(
        found,
        distance=Distance(before.value, min(least, before.value), most),
        undone=DOUBT if lost else "",
    )
