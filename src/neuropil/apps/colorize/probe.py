"""From the color of a pixel back to the neuron behind it, every number as a worked neuron.

R, G, B  <-  X, Y, Z  <-  L, a, b of the pixel  <-  a, b of near cells  <-  p of each color
         <-  e^(z/T)  <-  z, a neuron of the network

h, w  cells of the grid     N  colors of the palette
"""

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from neuropil.apps.colorize.cielab import LAB_KNEE, RGB_FROM_XYZ, SLOPE, WHITE, Floats, lab_from_rgb
from neuropil.apps.colorize.decode import probabilities
from neuropil.apps.colorize.locality import LocalColors
from neuropil.apps.colorize.palette import nearest_index
from neuropil.apps.colorize.pixel_trace import PixelTrace
from neuropil.core.activations import EXP, IDENTITY, Activation, softmax_share
from neuropil.core.neuron import NeuronRecord, Observed, Term
from neuropil.core.probe import Goal, Step, Unit
from neuropil.kit.errors import UserError

TOLERANCE = 2e-3  # of 255: what is left of float32 light near black
KNEE_OF_SCREEN = 0.0031308
ROUNDING = 2.0**-17  # of float32 where it goes through tables, cubes and exponentials
LOGITS = "logits"
CHANNELS = ("red", "green", "blue")


@dataclass(frozen=True)
class At:
    """A pixel of the photograph, from its left and top."""

    SYNTAX: ClassVar[str] = "X,Y"

    x: int
    y: int

    @classmethod
    def parse(cls, text: str) -> "At":
        """Read "120,80"; raises UserError for anything else."""
        match = re.fullmatch(r"\s*(-?\d+)\s*,\s*(-?\d+)\s*", text)
        if not match:
            raise UserError(
                "option.syntax",
                f"at {text}: it reads {cls.SYNTAX}, for example 120,80",
                name="at",
                value=text,
            )
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True)
class RgbColor:
    """The color that a pixel had in truth."""

    SYNTAX: ClassVar[str] = "#RRGGBB"

    rgb: tuple[int, int, int]

    @classmethod
    def parse(cls, text: str) -> "RgbColor":
        """Read "#3366cc"; raises UserError for anything else."""
        match = re.fullmatch(r"\s*#?([0-9a-fA-F]{6})\s*", text)
        if not match:
            raise UserError(
                "option.syntax",
                f"target {text}: it reads {cls.SYNTAX}, for example #3366cc",
                name="target",
                value=text,
            )
        red, green, blue = bytes.fromhex(match[1])
        return cls((red, green, blue))

    def palette_index(self) -> int:
        """Find the nearest color of the palette."""
        return int(nearest_index(lab_from_rgb(np.array(self.rgb, np.uint8))[1:]))


@dataclass(frozen=True)
class DecodedCell:
    """A cell of the grid: its logits (N), the palette (N, 2) and the temperature T."""

    row: int
    column: int
    logits: Floats
    palette: Floats
    temperature: float

    @property
    def p(self) -> Floats:
        """Give the annealed probabilities (N)."""
        return probabilities(self.logits[None, :, None, None], self.temperature)[0, :, 0, 0]

    def dominant_color(self) -> int:
        """Find the color that pulls the cell's mean most to where it is: p_n · c_n · mean."""
        mean = self.p @ self.palette
        return int((self.p * (self.palette @ mean)).argmax())

    def color_name(self, n: int) -> str:
        """Name a color of the palette by what it is made of."""
        a, b = self.palette[n]
        return f"color {n} (a {round(a):+d}, b {round(b):+d})"


@dataclass(frozen=True)
class CellMix:
    """What the color of a cell is mixed of: a, b (2) told all hints and told the expected ones.

    share: of the first; the one that counts more is opened
    """

    told: Floats
    expected: Floats
    share: float

    @classmethod
    def at(cls, row: int, column: int, colors: LocalColors) -> "CellMix":
        """Look at one cell of a picture."""
        place = row, column
        return cls(colors.told[place], colors.expected[place], float(colors.share[place]))

    @property
    def opens_told(self) -> bool:
        """Tell whether what was told all hints counts more."""
        return self.share >= 0.5

    @property
    def opened(self) -> Floats:
        """Give a, b (2) of what counts more."""
        return self.told if self.opens_told else self.expected


