"""Cuts of a film: frames that look like none of the moments before, and go on as they begin.

    H, W = 18, 24 cells of a frame

The unlikeness of two frames is 1 - r, r the correlation of their cells: light that flickers changes
none of it, and cells are so large that what moves changes little. A flash of one or two frames is
no cut: those after it look as those before.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from neuropil.apps.foley.motion import Floats, average_cells

UNLIKE = 0.35  # from which a frame may begin another shot
TIMES = 3.0  # more than the moments before are usually unlike
BEFORE = 8  # frames whose unlikeness is known
FLASH = 2  # frames that a flash lasts at most
FLAT = 2.0  # levels of spread below which a frame shows nothing: black, or white


@dataclass(eq=False)
class CutFinder:
    """Tells of each frame, once the one after it is known, whether a shot begins with it."""

    frames: deque[Floats] = field(default_factory=lambda: deque(maxlen=FLASH + 3))
    usual: deque[float] = field(default_factory=lambda: deque(maxlen=BEFORE))

    def push(self, grey: Floats) -> bool:
        """Take the grey levels (72, 96) of a frame; tells whether the one before it is a cut."""
        self.frames.append(average_cells(grey))
        if len(self.frames) < 3:
            return False
        *earlier, first, middle, last = self.frames
        unlike = measure_unlikeness(first, middle)
        is_new = unlike > max(UNLIKE, TIMES * float(np.median(self.usual or [0.0])))
        others = [(first, last), *((frame, middle) for frame in earlier)]
        is_cut = is_new and all(measure_unlikeness(a, b) > UNLIKE for a, b in others)
        self.usual.append(min(unlike, UNLIKE) if is_cut else unlike)
        return bool(is_cut)


def measure_unlikeness(a: Floats, b: Floats) -> float:
    """Measure how unlike two frames are: 0 the same, 1 nothing in common, 2 the opposite."""
    flat = a.std() < FLAT, b.std() < FLAT
    if any(flat):
        return 0.0 if all(flat) else 1.0
    return float(1 - np.corrcoef(a.ravel(), b.ravel())[0, 1])
