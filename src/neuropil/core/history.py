"""What learning consists of, apart from the network: examples in batches, and how it went.

N  examples      B  examples in a batch      C  classes
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from neuropil.core.tensor import Array

BARS = "▁▂▃▄▅▆▇█"
WIDEST = 40  # bars in a line


@dataclass(frozen=True)
class EpochMetrics:
    """How good a network is: its loss and, for classes, how often it is right, 0 to 1."""

    loss: float
    accuracy: float | None = None


def mean_epoch_metrics(found: list[tuple[int, EpochMetrics]]) -> EpochMetrics:
    """Average the scores of batches, each as heavy as it has examples."""
    n = sum(size for size, _ in found)  # mean of all = Σ size · mean of a batch / Σ size
    rights = [size * s.accuracy for size, s in found if s.accuracy is not None]
    return EpochMetrics(
        sum(size * s.loss for size, s in found) / n, sum(rights) / n if rights else None
    )


@dataclass(frozen=True)
class History:
    """How learning went, epoch by epoch; accuracies are there for labels, validation where given.

    Loss and accuracy of an epoch are those of its batches, each before the network learned from it.
    """

    loss: tuple[float, ...] = ()
    accuracy: tuple[float, ...] = ()
    validation_loss: tuple[float, ...] = ()
    validation_accuracy: tuple[float, ...] = ()

    @classmethod
    def of(cls, learned: list[EpochMetrics], validation: list[EpochMetrics]) -> "History":
        """Put the scores of the epochs together."""
        return cls(
            tuple(s.loss for s in learned),
            tuple(s.accuracy for s in learned if s.accuracy is not None),
            tuple(s.loss for s in validation),
            tuple(s.accuracy for s in validation if s.accuracy is not None),
        )

    def __str__(self) -> str:
        """Draw a line for each figure: its first and last value and its course between."""
        n = len(self.loss)
        rows = {
            "loss": self.loss,
            "accuracy": self.accuracy,
            "validation loss": self.validation_loss,
            "validation accuracy": self.validation_accuracy,
        }
        lines = [
            f"{name:<20}{values[0]:>9.4g} {sparkline(values)} {values[-1]:<9.4g}"
            for name, values in rows.items()
            if values
        ]
        return "\n".join([f"{n} epoch{'' if n == 1 else 's'}", *lines])


def sparkline(values: tuple[float, ...]) -> str:
    """Draw numbers as bars, the lowest of all lowest; long series are thinned out."""
    at = np.linspace(0, len(values) - 1, min(len(values), WIDEST)).round().astype(int)
    low = min(values)
    span = (max(values) - low) or 1.0  # a flat line has no span to divide by
    return "".join(BARS[int((values[i] - low) / span * (len(BARS) - 1))] for i in at)


def minibatches(
    x: Array, y: Array, batch: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Go once through all examples in a new order: x (B, ...), y (B, ...), the last maybe fewer."""
    # The gradient of a batch estimates that of all examples at B / N of the cost. A new order each
    # time keeps examples that lie side by side from always being in one batch.
    order = rng.permutation(len(x))
    x, y = x[order], y[order]
    for i in range(0, len(x), batch):
        yield x[i : i + batch], y[i : i + batch]  # x and y were brought into the same order


def as_numeric_array(data: ArrayLike) -> Array:
    """Take data (N, ...) as an array; NaN, infinity and what is no number are refused."""
    array = np.asarray(data)
    if array.dtype.kind not in "biuf" or array.ndim < 1:  # yes or no, whole, and real numbers
        raise ValueError(f"numbers for several examples are needed, not {array.dtype} {data!r:.50}")
    if not np.isfinite(array).all():  # one NaN would make every weight NaN in the first step
        raise ValueError("there is NaN or infinity in the data: leave those examples out")
    return array


def is_labels(y: Array) -> bool:
    """Tell classes, which are whole numbers, from targets."""
    return y.dtype.kind in "iu"  # 2 is a class, 2.0 a number to come near to


def accuracy(outputs: Array, labels: Array) -> float:
    """Count where the largest output (N, C, ...) is at the label (N, ...): 0 to 1."""
    # The largest logit is the largest probability: softmax keeps the order.
    return float(np.count_nonzero(outputs.argmax(axis=1) == labels) / labels.size)
