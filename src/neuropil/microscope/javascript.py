"""The activation functions in JavaScript, so that a page can follow a number that was changed.

    to_javascript(leaky_relu(0.01))         "z > 0 ? z : 0.01 * z"

A page gives a formula z, the terms x and the function erf. Each stands here by the name of its
activation function, with its parameters to fill in; of a name that doesn't, a page follows nothing.
"""

import math

from neuropil.core.activations import Activation

FORMULAS = {
    "abs": "Math.abs(z)",
    "clip": "Math.min(Math.max(z, {}), {})",
    "elu": "z > 0 ? z : {} * Math.expm1(z)",
    "erf": "erf(z)",
    "exp": "Math.exp(z)",
    "gelu": "z * (1 + erf(z / Math.SQRT2)) / 2",
    "hardswish": "z * Math.min(Math.max(z + 3, 0), 6) / 6",
    "heaviside": "z >= 0 ? 1 : 0",
    "identity": "z",
    "leaky_relu": "z > 0 ? z : {} * z",
    "log": "Math.log(z)",
    "power": "{} * Math.pow(z, {})",
    "relu": "Math.max(z, 0)",
    "scaled": "{} * Math.pow(z, {})",
    "share": "x[{1}] / z",  # of a softmax: the share follows its own term too
    "sigmoid": "1 / (1 + Math.exp(-z))",
    "silu": "z / (1 + Math.exp(-z))",
    "softplus": "Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))",
    "sqrt": "{} * Math.pow(z, {})",
    "tanh": "Math.tanh(z)",
    # the curves of color: CIELAB's f⁻¹, a cube with a line as its foot; a screen's, sRGB
    "cube": "z > {} ? z * z * z : (z - {}) / {}",
    "sRGB": (
        "255 * (z > 0.0031308 ? 1.055 * Math.pow(Math.min(z, 1), 1 / 2.4) - 0.055"
        " : 12.92 * Math.max(z, 0))"
    ),
}
UNKNOWN = "NaN"


def to_javascript(curve: Activation) -> str:
    """Write an activation function as an expression."""
    formula = FORMULAS.get(curve.name, UNKNOWN)
    return formula.format(*map(to_literal, curve.parameters))


def to_literal(number: float) -> str:
    """Write a number as JavaScript does, with all digits."""
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return repr(number)
