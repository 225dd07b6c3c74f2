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
from neuropil.microscope import (
    attention,
    extensions,
    normalizations,
    operators,
    recurrences,
    spatial,
)
from neuropil.microscope.operators import Attributes, UnsupportedOperator, softmax_axis

Run = Callable[..., Tensor | Array | tuple[Tensor | Array, ...]]
Choice = Callable[..., Activation]  # of settings and the values of further inputs


@dataclass(frozen=True)
class Operator:
    """What is known of an operation.

    run: computes it from its settings and inputs; None where core can't
    linear: whether it is a weighted sum of its "first" input, the others given, of "all", of its
        first though that is of "whole" numbers, or of "values", its third
    spatial: what of a picture a place of its output sees: a "window", the same place of a
        "resized" picture, the same "place", or "nothing" of its numbers; None where that is all
    moves: whether it only carries numbers somewhere else
    label: whether people name its output after its "weight" or its "input"
    activation: the function of one number that it is, or what chooses that by its settings
    inner: computes the weighted sum alone, where it is one and an activation function over it, or
        where how its other inputs move it is not known
    held: whether weights and bias hold sums of their own, as the mean of a normalization
    recurrent: whether its numbers are those of cells at times, each made of those before
    """

    run: Run | None = None
    linear: Literal["first", "all", "whole", "values"] | None = None
    spatial: Literal["window", "resized", "place", "nothing"] | None = None
    moves: bool = False
    label: Literal["weight", "input"] | None = None
    activation: Activation | Choice | None = None
    inner: Run | None = None
    held: bool = False
    recurrent: bool = False

    @property
    def weighted(self) -> bool:
        """Tell a layer of weights."""
        return self.label == "weight"

    @property
    def fused(self) -> bool:
        """Tell an operation in which an activation function is over a sum that can't be seen."""
        return self.inner is not None or self.recurrent

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
    """Choose by the limits."""
    return clip(-math.inf if low is None else low.item(), math.inf if high is None else high.item())


