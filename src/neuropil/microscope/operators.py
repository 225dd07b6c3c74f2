"""What each operation of ONNX does, in operations of `neuropil.core`.

    conv(settings, x, w, b)

Inputs are tensors of core, or plain arrays where they hold whole numbers (shapes, axes); None
stands for an optional one that is left out. Of whole numbers alone an operation may make a plain
array; they have no gradient. Settings are the attributes of the ONNX node, with ONNX's names
(https://onnx.ai/onnx/operators). `operator_table` lists them all; one that it doesn't list can't be
computed here, and its value is still known from ONNX Runtime.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import helper

from neuropil.core import operations as ops
from neuropil.core import space
from neuropil.core import tensor as arithmetic
from neuropil.core.recurrence import ONNX_GATES
from neuropil.core.tensor import Array, Tensor

Attributes = dict[str, Any]
BEFORE_OPSET_13 = "before opset 13"  # a setting that `graph` adds
Pairs = tuple[tuple[int, int], ...]


class UnsupportedOperator(Exception):  # noqa: N818
    """An operation, or a setting of one, that can't be computed here."""


# ---- arithmetic and activation functions ---------------------------------------------------------


def apply(function: Callable[..., Tensor], s: Attributes, *xs: Any) -> Tensor:
    """Apply an operation of core that takes no settings."""
    return function(*xs)


def clip(s: Attributes, x: Tensor, low: Any = None, high: Any = None) -> Tensor:
    """Keep x between two limits, which older files give as settings."""
    low, high = s.get("min", low), s.get("max", high)
    x = x if low is None else arithmetic.maximum(x, low)
    return x if high is None else arithmetic.minimum(x, high)


def identity(s: Attributes, x: Tensor, *rate: Any) -> Tensor:
    """Leave x as it is, which is also what dropout does once a network has learned."""
    return arithmetic.multiply(x, 1.0)


def leaky_relu(s: Attributes, x: Tensor) -> Tensor:
    """Rectify with a leak."""
    return ops.leaky_relu(x, slope=s.get("alpha", 0.01))


def elu(s: Attributes, x: Tensor) -> Tensor:
    """Rectify softly."""
    return ops.elu(x, alpha=s.get("alpha", 1.0))


def gelu(s: Attributes, x: Tensor) -> Tensor:
    """Apply GELU in the form that is asked for."""
    return ops.gelu(x, approximate=s.get("approximate", "none") == "tanh")


def hard_sigmoid(s: Attributes, x: Tensor) -> Tensor:
    """Calculate clip(alpha x + beta, 0, 1)."""
    line = x * s.get("alpha", 0.2) + s.get("beta", 0.5)
    return arithmetic.minimum(arithmetic.maximum(line, 0.0), 1.0)


def erf(s: Attributes, x: Tensor) -> Tensor:
    """Calculate erf x = 2 Φ(√2 x) - 1 by way of gelu(u) = u Φ(u)."""
    u = x * 2**0.5
    safe = u + np.where(u.value == 0, 1e-30, 0)
    return ops.gelu(safe) / safe * 2.0 - 1.0


def divide(s: Attributes, a: Any, b: Any) -> Tensor | Array:
    """Divide; whole numbers by whole ones towards zero."""
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return arithmetic.divide(a, b)
    quotient: Array = np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))
    return quotient


def cast(s: Attributes, x: Any) -> Tensor | Array:
    """Turn numbers into floats, or into whole ones: towards zero."""
    kind = np.dtype(helper.tensor_dtype_to_np_dtype(s["to"]))
    return _array(x).astype(kind) if kind.kind in "biu" else arithmetic.multiply(x, 1.0)


def prelu(s: Attributes, x: Tensor, slope: Tensor) -> Tensor:
    """Rectify with a leak that was learned."""
    return arithmetic.maximum(x, 0.0) + slope * arithmetic.minimum(x, 0.0)


def softmax_axis(s: Attributes, x: Tensor) -> int:
    """Find the axis of a softmax; before opset 13 it took all axes from one on together."""
    axis: int = s.get("axis", 1 if s.get(BEFORE_OPSET_13) else -1) % x.ndim
    if s.get(BEFORE_OPSET_13) and axis != x.ndim - 1:
        raise UnsupportedOperator("a softmax over several axes, of an opset before 13")
    return axis


# ---- weighted sums -------------------------------------------------------------------------------


def gemm(s: Attributes, a: Tensor, b: Tensor, c: Any = None) -> Tensor:
    """Calculate alpha A B + beta C, either matrix perhaps transposed."""
    a = a.transpose(1, 0) if s.get("transA") else a
    b = b.transpose(1, 0) if s.get("transB") else b
    y: Tensor = a @ b * s.get("alpha", 1.0)
    return y if c is None else y + c * s.get("beta", 1.0)


