"""Activation functions as curves: formula, value and slope of one number, for worked examples.

They are written with the `math` module, apart from the arrays of `neuropil.core.operations`, so
that a worked example is an independent computation.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

INNER = 8.0  # |z|, beyond which nothing is left to be taken apart


@dataclass(frozen=True)
class Activation:
    """A function a = f(z) of one number.

    formula, substitution: the right side of a = …, and how it goes on with numbers put in
    derivative_formula: the right side of da/dz = …
    latex: the right side of a = … in LaTeX, with ZZ to fill in
    kinks: where it has no slope
    cancels: whether networks calculate it by taking apart what is nearly the same, so that it is
        rounded as numbers of the size of z are, up to INNER
    keeps_scale: whether a is rounded in proportion to itself, however small it is
    parameters: the numbers that make this curve one of a family, in the order of its function

    Numbers are put in for {z} and {a}; for {Z} and {A} in brackets where they are negative.
    """

    name: str
    f: Callable[[float], float]
    derivative: Callable[[float], float]
    formula: str
    substitution: str
    derivative_formula: str
    latex: str
    kinks: tuple[float, ...] = ()
    cancels: bool = False
    keeps_scale: bool = False
    parameters: tuple[float, ...] = ()


def logistic(z: float) -> float:
    """Calculate σ(z) = 1 / (1 + e^-z) without overflow."""
    if z >= 0:
        return 1 / (1 + math.exp(-z))
    return math.exp(z) / (1 + math.exp(z))  # the same times e^z / e^z: no power is above 1


def exponential(z: float) -> float:
    """Calculate e^z, infinite where it has no float."""
    return math.exp(z) if z < 709 else math.inf  # e^709.8 is the largest float


def normal_pdf(z: float) -> float:
    """Calculate e^(-z²/2) / √(2π)."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)  # φ(z) = Φ'(z)


def normal_cdf(z: float) -> float:
    """Calculate Φ(z), the share of the normal distribution below z."""
    return math.erfc(-z / math.sqrt(2)) / 2  # 1 + erf would lose what is far below


# No activation function: with this one alone a network of many layers is a straight line.
IDENTITY = Activation("identity", lambda z: z, lambda z: 1.0, "z", " = {z}", "1", "ZZ")
SIGMOID = Activation(
    "sigmoid",
    logistic,
    lambda z: logistic(z) * logistic(-z),  # σ' = σ (1 - σ), and 1 - σ(z) = σ(-z) keeps its digits
    "σ(z)",
    " = 1 / (1 + e^-{Z})",
    "a · (1 - a) = {a} · (1 - {A})",
    r"\frac{1}{1 + e^{-(ZZ)}}",
)
TANH = Activation(
    "tanh",
    math.tanh,
    lambda z: 1 - math.tanh(z) ** 2,  # (sinh / cosh)' = (cosh² - sinh²) / cosh²
    "tanh(z)",
    " = tanh({z})",
    "1 - a² = 1 - {A}²",
    r"\tanh(ZZ)",
)
# Where z > 0 the slope is 1, however many layers there are: gradients don't fade on the way back.
RELU = Activation(
    "relu",
    lambda z: max(z, 0.0),
    lambda z: float(z > 0),  # at the kink, z = 0, by choice 0
    "max(z, 0)",
    " = max({z}, 0)",
    "1 if z > 0, else 0",
    r"\max(ZZ, 0)",
    (0.0,),
)
HEAVISIDE = Activation(
    "heaviside",
    lambda z: float(z >= 0),
    lambda z: 0.0,  # flat on both sides of the step
    "1 if z ≥ 0, else 0",
    "; z = {z}",
    "0",
    r"[ZZ \ge 0]",
    (0.0,),
)
GELU = Activation(
    "gelu",
    lambda z: z * normal_cdf(z),
    lambda z: normal_cdf(z) + z * normal_pdf(z),  # (z Φ)' = Φ + z Φ', and Φ' = φ
    "z · Φ(z)",
    " = {z} · Φ({z})",
    "Φ(z) + z · φ(z)",
    r"ZZ \cdot \Phi(ZZ)",
    cancels=True,
)
SILU = Activation(
    "silu",
    lambda z: z * logistic(z),
    lambda z: logistic(z) * (1 + z * logistic(-z)),  # (z σ)' = σ + z σ (1 - σ)
    "z · σ(z)",
    " = {z} · σ({z})",
    "σ(z) · (1 + z · (1 - σ(z)))",
    r"ZZ \cdot \sigma(ZZ)",
)
SOFTPLUS = Activation(
    "softplus",
    lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))),  # ln(1 + e^z) = z + ln(1 + e^-z)
    logistic,  # e^z / (1 + e^z)
    "ln(1 + e^z)",
    " = ln(1 + e^{Z})",
    "σ(z)",
    r"\ln(1 + e^{ZZ})",
)
HARDSWISH = Activation(
    "hardswish",
    lambda z: z * min(max(z + 3, 0.0), 6.0) / 6,
    lambda z: 0.0 if z <= -3 else 1.0 if z >= 3 else (2 * z + 3) / 6,  # of z (z + 3) / 6 between
    "z · clip(z + 3, 0, 6) / 6",
    ", z = {z}",
    "(2z + 3) / 6 between -3 and 3, else 0 or 1",
    r"ZZ \cdot \min(\max(ZZ + 3, 0), 6) / 6",
    (-3.0, 3.0),
    cancels=True,
)
# e^z is its own derivative. It is the numerator of a softmax, and makes a number positive.
EXP = Activation(
    "exp", exponential, exponential, "e^z", " = e^{Z}", "a", r"e^{ZZ}", keeps_scale=True
)


