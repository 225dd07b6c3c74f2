"""Hints: colors told by a person at places, and how they reach the network.

    K  hints      h, w  cells of the grid      places are (y, x) in cells, colors are (a, b)

A hint is first spread by a joint bilateral filter (Tomasi and Manduchi 1998): cell i takes the mean
of all hint colors with weights

    w_ik = exp(-|p_i - p_k|^2 / 2 s^2 - (L_i - L_k)^2 / 2 r^2)        near, and as light

Alone that is the baseline "spreading without a network"; the network gets two such spreads, a
narrow and a wide one, each with its greatest weight as a confidence, and learns where they are
wrong.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neuropil.apps.colorize.cielab import Floats, lab_from_rgb
from neuropil.kit.errors import UserError
from neuropil.kit.ranges import Range

SCALE = 1 / 64  # of a, b for the network: most colors come to -1..1
NARROW = (2.5, 6.0)  # s in cells, r in units of L
WIDE = (10.0, 10.0)
N_CHANNELS = 9
LEVELS = Range(0, 255)
NUMBER = r"(-?[\d.]+)"  # one below 0 is a place outside, and that is said


@dataclass(frozen=True)
class Hint:
    """A color that a person tells at a place of the picture."""

    SYNTAX: ClassVar[str] = "X,Y,#RRGGBB"

    x: float  # pixels from the left
    y: float  # pixels from the top
    rgb: tuple[int, int, int]  # 0..255; its hue and chroma count, lightness stays the photograph's

    def __post_init__(self) -> None:
        if len(self.rgb) != 3:
            raise UserError(
                "option.syntax",
                f"the color of the hint is {self.rgb}; it takes three numbers: red, green, blue",
                name="hint",
                value=self.rgb,
            )
        for name, level in zip(("red", "green", "blue"), self.rgb, strict=True):
            LEVELS.check(f"{name} of the hint", level)

    @classmethod
    def parse(cls, text: str) -> "Hint":
        """Read "120,80,#3366cc"; raises UserError for anything else."""
        match = re.fullmatch(rf"\s*{NUMBER}\s*,\s*{NUMBER}\s*,\s*#?([0-9a-fA-F]{{6}})\s*", text)
        try:
            x, y, color = match.groups() if match else ("", "", "")
            red, green, blue = bytes.fromhex(color)
            return cls(float(x), float(y), (red, green, blue))
        except ValueError:
            raise UserError(
                "option.syntax",
                f"hint {text}: it reads {cls.SYNTAX}, for example 120,80,#3366cc",
                name="hint",
                value=text,
            ) from None

    @property
    def ab(self) -> Floats:
        """Give the hint's color as (a, b)."""
        return lab_from_rgb(np.array(self.rgb, np.uint8))[1:]


def hint_maps(places: Floats, colors: Floats, lightness: Floats) -> Floats:
    """Draw K hints as the network's input: places (K, 2), colors (K, 2), L (h, w) to (9, h, w)."""
    h, w = lightness.shape
    maps = np.zeros((N_CHANNELS, h, w), np.float32)
    if len(places) == 0:
        return maps
    row, column = to_cells(places, (h, w)).T
    maps[0:2, row, column] = colors.T * SCALE
    maps[2, row, column] = 1
    for channel, (reach, tolerance) in ((3, NARROW), (6, WIDE)):
        ab, confidence = bilateral_spread(places, colors, lightness, reach, tolerance)
        maps[channel : channel + 2] = np.moveaxis(ab, -1, 0) * SCALE * confidence
        maps[channel + 2] = confidence
    return maps


def to_cells(
    places: Floats, shape: tuple[int, int]
) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """Find the cell (row, column) that each place lies in."""
    return np.clip(np.floor(places), 0, np.array(shape) - 1).astype(np.intp)


def bilateral_spread(
    places: Floats, colors: Floats, lightness: Floats, reach: float, tolerance: float
) -> tuple[Floats, Floats]:
    """Spread hints by a joint bilateral filter: a, b (h, w, 2) and the greatest weight (h, w)."""
    h, w = lightness.shape
    row, column = to_cells(places, (h, w)).T
    y, x = np.arange(h, dtype=np.float32) + 0.5, np.arange(w, dtype=np.float32) + 0.5
    far = (y[None, :, None] - places[:, 0, None, None]) ** 2
    far = far + (x[None, None, :] - places[:, 1, None, None]) ** 2
    unlike = (lightness[None] - lightness[row, column][:, None, None]) ** 2
    log_weight = -far / (2 * reach**2) - unlike / (2 * tolerance**2)  # (K, h, w)
    best = log_weight.max(axis=0)
    weight = np.exp(log_weight - best)
    ab = np.tensordot(weight, colors, axes=(0, 0)) / weight.sum(axis=0)[..., None]
    return ab.astype(np.float32), np.exp(best).astype(np.float32)
