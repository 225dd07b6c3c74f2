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
from neuropil.core import tensor as arithmetic
from neuropil.core.tensor import Array, Tensor

Attributes = dict[str, Any]
HELD = "held"  # a setting that `sums` adds: the inputs of the run, from which means follow
UNKNOWN = Tensor(np.array(np.nan))  # stands for an output that can't be computed here
BEFORE_OPSET_13 = "before opset 13"  # settings that `nodes` adds
BEFORE_OPSET_21 = "before opset 21"


class UnsupportedOperator(Exception):  # noqa: N818
    """An operation, or a setting of one, that can't be computed here."""


# ---- arithmetic and activation functions ---------------------------------------------------------


def apply(function: Callable[..., Tensor], s: Attributes, *xs: Any) -> Tensor:
    """Apply an operation of core that takes no settings."""
    return function(*xs)


def clip(s: Attributes, x: Tensor, low: Any = None, high: Any = None) -> Tensor:
    """Keep x between two limits."""
    x = x if low is None else arithmetic.maximum(x, low)
    return x if high is None else arithmetic.minimum(x, high)


def identity(s: Attributes, x: Tensor) -> Tensor:
    """Leave x as it is."""
    return arithmetic.multiply(x, 1.0)


def dropout(s: Attributes, x: Tensor, ratio: Any = None, training: Any = None) -> Tensor:
    """Leave x as it is, which is what dropout does once a network has learned."""
    if training is not None and to_array(training).any():
        raise UnsupportedOperator("Dropout in training mode")
    return identity(s, x)


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
    return arithmetic.minimum(arithmetic.maximum(hard_sigmoid_line(s, x), 0.0), 1.0)


def hard_sigmoid_line(s: Attributes, x: Tensor) -> Tensor:
    """Calculate alpha x + beta."""
    y: Tensor = x * s.get("alpha", 0.2) + s.get("beta", 0.5)
    return y


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
    return to_array(x).astype(kind) if kind.kind in "biu" else arithmetic.multiply(x, 1.0)


def cast_like(s: Attributes, x: Any, like: Any) -> Tensor | Array:
    """Turn numbers into the kind that others are of."""
    if isinstance(like, Tensor):
        return arithmetic.multiply(x, 1.0)
    return to_array(x).astype(like.dtype)


def prelu(s: Attributes, x: Tensor, slope: Tensor) -> Tensor:
    """Rectify with a leak that was learned."""
    return arithmetic.maximum(x, 0.0) + slope * arithmetic.minimum(x, 0.0)


def softmax_axis(s: Attributes, x: Tensor) -> int:
    """Find the axis of a softmax; before opset 13 it took all axes from one on together."""
    axis: int = s.get("axis", 1 if s.get(BEFORE_OPSET_13) else -1) % x.ndim
    if s.get(BEFORE_OPSET_13) and math.prod(x.shape[axis + 1 :]) != 1:
        raise UnsupportedOperator("a softmax over several axes, of an opset before 13")
    return axis


# ---- weighted sums -------------------------------------------------------------------------------


def gemm(s: Attributes, a: Tensor, b: Tensor, c: Any = None) -> Tensor:
    """Calculate alpha A B + beta C, either matrix perhaps transposed."""
    a = a.transpose(1, 0) if s.get("transA") else a
    b = b.transpose(1, 0) if s.get("transB") else b
    y: Tensor = a @ b * s.get("alpha", 1.0)
    return y if c is None else y + c * s.get("beta", 1.0)


def matmul(s: Attributes, a: Tensor, b: Tensor) -> Tensor:
    """Multiply matrices; an operand of one axis is a row on the left, a column on the right."""
    rows = arithmetic.reshape(a, shape=(1, a.shape[0])) if a.ndim == 1 else a
    columns = arithmetic.reshape(b, shape=(b.shape[0], 1)) if b.ndim == 1 else b
    y = arithmetic.matmul(rows, columns)
    kept = [*y.shape[:-2], *y.shape[-2:-1] * (a.ndim > 1), *y.shape[-1:] * (b.ndim > 1)]
    return y if len(kept) == y.ndim else arithmetic.reshape(y, shape=tuple(kept))


def einsum(s: Attributes, *xs: Tensor) -> Tensor:
    """Multiply and add up over the letters that the result lacks."""
    spec = s["equation"].replace(" ", "")
    terms, _, out = spec.partition("->")
    once = sorted(c for c in set(terms) - {","} if terms.count(c) == 1)
    terms, out = terms.split(","), out if "->" in spec else "".join(once)
    if "." in spec or any(len(set(term)) < len(term) for term in terms):
        raise UnsupportedOperator(f"Einsum of {spec}, with dots or a letter twice in one term")
    return _contract(*xs, terms=terms, out=out)


