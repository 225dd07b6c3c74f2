"""Steps through time: a layer whose next state is computed from its last.

    T  steps      N  examples      F  features in      H  hidden units

Weights are torch's: w_ih (k H, F), w_hh (k H, H), b_ih and b_hh (k H), with k gates one below the
other. The whole way back through time is an operation's derivative, so that one note, not one for
each step, is kept (backpropagation through time: Werbos 1990).
"""

from collections.abc import Callable

import numpy as np

from neuropil.core.neural import logistic
from neuropil.core.tensor import Array, Result, cache_last, operation

StepBackward = Callable[[Array, Array], tuple[Array, Array]]  # dh, dc after -> d_gates, dc before


@operation
def lstm_cell(x: Array, state: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Result:
    """Take one step: x (N, F) and state (2, N, H), which is h and c, to the next state.

    i, f, o = σ(z), g = tanh(z) of z = x w_ihᵀ + b_ih + h w_hhᵀ + b_hh, in the order i, f, g, o;
    c' = f c + i g, h' = o tanh(c') (Hochreiter and Schmidhuber 1997; Gers et al. 2000).
    """
    h, c = state
    new = np.empty_like(state)
    step_back = _lstm_step(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, c, new)
    back = cache_last(lambda dy: step_back(dy[0], dy[1]))  # d_gates (N, 4H), dc (N, H)
    return (
        new,
        lambda dy: back(dy)[0] @ w_ih,
        lambda dy: np.stack((back(dy)[0] @ w_hh, back(dy)[1])),
        lambda dy: back(dy)[0].T @ x,
        lambda dy: back(dy)[0].T @ h,
        lambda dy: back(dy)[0].sum(axis=0),
        lambda dy: back(dy)[0].sum(axis=0),
    )


@operation
def lstm(x: Array, state: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Result:
    """Take T steps: x (T, N, F) and the first state (2, N, H) to all states (T, 2, N, H)."""
    T, N, F = x.shape
    gates = x @ w_ih.T + (b_ih + b_hh)  # (T, N, 4H): one product for all steps
    states = np.empty((T + 1, *state.shape), gates.dtype)
    states[0] = state
    steps_back: list[StepBackward] = []
    for t in range(T):
        h, c = states[t]
        steps_back.append(_lstm_step(gates[t] + h @ w_hh.T, c, states[t + 1]))

    @cache_last
    def back(dy: Array) -> tuple[Array, Array]:
        d_gates = np.empty_like(gates)
        dh, dc = np.zeros_like(states[0])
        for t in reversed(range(T)):
            d_gates[t], dc = steps_back[t](dy[t, 0] + dh, dy[t, 1] + dc)
            dh = d_gates[t] @ w_hh
        return d_gates.reshape(T * N, -1), np.stack((dh, dc))

    return (
        states[1:],
        lambda dy: (back(dy)[0] @ w_ih).reshape(x.shape),
        lambda dy: back(dy)[1],
        lambda dy: back(dy)[0].T @ x.reshape(T * N, F),
        lambda dy: back(dy)[0].T @ states[:-1, 0].reshape(T * N, -1),
        lambda dy: back(dy)[0].sum(axis=0),
        lambda dy: back(dy)[0].sum(axis=0),
    )


def _lstm_step(z: Array, c: Array, new: Array) -> StepBackward:
    """Fill in the new state h', c' from the sums z (N, 4H) and the cell c (N, H)."""
    H = c.shape[1]
    gates = logistic(z)
    gates[:, 2 * H : 3 * H] = np.tanh(z[:, 2 * H : 3 * H])
    i, f, g, o = np.split(gates, 4, axis=1)
    new[1] = f * c + i * g
    squashed = np.tanh(new[1])
    new[0] = o * squashed

    def back(dh: Array, dc: Array) -> tuple[Array, Array]:
        dc = dc + dh * o * (1 - squashed * squashed)
        d_gates = np.concatenate((dc * g, dc * c, dc * i, dh * squashed), axis=1)
        d_gates *= gates * (1 - gates)  # σ' = σ (1 - σ)
        d_gates[:, 2 * H : 3 * H] = dc * i * (1 - g * g)
        return d_gates, dc * f

    return back


@operation
def gru_cell(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Result:
    """Take one step: x (N, F) and the state h (N, H) to the next h.

    With x w_ihᵀ + b_ih = (xr, xz, xn) and h w_hhᵀ + b_hh = (hr, hz, hn): r = σ(xr + hr),
    z = σ(xz + hz), n = tanh(xn + r hn), h' = (1 - z) n + z h (Cho et al. 2014, as in torch).
    """
    H = h.shape[1]
    from_x, from_h = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
    r, z = np.split(logistic((from_x + from_h)[:, : 2 * H]), 2, axis=1)
    hn = from_h[:, 2 * H :]
    n = np.tanh(from_x[:, 2 * H :] + r * hn)

    @cache_last
    def back(dy: Array) -> tuple[Array, Array]:
        dn = dy * (1 - z) * (1 - n * n)
        dr, dz = dn * hn * r * (1 - r), dy * (h - n) * z * (1 - z)
        return np.concatenate((dr, dz, dn), axis=1), np.concatenate((dr, dz, dn * r), axis=1)

    return (
        (1 - z) * n + z * h,
        lambda dy: back(dy)[0] @ w_ih,
        lambda dy: back(dy)[1] @ w_hh + dy * z,
        lambda dy: back(dy)[0].T @ x,
        lambda dy: back(dy)[1].T @ h,
        lambda dy: back(dy)[0].sum(axis=0),
        lambda dy: back(dy)[1].sum(axis=0),
    )
