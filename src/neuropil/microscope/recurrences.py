"""Steps through time: LSTM, GRU and RNN, as in `operators`.

    lstm(settings, x, w, r, b)      all h (T, D, N, H), then the last of each state (D, N, H)

T  times     N  examples     I  inputs     H  cells     D  directions     G  gates of a cell

Weights are ONNX's: w (D, G H, I), r (D, G H, H), b (D, 2 G H), which is the bias of w, then of r.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from neuropil.core import operations as ops
from neuropil.core import tensor as arithmetic
from neuropil.core.activations import Activation
from neuropil.core.recurrence import ONNX_GATES
from neuropil.core.tensor import Tensor
from neuropil.microscope.extensions import FUSED
from neuropil.microscope.operators import Attributes, UnsupportedOperator, to_array

NAMED = {"GRU": "a GRU", "LSTM": "an LSTM", "RNN": "an RNN"}
USUAL = {"GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}  # of one direction

State = tuple[Any, ...]  # h, and what else a cell keeps: (N, H) each
Weights = tuple[Any, Any, Any, Any]  # w (G H, I), r (G H, H) and the bias of each (G H)
StepFunction = Callable[[Tensor, Weights, State], State]


# ---- operations ----------------------------------------------------------------------------------


def lstm(
    s: Attributes,
    x: Tensor,
    w: Any,  # gates in the order i, o, f, c
    r: Any,
    b: Any = None,
    lengths: Any = None,
    h: Any = None,
    c: Any = None,
    peepholes: Any = None,
) -> tuple[Tensor, ...]:
    """Run an LSTM over a sequence."""
    refuse_unusual("LSTM", s, has_peepholes=peepholes is not None)
    refuse_short_sequences("LSTM", lengths, len(x))
    return run_directions(s, step_lstm, x, (w, r, b), (h, c))


def gru(
    s: Attributes,
    x: Tensor,
    w: Any,  # gates in the order z, r, h
    r: Any,
    b: Any = None,
    lengths: Any = None,
    h: Any = None,
) -> tuple[Tensor, ...]:
    """Run a GRU over a sequence."""
    refuse_unusual("GRU", s)
    refuse_short_sequences("GRU", lengths, len(x))
    step = partial(step_gru, bool(s.get("linear_before_reset")))
    return run_directions(s, step, x, (w, r, b), (h,))


def rnn(
    s: Attributes, x: Tensor, w: Any, r: Any, b: Any = None, lengths: Any = None, h: Any = None
) -> tuple[Tensor, ...]:
    """Run an RNN without gates over a sequence."""
    refuse_unusual("RNN", s)
    refuse_short_sequences("RNN", lengths, len(x))
    return run_directions(s, partial(step_rnn, choose_function(s)[0]), x, (w, r, b), (h,))


def choose_rnn(s: Attributes, *others: Any) -> Activation:
    """Choose the activation function of an RNN."""
    return choose_function(s)[1]


def choose_function(s: Attributes) -> tuple[Callable[[Tensor], Tensor], Activation]:
    """Choose the activation function of an RNN, for arrays and as a curve; tanh is the usual."""
    names = set(list_activations(s)) or {"Tanh"}
    if len(names) > 1 or not names <= FUSED.keys():
        raise UnsupportedOperator("an RNN with activations of its own")
    return FUSED[names.pop()]


# ---- one step ------------------------------------------------------------------------------------


def step_lstm(x: Tensor, weights: Weights, state: State) -> State:
    """Take one step: x (N, I), the output h and the state c to the next h and c."""
    (w, r, of_x, of_h), (h, c) = weights, state
    new = ops.lstm_step(ops.affine(x, w) + ops.affine(h, r) + (of_x + of_h), c, order=ONNX_GATES)
    return new[0], new[1]


def step_gru(linear_before_reset: bool, x: Tensor, weights: Weights, state: State) -> State:
    """Take one step: x (N, I) and h (N, H) to the next h.

    The reset gate is either over what the weights make of h, or over h itself.
    """
    (w, r, of_x, of_h), (h,) = weights, state
    H = r.shape[-1]
    from_x = ops.affine(x, w) + of_x  # (N, 3H)
    gates = ops.sigmoid(from_x[:, : 2 * H] + ops.affine(h, r[: 2 * H]) + of_h[: 2 * H])
    update, reset = gates[:, :H], gates[:, H:]
    seen = ops.affine(h if linear_before_reset else reset * h, r[2 * H :]) + of_h[2 * H :]
    candidate = ops.tanh(from_x[:, 2 * H :] + (reset * seen if linear_before_reset else seen))
    return ((1.0 - update) * candidate + update * h,)


def step_rnn(
    function: Callable[[Tensor], Tensor], x: Tensor, weights: Weights, state: State
) -> State:
    """Take one step: x (N, I) and h (N, H) to the next h."""
    (w, r, of_x, of_h), (h,) = weights, state
    return (function(ops.affine(x, w) + ops.affine(h, r) + (of_x + of_h)),)


# ---- all steps -----------------------------------------------------------------------------------


def run_directions(
    s: Attributes,
    step: StepFunction,
    x: Tensor,
    weights: tuple[Any, Any, Any],
    states: Sequence[Any],
) -> tuple[Tensor, ...]:
    """Step through a sequence in each direction; what isn't given of biases and states is 0."""
    w, r, b = weights
    D, rows, H = r.shape
    T, N, _ = x.shape
    b = np.zeros((D, 2 * rows), x.dtype) if b is None else b
    zero = np.zeros((D, N, H), x.dtype)
    runs = []
    for d in range(D):
        own = w[d], r[d], b[d][:rows], b[d][rows:]
        first = tuple((zero if state is None else state)[d] for state in states)
        runs.append(run_direction(step, x, order_of_times(s, T, d), own, first))
    along = [arithmetic.stack(*hs, axis=0) for hs, _ in runs]
    last = zip(*(state for _, state in runs), strict=True)
    return arithmetic.stack(*along, axis=1), *(arithmetic.stack(*each, axis=0) for each in last)


