"""A unit of a network opened: one step of arithmetic, or a few for a cell with gates.

    open_unit(activations, unit, OpeningContext(goal, slopes, named))

An activation function and the weighted sum under it are one neuron: z = Σ w·x + b, a = f(z). A
softmax is two steps, the share p = e^z / Σ e^z and the exponential in it; a GRU cell is four, its
output and its gates, and an LSTM cell six, with its state.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from neuropil.core.activations import EXP, IDENTITY, Activation, softmax_share
from neuropil.core.neuron import DOUBLE, HALF, SINGLE, BackwardPass, NeuronRecord, Observed, Term
from neuropil.core.probe import Goal, Step, Unit
from neuropil.core.tensor import Tensor
from neuropil.kit.errors import UserError
from neuropil.microscope.activations import (
    Activations,
    apply_node,
    gradients,
    perturb,
    to_operand,
)
from neuropil.microscope.cells import cell_sum, find_place, refuse_unknown, see
from neuropil.microscope.extensions import class_scores, gives_shares, score_sizes
from neuropil.microscope.gru import open_gru
from neuropil.microscope.lstm import open_lstm
from neuropil.microscope.nodes import Array, Node
from neuropil.microscope.operator_table import find_operator
from neuropil.microscope.operators import UnsupportedOperator, softmax_axis
from neuropil.microscope.sums import WeightedInput, WeightedSum, decompose, single_term

POSITIVE = ("log", "power", "sqrt")  # curves that are left alone at 0 and below
LEAST = 1e-5  # of their z: their slopes have no end towards 0
GATED = {"GRU": open_gru, "LSTM": open_lstm}
ROUNDOFF = {"float16": HALF, "float32": SINGLE, "float64": DOUBLE}


@dataclass(frozen=True)
class OpeningContext:
    """What units are opened with: the goal, its slopes by tensor, and how units are called."""

    goal: Goal
    slopes: Mapping[str, Array]
    named: Callable[[Unit], str]


def open_unit(activations: Activations, unit: Unit, context: OpeningContext) -> list[Step]:
    """Open a unit; raises UserError where its operation is no neuron or not known."""
    value = activations.value(unit)
    node = activations.graph.producer.get(unit.tensor)
    if node is None:
        kind = "a constant" if unit.tensor in activations.graph.constants else "an input"
        raise UserError(
            "network.no_neuron",
            f"{context.named(unit)} is {kind}, {value:.6g}: nothing lies behind it",
        )
    if not activations.is_float(unit.tensor) and not find_operator(node.op).weighted:
        raise UserError(
            "network.no_neuron",
            f"{context.named(unit)} is {value:g}, a whole number made by {node.op}, which is no"
            " neuron that is known here",
        )
    try:
        if find_operator(node.op).recurrent:
            return open_recurrence(activations, node, unit, context)
        if node.op == "Softmax":
            return open_softmax(activations, node, unit, context)
        if node.op == "ai.onnx.ml.LinearClassifier" and gives_shares(node.attributes):
            return open_classifier(activations, node, unit, context)
        return [open_neuron(activations, node, unit, context)]
    except UnsupportedOperator as unknown:
        raise UserError(
            "network.no_neuron",
            f"{context.named(unit)} is {value:.6g}; it is made of"
            f" {', '.join(filter(None, node.inputs))} by {unknown}",
        ) from None


def open_recurrence(
    activations: Activations, node: Node, unit: Unit, context: OpeningContext
) -> list[Step]:
    """Open a cell at one time of a sequence; without gates it is one neuron."""
    if unit.tensor not in node.outputs[:2]:  # the last state of an LSTM
        raise UnsupportedOperator(activations.graph.describe_output(unit.tensor))
    refuse_unknown(activations, node)
    if node.op not in GATED:
        return [open_neuron(activations, node, unit, context)]
    back = backward(activations, unit, unit, context)
    return GATED[node.op](activations, node, unit, context.named, back)


def open_neuron(activations: Activations, node: Node, unit: Unit, context: OpeningContext) -> Step:
    """Write out a weighted sum and the activation function over it, if there is one.

    Of an operation that is both, z can't be seen.
    """
    curve = activation_of(activations, node)
    is_fused = find_operator(node.op).fused
    is_over = curve is not None and not is_fused
    under = Unit(node.inputs[0], unit.index) if is_over else unit
    taken = sum_below(activations, under) if is_over else own_sum(activations, node, unit)
    shared = shared_gradients(activations, taken, context)
    back = backward(
        activations, unit, under, context, curve or IDENTITY, taken.z if is_fused else None
    )
    if back and taken.bias_unit and taken.bias_unit.tensor in shared:
        back = replace(back, dL_db=float(shared[taken.bias_unit.tensor][taken.bias_unit.index]))
    a, z = activations.value(unit), activations.value(under)
    if not math.isfinite(a) or (curve and curve.name in POSITIVE and z <= LEAST):
        what = f"{node.op} of {z:.6g}" if curve else f"a sum that gives {a}"
        raise UserError(
            "network.no_neuron",
            f"{context.named(unit)} is {a:.6g}, {what}: it has no slope to show",
        )
    tolerance = statistics_error(activations, node, taken)
    roundoff = ROUNDOFF.get(activations.values[unit.tensor].dtype.name, SINGLE)
    record = NeuronRecord(
        context.named(unit),
        tuple(make_term(source, shared, context) for source in taken.sources),
        taken.bias,
        curve or IDENTITY,
        Observed(None if is_fused or tolerance else z, a, roundoff, tolerance),
        back,
        taken.bias_unit is not None,
    )
    return Step(record, unit=unit, sources=tuple(source.unit for source in taken.sources))


def statistics_error(activations: Activations, node: Node, taken: WeightedSum) -> float:
    """Bound by how much the run's mean and spread may be off, where weights hold them.

    A sum of n numbers is off by about √n roundings of the largest, which the weight scales.
    """
    if not find_operator(node.op).held or not taken.sources:
        return 0.0
    x = np.abs(activations.values[taken.sources[0].unit.tensor].astype(np.float64))
    weight = max(abs(source.w) for source in taken.sources)
    return 4 * math.sqrt(x.shape[-1]) * SINGLE * weight * float(x.max())


def own_sum(activations: Activations, node: Node, unit: Unit) -> WeightedSum:
    """Take the sum apart that an operation itself is, or has under its activation function."""
    if not find_operator(node.op).recurrent:
        return decompose(activations, unit)
    seen = see(activations, node, find_place(activations, node, unit))
    return cell_sum(activations, seen, unit.index[-1])


def sum_below(activations: Activations, unit: Unit) -> WeightedSum:
    """Take the sum under an activation function apart; one that is none counts as one input."""
    try:
        return decompose(activations, unit)
    except UnsupportedOperator:
        return single_term(activations, unit)


def make_term(source: WeightedInput, shared: Mapping[str, Array], context: OpeningContext) -> Term:
    """Name an input and say what the loss gains by its weight, in all places that share it."""
    gradient = None
    if source.weight and source.weight.tensor in shared:
        gradient = float(shared[source.weight.tensor][source.weight.index])
    return Term(context.named(source.unit), source.x, source.w, source.weight is not None, gradient)


def shared_gradients(
    activations: Activations, taken: WeightedSum, context: OpeningContext
) -> dict[str, Array]:
    """Differentiate the goal by the whole tensors of weights and biases, where there is a step."""
    if context.goal.learning_rate is None:
        return {}
    units = [taken.bias_unit, *(source.weight for source in taken.sources)]
    shared: dict[str, Array] = {}
    for tensor in {unit.tensor for unit in units if unit}:
        (node, *others) = activations.graph.consumers[tensor]
        slopes = [context.slopes.get(name) for name in node.outputs]
        if any(dy is not None for dy in slopes) and not others:
            inputs = [to_operand(activations.values.get(name)) for name in node.inputs]
            weight = Tensor(activations.values[tensor], requires_grad=True)
            inputs[node.inputs.index(tensor)] = weight
            for y, dy in zip(apply_node(node, inputs), slopes, strict=False):
                if dy is not None:
                    y.backward(seed=dy)
            assert weight.grad is not None
            shared[tensor] = weight.grad
    return shared


def backward(
    activations: Activations,
    unit: Unit,
    under: Unit,
    context: OpeningContext,
    curve: Activation = IDENTITY,
    unseen: float | None = None,
) -> BackwardPass | None:
    """Say how the goal depends on a unit, if it does; `unseen` is z where no tensor holds it.

    Where z is seen and feeds nothing but a, z itself is moved to prove that; else a by what the
    curve makes of it, since other ways from z to L are no part of this neuron.
    """
    if unit.tensor not in context.slopes:
        return None
    goal = context.goal
    # Anew, from where z is moved on: computed from further up, in float64, a number behind it may
    # lie on the other side of a kink than it did in the run, and the slope would be that one's.
    slope = gradients(activations, goal, under.tensor)[unit.tensor]
    follow = partial(perturb, activations, goal, under)
    is_alone = len(activations.graph.consumers.get(under.tensor, ())) == 1
    if curve is not IDENTITY and (unseen is not None or not is_alone):
        z = activations.value(under) if unseen is None else unseen
        follow = partial(perturb_through, activations, goal, unit, curve, z)
    return BackwardPass(goal.text, float(slope[unit.index]), goal.learning_rate, perturb=follow)


def perturb_through(
    activations: Activations, goal: Goal, unit: Unit, curve: Activation, z: float, by: float
) -> float:
    """Move a by what the curve makes of a z that is moved: the goal's new value."""
    return perturb(activations, goal, unit, curve.f(z + by) - curve.f(z))


