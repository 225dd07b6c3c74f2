"""One unit as a weighted sum: which units it is made of, and by which weights.

    z = Σ w_i · x_i + b

Convolutions and matrix products are taken apart by their definition. Every other operation that is
a weighted sum of its inputs (a mean, a resizing, an addition, ...) is asked by way of its
derivative: where z is linear in x, w_i = dz/dx_i, and b is z at x = 0. A product of two tensors
is a weighted sum of the first, the second being the weights; of a maximum, one input weighs 1. A
normalization is a weighted sum with the mean and the deviation of this run in weight and bias.
"""

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from neuropil.core.probe import Index, Unit
from neuropil.core.tensor import Tensor
from neuropil.microscope.activations import Activations, apply_node, to_operand
from neuropil.microscope.nodes import Array, Node
from neuropil.microscope.operator_table import find_operator
from neuropil.microscope.operators import HELD, UNKNOWN, UnsupportedOperator
from neuropil.microscope.spatial import window


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

    @property
    def z(self) -> float:
        """Add the products and the bias up."""
        return math.fsum([*(source.x * source.w for source in self.sources), self.bias])


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
    if find_operator(node.op).linear is None:
        raise UnsupportedOperator(f"{node.op}, which isn't taken apart here")
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
    rest = list(index)
    column = [rest.pop()] if w.ndim > 1 else []
    row = [rest.pop()] if x.ndim > 1 else []
    of_x, of_w = (_broadcast(tuple(rest), each.shape[:-2]) for each in (x, w))
    sources = []
    for k in range(x.shape[0 if s.get("transA") else -1]):
        where = (k, *row) if s.get("transA") else (*of_x, *row, k)
        which = (*column, k) if s.get("transB") else (*of_w, k, *column)
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


def sum_by_gradient(activations: Activations, node: Node, unit: Unit) -> WeightedSum:
    """Ask the derivative which inputs a unit is made of, and by which weights.

    Of a normalization, mean and spread are held as they are; of a sum under an activation
    function, the sum is asked.
    """
    taken = linear_inputs(activations, node)
    position = node.outputs.index(unit.tensor)
    values = [to_operand(activations.values.get(name), np.float64) for name in node.inputs]
    inner = find_operator(node.op).inner
    holding = replace(node, attributes=node.attributes | {HELD: values})

    def output(factor: float) -> tuple[list[Any], Tensor]:
        inputs = list(values)
        for i in taken:
            x = activations.values[node.inputs[i]].astype(np.float64)
            inputs[i] = Tensor(x * factor, requires_grad=True)
        made = apply_node(holding, inputs, inner)
        y = made[position] if position < len(made) else UNKNOWN
        if y is UNKNOWN:
            raise UnsupportedOperator(activations.graph.describe_output(unit.tensor))
        return inputs, y

    inputs, y = output(1.0)
    if find_operator(node.op).activation is None and not agrees(y, activations, unit):
        raise UnsupportedOperator(f"{node.op}, which ran otherwise than it is known here")
    only = np.zeros(y.shape)
    only[unit.index] = 1
    if y.requires_grad:
        y.backward(seed=only)
    sources = []
    for i in taken:
        weights = inputs[i].grad
        for where in np.argwhere(weights) if weights is not None else ():
            at = tuple(map(int, where))
            x, w = float(inputs[i].value[at]), float(weights[at])
            sources.append(WeightedInput(Unit(node.inputs[i], at), x, w))
    return WeightedSum(tuple(sources), float(output(0.0)[1].value[unit.index]))


def agrees(y: Tensor, activations: Activations, unit: Unit) -> bool:
    """Tell whether core computes the operation that ran; rounding is left to the proof."""
    ran = activations.values[unit.tensor]
    if y.shape != ran.shape:
        return False
    a, b = float(y.value[unit.index]), activations.value(unit)
    size = float(np.abs(np.nan_to_num(ran.astype(np.float64))).max())
    near = 1e-2 if ran.dtype.itemsize == 2 else 1e-4  # of the largest number: far above rounding
    return not np.isfinite(b) or abs(a - b) <= near * size


def linear_inputs(activations: Activations, node: Node) -> list[int]:
    """Find the inputs that a unit is a sum of: those that are computed, of the right numbers."""
    linear = find_operator(node.op).linear
    computed = [
        i
        for i, name in enumerate(node.inputs)
        if name in activations.values and name not in activations.graph.constants
    ]
    if linear == "whole":
        return computed[:1]
    if linear == "values":
        return [i for i in computed if i == 2]
    floats = [i for i in computed if activations.is_float(node.inputs[i])]
    return floats if linear == "all" else floats[:1]
