"""All that the microscope knows of each operation of ONNX, in one table.

    OPERATORS["Conv"].run(settings, x, w, b)      what it computes, in `neuropil.core`
    find_operator("Celu").linear                  None, as for whatever is not listed

What an operation computes stands in `operators`; what follows from that is said here: whether it is
a weighted sum, which part of a picture it sees, what its activation function is.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from neuropil.core import operations as ops
from neuropil.core import tensor as arithmetic
from neuropil.core.activations import (
    EXP,
    GELU,
    HARDSWISH,
    RELU,
    SIGMOID,
    SOFTPLUS,
    TANH,
    Activation,
    clip,
    elu,
    leaky_relu,
    power_function,
)
from neuropil.core.tensor import Array, Tensor
from neuropil.microscope import operators
from neuropil.microscope.operators import Attributes, UnsupportedOperator, softmax_axis

Run = Callable[..., Tensor | Array | tuple[Tensor | Array, ...]]
Choice = Callable[..., Activation]  # of settings and the values of further inputs


@dataclass(frozen=True)
class Operator:
    """What is known of an operation.

    run: computes it from its settings and inputs; None where core can't
    linear: whether it is a weighted sum of its "first" input, the others given, or of "all"
    spatial: what of a picture a place of its output sees: a "window", the same place of a
        "resized" picture, the same "place", or "nothing" of its numbers; None where that is all
    moves: whether it only carries numbers somewhere else
    label: whether people name its output after its "weight" or its "input"
    activation: the function of one number that it is, or what chooses that by its settings
    """

    run: Run | None = None
    linear: Literal["first", "all"] | None = None
    spatial: Literal["window", "resized", "place", "nothing"] | None = None
    moves: bool = False
    label: Literal["weight", "input"] | None = None
    activation: Activation | Choice | None = None

    @property
    def weighted(self) -> bool:
        """Tell a layer of weights."""
        return self.label == "weight"

    def activation_for(self, settings: Attributes, *others: Array | None) -> Activation | None:
        """Choose the activation function, by the values of the inputs after the first."""
        chosen = self.activation
        return (
            chosen
            if chosen is None or isinstance(chosen, Activation)
            else chosen(settings, *others)
        )


def find_operator(op: str) -> Operator:
    """Look an operation up; of one that is not listed nothing is known."""
    return OPERATORS.get(op, Operator())


# ---- activation functions that only other people's networks have, or that settings choose --------

ABS = Activation(
    "abs",
    abs,
    lambda z: math.copysign(1, z),
    "|z|",
    " = |{z}|",
    "±1",
    "|ZZ|",
    (0.0,),
)
ERF = Activation(
    "erf",
    math.erf,
    lambda z: 2 / math.sqrt(math.pi) * math.exp(-z * z),
    "erf(z)",
    " = erf({z})",
    "2/√π · e^-z²",
    r"\operatorname{erf}(ZZ)",
)
LOG = Activation("log", math.log, lambda z: 1 / z, "ln z", " = ln {z}", "1 / z", r"\ln ZZ")


def choose_leaky_relu(s: Attributes, *others: Any) -> Activation:
    """Choose by the slope below 0."""
    return leaky_relu(s.get("alpha", 0.01))


def choose_elu(s: Attributes, *others: Any) -> Activation:
    """Choose by the depth below 0."""
    return elu(s.get("alpha", 1.0))


def choose_gelu(s: Attributes, *others: Any) -> Activation:
    """Choose the exact one, which alone is a formula here."""
    if s.get("approximate", "none") != "none":
        raise UnsupportedOperator("Gelu by tanh")
    return GELU


def choose_clip(s: Attributes, low: Array | None = None, high: Array | None = None) -> Activation:
    """Choose by the limits, which older files give as settings."""
    return clip(
        s.get("min", -math.inf) if low is None else float(low),
        s.get("max", math.inf) if high is None else float(high),
    )


def choose_root(s: Attributes, *others: Any) -> Activation:
    """Take the square root."""
    return power_function(1.0, 0.5, "sqrt")


def choose_power(s: Attributes, exponent: Array) -> Activation:
    """Choose by the exponent."""
    return power_function(1.0, float(exponent.ravel()[0]), "power")


# ---- the table -----------------------------------------------------------------------------------


OPERATORS: dict[str, Operator] = {
    # activation functions
    "Abs": Operator(partial(operators.apply, arithmetic.abs), spatial="place", activation=ABS),
    "Clip": Operator(operators.clip, spatial="place", label="input", activation=choose_clip),
    "Elu": Operator(operators.elu, spatial="place", label="input", activation=choose_elu),
    "Erf": Operator(operators.erf, spatial="place", activation=ERF),
    "Exp": Operator(partial(operators.apply, arithmetic.exp), spatial="place", activation=EXP),
    "Gelu": Operator(operators.gelu, spatial="place", label="input", activation=choose_gelu),
    "HardSigmoid": Operator(operators.hard_sigmoid, spatial="place"),
    "HardSwish": Operator(
        partial(operators.apply, ops.hardswish),
        spatial="place",
        label="input",
        activation=HARDSWISH,
    ),
    "LeakyRelu": Operator(
        operators.leaky_relu, spatial="place", label="input", activation=choose_leaky_relu
    ),
    "Log": Operator(partial(operators.apply, arithmetic.log), spatial="place", activation=LOG),
    "PRelu": Operator(operators.prelu, "first", "place"),
    "Pow": Operator(
        partial(operators.apply, arithmetic.power), spatial="place", activation=choose_power
    ),
    "Relu": Operator(
        partial(operators.apply, ops.relu), spatial="place", label="input", activation=RELU
    ),
    "Sigmoid": Operator(
        partial(operators.apply, ops.sigmoid), spatial="place", label="input", activation=SIGMOID
    ),
    "Softplus": Operator(
        partial(operators.apply, ops.softplus), spatial="place", activation=SOFTPLUS
    ),
    "Sqrt": Operator(
        partial(operators.apply, arithmetic.sqrt), spatial="place", activation=choose_root
    ),
    "Tanh": Operator(
        partial(operators.apply, ops.tanh), spatial="place", label="input", activation=TANH
    ),
    # arithmetic
    "Add": Operator(partial(operators.apply, arithmetic.add), "all", "place"),
    "Div": Operator(operators.divide, "first", "place"),
    "Mul": Operator(partial(operators.apply, arithmetic.multiply), "first", "place"),
    "Neg": Operator(partial(operators.apply, arithmetic.negative), "first", "place"),
    "Sub": Operator(partial(operators.apply, arithmetic.subtract), "all", "place"),
    # layers of weights
    "Conv": Operator(operators.conv, "first", "window", label="weight"),
    "ConvTranspose": Operator(operators.conv_transpose, "first", label="weight"),
    "Gemm": Operator(operators.gemm, "first", label="weight"),
    "MatMul": Operator(partial(operators.apply, arithmetic.matmul), "first", label="weight"),
    # space, and what takes several numbers together
    "AveragePool": Operator(operators.average_pool, "first", "window", label="input"),
    "GlobalAveragePool": Operator(operators.mean_over_space, "first", label="input"),
    "MaxPool": Operator(operators.max_pool, "first", "window", label="input"),
    "ReduceMax": Operator(partial(operators.reduce_axes, arithmetic.max), "first"),
    "ReduceMean": Operator(partial(operators.reduce_axes, arithmetic.mean), "first", label="input"),
    "ReduceSum": Operator(partial(operators.reduce_axes, arithmetic.sum), "first"),
    "Resize": Operator(operators.resize, "first", "resized", label="input"),
    # normalization and recurrence
    "BatchNormalization": Operator(operators.batch_norm, "first", "place", label="input"),
    "InstanceNormalization": Operator(operators.instance_norm),
    "LSTM": Operator(operators.lstm),
    "LayerNormalization": Operator(operators.layer_norm),
    "LogSoftmax": Operator(lambda s, x: ops.log_softmax(x, axis=softmax_axis(s, x))),
    "Softmax": Operator(lambda s, x: ops.softmax(x, axis=softmax_axis(s, x)), label="input"),
    # what only carries numbers somewhere else
    "Cast": Operator(operators.cast, "first", "place", moves=True),
    "Concat": Operator(operators.concat, "all", moves=True),
    "Dropout": Operator(operators.identity, "first", "place", moves=True),
    "Expand": Operator(operators.expand, "first", moves=True),
    "Flatten": Operator(operators.flatten, "first", moves=True),
    "Gather": Operator(operators.gather, "first", moves=True),
    "Identity": Operator(operators.identity, "first", "place", moves=True),
    "Pad": Operator(operators.pad, "first", moves=True),
    "Reshape": Operator(operators.reshape, "first", moves=True),
    "Slice": Operator(operators.slice_axes, "first", moves=True),
    "Split": Operator(operators.split, "first", moves=True),
    "Squeeze": Operator(operators.squeeze, "first", moves=True),
    "Tile": Operator(operators.tile, "first", moves=True),
    "Transpose": Operator(operators.transpose, "first", moves=True),
    "Unsqueeze": Operator(operators.unsqueeze, "first", moves=True),
    # shapes and constants
    "ConstantOfShape": Operator(operators.constant_of_shape, "first"),
    "Range": Operator(operators.arange),
    "Shape": Operator(operators.shape_of, spatial="nothing"),
    "Size": Operator(operators.size_of, spatial="nothing"),
}
