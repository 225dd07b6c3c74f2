"""*None of them* for classes of one's own: what is no nearer to a class than to all of them.

The logit of a class is a difference of two distances, those of Mahalanobis (1936) in spreads of the
classes' shared shape S (`lda.py`), to the middle m of all classes and to its own mean m_k:

    z_k = ½ (x - m)·S⁻¹(x - m) - ½ (x - m_k)·S⁻¹(x - m_k)
    o = g (t - max z_k)      p(none of them) = σ(o)

so o is one more neuron, on the largest logit. The distance to the nearest class alone tells less:
what is unusual in itself is far from everything (Ren et al. 2021; the LOG has the figures). t lets
ACCEPTED of the pictures pass that the clouds were not made from. g is found with classes left out
in turn, whose pictures are none of the rest.

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
GAINS = np.geomspace(0.02, 50, 60)  # for logits of standard deviation 1


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
    refused: share of the pictures of classes left out that is
    """

    gain: float
    threshold: float
    accepted: float
    refused: float


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
    spread = float(own.largest_logit.std()) or 1.0
    gain = min(GAINS / spread, key=lambda g: misfit(own, foreign, g))
    t = find_threshold(own, gain)
    return DistanceNeuron(
        gain,
        t,
        1 - float(own.is_none(gain, t).mean()),
        float(foreign.is_none(gain, t).mean()),
    )


def find_threshold(own: Evidence, gain: float) -> float:
    """Find t such that ACCEPTED of the classes' own pictures are not called none of them."""
    passing = own.largest_logit + np.log(own.largest) / gain
    threshold = float(np.quantile(passing, 1 - ACCEPTED, method="lower"))
    return threshold - 1e-9 * abs(threshold)


def misfit(own: Evidence, foreign: Evidence, gain: float) -> float:
    """Measure the mean of -log p of the truth, own and foreign pictures weighing the same."""
    t = find_threshold(own, gain)
    return float(
        np.logaddexp(0, own.odds(gain, t)).mean() + np.logaddexp(0, -foreign.odds(gain, t)).mean()
    )


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
