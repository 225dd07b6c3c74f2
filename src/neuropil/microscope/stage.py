"""One worked neuron on the way from what a person sees down to the inputs, and what it hangs on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from neuropil.core.neuron import NeuronRecord
from neuropil.core.probe import Unit


@dataclass(frozen=True)
class Step:
    """One worked neuron of a walk.

    unit: where it is in the network; None for arithmetic beside or after it
    sources: the unit that each term's x comes from, where it comes from one
    below: the number of a term -> the number of the stage that makes its x
    shares: whether the x of the terms always add up to the same, as probabilities do
    """

    worked: NeuronRecord
    unit: Unit | None = None
    sources: tuple[Unit | None, ...] = ()
    below: Mapping[int, int] = field(default_factory=dict)
    shares: bool = False
