"""A part of a picture: what a border leaves of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.cielab import Floats, Pixels


@dataclass(frozen=True)
class Rectangle:
    """A part of a picture, in pixels: left and top lie inside of it, right and bottom outside.

    is_oval: only the ellipse that touches the four sides is meant
    """

    left: int
    top: int
    right: int
    bottom: int
    is_oval: bool = False

    def cut(self, pixels: Pixels) -> Pixels:
        """Cut the part out of a picture (H, W, 3); both share their memory."""
        return pixels[self.top : self.bottom, self.left : self.right]

    def holds(self, x: float, y: float) -> bool:
        """Tell whether a place of the picture lies in the part."""
        if self.is_oval:
            return bool(self.radius(np.asarray(x), np.asarray(y)) < 1)
        return self.left <= x < self.right and self.top <= y < self.bottom

    def mask(self) -> NDArray[np.bool_]:
        """Tell which pixels of the part, as it is cut out, are meant: (height, width)."""
        y, x = np.ogrid[self.top : self.bottom, self.left : self.right]
        return self.radius(x, y) < 1 if self.is_oval else np.ones(np.broadcast(y, x).shape, bool)

    def radius(self, x: NDArray[Any], y: NDArray[Any]) -> Floats:
        """Measure how far places lie from the middle: 1 on the ellipse that touches the sides."""
        half = (self.right - self.left) / 2, (self.bottom - self.top) / 2
        across = (x + 0.5 - self.left) / half[0] - 1
        down = (y + 0.5 - self.top) / half[1] - 1
        far: Floats = np.hypot(across, down)
        return far

    def move(self, x: int, y: int) -> "Rectangle":
        """Move it by x pixels to the right and y down."""
        left, right = self.left + x, self.right + x
        return Rectangle(left, self.top + y, right, self.bottom + y, self.is_oval)

    def scale(self, x: float, y: float) -> "Rectangle":
        """Bring it to a picture that is x times as wide and y times as high."""
        left, right = round(self.left * x), round(self.right * x)
        return Rectangle(left, round(self.top * y), right, round(self.bottom * y), self.is_oval)

    def scale_to(self, height: int, width: int) -> "Rectangle":
        """Bring it to its own picture, cut out, of another size."""
        return Rectangle(0, 0, width, height, self.is_oval)

    def share_of(self, pixels: Pixels) -> tuple[float, float, float, float]:
        """Tell left, top, right and bottom as shares, 0 to 1, of a picture (H, W, 3)."""
        H, W, _ = pixels.shape
        return self.left / W, self.top / H, self.right / W, self.bottom / H

    def describe(self) -> str:
        """Say where the part lies."""
        shape = "an oval, " if self.is_oval else ""
        return f"{shape}x {self.left} to {self.right - 1}, y {self.top} to {self.bottom - 1}"
