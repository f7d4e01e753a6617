"""Metrics of sets against closed forms, plain definitions in slow code, and bad features."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray

from gencheck.consistency import metrics
from gencheck.errors import InvalidArgument

Values = NDArray[np.float64]


def covariance(rank: int, width: int, seed: int) -> Values:
    factor = np.random.default_rng(seed).standard_normal((rank, width))
    return np.asarray(factor.T @ factor / rank)


def sample_with(mean: Values, cov: Values, n: int, seed: int) -> Values:
    """Rows whose own mean and unbiased covariance are exactly these."""
    raw = np.random.default_rng(seed).standard_normal((n, len(mean)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(scipy.linalg.cholesky(np.cov(raw, rowvar=False)))
    root = np.real(scipy.linalg.sqrtm(cov))
    return np.asarray(white @ root + mean)


def by_sqrtm(mean_a: Values, a: Values, mean_b: Values, b: Values) -> float:
    """The formula of the paper as it stands."""
    root = np.real(scipy.linalg.sqrtm(a @ b))
    return float(((mean_a - mean_b) ** 2).sum() + np.trace(a + b - 2 * root))


class TestFrechet:
    def test_gaussians_of_known_moments(self) -> None:
        means = np.arange(8.0), np.ones(8)
        covs = covariance(20, 8, 1), covariance(20, 8, 2)
        real, generated = (
            sample_with(m, c, 50, s) for s, (m, c) in enumerate(zip(means, covs, strict=True))
        )
        truth = by_sqrtm(means[0], covs[0], means[1], covs[1])
        assert metrics.fid(real, generated).value == pytest.approx(truth, rel=1e-9)
        given = metrics.frechet_distance(means[0], covs[0], means[1], covs[1])
        assert given == pytest.approx(truth, rel=1e-9)

    def test_diagonal_gaussians_by_hand(self) -> None:
        distance = metrics.frechet_distance([0, 0], np.diag([4, 9]), [3, 4], np.diag([1, 16]))
        assert distance == pytest.approx(25 + (2 - 1) ** 2 + (3 - 4) ** 2)

    def test_one_feature(self) -> None:
        real, generated = np.array([[0.0], [2.0]]), np.array([[5.0], [9.0]])
        truth = 6.0**2 + (np.sqrt(2) - np.sqrt(8)) ** 2
        assert metrics.fid(real, generated).value == pytest.approx(truth)

    @pytest.mark.parametrize(("n", "m"), [(5, 7), (5, 60), (60, 5), (20, 21)])
    def test_fewer_rows_than_features(self, n: int, m: int) -> None:
        random = np.random.default_rng(3)
        real, generated = random.standard_normal((n, 20)), random.standard_normal((m, 20)) * 2 + 1
        moments = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in (real, generated)]
        given = metrics.frechet_distance(*moments[0], *moments[1])
        assert metrics.fid(real, generated).value == pytest.approx(given, rel=1e-6)
        # The trace of the root, by singular values of the centred rows themselves.
        a, b = ((x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (real, generated))
        root = scipy.linalg.svdvals(a @ b.T).sum()
        gap = ((moments[0][0] - moments[1][0]) ** 2).sum()
        assert given == pytest.approx(gap + (a**2).sum() + (b**2).sum() - 2 * root, rel=1e-6)

    def test_dead_features_and_a_far_origin(self) -> None:
        random = np.random.default_rng(4)
        real, generated = random.standard_normal((2, 100, 6))
        plain = metrics.fid(real, generated).value
        dead = [np.hstack([x, np.full((100, 2), 7.0)]) for x in (real, generated)]
        assert metrics.fid(*dead).value == pytest.approx(plain, rel=1e-6)
        far = [x + 1e6 for x in (real, generated)]
        assert metrics.fid(*far).value == pytest.approx(plain, rel=1e-6)

    def test_the_same_set_twice_and_a_turned_space(self) -> None:
        random = np.random.default_rng(5)
        real, generated = random.standard_normal((300, 30)), random.standard_normal((200, 30)) + 1
        assert metrics.fid(real, real).value == pytest.approx(0, abs=1e-6)
        turn = np.linalg.qr(random.standard_normal((30, 30)))[0]
        turned = metrics.fid(real @ turn, generated @ turn).value
        assert turned == pytest.approx(metrics.fid(real, generated).value)
        assert turned == pytest.approx(metrics.fid(generated, real).value)

    def test_blocks_change_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real, generated = np.random.default_rng(6).standard_normal((2, 101, 4))
        whole = metrics.fid(real, generated).value
        blocks = metrics.features.blocks
        monkeypatch.setattr(metrics.frechet, "blocks", lambda x: blocks(x, 7))
        assert metrics.fid(real, generated).value == pytest.approx(whole)

    @pytest.mark.parametrize(("n", "m"), [(400, 400), (60, 300), (20, 20), (8, 400)])
    @pytest.mark.parametrize("decay", [0.0, 0.3])
    def test_the_floor_is_what_one_distribution_scores(self, n: int, m: int, decay: float) -> None:
        scale = np.exp(-decay * np.arange(20))
        found = []
        for seed in range(30):
            random = np.random.default_rng(seed)
            real, generated = (random.standard_normal((rows, 20)) * scale for rows in (n, m))
            found.append(metrics.fid(real, generated))
        mean = np.mean([one.value for one in found])
        assert 0.65 * mean < np.mean([one.floor for one in found]) < 1.1 * mean
        assert all(f"about {one.floor:.3g}" in one.warning for one in found)

    def test_no_warning_where_the_sets_differ_by_far_more(self) -> None:
        real, generated = np.random.default_rng(7).standard_normal((2, 400, 5))
        found = metrics.fid(real, generated + 3)
        assert not found.warning
        assert found.floor < 0.01 * found.value

    def test_infinity_is_nearer_to_the_truth_than_the_distance(self) -> None:
        cov = covariance(60, 20, 8)
        wide = 1.5 * cov
        truth = by_sqrtm(np.zeros(20), cov, np.full(20, 0.1), wide)
        errors = []
        for seed in range(10):
            random = np.random.default_rng(seed)
            real = random.multivariate_normal(np.zeros(20), cov, 400)
            generated = random.multivariate_normal(np.full(20, 0.1), wide, 400)
            plain, line = metrics.fid(real, generated).value, metrics.fid_infinity(real, generated)
            assert line.distances[0] == pytest.approx(plain)
            assert line.bias == pytest.approx(plain - line.value)
            assert line.bias > 0
            assert not line.warning
            errors.append((plain - truth, line.value - truth))
        plain_bias, line_bias = np.mean(errors, axis=0)
        assert plain_bias > 0.3
        assert abs(line_bias) < 0.25 * plain_bias

    def test_infinity_of_few_rows_warns_and_keeps_to_its_seed(self) -> None:
        real, generated = np.random.default_rng(9).standard_normal((2, 39, 20))
        one, again = (metrics.fid_infinity(real, generated, seed=3) for _ in range(2))
        assert "no line" in one.warning
        assert one.value == again.value
        assert metrics.fid_infinity(real, generated, seed=4).value != one.value

    def test_what_is_no_covariance(self) -> None:
        mean, good = np.zeros(2), np.eye(2)
        for bad, word in (
            (np.diag([1.0, -1.0]), "no covariance"),
            (np.array([[1.0, 0.5], [0.0, 1.0]]), "not symmetric"),
            (np.eye(3), "shape"),
        ):
            with pytest.raises(InvalidArgument, match=word):
                metrics.frechet_distance(mean, good, mean, bad)


def slow_mmd(x: Values, y: Values) -> float:
    """Unbiased estimate of the paper, pair by pair."""

    def kernel(a: Values, b: Values) -> float:
        return float((a @ b / len(a) + 1) ** 3)

    within = [
        np.mean([kernel(a, b) for a, b in itertools.permutations(rows, 2)]) for rows in (x, y)
    ]
    across = np.mean([kernel(a, b) for a in x for b in y])
    return float(sum(within) - 2 * across)


class TestKernel:
    def test_the_whole_set_by_the_definition(self) -> None:
        random = np.random.default_rng(0)
        real, generated = random.standard_normal((12, 5)), random.standard_normal((12, 5)) + 0.5
        found = metrics.kid(real, generated, subsets=3, subset_size=12)
        assert found.mean == pytest.approx(slow_mmd(real, generated))
        assert found.std == pytest.approx(0, abs=1e-12)

    def test_closed_form_of_points(self) -> None:
        # k(x, x') = (c² + 1)³ for equal rows of c; of 0 with anything, 1.
        real, generated = np.zeros((4, 3)), np.full((4, 3), 2.0)
        found = metrics.kid(real, generated, subset_size=4)
        assert found.mean == pytest.approx(1 + 5**3 - 2)

    def test_unbiased_whatever_the_size(self) -> None:
        random = np.random.default_rng(1)
        values = [
            metrics.kid(*random.standard_normal((2, 20, 4)), subsets=1, subset_size=20).mean
            for _ in range(400)
        ]
        assert abs(np.mean(values)) < 4 * np.std(values) / 20
        assert min(values) < 0

    def test_the_seed_decides(self) -> None:
        real, generated = np.random.default_rng(2).standard_normal((2, 50, 4))
        draw = lambda seed: metrics.kid(real, generated, subset_size=10, seed=seed)  # noqa: E731
        assert draw(1) == draw(1)
        assert draw(1) != draw(2)
        assert draw(1).std > 0

    def test_a_subset_of_more_rows_than_there_are(self) -> None:
        with pytest.raises(InvalidArgument, match="at most 6"):
            metrics.kid(np.ones((9, 2)), np.ones((6, 2)), subset_size=7)
        with pytest.raises(InvalidArgument, match="at least 2 rows"):
            metrics.kid(np.ones((9, 2)), np.ones((6, 2)), subset_size=1)


def slow_prdc(real: Values, generated: Values, k: int) -> tuple[float, float, float, float]:
    def radius(rows: Values, i: int) -> float:
        return float(sorted(np.linalg.norm(rows - rows[i], axis=1))[k])

    balls_real = [radius(real, i) for i in range(len(real))]
    balls_generated = [radius(generated, i) for i in range(len(generated))]
    apart = np.array([[np.linalg.norm(x - y) for y in generated] for x in real])
    in_real = apart <= np.array(balls_real)[:, None]
    in_generated = apart <= np.array(balls_generated)
    return (
        float(in_real.any(axis=0).mean()),
        float(in_generated.any(axis=1).mean()),
        float(in_real.sum() / k / len(generated)),
        float(in_real.any(axis=1).mean()),
    )


class TestNeighbours:
    @pytest.mark.parametrize("k", [1, 3, 5])
    def test_by_the_definition(self, k: int) -> None:
        random = np.random.default_rng(k)
        real, generated = random.standard_normal((40, 3)), random.standard_normal((30, 3)) * 0.8 + 1
        found = metrics.prdc(real, generated, k=k)
        values = found.precision, found.recall, found.density, found.coverage
        assert values == pytest.approx(slow_prdc(real, generated, k))
        assert 0 < found.recall < 1

    def test_on_a_line_by_hand(self) -> None:
        # Neighbours at distance 1: generated 0.4 lies in the balls of 0 and 1, 10 in none.
        real, generated = np.array([[0.0], [1.0], [2.0]]), np.array([[0.4], [10.0]])
        found = metrics.prdc(real, generated, k=1)
        assert (found.precision, found.density) == (0.5, 1.0)
        assert found.coverage == pytest.approx(2 / 3)
        assert found.recall == 1.0  # the two generated rows are 9.6 apart: an outlier lifts recall

    def test_the_set_itself_and_one_far_away(self) -> None:
        real = np.random.default_rng(3).standard_normal((50, 4))
        same, far = metrics.prdc(real, real), metrics.prdc(real, real + 100)
        assert (same.precision, same.recall, same.coverage) == (1, 1, 1)
        assert (far.precision, far.recall, far.density, far.coverage) == (0, 0, 0, 0)

    def test_copies_of_one_row_are_at_distance_0(self) -> None:
        row = np.random.default_rng(4).standard_normal(64) * 1e3
        real, generated = np.tile(row, (6, 1)), np.tile(row, (7, 1))
        found = metrics.prdc(real, generated, k=2)
        assert (found.precision, found.recall, found.coverage) == (1, 1, 1)

    def test_a_far_origin_and_blocks_change_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        random = np.random.default_rng(5)
        real, generated = random.standard_normal((60, 3)), random.standard_normal((60, 3)) + 1
        plain = metrics.prdc(real, generated)
        assert metrics.prdc(real + 1e5, generated + 1e5) == plain
        monkeypatch.setattr(metrics.neighbours, "_BLOCK_CELLS", 7 * 60)
        assert metrics.prdc(real, generated) == plain

    def test_no_more_rows_than_neighbours(self) -> None:
        with pytest.raises(InvalidArgument, match="5 rows, at least 6"):
            metrics.prdc(np.ones((5, 2)), np.ones((9, 2)))
        with pytest.raises(InvalidArgument, match="no number of neighbours"):
            metrics.prdc(np.ones((5, 2)), np.ones((9, 2)), k=0)


class TestInception:
    def test_clear_and_even_classes_score_their_number(self) -> None:
        found = metrics.inception_score(np.tile(np.eye(4), (10, 1)), splits=1)
        assert found.mean == pytest.approx(4)
        assert found.std == 0

    def test_one_class_or_none_clear_scores_1(self) -> None:
        for rows in (np.tile([1.0, 0, 0], (20, 1)), np.full((20, 3), 1 / 3)):
            assert metrics.inception_score(rows).mean == pytest.approx(1)

    def test_by_the_definition(self) -> None:
        rows = np.random.default_rng(0).dirichlet(np.ones(7), 103)
        order = np.random.default_rng(5).permutation(103)
        scores = []
        for i in range(4):
            part = rows[order[i * 103 // 4 : (i + 1) * 103 // 4]]
            divergence = (part * np.log(part / part.mean(axis=0))).sum(axis=1)
            scores.append(np.exp(divergence.mean()))
        found = metrics.inception_score(rows, splits=4, seed=5)
        assert found.mean == pytest.approx(np.mean(scores))
        assert found.std == pytest.approx(np.std(scores))

    def test_a_set_sorted_by_class_is_shuffled(self) -> None:
        rows = np.repeat(np.eye(4), 50, axis=0)
        assert metrics.inception_score(rows, splits=4).mean > 3.5

    @pytest.mark.parametrize("rows", [np.full((20, 3), 0.5), np.tile([1.5, -0.5], (20, 1))])
    def test_no_probabilities(self, rows: Values) -> None:
        with pytest.raises(InvalidArgument, match="softmax"):
            metrics.inception_score(rows)

    def test_more_splits_than_rows(self) -> None:
        with pytest.raises(InvalidArgument, match="at least 10"):
            metrics.inception_score(np.eye(3))
        with pytest.raises(InvalidArgument, match="splits"):
            metrics.inception_score(np.eye(3), splits=0)


class TestClipScore:
    def test_by_hand(self) -> None:
        pictures = np.array([[3.0, 4], [1, 0], [1, 0], [-2, 0]])
        texts = np.array([[3.0, 4], [0, 7], [5, 5], [1, 0]])
        found = metrics.clip_score(pictures, texts)
        assert found.raw == pytest.approx([1, 0, np.sqrt(0.5), -1])
        assert found.scores == pytest.approx([2.5, 0, 2.5 * np.sqrt(0.5), 0])
        assert found.mean == pytest.approx(found.scores.mean())

    def test_bounded_whatever_the_length(self) -> None:
        rows = np.random.default_rng(0).standard_normal((50, 512))
        for scale in (1e-200, 1.0, 1e200):
            found = metrics.clip_score(rows * scale, rows)
            assert found.raw == pytest.approx(np.ones(50))
            assert found.raw.max() <= 1

    def test_no_direction_and_no_partner(self) -> None:
        with pytest.raises(InvalidArgument, match="row 1 is zero"):
            metrics.clip_score(np.ones((2, 3)), np.array([[1, 1, 1], [0, 0, 0]]))
        with pytest.raises(InvalidArgument, match="one text for each"):
            metrics.clip_score(np.ones((2, 3)), np.ones((1, 3)))


def test_the_example_of_the_docs_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "metrics.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(example, "docs/metrics.md", "exec"), {})
    told = capsys.readouterr().out
    assert re.search(r"FID 3\.\d\d of 500, 2\.\d\d for nothing", told)
    assert re.search(r"without its bias 1\.\d\d", told)


Metric = Callable[[Any, Any], object]
OF_SETS: list[Metric] = [
    metrics.fid,
    metrics.fid_infinity,
    lambda a, b: metrics.kid(a, b, subset_size=10),
    metrics.prdc,
]


@pytest.mark.parametrize("metric", OF_SETS)
class TestBadFeatures:
    def test_nan_is_named_by_its_row(self, metric: Metric) -> None:
        good, bad = np.ones((20, 3)), np.ones((20, 3))
        bad[4, 1], bad[9, 0] = np.nan, np.inf
        with pytest.raises(InvalidArgument, match="in 2 rows, the first is row 4") as caught:
            metric(good, bad)
        assert caught.value.where == "generated"

    def test_widths_that_differ(self, metric: Metric) -> None:
        with pytest.raises(InvalidArgument, match="same layer of the same model"):
            metric(np.ones((20, 3)), np.ones((20, 4)))

    @pytest.mark.parametrize(
        "bad", [np.ones(20), np.ones((20, 0)), np.ones((20, 3), complex), [["a"] * 3] * 20]
    )
    def test_no_matrix_of_numbers(self, metric: Metric, bad: Any) -> None:
        with pytest.raises(InvalidArgument, match="not a matrix of real numbers"):
            metric(bad, np.ones((20, 3)))

    def test_too_few_rows(self, metric: Metric) -> None:
        with pytest.raises(InvalidArgument, match="1 rows, at least"):
            metric(np.ones((1, 3)), np.ones((20, 3)))

    def test_half_precision_and_whole_numbers(self, metric: Metric) -> None:
        real, generated = np.random.default_rng(0).integers(-8, 8, (2, 40, 3))
        plain = metric(real.astype(np.float64), generated.astype(np.float64))
        assert repr(metric(real.astype(np.float16), generated)) == repr(plain)
