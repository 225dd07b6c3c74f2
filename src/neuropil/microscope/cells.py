"""A recurrence at one time of a sequence: what its cells see, and the gates that they make of it.

    z = W x_t + R h_before + b, a = f(z)        for each gate of each cell

ONNX Runtime shows h alone; gates are core's, in float32, from the h of the run. How far both may be
apart is counted along: what each sum may be off by rounding, and each sigmoid and tanh besides.

T  times     N  examples     I  inputs     H  cells     D  directions     G  gates of a cell
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neuropil.core import operations as ops
from neuropil.core.activations import TANH, Activation
from neuropil.core.neuron import SINGLE, NeuronRecord, Observed, Term
from neuropil.core.probe import Index, Step, Unit
from neuropil.microscope.activations import Activations
from neuropil.microscope.nodes import Array, Node
from neuropil.microscope.recurrences import order_of_times, refuse_short_sequences, refuse_unusual
from neuropil.microscope.sums import WeightedInput, WeightedSum

ROUNDOFF = 2.0**-21  # of ONNX Runtime's sigmoid and tanh inside a gate, which are quick ones
SPREAD = 4.0  # times what rounding does on average to a sum, as in `NeuronRecord.check`
UnitNamer = Callable[[Unit], str]
Place = tuple[int, int, int]  # time, direction, example


@dataclass(frozen=True)
class Gate:
    """One of the sums of a cell: its name and curve.

    is_reset: whether a reset gate is part of the weights by which it sees the cells before
    """

    name: str
    curve: Activation
    is_reset: bool = False


@dataclass(frozen=True)
class Seen:
    """What all cells of one direction see at one time of one example, and by which weights.

    source: the tensor that h is in, and where; None where a sequence starts from nothing
    """

    node: Node
    place: Place
    source: tuple[str, Index] | None
    x: Array  # (I,)
    h: Array  # (H,), of the time before
    w: Array  # (G H, I)
    r: Array  # (G H, H)
    b: Array  # (2, G H), of w and of r

    def cell_before(self, i: int) -> Unit | None:
        """Find the unit that a number of h is; None where it is 0 by definition."""
        return None if self.source is None else Unit(self.source[0], (*self.source[1], i))


def find_place(activations: Activations, node: Node, unit: Unit) -> Place:
    """Find the time, direction and example of a unit of all times, or of the last in its way."""
    *times, d, n, _ = unit.index
    order = order_of_times(node.attributes, len(activations.values[node.inputs[0]]), d)
    return (times[0] if times else order[-1]), d, n


def see(activations: Activations, node: Node, place: Place) -> Seen:
    """Find what cells see."""
    t, d, n = place
    x, w, r = (activations.values[name] for name in node.inputs[:3])
    order = order_of_times(node.attributes, len(x), d)
    step, initial = order.index(t), input_name(node, 5)
    source = (node.outputs[0], (order[step - 1], d, n)) if step else (initial, (d, n))
    h = activations.values[source[0]][source[1]] if source[0] else np.zeros(r.shape[2], np.float32)
    bias = input_name(node, 3)
    b = activations.values[bias][d] if bias else np.zeros(2 * r.shape[1], np.float32)
    return Seen(
        node, place, source if source[0] else None, x[t, n], h, w[d], r[d], b.reshape(2, -1)
    )


def input_name(node: Node, i: int) -> str:
    """Name an input; "" where it is left out."""
    return node.inputs[i] if i < len(node.inputs) else ""


def refuse_unknown(activations: Activations, node: Node) -> None:
    """Raise UnsupportedOperator where a recurrence is more than its usual equations."""
    refuse_unusual(node.op, node.attributes, has_peepholes=any(node.inputs[7:]))
    lengths = activations.values.get(input_name(node, 4))
    refuse_short_sequences(node.op, lengths, len(activations.values[node.inputs[0]]))


def add_up(seen: Seen) -> tuple[Array, Array]:
    """Calculate z of all gates of all cells, and by how much rounding may move it: (G, H) each."""
    n_terms, H = len(seen.x) + len(seen.h), len(seen.h)
    z = seen.w @ seen.x + seen.r @ seen.h + seen.b.sum(axis=0)
    size = np.abs(seen.w) @ np.abs(seen.x) + np.abs(seen.r) @ np.abs(seen.h)
    rounding = SPREAD * np.sqrt(n_terms + 1) * SINGLE * (size + np.abs(seen.b).sum(axis=0))
    return z.reshape(-1, H), rounding.reshape(-1, H)


def cell_sum(activations: Activations, seen: Seen, row: int) -> WeightedSum:
    """List what one row of the weights sees: the inputs, then the outputs of all cells before."""
    t, d, n = seen.place
    data, of_x, of_h = seen.node.inputs[:3]

    def kept(name: str, *index: int) -> Unit | None:
        return Unit(name, index) if name in activations.graph.constants else None

    sources = [
        WeightedInput(Unit(data, (t, n, i)), float(x), float(w), kept(of_x, d, row, i))
        for i, (x, w) in enumerate(zip(seen.x, seen.w[row], strict=True))
    ]
    for i, (h, r) in enumerate(zip(seen.h, seen.r[row], strict=True)):
        if cell := seen.cell_before(i):
            sources.append(WeightedInput(cell, float(h), float(r), kept(of_h, d, row, i)))
    bias = kept(input_name(seen.node, 3), d, row)  # that of r moves z, and L, by as much
    return WeightedSum(tuple(sources), float(seen.b[:, row].sum()), bias)


def open_gates(
    activations: Activations, seen: Seen, gates: Sequence[Gate], unit: Unit, named: UnitNamer
) -> list[Step]:
    """Write out the gates of a cell."""
    z, _ = add_up(seen)
    k, H = unit.index[-1], len(seen.h)
    steps = []
    for j, gate in enumerate(gates):
        a = calculate(gate.curve, z[j])
        taken = cell_sum(activations, seen, j * H + k)
        record = NeuronRecord(
            f"{gate.name} of {named(unit)}",
            tuple(name_term(seen, gate, source, named) for source in taken.sources),
            taken.bias,
            gate.curve,
            Observed(float(z[j, k]), float(a[k]), ROUNDOFF),
        )
        steps.append(Step(record, sources=tuple(source.unit for source in taken.sources)))
    return steps


def calculate(curve: Activation, z: Array) -> Array:
    """Apply the curve of a gate to the sums of all cells."""
    a: Array = np.tanh(z) if curve is TANH else ops.sigmoid(z).value
    return a


def name_term(seen: Seen, gate: Gate, source: WeightedInput, named: UnitNamer) -> Term:
    """Name an input of a gate; a weight that is partly a reset gate is none that was learned."""
    is_reset = gate.is_reset and source.unit.tensor != seen.node.inputs[0]
    name = f"{named(source.unit)}{', by the reset gate' * is_reset}"
    return Term(name, source.x, source.w, learned=not is_reset)