def window(s: Attributes, size: tuple[int, ...], kernel: tuple[int, ...]) -> dict[str, Any]:
    """Translate the settings that convolutions and pools share."""
    n = len(kernel)
    stride, dilation = tuple(s.get("strides", (1,) * n)), tuple(s.get("dilations", (1,) * n))
    flat = s.get("pads", (0,) * (2 * n))
    padding = tuple(zip(flat[:n], flat[n:], strict=True))
    if s.get("auto_pad", "NOTSET").startswith("SAME"):
        padding = _same(size, kernel, stride, dilation, upper=s["auto_pad"] == "SAME_UPPER")
    return {"stride": stride, "padding": padding, "dilation": dilation}


def _same(
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    *,
    upper: bool,
) -> Pairs:
    """Pad so that there are ceil(size / stride) places; what is odd goes to the end if `upper`."""
    pairs = []
    for n, k, t, d in zip(size, kernel, stride, dilation, strict=True):
        total = max(0, (-(-n // t) - 1) * t + d * (k - 1) + 1 - n)
        half = total // 2 if upper else total - total // 2
        pairs.append((half, total - half))
    return tuple(pairs)


def conv(s: Attributes, x: Tensor, w: Tensor, b: Any = None) -> Tensor:
    """Convolve."""
    N, C, *size = x.shape
    settings = window(s, tuple(size), w.shape[2:])
    return space.conv(x, w, b, **settings, groups=s.get("group", 1))


def conv_transpose(s: Attributes, x: Tensor, w: Tensor, b: Any = None) -> Tensor:
    """Convolve the other way round, as torch exports it."""
    if "output_shape" in s or s.get("auto_pad", "NOTSET") != "NOTSET":
        raise UnsupportedOperator("ConvTranspose with output_shape or auto_pad")
    N, C, *size = x.shape
    settings = window(s, tuple(size), w.shape[2:])
    extra = tuple(s.get("output_padding", (0,) * len(size)))
    return space.conv_transpose(x, w, b, **settings, groups=s.get("group", 1), output_padding=extra)


# ---- space ---------------------------------------------------------------------------------------


def max_pool(s: Attributes, x: Tensor) -> Tensor:
    """Take the largest of each window."""
    settings = _pool(s, x)
    return space.max_pool(x, **settings)


def average_pool(s: Attributes, x: Tensor) -> Tensor:
    """Average each window; ONNX leaves padding out of the count unless told."""
    counted = bool(s.get("count_include_pad", 0))
    return space.average_pool(x, **_pool(s, x), count_include_pad=counted)


def _pool(s: Attributes, x: Tensor) -> dict[str, Any]:
    N, C, *size = x.shape
    kernel = tuple(s["kernel_shape"])
    found = window(s, tuple(size), kernel)
    if s.get("ceil_mode") or set(found.pop("dilation")) != {1}:
        raise UnsupportedOperator("a pool with ceil_mode or dilations")
    return {"kernel": kernel, **found}


def mean_over_space(s: Attributes, x: Tensor) -> Tensor:
    """Average over all places and keep the axes."""
    return x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)


def resize(
    s: Attributes, x: Tensor, roi: Any = None, scales: Any = None, size: Any = None
) -> Tensor:
    """Enlarge or reduce the spatial axes, by the settings that torch exports."""
    how = {"nearest": "nearest", "linear": "bilinear"}.get(s.get("mode", "nearest"))
    place = s.get("coordinate_transformation_mode", "half_pixel")
    near = s.get("nearest_mode", "round_prefer_floor")
    fits = how == "nearest" and (place, near) == ("asymmetric", "floor")
    fits |= how == "bilinear" and place in ("half_pixel", "pytorch_half_pixel", "align_corners")
    if not fits or s.get("antialias"):
        raise UnsupportedOperator(f"Resize with mode {s.get('mode')}, {place}")
    whole = x.shape * _array(scales) if size is None else _array(size)
    to = tuple(int(n) for n in whole[2:])
    return space.resize(x, size=to, how=str(how), align_corners=place == "align_corners")


# ---- shape ---------------------------------------------------------------------------------------


def reshape(s: Attributes, x: Tensor, shape: Array) -> Tensor:
    """Reshape; 0 keeps an axis as it is, -1 takes what is left."""
    kept = tuple(x.shape[i] if n == 0 else int(n) for i, n in enumerate(shape))
    return arithmetic.reshape(x, shape=kept)


def flatten(s: Attributes, x: Tensor) -> Tensor:
    """Join the axes before and after one into two."""
    axis = s.get("axis", 1)
    return x.reshape(int(np.prod(x.shape[:axis])), -1)


def squeeze(s: Attributes, x: Tensor, axes: Any = None) -> Tensor:
    """Drop axes of length one."""
    given = _axes(s, axes)
    dropped = [i for i, n in enumerate(x.shape) if n == 1] if given is None else given
    dropped = [axis % x.ndim for axis in dropped]
    kept = tuple(n for i, n in enumerate(x.shape) if i not in dropped)
    return arithmetic.reshape(x, shape=kept)


def unsqueeze(s: Attributes, x: Tensor, axes: Any = None) -> Tensor:
    """Put axes of length one in."""
    given = _axes(s, axes) or []
    return x.reshape(*np.expand_dims(np.empty(x.shape), tuple(given)).shape)


def transpose(s: Attributes, x: Tensor) -> Tensor:
    """Change the order of the axes."""
    return x.transpose(*s.get("perm", range(x.ndim)[::-1]))


def concat(s: Attributes, *xs: Tensor) -> Tensor:
    """Join along an axis."""
    return arithmetic.concat(*xs, axis=s["axis"])


def split(s: Attributes, x: Tensor, sizes: Any = None) -> tuple[Tensor, ...]:
    """Cut along an axis, into given sizes or equal parts."""
    axis, n = s.get("axis", 0), x.shape[s.get("axis", 0)]
    given = s.get("split", sizes)
    if given is None:
        raise UnsupportedOperator("Split into a number of parts")
    ends = np.cumsum([int(size) for size in _array(given)])
    assert ends[-1] == n
    cuts = [slice(int(a), int(b)) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    before = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, cut)] for cut in cuts)