def decoding_steps(
    pixel: PixelTrace, cell_colors: Floats, cell: DecodedCell, n: int, mix: CellMix
) -> tuple[Step, ...]:
    """Tell how a pixel got its color, down to color n of the cell that counts most.

    cell_colors: a and b of every cell that counts (K, 2)
    """
    k = pixel.cells.index((cell.row, cell.column))
    opened = 0 if mix.opens_told else 1
    mixing = [Step(mix_step(cell, mix, i), {opened: 10 + i}) for i in range(2)]
    mixing = mixing if mix.share < 1 else []
    return (
        *(Step(srgb_step(pixel, i), {0: 3, 1: 4, 2: 5}) for i in range(3)),
        Step(xyz_step("X", pixel, 0, 1 / 500), {1: 6}),
        Step(xyz_step("Y", pixel, None, 0.0)),
        Step(xyz_step("Z", pixel, 1, -1 / 200), {1: 7}),
        *(Step(pixel_ab_step(pixel, cell_colors, i), {k: 8 + i}) for i in range(2)),
        *mixing,
        *(
            Step(cell_ab_step(cell, mix.opened, i), {n: 10 + len(mixing)}, constant_sum=True)
            for i in range(2)
        ),
        Step(softmax_step(cell, n), {n: 11 + len(mixing)}),
        Step(exp_step(cell, n)),
    )


def srgb_step(pixel: PixelTrace, i: int) -> NeuronRecord:
    """Tell red, green or blue, 0..255: a sum of X, Y and Z, then the curve of a screen."""
    shares = (RGB_FROM_XYZ * WHITE)[i]
    terms = tuple(
        Term(f"{name} / {name} of white", lab_f_inverse(v), float(w))
        for name, v, w in zip("XYZ", lab_f_values(pixel), shares, strict=True)
    )
    name = f"{CHANNELS[i]} of the pixel, before it is rounded to {pixel.painted[i]}"
    ran = Observed(None, float(pixel.rgb[i]), ROUNDING, TOLERANCE)
    bare = NeuronRecord(name, terms, 0.0, SCREEN, ran)
    return bare if KNEE_OF_SCREEN < bare.z < 1 else replace(bare, activation=SCREEN_EDGE)


def lab_f_values(pixel: PixelTrace) -> tuple[float, float, float]:
    """Calculate f(X), f(Y), f(Z)."""
    a, b = pixel.share * pixel.ab.astype(np.float64)
    return pixel.fy + a / 500, pixel.fy, pixel.fy - b / 200


def lab_f_inverse(v: float) -> float:
    """Undo f: the cube above the knee, a line below."""
    return v**3 if v > LAB_KNEE else (v - 4 / 29) / SLOPE


def srgb_encode(light: float) -> float:
    """Turn linear light 0..1 into a value 0..255."""
    light = min(max(light, 0.0), 1.0)
    return 255 * (1.055 * light ** (1 / 2.4) - 0.055 if light > 0.0031308 else 12.92 * light)


def srgb_derivative(light: float) -> float:
    """Differentiate `srgb_encode`."""
    if not 0 < light < 1:
        return 0.0
    return 255 * (1.055 / 2.4 * light ** (1 / 2.4 - 1) if light > 0.0031308 else 12.92)


SCREEN = Activation(
    "sRGB",
    srgb_encode,
    srgb_derivative,
    "255 · (1.055 · z^(1/2.4) - 0.055)",
    ", z = {z}",
    "255 · 1.055 / 2.4 · z^(1/2.4 - 1)",
    r"255 (1.055 \cdot ZZ^{1/2.4} - 0.055)",
    (0.0, 0.0031308, 1.0),
)
SCREEN_EDGE = replace(
    SCREEN,
    formula="255 · 12.92 · z near black, 0 below it, 255 above white",
    substitution="; z = {z}",
    derivative_formula="255 · 12.92 near black, 0 outside",
    latex=r"255 \cdot 12.92 \cdot \min(\max(ZZ, 0), 1)",
)
CUBE = Activation(
    "cube",
    lab_f_inverse,
    lambda v: 3 * v**2 if v > LAB_KNEE else 1 / SLOPE,
    "z³",
    " = {Z}³",
    "3 z² = 3 · {Z}²",
    "ZZ^3",
    (LAB_KNEE,),
    parameters=(LAB_KNEE, 4 / 29, SLOPE),
)

CUBE_FOOT = replace(
    CUBE,
    formula="(z - 4/29) / 7.787",
    substitution=" = ({Z} - 0.137931) / 7.787",
    derivative_formula="1 / 7.787",
    latex=r"(ZZ - 0.137931) / 7.787",
)


def xyz_step(name: str, pixel: PixelTrace, i: int | None, weight: float) -> NeuronRecord:
    """Tell X, Y or Z, of white's: lightness and a or b added up, then the cube."""
    lightness = Term("L, the pixel's own lightness", 116 * pixel.fy - 16, 1 / 116)
    terms: tuple[Term, ...] = (lightness,)
    if i is not None:
        shown = f" (times {pixel.share:.4g}, for its strength on a screen)"
        shown = shown if pixel.share != 1 else ""
        terms += (Term(f"{'ab'[i]} of the pixel{shown}", float(pixel.ab[i]), weight * pixel.share),)
    value = lab_f_values(pixel)["XYZ".index(name)]
    curve = CUBE if value > LAB_KNEE else CUBE_FOOT
    return NeuronRecord(
        f"{name} / {name} of white", terms, 16 / 116, curve, Observed(value, lab_f_inverse(value))
    )


