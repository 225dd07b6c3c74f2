"""A GRU cell opened: its output and its two gates and candidate, at one time of a sequence.

    z = W x_t + R h_before + b, for each gate      u, r = σ(z), n = tanh(z)
    h_t = (1 - u) · n + u · h_before

(Cho et al. 2014; u is ONNX's z.) The reset gate r says how much of the cells before the candidate
sees, and is part of its R and b here. Either each cell is let through by its own r, before R; or
all of them, and their bias, are by the r of the cell that sees them ("linear before reset").

H  cells
"""

from dataclasses import replace

import numpy as np

from neuropil.core.activations import IDENTITY, SIGMOID, TANH
from neuropil.core.neuron import BackwardPass, NeuronRecord, Observed, Term
from neuropil.core.probe import Step, Unit
from neuropil.microscope.activations import Activations
from neuropil.microscope.cells import (
    ROUNDOFF,
    Gate,
    Seen,
    UnitNamer,
    add_up,
    calculate,
    find_place,
    open_gates,
    see,
)
from neuropil.microscope.nodes import Array, Node

UPDATE, RESET, CANDIDATE = range(3)
GATES = (
    Gate("update gate", SIGMOID),
    Gate("reset gate", SIGMOID),
    Gate("candidate", TANH, is_reset=True),
)


def open_gru(
    activations: Activations,
    node: Node,
    unit: Unit,
    named: UnitNamer,
    backward: BackwardPass | None,
) -> list[Step]:
    """Open one cell: the output h, then the gates."""
    k = unit.index[-1]
    seen = see(activations, node, find_place(activations, node, unit))
    gates = open_gates(activations, apply_reset(seen), GATES, unit, named)
    update, candidate = (gates[j].record.observed.a for j in (UPDATE, CANDIDATE))
    new = Term("candidate, by 1 - the update gate", candidate, 1 - update, learned=False)
    before = seen.cell_before(k)
    name = named(before) if before else "nothing before"
    kept = Term(f"{name}, by the update gate", float(seen.h[k]), update, learned=False)
    ran = Observed(None, activations.value(unit), ROUNDOFF, float(find_slack(seen)[k]))
    parts = (new, kept)
    top = NeuronRecord(named(unit), parts, 0.0, IDENTITY, ran, backward, bias_learned=False)
    return [Step(top, {0: 1 + CANDIDATE}, unit=unit, sources=(None, before)), *gates]


def is_linear(seen: Seen) -> bool:
    """Tell whether the reset gate is over what the weights make of the cells before."""
    return bool(seen.node.attributes.get("linear_before_reset"))


def apply_reset(seen: Seen) -> Seen:
    """Make the reset gate a part of the weights by which candidates see the cells before."""
    rows = slice(CANDIDATE * len(seen.h), None)
    reset = calculate(SIGMOID, add_up(seen)[0][RESET])
    r, b = seen.r.copy(), seen.b.copy()
    r[rows] *= reset[:, None] if is_linear(seen) else reset
    b[1, rows] *= reset if is_linear(seen) else 1
    return replace(seen, r=r, b=b)


def find_slack(seen: Seen) -> Array:
    """Bound by how much each h of the run may be off: (H,)."""
    rows = slice(CANDIDATE * len(seen.h), None)
    z, rounding = add_up(apply_reset(seen))
    update, reset, new = (calculate(gate.curve, row) for gate, row in zip(GATES, z, strict=True))
    off_update = update * (1 - update) * rounding[UPDATE] + ROUNDOFF
    off_reset = reset * (1 - reset) * rounding[RESET] + ROUNDOFF
    size = np.abs(seen.r[rows] * seen.h)  # (H, H): how far a reset gate moves a candidate
    moved = (size.sum(axis=1) + np.abs(seen.b[1, rows])) * off_reset
    rounding[CANDIDATE] += moved if is_linear(seen) else size @ off_reset
    off_new = (1 - new**2) * rounding[CANDIDATE] + ROUNDOFF
    slack: Array = np.abs(seen.h - new) * off_update + (1 - update) * off_new
    return slack
