"""Steps through time: a layer whose next state is computed from its last.

    T  steps      N  examples      F  features in      H  hidden units

Weights are torch's: w_ih (k H, F), w_hh (k H, H), b_ih and b_hh (k H), with k gates one below the
other. The whole way back through time is an operation's derivative, so that one note, not one for
each step, is kept (backpropagation through time: Werbos 1990).
"""

import numpy as np

from neuropil.core.neural import logistic
from neuropil.core.tensor import Array, Derivative, Result, cache_last, operation

TORCH_GATES = "ifgo"  # the order of the gates in the weights: input, forget, candidate, output
ONNX_GATES = "iofg"


def lstm_gates(z: Array, order: str = TORCH_GATES) -> tuple[Array, Array, Array, Array]:
    """Compute i, f, o = σ(z) and the candidate g = tanh(z), given as i, f, g, o: each (N, H)."""
    H = z.shape[1] // 4
    at = {gate: slice(k * H, (k + 1) * H) for k, gate in enumerate(order)}
    gates = logistic(z)  # i, f, o let through between nothing (0) and all (1)
    gates[:, at["g"]] = np.tanh(z[:, at["g"]])
    i, f, g, o = (gates[:, at[gate]] for gate in "ifgo")
    return i, f, g, o


@operation
def lstm_step(z: Array, c: Array, *, order: str = TORCH_GATES) -> Result:
    """Take one step from the sums z (N, 4H) and the cell c (N, H) to the state (2, N, H): h', c'.

    c' = f c + i g, h' = o tanh(c') (Hochreiter and Schmidhuber 1997; Gers et al. 2000).
    """
    i, f, g, o = lstm_gates(z, order)
    new = f * c + i * g  # the memory: what is kept of the old, and what of the candidate is let in
    squashed = np.tanh(new)

    @cache_last
    def back(dy: Array) -> tuple[Array, Array]:
        dh, dc = dy  # dL/dh', dL/dc'
        dc = dc + dh * o * (1 - squashed * squashed)  # c' is also seen through h'
        dz = {
            "i": dc * g * (i * (1 - i)),  # σ' = σ (1 - σ)
            "f": dc * c * (f * (1 - f)),
            "g": dc * i * (1 - g * g),  # tanh' = 1 - tanh²
            "o": dh * squashed * (o * (1 - o)),
        }
        # dL/dc = dL/dc' · f: where f stays near 1, gradients reach far back in time.
        return np.concatenate([dz[gate] for gate in order], axis=1), dc * f

    return np.stack((o * squashed, new)), lambda dy: back(dy)[0], lambda dy: back(dy)[1]


@operation
def lstm_cell(x: Array, state: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Result:
    """Take one step: x (N, F) and state (2, N, H), which is h and c, to the next state.

    The sums are z = x w_ihᵀ + b_ih + h w_hhᵀ + b_hh; see `lstm_step`.
    """
    h, c = state
    new, dz, dc = lstm_step.rule(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh, c)
    return (  # z is an affine sum of x and of h: the derivatives are those of `affine`
        new,
        lambda dy: dz(dy) @ w_ih,
        lambda dy: np.stack((dz(dy) @ w_hh, dc(dy))),
        lambda dy: dz(dy).T @ x,
        lambda dy: dz(dy).T @ h,
        lambda dy: dz(dy).sum(axis=0),
        lambda dy: dz(dy).sum(axis=0),
    )


@operation
def lstm(x: Array, state: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Result:
    """Take T steps: x (T, N, F) and the first state (2, N, H) to all states (T, 2, N, H)."""
    T, N, F = x.shape
    # What x adds to the sums needs no step before it; only what h adds has to wait for its turn.
    sums = x @ w_ih.T + (b_ih + b_hh)  # (T, N, 4H): one product for all steps
    states = np.empty((T + 1, *state.shape), sums.dtype)
    states[0] = state
    steps: list[tuple[Derivative, Derivative]] = []
    for t in range(T):
        h, c = states[t]
        states[t + 1], dz, dc = lstm_step.rule(sums[t] + h @ w_hh.T, c)  # the part that must wait
        steps.append((dz, dc))

    @cache_last
    def back(dy: Array) -> tuple[Array, Array]:
        d_sums = np.empty_like(sums)
        later = np.zeros_like(states[0])  # dL/dh, dL/dc by way of the steps after
        for t, (dz, dc) in reversed(list(enumerate(steps))):
            d_state = dy[t] + later  # the state after step t is an output and the input of t + 1
            d_sums[t] = dz(d_state)
            later = np.stack((d_sums[t] @ w_hh, dc(d_state)))
        return d_sums.reshape(T * N, -1), later

    return (  # the weights are shared by all T steps: their sums run over T and N, in one product
        states[1:],
        lambda dy: (back(dy)[0] @ w_ih).reshape(x.shape),
        lambda dy: back(dy)[1],
        lambda dy: back(dy)[0].T @ x.reshape(T * N, F),
        lambda dy: back(dy)[0].T @ states[:-1, 0].reshape(T * N, -1),
        lambda dy: back(dy)[0].sum(axis=0),
        lambda dy: back(dy)[0].sum(axis=0),
    )


@operation
def gru_cell(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> Result:
    """Take one step: x (N, F) and the state h (N, H) to the next h.

    With x w_ihᵀ + b_ih = (xr, xz, xn) and h w_hhᵀ + b_hh = (hr, hz, hn): r = σ(xr + hr),
    z = σ(xz + hz), n = tanh(xn + r hn), h' = (1 - z) n + z h (Cho et al. 2014, as in torch).
    """
    H = h.shape[1]
    from_x, from_h = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
    # r, how much of the past the candidate n sees; z, how much of the old h stays.
    r, z = np.split(logistic((from_x + from_h)[:, : 2 * H]), 2, axis=1)
    hn = from_h[:, 2 * H :]
    n = np.tanh(from_x[:, 2 * H :] + r * hn)

    @cache_last
    def back(dy: Array) -> tuple[Array, Array]:
        # Of the sums under n, r and z: dh'/dn = 1 - z, dh'/dz = h - n, and n sees r through r hn.
        dn = dy * (1 - z) * (1 - n * n)
        dr, dz = dn * hn * r * (1 - r), dy * (h - n) * z * (1 - z)
        # The two sums differ in the candidate alone, where that of h goes through r.
        return np.concatenate((dr, dz, dn), axis=1), np.concatenate((dr, dz, dn * r), axis=1)

    return (
        (1 - z) * n + z * h,
        lambda dy: back(dy)[0] @ w_ih,
        lambda dy: back(dy)[1] @ w_hh + dy * z,  # h also goes straight into h', weighed by z
        lambda dy: back(dy)[0].T @ x,
        lambda dy: back(dy)[1].T @ h,
        lambda dy: back(dy)[0].sum(axis=0),
        lambda dy: back(dy)[1].sum(axis=0),
    )
