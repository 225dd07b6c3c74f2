"""How synapses learn: the rules of Hebb and Oja, and spike-timing-dependent plasticity.

    x  inputs (n,)      y  outputs (k,) = W x      W  weights (k, n)      η  learning rate
    t  times of spikes, ms      Δt  t_post - t_pre, ms

    Hebb (1949)           ΔW = η y xᵀ                     what fires together, wires together
    Oja (1982)            Δw = η y (x - y w)              the same, and forgetting: |w| goes to 1
    Sanger (1989)         ΔW = η (y xᵀ - tril(y yᵀ) W)    Oja for many: one component after another
    timing (Bi, Poo 1998) Δw = A₊ exp(-Δt / τ₊) for Δt > 0,  -A₋ exp(Δt / τ₋) for Δt < 0

Plain Hebb grows for ever, in the direction of the first principal component, which Oja's rule
turns towards and stays at (J. Math. Biol. 15, 267).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from neuropil.biology.membrane import Floats


def hebb(W: Floats, x: Floats, rate: float) -> Floats:
    """Return W (k, n) after inputs x (n,) by Hebb's rule."""
    grown: Floats = W + rate * np.outer(W @ x, x)
    return grown


def oja(W: Floats, x: Floats, rate: float) -> Floats:
    """Return W (k, n) after x (n,) by Oja's rule; with k > 1 by Sanger's, whose first row it is."""
    y = W @ x
    turned: Floats = W + rate * (np.outer(y, x) - np.tril(np.outer(y, y)) @ W)
    return turned


@dataclass(frozen=True)
class STDP:
    """The window of spike-timing-dependent plasticity: amplitudes, and times in ms.

    As it stands, what is fitted to Bi and Poo's pairings in hippocampal cultures (J. Neurosci. 18,
    10464; Annu. Rev. Neurosci. 24, 139): +78 % and -27 % after sixty pairs, 17 and 34 ms.
    """

    potentiation: float = 0.78  # A₊, after sixty pairs
    depression: float = 0.27  # A₋
    tau_plus: float = 17.0  # ms, how long a spike that came in is remembered
    tau_minus: float = 34.0  # ms, how long a spike that went out is

    def __post_init__(self) -> None:
        """Refuse times that don't fade, by ValueError."""
        if not (self.tau_plus > 0 and self.tau_minus > 0):
            raise ValueError(
                f"tau_plus {self.tau_plus} ms, tau_minus {self.tau_minus} ms: both must be above 0"
            )

    def window(self, delta: ArrayLike) -> Floats:
        """Give the change of weight that a pair Δt = t_post - t_pre ms apart makes: closed form."""
        apart = np.asarray(delta, float)
        causal = self.potentiation * np.exp(-np.maximum(apart, 0) / self.tau_plus)
        acausal = -self.depression * np.exp(np.minimum(apart, 0) / self.tau_minus)
        return np.where(apart > 0, causal, np.where(apart < 0, acausal, 0.0))

    def learn(self, pre: ArrayLike, post: ArrayLike) -> float:
        """Give the change of weight by spikes that come in and go out, ms, from traces alone.

        A spike leaves a trace that fades, in or out; the other side's next spike reads it off. All
        pairs count. Nothing has to look into the future, or remember when a spike was.
        """
        pre, post = np.ravel(np.asarray(pre, float)), np.ravel(np.asarray(post, float))
        came_in = went_out = change = now = 0.0
        for t in np.union1d(pre, post):
            came_in *= math.exp((now - t) / self.tau_plus)
            went_out *= math.exp((now - t) / self.tau_minus)
            arrived, fired = int((pre == t).sum()), int((post == t).sum())
            change += fired * self.potentiation * came_in - arrived * self.depression * went_out
            came_in += arrived  # only now, for spikes at one moment are no pair
            went_out += fired
            now = float(t)
        return change


def pairing_experiment(
    deltas: ArrayLike, timing: STDP, *, pairs: int = 60, apart: float = 1000.0
) -> Floats:
    """Do Bi and Poo's experiment: sixty pairs, one a second, for each Δt (N,), ms.

    A pair makes a sixtieth of the window's change. Returns the changes (N,).
    """
    moments = apart * np.arange(pairs)
    changes = [timing.learn(moments, moments + delta) for delta in np.atleast_1d(deltas)]
    return np.array(changes) / pairs
