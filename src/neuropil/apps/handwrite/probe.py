"""From a pen step back to the neuron behind it.

dx  <-  the Gaussian that was drawn: its mean, a neuron of the network, and its deviation
        sigma = e^(s - bias), s another neuron

A  letters (one-hot)      D  numbers of a style      M  Gaussians      P  points of a line
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET, encode_text
from neuropil.apps.handwrite.generation import (
    Arrays,
    LineState,
    PointSample,
    initial_inputs,
    reset_row,
)
from neuropil.apps.handwrite.strokes import FEATURE_SCALE, MAX_CORRELATION
from neuropil.core.activations import EXP, IDENTITY, TANH, softmax_share
from neuropil.core.neuron import NeuronRecord, Observed, Term
from neuropil.core.probe import Goal, Probe, ProbedImage, Step, Unit
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import OnnxNetwork

Floats = NDArray[Any]

END = "\n"  # stands for the end of a text, letter 0
PARTS = ("weight", "mean of dx", "mean of dy", "log deviation of dx", "log deviation of dy", "tie")
STATES = ("pen down", "pen up", "pen up for good")
ROUNDING = 2.0**-18  # of float32, where the engine and the random numbers meet


def replay(pen: OnnxNetwork, row: LineState, step: int) -> tuple[Arrays, Arrays]:
    """Bring the network to the step (from 0) that made a point: its inputs, its outputs."""
    feeds = {name: array[:1].copy() for name, array in initial_inputs(pen).items()}
    reset_row(feeds, 0, row.task)
    for number in range(step + 1):
        made = pen.run(**feeds)
        if number < step:
            feeds |= {name: made[f"next_{name}"] for name in feeds if f"next_{name}" in made}
            feeds["point"] = row.points[number][None]
    return feeds, made


def build_probe(
    pen: OnnxNetwork, row: LineState, step: int, picture: Image, place: tuple[int, int]
) -> Probe:
    """Find the neuron behind step `step` of a line: the mean of the Gaussian that was drawn."""
    feeds, made = replay(pen, row, step)
    mixture = made["mixture"][0]
    M = (len(mixture) - len(STATES)) // len(PARTS)
    k = row.drawn[step].k
    unit = Unit("mixture", (0, M + k))
    looked = int(made["window"][0, : len(row.task.text) + 1].argmax())
    words = f"point {step} of the pen, while the window looks at {describe_character(row, looked)}"
    return Probe(
        pen.path,
        feeds,
        unit,
        Goal.of_unit(unit, f"the mean of dx, Gaussian {k}"),
        decoding_steps(row, mixture, made, step),
        lambda unit: describe_unit(unit, M, row),
        ProbedImage(picture.pixels, place, words),
    )


def describe_character(row: LineState, place: int) -> str:
    """Name a character of the text by its place."""
    text = row.task.text
    return (
        f"{text[place]!r} (character {place + 1})" if place < len(text) else "the end of the text"
    )


def describe_unit(unit: Unit, M: int, row: LineState) -> str | None:
    """Say what a unit of an input or an output is."""
    number = unit.index[-1]
    match unit.tensor:
        case "mixture" if number < len(PARTS) * M:
            return f"{PARTS[number // M]}, Gaussian {number % M}"
        case "mixture":
            return f"logit of {STATES[number - len(PARTS) * M]}"
        case "point":
            return ("dx", "dy", "y", "pen up")[number] + " of the point before"
        case "style":
            return f"style number {number}"
        case "seen" | "next_seen":
            when = "before" if unit.tensor == "seen" else "now"
            return f"{(END + ALPHABET)[number]!r} as the window sees it {when}"
        case "window":
            return f"window at {describe_character(row, number)}"
        case "text":
            return (
                f"whether {describe_character(row, unit.index[1])} is {(END + ALPHABET)[number]!r}"
            )
    return None


def decoding_steps(row: LineState, mixture: Floats, made: Arrays, step: int) -> tuple[Step, ...]:
    """Tell what the window sees, which Gaussian was drawn, and how dy and dx came from it."""
    M = (len(mixture) - len(STATES)) // len(PARTS)
    weight, mx, my, sx, sy, r = mixture[: 6 * M].reshape(6, M).astype(np.float64)
    drawn = row.drawn[step]
    k, bias = drawn.k, drawn.bias
    dx, dy = (float(v) for v in row.points[step][:2])
    rho = MAX_CORRELATION * drawn.tanh_r
    slip = rho * drawn.n1 + float(np.sqrt(1 - rho**2)) * drawn.n2
    parts_x = float(mx[k]), float(np.exp(sx[k] - bias)), drawn.n1
    parts_y = float(my[k]), float(np.exp(sy[k] - bias)), slip
    return (
        Step(attention_step(row, made)),
        Step(softmax_step(weight, drawn)),
        Step(sigma_step("dx", k, float(sx[k]), bias, drawn.sigma_dx)),
        Step(sigma_step("dy", k, float(sy[k]), bias, drawn.sigma_dy)),
        Step(correlation_step(k, float(r[k]), drawn.tanh_r)),
        Step(sample_step("dy", k, parts_y, dy), {1: 3}),
        Step(sample_step("dx", k, parts_x, dx), {1: 2}),
    )


def attention_step(row: LineState, made: Arrays) -> NeuronRecord:
    """Tell how much the window sees of the letter that it sees most of."""
    window, seen = made["window"][0], made["next_seen"][0]
    most = int(seen.argmax())
    characters = [*encode_text(row.task.text), 0]
    terms = tuple(
        Term(
            f"window at {describe_character(row, place)}",
            float(window[place]),
            float(number == most),
        )
        for place, number in enumerate(characters)
    )
    value = float(seen[most])
    name = f"{(END + ALPHABET)[most]!r} as the window sees it"
    return NeuronRecord(name, terms, 0.0, IDENTITY, Observed(value, value, ROUNDING))


def softmax_step(weight: Floats, drawn: PointSample) -> NeuronRecord:
    """Tell how likely the Gaussian was: its part of all the powers (softmax, equation 61)."""
    k, bias = drawn.k, drawn.bias
    powers = np.exp(weight * (1 + bias))
    terms = tuple(
        Term(f"e^((1 + bias) z) of Gaussian {m}", float(e), 1.0) for m, e in enumerate(powers)
    )
    name = f"share of Gaussian {k}, bias = {bias:g}"
    return NeuronRecord(name, terms, 0.0, softmax_share(float(powers[k]), k), as_drawn(drawn.share))


def as_drawn(a: float) -> Observed:
    """Give what the application had when it drew the point; it kept no sum."""
    return Observed(None, a, ROUNDING)


def sigma_step(of: str, k: int, s: float, bias: float, drawn: float) -> NeuronRecord:
    """Tell sigma = e^(s - bias) (equation 62): neat writing keeps near the mean."""
    term = Term("s, the network's neuron", s, 1.0)
    return NeuronRecord(f"sigma of {of}, Gaussian {k}", (term,), -bias, EXP, as_drawn(drawn))


def correlation_step(k: int, r: float, drawn: float) -> NeuronRecord:
    """Tell the correlation, before it is kept below 1: rho = 0.95 tanh(r) (equation 21)."""
    term = Term("r, the network's neuron", r, 1.0)
    name = f"tanh(r) of Gaussian {k}; the correlation is {MAX_CORRELATION} times this"
    return NeuronRecord(name, (term,), 0.0, TANH, as_drawn(drawn))


def sample_step(of: str, k: int, parts: tuple[float, float, float], value: float) -> NeuronRecord:
    """Tell a step as it was drawn: mean + sigma n, n a normal random number."""
    mean, sigma, n = parts
    terms = (
        Term(f"mean of {of}, Gaussian {k}", mean, 1.0),
        Term(f"sigma of {of}, Gaussian {k}, times a random number", sigma, n),
    )
    name = f"{of} of the point, in parts of the line's height / {FEATURE_SCALE[0]:g}"
    return NeuronRecord(name, terms, 0.0, IDENTITY, Observed(value, value, ROUNDING))
