"""Normalizations: numbers by the mean and the spread of those beside them.

    layer_norm(settings, x, w, b)

As in `operators`. None of them is a weighted sum, but each is one as soon as mean and spread are
held as they were in this run: `sums` then gives the inputs of the run as the setting HELD, of
which mean and spread are taken instead.
"""

from typing import Any

import numpy as np

from neuropil.core import operations as ops
from neuropil.core import tensor as arithmetic
from neuropil.core.tensor import Tensor
from neuropil.microscope.operators import (
    BEFORE_OPSET_21,
    HELD,
    UNKNOWN,
    Attributes,
    UnsupportedOperator,
    softmax_axis,
    to_array,
)

Outputs = tuple[Tensor, ...]


def held(s: Attributes, x: Tensor) -> Tensor:
    """Find the numbers that mean and spread are taken of: x, unless they are held."""
    found: Tensor = s.get(HELD, (x,))[0]
    return found


def normalize(
    x: Tensor, of: Tensor, axes: tuple[int, ...], epsilon: float, *, centered: bool = True
) -> Tensor:
    """Calculate (x - mean) / √(variance + ε), mean and variance being those of `of`."""
    mean = of.mean(axis=axes, keepdims=True) if centered else 0.0
    apart = of - mean
    variance = (apart * apart).mean(axis=axes, keepdims=True)
    return (x - mean) / arithmetic.sqrt(variance + epsilon)


def scale_channels(z: Tensor, w: Any, b: Any) -> Tensor:
    """Give each channel, which is axis 1, its own scale and shift."""
    shape = (-1, *[1] * (z.ndim - 2))
    return z * arithmetic.reshape(w, shape=shape) + arithmetic.reshape(b, shape=shape)


def batch_norm(s: Attributes, x: Tensor, w: Any, b: Any, mean: Any, variance: Any) -> Outputs:
    """Normalize by the statistics of training, or in training by those of the batch."""
    if not s.get("spatial", 1):
        raise UnsupportedOperator("BatchNormalization of each place")
    epsilon = s.get("epsilon", 1e-5)
    if s.get("training_mode"):
        axes = (0, *range(2, x.ndim))
        kept = s.get("momentum", 0.9)
        y = scale_channels(normalize(x, held(s, x), axes, epsilon), w, b)
        return y, x.mean(axis=axes) * (1 - kept) + to_array(mean) * kept, UNKNOWN
    shape = (-1, *[1] * (x.ndim - 2))
    w, b, mean, variance = (to_array(v).reshape(shape) for v in (w, b, mean, variance))
    return ((x - mean) * (w / np.sqrt(variance + epsilon)) + b,)


def layer_norm(s: Attributes, x: Tensor, w: Tensor, b: Any = None) -> Outputs:
    """Normalize over the last axes; the mean may be a result too."""
    axes = tuple(range(s.get("axis", -1) % x.ndim, x.ndim))
    y = normalize(x, held(s, x), axes, s.get("epsilon", 1e-5)) * w
    return y if b is None else y + b, x.mean(axis=axes, keepdims=True), UNKNOWN


def rms_norm(s: Attributes, x: Tensor, w: Tensor) -> Outputs:
    """Divide by the root of the mean square over the last axes."""
    axes = tuple(range(s.get("axis", -1) % x.ndim, x.ndim))
    return normalize(x, held(s, x), axes, s.get("epsilon", 1e-5), centered=False) * w, UNKNOWN


def skip_layer_norm(
    s: Attributes, x: Tensor, skip: Tensor, w: Tensor, b: Any = None, bias: Any = None
) -> Outputs:
    """Add a residual and normalize: the result, nothing of the statistics, the sum."""
    total = _add_up(x, skip, bias)
    of = _add_up(*(s[HELD][i] for i in (0, 1, 4) if i < len(s[HELD]))) if HELD in s else total
    y = normalize(total, of, (-1,), s.get("epsilon", 1e-12)) * w
    return y if b is None else y + b, UNKNOWN, UNKNOWN, total


def _add_up(x: Tensor, skip: Tensor, bias: Any = None) -> Tensor:
    return x + skip if bias is None else x + skip + bias


def instance_norm(s: Attributes, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Normalize each channel of each example."""
    axes = tuple(range(2, x.ndim))
    return scale_channels(normalize(x, held(s, x), axes, s.get("epsilon", 1e-5)), w, b)


def group_norm(s: Attributes, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Normalize each group of channels of each example."""
    if s.get(BEFORE_OPSET_21):
        raise UnsupportedOperator("GroupNormalization with a scale for each group")
    shape = (x.shape[0], s["num_groups"], -1)
    grouped, of = (t.reshape(*shape) for t in (x, held(s, x)))
    z = normalize(grouped, of, (2,), s.get("epsilon", 1e-5))
    return scale_channels(z.reshape(*x.shape), w, b)


def mean_variance_norm(s: Attributes, x: Tensor) -> Tensor:
    """Normalize over axes, mostly all but the channels."""
    return normalize(x, held(s, x), tuple(s.get("axes", (0, 2, 3))), 1e-18)


def local_response_norm(s: Attributes, x: Tensor) -> Tensor:
    """Divide by what the channels beside a channel are in the same place."""
    of, size = held(s, x), s["size"]
    wide = [(0, 0)] * x.ndim
    wide[1] = ((size - 1) // 2, size // 2)
    squares = arithmetic.pad(of * of, widths=tuple(wide))
    beside = [squares[:, k : k + x.shape[1]] for k in range(size)]
    total = sum(beside[1:], beside[0]) * (s.get("alpha", 1e-4) / size) + s.get("bias", 1.0)
    y: Tensor = x / total ** s.get("beta", 0.75)
    return y


def divide_by_norm(s: Attributes, x: Tensor) -> Tensor:
    """Divide by the sum of the absolute values along an axis, or the root of that of squares."""
    of, axis = held(s, x), s.get("axis", -1)
    total = (arithmetic.abs(of) if s.get("p", 2) == 1 else of * of).sum(axis=axis, keepdims=True)
    total = total + (total.value == 0)  # nothing but zeros stays as it is
    return x / (total if s.get("p", 2) == 1 else arithmetic.sqrt(total))


def log_softmax(s: Attributes, x: Tensor) -> Tensor:
    """Take ln Σ e^x away."""
    axis = softmax_axis(s, x)
    if HELD not in s:
        return ops.log_softmax(x, axis=axis)
    of = held(s, x)
    return x + (ops.log_softmax(of, axis=axis) - of)
