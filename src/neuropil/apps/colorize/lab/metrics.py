"""How near a coloring comes to the truth, and how colorful it is, in the field's usual measures.

H, W  pixels; pictures are sRGB (H, W, 3) uint8
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.cielab import Floats, lab_from_rgb

Bytes = NDArray[np.uint8]

SATURATED = 25.0  # chroma from which a pixel counts as well saturated
BIN = 8  # ab units: side of a cell of the chroma histogram
BINS = 32  # to each side: -128..128


@dataclass(frozen=True)
class ColorMetrics:
    """What one picture scores beside its truth."""

    psnr: float  # dB, 8-bit RGB
    ciede2000: float  # mean over pixels
    colorfulness: float
    saturated: float  # share of pixels, 0..1
    histogram: Floats  # (32, 32), of a and b; sums to 1


def color_metrics(made: Bytes, truth: Bytes) -> ColorMetrics:
    """Measure a picture against its truth."""
    lab = lab_from_rgb(made)
    return ColorMetrics(
        psnr(made, truth),
        float(ciede2000(lab, lab_from_rgb(truth)).mean()),
        colorfulness(made),
        float((np.hypot(lab[..., 1], lab[..., 2]) > SATURATED).mean()),
        chroma_histogram(lab),
    )


def psnr(made: Bytes, truth: Bytes) -> float:
    """Measure the peak signal-to-noise ratio in dB: 10 log10(255^2 / mean squared error)."""
    squared = np.square(made.astype(np.float64) - truth).mean()
    return float(10 * np.log10(255**2 / max(squared, 1 / 12)))  # 1/12: rounding to whole numbers


def colorfulness(picture: Bytes) -> float:
    """Measure colorfulness, sigma_rgyb + 0.3 mu_rgyb (Hasler and Süsstrunk 2003, equation 10)."""
    red, green, blue = np.moveaxis(picture.astype(np.float64), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def chroma_histogram(lab: Floats) -> Floats:
    """Count the colors (a, b) of a picture: (32, 32), summing to 1."""
    cells = np.clip((lab[..., 1:] / BIN + BINS / 2).astype(np.intp), 0, BINS - 1)
    counts = np.bincount(cells[..., 0].ravel() * BINS + cells[..., 1].ravel(), minlength=BINS**2)
    shares: Floats = (counts / counts.sum()).astype(np.float32)
    return shares.reshape(BINS, BINS)


def histogram_distance(one: Floats, other: Floats) -> float:
    """Measure the share of colors that two histograms do not have in common, 0..1."""
    return float(np.abs(one - other).sum() / 2)


def ciede2000(one: Floats, other: Floats) -> Floats:
    """Measure the color difference of CIELAB arrays (..., 3), as the eye takes it.

    Sharma, Wu and Dalal 2005, equations 2-22, with k_L = k_C = k_H = 1; letters as there.
    """
    L1, a1, b1 = np.moveaxis(one.astype(np.float64), -1, 0)
    L2, a2, b2 = np.moveaxis(other.astype(np.float64), -1, 0)
    C7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    G = 0.5 * (1 - np.sqrt(C7 / (C7 + 25.0**7)))
    C1, C2 = np.hypot((1 + G) * a1, b1), np.hypot((1 + G) * a2, b2)
    h1 = np.degrees(np.arctan2(b1, (1 + G) * a1)) % 360
    h2 = np.degrees(np.arctan2(b2, (1 + G) * a2)) % 360

    colored = C1 * C2 != 0
    turn = np.where(colored, (h2 - h1 + 180) % 360 - 180, 0)
    dH = 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn) / 2)
    h = np.where(colored, h1 + turn / 2, h1 + h2)  # the middle hue, on the shorter way round
    L, C = (L1 + L2) / 2, (C1 + C2) / 2

    T = 1 - 0.17 * cos_degrees(h - 30) + 0.24 * cos_degrees(2 * h)
    T += 0.32 * cos_degrees(3 * h + 6) - 0.20 * cos_degrees(4 * h - 63)
    S_L = 1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2)
    S_C, S_H = 1 + 0.045 * C, 1 + 0.015 * C * T
    R_C = 2 * np.sqrt(C**7 / (C**7 + 25.0**7))
    R_T = -R_C * np.sin(np.radians(60 * np.exp(-((((h % 360) - 275) / 25) ** 2))))
    dL, dC = (L2 - L1) / S_L, (C2 - C1) / S_C
    dH = dH / S_H
    difference: Floats = np.sqrt(dL**2 + dC**2 + dH**2 + R_T * dC * dH)
    return difference


def cos_degrees(degrees: Floats) -> Floats:
    """Take the cosine of degrees."""
    return np.cos(np.radians(degrees))
