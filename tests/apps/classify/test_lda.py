"""A last layer in closed form."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from neuropil.apps.classify import lda

K, D = 4, 12


def clouds(n: int, apart: float, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % K
    middles = np.random.default_rng(7).normal(size=(K, D)) * apart
    mixing = np.random.default_rng(8).normal(size=(D, D)) * 0.3 + np.eye(D)
    return middles[labels] + rng.normal(size=(n, D)) @ mixing, labels


def test_without_shrinkage_it_is_scikit_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lda, "LEAST", 0.0)
    x, labels = clouds(400, 1.0)
    head = lda.fit_clouds(x, labels, K).head(0.0)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", priors=np.full(K, 1 / K)).fit(x, labels)
    others, _ = clouds(50, 1.0, 3)
    ours, expected = head.logits(others), theirs.decision_function(others)
    ours -= ours.mean(axis=1, keepdims=True)
    scale = (len(x) - K) / len(x)  # of the covariance: the one is unbiased
    expected = expected - expected.mean(axis=1, keepdims=True)
    assert ours / scale == pytest.approx(expected)


def test_a_shape_is_the_matrix_that_it_stands_for() -> None:
    """S⁻¹ and the squared distance, for fewer and for more pictures than features."""
    for n, d in ((9, 30), (60, 12)):
        rng = np.random.default_rng(n)
        x, labels = rng.normal(size=(n, d)) * np.arange(1, d + 1), np.arange(n) % 3
        clouds = lda.fit_clouds(x, labels, 3)
        apart = x - clouds.means[labels]
        S = apart.T @ apart / (n - 3)
        shrunk = 0.7 * S + (0.3 * np.trace(S) / d + clouds.least) * np.eye(d)
        v = rng.normal(size=(5, d))
        ours = clouds.shrink(0.3)
        assert ours.solve(v) == pytest.approx(np.linalg.solve(shrunk, v.T).T)


def test_what_the_axes_leave_out_is_spread_over_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lda, "AXES", 2)
    x = np.random.default_rng(0).normal(size=(200, 6)) * [9, 5, 1, 1, 1, 1]
    shape = lda.fit_shape(x - x.mean(axis=0), 199)
    assert shape.along == pytest.approx([81, 25], rel=0.2)
    assert shape.elsewhere == pytest.approx(1, rel=0.2)
    assert np.abs(shape.axes[:, :2]) == pytest.approx(np.eye(2), abs=0.1)


def test_what_it_says_of_itself_holds_for_others() -> None:
    x, labels = clouds(200, 0.9)
    others, truth = clouds(4000, 0.9, 5)
    lesson = lda.fit_head(x, labels, K)
    right = (lesson.head.logits(others).argmax(axis=1) == truth).mean()
    assert right > 0.8
    assert abs(lesson.accuracy - right) < 0.06
    assert lesson.accuracy == (lesson.told == labels).mean()
    assert lesson.tested.all()


def test_probabilities_are_calibrated() -> None:
    x, labels = clouds(300, 0.5)
    others, truth = clouds(6000, 0.5, 5)
    logits = lda.fit_head(x, labels, K).head.logits(others)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    right = p.argmax(axis=1) == truth
    assert abs(p.max(axis=1).mean() - right.mean()) < 0.05


def test_few_pictures_of_many_classes_do_not_make_it_unsure() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(size=(13, 100))
    labels, truth = np.arange(65) % 13, np.arange(2600) % 13
    lesson = lda.fit_head(means[labels] + rng.normal(size=(65, 100)), labels, 13)
    z = lesson.head.logits(means[truth] + rng.normal(size=(2600, 100)))
    sure = np.exp(z.max(axis=1) - np.logaddexp.reduce(z, axis=1)).mean()
    assert sure == pytest.approx((z.argmax(axis=1) == truth).mean(), abs=0.01)


def test_few_pictures_of_many_features_features_will_do() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 5)
    x = rng.normal(size=(10, 256)) + 2 * labels[:, None] * (np.arange(256) < 40)
    lesson = lda.fit_head(x, labels, 2)
    assert lesson.accuracy == 1
    assert np.isfinite(lesson.head.weight).all()


def test_features_that_never_change_do_no_harm() -> None:
    x = np.zeros((10, 6))
    lesson = lda.fit_head(x, np.repeat(np.arange(2), 5), 2)
    assert np.isfinite(lesson.head.weight).all()
    assert np.isfinite(lesson.head.bias).all()


def test_classes_that_hardly_vary_make_no_boundless_weights() -> None:
    """Two still lifes, six shots of each: the noise says nothing of how sure to be."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 6)
    x = rng.normal(size=(2, 256))[labels] + 1e-6 * rng.normal(size=(12, 256))
    head = lda.fit_head(x, labels, 2).head
    assert np.abs(head.weight).max() < 1000
    z = head.logits(rng.normal(size=(50, 256)))
    assert np.abs(z[:, 0] - z[:, 1]).max() < 30


def test_classes_are_spread_over_the_folds() -> None:
    labels = np.repeat(np.arange(3), [5, 7, 11])
    folds = lda.assign_folds(labels, np.arange(len(labels)))
    for k in range(3):
        counts = np.bincount(folds[labels == k], minlength=lda.FOLDS)
        assert counts.max() - counts.min() <= 1


def test_pictures_that_are_alike_stay_together() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random((2, 8, 8))
    pictures = np.stack([one, other, one[:, ::-1], other + 0.02 * rng.random((8, 8)), 1 - one])
    groups = lda.group_duplicates(pictures)
    assert groups[0] == groups[2]
    assert groups[1] == groups[3]
    assert len(set(groups)) == 3
    labels = np.zeros(5, np.int64)
    folds = lda.assign_folds(labels, groups)
    assert folds[0] == folds[2]
    assert folds[1] == folds[3]


def test_copies_do_not_flatter() -> None:
    rng = np.random.default_rng(3)
    x, labels = rng.normal(size=(20, 60)), np.arange(20) % 2
    twice, both = np.vstack([x, x + 1e-3]), np.concatenate([labels, labels])
    apart = lda.fit_head(twice, both, 2).accuracy
    together = lda.fit_head(twice, both, 2, np.concatenate([np.arange(20)] * 2)).accuracy
    assert apart > 0.9
    assert together < 0.8


@pytest.mark.parametrize("same", range(3))
def test_a_class_of_one_look_is_learned_and_not_tested(same: int) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 10)
    x = rng.normal(size=(30, 20)) + 9 * np.eye(20)[labels]
    groups = np.where(labels == same, 99, np.arange(30))
    lesson = lda.fit_head(x, labels, 3, groups)
    assert lesson.tested.tolist() == (labels != same).tolist()
    assert lesson.told.tolist() == labels[labels != same].tolist()
    assert lesson.accuracy == 1
    assert (lesson.head.logits(x).argmax(axis=1) == labels).all()


def test_no_fold_sees_itself() -> None:
    """A head that has seen a picture tells it; one that hasn't can't tell noise."""
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(60, 200)), np.arange(60) % 2
    assert (lda.fit_clouds(x, labels, 2).head(0.1).logits(x).argmax(axis=1) == labels).all()
    assert lda.fit_head(x, labels, 2).accuracy < 0.75
