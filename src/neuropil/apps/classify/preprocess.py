"""The ten classes, and pixels as the network takes them: B pictures, H rows, W columns."""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()
SIDE = 32  # pixels
MEAN = np.array([125.3, 123.0, 113.9], np.float32)  # of the training pictures' R, G, B
STD = np.array([63.0, 62.1, 66.7], np.float32)


def encode(pixels: Bytes) -> Floats:
    """Standardize pictures (B, H, W, 3) of bytes: (B, 3, H, W), channels still last in memory."""
    x: Floats = (pixels.astype(np.float32) - MEAN) / STD
    return x.transpose(0, 3, 1, 2)
