"""What operations on places do: convolutions, pools, resizing.

    conv(settings, x, w, b)

As in `operators`; x is (N, C, *S), with any number of spatial axes S.
"""

from typing import Any

import numpy as np

from neuropil.core import space
from neuropil.core import tensor as arithmetic
from neuropil.core.tensor import Array, Tensor
from neuropil.microscope.operators import Attributes, UnsupportedOperator, evaluate, to_array

Pairs = tuple[tuple[int, int], ...]


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
    """Convolve the other way round."""
    N, C, *size = x.shape
    settings = window(s | {"auto_pad": "NOTSET"}, tuple(size), w.shape[2:])
    extra = tuple(s.get("output_padding", (0,) * len(size)))
    settings["padding"] = _cut_ends(s, tuple(size), w.shape[2:], settings, extra)
    return space.conv_transpose(x, w, b, **settings, groups=s.get("group", 1), output_padding=extra)


def _cut_ends(
    s: Attributes,
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    how: dict[str, Any],
    extra: tuple[int, ...],
) -> Pairs:
    """Find what is cut off at both ends, so that the result has the size that is asked for."""
    auto = s.get("auto_pad", "NOTSET")
    wanted = s.get("output_shape")
    if auto.startswith("SAME") and not wanted:
        wanted = [n * t for n, t in zip(size, how["stride"], strict=True)]
    if not wanted:
        padding: Pairs = how["padding"]
        return padding
    pairs = []
    every = zip(
        size, kernel, how["stride"], how["dilation"], extra, wanted[-len(size) :], strict=True
    )
    for n, k, t, d, more, to in every:
        total = max(0, t * (n - 1) + more + d * (k - 1) + 1 - to)
        half = total // 2 if auto == "SAME_UPPER" else total - total // 2
        pairs.append((half, total - half))
    return tuple(pairs)


# ---- pools ---------------------------------------------------------------------------------------


def max_pool(s: Attributes, x: Tensor) -> Tensor:
    """Take the largest of each window."""
    if usual := _usual_pool(s, x):
        return space.max_pool(x, **usual)
    n = x.ndim - 2
    return _windows(s, x, -np.inf).max(axis=tuple(range(-n, 0)))


def average_pool(s: Attributes, x: Tensor) -> Tensor:
    """Average each window; ONNX leaves padding out of the count unless told."""
    counted = bool(s.get("count_include_pad", 0))
    if usual := _usual_pool(s, x):
        return space.average_pool(x, **usual, count_include_pad=counted)
    n = x.ndim - 2
    ones = Tensor(np.ones((1, 1, *x.shape[2:]), x.dtype))
    taps = tuple(range(-n, 0))
    return _windows(s, x, 0.0).sum(axis=taps) / _windows(s, ones, float(counted)).sum(axis=taps)


def _usual_pool(s: Attributes, x: Tensor) -> dict[str, Any]:
    """Translate the settings of a pool that core knows; nothing of one with gaps."""
    N, C, *size = x.shape
    kernel = tuple(s["kernel_shape"])
    found = window(s, tuple(size), kernel)
    is_usual = not s.get("ceil_mode") and set(found.pop("dilation")) == {1}
    return {"kernel": kernel, **found} if is_usual else {}


def _windows(s: Attributes, x: Tensor, around: float) -> Tensor:
    """List what each place of a pool sees: (N, C, *T, *K), `around` where that is padding."""
    N, C, *size = x.shape
    kernel = tuple(s["kernel_shape"])
    if s.get("auto_pad", "NOTSET").startswith("SAME"):
        raise UnsupportedOperator(f"a pool with auto_pad {s['auto_pad']} and gaps or ceil_mode")
    how = window(s, tuple(size), kernel)
    n, seen, ends = len(size), [], []
    every = zip(size, kernel, how["stride"], how["dilation"], how["padding"], strict=True)
    for axis, (length, k, t, d, (before, after)) in enumerate(every):
        free = length + before + after - d * (k - 1) - 1
        places = (-(-free // t) if s.get("ceil_mode") else free // t) + 1
        places -= (places - 1) * t >= length + before  # none begins in the padding at the end
        taps = np.arange(k) * d
        at = (np.arange(places) * t)[:, None] + taps
        seen.append(
            at.reshape(
                *(places if i == axis else 1 for i in range(n)),
                *(k if i == axis else 1 for i in range(n)),
            )
        )
        ends.append(max(0, int(at.max()) + 1 - length - before - after))
    wide = arithmetic.pad(x, widths=((0, 0), (0, 0), *how["padding"]), value=around)
    # Beyond the padding, where the last window of `ceil_mode` may reach, nothing is counted.
    beyond = ((0, 0), (0, 0), *((0, end) for end in ends))
    wide = arithmetic.pad(wide, widths=beyond, value=min(around, 0.0))
    return wide[(slice(None), slice(None), *seen)]


def mean_over_space(s: Attributes, x: Tensor) -> Tensor:
    """Average over all places and keep the axes."""
    return x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)


def max_over_space(s: Attributes, x: Tensor) -> Tensor:
    """Take the largest of all places and keep the axes."""
    return x.max(axis=tuple(range(2, x.ndim)), keepdims=True)


# ---- resizing ------------------------------------------------------------------------------------


def resize(
    s: Attributes, x: Tensor, roi: Any = None, scales: Any = None, size: Any = None
) -> Tensor:
    """Enlarge or reduce along some axes, by a matrix for each: y = A x, which is linear."""
    if (
        s.get("mode") == "linear"
        and s.get("coordinate_transformation_mode") == "tf_crop_and_resize"
    ):
        raise UnsupportedOperator("Resize of a region")
    given = scales if size is None else size
    axes = [axis % x.ndim for axis in s.get("axes", range(x.ndim))]
    for axis, by in zip(axes, to_array(given), strict=True):
        if by != (1 if size is None else x.shape[axis]):
            matrix = resizing_matrix(s, x.shape[axis], by, size is not None).astype(x.dtype)
            order = [*(i for i in range(x.ndim) if i != axis), axis]
            y = x.transpose(*order) @ matrix
            x = y.transpose(*np.argsort(order))
    return arithmetic.multiply(x, 1.0)


def resizing_matrix(s: Attributes, n: int, by: float, is_size: bool) -> Array:
    """Ask the operator itself how much of each of n old numbers is in each new one: (n, new)."""
    own = {k: v for k, v in s.items() if k not in ("axes", "keep_aspect_ratio_policy")}
    if is_size:
        return evaluate("Resize", own, np.eye(n), None, None, np.array([n, by], np.int64))
    return evaluate("Resize", own, np.eye(n), None, np.array([1, by], np.float32))
