"""A neuron of a network opened: what it was given, what it made of it, and the way back to it.

    print(open_neuron(network, x, layer=0, unit=5, target=3))

F  features      *S  spatial axes
"""

import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from neuropil.core.activations import ACTIVATIONS, IDENTITY, INNER, Activation, elu, leaky_relu
from neuropil.core.formatting import PrintableNeuron
from neuropil.core.layers import (
    ELU,
    LSTM,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Identity,
    Layer,
    LeakyReLU,
    Softmax,
)
from neuropil.core.neural import cross_entropy, half_squared_error, squared_error
from neuropil.core.neuron import DOUBLE, SINGLE, BackwardPass, Observed, Term
from neuropil.core.nn import Loss, Network
from neuropil.core.space import Window
from neuropil.core.tensor import Array, Tensor

Index = tuple[int, ...]
Link = tuple[Index, Index]  # where an input is, and where the weight that it is multiplied by
LINEAR_LAYERS = (Dense, Conv2d, ConvTranspose2d)  # layers that weigh and add; Conv1d is a Conv2d
ONE_EXAMPLE = "give one example, without the axis of examples"
STEEPEST = 1.2  # slope of most activation functions: GELU's, at z = √2, is 1.13
LOSSES = {  # in words, with a for the last layer's outputs and t for the target
    "absolute_error": "mean |a - t|",
    "binary_cross_entropy": "-mean (t ln σ(a) + (1 - t) ln(1 - σ(a)))",
    "cross_entropy": "-ln p of t, p = e^a / Σ e^a",
    "half_squared_error": "½ Σ (a - t)²",
    "huber": "mean of e² / 2 where |e| ≤ 1, |e| - 1/2 elsewhere, e = a - t",
    "log_loss": "-Σ (t ln a + (1 - t) ln(1 - a))",
    "softmax_loss": "-Σ t ln p, p = e^a / Σ e^a",
    "squared_error": "mean (a - t)²",
}


def open_neuron(
    network: Network,
    x: ArrayLike,
    *,
    layer: int,
    unit: int | Index,
    target: ArrayLike | None = None,
    loss: Loss = cross_entropy,
    rate: float = 0.1,
    names: Sequence[str] = (),
) -> PrintableNeuron:
    """Write out one neuron of a network on one example x (without the axis of examples).

    layer: the number of a layer that weighs and adds, such as Dense; an activation function that
        follows it belongs to the neuron
    unit: which of its outputs; for a convolution (channel, row, column)
    target: a label or values; then there is a loss, and the way back from it
    rate: of the one step of gradient descent that is shown
    names: of the inputs, in order
    Raises ValueError where there is no such layer or unit.
    """
    before, z = _run_to(network, np.asarray(x)[None], layer)  # (1, ...): a batch of one example
    index = _index(unit, z.shape, layer)
    curve = _curve(network, layer)
    last = layer if curve is IDENTITY else layer + 1
    a = z if last == layer else network.layers[last](z)  # neuron and activation are two layers
    roundoff = SINGLE if network.dtype == np.float32 else DOUBLE
    terms, bias = _terms(network, layer, before, index, names)
    record = PrintableNeuron(
        f"neuron {', '.join(map(str, index[1:]))} of layer {layer} ({_name_layer(network, layer)})",
        terms,
        bias,
        curve,
        Observed(float(z.value[index]), float(a.value[index]), roundoff),
    )
    if target is None:
        return record
    back = _backward(network, last, (a, z), index, (target, loss, rate))
    record = replace(record, backward=back)
    if isinstance(network.layers[layer], Dense):  # each weight belongs to one neuron
        return record
    return _share_gradients(record, network, layer, before, index, (np.asarray(target)[None], loss))


def _name_layer(network: Network, layer: int) -> str:
    """Name the kind of a layer, and a softmax that follows it, which is no neuron's own curve."""
    after = network.layers[layer + 1 : layer + 2]
    softmax = ", before softmax" if after and isinstance(after[0], Softmax) else ""
    return network.layers[layer].name + softmax


