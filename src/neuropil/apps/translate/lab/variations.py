"""What is done to a real line, so that it is never seen twice the same: there are few of them.

    pixels, quad = vary(pixels, quad, rng)      # pixels (H, W, 3), 0..255; quad (4, 2)

Without that the reader learns crops by heart: it read 98 of 100 words of IIIT5K that had taught it,
and 82 of others. As STRAug (Atienza 2021) found for scene text, shape and light both help.

H, W  height, width of the picture
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.translate.geometry import Quad, axes, rotation
from neuropil.apps.translate.lab.dirt import add_dirt
from neuropil.apps.translate.lines import Pixels, size_of

SHARES = {"invert": 0.15, "colors": 0.5, "width": 0.5, "bend": 0.25, "lean": 0.5, "dirt": 0.5}
WIDTHS = 0.3  # logarithm of the factor by which a line becomes wider or narrower, at most
GAMMAS = 0.6  # logarithm of the power of light, at most
LEAST_SPREAD = 0.4  # of the spread of the color that varies most, what a mix must have
RISE = 0.2  # heights by which the middle of a line is moved against its ends, at most
SHEAR, TURN = 0.12, 2.5  # standard deviations: heights along a height, degrees


def vary(pixels: Pixels, quad: Quad, rng: Generator) -> tuple[Pixels, Quad]:
    """Change colors, width and shape of a line, and put dirt on it, each by chance."""
    does = {name: rng.random() < share for name, share in SHARES.items()}
    if does["invert"]:
        pixels = 255 - pixels
    if does["colors"]:
        pixels = change_colors(pixels, rng)
    if does["width"]:
        pixels, quad = change_width(pixels, quad, float(np.exp(rng.uniform(-WIDTHS, WIDTHS))))
    if does["bend"]:
        pixels = bend(pixels, rng.uniform(-RISE, RISE) * size_of(quad)[1])
    if does["lean"]:
        quad = turn(lean(quad, rng.normal(0, SHEAR)), np.radians(rng.normal(0, TURN)))
    return add_dirt(pixels, rng) if does["dirt"] else pixels, quad


def change_colors(pixels: Pixels, rng: Generator) -> Pixels:
    """Mix red, green and blue to one grey by any shares, and bend its light.

    Not where letters and ground would become alike.
    """
    grey = pixels @ rng.dirichlet(np.ones(3)) / 255
    if 255 * grey.std() < LEAST_SPREAD * pixels.std(axis=(0, 1)).max():
        return pixels
    light = grey ** np.exp(rng.uniform(-GAMMAS, GAMMAS))
    made: Pixels = np.repeat((255 * light).astype(np.uint8)[:, :, None], 3, axis=2)
    return made


def change_width(pixels: Pixels, quad: Quad, factor: float) -> tuple[Pixels, Quad]:
    """Make a picture wider by a factor."""
    h, w, _ = pixels.shape
    wide = max(1, round(w * factor))
    made = Image.fromarray(pixels).resize((wide, h), Image.Resampling.BILINEAR)
    return np.asarray(made), quad * (wide / w, 1)


def bend(pixels: Pixels, rise: float) -> Pixels:
    """Move columns up and down along an arc that is `rise` pixels high; edges go on."""
    h, w, _ = pixels.shape
    arc = np.round(rise * (np.linspace(-1, 1, w) ** 2 - 0.5)).astype(int)
    rows = np.clip(np.arange(h)[:, None] + arc, 0, h - 1)
    made: Pixels = pixels[rows, np.arange(w)]
    return made


def lean(quad: Quad, shear: float) -> Quad:
    """Move the upper edge of a quad forth by some of its heights, and the lower one back."""
    width, height = size_of(quad)
    by = axes(quad)[0] * (shear * height / width / 2)
    leaning: Quad = quad + np.array([by, by, -by, -by])
    return leaning


def turn(quad: Quad, angle: float) -> Quad:
    """Turn a quad about its middle, by an angle in radians."""
    middle = quad.mean(axis=0)
    turned: NDArray[np.float64] = middle + (quad - middle) @ rotation(angle).T
    return turned
