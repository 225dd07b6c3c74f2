"""*None of them* for classes of one's own: what is no nearer to a class than to all of them.

The logit of a class is a difference of two distances, those of Mahalanobis (1936) in spreads of the
classes' shared shape S (`lda.py`), to the middle m of all classes and to its own mean m_k:

    z_k = ½ (x - m)·S⁻¹(x - m) - ½ (x - m_k)·S⁻¹(x - m_k)
    o = g (t - max z_k)      p(none of them) = σ(o)

so o is one more neuron, on the largest logit. The distance to the nearest class alone tells less:
what is unusual in itself is far from everything (Ren et al. 2021; the LOG has the figures). Classes
left out in turn are none of the rest: logistic regression of such pictures and of the classes' own,
that the clouds were not made from either, finds g and t. How often there is something else, its
prior, nobody knows: it is the largest that lets ACCEPTED of the own pictures pass. So σ(o) means
what it says for pictures of which one in ten or twenty shows something else that is like the rest.

    N  pictures     V  views of all of them     D  features     K  classes
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify import lda
from neuropil.apps.classify.lda import FOLDS, NO_FOLD, CrossValidatedHead, Floats, Labels
from neuropil.kit.progress import ticking

Mask = NDArray[np.bool_]

ACCEPTED = 0.975  # of the pictures of the classes: so many are not to be called none of them
PRIORS = np.geomspace(1, 1e-3, 100)  # pictures of something else, for one of the classes
STEPS, LONGEST_STEP = 30, 1.0  # of Newton's method, for logits of standard deviation 1
LEAST_GAIN = 0.02  # for such logits: a classifier that knows nothing finds nothing strange either
MIN_CLASSES = 3  # of fewer, leaving one out leaves nothing to tell apart


@dataclass(frozen=True, eq=False)
class PictureViews:
    """Features of all views (V, D), and which picture each is of (V,), numbered from 0."""

    features: Floats
    of: Labels

    def mean(self) -> Floats:
        """Average the views of each picture: (N, D)."""
        sums = np.zeros((int(self.of[-1]) + 1, self.features.shape[1]))
        np.add.at(sums, self.of, self.features)
        made: Floats = sums / np.bincount(self.of)[:, None]
        return made

    def select(self, chosen: Mask) -> "PictureViews":
        """Keep the pictures whose entry of (N,) is true, numbered anew."""
        numbers = np.cumsum(chosen) - 1
        its = chosen[self.of]
        return PictureViews(self.features[its], numbers[self.of[its]])


@dataclass(frozen=True)
class DistanceNeuron:
    """The neuron that says none of them, and how it fares on pictures that it has not seen.

    gain, threshold: g and t
    accepted: share of the classes' own pictures that is not called none of them
    refused: share of the pictures of classes left out that is; None of two classes
    """

    gain: float
    threshold: float
    accepted: float
    refused: float | None


@dataclass(frozen=True, eq=False)
class Evidence:
    """Of pictures that were not learned from: the largest logit and probability (N,)."""

    largest_logit: Floats
    largest: Floats

    def odds(self, gain: float, threshold: float) -> Floats:
        """Calculate o (N,)."""
        made: Floats = gain * (threshold - self.largest_logit)
        return made

    def is_none(self, gain: float, threshold: float) -> Mask:
        """Tell (N,) where none of them is likelier than every class: σ(o) > (1 - σ(o)) p."""
        return np.asarray(self.odds(gain, threshold) > np.log(self.largest))


def fit_distance(views: PictureViews, labels: Labels, lesson: CrossValidatedHead) -> DistanceNeuron:
    """Find the neuron for pictures with labels (N,), beside the head that was found for them."""
    own, foreign = leave_out(views, labels, lesson), leave_classes_out(views, labels, lesson)
    gain = fit_gain(own, foreign)
    t = find_threshold(own, gain)
    can_tell = len(lesson.head.bias) >= MIN_CLASSES
    return DistanceNeuron(
        gain,
        t,
        1 - float(own.is_none(gain, t).mean()),
        float(foreign.is_none(gain, t).mean()) if can_tell else None,
    )


def find_threshold(own: Evidence, gain: float) -> float:
    """Find t such that ACCEPTED of the classes' own pictures are not called none of them."""
    passing = own.largest_logit + np.log(own.largest) / gain
    threshold = float(np.quantile(passing, 1 - ACCEPTED))
    return threshold - 1e-9 * abs(threshold)


