"""The operations of networks: each its formula and, beside it, the derivative by each input.

    N  examples (any leading axes)      F, J  features in, out      C  channels or classes

Names are torch's where torch has one.
"""

import math

import numpy as np

from neuropil.core.tensor import Array, Derivative, Result, operation

# ---- the neuron: a sum of products, and what follows it -----------------------------------------


@operation
def affine(x: Array, w: Array, b: Array | None = None) -> Result:
    """Weigh and add: y = x wᵀ + b, with x (..., F), w (J, F), b (J): y (..., J)."""
    if x.shape[-1] != w.shape[-1]:
        raise ValueError(f"weights {w.shape} take {w.shape[-1]} features, the input has {x.shape}")
    y = x @ w.T  # (N, F) · (F, J): y_j = Σ_f w_jf x_f, one neuron for each row of w
    if b is not None:
        y += b
    # By the chain rule, with dy_nj = dL/dy_nj:
    #   dL/dx_nf = Σ_j dy_nj w_jf          each input moves all neurons
    #   dL/dw_jf = Σ_n dy_nj x_nf          each weight is used once for each example
    #   dL/db_j  = Σ_n dy_nj               and so is each bias, with x = 1
    return (
        y,
        lambda dy: dy @ w,  # (N, J) · (J, F)
        lambda dy: _rows(dy).T @ _rows(x),  # (J, N) · (N, F)
        lambda dy: np.add.reduce(_rows(dy)),  # (J)
    )


def _rows(x: Array) -> Array:
    """Lay (..., F) out as a matrix."""
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


@operation
def relu(x: Array) -> Result:
    """Rectify: y = max(x, 0)."""
    return np.maximum(x, 0), lambda dy: dy * (x > 0)  # dy/dx = 1 above 0, 0 below; at 0 by choice


@operation
def heaviside(x: Array) -> Result:
    """Step from 0 to 1, where x reaches 0: as the first one (McCulloch, Pitts 1943)."""
    return (x >= 0).astype(x.dtype), lambda dy: dy * 0  # flat on both sides: nothing is learned


@operation
def leaky_relu(x: Array, *, slope: float = 0.01) -> Result:
    """Rectify with a leak: y = x, or slope x where x < 0."""
    # A neuron whose sum is below 0 for every example still learns: dy/dx is never 0.
    return np.where(x > 0, x, slope * x), lambda dy: np.where(x > 0, dy, slope * dy)


@operation
def elu(x: Array, *, alpha: float = 1.0) -> Result:
    """Rectify softly: y = x, or α (eˣ - 1) where x < 0 (Clevert et al. 2015)."""
    low = alpha * np.expm1(np.minimum(x, 0))  # expm1 keeps the digits of eˣ - 1 near 0
    # Below 0: dy/dx = α eˣ = y + α.
    return np.where(x > 0, x, low), lambda dy: dy * np.where(x > 0, 1, low + alpha)


@operation
def sigmoid(x: Array) -> Result:
    """Squash to 0 ... 1: y = σ(x) = 1 / (1 + e⁻ˣ), dy/dx = y (1 - y)."""
    y = logistic(x)
    # dy/dx = e⁻ˣ / (1 + e⁻ˣ)² = y (1 - y): at most 1/4, so that many layers make gradients vanish.
    return y, lambda dy: dy * (y * (1 - y))


def logistic(x: Array) -> Array:
    """Compute σ(x) = 1 / (1 + e⁻ˣ); where e⁻ˣ is too large for a number, σ is 0 as it should be."""
    with np.errstate(over="ignore"):
        y: Array = 1 / (1 + np.exp(-x))
    return y


@operation
def tanh(x: Array) -> Result:
    """Squash to -1 ... 1: dy/dx = 1 - y²."""
    y = np.tanh(x)  # 2 σ(2x) - 1: a sigmoid around 0, with a slope of up to 1
    return y, lambda dy: dy * (1 - y * y)


