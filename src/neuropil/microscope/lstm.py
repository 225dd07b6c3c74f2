"""An LSTM cell opened: its output, its state and its four gates, at one time of a sequence.

    z = W x_t + R h_before + b, for each gate      i, o, f = σ(z), g = tanh(z)
    c_t = f · c_before + i · g
    h_t = o · tanh(c_t)

(Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000; gates in ONNX's order.) ONNX
Runtime shows h alone; the gates and the state are core's, in float32, from the h of the run. How
far both may be apart is counted along: what each sum may be off by rounding, and each sigmoid and
tanh besides, and what the forget gate keeps of that.

T  times     N  examples     I  inputs     H  cells     D  directions
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neuropil.core import operations as ops
from neuropil.core.activations import IDENTITY, SIGMOID, TANH
from neuropil.core.neuron import SINGLE, BackwardPass, NeuronRecord, Observed, Term
from neuropil.core.probe import Step, Unit
from neuropil.core.recurrence import ONNX_GATES, lstm_gates, lstm_step
from neuropil.microscope.activations import Activations
from neuropil.microscope.nodes import Array, Node
from neuropil.microscope.operators import refuse_short_sequences, refuse_unusual_lstm

GATES = (
    ("input gate", SIGMOID),
    ("output gate", SIGMOID),
    ("forget gate", SIGMOID),
    ("candidate", TANH),
)
ROUNDOFF = 2.0**-21  # of ONNX Runtime's sigmoid and tanh inside an LSTM, which are quick ones
SPREAD = 4.0  # times what rounding does on average to a sum, as in `NeuronRecord.check`
UnitNamer = Callable[[Unit], str]


@dataclass(frozen=True)
class LstmStep:
    """One step of one direction for one example, all H cells side by side."""

    time: int
    time_before: int | None  # None at the start of the sequence
    h_before: Array  # (H,)
    c_before: Array  # (H,)
    z: Array  # (4, H), of the gates
    c: Array  # (H,)
    slack: Array  # (H,), by how much h of the run may be off


def run_to_step(activations: Activations, node: Node, t: int, d: int, n: int) -> LstmStep:
    """Step through the sequence up to time t."""
    x, w, r = (activations.values[name] for name in node.inputs[:3])
    T, H = len(x), r.shape[-1]
    b = combined_bias(activations, node, d)
    h, c = (initial_state(activations, node, i, (d, n), H) for i in (5, 6))
    off = np.zeros(H)
    backwards = node.attributes.get("direction", "forward") == "reverse" or d == 1
    before = None
    for time in range(T)[::-1] if backwards else range(T):
        z = (w[d] @ x[time, n] + r[d] @ h + b).reshape(4, H)
        size = np.abs(w[d]) @ np.abs(x[time, n]) + np.abs(r[d]) @ np.abs(h) + np.abs(b)
        rounding = SPREAD * np.sqrt(w.shape[-1] + H + 1) * SINGLE * size.reshape(4, H)
        new, off, slack = step_with_error(z, c, off, rounding)
        if time == t:
            return LstmStep(t, before, h, c, z, new, slack)
        h, c, before = activations.values[node.outputs[0]][time, d, n], new, time
    raise AssertionError(f"there is no time {t}")


def step_with_error(z: Array, c: Array, off: Array, rounding: Array) -> tuple[Array, Array, Array]:
    """Calculate the next state, and by how much it and h may be off if z and c before may."""
    sums = z.reshape(1, -1)
    i, f, g, o = (gate[0] for gate in lstm_gates(sums, ONNX_GATES))
    _, (new,) = lstm_step.rule(sums, c[None], order=ONNX_GATES)[0]
    slope = np.stack([i * (1 - i), o * (1 - o), f * (1 - f), 1 - g**2])
    off_i, off_o, off_f, off_g = slope * rounding + ROUNDOFF
    off = f * off + np.abs(c) * off_f + np.abs(g) * off_i + i * off_g
    top = np.tanh(new)
    return new, off, o * ((1 - top**2) * off + ROUNDOFF) + np.abs(top) * off_o


def combined_bias(activations: Activations, node: Node, d: int) -> Array:
    """Add the two biases of a direction: (4H,)."""
    if len(node.inputs) < 4 or not node.inputs[3]:
        return np.zeros(activations.values[node.inputs[1]].shape[1], np.float32)
    of_input, of_output = activations.values[node.inputs[3]][d].reshape(2, -1)
    total: Array = of_input + of_output
    return total


def initial_state(
    activations: Activations, node: Node, i: int, at: tuple[int, int], H: int
) -> Array:
    """Find the state that a sequence starts from, zero unless it is given: (H,)."""
    given = len(node.inputs) > i and bool(node.inputs[i])
    state: Array = activations.values[node.inputs[i]][at] if given else np.zeros(H, np.float32)
    return state


def open_cell(
    activations: Activations,
    node: Node,
    unit: Unit,
    named: UnitNamer,
    backward: BackwardPass | None,
) -> list[Step]:
    """Open one cell: the output h, the state c, then the gates."""
    refuse_unusual_lstm(node.attributes, has_peepholes=any(node.inputs[7:]))
    refuse_short_sequences(
        activations.values.get((*node.inputs, "", "")[4]), len(activations.values[node.inputs[0]])
    )
    t, d, n, k = unit.index
    now = run_to_step(activations, node, t, d, n)
    gates = [open_gate(activations, node, unit, now, j, named) for j in range(len(GATES))]
    i, o, f, g = (step.record.observed.a for step in gates)
    name, c = named(unit), float(now.c[k])
    kept = Term("state before, by the forget gate", float(now.c_before[k]), f, learned=False)
    new = Term("candidate, by the input gate", g, i, learned=False)
    state = NeuronRecord(
        f"state of {name}", (kept, new), 0.0, TANH, Observed(c, float(np.tanh(now.c[k])), ROUNDOFF)
    )
    out = Term("tanh of the state, by the output gate", state.observed.a, o, learned=False)
    h = activations.value(unit)
    ran = Observed(None, h, ROUNDOFF, float(now.slack[k]))
    top = NeuronRecord(name, (out,), 0.0, IDENTITY, ran, backward)
    return [
        Step(top, {0: 1}, unit=unit, sources=(None,)),
        Step(state, {1: 2 + GATES.index(GATES[3])}, sources=(None, None)),
        *gates,
    ]


def open_gate(
    activations: Activations, node: Node, unit: Unit, now: LstmStep, j: int, named: UnitNamer
) -> Step:
    """Write out one gate of a cell: its inputs, then the outputs of all cells before."""
    t, d, n, k = unit.index
    x, w, r = (activations.values[name] for name in node.inputs[:3])
    H = r.shape[-1]
    row = j * H + k
    (gate_name, curve), before = GATES[j], now.time_before
    inputs = [Unit(node.inputs[0], (t, n, i)) for i in range(x.shape[-1])]
    outputs = [None if before is None else Unit(unit.tensor, (before, d, n, i)) for i in range(H)]
    h = now.h_before if before is None else activations.values[unit.tensor][before, d, n]
    named_h = [named(u) if u else f"h at the start, {i}" for i, u in enumerate(outputs)]
    terms = [
        *(Term(named(u), float(x[u.index]), float(w[d, row, i])) for i, u in enumerate(inputs)),
        *(Term(name, float(h[i]), float(r[d, row, i])) for i, name in enumerate(named_h)),
    ]
    z = now.z[j, k]
    a = float(np.tanh(z) if curve is TANH else ops.sigmoid(now.z[j]).value[k])
    b = float(combined_bias(activations, node, d)[row])
    record = NeuronRecord(
        f"{gate_name} of {named(unit)}", tuple(terms), b, curve, Observed(float(z), a, ROUNDOFF)
    )
    return Step(record, sources=(*inputs, *outputs))
