"""From the mouth at one moment back to the neuron behind it: what was heard, how long ago.

opening  <-  spread · y + mean, with y a neuron of the speech network, above two layers of LSTM

The network keeps a state; it is opened at the one step that tells of the moment, AHEAD steps after
it. What it heard before lies in that state: how much each part of it matters is tried out, by
running the network again with that part replaced by the average sound.
"""

from dataclasses import dataclass

import numpy as np

from neuropil.apps.lipsync.hearing import BANDS, COLUMNS, MEL, STEPS_PER_SECOND
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import FEATURES, MouthBasis, Numbers
from neuropil.apps.lipsync.speech import AHEAD, STATE, first_state
from neuropil.core.activations import IDENTITY
from neuropil.core.neuron import NeuronRecord, Observed, Term
from neuropil.core.probe import Goal, Probe, Step, Unit
from neuropil.kit.audio.mel import from_mel, to_mel
from neuropil.kit.networks.network import OnnxNetwork

REACH = 30  # steps before the moment that are tried out
PART_STEPS, PART_BANDS = 3, 8  # of a part: 60 ms, eight bands
SHOWN = 8  # parts that are told, those that matter most
ROUNDING = 2.0**-18


@dataclass(frozen=True, eq=False)
class ReplayedStep:
    """The network at the step that tells of a moment: what went in, what came out, and the sound.

    heard: (T, 80) of the whole recording, its end going on for AHEAD steps
    step: the number of it
    start, before: the step from which parts are tried out, and the state before that
    """

    feeds: dict[str, Floats]
    made: dict[str, Floats]
    heard: Floats
    step: int
    start: int
    before: dict[str, Floats]


@dataclass(frozen=True)
class RetrievalTerms:
    """What the mouth that was set in cost: names, squared differences, weights."""

    frame: int
    names: tuple[str, ...]
    squares: tuple[float, ...]
    weights: tuple[float, ...]


def replay_to(network: OnnxNetwork, heard: Floats, moment: int) -> ReplayedStep:
    """Run the network to the step that tells of moment `moment`, in steps from 0."""
    longer = np.concatenate([heard, np.repeat(heard[-1:], AHEAD, axis=0)])
    step = moment + AHEAD
    start = max(0, step - REACH - AHEAD)
    state = first_state(network)
    before = state
    for n in range(step):
        before = state if n == start else before
        made = network.run(heard=longer[n][None], **state)
        state = {name: made[f"next_{name}"] for name in STATE}
    feeds = {"heard": longer[step][None], **state}
    return ReplayedStep(feeds, network.run(**feeds), longer, step, start, before)


def build_probe(
    network: OnnxNetwork, there: ReplayedStep, label: str, retrieved: RetrievalTerms | None
) -> Probe:
    """Find the neuron of a number of the mouth.

    label: one of FEATURES
    """
    number = FEATURES.index(label)
    unit = Unit("mouth", (0, number))
    told = [describe_retrieval(retrieved)] if retrieved else []
    steps = (
        *told,
        Step(weigh_parts(network, there, number)),
        Step(scale_step(there, number), {0: len(told) + 2}),
    )
    return Probe(
        network.path,
        dict(there.feeds),
        unit,
        Goal.of_unit(unit, f"{label} of the mouth, which is looked at"),
        steps,
        describe_unit,
    )


def scale_step(there: ReplayedStep, number: int) -> NeuronRecord:
    """Tell how the network's number becomes one in distances of the eyes."""
    basis = MouthBasis.load()
    y = float(there.made["mouth"][0, number])
    value = y * float(basis.spread[number]) + float(basis.mean[number])
    term = Term(f"{FEATURES[number]} as the network says it", y, float(basis.spread[number]))
    name = f"{FEATURES[number]} of the mouth, in distances of the eyes"
    return NeuronRecord(
        name, (term,), float(basis.mean[number]), IDENTITY, Observed(value, value, ROUNDING)
    )


def weigh_parts(network: OnnxNetwork, there: ReplayedStep, number: int) -> NeuronRecord:
    """Tell by how much parts of the sound move the number: it less what it is without each."""
    whole = run_end(network, there, there.heard)[number]
    found = []
    for end in range(there.step, there.start, -PART_STEPS):
        start = max(there.start, end - PART_STEPS + 1)
        for low in range(0, BANDS, PART_BANDS):
            changed = there.heard.copy().reshape(-1, COLUMNS, BANDS)
            changed[start : end + 1, :, low : low + PART_BANDS] = 0
            without = run_end(network, there, changed.reshape(there.heard.shape))[number]
            found.append((float(whole - without), start, end, low))
    found.sort(key=lambda part: -abs(part[0]))
    kept = found[:SHOWN]
    terms = [Term(name_part(there, *part[1:]), part[0], 1.0, learned=False) for part in kept]
    rest = float(whole) - sum(part[0] for part in kept)
    terms.append(Term("all else, and what parts do together", rest, 1.0, learned=False))
    name = f"{FEATURES[number]} as the network says it, by what it heard"
    value = float(whole)
    return NeuronRecord(name, tuple(terms), 0.0, IDENTITY, Observed(value, value, ROUNDING))


def run_end(network: OnnxNetwork, there: ReplayedStep, heard: Floats) -> Numbers:
    """Run the network over the last steps before the one that is told, and give the mouth (10,)."""
    state = there.before
    for n in range(there.start, there.step + 1):
        made = network.run(heard=heard[n][None], **state)
        state = {name: made[f"next_{name}"] for name in STATE}
    mouth: Numbers = made["mouth"][0].astype(np.float64)
    return mouth


def name_part(there: ReplayedStep, start: int, end: int, low: int) -> str:
    """Name a part of the sound: when, in milliseconds from the moment, and its frequencies."""
    moment = there.step - AHEAD
    a, b = (1000 * (step - moment) // STEPS_PER_SECOND for step in (start, end + 1))
    edges = band_edges()
    lowest, highest = edges[low], edges[min(low + PART_BANDS, BANDS)]
    return f"{lowest:.0f} to {highest:.0f} Hz, {a:+.0f} to {b:+.0f} ms"


def band_edges() -> Numbers:
    """Give the frequencies between the bands: (41,), in Hz."""
    low, high = to_mel(np.array([MEL.low, MEL.high]))
    return from_mel(np.linspace(low, high, BANDS + 1))


def describe_retrieval(retrieved: RetrievalTerms) -> Step:
    """Tell what the retrieved mouth cost, term by term."""
    terms = tuple(
        Term(f"squared difference of {name}", square, weight, learned=False)
        for name, square, weight in zip(
            retrieved.names, retrieved.squares, retrieved.weights, strict=True
        )
    )
    total = sum(s * w for s, w in zip(retrieved.squares, retrieved.weights, strict=True))
    name = f"cost of the mouth that was set in, from frame {retrieved.frame} of the film"
    return Step(NeuronRecord(name, terms, 0.0, IDENTITY, Observed(total, total, ROUNDING)))


def describe_unit(unit: Unit) -> str | None:
    """Say what a unit of an input or an output is."""
    number = unit.index[-1]
    match unit.tensor:
        case "heard":
            column, band = divmod(number, BANDS)
            edges = band_edges()
            half = ("first", "second")[column]
            return f"{edges[band]:.0f} to {edges[band + 1]:.0f} Hz, {half} 10 ms of the step"
        case "mouth":
            return FEATURES[number]
        case "h1" | "h2":
            return f"output of cell {number} of layer {unit.tensor[1]}, a step before"
        case "c1" | "c2":
            return f"state of cell {number} of layer {unit.tensor[1]}, a step before"
    return None