def activation_of(activations: Activations, node: Node) -> Activation | None:
    """Find the activation function that an operation is; None where it is none."""
    if node.op == "Pow" and node.inputs[1] not in activations.graph.constants:
        return None  # a power of two numbers that both move
    others = [activations.values.get(name) for name in node.inputs[1:]]
    return find_operator(node.op).activation_for(node.attributes, *others)


# ---- softmax: a share of exponentials ------------------------------------------------------------


def open_softmax(
    activations: Activations, node: Node, unit: Unit, context: OpeningContext
) -> list[Step]:
    """Write out p_n = e^z_n / Σ e^z_m, and e^z_n below it.

    The largest z is taken away from all, which changes no share and keeps the powers finite.
    """
    logits = activations.values[node.inputs[0]].astype(np.float64)
    axis = softmax_axis(node.attributes, Tensor(logits))
    units = [
        Unit(node.inputs[0], (*unit.index[:axis], m, *unit.index[axis + 1 :]))
        for m in range(logits.shape[axis])
    ]
    n, scores = unit.index[axis], [(context.named(u), float(logits[u.index])) for u in units]
    return open_share(activations, unit, context, scores, n, single_term(activations, units[n]))


def open_share(
    activations: Activations,
    unit: Unit,
    context: OpeningContext,
    scores: Sequence[tuple[str, float]],
    n: int,
    under: WeightedSum,
    tolerance: float = 0.0,
) -> list[Step]:
    """Write out what number n of named scores z is of all, and e^z over the sum that z is."""
    most = max(z for _, z in scores)
    powers = [(f"e^({name} - {most:.6g})", math.exp(z - most)) for name, z in scores]
    parts = tuple(Term(name, e, 1.0, learned=False) for name, e in powers)
    roundoff = ROUNDOFF.get(activations.values[unit.tensor].dtype.name, SINGLE)
    ran = Observed(None, activations.value(unit), roundoff, tolerance)
    whole = NeuronRecord(context.named(unit), parts, 0.0, softmax_share(parts[n].x, n), ran)
    one = NeuronRecord(
        parts[n].name,
        tuple(make_term(source, {}, context) for source in under.sources),
        under.bias - most,
        EXP,
        Observed(under.z - most, parts[n].x, DOUBLE),
    )
    sources = tuple(source.unit for source in under.sources)
    return [Step(whole, {n: 1}, unit=unit), Step(one, sources=sources)]


def open_classifier(
    activations: Activations, node: Node, unit: Unit, context: OpeningContext
) -> list[Step]:
    """Write out the share of a class among those of a linear classifier, and the sum under it."""
    row, n = unit.index
    x = np.atleast_2d(activations.values[node.inputs[0]].astype(np.float64))
    under = decompose(activations, unit)
    z = class_scores(node.attributes, Tensor(x))[1].value[row]
    scores = [(f"score of class {m}", float(value)) for m, value in enumerate(z)]
    # The run's scores are float32: p_n moves by at most 2 p_n (1 - p_n) times what they are off.
    p, size = activations.value(unit), score_sizes(node.attributes, x)[row].max()
    off = 2 * p * (1 - p) * 4 * math.sqrt(x.shape[-1] + 1) * SINGLE * float(size)
    return open_share(activations, unit, context, scores, n, under, off)
