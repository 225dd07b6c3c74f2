"""A picture and what became of it, side by side.

H, W  height and width
"""

import numpy as np

from neuropil.apps.translate.lines import Pixels

GAP = 12  # pixels of white between them


def set_side_by_side(before: Pixels, after: Pixels) -> Pixels:
    """Set two pictures (H, W, 3) of one size beside each other, wide ones below each other."""
    height, width, _ = before.shape
    is_wide = width > 1.4 * height
    gap = np.full((GAP, width, 3) if is_wide else (height, GAP, 3), 255, np.uint8)
    return np.concatenate([before, gap, after], axis=0 if is_wide else 1)