def _run_to(network: Network, x: Array, layer: int) -> tuple[Array, Tensor]:
    """Compute what a layer is given, and the weighted sums of all its neurons: (1, ...)."""
    if not 0 <= layer < len(network.layers):
        n = len(network.layers)
        raise ValueError(f"there is no layer {layer}; this network has 0 to {n - 1}: {network}")
    opens = network.layers[layer]
    if not isinstance(opens, LINEAR_LAYERS):
        weighing = [i for i, other in enumerate(network.layers) if isinstance(other, LINEAR_LAYERS)]
        if isinstance(opens, LSTM):
            raise ValueError(
                f"layer {layer}, {opens}, has cells of several neurons, which can't be opened here;"
                f" layers that can: {weighing}; `neuropil open` opens the cells of an ONNX file"
            )
        raise ValueError(f"layer {layer}, {opens}, weighs nothing; those that do: {weighing}")
    try:
        before = Network(*network.layers[:layer], dtype=network.dtype)(x).value
        return before, opens(before)
    except ValueError as error:
        raise ValueError(f"x has shape {x.shape[1:]}; {ONE_EXAMPLE}: {error}") from error


def _index(unit: int | Index, shape: Index, layer: int) -> Index:
    """Find where a unit is in the layer's output (1, ...)."""
    # 0 is the example: there is only one.
    index = (0, *(int(i) for i in np.atleast_1d(unit)))
    if len(index) != len(shape) or any(not 0 <= i < n for i, n in zip(index, shape, strict=True)):
        axes = ", ".join(f"0 to {n - 1}" for n in shape[1:])
        hint = f"; {ONE_EXAMPLE}" if len(index) < len(shape) else ""
        raise ValueError(f"layer {layer} has no unit {unit}; its units are numbered {axes}{hint}")
    return index


def _curve(network: Network, layer: int) -> Activation:
    """Find the activation function that follows a layer."""
    after = network.layers[layer + 1] if layer + 1 < len(network.layers) else None
    return _curve_of(after) or IDENTITY


def _curve_of(layer: Layer | None) -> Activation | None:
    """Find the curve that a layer is, if it is one."""
    if isinstance(layer, LeakyReLU):
        return leaky_relu(0.01)
    if isinstance(layer, ELU):
        return elu(1.0)
    return ACTIVATIONS.get(layer.name) if layer else None


def _terms(
    network: Network, layer: int, before: Array, index: Index, names: Sequence[str]
) -> tuple[tuple[Term, ...], float]:
    """List the inputs of a neuron with their weights, and its bias."""
    opens = network.layers[layer]
    links = _find_links(opens, before.shape, index)
    channel = index[-1] if isinstance(opens, Dense) else index[1]  # (N, ..., J) or (N, D, *T)
    bias = float(opens.bias.value[channel]) if opens.has_bias else 0.0
    source = "x" if layer == 0 else f"layer {layer - 1}"
    named = names or [f"{source}[{', '.join(map(str, place[1:]))}]" for place, _ in links]
    if len(named) != len(links):
        raise ValueError(f"{len(names)} names for {len(links)} inputs")
    return tuple(
        Term(name, float(before[place]), float(opens.weight.value[which]))
        for name, (place, which) in zip(named, links, strict=True)
    ), bias


def _find_links(layer: Layer, shape: Index, index: Index) -> list[Link]:
    """List which inputs (1, ...) a neuron sees, and which weight each is multiplied by."""
    if isinstance(layer, Dense):  # z[j] = Σ w[j, i] · x[i]
        return [((*index[:-1], i), (index[-1], i)) for i in range(layer.n_in)]
    assert isinstance(layer, Conv2d | ConvTranspose2d)
    n, channel, *place = index
    kernel = layer.parameter_shapes()["weight"][2:]
    window = Window.of(kernel, layer.stride, layer.padding, getattr(layer, "dilation", 1))
    taps = _spread_taps if isinstance(layer, ConvTranspose2d) else _gather_taps
    along = [taps(window, axis, place[axis], shape[2 + axis]) for axis in range(len(kernel))]
    return [
        ((n, c, *(i for i, _ in seen)), (*w, *(k for _, k in seen)))
        for c, w in _find_channels(layer, channel)
        for seen in product(*along)
    ]


