"""Pictures as a network sees them: 8 bits, and paper where they are transparent.

    pixels = to_rgb8(Image.open("logo.png"))    # (H, W, 3)

H, W  height and width
"""

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.media.image import Image
from neuropil.kit.progress import ticking

AT_ONCE = 1 << 19  # pixels that are brought to 8 bits at once


def to_rgb8(photo: Image) -> NDArray[np.uint8]:
    """Bring a picture to 8 bits (H, W, 3), on white where it is transparent."""
    if photo.pixels.dtype == np.uint8 and photo.alpha is None:
        return photo.pixels.astype(np.uint8)
    made = np.empty(photo.pixels.shape, np.uint8)
    most, step = np.iinfo(photo.pixels.dtype).max, max(1, AT_ONCE // photo.width)
    for rows in ticking(slice(top, top + step) for top in range(0, photo.height, step)):
        x: NDArray[np.float64] = photo.pixels[rows] / most
        if photo.alpha is not None:
            opacity = photo.alpha[rows, :, None] / most
            x = x * opacity + 1 - opacity
        made[rows] = np.round(255 * x)
    return made
