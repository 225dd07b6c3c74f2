"""From the probability of a class back to the neuron behind it.

p  <-  its share of all classes, times how likely it is that the picture shows one of them
   <-  e^((z - m)/T)  <-  z, the mean of the logits of all views  <-  the logit of one, a neuron

V  views of a picture     K  classes
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.classify.classifier import Classifier, ClassifierMetadata, NoneNeuron, stand_out
from neuropil.apps.classify.crops import crop_and_resize
from neuropil.apps.classify.prediction import ClassName, CropPredictions
from neuropil.apps.classify.preprocess import SMALL_SCALE, Bytes
from neuropil.core.activations import EXP, IDENTITY, SIGMOID, softmax_share
from neuropil.core.neuron import NeuronRecord, Observed, Term
from neuropil.core.probe import Goal, Probe, ProbedImage, Step, Unit
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image
from neuropil.kit.media.opaque import to_rgb8

Floats = NDArray[Any]

ROUNDING = 2.0**-18  # of float32, where views are averaged and run by themselves
SHOWN = 512  # pixels that the longer side of the picture in the page has at least, or half


@dataclass(frozen=True)
class ProbedClass:
    """What was asked about: a class by its number, or None for that it is none of them."""

    answer: CropPredictions
    names: tuple[str, ...]  # of the views
    number: int | None
    told: ClassifierMetadata  # of the network

    @property
    def none_neuron(self) -> NoneNeuron | None:
        """Give the neuron for none of them where the network has no output for it, as the eye."""
        return self.told.none_neuron

    @property
    def unit(self) -> Unit:
        """Tell which unit of the network is opened."""
        if self.number is None and self.none_neuron is None:
            return Unit("outside", (0, 0))
        return Unit("logits", (0, self.opened))

    @property
    def opened(self) -> int:
        """Tell whose logit is opened: of none of them, the largest one."""
        return int(self.view_logits.argmax()) if self.number is None else self.number

    @property
    def view_logits(self) -> NDArray[np.float64]:
        """List the logits (K,) of the view that is opened."""
        return np.asarray(self.answer.logits[self.order[0]], np.float64)

    @property
    def label(self) -> str:
        """Name the class."""
        return self.answer.none_label if self.number is None else self.answer.classes[self.number]

    @property
    def crop_logits(self) -> NDArray[np.float64]:
        """List what each view's neuron says (V,)."""
        of = self.answer.none_logits if self.number is None else self.answer.logits[:, self.number]
        return np.asarray(of, np.float64)

    @property
    def order(self) -> list[int]:
        """Sort the views, the one with the largest z, of either sign, first: it is opened."""
        return [int(v) for v in np.argsort(-np.abs(self.crop_logits), kind="stable")]

    @property
    def crop_name(self) -> str:
        """Name the view that is opened."""
        return self.names[self.order[0]]


def build_probe(
    classifier: Classifier,
    photo: Image,
    label: ClassName | None,
    target: ClassName | None,
    rate: float,
) -> Probe:
    """Find the neuron of a class, in the view that says most for it or against it."""
    seen_as, answer, told = classifier.crops(photo), classifier.predict(photo), classifier.metadata
    number = answer.class_index(label or ClassName(answer.ranked_labels()[0].name))
    pressed = ProbedClass(answer, tuple(v.name for v in seen_as), number, told)
    view = seen_as[pressed.order[0]]
    whole = to_rgb8(photo)
    pixels = told.scale.encode(crop_and_resize(whole, view)[None])
    opened = answer.classes[pressed.opened] if pressed.unit.tensor == "logits" else pressed.label
    goal = Goal.of_unit(pressed.unit, f"z of {opened} in one view, {pressed.crop_name}")
    goal = loss(pressed, answer.class_index(target), rate) if target else goal
    words = f"“{pressed.label}”, as seen in this view of the picture: {view.name}"
    H, W, _ = whole.shape
    window = (view.left / W, view.top / H, view.right / W, view.bottom / H)
    return Probe(
        classifier.network.path,
        {"picture": np.ascontiguousarray(pixels)},
        pressed.unit,
        goal,
        decoding_steps(pressed),
        partial(describe_unit, pressed=pressed),
        ProbedImage(enlarge(whole), None, words, crop=window),
        ("picture",),
        saliency=True,
    )


