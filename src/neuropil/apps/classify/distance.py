"""*None of them* for classes of one's own: what is far from all of them.

The distance is that of Mahalanobis (1936), in spreads of the classes' shared shape S (`lda.py`):

    y = C (x - m)      CᵀC = S⁻¹, m the mean of all m_k
    q_k = c_k·y - ½ |c_k|²      c_k = C (m_k - m)
    d_k² = (x - m_k)·S⁻¹(x - m_k) = |y|² - 2 q_k
    o = g (½ min d_k² - t)      p(none of them) = σ(o)

so o is one more neuron, on the squares of y and the largest q. (The logits are q too, but in half
precision: too coarse for the difference of large numbers.) t lets ACCEPTED of the pictures pass
that the clouds were not made from. g is found with classes left out in turn, whose pictures are
none of the rest.

    N  pictures     V  views of all of them     D  features     K  classes
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify import lda
from neuropil.apps.classify.lda import FOLDS, NO_FOLD, CrossValidatedHead, Floats, Labels
from neuropil.kit.networks.onnx_file import GraphNode
from neuropil.kit.progress import ticking

Mask = NDArray[np.bool_]

ACCEPTED = 0.975  # of the pictures of the classes: so many are not to be called none of them
BY_ROWS = {"transB": 1}  # weights are stored a neuron a row
GAINS = np.geomspace(0.02, 50, 60)  # for distances of standard deviation 1


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


@dataclass(frozen=True, eq=False)
class DistanceHead:
    """The neurons that say none of them, and how they fare on pictures that they have not seen.

    whitening: C (D, D); shift: -C m (D,)
    nearness: q's neurons, c (K, D) and -½ |c|² (K,)
    weight: (1, D + 1), of the squares of y and of the largest q; bias: (1,)
    accepted: share of the classes' own pictures that is not called none of them
    refused: share of the pictures of classes left out that is
    """

    whitening: Floats
    shift: Floats
    nearness: lda.LinearHead
    weight: Floats
    bias: Floats
    accepted: float
    refused: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """Of pictures that were not learned from: ½ min d² (N,), and the largest probability (N,)."""

    half_squares: Floats
    largest: Floats

    def odds(self, gain: float, threshold: float) -> Floats:
        """Calculate o (N,)."""
        made: Floats = gain * (self.half_squares - threshold)
        return made

    def is_none(self, gain: float, threshold: float) -> Mask:
        """Tell (N,) where none of them is likelier than every class: σ(o) > (1 - σ(o)) p."""
        return np.asarray(self.odds(gain, threshold) > np.log(self.largest))


def fit_distance(views: PictureViews, labels: Labels, lesson: CrossValidatedHead) -> DistanceHead:
    """Find the neurons for pictures with labels (N,), beside the head that was found for them."""
    own, foreign = leave_out(views, labels, lesson), leave_classes_out(views, labels, lesson)
    spread = float(own.half_squares.std()) or 1.0
    gain = min(GAINS / spread, key=lambda g: misfit(own, foreign, g))
    t = find_threshold(own, gain)
    x = views.mean()
    means, S = lda.fit_clouds(x, labels, len(lesson.head.bias), lesson.shrinkage)
    C = np.linalg.inv(np.linalg.cholesky(S))
    middle = means.mean(axis=0)
    c = (means - middle) @ C.T
    return DistanceHead(
        C,
        -C @ middle,
        lda.LinearHead(c, -0.5 * np.square(c).sum(axis=1)),
        np.append(np.full(len(C), gain / 2), -gain)[None],
        np.array([-gain * t]),
        1 - float(own.is_none(gain, t).mean()),
        float(foreign.is_none(gain, t).mean()),
    )


def find_threshold(own: Evidence, gain: float) -> float:
    """Find t such that ACCEPTED of the classes' own pictures are not called none of them."""
    passing = own.half_squares - np.log(own.largest) / gain
    return float(np.quantile(passing, ACCEPTED, method="higher")) * (1 + 1e-9)


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
    x, halves, largest = views.mean(), [], []
    for fitted, left_out in ticking(parts):
        _, its = np.unique(labels[fitted], return_inverse=True)
        means, S = lda.fit_clouds(x[fitted], its, int(its.max()) + 1, lesson.shrinkage)
        head = lda.head_of_clouds(means, S)
        half, mean_logits = measure(views.select(left_out), means, S, head)
        powers = np.exp(lesson.factor * (mean_logits - mean_logits.max(axis=1, keepdims=True)))
        halves.append(half)
        largest.append(1 / powers.sum(axis=1))
    return Evidence(np.concatenate(halves), np.concatenate(largest))


def measure(
    views: PictureViews, means: Floats, S: Floats, head: lda.LinearHead
) -> tuple[Floats, Floats]:
    """Measure ½ min d² of the views, averaged for each picture (N,), and mean logits (N, K)."""
    apart = views.features - means.mean(axis=0)
    squares = np.einsum("vd,vd->v", apart, np.linalg.solve(S, apart.T).T)
    z = head.logits(views.features)
    half = np.bincount(views.of, squares / 2 - z.max(axis=1)) / np.bincount(views.of)
    return half, PictureViews(z, views.of).mean()


def write_distance(head: DistanceHead) -> tuple[list[GraphNode], dict[str, NDArray[Any]]]:
    """Write the neurons as nodes that follow the features of a network, and their weights."""
    nodes = [
        GraphNode("Gemm", ("features", "whitening.weight", "whitening.bias"), "whitened", BY_ROWS),
        GraphNode("Pow", ("whitened", "two"), "squares"),
        GraphNode("Gemm", ("whitened", "nearness.weight", "nearness.bias"), "nearness", BY_ROWS),
        GraphNode("ReduceMax", ("nearness", "classes.axis"), "largest", {"keepdims": 1}),
        GraphNode("Concat", ("squares", "largest"), "distance", {"axis": 1}),
        GraphNode("Gemm", ("distance", "outside.weight", "outside.bias"), "outside", BY_ROWS),
    ]
    weights = {
        "whitening.weight": head.whitening,
        "whitening.bias": head.shift,
        "nearness.weight": head.nearness.weight,
        "nearness.bias": head.nearness.bias,
        "outside.weight": head.weight,
        "outside.bias": head.bias,
        "two": np.array(2),
    }
    tensors: dict[str, NDArray[Any]] = {
        name: values.astype(np.float32) for name, values in weights.items()
    }
    return nodes, tensors | {"classes.axis": np.array([1])}