def choose_hard_sigmoid(s: Attributes, *others: Any) -> Activation:
    """Take the limits; the line between them is a weighted sum."""
    return clip(0.0, 1.0)


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
    "HardSigmoid": Operator(
        operators.hard_sigmoid,
        "first",
        "place",
        activation=choose_hard_sigmoid,
        inner=operators.hard_sigmoid_line,
    ),
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
    "CumSum": Operator(operators.cumulate, "first"),
    "Max": Operator(partial(operators.pick_operand, 1), "all", "place"),
    "Mean": Operator(operators.average_operands, "all", "place"),
    "Min": Operator(partial(operators.pick_operand, -1), "all", "place"),
    "Sum": Operator(partial(operators.fold_operands, arithmetic.add), "all", "place"),
    # layers of weights
    "Conv": Operator(spatial.conv, "first", "window", label="weight"),
    "ConvInteger": Operator(extensions.conv_integer, "whole", "window", label="weight"),
    "ConvTranspose": Operator(spatial.conv_transpose, "first", label="weight"),
    "DequantizeLinear": Operator(extensions.dequantize, "whole", "place"),
    "Einsum": Operator(operators.einsum, "first", label="weight"),
    "Gemm": Operator(operators.gemm, "first", label="weight"),
    "MatMul": Operator(operators.matmul, "first", label="weight"),
    "MatMulInteger": Operator(extensions.matmul_integer, "whole", label="weight"),
    # space, and what takes several numbers together
    "AveragePool": Operator(spatial.average_pool, "first", "window", label="input"),
    "GlobalAveragePool": Operator(spatial.mean_over_space, "first", label="input"),
    "GlobalMaxPool": Operator(spatial.max_over_space, "first", label="input"),
    "MaxPool": Operator(spatial.max_pool, "first", "window", label="input"),
    "ReduceMax": Operator(partial(operators.reduce_axes, arithmetic.max), "first"),
    "ReduceMin": Operator(partial(operators.reduce_axes, operators.smallest), "first"),
    "ReduceMean": Operator(partial(operators.reduce_axes, arithmetic.mean), "first", label="input"),
    "ReduceSum": Operator(partial(operators.reduce_axes, arithmetic.sum), "first"),
    "Resize": Operator(spatial.resize, "first", "resized", label="input"),
    "TopK": Operator(operators.top, "first"),
    "Upsample": Operator(spatial.resize, "first", "resized", label="input"),
    # attention, normalization and recurrence
    "Attention": Operator(linear="values", inner=attention.weigh_values, held=True),
    "BatchNormalization": Operator(
        normalizations.batch_norm, "first", "place", label="input", held=True
    ),
    "GRU": Operator(recurrences.gru, recurrent=True),
    "GroupNormalization": Operator(normalizations.group_norm, "first", held=True),
    "InstanceNormalization": Operator(normalizations.instance_norm, "first", held=True),
    "LRN": Operator(normalizations.local_response_norm, "first", "place", held=True),
    "LSTM": Operator(recurrences.lstm, recurrent=True),
    "LayerNormalization": Operator(normalizations.layer_norm, "first", held=True),
    "LogSoftmax": Operator(normalizations.log_softmax, "first", held=True),
    "LpNormalization": Operator(normalizations.divide_by_norm, "first", held=True),
    "MeanVarianceNormalization": Operator(normalizations.mean_variance_norm, "first", held=True),
    "RMSNormalization": Operator(normalizations.rms_norm, "first", held=True),
    "RNN": Operator(recurrences.rnn, activation=recurrences.choose_rnn, recurrent=True),
    "SimplifiedLayerNormalization": Operator(normalizations.rms_norm, "first", held=True),
    "Softmax": Operator(lambda s, x: ops.softmax(x, axis=softmax_axis(s, x)), label="input"),
    # what only carries numbers somewhere else
    "Cast": Operator(operators.cast, "first", "place", moves=True),
    "CastLike": Operator(operators.cast_like, "first", "place", moves=True),
    "Concat": Operator(operators.concat, "all", moves=True),
    "Dropout": Operator(operators.dropout, "first", "place", moves=True),
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
    **{
        op: Operator(partial(operators.carry, op), "first", moves=True)
        for op in (
            *("CenterCropPad", "Compress", "DepthToSpace", "GatherElements", "GatherND"),
            *("ReverseSequence", "SpaceToDepth", "Trilu"),
        )
    },
    **{
        op: Operator(partial(operators.carry, op), "all", moves=True)
        for op in ("ScatterElements", "ScatterND", "Where")
    },
    # shapes and constants
    "ConstantOfShape": Operator(operators.constant_of_shape, "first"),
    "Range": Operator(operators.arange),
    "Shape": Operator(operators.shape_of, spatial="nothing"),
    "Size": Operator(operators.size_of, spatial="nothing"),
    # models of scikit-learn
    "ai.onnx.ml.LinearClassifier": Operator(
        extensions.class_probabilities,
        "whole",
        activation=extensions.choose_transform,
        inner=extensions.class_scores,
    ),
    "ai.onnx.ml.LinearRegressor": Operator(extensions.regressor, "whole"),
    "ai.onnx.ml.Normalizer": Operator(extensions.normalize_features, "first", held=True),
    "ai.onnx.ml.Scaler": Operator(extensions.scale_features, "whole"),
    # what ONNX Runtime runs as one
    "com.microsoft.BiasGelu": Operator(
        extensions.bias_gelu,
        "all",
        "place",
        activation=GELU,
        inner=partial(operators.apply, arithmetic.add),
    ),
    "com.microsoft.FusedConv": Operator(
        partial(extensions.fused, extensions.fused_conv),
        "first",
        label="weight",
        activation=extensions.choose_fused,
        inner=extensions.fused_conv,
    ),
    "com.microsoft.FusedGemm": Operator(
        partial(extensions.fused, operators.gemm),
        "first",
        label="weight",
        activation=extensions.choose_fused,
        inner=operators.gemm,
    ),
    "com.microsoft.FusedMatMul": Operator(extensions.fused_matmul, "first", label="weight"),
    "com.microsoft.Gelu": Operator(
        partial(operators.apply, ops.gelu), spatial="place", label="input", activation=GELU
    ),
    "com.microsoft.MatMulNBits": Operator(extensions.matmul_bits, "first", label="weight"),
    "com.microsoft.MultiHeadAttention": Operator(
        linear="values", inner=attention.weigh_values_of_heads, held=True
    ),
    "com.microsoft.SkipLayerNormalization": Operator(
        normalizations.skip_layer_norm, "all", held=True
    ),
}
