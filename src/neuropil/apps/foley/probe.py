"""From a sound of a film back to the neuron behind it: why this sound, and why now.

    distance of the recording  <-  -ln p of its class, strength, size, ...   (worked, no neuron)
    probability of the onset   <-  sigmoid  <-  z, a neuron on the LSTM along the film
    name of the scene          <-  its share of all  <-  e^z  <-  z, a neuron on what the eye sees

T frames of a block   N outputs of the onset network   D features of the eye
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.analysis import LOOK_EVERY, MOST_LOOKS
from neuropil.apps.foley.motion import WINDOW, C, Floats
from neuropil.apps.foley.onsets import AFTER, FORMS, Onset, OnsetFinder
from neuropil.apps.foley.scene import (
    Bytes,
    SceneWatcher,
    reduce_frame,
    scene_names,
    see,
    softmax,
)
from neuropil.apps.foley.search import Match
from neuropil.core.activations import EXP, IDENTITY, SIGMOID, softmax_share
from neuropil.core.neuron import NeuronRecord, Observed, Term
from neuropil.core.probe import Goal, Probe, ProbedImage, Step, Unit
from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame
from neuropil.kit.networks.network import OnnxNetwork

ROUNDING = 2.0**-18  # of float32, and of sums that are written in double precision beside it
DISTANCES = {
    "class": "-ln p of its class, by the scene and the form of the motion",
    "strength": "how far its strength is from that of the motion",
    "size": "how far its dullness is from the size of what moves",
    "typical": "how unlike others of its class it is",
    "repeated": "how soon it is heard again",
}
WHEN = ("two frames before", "the frame before", "the frame itself", "the frame after")
MAPS = (
    *("fine flow across", "fine flow down", "coarse flow across", "coarse flow down"),
    *("change", "size of the change", "brightness"),
)


@dataclass(eq=False)
class RecordingNetwork:
    """Runs the onset network, and keeps what it was given last and before."""

    network: OnnxNetwork
    given: list[dict[str, Floats]] = field(default_factory=list)

    @property
    def metadata(self) -> dict[str, str]:
        """Give the network's own."""
        return self.network.metadata

    def run(self, **feeds: Floats) -> dict[str, NDArray[Any]]:
        """Run the network; of what was given, two blocks are kept."""
        self.given = [*self.given[-1:], feeds]
        return self.network.run(**feeds)


@dataclass(frozen=True, eq=False)
class OnsetMoment:
    """What the onset network was given when it judged a frame.

    feeds: its inputs, of a block of frames; step: the number of the frame's output in the block
    frame: the frame that was judged
    """

    feeds: dict[str, Floats]
    step: int
    frame: Frame


def find_moment(film: Film, network: OnnxNetwork, number: int) -> OnsetMoment:
    """Run along a film up to where a frame is judged."""
    keeper = RecordingNetwork(network)
    finder = OnsetFinder(keeper)  # type: ignore[arg-type]
    frames = film.frames()
    judged = None
    for n, frame in enumerate(frames):
        judged = frame if n <= number else judged
        before = finder.steps
        list(finder.push(frame))
        if found := take_moment(keeper, finder, before, number, judged):
            return found
    before = finder.steps
    list(finder.finish())
    found = take_moment(keeper, finder, before, number, judged)
    assert found, "every frame of a film is judged"
    return found


def take_moment(
    keeper: RecordingNetwork, finder: OnsetFinder, before: int, number: int, judged: Frame | None
) -> OnsetMoment | None:
    """Give the moment where the last run has judged a frame."""
    step = number + AFTER - before
    if judged is None or not 0 <= step < finder.steps - before:
        return None
    return OnsetMoment(keeper.given[-1], step, judged)


def build_onset_probe(
    film: Film,
    network: OnnxNetwork,
    onset: Onset,
    match: Match,
    words: str,
    target: float | None,
    rate: float,
) -> Probe:
    """Find the neuron of an onset, behind the distance of the recording that was chosen for it.

    words: what was chosen
    """
    moment = find_moment(film, network, onset.frame)
    output = network.run(**moment.feeds)["onsets"][moment.step, 0]
    unit = Unit("onsets", (moment.step, 0, 0))
    return Probe(
        network.path,
        dict(moment.feeds),
        unit,
        make_goal(unit, target, rate),
        (Step(distance_step(match, words), {0: 1}), Step(probability_step(float(output[0])))),
        describe_unit,
        ProbedImage(moment.frame.pixels, None, f"the frame at {onset.time:.2f} s: {words}"),
    )


def make_goal(unit: Unit, target: float | None, rate: float) -> Goal:
    """Look at z of the onset, or at how unlikely what was to be heard is."""
    if target is None:
        return Goal.of_unit(unit, "z of the onset, which is looked at")
    sign = 1 if target else -1
    says = "is" if target else "is not"

    def value(tensor: NDArray[Any]) -> float:
        return float(np.logaddexp(0, -sign * float(tensor[unit.index])))

    def gradient(tensor: NDArray[Any]) -> NDArray[Any]:
        slope = np.zeros_like(tensor)
        slope[unit.index] = SIGMOID.f(float(tensor[unit.index])) - (sign + 1) / 2
        return slope

    return Goal(f"-ln p that something {says} heard", unit.tensor, value, gradient, rate)


