"""The neurons that say *none of them*, learned on features of pictures of the ten and of none.

    h = max(W₁ x + b₁, 0)      o = w₂·h + b₂      p(none of them) = σ(o)

They learn with `neuropil.core`, in seconds. Three groups of pictures count for what SHARES says,
however many there are of each.

    N  pictures     D  features     M  hidden neurons
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.lda import assign_folds, fit_logit_scale
from neuropil.core import Adam, Dense, Network, ReLU, binary_cross_entropy, cosine

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

SMALL, OF_TEN, OF_NONE = 0, 1, 2  # groups: CIFAR-10's pictures, photographs of its classes, others
SHARES = np.array([0.25, 0.25, 0.5])
M = 32
EPOCHS, BATCH = 30, 128
RATE, DECAY = 2e-3, 0.5
FAINT = 0.01  # of the mean spread: a feature that hardly ever differs is not blown up


@dataclass(frozen=True, eq=False)
class NoneHead:
    """W₁ (M, D), b₁ (M,), w₂ (1, M), b₂ (1,)."""

    hidden_weight: Floats
    hidden_bias: Floats
    weight: Floats
    bias: Floats

    def logits(self, x: Floats) -> Floats:
        """Map features (N, D) to o (N,)."""
        h = np.maximum(x @ self.hidden_weight.T + self.hidden_bias, 0)
        made: Floats = h @ self.weight[0] + self.bias[0]
        return made

    def scaled(self, factor: float) -> "NoneHead":
        """Multiply o: the same answers, more or less sure."""
        return replace(self, weight=factor * self.weight, bias=factor * self.bias)


def train_none_head(x: Floats, groups: Labels) -> NoneHead:
    """Learn from features (N, D) of pictures of the three groups (N,)."""
    drawn = balanced_sample(groups)
    mean, spread = x[drawn].mean(axis=0), x[drawn].std(axis=0)
    spread = np.maximum(spread, FAINT * spread.mean())
    first, last = Dense(x.shape[1], M), Dense(M, 1)
    steps = EPOCHS * -(-len(drawn) // BATCH)
    Network(first, ReLU(), last).fit(
        (x[drawn] - mean) / spread,
        (groups[drawn] == OF_NONE).astype(np.float64)[:, None],
        loss=binary_cross_entropy,
        optimizer=Adam(RATE, schedule=cosine(steps), decay=DECAY),
        epochs=EPOCHS,
        batch=BATCH,
    )
    weight = first.weight.value / spread  # so that features come in as they are
    bias = first.bias.value - weight @ mean
    return NoneHead(weight, bias, last.weight.value, last.bias.value)


def balanced_sample(groups: Labels) -> Labels:
    """Draw as many pictures as there are, of every group its share; some more than once."""
    p = SHARES[groups] / np.bincount(groups)[groups]
    return np.random.default_rng(0).choice(len(groups), len(groups), p=p / p.sum())


def fit_none_scale(z: Floats, groups: Labels) -> float:
    """Find the factor for the o (N,) of neurons that have not seen it that makes the truth likely.

    What the temperature is for the classes (Guo et al. 2017), groups weighed as for learning.
    """
    drawn = balanced_sample(groups)
    logits = np.stack([np.zeros(len(drawn)), z[drawn]], axis=1)
    return fit_logit_scale(logits, (groups[drawn] == OF_NONE).astype(np.int64))


def cross_validate(x: Floats, groups: Labels) -> Floats:
    """Give every picture the o (N,) of neurons that have not seen its fold."""
    z = np.zeros(len(x))
    folds = assign_folds(groups, np.arange(len(groups)))
    for fold in np.unique(folds):
        out = folds == fold
        z[out] = train_none_head(x[~out], groups[~out]).logits(x[out])
    return z
