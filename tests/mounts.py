"""Pictures without an even place, and what they are mounted in."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

Bytes = NDArray[np.uint8]


def texture(height: int = 120, width: int = 160, seed: int = 0) -> Bytes:
    """Make a picture without an even place: grey blots of a few pixels."""
    rng = np.random.default_rng(seed)
    blots = rng.uniform(40, 215, (height // 4, width // 4)).astype(np.uint8)
    large = Picture.fromarray(blots).resize((width, height), Picture.Resampling.BILINEAR)
    return np.repeat(np.asarray(large)[..., None], 3, axis=2)


def surround(pixels: Bytes, sizes: tuple[int, int, int, int], tone: int, seed: int = 1) -> Bytes:
    """Put lines of a tone with grain above, below, left and right of a picture."""
    above, below, left, right = sizes
    inside = np.pad(np.ones(pixels.shape[:2], bool), ((above, below), (left, right)))
    made = np.pad(pixels, ((above, below), (left, right), (0, 0)))
    grain = np.random.default_rng(seed).normal(tone, 2, (*inside.shape, 1))
    return np.where(inside[..., None], made, grain.clip(0, 255).astype(np.uint8))