def distance_step(match: Match, words: str) -> NeuronRecord:
    """Tell the distance of a recording as the sum of its terms."""
    terms = tuple(
        Term(DISTANCES.get(name, name), value, 1.0, learned=False)
        for name, value in match.terms.items()
    )
    seen = Observed(match.distance, match.distance, ROUNDING, source="the search")
    return NeuronRecord(f"distance of {words}", terms, 0.0, IDENTITY, seen)


def probability_step(z: float) -> NeuronRecord:
    """Tell the probability of the onset: σ(z)."""
    term = Term("z of the onset", z, 1.0, learned=False)
    p = float(1 / (1 + np.exp(-np.float64(z))))
    return NeuronRecord("p of the onset", (term,), 0.0, SIGMOID, Observed(z, p, ROUNDING))


def build_scene_probe(
    film: Film, eye: OnnxNetwork, head: OnnxNetwork, start: float, end: float
) -> Probe:
    """Find the neuron of the likeliest scene of a shot, at the last look at it.

    start, end: of the shot, in seconds
    """
    frame, squares = look_at_shot(film, start, end)
    watcher = SceneWatcher(eye, head)
    for square in squares[:-1]:
        watcher.look(square)
    features = see(eye, squares[-1])[None, None]
    feeds = {"features": features, "h": watcher.h, "c": watcher.c}
    logits = head.run(**feeds)["logits"][0, 0].astype(np.float64)
    best = int(logits.argmax())
    unit = Unit("logits", (0, 0, best))
    names = scene_names()
    return Probe(
        head.path,
        feeds,
        unit,
        Goal.of_unit(unit, f"z of {names[best]}, which is looked at"),
        (Step(share_step(logits, best), {best: 1}), Step(power_step(logits, best))),
        describe_unit,
        ProbedImage(frame.pixels, None, f"“{names[best]}”, by look {len(squares)} at the shot"),
    )


def look_at_shot(film: Film, start: float, end: float) -> tuple[Frame, list[Bytes]]:
    """Give the last frame of a shot that is looked at, and the squares of all looks at it."""
    squares: list[Bytes] = []
    chosen, looked = None, -LOOK_EVERY
    for frame in film.frames():
        time = float(frame.time)
        if time >= end or len(squares) == MOST_LOOKS:
            break
        if chosen is None or (time >= start and time - looked >= LOOK_EVERY):
            chosen, looked = frame, time
            squares = [*squares, reduce_frame(frame.pixels)] if time >= start else squares
    assert chosen, "a film has a frame"
    return chosen, squares or [reduce_frame(chosen.pixels)]


def share_step(logits: NDArray[np.float64], best: int) -> NeuronRecord:
    """Tell the share of a scene among all (softmax)."""
    powers = np.exp(logits - logits.max())
    names = scene_names()
    terms = tuple(
        Term(f"e^(z - m) of {name}", float(power), 1.0, learned=False)
        for name, power in zip(names, powers, strict=True)
    )
    share = float(softmax(logits)[best])
    seen = Observed(None, share, ROUNDING)
    of_best = softmax_share(float(powers[best]), best)
    return NeuronRecord(f"share of {names[best]} among the scenes", terms, 0.0, of_best, seen)


def power_step(logits: NDArray[np.float64], best: int) -> NeuronRecord:
    """Tell e^(z - m) of a scene; m is the largest z, which keeps powers in bounds."""
    most = float(logits.max())
    term = Term(f"z of {scene_names()[best]}", float(logits[best]), 1.0, learned=False)
    a = float(np.exp(logits[best] - most))
    name = f"e^(z - m) of {scene_names()[best]}, m = {most:.6g}, the largest z"
    return NeuronRecord(name, (term,), -most, EXP, Observed(None, a, ROUNDING))


def describe_unit(unit: Unit) -> str | None:
    """Say what a unit of an input or an output is."""
    if unit.tensor == "motion":
        step, channel, row, column = unit.index
        window, kind = divmod(channel, C)
        if window < WINDOW:
            when = WHEN[window]
            return f"{MAPS[kind]} of {when}, row {row}, column {column} of 18 × 24, frame {step}"
        return "the light of the whole" if channel % C == 0 else "the duration of the frame"
    if unit.tensor == "onsets":
        names = ("the onset", "its strength", *(f"the form {form}" for form in FORMS))
        return f"z of {names[unit.index[2]]}, at frame {unit.index[0]} of the block"
    if unit.tensor == "features":
        return f"feature {unit.index[2]} of the eye"
    if unit.tensor == "logits":
        return f"z of {scene_names()[unit.index[2]]}"
    return None
