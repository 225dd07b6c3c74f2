"""A new last layer on the network's features, found in closed form from a few pictures a class.

Linear discriminant analysis (Fisher 1936; Hastie et al. 2009, section 4.3): every class is a cloud
of features around its mean m_k, all clouds have one shape S, all classes are equally likely. Then

    log p(class k | x) = w_k·x + b_k + what is the same for all
    w_k = S⁻¹ m_k      b_k = -½ m_k·S⁻¹ m_k

which is a neuron for each class. S has variances along its R principal axes, and one variance in
all other directions (Tipping and Bishop 1999), so that its inverse needs no matrix of D². From few
pictures S is known badly, so it is drawn towards the round cloud of the same size,
S ← (1 - a) S + a tr(S)/D I (Ledoit and Wolf 2004). Cross-validation chooses a, and a factor for w
and b that makes the probabilities neither too sure nor too unsure.

    N  pictures     D  features     K  classes     F  folds     R  axes
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.progress import ticking

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

AXES = 128  # R: along these the variance of the clouds is told by itself
FOLDS = 5
NO_FOLD = -1  # the fold of pictures that every head learns from: there is nothing to test them by
SHRINKAGES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98)
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
    true, unsure = labels[tested], 1 / (n_classes * (len(labels) + 2))
    tried = {a: z[tested] for a, z in cross_validate(x, labels, folds, n_classes).items()}
    factors = {a: fit_logit_scale(logits, true, unsure) for a, logits in tried.items()}
    best = min(tried, key=lambda a: cross_entropy(tried[a], true, factors[a], unsure))
    head = fit_clouds(x, labels, n_classes).head(best)
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


@dataclass(frozen=True, eq=False)
class Shape:
    """The shape S of a cloud: its variances along some directions, and one in all others.

    axes: (R, D), of length 1, at right angles; along: (R,); elsewhere: at least 0
    """

    axes: Floats
    along: Floats
    elsewhere: float

    def shrink(self, shrinkage: float, least: float) -> "Shape":
        """Draw it towards the round cloud of its size, every variance `least` larger."""
        R, D = self.axes.shape
        mean = (self.along.sum() + (D - R) * self.elsewhere) / D
        more = shrinkage * mean + least
        kept = 1 - shrinkage
        return Shape(self.axes, kept * self.along + more, kept * self.elsewhere + more)

    @property
    def excess(self) -> Floats:
        """Tell what S⁻¹ has more along the axes than elsewhere, mostly less: (R,)."""
        more: Floats = 1 / self.along - 1 / self.elsewhere
        return more

    def solve(self, v: Floats) -> Floats:
        """Calculate S⁻¹ v for each v of (N, D)."""
        made: Floats = v / self.elsewhere + (v @ self.axes.T * self.excess) @ self.axes
        return made


@dataclass(frozen=True, eq=False)
class Clouds:
    """Clouds of features as they were found: means (K, D), their shape, and the least variance."""

    means: Floats
    shape: Shape
    least: float

    def shrink(self, shrinkage: float) -> Shape:
        """Give the shape for a shrinkage."""
        return self.shape.shrink(shrinkage, self.least)

    def head(self, shrinkage: float) -> LinearHead:
        """Find w_k and b_k for a shrinkage; what is the same for all classes is taken away."""
        middle = self.means.mean(axis=0)
        weight = self.shrink(shrinkage).solve(self.means - middle)
        bias = -0.5 * np.einsum("kd,kd->k", weight, self.means + middle)
        return LinearHead(weight, bias)


def fit_clouds(x: Floats, labels: Labels, n_classes: int) -> Clouds:
    """Find the means of the classes and the shape that they share, of features (N, D)."""
    means = np.stack([x[labels == k].mean(axis=0) for k in range(n_classes)])
    least = LEAST * float(np.square(x - means.mean(axis=0)).mean()) + 1e-12
    return Clouds(means, fit_shape(x - means[labels], max(1, len(x) - n_classes)), least)


def fit_shape(apart: Floats, n: int) -> Shape:
    """Find the shape of features (N, D) around their means, by n degrees of freedom."""
    N, D = apart.shape
    # The eigenvalues of A Aᵀ and Aᵀ A are the same but for zeros: the smaller of the two is taken.
    few = N < D
    squares, vectors = np.linalg.eigh((apart @ apart.T if few else apart.T @ apart) / n)
    order = [i for i in np.argsort(-squares)[:AXES] if squares[i] > 1e-9 * squares.max()]
    along = squares[order]
    axes = vectors[:, order].T
    if few:
        axes = axes @ apart / np.sqrt(n * along)[:, None]
    total = float(np.square(apart).sum()) / n
    rest = max(0.0, total - float(along.sum()))
    others = D - len(order)
    return Shape(axes, along, rest / others if others else float(along.mean()))


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


def cross_validate(x: Floats, labels: Labels, folds: Labels, n_classes: int) -> dict[float, Floats]:
    """Give every picture of a fold the logits (N, K) of heads that have not seen the fold.

    There is a head for each shrinkage.
    """
    logits = {a: np.zeros((len(x), n_classes)) for a in SHRINKAGES}
    for fold in ticking(np.unique(folds[folds != NO_FOLD])):
        out = folds == fold
        clouds = fit_clouds(x[~out], labels[~out], n_classes)
        for a in SHRINKAGES:
            logits[a][out] = clouds.head(a).logits(x[out])
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
