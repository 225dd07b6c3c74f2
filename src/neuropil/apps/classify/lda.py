"""A new last layer on the network's features, found in closed form from a few pictures a class.

Linear discriminant analysis (Fisher 1936; Hastie et al. 2009, section 4.3): every class is a cloud
of features around its mean m_k, all clouds have one shape S, all classes are equally likely. Then

    log p(class k | x) = w_k·x + b_k + what is the same for all
    w_k = S⁻¹ m_k      b_k = -½ m_k·S⁻¹ m_k

which is a neuron for each class. From few pictures S is known badly, so it is drawn towards the
round cloud of the same size, S ← (1 - a) S + a tr(S)/D I (Ledoit and Wolf 2004). Cross-validation
chooses a, and a factor for w and b that makes the probabilities neither too sure nor too unsure.

    N  pictures     D  features     K  classes     F  folds
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.progress import ticking

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

FOLDS = 5
NO_FOLD = -1  # the fold of pictures that every head learns from: there is nothing to test them by
SHRINKAGES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95)
LEAST = 1e-3  # of the size of S, as a share of how far all features spread: copies have no spread
COARSE = np.geomspace(1e-3, 30, 60)  # factors, for logits of standard deviation 1
FINE = np.geomspace(0.85, 1.18, 60)  # and around the best of these


@dataclass(frozen=True, eq=False)
class LinearHead:
    """Neurons of the last layer: weights (K, D) and biases (K,)."""

    weight: Floats
    bias: Floats

    def logits(self, x: Floats) -> Floats:
        """Map features (N, D) to (N, K)."""
        z: Floats = x @ self.weight.T + self.bias
        return z


@dataclass(frozen=True, eq=False)
class CrossValidatedHead:
    """A head, and how it fares on pictures that it was not made from.

    tested: (N,) which pictures could be left out: all but those of a class that all look the same
    told: the class that each of these is taken for by the head of the other folds
    folds: (N,) of each picture, or NO_FOLD
    shrinkage, factor: what cross-validation has chosen
    """

    head: LinearHead
    folds: Labels
    shrinkage: float
    factor: float
    tested: NDArray[np.bool_]
    told: Labels
    accuracy: float


def fit_head(
    x: Floats, labels: Labels, n_classes: int, groups: Labels | None = None
) -> CrossValidatedHead:
    """Find the head for features (N, D) of labeled pictures.

    groups: (N,) pictures of one number are alike, and stay together in one fold; one class at
    least has two groups or more
    """
    folds = assign_folds(labels, np.arange(len(labels)) if groups is None else groups)
    tested = folds != NO_FOLD
    true, unsure = labels[tested], 1 / (len(labels) + 2)
    tried = {a: cross_validate(x, labels, folds, n_classes, a)[tested] for a in SHRINKAGES}
    factors = {a: fit_logit_scale(logits, true, unsure) for a, logits in tried.items()}
    best = min(tried, key=lambda a: cross_entropy(tried[a], true, factors[a], unsure))
    head = lda_head(x, labels, n_classes, best)
    told = tried[best].argmax(axis=1)
    return CrossValidatedHead(
        LinearHead(factors[best] * head.weight, factors[best] * head.bias),
        folds,
        best,
        factors[best],
        tested,
        told,
        float((told == true).mean()),
    )


def lda_head(x: Floats, labels: Labels, n_classes: int, shrinkage: float) -> LinearHead:
    """Find w_k and b_k for one shrinkage."""
    return head_of_clouds(*fit_clouds(x, labels, n_classes, shrinkage))


def fit_clouds(
    x: Floats, labels: Labels, n_classes: int, shrinkage: float
) -> tuple[Floats, Floats]:
    """Find the means (K, D) of the classes and the shape S (D, D) that they share."""
    means = np.stack([x[labels == k].mean(axis=0) for k in range(n_classes)])
    apart = x - means[labels]
    S = apart.T @ apart / max(1, len(x) - n_classes)
    D = len(S)
    least = LEAST * float(np.square(x - means.mean(axis=0)).mean()) + 1e-12
    return means, (1 - shrinkage) * S + (shrinkage * np.trace(S) / D + least) * np.eye(D)


def head_of_clouds(means: Floats, S: Floats) -> LinearHead:
    """Find w_k and b_k of clouds of one shape."""
    middle = means.mean(axis=0)
    weight = np.linalg.solve(S, (means - middle).T).T  # what is the same for all is taken away
    bias = -0.5 * np.einsum("kd,kd->k", weight, means + middle)
    return LinearHead(weight, bias)


def assign_folds(labels: Labels, groups: Labels) -> Labels:
    """Shuffle the groups of each class and deal them to the folds in turn.

    A class of one group is in no fold: without it, its heads would not know the class at all.
    """
    folds = np.full(len(labels), NO_FOLD)
    for k in ticking(np.unique(labels)):
        its = np.unique(groups[labels == k])
        if len(its) == 1:
            continue
        order = np.random.default_rng(len(its)).permutation(its)
        for place, group in enumerate(order):
            folds[(groups == group) & (labels == k)] = place % FOLDS
    return folds


def cross_validate(
    x: Floats, labels: Labels, folds: Labels, n_classes: int, shrinkage: float
) -> Floats:
    """Give every picture of a fold the logits (N, K) of a head that has not seen the fold."""
    logits = np.zeros((len(x), n_classes))
    for fold in ticking(np.unique(folds[folds != NO_FOLD])):
        out = folds == fold
        logits[out] = lda_head(x[~out], labels[~out], n_classes, shrinkage).logits(x[out])
    return logits


def fit_logit_scale(logits: Floats, labels: Labels, unsure: float = 0.0) -> float:
    """Find the factor for logits (N, K) that makes the true classes most likely."""
    size = float(logits.std()) or 1.0
    coarse = min(COARSE / size, key=lambda s: cross_entropy(logits, labels, s, unsure))
    return float(min(coarse * FINE, key=lambda s: cross_entropy(logits, labels, s, unsure)))


def cross_entropy(logits: Floats, labels: Labels, factor: float, unsure: float = 0.0) -> float:
    """Measure the mean of -log p of the true classes (N,).

    unsure: share of the truth that is spread over all classes, so that a few pictures that are
    all told right don't make it infinitely sure (after Platt 1999)
    """
    z = factor * (logits - logits.max(axis=1, keepdims=True))
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    true = log_p[np.arange(len(labels)), labels]
    return float(-((1 - unsure) * true + unsure * log_p.mean(axis=1)).mean())


def group_duplicates(small: Floats) -> Labels:
    """Number pictures so that those that look the same, also mirrored, share a number: (N,).

    small: (N, h, w) grey; the same are two whose pixels correlate by more than 0.97
    """
    N = len(small)

    def standard(pictures: Floats) -> Floats:
        flat = pictures.reshape(N, -1)
        flat = flat - flat.mean(axis=1, keepdims=True)
        made: Floats = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
        return made

    one, other = standard(small), standard(small[:, :, ::-1])
    groups = np.arange(N)
    for i in ticking(range(N)):
        near = np.maximum(one[:i] @ one[i], other[:i] @ one[i]) > 0.97
        for group in np.unique(groups[:i][near]):
            groups[groups == group] = i
    return groups
