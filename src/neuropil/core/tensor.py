"""Numbers that remember where they came from, and how a small change in them spreads.

    x, a, b  inputs of an operation      y  its value      L  the number that is differentiated
    dy, dx   dL/dy, dL/dx: of the shape of y, of x

An operation is a rule: its value and, beside it, one derivative per input, by the chain rule
dL/dx = dL/dy · dy/dx:

    @operation
    def multiply(a, b):
        return a * b, lambda dy: dy * b, lambda dy: dy * a

`operation` makes of that a function of tensors that also notes which tensors went in. From these
notes `L.backward()` walks back, deepest tensor first, and leaves dL/dx in the `.grad` of each x
that it meets (reverse-mode differentiation: Linnainmaa 1970; Rumelhart, Hinton and Williams 1986).
What stands here is arithmetic and shape; the operations of networks are in `operations`.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Derivative = Callable[[Array], Array]  # from dL/dy to dL/dx
Result = tuple[Any, ...]  # y, then a Derivative or None for each input, in order
Rule = Callable[..., Result]
Axis = int | tuple[int, ...] | None
Shared = TypeVar("Shared")


class Tensor:
    """An array, how it was computed and, after `backward`, its gradient."""

    __slots__ = ("depth", "grad", "parents", "requires_grad", "value")
    __array_ufunc__ = None  # array + tensor asks the tensor, which knows how to differentiate

    def __init__(self, value: "Input", *, requires_grad: bool = False) -> None:
        """Hold a value: float32 and float64 as they are, all else as float64."""
        array = np.asarray(value.value if isinstance(value, Tensor) else value)
        if array.dtype.char not in "fd":  # whole numbers have no small change, so no derivative
            array = array.astype(np.float64)
        self.value: Array = array
        self.grad: Array | None = None  # dL/dx of this x, once `backward` has been here
        self.requires_grad = requires_grad
        self.parents: list[tuple[Tensor, Derivative]] = []  # the inputs that need a gradient
        self.depth = 0  # how many operations lie between it and what it was computed from

    def backward(self, seed: Array | None = None) -> None:
        """Add dL/dx to the gradient of every tensor x that this one, L, was computed from.

        `seed` is dL/dL, 1 for a number; an array of several needs it given, in its shape.
        A tensor without inputs (a parameter) adds up over calls; in between they start anew.
        """
        order = self._deepest_first()
        for node in order:
            node.grad = None  # what is in between keeps nothing from an earlier call
        self.grad = self._seed(seed)  # dL/dL = 1
        # Deepest first: all that uses a node has handed its share over before the node goes on, so
        # dL/dy is whole when the chain rule dL/dx = dL/dy · dy/dx needs it.
        for node in order:
            dy = node.grad
            if dy is not None:
                for x, derivative in node.parents:
                    x._receive(derivative(dy), dy)  # dL/dx = Σ over all y that use x

    def _deepest_first(self) -> list["Tensor"]:
        """List what was computed on the way here; each is less deep than all that uses it."""
        found = {self}
        waiting = [self]
        for node in waiting:  # which grows on the way
            for x, _ in node.parents:
                if x.parents and x not in found:  # a parameter has nothing before it to hand on to
                    found.add(x)
                    waiting.append(x)
        return sorted(waiting, key=_depth, reverse=True)  # depth y > depth x wherever y uses x

    def _seed(self, seed: Array | None) -> Array:
        # y of several numbers has no one dL/dy to begin with.
        if seed is None and self.value.size != 1:
            raise ValueError(
                f"backward() starts from one number, and this tensor has shape {self.shape}:"
                " take .sum() or .mean() of it first, or give seed=, an array of that shape"
            )
        given = np.ones_like(self.value) if seed is None else np.asarray(seed, self.dtype)
        if given.shape != self.shape:
            raise ValueError(f"seed has shape {given.shape}, the tensor {self.shape}")
        return given

    def _receive(self, dx: Array, dy: Array) -> None:
        """Add to the gradient; an array that lies in another's memory is copied first."""
        value = self.value
        if dx.shape != value.shape:  # x was stretched to the shape of y
            dx = unbroadcast(dx, value.shape)
        if dx.dtype != value.dtype:
            dx = dx.astype(value.dtype)
        if self.grad is not None:
            self.grad = self.grad + dx  # used twice: the derivatives add up
        elif not self.parents and (dx is dy or dx.base is not None):
            self.grad = dx.copy()  # an optimizer will change it in place
        else:
            self.grad = dx

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the lengths of the axes."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Return float32 or float64."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """Count the axes."""
        return self.value.ndim

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"Tensor({self.value!r})"

    def __add__(self, other: "Input") -> "Tensor":
        return add(self, other)

    def __radd__(self, other: "Input") -> "Tensor":
        return add(other, self)

    def __sub__(self, other: "Input") -> "Tensor":
        return subtract(self, other)

    def __rsub__(self, other: "Input") -> "Tensor":
        return subtract(other, self)

    def __mul__(self, other: "Input") -> "Tensor":
        return multiply(self, other)

    def __rmul__(self, other: "Input") -> "Tensor":
        return multiply(other, self)

    def __truediv__(self, other: "Input") -> "Tensor":
        return divide(self, other)

    def __rtruediv__(self, other: "Input") -> "Tensor":
        return divide(other, self)

    def __pow__(self, exponent: "Input") -> "Tensor":
        return power(self, exponent)

    def __matmul__(self, other: "Input") -> "Tensor":
        return matmul(self, other)

    def __rmatmul__(self, other: "Input") -> "Tensor":
        return matmul(other, self)

    def __neg__(self) -> "Tensor":
        return negative(self)

    def __getitem__(self, at: Any) -> "Tensor":
        return index(self, at=at)

    def sum(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """Add up along axes, or all."""
        return sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """Average along axes, or all."""
        return mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> "Tensor":
        """Take the largest along axes, or of all."""
        return max(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: int) -> "Tensor":
        """Lay the same numbers out in another shape; -1 is whatever fits."""
        return reshape(self, shape=shape)

    def transpose(self, *axes: int) -> "Tensor":
        """Put the axes into this order; reverse them where none is given."""
        return transpose(self, axes=axes or None)


Input = Tensor | Array | np.number[Any] | float | Iterable[Any]


def _depth(tensor: Tensor) -> int:
    return tensor.depth


class Operation(Protocol):
    """A function of tensors, arrays and numbers that records what it was given.

    `rule` is what it computes with, on bare arrays: the value and one derivative for each input,
    None for those that have no derivative (labels, indices). Settings are keyword-only.
    """

    __name__: str
    rule: Rule

    def __call__(self, *inputs: Input | None, **settings: Any) -> Tensor:
        """Compute the value."""
        ...


def operation(rule: Rule) -> Operation:
    """Turn a rule on arrays into an operation on tensors.

    Only the inputs that need a gradient are noted, and only their derivatives will be evaluated.
    """

    @wraps(rule)
    def compute(*inputs: Input | None, **settings: Any) -> Tensor:
        values = [x.value if isinstance(x, Tensor) else _plain(x) for x in inputs]
        if settings and any(isinstance(s, Tensor) for s in settings.values()):
            raise ValueError(f"{rule.__name__}: give tensors by place, only settings by name")
        value, *derivatives = rule(*values, **settings)
        y = Tensor(value)
        # The note that makes the way back possible: y was made from x, and this is dL/dy -> dL/dx.
        for x, derivative in zip(inputs, derivatives, strict=False):
            if isinstance(x, Tensor) and x.requires_grad and derivative is not None:
                y.requires_grad = True
                y.parents.append((x, derivative))
                if x.depth >= y.depth:
                    y.depth = x.depth + 1  # one more than its deepest input
        return y

    made = cast(Operation, compute)
    made.rule = rule
    return made


def _plain(x: Any) -> Any:
    """Leave arrays alone; numbers become Python's, which take the other operand's dtype."""
    if x is None or isinstance(x, np.ndarray):
        return x
    # 2.0 · x of a float32 x is float32; with a float64 array of one number it would not be.
    return float(x) if isinstance(x, float | int) else np.asarray(x)


def cache_last(shared: Callable[[Array], Shared]) -> Callable[[Array], Shared]:
    """Remember the last result: for what the derivatives of several inputs have in common."""
    memory: list[Any] = [None, None]  # dy, and what was computed from it

    def recall(dy: Array) -> Shared:
        if memory[0] is not dy:
            memory[:] = dy, shared(dy)
        return cast(Shared, memory[1])

    return recall


def unbroadcast(dx: Array, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting: what was used many times adds up all that it is told."""
    if len(dx.shape) > len(shape):  # axes that were put in front: dx = Σ over them
        dx = dx.sum(axis=tuple(range(len(dx.shape) - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 != dx.shape[i])  # axes 1 -> n
    dx = dx.sum(axis=stretched, keepdims=True) if stretched else dx
    return dx if dx.shape == shape else np.broadcast_to(dx, shape)


# ---- arithmetic, element by element -------------------------------------------------------------


@operation
def add(a: Array, b: Array) -> Result:
    """Add: y = a + b."""
    return a + b, lambda dy: dy, lambda dy: dy  # dy/da = dy/db = 1


@operation
def subtract(a: Array, b: Array) -> Result:
    """Subtract: y = a - b."""
    return a - b, lambda dy: dy, lambda dy: -dy  # dy/da = 1, dy/db = -1


@operation
def multiply(a: Array, b: Array) -> Result:
    """Multiply: y = a b."""
    return a * b, lambda dy: dy * b, lambda dy: dy * a  # dy/da = b, dy/db = a


@operation
def divide(a: Array, b: Array) -> Result:
    """Divide: y = a / b."""
    y = a / b
    return y, lambda dy: dy / b, lambda dy: -dy * y / b  # dy/da = 1/b, dy/db = -a/b² = -y/b


@operation
def power(a: Array, b: Array) -> Result:
    """Raise: y = aᵇ; a has to be positive for the derivative by b."""
    y = a**b  # dy/da = b aᵇ⁻¹, dy/db = aᵇ ln a
    return y, lambda dy: dy * b * a ** (b - 1), lambda dy: dy * y * np.log(a)


@operation
def negative(x: Array) -> Result:
    """Change the sign: y = -x."""
    return -x, lambda dy: -dy  # dy/dx = -1


@operation
def exp(x: Array) -> Result:
    """Raise e: y = eˣ."""
    y = np.exp(x)
    return y, lambda dy: dy * y  # dy/dx = eˣ, which is y: nothing is computed twice


@operation
def log(x: Array) -> Result:
    """Take the natural logarithm: y = ln x."""
    return np.log(x), lambda dy: dy / x  # dy/dx = 1/x


@operation
def sqrt(x: Array) -> Result:
    """Take the root: y = √x."""
    y = np.sqrt(x)
    return y, lambda dy: dy / (2 * y)  # dy/dx = 1/(2√x)


@operation
def abs(x: Array) -> Result:
    """Drop the sign: y = |x|; the derivative at 0 is taken to be 0."""
    return np.abs(x), lambda dy: dy * np.sign(x)  # dy/dx = ± 1


@operation
def maximum(a: Array, b: Array) -> Result:
    """Take the larger; where they are equal each gets half of the derivative."""
    share = np.heaviside(a - b, 0.5)  # dy/da: 1 where a is larger, 1/2 where they are equal, else 0
    return np.maximum(a, b), lambda dy: dy * share, lambda dy: dy * (1 - share)


@operation
def minimum(a: Array, b: Array) -> Result:
    """Take the smaller; where they are equal each gets half of the derivative."""
    share = np.heaviside(b - a, 0.5)
    return np.minimum(a, b), lambda dy: dy * share, lambda dy: dy * (1 - share)


@operation
def matmul(a: Array, b: Array) -> Result:
    """Multiply matrices, the last two axes: (..., n, k) @ (..., k, m) = (..., n, m)."""
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError(f"matmul takes matrices, not shapes {a.shape} and {b.shape}: reshape them")
    # y_ij = Σ_k a_ik b_kj, so dL/da_ik = Σ_j dy_ij b_kj: da = dy bᵀ (n, k) and db = aᵀ dy (k, m).
    return a @ b, lambda dy: dy @ b.swapaxes(-1, -2), lambda dy: a.swapaxes(-1, -2) @ dy


# ---- along axes ---------------------------------------------------------------------------------


@operation
def sum(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Result:
    """Add up: y = Σ x over the axes, or all."""
    return x.sum(axis, keepdims=keepdims), lambda dy: np.broadcast_to(  # dy/dx = 1 for every x
        _restore_axes(dy, x.ndim, axis, keepdims), x.shape
    )


@operation
def mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Result:
    """Average: y = Σ x / n over the axes, or all."""
    y = x.mean(axis, keepdims=keepdims)
    n = x.size // np.size(y)  # numbers that one mean is of: dy/dx = 1/n
    return y, lambda dy: np.broadcast_to(_restore_axes(dy, x.ndim, axis, keepdims) / n, x.shape)


@operation
def max(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Result:
    """Take the largest along the axes, or of all; those equal share the derivative."""
    y = x.max(axis, keepdims=True)

    def derivative(dy: Array) -> Array:
        won = x == y  # a small change of any other x leaves the largest as it is: dy/dx = 0
        dx: Array = won * (_restore_axes(dy, x.ndim, axis, keepdims) / won.sum(axis, keepdims=True))
        return dx.astype(x.dtype, copy=False)

    return y if keepdims else y.squeeze(axis), derivative


def _restore_axes(dy: Array, ndim: int, axis: Axis, keepdims: bool) -> Array:
    """Put back the axes that a reduction dropped, with length 1."""
    if keepdims:
        return dy
    axes = range(ndim) if axis is None else axis
    # A y of shape (2, 4) from x (2, 3, 4): as (2, 1, 4) its dy can be spread over the axis again.
    return np.expand_dims(dy, tuple(axes) if not isinstance(axes, int) else axes)


# ---- shape --------------------------------------------------------------------------------------


@operation
def reshape(x: Array, *, shape: tuple[int, ...]) -> Result:
    """Lay the same numbers out in another shape; -1 is whatever fits."""
    return x.reshape(shape), lambda dy: dy.reshape(x.shape)  # each number is still the same number


@operation
def transpose(x: Array, *, axes: tuple[int, ...] | None = None) -> Result:
    """Put the axes into this order; reverse them where none is given."""
    order = tuple(reversed(range(x.ndim))) if axes is None else axes
    back = tuple(np.argsort([axis % x.ndim for axis in order]))  # the inverse permutation
    return x.transpose(order), lambda dy: dy.transpose(back)


@operation
def index(x: Array, *, at: Any) -> Result:
    """Pick out: y = x[at] with NumPy's meaning; what is picked twice adds up its derivative."""
    y = x[at]

    def derivative(dy: Array) -> Array:
        dx = np.zeros_like(x)  # what was not picked has not moved y
        if np.may_share_memory(x, y):  # slices only look, and pick nothing twice
            dx[at] = dy
        else:
            np.add.at(dx, at, dy)  # dx_j = Σ over all places where x_j was picked
        return dx

    return y, derivative


@operation
def take(table: Array, indices: Array) -> Result:
    """Look up rows (an embedding): table (n, ...) and integers of any shape."""
    if indices.dtype.kind not in "iu":
        raise ValueError(f"take looks up by integers, not {indices.dtype}: use .astype(int)")
    if indices.size and not 0 <= indices.min() <= indices.max() < len(table):
        raise ValueError(
            f"indices go from {indices.min()} to {indices.max()}, rows from 0 to {len(table) - 1}"
        )

    def derivative(dy: Array) -> Array:
        d_table = np.zeros_like(table)  # rows that nobody looked up have no gradient
        np.add.at(d_table, indices, dy)
        return d_table

    return table[indices], derivative, None


@operation
def concat(*xs: Array, axis: int = 0) -> Result:
    """Join arrays along an axis."""
    ends = np.cumsum([x.shape[axis] for x in xs])

    def part(i: int) -> Derivative:
        start = ends[i] - xs[i].shape[axis]  # each input gets the slice of dy that it became
        return lambda dy: np.moveaxis(np.moveaxis(dy, axis, 0)[start : ends[i]], 0, axis)

    return np.concatenate(xs, axis), *(part(i) for i in range(len(xs)))


@operation
def stack(*xs: Array, axis: int = 0) -> Result:
    """Join arrays of one shape along a new axis."""

    def part(i: int) -> Derivative:
        return lambda dy: dy.take(i, axis)  # each input gets the layer of dy that it became

    return np.stack(xs, axis), *(part(i) for i in range(len(xs)))


@operation
def pad(x: Array, *, widths: tuple[tuple[int, int], ...], value: float = 0.0) -> Result:
    """Put a constant around: (before, after) for each axis; negative widths cut."""
    # What was put around is constant and has no derivative; what was cut away has none either.
    cut = tuple(slice(-min(a, 0) or None, min(b, 0) or None) for a, b in widths)
    grow = [(_positive(a), _positive(b)) for a, b in widths]
    y = np.pad(x[cut], grow, constant_values=value)

    def derivative(dy: Array) -> Array:
        dx: Array = np.zeros_like(x)
        dx[cut] = dy[tuple(slice(a, n - b) for (a, b), n in zip(grow, y.shape, strict=True))]
        return dx

    return y, derivative


def _positive(n: int) -> int:
    return n if n > 0 else 0