@arithmetic.operation
def _contract(*xs: Array, terms: list[str], out: str) -> Any:
    """Calculate y_out = Σ x1 · x2 · ..., over the letters of the terms that `out` lacks."""

    def part(i: int) -> Callable[[Array], Array]:
        others = [(t, x) for j, (t, x) in enumerate(zip(terms, xs, strict=True)) if j != i]
        known = set(out).union(*(term for term, _ in others))
        kept = "".join(c for c in terms[i] if c in known)
        alone = tuple(axis for axis, c in enumerate(terms[i]) if c not in known)
        spec = f"{','.join([out, *(term for term, _ in others)])}->{kept}"

        def derivative(dy: Array) -> Array:
            dx = np.einsum(spec, dy, *(x for _, x in others))
            return np.broadcast_to(np.expand_dims(dx, alone), xs[i].shape)

        return derivative

    y = np.einsum(f"{','.join(terms)}->{out}", *xs)
    return y, *(part(i) for i in range(len(xs)))


def cumulate(s: Attributes, x: Tensor, axis: Any) -> Tensor:
    """Add up along an axis: each place gets the sum of those before it, mostly with its own."""
    at = int(to_array(axis)) % x.ndim
    n = x.shape[at]
    before = np.tri(n, k=-1 if s.get("exclusive") else 0, dtype=x.dtype)
    order = [*(i for i in range(x.ndim) if i != at), at]
    y = x.transpose(*order) @ (before if s.get("reverse") else before.T)
    return y.transpose(*np.argsort(order))


def fold_operands(how: Callable[..., Tensor], s: Attributes, *xs: Any) -> Tensor:
    """Combine any number of operands, one after the other."""
    first, *others = xs
    y: Tensor = identity(s, first)
    for x in others:
        y = how(y, x)
    return y


def pick_operand(sign: int, s: Attributes, *xs: Any) -> Tensor:
    """Take the largest of any number of operands, or the smallest: of equals, the first."""
    given = np.broadcast_arrays(*(sign * to_array(x) for x in s.get(HELD, xs)))
    winner = np.argmax(given, axis=0)
    return fold_operands(arithmetic.add, s, *(x * (winner == i) for i, x in enumerate(xs)))


def average_operands(s: Attributes, *xs: Any) -> Tensor:
    """Average any number of operands."""
    return fold_operands(arithmetic.add, s, *xs) / len(xs)


# ---- shape ---------------------------------------------------------------------------------------


def reshape(s: Attributes, x: Tensor, shape: Array) -> Tensor:
    """Reshape; 0 keeps an axis as it is, unless it is allowed, -1 takes what is left."""
    zero = bool(s.get("allowzero"))
    kept = tuple(int(n) if n or zero else x.shape[i] for i, n in enumerate(shape))
    return arithmetic.reshape(x, shape=kept)


def flatten(s: Attributes, x: Tensor) -> Tensor:
    """Join the axes before and after one into two."""
    axis = s.get("axis", 1)
    return x.reshape(int(np.prod(x.shape[:axis])), -1)


def squeeze(s: Attributes, x: Tensor, axes: Any = None) -> Tensor:
    """Drop axes of length one."""
    given = _axes(axes)
    dropped = [i for i, n in enumerate(x.shape) if n == 1] if given is None else given
    dropped = [axis % x.ndim for axis in dropped]
    kept = tuple(n for i, n in enumerate(x.shape) if i not in dropped)
    return arithmetic.reshape(x, shape=kept)


