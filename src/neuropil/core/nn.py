"""A network: layers one after the other, and how it learns.

N  examples      B  examples in a batch      C  classes

    network = Network(Dense(64, 32), Sigmoid(), Dense(32, 10), seed=0)
    curve = network.fit(x, labels)      # x (N, 64), labels (N)
    network.predict(x)                  # (N, 10)
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from neuropil.core import storage
from neuropil.core.history import (
    EpochMetrics,
    History,
    accuracy,
    as_numeric_array,
    is_labels,
    mean_epoch_metrics,
    minibatches,
)
from neuropil.core.layers import Dense, Dropout, Embedding, Flatten, Identity, Layer, Softmax
from neuropil.core.neural import cross_entropy
from neuropil.core.optim import Adam, Optimizer
from neuropil.core.tensor import Array, Input, Tensor

Loss = Callable[[Tensor, Array], Tensor]
Progress = Callable[[Iterable[int]], Iterable[int]]
Examples = tuple[ArrayLike, ArrayLike]  # x (N, ...) and what belongs to each
AT_ONCE = 1024  # examples that are predicted together: all at once may not fit into memory


class Network:
    """Layers one after the other; parameters are named as in torch's Sequential: "0.weight"."""

    def __init__(self, *layers: Layer, seed: int = 0, dtype: DTypeLike = np.float32) -> None:
        """Draw the parameters of those layers that have none yet, in order, from the seed."""
        self.layers = layers
        self.dtype = np.dtype(dtype)
        # One stream for all layers, in order: equal layers start apart, and the same seed gives the
        # same network. Neurons that start equal would get equal gradients, and stay equal.
        rng = np.random.default_rng(seed)
        for layer in layers:
            if not layer.is_initialized():  # weights that were set, or shared, stay as they are
                layer.initialize(rng, dtype)

    def __repr__(self) -> str:
        return f"Network({', '.join(map(repr, self.layers))})"

    def __call__(self, x: Input, *, training: bool = False) -> Tensor:
        """Compute all layers of x (N, ...)."""
        y: Any = x if isinstance(x, Tensor) or self._looks_up() else np.asarray(x, self.dtype)
        for i, layer in enumerate(self.layers):  # y = f_n(... f_2(f_1(x)))
            try:
                y = layer(y, training=training)
            except ValueError as error:
                raise ValueError(f"layer {i}, {layer}, was given {np.shape(y)}: {error}") from error
        return y if isinstance(y, Tensor) else Tensor(y)

    def _looks_up(self) -> bool:
        """Tell whether the inputs are integers to be looked up."""
        return bool(self.layers) and isinstance(self.layers[0], Embedding)

    def predict(self, x: ArrayLike) -> Array:
        """Compute the values for x (N, ...), some examples at a time."""
        whole = np.asarray(x)
        # `.value` drops the notes for the way back, and with them the memory they hold.
        parts = [self(whole[i : i + AT_ONCE]).value for i in range(0, len(whole), AT_ONCE)]
        return np.concatenate(parts) if parts else self(whole).value

    def accuracy(self, x: ArrayLike, labels: ArrayLike) -> float:
        """Count for how many of x (N, ...) the largest output is at the label (N): 0 to 1."""
        x, labels = self._examples(x, labels)
        if not is_labels(labels):
            raise ValueError(f"labels (N) are whole numbers, not {labels.dtype} {labels.shape}")
        return accuracy(self.predict(x), labels)

    def parameters(self) -> dict[str, Tensor]:
        """List what is learned, as "0.weight"."""
        return {
            f"{i}.{name}": tensor
            for i, layer in enumerate(self.layers)
            for name, tensor in layer.parameters().items()
        }

    def fit(
        self,
        x: ArrayLike,
        y: ArrayLike,
        *,
        loss: Loss = cross_entropy,
        optimizer: Optimizer | None = None,
        epochs: int = 30,
        batch: int = 32,
        seed: int = 0,
        validation: Examples | None = None,
        progress: Progress | None = None,
    ) -> History:
        """Learn y (labels (N) or targets (N, ...)) from x (N, ...), in place; return how it went.

        An epoch shows every example once, in an order drawn from the seed, `batch` at a time; the
        optimizer is Adam where none is given. `progress` wraps the epochs, as a bar does.
        Raises ValueError for data that the network can't learn from, before it has begun.
        """
        optimizer = optimizer or Adam()
        if loss is cross_entropy and self.layers and isinstance(self.layers[-1], Softmax):
            # softmax of a softmax: nearly the same p for all classes, and hardly any gradient
            raise ValueError("cross_entropy takes the softmax itself: leave Softmax() off")
        x, y = self._examples(x, y)
        held_out = None if validation is None else self._examples(*validation)
        if epochs < 1 or batch < 1:
            raise ValueError(f"epochs={epochs}, batch={batch}: both have to be at least 1")
        rng = np.random.default_rng(seed)  # of the order of examples; the weights have had theirs
        learned, judged = [], []
        for epoch in progress(range(epochs)) if progress else range(epochs):
            learned.append(self._epoch(minibatches(x, y, batch, rng), loss, optimizer))
            if not np.isfinite(learned[-1].loss):  # steps that overshoot grow from one to the next
                raise ValueError(f"the loss is no number in epoch {epoch}: try a smaller rate")
            if held_out:
                judged.append(self._judged(*held_out, loss))
        return History.of(learned, judged)

    def _epoch(
        self, batches: Iterable[tuple[Array, Array]], loss: Loss, by: Optimizer
    ) -> EpochMetrics:
        """Learn from every batch; return the mean of what was found on the way."""
        # A batch at a time: N / B steps an epoch, each by an estimate of the gradient of all.
        parameters = list(dict.fromkeys(self.parameters().values()))  # a layer used twice is one
        found = []
        for x, y in batches:
            output = self(x, training=True)  # forward: every operation notes what it was made from
            error = loss(output, y)  # one number L
            error.backward()  # backward: dL/dw of every parameter, by the chain rule
            by.step(parameters)  # w ← w - η dL/dw, or what the optimizer makes of that
            right = accuracy(output.value, y) if is_labels(y) else None
            found.append((len(x), EpochMetrics(float(error.value), right)))
        return mean_epoch_metrics(found)

    def _judged(self, x: Array, y: Array, loss: Loss) -> EpochMetrics:
        """Score the network without teaching it."""
        # Examples that no step was taken for: where their loss rises while that of the others
        # falls, the network has begun to learn by heart.
        output = self.predict(x)
        right = accuracy(output, y) if is_labels(y) else None
        return EpochMetrics(float(loss(Tensor(output), y).value), right)

    def _examples(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Check what is to be learned; labels stay integers, all else takes the network's dtype."""
        xs, ys = as_numeric_array(x), as_numeric_array(y)
        if len(xs) != len(ys) or not len(xs):
            raise ValueError(f"{len(xs)} examples with {len(ys)} answers: one for each is needed")
        xs = xs if self._looks_up() else xs.astype(self.dtype, copy=False)
        # One example through the network says what its outputs look like, before learning begins.
        shape = self(xs[:1]).shape
        if not is_labels(ys) or ys.ndim >= len(shape):  # as many axes as outputs: these are targets
            return xs, ys.astype(self.dtype)
        if ys.min() < 0 or ys.max() >= shape[1]:  # a negative one would silently count from the end
            raise ValueError(
                f"labels go from {ys.min()} to {ys.max()}, but the network has {shape[1]} outputs:"
                f" it can tell 0 to {shape[1] - 1}"
            )
        return xs, ys

    def fold_linear(self) -> "Network":
        """Fold layers without a non-linearity into one Dense, which computes the same.

        W₂ (W₁ x + b₁) + b₂ = (W₂ W₁) x + (W₂ b₁ + b₂): however many, they are one layer. The
        products are taken in float64 and rounded once. Raises ValueError at a layer that bends.
        """
        w: Array | None = None
        b = np.zeros(0)
        flat = []
        for i, layer in enumerate(self.layers):
            if isinstance(layer, Dense):
                # y = u (w x + b) + c = (u w) x + (u b + c)
                u = layer.weight.value.astype(np.float64)
                c = layer.bias.value.astype(np.float64) if layer.has_bias else np.zeros(len(u))
                w, b = (u, c) if w is None else (u @ w, u @ b + c)
            elif isinstance(layer, Flatten) and w is None:
                flat = [layer]
            elif not isinstance(layer, Identity | Flatten | Dropout):  # these pass numbers on as is
                raise ValueError(
                    f"layer {i}, {layer}, is no straight line (f(x + y) = f(x) + f(y) fails), so"
                    " what follows it can't be folded into what comes before; only Dense layers"
                    " with Identity between them can"
                )
        if w is None:
            raise ValueError("there is no Dense layer to fold")
        folded = Dense(w.shape[1], w.shape[0])
        folded.set_parameter("weight", w.astype(self.dtype))
        folded.set_parameter("bias", b.astype(self.dtype))
        return Network(*flat, folded, dtype=self.dtype)

    def save(self, path: Path | str) -> None:
        """Write the layers and all that they have learned to an .npz file."""
        storage.save(Path(path), self.layers)

    @classmethod
    def load(cls, path: Path) -> "Network":
        """Read a network that `save` has written; a file of another kind is a ValueError."""
        layers = storage.load(Path(path))
        learned = [p for layer in layers for p in layer.parameters().values()]
        return cls(*layers, dtype=learned[0].dtype if learned else np.float32)
