"""Operations over space: convolution, pooling, resizing, over any number of spatial axes.

    N  examples    C, D  channels in, out    G  groups    *S, *T  spatial axes in, out    K  kernel

All follow one idea: a kernel is a list of taps, each tap sees the input shifted by so much, and
what a tap does is one matrix product for all places at once:

    y = Σ_tap W_tap · shift_tap(x)
    dx = Σ_tap shift_tapᵀ(W_tapᵀ · dy)          dW_tap = dy · shift_tap(x)ᵀ

Names and layouts are torch's: x (N, C, *S), weights (D, C/G, *K). Settings that are one number hold
for every axis; padding can also be (before, after) for each axis.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from neuropil.core.tensor import Array, Result, operation

Number = int | tuple[int, ...]  # for every axis, or for each
Padding = int | tuple[int, ...] | tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Window:
    """Where a kernel looks: one number or pair for each spatial axis."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    @classmethod
    def of(
        cls,
        kernel: tuple[int, ...],
        stride: Number = 1,
        padding: Padding = 0,
        dilation: Number = 1,
    ) -> "Window":
        """Spell out settings for each axis."""
        n = len(kernel)
        each = (padding,) * n if isinstance(padding, int) else padding
        pairs = tuple((p, p) if isinstance(p, int) else (p[0], p[1]) for p in each)
        window = cls(kernel, _per_axis(stride, n), pairs, _per_axis(dilation, n))
        if len(pairs) != n or any(p < 0 for pair in pairs for p in pair):
            raise ValueError(f"padding={padding}: give one number >= 0 or a pair for {n} axes")
        return window

    def output_size(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """Count the places of the kernel along each axis of an input."""
        # From its first tap to its last a kernel spans d (K - 1) + 1 pixels. It starts at 0, s, 2s,
        # ... as long as it fits into the padded input: T = ⌊(S + padding - span) / s⌋ + 1.
        spread = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        room = [n + a + b for n, (a, b) in zip(size, self.padding, strict=True)]
        if any(s > r for s, r in zip(spread, room, strict=True)):
            raise ValueError(
                f"a kernel of {tuple(spread)} doesn't fit into {tuple(room)} (padding included):"
                " use a smaller kernel or more padding"
            )
        return tuple((r - s) // t + 1 for r, s, t in zip(room, spread, self.stride, strict=True))

    def input_size(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """Measure the input that so many places of the kernel cover, without its padding."""
        # `output_size` solved for S; of what the floor there leaves over nothing is known.
        spread = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        every = zip(places, self.stride, spread, self.padding, strict=True)
        return tuple((n - 1) * s + reach - sum(pair) for n, s, reach, pair in every)

    def taps(self, places: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Any]]:
        """List each tap of the kernel and what it sees of the padded input, as indices."""
        for tap in np.ndindex(*self.kernel):
            # Tap k sees the pixels d k, d k + s, d k + 2s, ...: one for each place of the kernel.
            every = zip(tap, self.dilation, self.stride, places, strict=True)
            seen = [slice(d * k, d * k + s * (n - 1) + 1, s) for k, d, s, n in every]
            yield tap, (..., *seen)

    def pad(self, x: Array, value: float = 0.0) -> Array:
        """Put a constant around the spatial axes of (..., *S)."""
        if not any(map(any, self.padding)):
            return x
        return np.pad(x, self._widths(x), constant_values=value)

    def unpad(self, x: Array) -> Array:
        """Take the padding off again."""
        # The derivative of padding: dx is the part of dy where x was.
        ends = zip(self._widths(x), x.shape, strict=True)
        return x[tuple(slice(a, n - b) for (a, b), n in ends)]

    def _widths(self, x: Array) -> list[tuple[int, int]]:
        return [(0, 0)] * (x.ndim - len(self.padding)) + list(self.padding)


def _per_axis(number: Number, n: int) -> tuple[int, ...]:
    each = (number,) * n if isinstance(number, int) else tuple(number)
    if len(each) != n or any(k < 1 for k in each):
        raise ValueError(f"{number}: give one number >= 1, or {n} of them")
    return each


# ---- convolution: three sums over taps, each the derivative of another --------------------------


@operation
def conv(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Number = 1,
    padding: Padding = 0,
    dilation: Number = 1,
    groups: int = 1,
) -> Result:
    """Convolve x (N, C, *S) with w (D, C/G, *K) and add b (D): y (N, D, *T).

    As everywhere in deep learning it is the cross-correlation y_t = Σ_k w_k x_(s t + d k - p) + b
    (Dumoulin and Visin 2016).
    """
    _check_channels(x, w, x.shape[1], w.shape[1] * groups, w.shape[0], groups)
    window = Window.of(w.shape[2:], stride, padding, dilation)
    y = cross_correlate(x, w, window, groups)
    if b is not None:
        y += b.reshape(-1, *(1,) * (x.ndim - 2))  # one bias for a channel, at all of its places
    # x_i goes into y_t through tap k where i = s t + d k - p, so
    #   dL/dx_i = Σ_(t, k) w_k dy_t        over the places t and taps k that see i
    #   dL/dw_k = Σ_t dy_t x_(s t + d k - p)
    #   dL/db   = Σ_t dy_t                 the weights are shared by all places
    return (
        y,
        lambda dy: transposed_correlate(dy, w, window, groups, x.shape[2:]),
        lambda dy: weight_gradient(dy, x, w.shape, window, groups),
        _sum_per_channel,
    )


@operation
def conv_transpose(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: Number = 1,
    padding: Padding = 0,
    output_padding: int | tuple[int, ...] = 0,
    dilation: Number = 1,
    groups: int = 1,
) -> Result:
    """Spread x (N, D, *T) by w (D, C/G, *K) and add b (C): y (N, C, *S), the derivative of `conv`.

    Along each axis S = (T - 1) stride - both paddings + dilation (K - 1) + 1 + output_padding.
    """
    _check_channels(x, w, x.shape[1], w.shape[0], w.shape[0], groups)
    window = Window.of(w.shape[2:], stride, padding, dilation)
    n = len(window.kernel)
    # With a stride several input sizes of `conv` give the same T: output_padding says which.
    extra = (output_padding,) * n if isinstance(output_padding, int) else output_padding
    size = tuple(n + e for n, e in zip(window.input_size(x.shape[2:]), extra, strict=True))
    y = transposed_correlate(x, w, window, groups, size)
    if b is not None:
        y = y + b.reshape(-1, *(1,) * (x.ndim - 2))
    # The derivative of a derivative is the operation itself: dx is an ordinary convolution of dy,
    # and in dw input and output have changed their places.
    return (
        y,
        lambda dy: cross_correlate(dy, w, window, groups, x.shape[2:]),
        lambda dy: weight_gradient(x, dy, w.shape, window, groups),
        _sum_per_channel,
    )


def cross_correlate(
    x: Array, w: Array, window: Window, groups: int, places: tuple[int, ...] | None = None
) -> Array:
    """Sum W_tap · shift_tap(x) over the taps: (N, C, *S) to (N, D, *T)."""
    N, C, *S = x.shape
    places = places or window.output_size(tuple(S))
    x = window.pad(_to_groups(x, groups))  # (G, C/G, N, *S)
    w = _by_tap(w, groups)  # (*K, G, D/G, C/G)
    # The same memory serves every tap, so that none allocates anew.
    seen = np.empty((groups, C // groups, N, *places), x.dtype)
    y = np.zeros((groups, w.shape[-2], N * prod(places)), np.result_type(x, w))
    product = np.empty_like(y)
    for tap, at in window.taps(places):
        seen[...] = x[at]  # shift_tap(x), laid out so that all places are the columns of a matrix
        y += _product(w[tap], seen.reshape(groups, C // groups, -1), product)
    return _from_groups(y, N, places)


def transposed_correlate(
    dy: Array, w: Array, window: Window, groups: int, size: tuple[int, ...]
) -> Array:
    """Sum shift_tapᵀ(W_tapᵀ · dy) over the taps: (N, D, *T) to (N, C, *S)."""
    N, D, *T = dy.shape
    w = _by_tap(w, groups)  # (*K, G, D/G, C/G)
    flat = _to_groups(dy, groups).reshape(groups, D // groups, -1)  # (G, D/G, N · places)
    room = tuple(n + a + b for n, (a, b) in zip(size, window.padding, strict=True))
    dx = np.zeros((groups, w.shape[-1], N, *room), np.result_type(dy, w))
    product = np.empty((groups, w.shape[-1], flat.shape[-1]), dx.dtype)
    for tap, at in window.taps(tuple(T)):
        _product(w[tap].swapaxes(1, 2), flat, product)  # W_tapᵀ dy: what each place tells its input
        dx[at] += product.reshape(groups, -1, N, *T)
    return _from_groups(window.unpad(dx), N, size)  # what padding was told is lost: it is constant


def weight_gradient(
    dy: Array, x: Array, shape: tuple[int, ...], window: Window, groups: int
) -> Array:
    """Compute dW_tap = dy · shift_tap(x)ᵀ for every tap: (D, C/G, *K)."""
    N, D, *T = dy.shape
    x = window.pad(_to_groups(x, groups))  # (G, C/G, N, *S)
    flat = _to_groups(dy, groups).reshape(groups, D // groups, -1)
    seen = np.empty((*x.shape[:3], *T), x.dtype)
    dw = np.empty((*window.kernel, groups, D // groups, shape[1]), np.result_type(dy, x))
    for tap, at in window.taps(tuple(T)):
        seen[...] = x[at]
        # (D/G, N · places) · (N · places, C/G): the sum over examples and places is in the product.
        np.matmul(flat, seen.reshape(groups, shape[1], -1).swapaxes(1, 2), out=dw[tap])
    n = len(window.kernel)  # (*K, G, D/G, C/G) back to (D, C/G, *K)
    return dw.transpose(n, n + 1, n + 2, *range(n)).reshape(shape)


def _by_tap(w: Array, groups: int) -> Array:
    """Turn (D, C/G, *K) into (*K, G, D/G, C/G): one matrix for each tap and group."""
    n = w.ndim - 2
    split = w.reshape(groups, -1, *w.shape[1:])
    return np.ascontiguousarray(split.transpose(*range(3, 3 + n), 0, 1, 2))


def _product(a: Array, b: Array, out: Array) -> Array:
    """Multiply matrices; a column by a row has nothing to add up, which NumPy does faster alone."""
    return np.multiply(a, b, out=out) if a.shape[-1] == 1 else np.matmul(a, b, out=out)


def _to_groups(x: Array, groups: int) -> Array:
    """View (N, C, *S) as (G, C/G, N, *S), so that one product serves all examples."""
    return x.swapaxes(0, 1).reshape(groups, -1, x.shape[0], *x.shape[2:])


def _from_groups(y: Array, N: int, size: tuple[int, ...]) -> Array:
    """Turn (G, D/G, N * places) into (N, D, *T)."""
    return np.ascontiguousarray(y.reshape(-1, N, *size).swapaxes(0, 1))


def _sum_per_channel(dy: Array) -> Array:
    total: Array = dy.sum(axis=(0, *range(2, dy.ndim)))  # dL/db_d = Σ dy over examples and places
    return total


def _check_channels(x: Array, w: Array, given: int, wanted: int, D: int, groups: int) -> None:
    if x.ndim != w.ndim:
        raise ValueError(f"input {x.shape} and weights {w.shape} need as many axes: (N, C, ...)")
    if given != wanted or D % groups:
        raise ValueError(
            f"weights {w.shape} with groups={groups} take {wanted} channels, the input {x.shape}"
            f" has {given}"
        )


# ---- pooling ------------------------------------------------------------------------------------


@operation
def max_pool(
    x: Array, *, kernel: Number, stride: Number | None = None, padding: Padding = 0
) -> Result:
    """Take the largest number in each window of (N, C, *S); of equals, the first."""
    n = x.ndim - 2
    window = Window.of(_per_axis(kernel, n), kernel if stride is None else stride, padding)
    places = window.output_size(x.shape[2:])
    wide = window.pad(x, -np.inf)  # padding is never the largest
    y = np.full((*x.shape[:2], *places), -np.inf, x.dtype)
    winner = np.zeros(y.shape, np.int32)
    for i, (_, at) in enumerate(window.taps(places)):
        better = wide[at] > y  # not ≥: of equals the first stays, as in torch
        y[better], winner[better] = wide[at][better], i

    def derivative(dy: Array) -> Array:
        dx = np.zeros_like(wide)
        for i, (_, at) in enumerate(window.taps(places)):
            dx[at] += dy * (winner == i)  # only the largest has moved y: dy/dx = 1 for it
        return window.unpad(dx)

    return y, derivative


@operation
def average_pool(
    x: Array,
    *,
    kernel: Number,
    stride: Number | None = None,
    padding: Padding = 0,
    count_include_pad: bool = True,
) -> Result:
    """Average each window of (N, C, *S); padding counts as zeros, or not at all."""
    n = x.ndim - 2
    window = Window.of(_per_axis(kernel, n), kernel if stride is None else stride, padding)
    places = window.output_size(x.shape[2:])

    def total(wide: Array) -> Array:
        y = np.zeros((*wide.shape[:-n], *places), x.dtype)
        for _, at in window.taps(places):
            y += wide[at]
        return y

    counted = np.ones(x.shape[2:], x.dtype)  # the sum of ones is how many a window sees
    area = total(window.pad(counted, 1.0 if count_include_pad else 0.0))

    def derivative(dy: Array) -> Array:
        dx = np.zeros_like(wide)
        for _, at in window.taps(places):
            dx[at] += dy / area  # y = Σ x / area: dy/dx = 1 / area for each that it sees
        return window.unpad(dx)

    wide = window.pad(x)
    return total(wide) / area, derivative


@operation
def global_average_pool(x: Array) -> Result:
    """Average (N, C, *S) over all places: (N, C)."""
    axes = tuple(range(2, x.ndim))
    n = prod(x.shape[2:])  # places: y = Σ x / n
    return x.mean(axes), lambda dy: np.broadcast_to(np.expand_dims(dy / n, axes), x.shape)


# ---- resizing -----------------------------------------------------------------------------------


@operation
def resize(
    x: Array, *, size: tuple[int, ...], how: str = "bilinear", align_corners: bool = False
) -> Result:
    """Bring (N, C, *S) to another size: "bilinear" (linear along each axis) or "nearest".

    Along an axis y = A x, with a matrix A of few entries, so dx = Aᵀ dy. Pixels are squares whose
    centers lie at 1/2, 3/2, ... unless align_corners puts the first and the last on each other.
    "nearest" takes cell ⌊i S / T⌋, as torch does.
    """
    if how not in ("bilinear", "nearest"):
        raise ValueError(f'how={how!r}: it can be "bilinear" or "nearest"')
    matrices = [
        _interpolation(n, t, how, align_corners).astype(x.dtype)
        for n, t in zip(x.shape[2:], size, strict=True)
    ]
    # y = A x along each axis, which is linear: dL/dx = Aᵀ dL/dy.
    return _along_axes(x, matrices), lambda dy: _along_axes(dy, [a.T for a in matrices])


def _along_axes(x: Array, matrices: list[Array]) -> Array:
    # Along one axis after the other: (T, S) matrices instead of one for all pixels at once.
    for axis, matrix in enumerate(matrices, start=2):
        x = np.moveaxis(np.moveaxis(x, axis, -1) @ matrix.T, -1, axis)
    return np.ascontiguousarray(x)


def _interpolation(n: int, t: int, how: str, align_corners: bool) -> Array:
    """Make the matrix (T, S) that says how much of each old cell goes into each new one."""
    i = np.arange(t)
    a = np.zeros((t, n))
    if how == "nearest":
        a[i, i * n // t] = 1
        return a
    if align_corners:
        place = i * ((n - 1) / (t - 1)) if t > 1 else np.zeros(1)  # first on first, last on last
    else:  # the center of new pixel i lies at (i + 1/2) S / T of the old ones, whose own is at 1/2
        place = np.clip((i + 0.5) * (n / t) - 0.5, 0, n - 1)
    low = np.minimum(place.astype(int), n - 1)
    high = np.minimum(low + 1, n - 1)
    # y = (1 - r) x_low + r x_high, r = place - low; at the edge both are one pixel, and add up.
    np.add.at(a, (i, low), 1 - (place - low))
    np.add.at(a, (i, high), place - low)
    return a
