"""One neuron opened: its arithmetic as in the lecture notes, with its own proof.

    z = w1·x1 + w2·x2 + … + b        the weighted sum
    a = f(z)                         the activation
    dL/dz = dL/da · da/dz            the chain rule
    dL/dw = dL/dz · x                what the loss would gain if w grew by one
    w_new = w - rate · dL/dw         one step of gradient descent

Beside the numbers that the running network produced (in float32, summed in whatever order was
fastest) stands the exact sum of the same products, and `check` proves the one by the other.
`formatting` writes a record out.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from neuropil.core.activations import INNER, Activation
from neuropil.core.differences import ROUNDED, Place, deviation

Loss = Callable[[float], float]  # the amount by which z is moved -> L, by the network itself

HALF = 2.0**-11  # the unit roundoff of float16, as below
SINGLE = 2.0**-24  # the unit roundoff of float32: the most that rounding changes a number, relative
DOUBLE = 2.0**-53  # and of float64
LEAST = {HALF: 2.0**-24, SINGLE: 2.0**-126, DOUBLE: 2.0**-1022}  # what is smaller may be lost


@dataclass(frozen=True)
class Term:
    """One input of a neuron: its name, its value x and its weight w.

    learned: whether w was trained; the 1 of a shortcut and the weights of an average were not
    shared_gradient: dL/dw through all places that share the weight; None where it is not shared
    """

    name: str
    x: float
    w: float
    learned: bool = True
    shared_gradient: float | None = None

    @property
    def product(self) -> float:
        """Multiply w by x."""
        return self.w * self.x  # what this input says for (> 0) or against (< 0) the neuron


@dataclass(frozen=True)
class Observed:
    """What the running network produced.

    z, a: the sum, where it can be seen, and the activation
    roundoff: the unit roundoff of its arithmetic
    tolerance: by how much a may be off besides, where it came from tables or sums of its own
    source: who ran: the network, or the application with what the network said
    """

    z: float | None
    a: float
    roundoff: float = SINGLE
    tolerance: float = 0.0
    source: str = "the network"


@dataclass(frozen=True)
class BackwardPass:
    """The way back from a number L, mostly a loss, to this neuron.

    loss: what L is, in words or as a formula
    rate: of the step of gradient descent that makes L smaller; None where no step is wanted
    dL_db: where the bias is shared by many places, dL/db through all of them
    perturb: calculates L by the network itself, with this neuron's z moved by so much; None where
        that proves nothing, since L has a corner there
    reach: how far z can be moved before a neuron behind this one bends much, where that is known
    noise: by how much `perturb` may be off by the rounding of numbers behind this neuron
    paths: dL/dz and w of each neuron of the next layer, where dL/da is Σ dL/dz · w over these
    """

    loss: str
    dL_da: float
    rate: float | None = 0.1
    dL_db: float | None = None
    perturb: Loss | None = field(default=None, compare=False)
    reach: float = math.inf
    noise: float = 0.0
    paths: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Check:
    """What `check` found: the deviations, each beside the most that it may be."""

    z_error: float  # |z of the run - exact z|; 0 where the run's z can't be seen
    z_allowed: float
    a_error: float  # |a of the run - f(exact z)|
    a_allowed: float
    slope_error: float  # |da/dz - a difference of a over z|
    slope_allowed: float
    gradient_error: float = 0.0  # |dL/dz - a difference of the network itself|
    gradient_allowed: float | None = None  # None where no loss has a slope

    @property
    def passed(self) -> bool:
        """Tell whether every deviation is within what it may be."""
        return not self.failed  # nothing is left to belief: a deviation too large is a failure

    @property
    def failed(self) -> tuple[str, ...]:
        """Name what is off by more than it may be, or by NaN."""
        parts = {
            "sum": (self.z_error, self.z_allowed),
            "a": (self.a_error, self.a_allowed),
            "da/dz": (self.slope_error, self.slope_allowed),
            "dL/dz": (self.gradient_error, self.gradient_allowed or 0.0),
        }
        # NaN is not <= anything: what can't be compared has failed.
        return tuple(name for name, (error, most) in parts.items() if not error <= most)

    @property
    def largest(self) -> float:
        """Give the largest deviation."""
        return max(self.z_error, self.a_error, self.slope_error, self.gradient_error)


@dataclass(frozen=True)
class NeuronRecord:
    """A neuron with everything that its arithmetic needs.

    name: what it is called
    terms: its inputs with their weights, all of them
    bias: b
    activation: the activation function f
    observed: what the running network produced
    backward: the way back from a loss, where there is one
    bias_learned: whether b is a number that was learned; the 0 of a sum without one is none
    """

    name: str
    terms: tuple[Term, ...]
    bias: float
    activation: Activation
    observed: Observed
    backward: BackwardPass | None = None
    bias_learned: bool = True

    @cached_property
    def z(self) -> float:
        """Sum the products and the bias, rounded once (Shewchuk 1997, as `math.fsum` does)."""
        # z = Σ w_i x_i + b. `fsum` keeps what each addition would round off, and rounds once.
        return math.fsum([*(term.product for term in self.terms), self.bias])

    @property
    def a(self) -> float:
        """Apply the activation function to the exact sum."""
        return self.activation.f(self.z)  # a = f(z)

    @property
    def derivative(self) -> float:
        """Give da/dz."""
        return self.activation.derivative(self.z)

    @property
    def dL_da(self) -> float:
        """Give dL/da; raises ValueError without a loss."""
        return self._backward.dL_da

    @property
    def dL_dz(self) -> float:
        """Apply the chain rule: dL/dz = dL/da · da/dz."""
        return self.dL_da * self.derivative  # how L moves with a, times how a moves with z

    @cached_property
    def dL_dw(self) -> tuple[float, ...]:
        """Give the derivative of the loss by each weight: dL/dz · x.

        Where a weight is shared by many places, it is the sum over all of them.
        """
        # z = ... + w_i x_i + ..., so dz/dw_i = x_i: a weight of an input that is 0 learns nothing.
        return tuple(
            self.dL_dz * term.x if term.shared_gradient is None else term.shared_gradient
            for term in self.terms
        )

    @property
    def dL_db(self) -> float:
        """Give the derivative of the loss by the bias: dL/dz, summed over all that share it."""
        shared = self._backward.dL_db  # dz/db = 1: the bias is the weight of an input that is 1
        return self.dL_dz if shared is None else shared

    @cached_property
    def updated_weights(self) -> tuple[float, ...]:
        """Give each weight after one step of gradient descent: w - rate · dL/dw.

        Without a rate nothing moves.
        """
        # L(w - η dL/dw) ≈ L - η (dL/dw)²: smaller, as long as the rate η is small.
        rate = self._backward.rate or 0.0
        return tuple(
            term.w - rate * gradient if term.learned else term.w
            for term, gradient in zip(self.terms, self.dL_dw, strict=True)
        )

    @property
    def updated_bias(self) -> float:
        """Give the bias after one step: b - rate · dL/db; one that is not learned stays."""
        rate = (self._backward.rate or 0.0) if self.bias_learned else 0.0
        return self.bias - rate * self.dL_db  # b ← b - η dL/db

    @property
    def _backward(self) -> BackwardPass:
        if self.backward is None:
            raise ValueError(f"{self.name} was opened without a loss; give it a target")
        return self.backward

    def largest(self, n: int) -> list[int]:
        """List the numbers of the n terms with the largest |w·x|, largest first."""
        # Of either sign: what speaks against a neuron explains it as well.
        order = sorted(range(len(self.terms)), key=lambda i: -abs(self.terms[i].product))
        return order[:n]

    def check(self) -> Check:
        """Prove the arithmetic; done once, however often it is asked for."""
        return self._proof

    def proven(self) -> Self:
        """Give itself; raises ArithmeticError where the check finds the arithmetic wrong."""
        if failed := ", ".join(self.check().failed):
            raise ArithmeticError(f"the check of {self.name} failed: {failed}")
        return self

    @cached_property
    def _proof(self) -> Check:
        """Prove the arithmetic: exact sum beside the run's, slopes beside differences.

        The run's sum of n products may be off by 4 √n u · Σ|w·x|, with the unit roundoff u: four
        times what rounding does on average (Higham and Mary 2019, "A new approach to probabilistic
        rounding error analysis"), and a by what f makes of that. Sums of gradients over places that
        share a weight are taken as they come.
        """
        u, z, kinks = self.observed.roundoff, self.z, self.activation.kinks
        # u is the unit roundoff: fl(x) = x (1 + δ), |δ| <= u.
        seen_z = z if self.observed.z is None else self.observed.z
        least, size = LEAST.get(u, LEAST[SINGLE]), max(1.0, abs(z))
        off = self._rounded_off() + (len(self.terms) + 1) * least
        # a may be off by what f makes of a z that is off: |f(z ± off) - f(z)|.
        bent = [abs(self._value(z + by) - self.a) for by in (-off, off)]
        place = Place(z, kinks, noise=ROUNDED * size * math.ulp(0.0))
        # da/dz beside (f(z + h) - f(z - h)) / 2h: the formula of f' against f itself.
        error, allowed = deviation(self.derivative, lambda by: self._value(z + by), place)
        proof = Check(
            z_error=abs(z - seen_z),
            z_allowed=off,
            a_error=abs(self.a - self.observed.a),
            a_allowed=max(filter(math.isfinite, bent), default=0.0)
            + 4 * u * self._rounded_size(u > DOUBLE)
            + least * size
            + self.observed.tolerance,
            slope_error=error,
            slope_allowed=allowed,
        )
        if self.backward is None or self.backward.perturb is None:
            return proof
        # dL/dz beside (L(z + h) - L(z - h)) / 2h, where the network itself computes L: this proves
        # the whole way back, through every layer behind this neuron.
        noise = self.backward.noise + abs(self.dL_da) * DOUBLE * self._rounded_size()
        place = Place(seen_z, kinks, self.backward.reach, ROUNDED * noise)
        error, allowed = deviation(self.dL_dz, self.backward.perturb, place)
        # L is computed from the run's z, dL/dz from the exact one.
        slope_change = self.activation.derivative(seen_z) - self.derivative
        allowed += abs(self.dL_da * slope_change)
        return replace(proof, gradient_error=error, gradient_allowed=allowed)

    def _rounded_off(self) -> float:
        """Bound by how much rounding may have moved the run's sum."""
        # Each of the n additions rounds by up to u times a partial sum, which is at most Σ |w x|;
        # errors of either sign cancel, so that their sum grows with √n and not with n.
        size = math.fsum([*(abs(term.product) for term in self.terms), abs(self.bias)])
        return 4 * math.sqrt(len(self.terms) + 1) * self.observed.roundoff * size

    def _rounded_size(self, is_rough: bool = False) -> float:
        """Give the size of the numbers that are rounded while f is calculated."""
        # z (1 + erf) / 2 far below 0: 1 + erf is off by u, so a is off by u |z|, small as it is.
        is_rough = is_rough and not self.activation.keeps_scale
        inner = min(abs(self.z), INNER) if is_rough or self.activation.cancels else 0.0
        return abs(self.a) + inner

    def _value(self, z: float) -> float:
        """Apply the activation function; NaN where it has no value."""
        try:
            return self.activation.f(z)
        except (ArithmeticError, ValueError):
            return math.nan
