"""What was set into one picture of a film, laid over the pictures that follow.

    overlay = Overlay(pixels, replaced)     # the picture as it was, and with its texts replaced
    shown = overlay.lay(next_pixels, motion)

H, W  height and width
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageFilter

from neuropil.apps.translate.erasing import mark_quads
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lines import Floats, Pixels
from neuropil.apps.translate.tracking import AROUND, Motion, inverse

SOFT = 1  # pixels of the edge over which the overlay fades


class Overlay:
    """The part of a picture that was replaced, and how much it covers of each pixel, 0..1."""

    def __init__(self, pixels: Pixels, replaced: Pixels) -> None:
        self.replaced = Image.fromarray(replaced)
        changed = Image.fromarray((pixels != replaced).any(axis=2).astype(np.uint8) * 255)
        wide = changed.filter(ImageFilter.MaxFilter(2 * SOFT + 1))
        self.cover = wide.filter(ImageFilter.BoxBlur(SOFT))

    def lay(self, pixels: Pixels, motion: Motion, hidden: Sequence[Quad] = ()) -> Pixels:
        """Lay it over a picture of the same size (H, W, 3), moved and lit as that is.

        hidden: quads (4, 2) of the first picture over which nothing is laid
        """
        cover = warp(self.cover_without(hidden), motion)[:, :, None] / 255
        light = np.clip(warp(self.replaced, motion) * motion.gain + motion.bias, 0, 255)
        mixed = cover * light + (1 - cover) * pixels
        made: Pixels = np.rint(mixed).astype(np.uint8)
        return made

    def cover_without(self, hidden: Sequence[Quad]) -> Image.Image:
        """Give how much is covered of each pixel, of hidden quads and around them nothing."""
        if not hidden:
            return self.cover
        cover = np.asarray(self.cover)
        return Image.fromarray(cover * ~mark_quads(hidden, AROUND, *cover.shape))


def warp(image: Image.Image, motion: Motion) -> Floats:
    """Move a picture by a homography; what comes from outside of it is 0."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # Pillow counts from pixels' corners
    back = half @ inverse(motion.matrix) @ inverse(half)
    numbers = (back / back[2, 2]).ravel()[:8].tolist()
    method = Image.Transform.PERSPECTIVE
    moved = image.transform(image.size, method, numbers, Image.Resampling.BICUBIC)
    return np.asarray(moved, np.float32)
