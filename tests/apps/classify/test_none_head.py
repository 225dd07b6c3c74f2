"""The neurons that say none of them: what they learn, and from how much of what."""

import numpy as np
import pytest

from neuropil.apps.classify.lab import none_head
from neuropil.apps.classify.lab.none_head import OF_NONE, OF_TEN, SMALL


def clouds(rng: np.random.Generator) -> tuple[none_head.Floats, none_head.Labels]:
    """Make features of three groups; what is none of the ten lies in a ring around the others."""
    groups = np.repeat([SMALL, OF_TEN, OF_NONE], (3000, 600, 2400))
    x = rng.normal(size=(6000, 5))
    length = np.where(groups == OF_NONE, 4.0, 1.0) / np.linalg.norm(x, axis=1)
    return x * length[:, None] * [1, 1, 1, 1, 100] + 7, groups


def test_they_learn_what_no_straight_line_tells() -> None:
    x, groups = clouds(np.random.default_rng(0))
    new, answers = clouds(np.random.default_rng(1))
    right = (none_head.train_none_head(x, groups).logits(new) > 0) == (answers == OF_NONE)
    assert right.mean() > 0.95


def test_of_every_group_its_share_is_drawn() -> None:
    _, groups = clouds(np.random.default_rng(0))
    drawn = groups[none_head.balanced_sample(groups)]
    assert len(drawn) == 6000
    assert np.bincount(drawn) / 6000 == pytest.approx(none_head.SHARES, abs=0.02)


def test_certainty_is_what_the_truth_allows() -> None:
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat([SMALL, OF_TEN, OF_NONE], (5000, 5000, 10000)))
    z = np.log(np.where(groups == OF_NONE, 3.0, 1 / 3))
    wrong = rng.random(20000) < 0.25  # σ(ln 3) = 0.75
    z[wrong] *= -1
    assert none_head.fit_none_scale(z, groups) == pytest.approx(1, abs=0.1)
    assert none_head.fit_none_scale(5 * z, groups) == pytest.approx(0.2, abs=0.02)
    x = rng.normal(size=(5, 20))
    neurons = none_head.NoneHead(np.eye(20), np.ones(20), np.ones((1, 20)), np.ones(1))
    assert neurons.scaled(0.5).logits(x) == pytest.approx(0.5 * neurons.logits(x))


def test_a_fold_is_judged_by_neurons_that_have_not_seen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(none_head, "EPOCHS", 300)
    rng = np.random.default_rng(0)
    x, groups = rng.normal(size=(400, 20)), rng.permutation(np.repeat([0, 1, 2], (100, 100, 200)))
    known = (none_head.train_none_head(x, groups).logits(x) > 0) == (groups == OF_NONE)
    unseen = (none_head.cross_validate(x, groups) > 0) == (groups == OF_NONE)
    assert known.mean() > 0.7
    assert unseen.mean() < 0.62, "there is nothing to be learned"