@operation
def gelu(x: Array, *, approximate: bool = False) -> Result:
    """Weigh x by the chance Φ(x) that a normal number is below it: y = x Φ(x).

    Φ(x) = (1 + erf(x/√2)) / 2 by math.erf: exact, element by element; or, approximately,
    (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 (Hendrycks and Gimpel 2016).
    """
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        t = np.tanh(inner)  # dy/dx = (1 + t)/2 + x/2 · dt/dx, dt/dx = (1 - t²) · d inner/dx
        slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
        return x * (1 + t) / 2, lambda dy: dy * ((1 + t) / 2 + x * (1 - t * t) * slope / 2)
    below = (1 + np.asarray(_erf(x / math.sqrt(2)), x.dtype)) / 2  # Φ(x)
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)  # φ(x) = Φ'(x): dy/dx = Φ + x φ
    return x * below, lambda dy: dy * (below + x * density)


_erf = np.frompyfunc(math.erf, 1, 1)  # NumPy has no erf of its own


@operation
def silu(x: Array) -> Result:
    """Weigh x by its own sigmoid: y = x σ(x)."""
    s = logistic(x)  # dy/dx = σ + x σ', with σ' = σ (1 - σ)
    return x * s, lambda dy: dy * (s * (1 + x * (1 - s)))


@operation
def softplus(x: Array) -> Result:
    """Rectify smoothly: y = ln(1 + eˣ), dy/dx = σ(x)."""
    # ln(1 + eˣ) = ln(e⁰ + eˣ), without overflow. The typed 0 keeps float32 what it is.
    return np.logaddexp(x, x.dtype.type(0)), lambda dy: dy * logistic(x)


@operation
def hardswish(x: Array) -> Result:
    """Weigh x by a straight-line sigmoid: y = x · clip((x + 3) / 6, 0, 1) (Howard et al. 2019)."""
    gate = np.clip((x + 3) / 6, 0, 1)  # dy/dx = gate + x · 1/6 where the line is not cut off
    return x * gate, lambda dy: dy * (gate + x * (np.abs(x) < 3) / 6)


@operation
def softmax(x: Array, *, axis: int = -1) -> Result:
    """Make shares of 1: yᵢ = e^xᵢ / Σ e^xₙ, dxᵢ = yᵢ (dyᵢ - Σ yₙ dyₙ)."""
    # Taking m = max x away changes nothing, e^(xᵢ-m) / Σ e^(xₙ-m), and no power overflows.
    y = np.exp(x - x.max(axis, keepdims=True))
    y /= y.sum(axis, keepdims=True)
    # dyᵢ/dxⱼ = yᵢ ([i = j] - yⱼ): a share that grows takes from all others.
    return y, lambda dy: y * (dy - (y * dy).sum(axis, keepdims=True))


@operation
def log_softmax(x: Array, *, axis: int = -1) -> Result:
    """Take the logarithm of softmax: yᵢ = xᵢ - ln Σ e^xₙ, dxᵢ = dyᵢ - e^yᵢ Σ dyₙ."""
    y = _log_softmax(x, axis)  # dyₙ/dxᵢ = [i = n] - e^yᵢ
    return y, lambda dy: dy - np.exp(y) * dy.sum(axis, keepdims=True)


def _log_softmax(x: Array, axis: int) -> Array:
    y: Array = x - x.max(axis, keepdims=True)  # as in softmax; ln p of a tiny p stays finite
    y -= np.log(np.exp(y).sum(axis, keepdims=True))
    return y


@operation
def dropout(x: Array, *, mask: Array, rate: float) -> Result:
    """Keep where the mask is 1 and make up for the rest: y = x · mask / (1 - rate)."""
    scale = (mask / (1 - rate)).astype(x.dtype)  # so that the mean of y over all masks is x
    return x * scale, lambda dy: dy * scale


# ---- normalization: z = (x - mean) / sd over some axes, then y = z w + b -------------------------


@operation
def batch_norm(
    x: Array,
    w: Array,
    b: Array,
    mean: Array | None = None,
    variance: Array | None = None,
    *,
    epsilon: float = 1e-5,
) -> Result:
    """Normalize each channel of (N, C, ...) by the given statistics, or else by the batch's own."""
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *(1,) * (x.ndim - 2))
    if mean is None or variance is None:
        z, dz_to_dx = _normalize(x, axes, epsilon)  # mean and variance move with x
    else:  # given ones are constants: dz/dx = 1 / sd
        scale = (1 / np.sqrt(variance + epsilon)).reshape(shape)
        z, dz_to_dx = (x - mean.reshape(shape)) * scale, lambda dz: dz * scale
    w = w.reshape(shape)
    return (
        z * w + b.reshape(shape),
        lambda dy: dz_to_dx(dy * w),  # dL/dz = dy · w
        lambda dy: (dy * z).sum(axes),  # dL/dw_c = Σ dy z over all numbers of channel c
        lambda dy: dy.sum(axes),  # dL/db_c = Σ dy
    )


