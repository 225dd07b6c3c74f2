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
AWAY_FROM_GREY = (RGB_FROM_XYZ * WHITE)[:, [0, 2]].astype(np.float32)  # by X - Y and Z - Y
LAB_KNEE = 6 / 29  # f is a straight line where it is below this
SLOPE = 1 / (3 * LAB_KNEE**2)
TABLE = 1 << 16  # entries of the table over 0..1
GAMUT_TOLERANCE = (
    1e-4  # linear light this far outside 0..1 is rounding, not a color outside the gamut
)
HALVINGS = 9  # of the interval in which the largest chroma is sought: 1/512 of it is left


@cache
def decode_table(levels: int) -> Floats:
    """Tabulate linear light 0..1 for each of the `levels` values of an sRGB channel."""
    v = np.arange(levels) / (levels - 1)
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4).astype(np.float32)


@cache
def encode_table() -> NDArray[np.uint8]:
    """Tabulate the 8-bit sRGB value of linear light 0..1."""
    light: Floats = np.linspace(0, 1, TABLE, dtype=np.float32)
    return np.rint(255 * srgb_encode(light)).astype(np.uint8)


def srgb_encode(light: Floats) -> Floats:
    """Turn linear light 0..1 into sRGB 0..1."""
    knee = np.float32(0.0031308)  # a power above, a straight line below
    high = 1.055 * np.maximum(light, knee) ** np.float32(1 / 2.4) - 0.055
    low: Floats = np.minimum(light - knee, 0)
    return high + np.float32(12.92) * low


def srgb_decode(rgb: Pixels) -> Floats:
    """Turn sRGB (uint8 or uint16) into linear light 0..1."""
    return decode_table(1 << (8 * rgb.itemsize))[rgb]


def lab_f(t: Floats) -> Floats:
    """Compute f: light as the eye takes it, a cube root that is straight near black."""
    return np.where(t > LAB_KNEE**3, np.cbrt(t), SLOPE * t + np.float32(4 / 29))


def lab_f_inverse(v: Floats) -> Floats:
    """Undo `lab_f`: the cube of what is above the knee, the line of what is below."""
    knee = np.float32(LAB_KNEE)
    high = np.maximum(v, knee)
    cube = high * high
    cube *= high
    low = np.minimum(v - knee, 0)
    low *= np.float32(1 / SLOPE)
    cube += low
    return cube


def lab_f_of_y(rgb: Pixels) -> Floats:
    """Measure f(Y) (H, W) of pixels (H, W, 3); L is 116 of it less 16."""
    table = decode_table(1 << (8 * rgb.itemsize))
    y = np.zeros(rgb.shape[:-1], np.float32)
    for channel, share in enumerate(XYZ_FROM_RGB[1]):
        y += (np.float32(share) * table).take(rgb[..., channel])
    knee = np.float32(LAB_KNEE**3)
    fy: Floats = np.cbrt(np.maximum(y, knee))
    fy += np.float32(SLOPE) * np.minimum(y - knee, 0)
    return fy


def lightness(rgb: Pixels) -> Floats:
    """Measure L (H, W) of sRGB pixels (H, W, 3)."""
    return np.float32(116) * lab_f_of_y(rgb) - np.float32(16)


def lab_from_rgb(rgb: Pixels) -> Floats:
    """Turn sRGB (..., 3) into CIELAB (..., 3)."""
    fx, fy, fz = np.moveaxis(lab_f(srgb_decode(rgb) @ BEND_FROM_LINEAR), -1, 0)
    return np.stack((116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)), axis=-1)


def linear_rgb(fy: Floats, a: Floats, b: Floats) -> Floats:
    """Turn f(Y), a, b (...) into linear light, plane by plane (3, ...), perhaps outside 0..1."""
    bends = np.empty((3, *fy.shape), np.float32)
    bends[0] = fy + a * np.float32(1 / 500)
    bends[1] = fy - b * np.float32(1 / 200)
    bends[2] = fy
    xzy = lab_f_inverse(bends).reshape(3, -1)
    xzy[:2] -= xzy[2]  # so that grey comes out as exact grey
    light: Floats = AWAY_FROM_GREY @ xzy[:2]
    light += xzy[2]
    return light.reshape(bends.shape)


def to_gamut(fy: Floats, ab: Floats) -> Floats:
    """Turn f(Y) (...) and a, b (..., 2) into linear light 0..1 (..., 3) of the same lightness.

    A color that the screen can't show is moved straight towards the neutral of its lightness, just
    as far as it must: hue and L stay, chroma shrinks.
    """
    a, b = ab[..., 0], ab[..., 1]
    light = linear_rgb(fy, a, b)
    if light.min() < -GAMUT_TOLERANCE or light.max() > 1 + GAMUT_TOLERANCE:
        outside = np.flatnonzero(~in_gamut(light))
        inside = reduce_chroma(fy.take(outside), a.take(outside), b.take(outside))
        light.reshape(3, -1)[:, outside] = inside
    np.clip(light, 0, 1, out=light)
    return np.moveaxis(light, 0, -1)  # a view: whoever takes one channel has a whole plane


def reduce_chroma(fy: Floats, a: Floats, b: Floats) -> Floats:
    """Shrink chroma (K) until the screen can show it: linear light (3, K)."""
    share = gamut_chroma_scale(fy, a, b)
    return linear_rgb(fy, share * a, share * b)


def gamut_chroma_scale(fy: Floats, a: Floats, b: Floats) -> Floats:
    """Find which part of the chroma (K) the screen can show, by halving steps: 0..1."""
    share = np.zeros_like(fy)
    for halving in range(1, HALVINGS + 1):
        step = np.float32(0.5**halving)
        tried = share + step
        share += step * in_gamut(linear_rgb(fy, tried * a, tried * b))
    return share


def in_gamut(light: Floats) -> NDArray[np.bool_]:
    """Tell where all of the planes (3, ...) lie in 0..1, but for rounding."""
    low, high = light.min(axis=0), light.max(axis=0)
    inside: NDArray[np.bool_] = (low >= -GAMUT_TOLERANCE) & (high <= 1 + GAMUT_TOLERANCE)
    return inside


def encode_srgb(light: Floats, dtype: np.dtype[Depth]) -> NDArray[Depth]:
    """Turn linear light 0..1 (..., 3) into sRGB of 8 or 16 bits."""
    made = np.empty(light.shape, dtype)
    for channel in range(light.shape[-1]):
        made[..., channel] = (encode_uint8 if dtype == np.uint8 else encode_uint16)(
            light[..., channel]
        )
    return made


def encode_uint8(light: Floats) -> NDArray[np.uint8]:
    """Look up the 8-bit sRGB value of linear light 0..1."""
    entry = light * np.float32(TABLE - 1)
    entry += np.float32(0.5)
    return encode_table().take(
        entry.astype(np.uint16), mode="clip"
    )  # clip: no second look at bounds


def encode_uint16(light: Floats) -> NDArray[np.uint16]:
    """Compute the 16-bit sRGB value of linear light 0..1."""
    return np.rint(65535 * srgb_encode(light)).astype(np.uint16)
