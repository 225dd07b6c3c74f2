"""One picture of a film."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Frame:
    """Upright RGB pixels (H, W, 3), the moment at which they appear, and for how long, in seconds.

    duration: 0 where it is not told: until the next frame appears
    """

    pixels: NDArray[np.uint8]
    time: Fraction
    duration: Fraction = Fraction(0)