def unsqueeze(s: Attributes, x: Tensor, axes: Any = None) -> Tensor:
    """Put axes of length one in."""
    given = _axes(axes) or []
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
    most = -(-n // s["num_outputs"])  # the last of equal parts may be smaller
    parts = [min(most, n - start) for start in range(0, n, most)] if sizes is None else sizes
    ends = np.cumsum([int(size) for size in to_array(parts)])
    cuts = [slice(int(a), int(b)) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    before = (slice(None),) * (axis % x.ndim)
    return tuple(x[(*before, cut)] for cut in cuts)


def slice_axes(
    s: Attributes, x: Tensor, starts: Any, ends: Any, axes: Any = None, by: Any = None
) -> Tensor:
    """Take a slice."""
    which = range(len(starts)) if axes is None else to_array(axes)
    steps = np.ones(len(starts), int) if by is None else to_array(by)
    at = [slice(None)] * x.ndim
    for axis, start, end, step in zip(which, starts, ends, steps, strict=True):
        stop = None if step < 0 and end < -x.shape[axis] else int(end)
        at[axis] = slice(int(start), stop, int(step))
    return x[tuple(at)]


def gather(s: Attributes, x: Tensor, indices: Array) -> Tensor:
    """Pick along an axis."""
    axis = s.get("axis", 0) % x.ndim
    return x[(*(slice(None),) * axis, to_array(indices).astype(int))]


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
    first, last, by = (to_array(given).item() for given in (start, limit, step))
    steps = np.arange(max(0, math.ceil((last - first) / by)))
    made: Tensor | Array = start + steps * step
    return made


def pad(s: Attributes, x: Tensor, widths: Array, value: Any = None, axes: Any = None) -> Tensor:
    """Put a constant around, or what mirrors or repeats x; negative widths cut off."""
    which = range(x.ndim) if axes is None else [int(axis) % x.ndim for axis in to_array(axes)]
    half = len(widths) // 2
    pairs = [(0, 0)] * x.ndim
    for axis, before, after in zip(which, widths[:half], widths[half:], strict=True):
        pairs[axis] = int(before), int(after)
    whole = tuple(
        slice(max(0, -a), n - max(0, -b)) for n, (a, b) in zip(x.shape, pairs, strict=True)
    )
    x, wide = x[whole], tuple((max(0, a), max(0, b)) for a, b in pairs)
    if (mode := s.get("mode", "constant")) != "constant":
        places = np.pad(np.arange(math.prod(x.shape)).reshape(x.shape), wide, mode)
        return x.reshape(-1)[places]
    return arithmetic.pad(x, widths=wide, value=0.0 if value is None else to_array(value).item())


def carry(op: str, s: Attributes, *xs: Any) -> Tensor:
    """Carry numbers elsewhere: where to, the operator itself says of their numbers 1, 2, 3, ...

    What is left empty is 0. Of several tensors the numbers go on from one to the next.
    """
    if (reduction := s.get("reduction", "none")) != "none":
        raise UnsupportedOperator(f"{op} with reduction {reduction}")
    moved = [x for x in xs if isinstance(x, Tensor)]
    ends = np.cumsum([0, *(x.value.size for x in moved)])
    numbers = iter(
        np.arange(a + 1.0, b + 1.0).reshape(x.shape)
        for x, a, b in zip(moved, ends[:-1], ends[1:], strict=True)
    )
    places = evaluate(op, s, *(next(numbers) if isinstance(x, Tensor) else x for x in xs))
    nothing = np.zeros(1, moved[0].dtype)
    return arithmetic.concat(nothing, *(x.reshape(-1) for x in moved))[places.astype(int)]


def evaluate(op: str, s: Attributes, *xs: Array | None) -> Array:
    """Ask ONNX's own reference what an operator makes of arrays."""
    from onnx.reference import ReferenceEvaluator

    names = ["" if x is None else f"x{i}" for i, x in enumerate(xs)]
    settings = {name: setting for name, setting in s.items() if name != HELD}
    infos = [helper.make_tensor_value_info(name, 0, None) for name in (*names, "y") if name]
    node = helper.make_node(op, names, ["y"], **settings)
    model = helper.make_model(helper.make_graph([node], op, infos[:-1], infos[-1:]))
    feeds = {name: x for name, x in zip(names, xs, strict=True) if name}
    (y,) = ReferenceEvaluator(model).run(None, feeds)
    return np.asarray(y)


def top(s: Attributes, x: Tensor, k: Any) -> Tensor:
    """Pick the k largest along an axis, or the smallest; their order is that of their size."""
    axis = s.get("axis", -1) % x.ndim
    keys = -x.value if s.get("largest", 1) else x.value
    order = np.argsort(keys, axis=axis, kind="stable")
    first = np.take(order, np.arange(int(to_array(k).item())), axis=axis)
    places = np.arange(x.value.size).reshape(x.shape)
    return x.reshape(-1)[np.take_along_axis(places, first, axis)]


def reduce_axes(how: Callable[..., Tensor], s: Attributes, x: Tensor, axes: Any = None) -> Tensor:
    """Take a sum, mean or maximum over axes, all where none are given."""
    given = _axes(axes)
    if not given and s.get("noop_with_empty_axes"):
        return identity(s, x)
    axis = tuple(axis % x.ndim for axis in given) if given else None
    return how(x, axis=axis, keepdims=bool(s.get("keepdims", 1)))


def smallest(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    """Take the smallest along axes."""
    return -arithmetic.max(-x, axis=axis, keepdims=keepdims)


def _axes(given: Any) -> list[int] | None:
    """Read axes."""
    return None if given is None else [int(axis) for axis in np.ravel(to_array(given))]


def to_array(given: Any) -> Array:
    """Take a value as an array, whether it is a tensor or not."""
    return given.value if isinstance(given, Tensor) else np.asarray(given)
