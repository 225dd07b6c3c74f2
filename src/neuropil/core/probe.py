"""A place of a result, and the unit of the network that lies behind it.

An application's `probe` says which unit a person has pressed on; `neuropil.microscope` opens it
and knows no application. What comes after the last neuron (softmax, averages, colors) is told by
the application as worked steps, so that a walk begins at what the person sees.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuropil.core.neuron import Worked

Index = tuple[int, ...]


@dataclass(frozen=True)
class Unit:
    """One number of a tensor of the network."""

    tensor: str
    index: Index

    def __str__(self) -> str:
        return ",".join([self.tensor, *map(str, self.index)])


@dataclass(frozen=True)
class Step:
    """Arithmetic that comes after the network: one number that others are made of.

    below: the number of a term -> the number of the step that makes its x, among all steps
    shares: whether the x of the terms always add up to the same, as probabilities do
    """

    worked: "Worked"
    below: Mapping[int, int] = field(default_factory=dict)
    shares: bool = False


@dataclass(frozen=True)
class Goal:
    """A number L that depends on a tensor of the network: what is looked at, or a loss.

    text: what L is
    value, slope: from the tensor to L, and to dL/dtensor
    rate: of the step of gradient descent that would make L smaller; None where nobody wants that
    """

    text: str
    tensor: str
    value: "Callable[[NDArray[Any]], float]"
    slope: "Callable[[NDArray[Any]], NDArray[Any]]"
    rate: float | None = None


@dataclass(frozen=True)
class Sight:
    """The picture that a person looks at: RGB (H, W, 3), bytes or 16 bits.

    place: (x, y) of what was pressed; None where that is the whole
    words: what is to be seen there
    painted: whether the first three steps are the red, green and blue of the place
    window: the part of it that the network's input shows: left, top, right, bottom, 0 to 1
    """

    pixels: "NDArray[Any]"
    place: tuple[int, int] | None
    words: str
    painted: bool = False
    window: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    @property
    def whole(self) -> bool:
        """Tell whether the network sees all of the picture."""
        return self.window == (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Probe:
    """Which unit of which network to open, for which inputs.

    steps: from what is seen down to the unit, which makes the first term of the last step
    named: says what a unit of an input or an output is; None where its tensor is no picture
    views: the input tensors (1, C, H, W) that show the whole picture of `sight`
    saliency: whether a page shows how much each pixel of it matters
    """

    network: Path
    feeds: "dict[str, NDArray[Any]]"
    unit: Unit
    goal: Goal
    steps: tuple[Step, ...] = ()
    named: Callable[[Unit], str | None] = lambda unit: None
    sight: Sight | None = None
    views: tuple[str, ...] = ()
    saliency: bool = False
