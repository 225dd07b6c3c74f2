"""From what the car did at a step back to the neuron behind it, and to the road that it saw."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neuropil.apps.drive.preprocess import ROAD, SIDE
from neuropil.apps.drive.replay import ReplayStep
from neuropil.core.probe import Goal, Probe, ProbedImage, Unit

Floats = NDArray[Any]

SCALE = 6  # times: the picture in a page
UNITS = {
    "steering": Unit("steering", (0, 0)),
    "gas": Unit("pedals", (0, 0)),
    "brake": Unit("pedals", (0, 1)),
}


def build_probe(
    network: Path, picture: Floats, there: ReplayStep, label: str, target: float | None, rate: float
) -> Probe:
    """Find the neuron of a control."""
    unit = UNITS[label]
    probed_image = there.picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    words = f"what the camera saw on track {there.seed} at step {there.step}"
    return Probe(
        network,
        {"picture": picture},
        unit,
        make_goal(unit, label, target, rate),
        describe_unit=describe_unit,
        probed_image=ProbedImage(probed_image, None, words),
        image_inputs=("picture",),
        saliency=True,
    )


def make_goal(unit: Unit, label: str, target: float | None, rate: float) -> Goal:
    """Look at the control itself, or at half the square of how far it is from the target."""
    control = Goal.of_unit(unit, f"{label}, which is looked at")
    if target is None:
        return control
    return Goal(
        f"half the square of {label} {'+' if target < 0 else '-'} {abs(target):g}",
        unit.tensor,
        lambda t: (control.value(t) - target) ** 2 / 2,
        lambda t: (control.value(t) - target) * control.gradient(t),
        rate,
    )


def describe_unit(unit: Unit) -> str | None:
    """Say what a unit of the input or an output is."""
    if unit.tensor == "picture":
        color, row, column = ("red", "green", "blue")[unit.index[1]], *unit.index[2:]
        part = "of the view" if row < ROAD else "of the instruments"
        return f"{color} at row {row}, column {column} of {SIDE}, {part}"
    return next((label for label, known in UNITS.items() if known == unit), None)
