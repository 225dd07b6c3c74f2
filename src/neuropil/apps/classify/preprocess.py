"""Pixels as a network takes them, and the ten classes of CIFAR-10.

B pictures     H rows     W columns
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.eye import network as eye

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()
SIDE = 32  # pixels
MEAN = (125.3, 123.0, 113.9)  # of the training pictures' R, G, B
STD = (63.0, 62.1, 66.7)


@dataclass(frozen=True)
class PixelScale:
    """How a network sees: the shorter side of what it looks at in pixels, and R, G, B's scale."""

    side: int
    mean: tuple[float, ...]
    spread: tuple[float, ...]

    def encode(self, pixels: Bytes) -> Floats:
        """Standardize bytes (B, H, W, 3): (B, 3, H, W), channels still last in memory."""
        mean, spread = as_factor(self.mean), as_factor(self.spread)
        x: Floats = (pixels.astype(np.float32) - mean) / spread
        return x.transpose(0, 3, 1, 2)


def as_factor(values: tuple[float, ...]) -> np.float32 | Floats:
    """Give one number where all three are the same: rows of three are slow to calculate with."""
    return np.float32(values[0]) if len({*values}) == 1 else np.array(values, np.float32)


SMALL_SCALE = PixelScale(SIDE, MEAN, STD)
EYE_SCALE = PixelScale(224, (eye.MEAN,) * 3, (eye.SPREAD,) * 3)  # trained on 224 x 224 pixels


def encode(pixels: Bytes) -> Floats:
    """Standardize pictures (B, 32, 32, 3) for the network of ten classes."""
    return SMALL_SCALE.encode(pixels)
