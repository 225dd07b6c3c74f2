"""One unit as a weighted sum: which units it is made of, and by which weights.

    z = Σ w_i · x_i + b

Convolutions and matrix products are taken apart by their definition. Every other operation that is
a weighted sum of its inputs (a mean, a resizing, an addition, ...) is asked by way of its
derivative: where z is linear in x, w_i = dz/dx_i, and b is z at x = 0. A product of two tensors
is a weighted sum of the first, the second being the weights; of a maximum, one input weighs 1. A
normalization is a weighted sum with the mean and the deviation of this run in weight and bias.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from neuropil.core.probe import Index, Unit
from neuropil.core.tensor import Tensor
from neuropil.microscope.activations import Activations, apply_node, to_operand
from neuropil.microscope.graph import Array, Node
from neuropil.microscope.operator_table import find_operator
from neuropil.microscope.operators import UnsupportedOperator, window


@dataclass(frozen=True)
class WeightedInput:
    """An input of a unit: the unit that it comes from, x, w, and where w is kept."""

    unit: Unit
    x: float
    w: float
    weight: Unit | None = None  # a number of a constant tensor, perhaps shared by many places


@dataclass(frozen=True)
class WeightedSum:
    """A unit taken apart: z = Σ w·x + bias."""

    sources: tuple[WeightedInput, ...]
    bias: float
    bias_unit: Unit | None = None


def decompose(activations: Activations, unit: Unit) -> WeightedSum:
    """Write a unit as a sum; raises UnsupportedOperator where its operation is none."""
    node = activations.graph.producer.get(unit.tensor)
    if node is None:
        return single_term(activations, unit)
    if node.op == "Conv" and node.inputs[1] in activations.graph.constants:
        return convolution_sum(activations, node, unit.index)
    if node.op in ("Gemm", "MatMul") and node.inputs[1] in activations.graph.constants:
        return matmul_sum(activations, node, unit.index)
    if node.op == "Add":
        return residual_sum(activations, node, unit)
    if node.op in ("LayerNormalization", "InstanceNormalization"):
        return normalization_sum(activations, node, unit)
    if find_operator(node.op).linear is None:
        raise UnsupportedOperator(f"{node.op}, which is no weighted sum")
    if node.op == "Div" and node.inputs[0] in activations.graph.constants:
        raise UnsupportedOperator("a division by it, which is no weighted sum")
    return sum_by_gradient(activations, node, unit)


def argmax_unit(activations: Activations, unit: Unit) -> Unit:
    """Find the unit whose value the largest of a whole channel is; any other unit is its own."""
    node = activations.graph.producer.get(unit.tensor)
    if node is None or node.op != "ReduceMax":
        return unit
    sources = sum_by_gradient(activations, node, unit).sources
    return max(sources, key=lambda source: source.x * source.w).unit if sources else unit


def single_term(activations: Activations, unit: Unit) -> WeightedSum:
    """Take a unit as it is: one term of weight 1."""
    return WeightedSum((WeightedInput(unit, activations.value(unit), 1.0),), 0.0)


def convolution_sum(activations: Activations, node: Node, index: Index) -> WeightedSum:
    """List what a kernel sees from one place: x_(s t + d k - p) by w_k."""
    x, w = (activations.values[name] for name in node.inputs[:2])
    n, o, *place = index
    n_out, C, *kernel = w.shape
    how = window(node.attributes, x.shape[2:], tuple(kernel))
    first = (o // (n_out // node.attributes.get("group", 1))) * C  # channel of its group
    begin = [t * s - p[0] for t, s, p in zip(place, how["stride"], how["padding"], strict=True)]
    sources = []
    for c, *tap in product(range(C), *map(range, kernel)):
        at = [b + k * d for b, k, d in zip(begin, tap, how["dilation"], strict=True)]
        if all(0 <= i < size for i, size in zip(at, x.shape[2:], strict=True)):
            where, which = (n, first + c, *at), (o, c, *tap)
            sources.append(_source(node, where, which, x, w))
    return WeightedSum(tuple(sources), *_bias(activations, node, (o,)))


def matmul_sum(activations: Activations, node: Node, index: Index) -> WeightedSum:
    """List a row of the first matrix by a column of the second."""
    x, w = (activations.values[name] for name in node.inputs[:2])
    s = node.attributes
    scale = s.get("alpha", 1.0)
    *batch, j = index
    sources = []
    for k in range(x.shape[0 if s.get("transA") else -1]):
        where = (k, batch[0]) if s.get("transA") else (*batch[: x.ndim - 1], k)
        which = (j, k) if s.get("transB") else (*batch[: w.ndim - 2], k, j)
        sources.append(_source(node, where, which, x, w * scale if scale != 1 else w))
    return WeightedSum(tuple(sources), *_bias(activations, node, index))


def _source(node: Node, where: Index, which: Index, x: Array, w: Array) -> WeightedInput:
    """Pair an input with its weight."""
    data, weights = node.inputs[:2]
    return WeightedInput(Unit(data, where), float(x[where]), float(w[which]), Unit(weights, which))


def _bias(activations: Activations, node: Node, place: Index) -> tuple[float, Unit | None]:
    """Find the bias of an output channel, or of a place that biases are spread over."""
    if len(node.inputs) < 3 or not node.inputs[2]:
        return 0.0, None
    value = activations.values[node.inputs[2]]
    index = _broadcast(place, value.shape)
    factor = node.attributes.get("beta", 1.0) if node.op == "Gemm" else 1.0
    return factor * float(value[index]), Unit(node.inputs[2], index)


def residual_sum(activations: Activations, node: Node, unit: Unit) -> WeightedSum:
    """Add two tensors; a layer that goes nowhere else is part of the sum, a constant is bias.

    So a residual connection is one neuron with one more input, and a matrix product with its bias
    is one neuron too.
    """
    sources: tuple[WeightedInput, ...] = ()
    bias, bias_unit = 0.0, None
    for name in node.inputs:
        value = activations.values[name]
        here = Unit(name, _broadcast(unit.index, value.shape))
        maker = activations.graph.producer.get(name)
        if name in activations.graph.constants:
            bias, bias_unit = bias + float(value[here.index]), here
        elif (
            maker
            and find_operator(maker.op).weighted
            and len(activations.graph.consumers[name]) == 1
        ):
            inner = decompose(activations, here)
            sources += inner.sources
            bias += inner.bias
            bias_unit = bias_unit or inner.bias_unit
        else:
            sources += single_term(activations, here).sources
    return WeightedSum(sources, bias, bias_unit)


def _broadcast(index: Index, shape: tuple[int, ...]) -> Index:
    """Find which unit of a smaller tensor is added at an index of the sum."""
    own = index[len(index) - len(shape) :]
    return tuple(i if n > 1 else 0 for i, n in zip(own, shape, strict=True))


def normalization_sum(activations: Activations, node: Node, unit: Unit) -> WeightedSum:
    """Write z = (x - mean) / deviation · w + b as one weight and one bias."""
    x = activations.values[node.inputs[0]].astype(np.float64)
    of_layer = node.op == "LayerNormalization"
    group = x[unit.index[:-1]] if of_layer else x[unit.index[:2]]
    scale, shift = (
        float(activations.values[name][unit.index[-1 if of_layer else 1]]) if name else 0.0
        for name in (*node.inputs[1:], "")[:2]
    )
    deviation = float(np.sqrt(group.var() + node.attributes.get("epsilon", 1e-5)))
    source = WeightedInput(
        Unit(node.inputs[0], unit.index), float(x[unit.index]), scale / deviation
    )
    return WeightedSum((source,), shift - scale * float(group.mean()) / deviation)


def sum_by_gradient(activations: Activations, node: Node, unit: Unit) -> WeightedSum:
    """Ask the derivative which inputs a unit is made of, and by which weights."""
    taken = [
        i
        for i, name in enumerate(node.inputs)
        if name in activations.values
        and name not in activations.graph.constants
        and activations.is_float(name)
    ]
    taken = taken if find_operator(node.op).linear == "all" else taken[:1]
    position = node.outputs.index(unit.tensor)

    def output(factor: float) -> tuple[list[Any], Tensor]:
        inputs = [to_operand(activations.values.get(name), np.float64) for name in node.inputs]
        for i in taken:
            inputs[i] = Tensor(inputs[i].value * factor, requires_grad=True)
        return inputs, apply_node(node, inputs)[position]

    inputs, y = output(1.0)
    only = np.zeros(y.shape)
    only[unit.index] = 1
    y.backward(seed=only)
    sources = []
    for i in taken:
        weights = inputs[i].grad
        for where in zip(*np.nonzero(weights), strict=True) if weights is not None else ():
            at = tuple(map(int, where))
            x, w = float(inputs[i].value[at]), float(weights[at])
            sources.append(WeightedInput(Unit(node.inputs[i], at), x, w))
    return WeightedSum(tuple(sources), float(output(0.0)[1].value[unit.index]))
