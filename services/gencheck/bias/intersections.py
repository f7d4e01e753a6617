"""Intersections of crossed attributes, such as gender × tone: which one is worst off."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gencheck.bias.pooling import pooled_shares
from gencheck.bias.records import CROSS
from gencheck.bias.results import (
    AttributeAudit,
    AuditedShare,
    CrossedAttribute,
    Intersection,
)


def intersections(audits: Sequence[AttributeAudit]) -> tuple[CrossedAttribute, ...]:
    """Of every crossed attribute of the whole set with enough people (``minimum``)."""
    return tuple(
        CrossedAttribute(audit.attribute, audit.model, audit.n, _ranked(audit.shares))
        for audit in audits
        if not audit.prompt and _is_crossed(audit) and audit.n >= audit.minimum
    )


def _is_crossed(audit: AttributeAudit) -> bool:
    parts = len(audit.attribute.split(CROSS))
    return parts > 1 and all(len(s.category.split(CROSS)) == parts for s in audit.shares)


def _ranked(shares: Sequence[AuditedShare]) -> tuple[Intersection, ...]:
    counts = np.array([share.count for share in shares], np.float64)
    independent = _independent([share.category.split(CROSS) for share in shares], counts)
    pooled = pooled_shares(counts[None], independent)[0]
    found = [
        Intersection(
            category=share.category,
            count=share.count,
            share=share.share,
            low=share.low,
            high=share.high,
            reference=share.reference,
            independent=float(alone),
            pooled=float(drawn),
            fewer=share.high < share.reference,
        )
        for share, alone, drawn in zip(shares, independent, pooled, strict=True)
    ]
    return tuple(sorted(found, key=lambda i: i.pooled / i.reference if i.reference else math.inf))


def _independent(
    parts: Sequence[Sequence[str]], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Products of the shares of the parts, over the categories that are there."""
    products = np.ones(len(counts))
    for column in zip(*parts, strict=True):
        sums = dict.fromkeys(column, 0.0)
        for name, count in zip(column, counts, strict=True):
            sums[name] += count
        products *= np.array([sums[name] for name in column])
    found: NDArray[np.float64] = products / products.sum()
    return found