def fit_gain(own: Evidence, foreign: Evidence) -> float:
    """Find g of the likeliest neuron, for the largest prior that lets ACCEPTED pass."""
    every = np.concatenate([own.largest_logit, foreign.largest_logit])
    middle, spread = float(every.mean()), float(every.std()) or 1.0
    is_foreign = np.arange(len(every)) >= len(own.largest)
    found, gain = np.zeros(2), LEAST_GAIN / spread
    for prior in ticking(PRIORS):
        found = fit_logistic((middle - every) / spread, is_foreign, float(prior), found)
        gain = max(LEAST_GAIN, float(found[1])) / spread
        if own.is_none(gain, middle + float(found[0]) / gain).mean() <= 1 - ACCEPTED:
            break
    return gain


def fit_logistic(x: Floats, is_foreign: Mask, prior: float, start: Floats) -> Floats:
    """Find c and g of o = c + g x that make it likeliest which of x (N,) are foreign: (2,).

    prior: what all foreign ones weigh, where all others weigh 1; start: (2,), nearby
    """
    n_foreign = int(is_foreign.sum())
    n_own = len(x) - n_foreign
    unsure = 0.5 / (n_own + 2)  # as in lda.py: few pictures make nothing infinitely sure
    truth = np.where(is_foreign, 1 - unsure, unsure)
    weights = np.where(is_foreign, prior / n_foreign, 1 / n_own)
    terms, found = np.stack([np.ones_like(x), x], axis=1), start
    for _ in range(STEPS):
        p = (1 + np.tanh(terms @ found / 2)) / 2  # σ, for large numbers too
        slope = terms.T @ (weights * (p - truth))
        curvature = terms.T @ (terms * (weights * p * (1 - p))[:, None])
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), slope)
        found = found - step * min(1.0, LONGEST_STEP / max(1e-12, float(np.abs(step).max())))
    return found


def leave_out(views: PictureViews, labels: Labels, lesson: CrossValidatedHead) -> Evidence:
    """Look at every picture of a fold from clouds that have not seen the fold."""
    folds = lesson.folds
    parts = [(folds != fold, folds == fold) for fold in np.unique(folds[folds != NO_FOLD])]
    return gather(views, labels, lesson, parts)


def leave_classes_out(views: PictureViews, labels: Labels, lesson: CrossValidatedHead) -> Evidence:
    """Look at the pictures of some classes from clouds of the others."""
    turns = labels % min(FOLDS, len(lesson.head.bias))
    return gather(views, labels, lesson, [(turns != n, turns == n) for n in np.unique(turns)])


def gather(
    views: PictureViews,
    labels: Labels,
    lesson: CrossValidatedHead,
    parts: list[tuple[Mask, Mask]],
) -> Evidence:
    """Fit clouds to the first pictures (N,) of each part, and look at the second from them."""
    x, logits, shares = views.mean(), [], []
    for fitted, left_out in ticking(parts):
        _, its = np.unique(labels[fitted], return_inverse=True)
        head = lda.fit_clouds(x[fitted], its, int(its.max()) + 1).head(lesson.shrinkage)
        seen = views.select(left_out)
        z = lesson.factor * head.logits(seen.features)
        mean = PictureViews(z, seen.of).mean()
        logits.append(np.bincount(seen.of, z.max(axis=1)) / np.bincount(seen.of))
        shares.append(1 / np.exp(mean - mean.max(axis=1, keepdims=True)).sum(axis=1))
    return Evidence(np.concatenate(logits), np.concatenate(shares))