def run_direction(
    step: StepFunction, x: Tensor, order: range, weights: Weights, state: State
) -> tuple[list[Any], State]:
    """Step through a sequence: h of every time in order of time, and the last state."""
    along: list[Any] = [None] * len(order)
    for t in order:
        state = step(x[t], weights, state)
        along[t] = state[0]
    return along, state


def order_of_times(s: Attributes, T: int, d: int) -> range:
    """Give the times in the order in which a direction goes through them."""
    is_backwards = s.get("direction", "forward") == "reverse" or d == 1
    return range(T)[::-1] if is_backwards else range(T)


# ---- what is more than the usual equations -------------------------------------------------------


def refuse_unusual(op: str, s: Attributes, *, has_peepholes: bool = False) -> None:
    """Raise UnsupportedOperator where a recurrence is more than its usual equations."""
    names, usual = list_activations(s), USUAL.get(op)
    is_usual = usual is None or names == usual * (len(names) // len(usual))
    found = {"peepholes": has_peepholes, "activations of its own": not is_usual}
    found |= {name: bool(s.get(name)) for name in ("layout", "clip", "input_forget")}
    if reasons := [name for name, is_there in found.items() if is_there]:
        raise UnsupportedOperator(f"{NAMED[op]} with {' and '.join(reasons)}")


def list_activations(s: Attributes) -> list[str]:
    """List the activation functions of all directions by name, none where they are usual."""
    return [a.decode() if isinstance(a, bytes) else a for a in s.get("activations", [])]


def refuse_short_sequences(op: str, lengths: Any, T: int) -> None:
    """Raise UnsupportedOperator where sequences of a batch end before T times have passed."""
    if lengths is not None and (to_array(lengths) != T).any():
        raise UnsupportedOperator(f"{NAMED[op]} over sequences that end early")
