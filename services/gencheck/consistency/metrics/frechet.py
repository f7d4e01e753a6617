"""Fréchet Inception Distance (Heusel et al. 2017, arXiv:1706.08500) from features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from gencheck.consistency.metrics.features import Real, blocks, pair_of, rows_of
from gencheck.errors import InvalidArgument

Values = NDArray[np.float64]
_SMALL_FLOOR = 0.1  # of the value: below this, the bias does not matter to most


@dataclass(frozen=True, slots=True)
class Fid:
    """The squared Fréchet distance of two sets, in squared units of the features, 0 or more.

    Attributes:
        value: biased upwards, the more the fewer rows there are: compare at equal n only.
        floor: what two sets of these sizes score on average although both are of one Gaussian, of
            the covariance of these: about the bias of the value. To first order in 1/n, so up to
            a third too little where there are fewer rows than features.
        n_real: rows of the real set.
        n_generated: rows of the generated set.
        warning: that the floor is over a tenth of the value; else empty.
    """

    value: float
    floor: float
    n_real: int
    n_generated: int
    warning: str


@dataclass(frozen=True, slots=True)
class FidInfinity:
    """The distance that endless sets would have, as a straight line in 1/n tells it.

    Attributes:
        value: the line at 1/n = 0. It may come out slightly below 0.
        bias: what the distance of all rows has over it, in the same unit.
        shares: shares of both sets that were taken, ``float64 [points]``.
        distances: the distance at each of them, ``float64 [points]``.
        warning: where the line is not to be trusted; else empty.
    """

    value: float
    bias: float
    shares: Values
    distances: Values
    warning: str


def fid(real: ArrayLike, generated: ArrayLike) -> Fid:
    """FID of given features.

    Args:
        real: features ``[n, d]``, at least 2 rows.
        generated: features ``[m, d]`` of the same layer of the same model.

    Raises:
        InvalidArgument: fewer than 2 rows, other widths, NaN or infinity.
    """
    one, other = pair_of(real, generated, least=2)
    gap, a, b = _moments(one, other)
    value = _distance(gap, a, b)
    floor = _floor(a, b, len(one), len(other))
    warning = ""
    if floor > _SMALL_FLOOR * value:
        warning = (
            f"two sets of one distribution would score about {floor:.3g} with so few rows: compare "
            "at equal n, or take fid_infinity or KID"
        )
    return Fid(value, floor, len(one), len(other), warning)


def fid_infinity(
    real: ArrayLike, generated: ArrayLike, *, points: int = 8, seed: int = 0
) -> FidInfinity:
    """FID without the bias of its sample, after Chong and Forsyth 2020, arXiv:1911.07023.

    The bias goes with 1/n to first order, so distances of ever smaller shares of the sets lie on a
    line, and its intercept has none. The paper shrinks the generated set before a large real one;
    here both shrink by the same share, as both are samples. The line is that of least squares; it
    is as noisy as the sets are small. It takes about ``points`` times as long as :func:`fid`.

    Args:
        real: features ``[n, d]``, at least 8 rows.
        generated: features ``[m, d]``, at least 8 rows.
        points: shares between half and all, evenly spaced in 1/n; at least 2.
        seed: of the draws without replacement.

    Raises:
        InvalidArgument: as :func:`fid`, or fewer than 2 points.
    """
    if points < 2:
        raise InvalidArgument("a line needs at least 2 points", where="points")
    one, other = pair_of(real, generated, least=8)
    shares = 1.0 / np.linspace(1.0, 2.0, points)
    random = np.random.default_rng(seed)
    distances = np.array(
        [_distance(*_moments(*(_draw(s, p, random) for s in (one, other)))) for p in shares]
    )
    value = float(np.polyfit(1.0 / shares, distances, 1)[1])
    warning = ""
    if min(len(one), len(other)) < 2 * one.shape[1]:
        warning = (
            f"the smallest share has fewer rows than the {one.shape[1]} features: the distance is "
            "no line in 1/n there"
        )
    return FidInfinity(value, float(distances[0]) - value, shares, distances, warning)


def frechet_distance(
    mean_a: ArrayLike, covariance_a: ArrayLike, mean_b: ArrayLike, covariance_b: ArrayLike
) -> float:
    """``|μa - μb|² + tr(Σa + Σb - 2 (Σa Σb)^½)``, of two Gaussians.

    For sets whose statistics alone are at hand, as benchmarks publish them.

    Args:
        mean_a: ``[d]``.
        covariance_a: ``[d, d]``, symmetric, no negative eigenvalue.
        mean_b: ``[d]``.
        covariance_b: ``[d, d]``.

    Raises:
        InvalidArgument: other shapes, NaN or infinity, or a matrix that is no covariance.
    """
    means = [rows_of(np.atleast_2d(m), f"mean_{n}")[0] for m, n in ((mean_a, "a"), (mean_b, "b"))]
    a, b = rows_of(covariance_a, "covariance_a"), rows_of(covariance_b, "covariance_b")
    for name, matrix in (("a", a), ("b", b)):
        if not means[0].shape * 2 == means[1].shape * 2 == matrix.shape:
            raise InvalidArgument(
                f"shape {matrix.shape} with means of {len(means[0])} and {len(means[1])}",
                where=f"covariance_{name}",
            )
        if not np.allclose(matrix, matrix.T, rtol=1e-5, atol=1e-6 * np.abs(matrix).max()):
            raise InvalidArgument("not symmetric", where=f"covariance_{name}")
    gap = means[0].astype(np.float64) - means[1]
    return _distance(gap, _factor(a, "covariance_a"), _factor(b, "covariance_b"))


def _draw(rows: Real, share: float, random: np.random.Generator) -> Real:
    return rows[random.permutation(len(rows))[: max(2, round(share * len(rows)))]]


def _moments(one: Real, other: Real) -> tuple[Values, Values, Values]:
    """The offset of the means, and factors F of both covariances F'F."""
    means = [rows.mean(axis=0, dtype=np.float64) for rows in (one, other)]
    return means[0] - means[1], _root_rows(one, means[0]), _root_rows(other, means[1])