def leaky_relu(slope: float) -> Activation:
    """Make the curve that is z above 0 and slope · z below."""
    return Activation(
        "leaky_relu",
        lambda z: z if z > 0 else slope * z,
        lambda z: 1.0 if z > 0 else slope,  # never 0, so that no neuron is dead for good
        f"z if z > 0, else {slope:g} · z",
        "; z = {z}",
        f"1 if z > 0, else {slope:g}",
        rf"\max(ZZ, 0) + {slope:g} \min(ZZ, 0)",
        (0.0,),
        parameters=(slope,),
    )


def elu(scale: float) -> Activation:
    """Make the curve that is z above 0 and scale · (e^z - 1) below."""
    return Activation(
        "elu",
        lambda z: z if z > 0 else scale * math.expm1(z),  # expm1 = e^z - 1 without cancellation
        lambda z: 1.0 if z > 0 else scale * math.exp(z),
        f"z if z > 0, else {scale:g} · (e^z - 1)",
        "; z = {z}",
        f"1 if z > 0, else {scale:g} · e^z",
        rf"\max(ZZ, 0) + {scale:g} \min(e^{{ZZ}} - 1, 0)",
        () if scale == 1 else (0.0,),  # slopes 1 above 0 and scale · e^0 below
        parameters=(scale,),
    )


def clip(low: float, high: float) -> Activation:
    """Make the curve that is z, but never below `low` or above `high`."""
    return Activation(
        "clip",
        lambda z: min(max(z, low), high),
        lambda z: float(low < z < high),  # beyond the limits nothing moves a, and w learns nothing
        f"z between {low:g} and {high:g}",
        "; z = {z}",
        f"1 between {low:g} and {high:g}, else 0",
        rf"\min(\max(ZZ, {low:g}), {high:g})",
        kinks=(low, high),
        parameters=(low, high),
    )


def power_function(factor: float, power: float = 1.0, name: str = "scaled") -> Activation:
    """Make the curve factor · z^power, for z at least 0 where the power is no whole number."""
    shown = f"{factor:.9g} · " if factor != 1 else ""
    exponent = f"^{power:.6g}" if power != 1 else ""
    is_whole = power == round(power)
    return Activation(
        name,
        lambda z: factor * z**power if z >= 0 or is_whole else math.nan,
        lambda z: factor * power * z ** (power - 1),  # (c z^p)' = c p z^(p-1)
        f"{shown}z{exponent}",
        f" = {shown}{{Z}}{exponent}",
        f"{factor * power:.9g} · z^{power - 1:.6g}" if power != 1 else f"{factor:.9g}",
        rf"{factor:.9g} \cdot (ZZ)^{{{power:.6g}}}",
        parameters=(factor, power),
    )


def softmax_share(part: float, n: int) -> Activation:
    """Make the curve part / z: what number n of the terms is of the sum of all (softmax)."""
    return Activation(
        "share",  # p_n = e_n / z with z = Σ e_m: a sum of all terms, then a curve
        lambda z: part / z,
        lambda z: -part / z / z,  # what another term that grows takes from this one's share
        "its own term / z",
        f" = {part:.9g} / {{z}}",
        "-a / z, its own term held = -{a} / {z}",
        rf"{part:.9g} / ZZ",
        parameters=(part, n),
    )


# By the name of the layer in `layers` that computes the same for arrays.
ACTIVATIONS: dict[str, Activation] = {
    curve.name: curve
    for curve in (IDENTITY, SIGMOID, TANH, RELU, HEAVISIDE, GELU, SILU, SOFTPLUS, HARDSWISH, EXP)
}
