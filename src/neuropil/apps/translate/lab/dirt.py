"""What becomes of text on its way into a picture: light, blur, noise, coarse pixels, JPEG.

    pixels = add_dirt(pixels, rng)      # (H, W, 3), 0..255

H, W  height, width of the picture; both stay as they are
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from neuropil.apps.translate.lines import Pixels

SHARES = {"light": 0.35, "glare": 0.06, "coarse": 0.25, "blur": 0.4, "motion": 0.1, "noise": 0.4}
SMALLEST = 26  # pixels of height, of which letters take less than half, that are left of detail
COMPRESSED = 0.5  # share of the pictures that were kept as JPEG


def add_dirt(pixels: Pixels, rng: Generator) -> Pixels:
    """Do to a picture what light, lens, sensor and file do, each by chance."""
    steps: dict[str, Callable[[Pixels, Generator], Pixels]] = {
        **{"light": shade, "glare": add_glare, "coarse": coarsen},
        **{"blur": blur, "motion": smear, "noise": add_noise},
    }
    for name, share in SHARES.items():
        if rng.random() < share:
            pixels = steps[name](pixels, rng)
    return compress(pixels, rng) if rng.random() < COMPRESSED else pixels


def shade(pixels: Pixels, rng: Generator) -> Pixels:
    """Darken unevenly, as a shadow does, or the whole."""
    h, w, _ = pixels.shape
    coarse = rng.uniform(0.25, 1.1, (2, 2) if rng.random() < 0.6 else (3, 6))
    light = resize_field(coarse.astype(np.float32), h, w)
    made: Pixels = (pixels * light[..., None]).clip(0, 255).astype(np.uint8)
    return made


def add_glare(pixels: Pixels, rng: Generator) -> Pixels:
    """Lay a bright spot over a part."""
    h, w, _ = pixels.shape
    x = (np.arange(w) - rng.uniform(0, w)) / (rng.uniform(0.5, 2) * h)
    y = (np.arange(h) - rng.uniform(0, h)) / (rng.uniform(0.3, 1) * h)
    spot = np.exp(-(x**2) - (y**2)[:, None]) * rng.uniform(0.3, 0.85)
    made: Pixels = (pixels + spot[..., None] * (255.0 - pixels)).astype(np.uint8)
    return made


def coarsen(pixels: Pixels, rng: Generator) -> Pixels:
    """Lose detail by a smaller size in between."""
    image = Image.fromarray(pixels)
    factor = rng.uniform(min(0.9, max(0.4, SMALLEST / image.height)), 0.95)
    small = (max(1, int(image.width * factor)), max(1, int(image.height * factor)))
    coarse = image.resize(small, Image.Resampling.BILINEAR)
    return np.asarray(coarse.resize(image.size, Image.Resampling.BILINEAR))


def blur(pixels: Pixels, rng: Generator) -> Pixels:
    """Put it out of focus, by a share of its height."""
    radius = rng.uniform(0.2, 0.025 * min(len(pixels), 60) + 0.25)
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(radius)))


def smear(pixels: Pixels, rng: Generator) -> Pixels:
    """Move the camera a few pixels to the side, or up."""
    n, axis = int(rng.integers(2, 4 + min(len(pixels), 60) // 20)), int(rng.integers(2))
    moved = [np.roll(pixels, shift, axis=axis) for shift in range(n)]
    mean: Pixels = np.mean(moved, axis=0).astype(np.uint8)
    return mean


def add_noise(pixels: Pixels, rng: Generator) -> Pixels:
    """Add the noise of a sensor."""
    spread = rng.uniform(1, 18)
    grain = rng.standard_normal(pixels.shape, dtype=np.float32)
    made: Pixels = (pixels + spread * grain).clip(0, 255).astype(np.uint8)
    return made


def compress(pixels: Pixels, rng: Generator) -> Pixels:
    """Keep it as JPEG, and read it again."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=int(rng.integers(18, 90)))
    return np.asarray(Image.open(file).convert("RGB"))


def resize_field(coarse: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Spread a few numbers smoothly over a picture."""
    field = Image.fromarray(coarse).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(field, np.float32)