def _distance(gap: Values, a: Values, b: Values) -> float:
    """``|gap|² + tr(A'A) + tr(B'B) - 2 tr((A'A B'B)^½)``.

    The last trace is the sum of the singular values of A B'. Their squares are the eigenvalues of a
    symmetric product: real and not negative, where the square root of Σa Σb itself has to be rid of
    imaginary parts.
    """
    root = float(np.sqrt(_squared_singular_values(a @ b.T)).sum())
    # Rounding alone takes the distance of a set to itself below 0.
    return max(0.0, float(gap @ gap + (a * a).sum() + (b * b).sum()) - 2.0 * root)


def _floor(a: Values, b: Values, n: int, m: int) -> float:
    """The mean distance of two samples, of n and m rows, of one Gaussian, to first order in 1/n.

    The means are tr(Σ) (1/n + 1/m) apart. Sample covariances differ by E, whose entries have the
    variance λi λj (1/n + 1/m), twice that for i = j, in the eigenvectors of Σ, and their squared
    distance is ½ Σij Eij² / (λi + λj), the metric of Bures at Σ.
    """
    pooled = np.vstack([np.sqrt(n / (n + m)) * a, np.sqrt(m / (n + m)) * b])
    values = _squared_singular_values(pooled)
    values = values[values > 0]
    pairs = (values[:, None] * values / (values[:, None] + values)).sum()
    return float((1 / n + 1 / m) * (1.25 * values.sum() + 0.5 * pairs))


def _root_rows(rows: Real, mean: Values) -> Values:
    """A matrix F, of d rows at most, with F'F = the unbiased covariance of the rows."""
    scale = np.sqrt(len(rows) - 1)
    if len(rows) <= rows.shape[1]:
        return np.asarray((rows - mean) / scale, np.float64)
    covariance = np.zeros((rows.shape[1],) * 2)
    for _, part in blocks(rows):
        centred = (part - mean) / scale
        covariance += centred.T @ centred
    return _factor(covariance, "features")


def _factor(covariance: Real, where: str) -> Values:
    """F with F'F = the covariance: by Cholesky, or by eigenvalues where it is singular."""
    matrix = covariance.astype(np.float64)
    try:
        upper: Values = scipy.linalg.cholesky(matrix)
        return upper
    except scipy.linalg.LinAlgError:
        values, vectors = scipy.linalg.eigh(matrix, driver="evd")
    if values[0] < -1e-6 * max(values[-1], 0.0):
        raise InvalidArgument(
            f"no covariance: its smallest eigenvalue is {values[0]:.3g}", where=where
        )
    root: Values = np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T
    return root


def _squared_singular_values(matrix: Values) -> Values:
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    return np.asarray(np.maximum(scipy.linalg.eigvalsh(matrix @ matrix.T), 0.0))