def _find_channels(
    layer: Conv2d | ConvTranspose2d, channel: int
) -> list[tuple[int, tuple[int, int]]]:
    """List the channels in of a channel out's group, each with the first two indices of w."""
    n_in, n_out = layer.n_in // layer.groups, layer.n_out // layer.groups  # of each group
    first = channel // n_out * n_in
    if isinstance(layer, ConvTranspose2d):  # w (C, D / groups, *K)
        return [(first + c, (first + c, channel % n_out)) for c in range(n_in)]
    return [(first + c, (channel, c)) for c in range(n_in)]  # w (D, C / groups, *K)


def _gather_taps(window: Window, axis: int, t: int, size: int) -> list[tuple[int, int]]:
    """List what z[t] = Σ_k w[k] · x[s t + d k - p] sees along an axis: place of x, tap k."""
    begin = t * window.stride[axis] - window.padding[axis][0]
    seen = [(begin + k * window.dilation[axis], k) for k in range(window.kernel[axis])]
    return [(i, k) for i, k in seen if 0 <= i < size]  # padding is nothing to see


def _spread_taps(window: Window, axis: int, t: int, size: int) -> list[tuple[int, int]]:
    """List which x[i], spread to the places s i + k - p, reach z[t]: place of x, tap k."""
    begin = t + window.padding[axis][0]
    seen = [(i, begin - i * window.stride[axis]) for i in range(size)]
    return [(i, k) for i, k in seen if 0 <= k < window.kernel[axis]]


def _share_gradients(
    record: PrintableNeuron,
    network: Network,
    layer: int,
    before: Array,
    index: Index,
    goal: tuple[Array, Loss],
) -> PrintableNeuron:
    """Give each weight of a convolution its derivative through all places that share it."""
    target, loss = goal
    # L by this layer's weights needs no more than the layers from here on.
    whole = Network(*deepcopy(network.layers[layer:]), dtype=network.dtype)
    for tensor in whole.parameters().values():
        tensor.grad = None  # of what the network was last asked
    loss(whole(before), target).backward()
    weight = whole.layers[0].weight.grad  # dL/dw_k = Σ_t dL/dz_t · x_(s t + d k - p), over places t
    assert weight is not None
    links = _find_links(network.layers[layer], before.shape, index)
    terms = tuple(
        replace(term, shared_gradient=float(weight[which]))
        for term, (_, which) in zip(record.terms, links, strict=True)
    )
    back = record.backward
    if back and whole.layers[0].has_bias:
        back = replace(back, dL_db=float(whole.layers[0].bias.grad[index[1]]))
    return replace(record, terms=terms, backward=back)


def _backward(
    network: Network,
    last: int,
    made: tuple[Tensor, Tensor],
    index: Index,
    goal: tuple[ArrayLike, Loss, float],
) -> BackwardPass:
    """Differentiate the loss by the neuron, and prepare the network's own proof of it."""
    (a, z), (target, loss, rate) = made, goal
    wanted = np.asarray(target)[None]
    # In float64: p - 1 of a p near 1 has lost most digits in float32. The network's own weights are
    # left as they are.
    exact = deepcopy(network)
    for tensor in exact.parameters().values():
        tensor.value = tensor.value.astype(np.float64)
    rest = exact.layers[last + 1 :]  # what lies between this neuron's a and L
    follow = Network(*(exact.layers[last : last + 1] if a is not z else ()), *rest)  # from z to L
    passed = [Tensor(a.value.astype(np.float64), requires_grad=True)]
    for layer in rest:
        passed.append(layer(passed[-1]))  # every later tensor is kept: its gradient is needed below
    loss(passed[-1], wanted).backward()
    grad = passed[0].grad
    assert grad is not None

    def moved(by: float) -> float:
        value = z.value.astype(np.float64)
        value[index] += by  # this neuron alone is moved; all others stay as they ran
        return float(loss(follow(Tensor(value)), wanted).value)

    shown = ", ".join(f"{value:g}" for value in np.ravel(wanted))
    name = getattr(loss, "__name__", "a loss of your own")
    words = f"{LOSSES.get(name, name)}, t = {shown}"
    reach, noise = _reach(rest, passed, index), _noise(rest, passed)
    if loss not in (squared_error, half_squared_error):
        # One with logarithms, of which large ones are taken apart.
        noise += DOUBLE * float(np.abs(passed[-1].value).max())
    follows = moved if reach else None
    paths = _find_paths(rest, passed, index)
    slope = float(grad[index])
    return BackwardPass(words, slope, rate, None, follows, reach, noise, paths)