def slice_axes(
    s: Attributes, x: Tensor, starts: Any, ends: Any, axes: Any = None, by: Any = None
) -> Tensor:
    """Take a slice."""
    which = range(len(starts)) if axes is None else _array(axes)
    steps = np.ones(len(starts), int) if by is None else _array(by)
    at = [slice(None)] * x.ndim
    for axis, start, end, step in zip(which, starts, ends, steps, strict=True):
        stop = None if step < 0 and end < -x.shape[axis] else int(end)
        at[axis] = slice(int(start), stop, int(step))
    return x[tuple(at)]


def gather(s: Attributes, x: Tensor, indices: Array) -> Tensor:
    """Pick along an axis."""
    axis = s.get("axis", 0) % x.ndim
    return x[(*(slice(None),) * axis, _array(indices).astype(int))]


def expand(s: Attributes, x: Tensor, shape: Array) -> Tensor:
    """Repeat along axes of length one."""
    return x * np.ones(np.broadcast_shapes(x.shape, tuple(int(n) for n in shape)), x.dtype)


def tile(s: Attributes, x: Tensor, repeats: Array) -> Tensor:
    """Lay copies side by side, so many along each axis."""
    places = (np.arange(n * int(r)) % n for n, r in zip(x.shape, repeats, strict=True))
    return x[np.ix_(*places)]


def shape_of(s: Attributes, x: Tensor | Array) -> Array:
    """List the lengths of the axes, or of those from one to another."""
    return np.array(x.shape[s.get("start", 0) : s.get("end")], np.int64)


def size_of(s: Attributes, x: Tensor | Array) -> Array:
    """Count the numbers of a tensor."""
    return np.array(math.prod(x.shape))


def constant_of_shape(s: Attributes, shape: Array) -> Array:
    """Fill a shape with one number, 0 unless it is given."""
    value = s.get("value", np.zeros(1, np.float32))
    return np.full(tuple(int(n) for n in shape), value.item(), value.dtype)


def arange(s: Attributes, start: Any, limit: Any, step: Any) -> Tensor | Array:
    """Count from one number up to another, or down, without that one."""
    first, last, by = (_array(given).item() for given in (start, limit, step))
    steps = np.arange(max(0, math.ceil((last - first) / by)))
    made: Tensor | Array = start + steps * step
    return made


def pad(s: Attributes, x: Tensor, widths: Array, value: Any = None, axes: Any = None) -> Tensor:
    """Put a constant around."""
    if s.get("mode", "constant") != "constant" or axes is not None:
        raise UnsupportedOperator(f"Pad with mode {s.get('mode')}")
    half = len(widths) // 2
    pairs = tuple((int(a), int(b)) for a, b in zip(widths[:half], widths[half:], strict=True))
    return arithmetic.pad(x, widths=pairs, value=0.0 if value is None else float(_array(value)))


