"""From the probability of a class back to the neuron behind it.

p  <-  its share of all classes, times how likely it is that the picture shows one of them
   <-  e^((z - m)/T)  <-  z, the mean of the logits of all views  <-  the logit of one, a neuron

V  views of a picture     K  classes
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.crops import View, seen, shallow
from neuropil.apps.classify.prediction import Answer, ClassName
from neuropil.apps.classify.preprocess import Bytes, encode
from neuropil.core.activations import EXP, IDENTITY, SIGMOID, share_of
from neuropil.core.neuron import Ran, Term, Worked
from neuropil.core.probe import Goal, Probe, Sight, Step, Unit
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image

Floats = NDArray[Any]

ROUNDING = 2.0**-18  # of float32, where views are averaged and run by themselves
SHOWN = 512  # pixels that the longer side of the picture in the page has at least, or half


@dataclass(frozen=True)
class Pressed:
    """What was asked about: a class by its number, or None for that it is none of them."""

    answer: Answer
    names: tuple[str, ...]  # of the views
    number: int | None

    @property
    def word(self) -> str:
        """Name the class."""
        return self.answer.outside if self.number is None else self.answer.classes[self.number]

    @property
    def of_views(self) -> NDArray[np.float64]:
        """List what each view's neuron says (V,)."""
        of = self.answer.outsides if self.number is None else self.answer.logits[:, self.number]
        return np.asarray(of, np.float64)

    @property
    def order(self) -> list[int]:
        """Sort the views, the one with the largest z, of either sign, first: it is opened."""
        return [int(v) for v in np.argsort(-np.abs(self.of_views), kind="stable")]

    @property
    def view(self) -> str:
        """Name the view that is opened."""
        return self.names[self.order[0]]


def found(
    network: Path,
    photo: Image,
    seen_as: Sequence[View],
    answer: Answer,
    label: ClassName | None,
    target: ClassName | None,
    rate: float,
) -> Probe:
    """Find the neuron of a class, in the view that says most for it or against it."""
    best = ClassName(answer.ranked()[0].name)
    pressed = Pressed(answer, tuple(v.name for v in seen_as), answer.number(label or best))
    view = seen_as[pressed.order[0]]
    whole = shallow(photo)
    pixels = seen(whole, view)
    unit = Unit("outside", (0, 0))
    if pressed.number is not None:
        unit = Unit("logits", (0, pressed.number))
    goal = loss(pressed, answer.number(target), rate) if target else watched(pressed, unit)
    words = f"“{pressed.word}”, as seen in this view of the picture: {view.name}"
    H, W, _ = whole.shape
    window = (view.left / W, view.top / H, view.right / W, view.bottom / H)
    return Probe(
        network,
        {"picture": np.ascontiguousarray(encode(pixels[None]))},
        unit,
        goal,
        steps(pressed),
        partial(named, pressed=pressed),
        Sight(enlarged(whole), None, words, window=window),
        ("picture",),
        saliency=True,
    )


