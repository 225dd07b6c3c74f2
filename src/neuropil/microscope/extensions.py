"""What operators beside ONNX's own do: those of whole numbers, of scikit-learn, of ONNX Runtime.

    linear_scores(settings, x)

As in `operators`. ai.onnx.ml has the classical models that scikit-learn's converter writes;
com.microsoft what ONNX Runtime makes of several operators that it runs as one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from neuropil.core import operations as ops
from neuropil.core import tensor as arithmetic
from neuropil.core.activations import IDENTITY, RELU, SIGMOID, TANH, Activation
from neuropil.core.tensor import Array, Tensor
from neuropil.microscope import operators, spatial
from neuropil.microscope.normalizations import divide_by_norm, held
from neuropil.microscope.operators import UNKNOWN, Attributes, UnsupportedOperator, to_array

Sum = Callable[..., Tensor]

# ---- whole numbers -------------------------------------------------------------------------------


def less_zero(x: Any, zero: Any, axis: int | None = None) -> Any:
    """Take a zero point away, one for all or one for each place along an axis."""
    if zero is None:
        return x
    point = to_array(zero).astype(np.float64)
    if axis is not None and point.size > 1:
        point = point.reshape(*(-1 if i == axis else 1 for i in range(x.ndim)))
    return x - point


def dequantize(s: Attributes, x: Any, scale: Any, zero: Any = None) -> Tensor:
    """Calculate (x - zero) · scale, with one scale for all, for each channel or for each block."""
    if s.get("block_size"):
        raise UnsupportedOperator("DequantizeLinear by blocks")
    axis, by = s.get("axis", 1), to_array(scale)
    if by.size > 1:
        by = by.reshape(*(-1 if i == axis % x.ndim else 1 for i in range(x.ndim)))
    y: Tensor = less_zero(x, zero, axis % x.ndim if x.ndim else None) * by
    return y


def matmul_integer(s: Attributes, a: Any, b: Any, a_zero: Any = None, b_zero: Any = None) -> Tensor:
    """Multiply matrices of whole numbers, less their zero points."""
    if a_zero is not None and np.size(to_array(a_zero)) > 1:
        raise UnsupportedOperator("MatMulInteger with a zero point for each row")
    w = Tensor(less_zero(to_array(b).astype(np.float64), b_zero, to_array(b).ndim - 1))
    return operators.matmul(s, less_zero(a, a_zero), w)


def conv_integer(s: Attributes, x: Any, w: Any, x_zero: Any = None, w_zero: Any = None) -> Tensor:
    """Convolve whole numbers, less their zero points."""
    kernel = Tensor(less_zero(to_array(w).astype(np.float64), w_zero, 0))
    return spatial.conv(s, less_zero(x, x_zero), kernel)


# ---- ai.onnx.ml ----------------------------------------------------------------------------------


def linear_scores(s: Attributes, x: Any) -> Tensor:
    """Calculate Σ w·x + b for each target or class."""
    b = np.asarray(s.get("intercepts", [0.0]))
    weights = np.asarray(s["coefficients"]).reshape(-1, x.shape[-1])
    y: Tensor = operators.matmul(s, x if x.ndim > 1 else x.reshape(1, -1), Tensor(weights.T)) + b
    return y


def regressor(s: Attributes, x: Any) -> Tensor:
    """Calculate the targets of a linear model."""
    if s.get("post_transform", "NONE") != "NONE":
        raise UnsupportedOperator(f"LinearRegressor with {s['post_transform']}")
    return linear_scores(s, x)


def class_scores(s: Attributes, x: Any) -> tuple[Tensor, ...]:
    """Calculate the score of each class before it is made a probability; labels are no sums."""
    if len(s.get("intercepts", [])) == 1:
        raise UnsupportedOperator("LinearClassifier with one score for two classes")
    return UNKNOWN, linear_scores(s, x)


def class_probabilities(s: Attributes, x: Any) -> tuple[Tensor, ...]:
    """Calculate what a linear classifier says of each class."""
    labels, y = class_scores(s, x)
    if gives_shares(s):
        return labels, ops.softmax(y, axis=-1)
    return labels, ops.sigmoid(y) if choose_transform(s) is SIGMOID else y


def gives_shares(s: Attributes) -> bool:
    """Tell whether the scores of a classifier go through a softmax."""
    return bool(s.get("post_transform") == "SOFTMAX")


def score_sizes(s: Attributes, x: Array) -> Array:
    """Calculate Σ |w·x| + |b| for each class, which rounding is in proportion to."""
    sizes = {name: np.abs(s[name]) for name in s if name in ("coefficients", "intercepts")}
    return linear_scores(sizes, Tensor(np.abs(x))).value


def choose_transform(s: Attributes, *others: Any) -> Activation:
    """Choose what makes the scores of a classifier probabilities."""
    how = s.get("post_transform", "NONE")
    if how not in ("NONE", "LOGISTIC"):
        raise UnsupportedOperator(f"LinearClassifier with {how}")
    return SIGMOID if how == "LOGISTIC" else IDENTITY


def scale_features(s: Attributes, x: Any) -> Tensor:
    """Calculate (x - offset) · scale for each feature."""
    y: Tensor = (x - np.asarray(s.get("offset", 0.0))) * np.asarray(s.get("scale", 1.0))
    return y


def normalize_features(s: Attributes, x: Tensor) -> Tensor:
    """Divide the features of each example by their largest, their sum or their length."""
    norm = s.get("norm", "MAX")
    if norm == "MAX":
        return x / held(s, x).max(axis=-1, keepdims=True)
    return divide_by_norm(s | {"p": 1 if norm == "L1" else 2}, x)


# ---- com.microsoft -------------------------------------------------------------------------------


FUSED: dict[str, tuple[Callable[[Tensor], Tensor], Activation]] = {  # over a sum
    "": (lambda z: z, IDENTITY),
    "Relu": (ops.relu, RELU),
    "Sigmoid": (ops.sigmoid, SIGMOID),
    "Tanh": (ops.tanh, TANH),
}


def fused(inner: Sum, s: Attributes, *xs: Any) -> Tensor:
    """Calculate a weighted sum and the activation function over it."""
    choose_fused(s)
    return FUSED[s.get("activation", "")][0](inner(s, *xs))


def choose_fused(s: Attributes, *others: Any) -> Activation:
    """Choose the activation function over a sum."""
    name = s.get("activation", "")
    if name not in FUSED:
        raise UnsupportedOperator(f"a sum under {name}")
    return FUSED[name][1]


def fused_conv(s: Attributes, x: Tensor, w: Tensor, b: Any = None, z: Any = None) -> Tensor:
    """Convolve, and add a residual."""
    y = spatial.conv(s, x, w, b)
    return y if z is None else y + z


def fused_matmul(s: Attributes, a: Tensor, b: Tensor) -> Tensor:
    """Multiply matrices, either perhaps transposed, and the product by alpha."""
    if s.get("transBatchA") or s.get("transBatchB"):
        raise UnsupportedOperator("FusedMatMul that moves the axis of examples")
    a = swap_last(a) if s.get("transA") and a.ndim > 1 else a
    b = swap_last(b) if s.get("transB") and b.ndim > 1 else b
    y: Tensor = operators.matmul(s, a, b) * s.get("alpha", 1.0)
    return y


def swap_last(x: Tensor) -> Tensor:
    """Transpose the last two axes."""
    return x.transpose(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)


def matmul_bits(
    s: Attributes, x: Tensor, packed: Array, scales: Any, zeros: Any = None, *others: Any
) -> Tensor:
    """Multiply by a matrix of 2, 4 or 8 bits, each block of a row with a scale and a zero point."""
    bits, size, n, k = (s.get(name, 4) for name in ("bits", "block_size", "N", "K"))
    if any(other is not None for other in others) or to_array(scales).dtype.kind != "f":
        raise UnsupportedOperator("MatMulNBits with groups or a bias")
    zero: Array = np.array(2.0 ** (bits - 1))
    if zeros is not None:
        per_row = -(-k // size)
        is_plain = isinstance(zeros, Tensor)
        zero = to_array(zeros) if is_plain else unpack(zeros.reshape(n, -1), bits)[:, :per_row]
        zero = zero.reshape(n, per_row, 1)
    blocks = unpack(packed, bits).reshape(n, -1, size)
    weights = (blocks - zero) * to_array(scales).reshape(n, -1, 1)
    return operators.matmul(s, x, Tensor(weights.reshape(n, -1)[:, :k].T))


def unpack(packed: Array, bits: int) -> Array:
    """Take bytes apart into numbers of fewer bits, the lowest bits first."""
    parts = (packed[..., None] >> np.arange(0, 8, bits, dtype=packed.dtype)) & (2**bits - 1)
    numbers: Array = parts.reshape(*packed.shape[:-1], -1).astype(np.float64)
    return numbers


def bias_gelu(s: Attributes, x: Tensor, b: Tensor) -> Tensor:
    """Calculate GELU(x + b)."""
    return ops.gelu(arithmetic.add(x, b))