@operation
def layer_norm(x: Array, w: Array, b: Array, *, epsilon: float = 1e-5) -> Result:
    """Normalize the last axes of each example, those that w and b have (Ba et al. 2016)."""
    inside = tuple(range(-w.ndim, 0))  # normalized: the features of one example
    outside = tuple(range(x.ndim - w.ndim))  # summed over in dw, db: all examples share w and b
    z, dz_to_dx = _normalize(x, inside, epsilon)
    return (
        z * w + b,
        lambda dy: dz_to_dx(dy * w),
        lambda dy: (dy * z).sum(outside),
        lambda dy: dy.sum(outside),
    )


@operation
def group_norm(x: Array, w: Array, b: Array, *, groups: int, epsilon: float = 1e-5) -> Result:
    """Normalize each group of channels of each example of (N, C, ...) (Wu and He 2018)."""
    N, C, *S = x.shape
    if C % groups:
        raise ValueError(f"{C} channels can't be split into {groups} equal groups")
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *(1,) * len(S))
    # A group is a row of (N, G, C/G · places); w and b stay one for each channel.
    grouped, dz_to_dx = _normalize(x.reshape(N, groups, -1), (2,), epsilon)
    z = grouped.reshape(x.shape)
    w = w.reshape(shape)
    return (
        z * w + b.reshape(shape),
        lambda dy: dz_to_dx((dy * w).reshape(grouped.shape)).reshape(x.shape),
        lambda dy: (dy * z).sum(axes),
        lambda dy: dy.sum(axes),
    )


@operation
def instance_norm(x: Array, w: Array, b: Array, *, epsilon: float = 1e-5) -> Result:
    """Normalize each channel of each example of (N, C, ...): as many groups as channels."""
    return group_norm.rule(x, w, b, groups=x.shape[1], epsilon=epsilon)


def _normalize(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Derivative]:
    """Normalize over axes: dx = (dz - mean(dz) - z mean(z dz)) / sd (Ioffe and Szegedy 2015)."""
    z = x - x.mean(axes, keepdims=True)
    scale = 1 / np.sqrt((z * z).mean(axes, keepdims=True) + epsilon)  # 1 / sd
    z *= scale

    def derivative(dz: Array) -> Array:
        # What moves all of x alike, or along z, is undone by the mean and the sd: it has no effect
        # on z, so that part of dz is taken away.
        pull = dz.mean(axes, keepdims=True) + z * (z * dz).mean(axes, keepdims=True)
        dx: Array = (dz - pull) * scale
        return dx

    return z, derivative


# ---- losses: one number, the mean over examples -------------------------------------------------


@operation
def squared_error(y: Array, target: Array) -> Result:
    """Average the squares: L = mean (y - target)²."""
    error = y - _same_shape(target, y)
    slope = error * (2 / error.size)  # dL/dy = 2 (y - target) / n, and dL/dtarget is its opposite
    return (error * error).mean(), lambda dy: dy * slope, lambda dy: -dy * slope


@operation
def half_squared_error(y: Array, target: Array) -> Result:
    """Add up halves of the squares, as textbooks do: L = ½ Σ (y - target)²."""
    error = y - _same_shape(target, y)
    return (error * error).sum() / 2, lambda dy: dy * error, lambda dy: -dy * error


@operation
def absolute_error(y: Array, target: Array) -> Result:
    """Average the distances: L = mean |y - target|."""
    error = y - _same_shape(target, y)
    slope = np.sign(error) / error.size  # the same pull from near and far: outliers count less
    return np.abs(error).mean(), lambda dy: dy * slope, lambda dy: -dy * slope


@operation
def huber(y: Array, target: Array, *, delta: float = 1.0) -> Result:
    """Average e² / 2 of errors e up to δ, and δ (|e| - δ/2) of larger ones (Huber 1964)."""
    error = y - _same_shape(target, y)
    near = np.clip(error, -delta, delta)
    slope = near / error.size  # dL/dy = e / n, but never beyond ± δ / n
    loss = (near * (error - near / 2)).mean()  # near = e: e²/2; near = ± δ: δ (|e| - δ/2)
    return loss, lambda dy: dy * slope, lambda dy: -dy * slope