def enlarged(pixels: Bytes) -> Bytes:
    """Enlarge a small picture, so that frames on it can be seen."""
    factor = max(1, SHOWN // max(pixels.shape[:2]))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def watched(pressed: Pressed, unit: Unit) -> Goal:
    """Look at the neuron itself."""

    def slope(tensor: Floats) -> Floats:
        only = np.zeros_like(tensor)
        only[unit.index] = 1
        return only

    text = f"z of {pressed.word} in one view, {pressed.view}"
    return Goal(text, unit.tensor, lambda tensor: float(tensor[unit.index]), slope)


def loss(pressed: Pressed, true: int | None, rate: float) -> Goal:
    """Look at -ln p of the true answer, of one view: of the classes, or of the outside neuron."""
    if pressed.number is None:
        return outside_loss(pressed, 1.0 if true is None else 0.0, rate)
    if true is None:
        raise UserError(
            "option.conflict",
            f"the true answer is {pressed.answer.outside}, which another neuron decides:"
            " open that one, by --label none",
            name="label",
        )
    name, T = pressed.answer.classes[true], pressed.answer.temperature

    def value(tensor: Floats) -> float:
        z = tensor[0].astype(np.float64) / T
        return float(np.log(np.exp(z - z.max()).sum()) + z.max() - z[true])

    def slope(tensor: Floats) -> Floats:
        z = tensor[0].astype(np.float64) / T
        p = np.exp(z - z.max())
        made: Floats = ((p / p.sum() - np.eye(len(p))[true]) / T)[None]
        return made

    return Goal(
        f"-ln p of the true {name} in one view, {pressed.view}", "logits", value, slope, rate
    )


def outside_loss(pressed: Pressed, true: float, rate: float) -> Goal:
    """Look at -ln σ(o) where the picture shows none of the classes, else at -ln (1 - σ(o))."""
    sign = 1 if true else -1
    says = "is" if true else "is not"
    text = f"-ln p that it {says} {pressed.answer.outside}, in one view, {pressed.view}"
    return Goal(
        text,
        "outside",
        lambda tensor: float(np.logaddexp(0, -sign * float(tensor[0, 0]))),
        lambda tensor: np.full((1, 1), SIGMOID.f(float(tensor[0, 0])) - true),
        rate,
    )


def steps(pressed: Pressed) -> tuple[Step, ...]:
    """Tell the arithmetic from the probability that is shown down to the mean of the views."""
    mean = Step(averaged(pressed))
    if pressed.number is None:
        return (Step(unknown(pressed), {0: 1}), mean)
    return (
        Step(shown(pressed), {0: 1}),
        Step(share(pressed), {pressed.number: 2}),
        Step(power(pressed), {0: 3}),
        mean,
    )


def shown(pressed: Pressed) -> Worked:
    """Tell the probability that is printed: the share, times that it is one of the classes."""
    assert pressed.number is not None
    share_, known = float(pressed.answer.shares[pressed.number]), 1 - pressed.answer.unknown
    printed = {guess.name: guess.probability for guess in pressed.answer.ranked()}[pressed.word]
    term = Term(f"share of {pressed.word} among the classes", share_, known, learned=False)
    outside = pressed.answer.outside
    name = f"p of {pressed.word}" + (f"; the weight is 1 - p of {outside}" if outside else "")
    return Worked(name, (term,), 0.0, IDENTITY, Ran(printed, printed, ROUNDING))


def share(pressed: Pressed) -> Worked:
    """Tell the share of a class: its part of all the powers (softmax)."""
    assert pressed.number is not None
    answer = pressed.answer
    powers = np.exp((answer.z - answer.z.max()) / answer.temperature)
    terms = tuple(
        Term(f"e^((z - m)/T) of {name}", float(e), 1.0, learned=False)
        for name, e in zip(answer.classes, powers, strict=True)
    )
    top, p = float(powers[pressed.number]), float(answer.shares[pressed.number])
    name = f"share of {pressed.word} among the classes"
    return Worked(name, terms, 0.0, share_of(top, pressed.number), Ran(None, p, ROUNDING))


def power(pressed: Pressed) -> Worked:
    """Tell e^((z - m)/T) of the class; m is the largest z, which keeps powers in bounds."""
    assert pressed.number is not None
    T, z = pressed.answer.temperature, float(pressed.answer.z[pressed.number])
    most = float(pressed.answer.z.max())
    term = Term("z, the mean of the views", z, 1 / T, learned=False)
    name = f"e^((z - m)/T) of {pressed.word}, T = {T:g}, m = {most:.6g}, the largest z"
    shares = pressed.answer.shares
    a = float(shares[pressed.number] / shares.max())
    return Worked(name, (term,), -most / T, EXP, Ran(None, a, ROUNDING))


def unknown(pressed: Pressed) -> Worked:
    """Tell the probability that it is none of the classes: σ of the views' mean."""
    z = float(pressed.of_views.mean())
    term = Term("z, the mean of the views", z, 1.0, learned=False)
    return Worked(
        f"p of {pressed.word}", (term,), 0.0, SIGMOID, Ran(z, pressed.answer.unknown, ROUNDING)
    )


def averaged(pressed: Pressed) -> Worked:
    """Tell the mean of the views, the one that is opened first."""
    of_views, V = pressed.of_views, len(pressed.names)
    terms = tuple(
        Term(f"z of {pressed.word}, {pressed.names[v]}", float(of_views[v]), 1 / V, learned=False)
        for v in pressed.order
    )
    answer = pressed.answer
    z = float(of_views.mean() if pressed.number is None else answer.z[pressed.number])
    views = f"{V} views" if V > 1 else "one view"
    return Worked(f"z of {pressed.word}, the mean of {views}", terms, 0.0, IDENTITY, Ran(z, z))


def named(unit: Unit, pressed: Pressed) -> str | None:
    """Say what a unit of an input or an output is."""
    if unit.tensor == "picture":
        color = ("red", "green", "blue")[unit.index[1]]
        return f"{color} at row {unit.index[2]}, column {unit.index[3]} of what is seen"
    if unit.tensor == "features":
        return f"feature {unit.index[1]}, the largest value of channel {unit.index[1]}"
    if unit.tensor == "logits":
        return f"z of {pressed.answer.classes[unit.index[1]]}, {pressed.view}"
    if unit.tensor == "outside":
        outside = pressed.answer.outside or "none of them, which it never says"
        return f"z of {outside}, {pressed.view}"
    return None
