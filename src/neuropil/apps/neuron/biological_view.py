"""The living neuron beside the artificial one, on the same inputs, as one picture.

left: what happens over time, from the dendrites to the next cell
right: the same arithmetic in two lines, and how both answer to what comes in
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from neuropil.apps.neuron.small_network import SmallNetwork, open_all
from neuropil.biology.neuron import LARGEST, NeuronRecording, firing_rates, simulate
from neuropil.core.neuron import NeuronRecord
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image
from neuropil.kit.progress import tick, ticking

MS = 300.0  # that are followed
ZOOM = 14.0  # ms around the first spike, in which it is seen to travel
DRIVES = np.linspace(-4, 12, 17)  # at which the living neuron's answer is measured
SIZE = (1500, 1280)  # pixels
LEFT, RIGHT = (110, 900), (1000, 1450)  # pixels from the left: where the two columns begin and end
FINE = 2  # times larger while it is drawn, for smooth lines

Points = NDArray[np.floating]
Color = str
INK, QUIET, PAPER = "#1d1d22", "#77736b", "#fdfcf9"
PLUS, MINUS, SPIKE, NEXT = "#2f6f8f", "#b5532d", "#8a2d5b", "#2e7d4f"


def compare(chain: SmallNetwork, seed: int) -> tuple[str, Image]:
    """Simulate the neuron of a chain and draw it; say also in words what came of it.

    Raises UserError where its numbers are no firing rates or synapses that a cell could have.
    """
    x, w, b = chain.x, chain.weights[0][0], chain.biases[0][0]
    if not all(0 <= value <= 1 for value in x):
        raise UserError(
            "option.range",
            "the living neuron takes inputs x from 0 to 1: firing rates, 1 is 100 Hz",
            name="x",
            value=x,
            low=0,
            high=1,
        )
    if not all(abs(value) <= LARGEST for value in (*w, b)):
        raise UserError(
            "option.range",
            f"the living neuron takes weights and a bias from -{LARGEST:g} to {LARGEST:g}",
            value=(*w, b),
            low=-LARGEST,
            high=LARGEST,
        )
    trace = simulate(x, w, b, ms=MS, seed=seed, progress=ticking)
    rates = firing_rates(DRIVES, ms=MS, seed=seed, progress=ticking)
    ((record,),) = open_all(chain, None)
    return describe(trace, record), Image(render(trace, x, record, rates))


def describe(trace: NeuronRecording, record: NeuronRecord) -> str:
    """Say what the living neuron did beside what the artificial one computed."""
    n = sum(map(len, trace.spike_times))
    return (
        f"the living neuron: spikes that came in during {MS:g} ms: {n}, synapses:"
        f" {len(trace.weights)};"
        f" it fired {len(trace.spikes)} times, {trace.firing_rate:.0f} Hz;"
        f" the next cell fired {len(trace.next_spikes)} times\n"
        f"the artificial one: z = {record.z:.6g}, a = {record.a:.6g}\n"
    )


@dataclass(frozen=True)
class Panel:
    """A part of the picture with axes of its own: pixels of its corners, ranges of both axes."""

    canvas: ImageDraw.ImageDraw
    left: float
    top: float
    right: float
    bottom: float
    xs: tuple[float, float]
    ys: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Find the pixel of a point."""
        across = (x - self.xs[0]) / (self.xs[1] - self.xs[0])
        up = (y - self.ys[0]) / (self.ys[1] - self.ys[0])
        px = self.left + across * (self.right - self.left)
        return FINE * px, FINE * (self.bottom - up * (self.bottom - self.top))

    def line(self, x: Points, y: Points, color: Color, width: float = 1.4) -> None:
        """Draw a course, cut to the panel."""
        tick()
        inside = (x >= self.xs[0]) & (x <= self.xs[1])
        points = [
            self.at(a, b) for a, b in zip(x[inside], np.clip(y[inside], *self.ys), strict=True)
        ]
        if len(points) > 1:
            self.canvas.line(points, fill=color, width=round(FINE * width), joint="curve")

    def bar(self, x: float, width: float, y: float, color: Color) -> None:
        """Draw a bar from 0 to y."""
        (a, zero), (b, end) = self.at(x - width / 2, 0), self.at(x + width / 2, y)
        self.canvas.rectangle((a, min(zero, end), b, max(zero, end)), fill=color)

    def dot(self, x: float, y: float, color: Color) -> None:
        """Mark a point."""
        px, py = self.at(x, min(max(y, self.ys[0]), self.ys[1]))
        r = 6 * FINE
        self.canvas.ellipse((px - r, py - r, px + r, py + r), fill=color, outline=PAPER, width=FINE)

    def text(self, x: float, y: float, text: str, color: Color = INK, anchor: str = "lm") -> None:
        """Write at a point."""
        px, py = self.at(x, y)
        write(self.canvas, px / FINE, py / FINE, text, color, 15, anchor)

    def axes(self, title: str, ticks: Sequence[float] = (), unit: str = "") -> None:
        """Write the title above, and the values of the upright axis."""
        write(self.canvas, self.left, self.top - 16, title, INK, 17)
        for y in ticks:
            px, py = self.at(self.xs[0], y)
            self.canvas.line((px, py, FINE * self.right, py), fill="#e8e4da", width=FINE)
            write(self.canvas, self.left - 8, py / FINE, f"{y:g}{unit}", QUIET, 13, "rm")