def _same_shape(target: Array, y: Array) -> Array:
    if np.shape(target) != y.shape:
        raise ValueError(f"targets have shape {np.shape(target)} and predictions {y.shape}")
    return target


@operation
def cross_entropy(logits: Array, labels: Array, *, smoothing: float = 0.0) -> Result:
    """Average -Σ qₙ ln softmax(x)ₙ over examples: logits (N, C) or (N, C, *S), labels (N, *S).

    q is 1 - s at the label plus s / C everywhere; dxₙ = (softmax(x)ₙ - qₙ) / N.
    """
    C = logits.shape[1]
    x = logits if logits.ndim == 2 else np.moveaxis(logits, 1, -1).reshape(-1, C)  # (N · places, C)
    _check_labels(labels, logits)
    at = (np.arange(len(x)), labels.reshape(-1))  # of each row, the place of its label
    ln_p = _log_softmax(x, 1)
    loss = -(1 - smoothing) * ln_p[at].sum() / len(x)  # the rest of q is 0 without smoothing
    if smoothing:
        loss -= smoothing * ln_p.mean()  # Σ s/C ln p, averaged over N

    def derivative(dy: Array) -> Array:
        dx = np.exp(ln_p)  # p: softmax and logarithm together have the plain derivative p - q
        if smoothing:
            dx -= smoothing / C
        dx[at] -= 1 - smoothing
        dx *= dy / len(x)
        if logits.ndim == 2:
            return dx
        return np.moveaxis(dx.reshape(len(logits), *logits.shape[2:], C), -1, 1)

    return loss, derivative, None


def _check_labels(labels: Array, logits: Array) -> None:
    """Refuse what would pick the wrong numbers."""
    C = logits.shape[1]
    if labels.dtype.kind not in "iu" or labels.shape != (len(logits), *logits.shape[2:]):
        raise ValueError(
            f"labels are {labels.dtype} of shape {labels.shape}; logits {logits.shape} need"
            f" integers 0 to {C - 1} of shape {(len(logits), *logits.shape[2:])}"
        )
    if labels.min() < 0 or labels.max() >= C:
        raise ValueError(f"labels go from {labels.min()} to {labels.max()}, classes 0 to {C - 1}")


@operation
def log_loss(p: Array, target: Array) -> Result:
    """Add up -t ln p - (1 - t) ln(1 - p), of p between 0 and 1, as a sigmoid gives them."""
    t = _same_shape(target, p)
    zero, yes, no = np.zeros_like(p), t != 0, t != 1  # 0 ln 0 is 0: a p of 0 may be told to be 0
    log_p = np.log(p, out=zero.copy(), where=yes)
    log_q = np.log1p(-p, out=zero.copy(), where=no)
    per_p = np.divide(t, p, out=zero.copy(), where=yes)
    per_q = np.divide(1 - t, 1 - p, out=zero, where=no)
    return (
        -(t * log_p + (1 - t) * log_q).sum(),
        lambda dy: dy * (per_q - per_p),  # times σ' = p (1 - p): p - t
        lambda dy: dy * (np.log1p(-p) - np.log(p)),
    )


@operation
def softmax_loss(logits: Array, target: Array) -> Result:
    """Add up -t ln softmax(x), targets (..., C) shares of 1: dx = softmax(x) Σ t - t."""
    t = _same_shape(target, logits)
    log_p, _ = log_softmax.rule(logits)
    slope = np.exp(log_p) * t.sum(axis=-1, keepdims=True) - t
    return -(t * log_p).sum(), lambda dy: dy * slope, lambda dy: -dy * log_p


@operation
def binary_cross_entropy(logits: Array, target: Array) -> Result:
    """Average -t ln σ(x) - (1 - t) ln(1 - σ(x)) = softplus(x) - t x; dx = (σ(x) - t) / n."""
    _same_shape(target, logits)
    # From the logit x, not from p = σ(x): ln p of a p that has been rounded to 0 would be -∞.
    loss = (np.logaddexp(logits, logits.dtype.type(0)) - target * logits).mean()
    n = logits.size
    return loss, lambda dy: dy * (logistic(logits) - target) / n, lambda dy: -dy * logits / n