def enlarge(pixels: Bytes) -> Bytes:
    """Enlarge a small picture, so that frames on it can be seen."""
    factor = max(1, SHOWN // max(pixels.shape[:2]))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def loss(pressed: ProbedClass, true: int | None, rate: float) -> Goal:
    """Look at -ln p of the true answer, of one view: of the classes, or of the outside neuron."""
    if pressed.number is None and pressed.none_neuron is None:
        return none_goal(pressed, 1.0 if true is None else 0.0, rate)
    if true is None and pressed.none_neuron:
        raise UserError(
            "option.conflict",
            f"the eye has no weights for {pressed.answer.none_label} that a step could move; name"
            " one of its classes as the true one, as in --target dog",
            name="target",
        )
    if true is None:
        raise UserError(
            "option.conflict",
            f"the true answer is {pressed.answer.none_label}, which another neuron decides:"
            " open that one, by --label none",
            name="label",
        )
    return Goal.cross_entropy(
        f"-ln p of the true {pressed.answer.classes[true]} in one view, {pressed.crop_name}",
        "logits",
        (0,),
        true,
        rate,
        pressed.answer.temperature,
    )


def none_goal(pressed: ProbedClass, true: float, rate: float) -> Goal:
    """Look at -ln σ(o) where the picture shows none of the classes, else at -ln (1 - σ(o))."""
    sign = 1 if true else -1
    says = "is" if true else "is not"
    text = f"-ln p that it {says} {pressed.answer.none_label}, in one view, {pressed.crop_name}"
    return Goal(
        text,
        "outside",
        lambda tensor: float(np.logaddexp(0, -sign * float(tensor[0, 0]))),
        lambda tensor: np.full((1, 1), SIGMOID.f(float(tensor[0, 0])) - true),
        rate,
    )


def decoding_steps(pressed: ProbedClass) -> tuple[Step, ...]:
    """Tell the arithmetic from the probability that is shown down to the mean of the views."""
    mean = Step(mean_step(pressed))
    if pressed.number is None and pressed.none_neuron:
        return (
            Step(none_step(pressed), {0: 1}),
            Step(mean_step(pressed), {0: 2}),
            Step(none_neuron_step(pressed, pressed.none_neuron), {0: 3}),
            Step(stand_out_step(pressed)),
        )
    if pressed.number is None:
        return (Step(none_step(pressed), {0: 1}), mean)
    return (
        Step(printed_probability(pressed), {0: 1}),
        Step(softmax_step(pressed), {pressed.number: 2}),
        Step(exp_step(pressed), {0: 3}),
        mean,
    )


def printed_probability(pressed: ProbedClass) -> NeuronRecord:
    """Tell the probability that is printed: the share, times that it is one of the classes."""
    assert pressed.number is not None
    share_, known = (
        float(pressed.answer.class_probabilities[pressed.number]),
        1 - pressed.answer.p_none,
    )
    printed = {guess.name: guess.probability for guess in pressed.answer.ranked_labels()}[
        pressed.label
    ]
    term = Term(f"share of {pressed.label} among the classes", share_, known, learned=False)
    outside = pressed.answer.none_label
    name = f"p of {pressed.label}" + (f"; the weight is 1 - p of {outside}" if outside else "")
    return NeuronRecord(name, (term,), 0.0, IDENTITY, Observed(printed, printed, ROUNDING))


def softmax_step(pressed: ProbedClass) -> NeuronRecord:
    """Tell the share of a class: its part of all the powers (softmax)."""
    assert pressed.number is not None
    answer = pressed.answer
    powers = np.exp((answer.z - answer.z.max()) / answer.temperature)
    terms = tuple(
        Term(f"e^((z - m)/T) of {name}", float(e), 1.0, learned=False)
        for name, e in zip(answer.classes, powers, strict=True)
    )
    top, p = float(powers[pressed.number]), float(answer.class_probabilities[pressed.number])
    name = f"share of {pressed.label} among the classes"
    return NeuronRecord(
        name, terms, 0.0, softmax_share(top, pressed.number), Observed(None, p, ROUNDING)
    )


def exp_step(pressed: ProbedClass) -> NeuronRecord:
    """Tell e^((z - m)/T) of the class; m is the largest z, which keeps powers in bounds."""
    assert pressed.number is not None
    T, z = pressed.answer.temperature, float(pressed.answer.z[pressed.number])
    most = float(pressed.answer.z.max())
    term = Term("z, the mean of the views", z, 1 / T, learned=False)
    name = f"e^((z - m)/T) of {pressed.label}, T = {T:g}, m = {most:.6g}, the largest z"
    shares = pressed.answer.class_probabilities
    a = float(shares[pressed.number] / shares.max())
    return NeuronRecord(name, (term,), -most / T, EXP, Observed(None, a, ROUNDING))


def none_step(pressed: ProbedClass) -> NeuronRecord:
    """Tell the probability that it is none of the classes: σ of the views' mean."""
    z = float(pressed.crop_logits.mean())
    term = Term("z, the mean of the views", z, 1.0, learned=False)
    return NeuronRecord(
        f"p of {pressed.label}", (term,), 0.0, SIGMOID, Observed(z, pressed.answer.p_none, ROUNDING)
    )


def none_neuron_step(pressed: ProbedClass, neuron: NoneNeuron) -> NeuronRecord:
    """Tell o of one view, from how far the largest logit stands out: o = w·e + b."""
    z = pressed.view_logits
    term = Term("e, how far the largest z stands out", float(stand_out(z)), neuron.weight)
    o = float(neuron.logits(z))
    name = f"z of {pressed.label}, {pressed.crop_name}"
    return NeuronRecord(name, (term,), neuron.bias, IDENTITY, Observed(o, o, ROUNDING))


def stand_out_step(pressed: ProbedClass) -> NeuronRecord:
    """Tell e = (z_max - μ) / s, with mean and standard deviation of all logits of the view."""
    z = pressed.view_logits
    spread, best = float(z.std()), pressed.answer.classes[pressed.opened]
    term = Term(f"z of {best}, the largest", float(z.max()), 1 / spread, learned=False)
    e = float(stand_out(z))
    name = f"e: z of {best} from the mean of all {len(z):,}, in their standard deviations"
    return NeuronRecord(
        name, (term,), -float(z.mean()) / spread, IDENTITY, Observed(e, e, ROUNDING)
    )


def mean_step(pressed: ProbedClass) -> NeuronRecord:
    """Tell the mean of the views, the one that is opened first."""
    of_views, V = pressed.crop_logits, len(pressed.names)
    terms = tuple(
        Term(f"z of {pressed.label}, {pressed.names[v]}", float(of_views[v]), 1 / V, learned=False)
        for v in pressed.order
    )
    answer = pressed.answer
    z = float(of_views.mean() if pressed.number is None else answer.z[pressed.number])
    views = f"{V} views" if V > 1 else "one view"
    return NeuronRecord(
        f"z of {pressed.label}, the mean of {views}", terms, 0.0, IDENTITY, Observed(z, z)
    )


def describe_unit(unit: Unit, pressed: ProbedClass) -> str | None:
    """Say what a unit of an input or an output is."""
    if unit.tensor == "picture":
        color = ("red", "green", "blue")[unit.index[1]]
        return f"{color} at row {unit.index[2]}, column {unit.index[3]} of what is seen"
    if unit.tensor == "features" and pressed.told.scale == SMALL_SCALE:
        return f"feature {unit.index[1]}, the largest value of channel {unit.index[1]}"
    if unit.tensor in ("features", "mean_features"):
        return f"feature {unit.index[1]}, the mean of channel {unit.index[1]}"
    if unit.tensor == "largest":  # of a network that was taught (teaching.py)
        return "the largest z"
    if unit.tensor == "logits":
        return f"z of {pressed.answer.classes[unit.index[1]]}, {pressed.crop_name}"
    if unit.tensor == "outside":
        outside = pressed.answer.none_label or "none of them, which it never says"
        return f"z of {outside}, {pressed.crop_name}"
    return None