def write(
    canvas: ImageDraw.ImageDraw,
    x: float,
    y: float,
    text: str,
    color: Color,
    size: int,
    anchor: str = "lm",
) -> None:
    """Write in pixels of the finished picture."""
    canvas.text((FINE * x, FINE * y), text, fill=color, font_size=FINE * size, anchor=anchor)


def render(
    trace: NeuronRecording, x: Sequence[float], record: NeuronRecord, rates: Points
) -> NDArray[np.uint8]:
    """Draw everything: RGB (H, W, 3)."""
    large = Picture.new("RGB", (FINE * SIZE[0], FINE * SIZE[1]), PAPER)
    canvas = ImageDraw.Draw(large)
    write(canvas, LEFT[0], 34, "The living neuron", INK, 26)
    write(canvas, RIGHT[0], 34, "The artificial neuron", INK, 26)
    draw_biological(canvas, trace)
    draw_artificial(canvas, trace, x, record.bias)
    draw_responses(canvas, trace, record, rates)
    draw_correspondence(canvas)
    tick()
    small = np.asarray(large.resize(SIZE, Picture.Resampling.LANCZOS))
    tick()
    return small


def draw_biological(canvas: ImageDraw.ImageDraw, trace: NeuronRecording) -> None:
    """Draw what happens over time."""
    n, time = len(trace.weights), (0.0, MS)
    colors = [PLUS if w >= 0 else MINUS for w in trace.weights]
    arrive = Panel(canvas, LEFT[0], 100, LEFT[1], 190, time, (-0.5, max(n, 1) - 0.5))
    arrive.axes("dendrites: spikes arrive at the synapses (blue excites, red inhibits)")
    for i, (spikes, color) in enumerate(zip(trace.spike_times, colors, strict=True)):
        arrive.text(0, n - 1 - i, f"x{i + 1} ", QUIET, "rm")
        for spike in spikes:
            arrive.line(np.full(2, spike), n - 1 - i + np.array([-0.35, 0.35]), color)
    top = max(1e-6, float(np.abs(trace.dendritic_currents).max()))
    low = min(0.0, float(trace.dendritic_currents.min()))
    flow = Panel(canvas, LEFT[0], 240, LEFT[1], 390, time, (1.1 * low, 1.1 * top))
    flow.axes("dendrites: the currents that the synapses let in, nA", (0.0, float(f"{top:.1g}")))
    for row, color in zip(trace.dendritic_currents, colors, strict=True):
        flow.line(trace.time, row, color)
    soma = Panel(canvas, LEFT[0], 440, LEFT[1], 620, time, (-85, 50))
    soma.axes(
        "soma: its voltage, mV; where the currents add up high enough, it fires", (-65, 0, 40)
    )
    soma.line(trace.time, trace.soma, SPIKE)
    draw_axon(canvas, trace)
    after = Panel(canvas, LEFT[0], 1040, LEFT[1], 1220, time, (-85, 50))
    after.axes(
        "synapse and next cell: conductance (green, of its peak) and voltage, mV", (-65, 0, 40)
    )
    peak = max(1e-12, float(trace.next_conductance.max()))
    after.line(trace.time, -85 + 40 * trace.next_conductance / peak, NEXT)
    after.line(trace.time, trace.next_soma, SPIKE)
    for ms in range(0, int(MS) + 1, 50):
        after.text(ms, -96, f"{ms} ms" if ms == 0 else f"{ms}", QUIET, "mm")


