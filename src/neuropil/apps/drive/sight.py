"""What the network looks at: VisualBackProp (Bojarski et al. 2016), made for this very network.

Where a convolution of any depth is lit up, something there has got through to the controls. From
the deepest one back, its mean over all channels is enlarged to the size of the one before and
multiplied with it; what is left at the end is the part of the picture that all of them agree on.

    side  46, 21, 9, 7, 5: of the convolutions, first to last
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

Floats = NDArray[np.float32]

SEEN = ("seen1", "seen2", "seen3", "seen4", "seen5")  # outputs (1, 1, side, side), all >= 0
SIDE = 96


def looked_at(made: Mapping[str, Floats]) -> Floats:
    """Find how much each pixel of the picture was looked at, from 0 to 1: (96, 96)."""
    first, *others = (made[name][0, 0] for name in SEEN)
    mask = others.pop()
    for mean in reversed((first, *others)):
        mask = enlarged(mask, len(mean)) * mean
    mask = enlarged(mask, SIDE)
    return mask / mask.max() if mask.max() > 0 else mask


def enlarged(mask: Floats, side: int) -> Floats:
    """Enlarge a square by interpolation: (side, side)."""
    picture = Picture.fromarray(np.ascontiguousarray(mask, np.float32))
    return np.asarray(picture.resize((side, side), Picture.Resampling.BILINEAR))
