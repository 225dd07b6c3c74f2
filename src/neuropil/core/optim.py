"""How weights move against the gradient, in order of increasing complexity.

    w  all parameters, end to end in one vector      g  dL/dw      η  rate

    SGD        w ← w - η g
    Momentum   v ← μ v + g,  w ← w - η v
    Adam       m, s ← running means of g, g²;  w ← w - η m / (√s + ε)

One vector for all parameters means a handful of array operations for a step, whatever the number of
layers. A schedule is a plain function from the number of a step, 0, 1, 2, ..., to a factor of η.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import cos, pi, sqrt

import numpy as np

from neuropil.core.tensor import Array, Tensor

Schedule = Callable[[int], float]


def constant(step: int) -> float:
    """Keep the rate as it is."""
    return 1.0


def cosine(n_steps: int) -> Schedule:
    """Fall from 1 to 0 along half a cosine in so many steps (Loshchilov and Hutter 2017)."""
    if n_steps < 1:
        raise ValueError(f"n_steps={n_steps}: a fall takes at least 1 step")
    # Large steps find a good region, small ones settle in it; the cosine changes slowly at both.
    return lambda step: (1 + cos(pi * min(step / n_steps, 1))) / 2


def step_decay(every: int, factor: float = 0.1) -> Schedule:
    """Multiply by a factor after every so many steps."""
    if every < 1:
        raise ValueError(f"every={every}: the rate can fall after every 1 step or more")
    # A smaller η once the loss no longer falls: steps that were right far away overshoot here.
    return lambda step: float(factor ** (step // every))


def warm_up(n_steps: int, then: Schedule = constant) -> Schedule:
    """Rise to 1 in so many steps, then follow another schedule from its start."""
    # Adam's means are of few gradients at first, and its first steps not to be trusted.
    return lambda step: (step + 1) / n_steps if step < n_steps else then(step - n_steps)


@dataclass
class Optimizer(ABC):
    """Moves parameters by their gradients, in place."""

    rate: float
    schedule: Schedule = constant
    n_steps: int = field(default=0, init=False)  # taken so far

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"rate={self.rate}: how far a step goes has to be above 0")

    @abstractmethod
    def init_state(self, g: Array) -> None:
        """Make what is remembered from step to step, in the shape of g (P,)."""

    @abstractmethod
    def update(self, g: Array, rate: float) -> None:
        """Turn dL/dw (P,), in place, into what is to be subtracted from w (P,)."""

    def step(self, parameters: Sequence[Tensor]) -> None:
        """Move the parameters once and use their gradients up: each `.grad` is None after it.

        A parameter that has no gradient counts as one whose gradient is 0.
        """
        if not self.n_steps:  # only now it is known how many parameters there are
            self._lay_out(parameters)
        if [p.shape for p in parameters] != [part.shape for part in self._parts]:
            raise ValueError("this optimizer has begun with other parameters: make a new one")
        for p, part in zip(parameters, self._parts, strict=True):
            part[...] = 0 if p.grad is None else p.grad  # g = dL/dw
        self.update(self._g, self.rate * self.schedule(self.n_steps))  # η of this step
        self.n_steps += 1
        for p, part in zip(parameters, self._parts, strict=True):
            p.value -= part  # against the gradient: L falls by about η |g|² where η is small
            p.grad = None  # used up: the next batch starts from 0

    def _lay_out(self, parameters: Sequence[Tensor]) -> None:
        """Make the vector, and for each parameter the part of it that has its shape."""
        self._g = np.concatenate([p.value.ravel() for p in parameters])
        ends = np.cumsum([p.value.size for p in parameters])
        parts = np.split(self._g, ends[:-1])  # views: what is written into them is in the vector
        self._parts = [part.reshape(p.shape) for p, part in zip(parameters, parts, strict=True)]
        self.init_state(self._g)


@dataclass
class SGD(Optimizer):
    """Steps against the gradient: w ← w - η g (Robbins and Monro 1951)."""

    rate: float = 0.1

    def init_state(self, g: Array) -> None:
        """Remember nothing."""

    def update(self, g: Array, rate: float) -> None:
        """Compute η g."""
        g *= rate


@dataclass
class Momentum(Optimizer):
    """Steps along a velocity: v ← μ v + g, w ← w - η v (Polyak 1964).

    With Nesterov's look ahead w ← w - η (g + μ v) (Sutskever et al. 2013).
    """

    rate: float = 0.05
    momentum: float = 0.9
    nesterov: bool = False

    def init_state(self, g: Array) -> None:
        """Begin at rest."""
        self._v = np.zeros_like(g)

    def update(self, g: Array, rate: float) -> None:
        """Compute η v, or η (g + μ v)."""
        # v = Σ μᵏ g of k steps ago: where gradients agree it grows to g / (1 - μ), ten times g with
        # μ = 0.9; where they change sign, as across a narrow valley, they cancel.
        self._v *= self.momentum
        self._v += g
        g[:] = g + self.momentum * self._v if self.nesterov else self._v
        g *= rate


@dataclass
class Adam(Optimizer):
    """Steps of about η in every direction (Kingma and Ba 2015, algorithm 1).

    m ← β₁ m + (1 - β₁) g and s ← β₂ s + (1 - β₂) g²; both begin at 0 and are too small by the
    factors c₁ = 1 - β₁ᵗ, c₂ = 1 - β₂ᵗ, so the step is η (m / c₁) / (√(s / c₂) + ε). With `decay`
    weights also shrink by η · decay of themselves (AdamW: Loshchilov and Hutter 2019).
    """

    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    decay: float = 0.0

    def init_state(self, g: Array) -> None:
        """Begin both means at 0."""
        self._m, self._s = np.zeros_like(g), np.zeros_like(g)

    def step(self, parameters: Sequence[Tensor]) -> None:
        """Shrink the weights where there is a decay, then step."""
        if self.decay:
            for p in parameters:
                # Not through g: divided by √s, large weights would shrink no more than small ones.
                p.value *= 1 - self.rate * self.schedule(self.n_steps) * self.decay
        super().step(parameters)

    def update(self, g: Array, rate: float) -> None:
        """Compute the step from the sums m' = m / (1 - β₁), s' = s / (1 - β₂): fewer products.

        With r = √(c₂ / (1 - β₂)) it is η r (1 - β₁) / c₁ · m' / (√s' + ε r).
        """
        # m / √s is near ± 1 where gradients agree and near 0 where they are noise, whatever their
        # size: every weight has a rate of its own.
        t = self.n_steps + 1
        m, s = self._m, self._s
        r = sqrt((1 - self.beta2**t) / (1 - self.beta2))
        m *= self.beta1
        m += g  # m' = Σ β₁ᵏ g
        s *= self.beta2
        s += np.multiply(g, g, out=g)  # s' = Σ β₂ᵏ g²
        np.sqrt(s, out=g)
        g += self.epsilon * r  # keeps a weight that never had a gradient from 0 / 0
        np.divide(m, g, out=g)
        g *= rate * r * (1 - self.beta1) / (1 - self.beta1**t)
