"""CIELAB: lightness apart from color, so that a photograph keeps its own lightness exactly.

    L  lightness 0..100    a  green (-) to red (+)    b  blue (-) to yellow (+)    (D65 white)

    Y = 0.2126 R + 0.7152 G + 0.0722 B   (R, G, B linear)        L = 116 f(Y) - 16
    a = 500 (f(X) - f(Y))    b = 200 (f(Y) - f(Z))     f(t) = cube root of t, straight below 0.00886

Source: CIE 15:2004, section 8.2.1; sRGB: IEC 61966-2-1. Arrays are float32, channels last.
"""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Depth = TypeVar("Depth", bound=np.uint8 | np.uint16)

XYZ_FROM_RGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.sum(XYZ_FROM_RGB, axis=1)  # of R = G = B = 1, so that grey has a = b = 0
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB)
BEND_FROM_LINEAR = (XYZ_FROM_RGB.T / WHITE).astype(np.float32)
LINEAR_FROM_BEND = (RGB_FROM_XYZ * WHITE).T.astype(np.float32)
KNEE = 6 / 29  # f is a straight line where it is below this
SLOPE = 1 / (3 * KNEE**2)
TABLE = 1 << 16  # entries of the tables over 0..1
SPILL = 1e-4  # linear light this far outside 0..1 is rounding, not a color outside the gamut
HALVINGS = 9  # of the interval in which the largest chroma is sought: 1/512 of it is left


@cache
def linear_table(levels: int) -> Floats:
    """Tabulate linear light 0..1 for each of the `levels` values of an sRGB channel."""
    v = np.arange(levels) / (levels - 1)
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def bend_table() -> Floats:
    """Tabulate f over 0..1."""
    return bend(np.linspace(0, 1, TABLE, dtype=np.float32))


@cache
def byte_table() -> NDArray[np.uint8]:
    """Tabulate the 8-bit sRGB value of linear light 0..1."""
    light: Floats = np.linspace(0, 1, TABLE, dtype=np.float32)
    return np.rint(255 * gamma(light)).astype(np.uint8)


def gamma(light: Floats) -> Floats:
    """Turn linear light 0..1 into sRGB 0..1."""
    high = 1.055 * np.maximum(light, np.float32(0.0031308)) ** (1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, high)


def linear(rgb: Pixels) -> Floats:
    """Turn sRGB (uint8 or uint16) into linear light 0..1."""
    return linear_table(1 << (8 * rgb.itemsize))[rgb]


def bend(t: Floats) -> Floats:
    """Compute f: light as the eye takes it, a cube root that is straight near black."""
    return np.where(t > KNEE**3, np.cbrt(t), SLOPE * t + np.float32(4 / 29))


def unbend(v: Floats) -> Floats:
    """Undo `bend`."""
    return np.where(v > KNEE, v * v * v, (v - np.float32(4 / 29)) / np.float32(SLOPE))


def bent(rgb: Pixels) -> Floats:
    """Measure f(Y) (H, W) of pixels (H, W, 3); L is 116 of it less 16."""
    light = linear_table(1 << (8 * rgb.itemsize))
    red, green, blue = np.moveaxis(rgb, -1, 0)
    r, g, b = (np.float32(share) for share in XYZ_FROM_RGB[1])
    y = r * light[red] + g * light[green] + b * light[blue]
    entry = (y * np.float32(TABLE - 1) + np.float32(0.5)).astype(np.uint16)
    fy: Floats = bend_table()[entry]
    return fy


def lightness(rgb: Pixels) -> Floats:
    """Measure L (H, W) of sRGB pixels (H, W, 3)."""
    return np.float32(116) * bent(rgb) - np.float32(16)


def lab_from_rgb(rgb: Pixels) -> Floats:
    """Turn sRGB (..., 3) into CIELAB (..., 3)."""
    fx, fy, fz = np.moveaxis(bend(linear(rgb) @ BEND_FROM_LINEAR), -1, 0)
    return np.stack((116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)), axis=-1)


def linear_from(fy: Floats, ab: Floats) -> Floats:
    """Turn f(Y) (...) and a, b (..., 2) into linear light (..., 3), which may lie outside 0..1."""
    fxyz = np.empty((*fy.shape, 3), np.float32)
    fxyz[..., 0] = fy + ab[..., 0] * np.float32(1 / 500)
    fxyz[..., 1] = fy
    fxyz[..., 2] = fy - ab[..., 1] * np.float32(1 / 200)
    light: Floats = unbend(fxyz) @ LINEAR_FROM_BEND
    return light


def shown(fy: Floats, ab: Floats) -> Floats:
    """Turn f(Y) and a, b into linear light 0..1 of the same lightness.

    A color that the screen can't show is moved straight towards the neutral of its lightness, just
    as far as it must: hue and L stay, chroma shrinks.
    """
    light = linear_from(fy, ab)
    outside = ((light < -SPILL) | (light > 1 + SPILL)).any(axis=-1)
    if outside.any():
        dark, chroma = fy[outside], ab[outside]
        low, high = np.zeros_like(dark), np.ones_like(dark)
        for _ in range(HALVINGS):
            middle = np.float32(0.5) * (low + high)
            tried = linear_from(dark, chroma * middle[:, None])
            fits = ((tried >= -SPILL) & (tried <= 1 + SPILL)).all(axis=-1)
            low, high = np.where(fits, middle, low), np.where(fits, high, middle)
        light[outside] = linear_from(dark, chroma * low[:, None])
    return np.clip(light, 0, 1, out=light)


def encoded(light: Floats, dtype: np.dtype[Depth]) -> NDArray[Depth]:
    """Turn linear light 0..1 into sRGB of 8 or 16 bits."""
    if dtype == np.uint8:
        entry = (light * np.float32(TABLE - 1) + np.float32(0.5)).astype(np.uint16)
        return byte_table()[entry].astype(dtype, copy=False)
    return np.rint(65535 * gamma(light)).astype(dtype)