def reduce_axes(how: Callable[..., Tensor], s: Attributes, x: Tensor, axes: Any = None) -> Tensor:
    """Take a sum, mean or maximum over axes."""
    given = _axes(s, axes)
    axis = None if given is None else tuple(axis % x.ndim for axis in given)
    return how(x, axis=axis, keepdims=bool(s.get("keepdims", 1)))


def _axes(s: Attributes, given: Any) -> list[int] | None:
    """Read axes, which newer files give as an input and older ones as a setting."""
    axes = s.get("axes", given)
    return None if axes is None else [int(axis) for axis in np.ravel(_array(axes))]


def _array(given: Any) -> Array:
    return given.value if isinstance(given, Tensor) else np.asarray(given)


# ---- normalization and recurrence ----------------------------------------------------------------


def batch_norm(s: Attributes, x: Tensor, w: Any, b: Any, mean: Any, variance: Any) -> Tensor:
    """Normalize by the statistics of training."""
    epsilon = s.get("epsilon", 1e-5)
    shape = (-1, *[1] * (x.ndim - 2))
    w, b, mean, variance = (_array(v).reshape(shape) for v in (w, b, mean, variance))
    y: Tensor = (x - mean) * (w / np.sqrt(variance + epsilon)) + b
    return y


def layer_norm(s: Attributes, x: Tensor, w: Tensor, b: Any = None) -> Tensor:
    """Normalize over the last axis."""
    if s.get("axis", -1) not in (-1, x.ndim - 1):
        raise UnsupportedOperator("LayerNormalization over several axes")
    return ops.layer_norm(
        x, w, np.zeros(w.shape, x.dtype) if b is None else b, epsilon=s.get("epsilon", 1e-5)
    )


def instance_norm(s: Attributes, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Normalize each channel of each example."""
    return ops.instance_norm(x, w, b, epsilon=s.get("epsilon", 1e-5))


def lstm(
    s: Attributes,
    x: Tensor,  # (T, N, I)
    w: Any,  # (D, 4H, I), gates in the order i, o, f, c
    r: Any,  # (D, 4H, H)
    b: Any = None,  # (D, 8H): of w, then of r
    lengths: Any = None,
    h: Any = None,  # (D, N, H)
    c: Any = None,
    peepholes: Any = None,
) -> tuple[Tensor, ...]:
    """Run an LSTM over a sequence: all h (T, D, N, H), the last h and c (D, N, H)."""
    refuse_unusual_lstm(s, has_peepholes=peepholes is not None)
    D, _, H = r.shape
    T, N, _ = x.shape
    zero = np.zeros((D, N, H), x.dtype)
    h, c, b = (zero if h is None else h, zero if c is None else c, b)
    b = np.zeros((D, 8 * H), x.dtype) if b is None else b
    runs = []
    for d in range(D):
        back = s.get("direction", "forward") == "reverse" or d == 1
        order = range(T)[::-1] if back else range(T)
        runs.append(_one_way(x, order, (w[d], r[d], b[d]), (h[d], c[d])))
    along = [arithmetic.stack(*run[0], axis=0) for run in runs]
    last = [arithmetic.stack(*(run[i] for run in runs), axis=0) for i in (1, 2)]
    return arithmetic.stack(*along, axis=1), last[0], last[1]


def refuse_unusual_lstm(s: Attributes, *, has_peepholes: bool) -> None:
    """Raise UnsupportedOperator where an LSTM is more than its usual equations (`lstm.py`)."""
    names = [a.decode() if isinstance(a, bytes) else a for a in s.get("activations", [])]
    is_usual = names == ["Sigmoid", "Tanh", "Tanh"] * (len(names) // 3)
    found = {"peepholes": has_peepholes, "activations of its own": not is_usual}
    found |= {name: bool(s.get(name)) for name in ("layout", "clip", "input_forget")}
    if reasons := [name for name, is_there in found.items() if is_there]:
        raise UnsupportedOperator(f"an LSTM with {' and '.join(reasons)}")


def _one_way(x: Tensor, order: range, weights: Any, state: Any) -> tuple[list[Any], Any, Any]:
    """Step through a sequence: h of every time in order of time, the last h, the last c."""
    (w, r, b), (h, c) = weights, state
    H = r.shape[-1]
    bias = b[: 4 * H] + b[4 * H :]
    along: list[Any] = [None] * len(order)
    for t in order:
        z = ops.affine(x[t], w) + ops.affine(h, r) + bias
        state = ops.lstm_step(z, c, order=ONNX_GATES)
        along[t] = h = state[0]
        c = state[1]
    return along, h, c
