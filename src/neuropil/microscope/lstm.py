"""An LSTM cell opened: its output, its state and its four gates, at one time of a sequence.

    z = W x_t + R h_before + b, for each gate      i, o, f = σ(z), g = tanh(z)
    c_t = f · c_before + i · g
    h_t = o · tanh(c_t)

(Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000; gates in ONNX's order.) The
state is core's, as the gates are (`cells`); how far it may be off is what each step adds to that,
and what the forget gate keeps of what there was.

H  cells
"""

from dataclasses import dataclass

import numpy as np

from neuropil.core.activations import IDENTITY, SIGMOID, TANH
from neuropil.core.neuron import BackwardPass, NeuronRecord, Observed, Term
from neuropil.core.probe import Step, Unit
from neuropil.core.recurrence import ONNX_GATES, lstm_gates, lstm_step
from neuropil.microscope.activations import Activations
from neuropil.microscope.cells import (
    ROUNDOFF,
    Gate,
    Place,
    Seen,
    UnitNamer,
    add_up,
    find_place,
    input_name,
    open_gates,
    see,
)
from neuropil.microscope.nodes import Array, Node
from neuropil.microscope.recurrences import order_of_times

GATES = (
    Gate("input gate", SIGMOID),
    Gate("output gate", SIGMOID),
    Gate("forget gate", SIGMOID),
    Gate("candidate", TANH),
)


@dataclass(frozen=True)
class LstmStep:
    """One step of one direction for one example, all H cells side by side."""

    seen: Seen
    c_before: Array  # (H,)
    c: Array  # (H,)
    slack: Array  # (H,), by how much h of the run may be off


def run_to_step(activations: Activations, node: Node, place: Place) -> LstmStep:
    """Step through the sequence up to a time."""
    t, d, n = place
    x, _, r = (activations.values[name] for name in node.inputs[:3])
    initial = input_name(node, 6)
    c = activations.values[initial][d, n] if initial else np.zeros(r.shape[2], np.float32)
    off = np.zeros(r.shape[2])
    for time in order_of_times(node.attributes, len(x), d):
        seen = see(activations, node, (time, d, n))
        new, off, slack = step_with_error(*add_up(seen), c, off)
        if time == t:
            return LstmStep(seen, c, new, slack)
        c = new
    raise AssertionError(f"there is no time {t}")


def step_with_error(z: Array, rounding: Array, c: Array, off: Array) -> tuple[Array, Array, Array]:
    """Calculate the next state, and by how much it and h may be off if z and c before may."""
    sums = z.reshape(1, -1)
    i, f, g, o = (gate[0] for gate in lstm_gates(sums, ONNX_GATES))
    _, (new,) = lstm_step.rule(sums, c[None], order=ONNX_GATES)[0]
    slope = np.stack([i * (1 - i), o * (1 - o), f * (1 - f), 1 - g**2])
    off_i, off_o, off_f, off_g = slope * rounding + ROUNDOFF
    off = f * off + np.abs(c) * off_f + np.abs(g) * off_i + i * off_g
    top = np.tanh(new)
    return new, off, o * ((1 - top**2) * off + ROUNDOFF) + np.abs(top) * off_o


def open_lstm(
    activations: Activations,
    node: Node,
    unit: Unit,
    named: UnitNamer,
    backward: BackwardPass | None,
) -> list[Step]:
    """Open one cell: the output h, the state c, then the gates."""
    k = unit.index[-1]
    now = run_to_step(activations, node, find_place(activations, node, unit))
    gates = open_gates(activations, now.seen, GATES, unit, named)
    i, o, f, g = (step.record.observed.a for step in gates)
    name, c = named(unit), float(now.c[k])
    kept = Term("state before, by the forget gate", float(now.c_before[k]), f, learned=False)
    new = Term("candidate, by the input gate", g, i, learned=False)
    state = NeuronRecord(
        f"state of {name}", (kept, new), 0.0, TANH, Observed(c, float(np.tanh(now.c[k])), ROUNDOFF)
    )
    out = Term("tanh of the state, by the output gate", state.observed.a, o, learned=False)
    ran = Observed(None, activations.value(unit), ROUNDOFF, float(now.slack[k]))
    top = NeuronRecord(name, (out,), 0.0, IDENTITY, ran, backward, bias_learned=False)
    return [
        Step(top, {0: 1}, unit=unit, sources=(None,)),
        Step(state, {1: 1 + len(GATES)}, sources=(None, None)),  # the candidate is the last gate
        *gates,
    ]