def pixel_ab_step(pixel: PixelTrace, cell_colors: Floats, i: int) -> NeuronRecord:
    """Tell a or b of the pixel: the cells near it that are as light as it is, by weight."""
    terms = tuple(
        Term(f"{'ab'[i]} of the cell at row {row}, column {column}", float(color[i]), float(weight))
        for (row, column), color, weight in zip(
            pixel.cells, cell_colors, pixel.weights, strict=True
        )
    )
    value = float(pixel.ab[i])
    sides = ("green to red", "blue to yellow")[i]
    name = f"{'ab'[i]} of the pixel ({sides})"
    return NeuronRecord(name, terms, 0.0, IDENTITY, Observed(value, value, ROUNDING))


def mix_step(cell: DecodedCell, mix: CellMix, i: int) -> NeuronRecord:
    """Tell a or b of a cell that hints reach in part: with them all, and with the expected ones."""
    place = f"{'ab'[i]} of the cell at row {cell.row}, column {cell.column}"
    terms = (
        Term(f"{place}, told all hints", float(mix.told[i]), mix.share),
        Term(f"{place}, told no hint that surprises", float(mix.expected[i]), 1 - mix.share),
    )
    value = float(mix.share * mix.told[i] + (1 - mix.share) * mix.expected[i])
    name = f"{place}, mixed by how far the hints reach"
    return NeuronRecord(name, terms, 0.0, IDENTITY, Observed(value, value, ROUNDING))


def cell_ab_step(cell: DecodedCell, color: Floats, i: int) -> NeuronRecord:
    """Tell a or b of a cell: the colors of the palette by how likely each is."""
    terms = tuple(
        Term(f"p of {cell.color_name(n)}", float(p), float(cell.palette[n, i]))
        for n, p in enumerate(cell.p)
    )
    value = float(color[i])
    name = f"{'ab'[i]} of the cell at row {cell.row}, column {cell.column}"
    return NeuronRecord(name, terms, 0.0, IDENTITY, Observed(value, value, ROUNDING))


def softmax_step(cell: DecodedCell, n: int) -> NeuronRecord:
    """Tell p of one color: its part of all the powers (softmax)."""
    powers = np.exp(cell.logits.astype(np.float64) / cell.temperature)
    terms = tuple(
        Term(f"e^(z/T) of {cell.color_name(m)}", float(e), 1.0) for m, e in enumerate(powers)
    )
    top = float(powers[n])
    part = softmax_share(top, n)
    name = f"p of {cell.color_name(n)} in that cell"
    return NeuronRecord(name, terms, 0.0, part, Observed(None, float(cell.p[n]), ROUNDING))


def exp_step(cell: DecodedCell, n: int) -> NeuronRecord:
    """Tell e^(z/T) of one color."""
    z, T = float(cell.logits[n]), cell.temperature
    term = Term(f"z, the network's neuron for {cell.color_name(n)}", z, 1 / T)
    a = float(np.exp(cell.logits[n].astype(np.float64) / T))
    return NeuronRecord(
        f"e^(z/T) of {cell.color_name(n)}, T = {T:g}", (term,), 0.0, EXP, Observed(z / T, a)
    )


def make_goal(cell: DecodedCell, n: int, target: RgbColor | None, rate: float) -> Goal:
    """Look at color n of the cell or, where the true color is known, at the loss."""
    if target is None:
        text = f"z of {cell.color_name(n)} in the cell, which is looked at"
        return Goal.of_unit(Unit(LOGITS, (0, n, cell.row, cell.column)), text)
    true = target.palette_index()
    return Goal.cross_entropy(
        f"-ln p of the true {cell.color_name(true)} in the cell",
        LOGITS,
        (0, slice(None), cell.row, cell.column),
        true,
        rate,
    )


def describe_unit(unit: Unit, cell: DecodedCell, size: tuple[int, int]) -> str | None:
    """Say what a unit of the network's inputs and outputs is; it sees a photograph of `size`."""
    if unit.tensor in ("lightness", "picture"):
        place = f"row {unit.index[2]}, column {unit.index[3]}"
        what = "L/50 - 1" if unit.tensor == "lightness" else "the grey level, less 127, over 128,"
        return f"{what} of the photograph reduced to {size[1]} × {size[0]}, at {place}"
    if unit.tensor.startswith("stride_"):
        _, channel, row, column = unit.index
        stride = unit.tensor.removeprefix("stride_")
        return (
            f"channel {channel} of what the eye sees at 1/{stride}, at row {row}, column {column}"
        )
    if unit.tensor == "mean_features":
        return f"mean feature {unit.index[1]} of the eye"
    if unit.tensor == "hints":
        return f"hint channel {unit.index[1]} at row {unit.index[2]}, column {unit.index[3]}"
    if unit.tensor == LOGITS:
        _, n, row, column = unit.index
        return f"z of {cell.color_name(n)} in the cell at row {row}, column {column}"
    return None
