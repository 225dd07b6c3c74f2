"""What people type: inputs `0.1,0.2`, the weights of a layer, a row a neuron, an activation."""

import math
from dataclasses import dataclass
from typing import ClassVar

from neuropil.core import (
    ELU,
    GELU,
    Hardswish,
    Heaviside,
    Identity,
    Layer,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from neuropil.kit.errors import UserError, suggest

SOFTMAX = "softmax"
ACTIVATION_LAYERS: dict[str, type[Layer]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "gelu": GELU,
    "silu": SiLU,
    "softplus": Softplus,
    "hardswish": Hardswish,
    "identity": Identity,
    "linear": Identity,
    "swish": SiLU,
    "step": Heaviside,
    "heaviside": Heaviside,
    SOFTMAX: Identity,  # of the last layer: its shares are made of all neurons, by the loss
}
LARGEST = 1e100  # what is larger would soon be no number


@dataclass(frozen=True)
class Vector:
    """A row of numbers, each a decimal or a fraction."""

    SYNTAX: ClassVar[str] = "A,B,..."

    values: tuple[float, ...]

    @classmethod
    def parse(cls, text: str) -> "Vector":
        """Read "0.1,1/3"; raises UserError for anything else."""
        return cls(_row(text, text, cls.SYNTAX))


@dataclass(frozen=True)
class WeightMatrix:
    """The weights of a layer: for each of its neurons, one for each input."""

    SYNTAX: ClassVar[str] = "A,B,.../C,D,..."

    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "WeightMatrix":
        """Read "0.1,0.2/0.3,0.4", two neurons on two inputs; raises UserError for anything else.

        Where a ; stands between neurons, or behind a single one, a / is that of a fraction:
        "1/3,1/2;1/4,1", "1/3,1/2;".
        """
        between = ";" if ";" in text else "/"
        parts = text.removesuffix(";").split(between)
        rows = tuple(_row(row, text, cls.SYNTAX) for row in parts)
        if len({len(row) for row in rows}) > 1:
            counts = ", ".join(str(len(row)) for row in rows)
            raise UserError(
                "option.conflict",
                f"weights {text}: the neurons have {counts} weights; all of a layer have the same"
                " inputs, so give each as many, as in 0.1,0.2/0.3,0.4; where a / is that of a"
                " fraction, put a ; behind each neuron, as in 1/3,1/2;",
                name="w",
                value=text,
            )
        return cls(rows)


@dataclass(frozen=True)
class ActivationName:
    """The name of an activation function."""

    SYNTAX: ClassVar[str] = "NAME"

    name: str

    @classmethod
    def parse(cls, text: str) -> "ActivationName":
        """Read "relu"; raises UserError for what is none, and lists those that there are."""
        text = text.lower().replace("-", "_")
        if text not in ACTIVATION_LAYERS:
            near = suggest(text, ACTIVATION_LAYERS)
            raise UserError(
                "option.choice",
                f"activation {text}{near}: it is one of {', '.join(ACTIVATION_LAYERS)}",
                name="activation",
                value=text,
                possible=tuple(ACTIVATION_LAYERS),
            )
        return cls(text)

    def layer(self) -> Layer:
        """Make the layer."""
        return ACTIVATION_LAYERS[self.name]()


def _row(text: str, whole: str, form: str) -> tuple[float, ...]:
    """Read a row of numbers, a part of what was typed or all of it."""
    if not text.strip():
        empty = f"a row of {whole} is empty" if whole.strip() else "the row of numbers is empty"
        raise UserError(
            "option.syntax", f"{empty}; type it as {form}, for example 0.1,0.25", value=whole
        )
    try:
        row = tuple(_number(part) for part in text.replace("\N{MINUS SIGN}", "-").split(","))
    except (ValueError, ZeroDivisionError):
        row = (math.nan,)
    if any(abs(value) > LARGEST for value in row):
        raise UserError(
            "option.range", f"{text} is too large: numbers go up to {LARGEST:g}", value=text
        )
    if not all(map(math.isfinite, row)):
        raise UserError(
            "option.syntax",
            f"{text} is no row of numbers; it reads {form}, as in 0.1,0.25",
            value=text,
        )
    return row


def _number(text: str) -> float:
    """Read a decimal or a fraction; raises ValueError, or ZeroDivisionError for 1/0."""
    above, slash, below = text.partition("/")
    return float(above) / float(below) if slash else float(above)