def _find_paths(
    layers: Sequence[Layer], passed: Sequence[Tensor], index: Index
) -> tuple[tuple[float, float], ...]:
    """List dL/dz and w of every neuron that a neuron feeds, where a dense layer follows."""
    n = next((i for i, layer in enumerate(layers) if not isinstance(layer, Identity)), len(layers))
    follows = layers[n] if n < len(layers) else None
    if not isinstance(follows, Dense) or (dL_dz := passed[n + 1].grad) is None:
        return ()
    pairs = zip(dL_dz.ravel(), follows.weight.value[:, index[-1]], strict=True)
    return tuple((float(dz), float(w)) for dz, w in pairs)


def _reach(layers: Sequence[Layer], passed: Sequence[Tensor], index: Index) -> float:
    """Bound how far z can be moved before a later neuron bends much, or passes a kink.

    0 where one is at a kink. It looks as far as neurons follow each other, layer by layer.
    """
    rates, reach = np.zeros_like(passed[0].value), math.inf  # of a later number, if z is moved
    rates[index] = STEEPEST  # |da/dz|, at most
    for layer, before in zip(layers, passed, strict=False):
        curve = _curve_of(layer)
        if isinstance(layer, Dense):
            rates = rates @ np.abs(layer.weight.value).T  # |dz_j| ≤ Σ_i |w_ji| |da_i|
        elif curve:
            reach = min(reach, *_rooms(curve, before.value.ravel(), rates.ravel()))
            rates = STEEPEST * rates  # the chain rule, with bounds in the place of derivatives
        else:
            return reach
    return min(reach, 1 / float(rates.max())) if rates.any() else reach


def _rooms(curve: Activation, z: Array, rates: Array) -> Iterator[float]:
    """Tell of each neuron how far a number before it can be moved until it bends much."""
    for value, rate in zip(z.tolist(), rates.tolist(), strict=True):
        # A curve is nearly straight over a small part of 1 or of z, and up to its next kink.
        room = min([max(1.0, abs(value)), *(abs(value - kink) for kink in curve.kinks)])
        yield room / rate if rate else math.inf


def _noise(layers: Sequence[Layer], passed: Sequence[Tensor]) -> float:
    """Add up what the rounding of every later number may change in L."""
    noise = 0.0
    for layer, before, after in zip(layers, passed, passed[1:], strict=False):
        # A number y is rounded by u |y|, and L changes by |dL/dy| of that.
        size = np.abs(after.value)
        curve = _curve_of(layer)
        if isinstance(layer, Dense):
            weights, bias = np.abs(layer.weight.value), layer.bias.value if layer.has_bias else 0.0
            # Σ |w x| + |b|: what was added up, not what is left of it.
            size = np.abs(before.value) @ weights.T + np.abs(bias)
        elif curve and curve.cancels:
            # z Φ(z) is rounded as z is, far below 0.
            size = size + np.minimum(np.abs(before.value), INNER)
        noise += float(np.abs(after.grad * size).sum()) if after.grad is not None else 0.0
    return DOUBLE * noise  # u Σ |dL/dy| |y|, over all numbers behind the neuron
