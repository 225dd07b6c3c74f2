"""A place of a result, and the unit of the network that lies behind it.

An application's `probe` says which unit a person has pressed on; `neuropil.microscope` opens it
and knows no application. What comes after the last neuron (softmax, averages, colors) is told by
the application as worked steps, so that a walk begins at what the person sees; the microscope's own
steps follow them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.core.neuron import NeuronRecord

Index = tuple[int, ...]
Values = NDArray[Any]  # of a tensor
WHOLE = (0.0, 0.0, 1.0, 1.0)  # left, top, right, bottom, in parts of the picture
Place = tuple[int | slice, ...]  # of a vector in a tensor: one slice, the axis of classes


@dataclass(frozen=True)
class Unit:
    """One number of a tensor of the network."""

    tensor: str
    index: Index

    def __str__(self) -> str:
        return ",".join([self.tensor, *map(str, self.index)])  # as a person types it: conv1,0,3,5


@dataclass(frozen=True)
class Step:
    """One worked neuron on the way from what a person sees down to the inputs.

    children: the number of a term -> the number of the step that makes its x, among all steps
    constant_sum: whether the x of the terms always add up to the same, as probabilities do
    unit: where it is in the network; None for arithmetic beside or after it
    sources: the unit that each term's x comes from, where it comes from one
    """

    record: NeuronRecord
    children: Mapping[int, int] = field(default_factory=dict)
    constant_sum: bool = False
    unit: Unit | None = None
    sources: tuple[Unit | None, ...] = ()


@dataclass(frozen=True)
class Goal:
    """A number L that depends on a tensor of the network: what is looked at, or a loss.

    text: what L is
    value, gradient: from the tensor to L, and to dL/dtensor
    learning_rate: of the step of gradient descent that makes L smaller; None where none is wanted
    """

    text: str
    tensor: str
    value: Callable[[Values], float]
    gradient: Callable[[Values], Values]
    learning_rate: float | None = None

    @classmethod
    def of_unit(cls, unit: Unit, text: str) -> "Goal":
        """Look at a unit itself: L = y at its place, so dL/dy is 1 there and 0 elsewhere."""

        def gradient(tensor: Values) -> Values:
            slope = np.zeros_like(tensor)
            slope[unit.index] = 1  # one-hot: the seed from which `backward` starts
            return slope

        return cls(text, unit.tensor, lambda tensor: float(tensor[unit.index]), gradient)

    @classmethod
    def cross_entropy(
        cls,
        text: str,
        tensor: str,
        place: Place,
        true: int,
        rate: float,
        temperature: float = 1.0,
    ) -> "Goal":
        """Look at L = -ln p of the true class, with p = softmax(z / T) of the logits z at a place.

        -ln p_true = ln Σ e^(zₙ/T) - z_true/T, so dL/dzₙ = (pₙ - [n is true]) / T.
        """

        def value(logits: Values) -> float:
            z = logits[place].astype(np.float64) / temperature  # T > 1 makes a network less sure
            return float(np.log(np.exp(z - z.max()).sum()) + z.max() - z[true])

        def gradient(logits: Values) -> Values:
            z = logits[place].astype(np.float64) / temperature
            # With m = max z: e^(z-m) / Σ e^(z-m) is the same p, and no power overflows.
            p = np.exp(z - z.max())
            slope = np.zeros_like(logits)
            # dL/dz = dL/d(z/T) · 1/T, the chain rule; nothing outside of the place moves L.
            slope[place] = (p / p.sum() - np.eye(len(p))[true]) / temperature
            return slope

        return cls(text, tensor, value, gradient, rate)


@dataclass(frozen=True)
class ProbedImage:
    """The picture that a person looks at: RGB (H, W, 3), bytes or 16 bits.

    pixel: (x, y) of what was pressed; None where that is the whole
    caption: what is to be seen there
    is_pixel_color: whether the first three steps are the red, green and blue of the place
    crop: the part of it that the network's input shows: left, top, right, bottom, 0 to 1
    """

    pixels: Values
    pixel: tuple[int, int] | None
    caption: str
    is_pixel_color: bool = False
    crop: tuple[float, float, float, float] = WHOLE

    @property
    def covers_image(self) -> bool:
        """Tell whether the network sees all of the picture."""
        return self.crop == WHOLE


@dataclass(frozen=True)
class Probe:
    """Which unit of which network to open, for which inputs.

    steps: from what is seen down to the unit, which makes the first term of the last step
    describe_unit: says what a unit of an input or an output is; None where its tensor is no picture
    image_inputs: the input tensors (1, C, H, W), all of one size, that show the whole picture of
        `sight`
    saliency: whether a page shows how much each pixel of it matters
    before: the networks that feed it, in order: an output of one is the input of that name of the
        next; `inputs` are then those of them all
    """

    network: Path
    inputs: dict[str, Values]
    unit: Unit
    goal: Goal
    steps: tuple[Step, ...] = ()
    describe_unit: Callable[[Unit], str | None] = lambda unit: None
    probed_image: ProbedImage | None = None
    image_inputs: tuple[str, ...] = ()
    saliency: bool = False
    before: tuple[Path, ...] = ()

    @property
    def networks(self) -> tuple[Path, ...]:
        """List the networks from the first to the one that is opened."""
        return (*self.before, self.network)