def draw_axon(canvas: ImageDraw.ImageDraw, trace: NeuronRecording) -> None:
    """Draw a spike on its way along the axon, one place above the other."""
    start = float(trace.spikes[0]) - 3 if len(trace.spikes) else 0.0
    places = trace.axon_places / 1000
    gap = 60.0  # mV between the rest of one place and that of the next
    lows = -65 - gap * np.arange(len(places))
    axon = Panel(canvas, LEFT[0], 670, LEFT[1], 990, (start, start + ZOOM), (lows[-1] - 20, 50))
    axon.axes(
        f"axon: one spike travels, {ZOOM:g} ms of it" if len(trace.spikes) else "axon: silent"
    )
    for low, place, voltage in zip(lows, places, trace.axon, strict=True):
        axon.line(trace.time, voltage + low + 65, SPIKE)
        axon.text(start, low, f"{place:g} mm ", QUIET, "rm")


def draw_artificial(
    canvas: ImageDraw.ImageDraw, trace: NeuronRecording, x: Sequence[float], b: float
) -> None:
    """Draw the weighted sum as bars."""
    products = [w * v for w, v in zip(trace.weights, x, strict=True)] + [b, trace.z]
    names = [f"w{i}·x{i}" for i in range(1, len(x) + 1)] + ["b", "z"]
    low, high = min(0.0, *products), max(0.0, *products)
    room = 0.2 * (high - low or 1)
    sums = Panel(
        canvas, RIGHT[0], 100, RIGHT[1], 390, (0.4, len(names) + 0.6), (low - room, high + room)
    )
    sums.axes("inputs times weights, and their sum z with the bias", (0.0,))
    for i, (name, value) in enumerate(zip(names, products, strict=True), 1):
        color = SPIKE if name == "z" else PLUS if value >= 0 else MINUS
        sums.bar(i, 0.6, value, color)
        if len(names) <= 10:
            sums.text(i, value + (0.35 if value >= 0 else -0.35) * room, f"{value:.3g}", INK, "mm")
            sums.text(i, low - room, name, QUIET, "ms")


def draw_responses(
    canvas: ImageDraw.ImageDraw, trace: NeuronRecording, record: NeuronRecord, rates: Points
) -> None:
    """Draw how both answer to a drive z."""
    span = (float(DRIVES[0]), float(DRIVES[-1]))
    z = np.linspace(*span, 200)
    values = np.array([record.activation.f(v) for v in z])
    low, high = min(0.0, float(values.min())), max(1.0, float(values.max()))
    top = Panel(canvas, RIGHT[0], 470, RIGHT[1], 640, span, (low, 1.05 * high))
    top.axes(
        f"a = {record.activation.name}(z), the activation",
        sorted({round(low, 1), 0.0, round(high, 1)}),
    )
    top.line(z, values, PLUS, 2)
    top.dot(min(max(record.z, span[0]), span[1]), record.a, SPIKE)
    most = max(float(rates.max()), trace.firing_rate, 10)
    below = Panel(canvas, RIGHT[0], 700, RIGHT[1], 870, span, (0, 1.1 * most))
    below.axes(
        "the living neuron's firing rate, Hz, at the same drive", (0.0, float(f"{most:.1g}"))
    )
    below.line(DRIVES, rates, NEXT, 2)
    below.dot(min(max(trace.z, span[0]), span[1]), trace.firing_rate, SPIKE)
    for drive in range(int(span[0]), int(span[1]) + 1, 4):
        below.text(drive, -0.1 * most, f"z = {drive}" if drive == 0 else f"{drive}", QUIET, "mm")


def draw_correspondence(canvas: ImageDraw.ImageDraw) -> None:
    """Write which part is like which."""
    pairs = (
        ("synapse, its strength", "weight w"),
        ("current of a dendrite", "w · x"),
        ("soma adds currents up", "z = sum of w·x, + b"),
        ("threshold and firing rate", "activation a = sigmoid(z)"),
        ("axon and next synapse", "input of the next layer"),
        ("repeated use strengthens", "w - rate · dL/dw"),
    )
    write(canvas, RIGHT[0], 950, "What is like what", INK, 17)
    for i, (one, other) in enumerate(pairs):
        y = 985 + 34 * i
        write(canvas, RIGHT[0], y, one, SPIKE, 15)
        write(canvas, RIGHT[0] + 230, y, other, PLUS, 15)
