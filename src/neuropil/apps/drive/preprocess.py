"""Frames of the camera, and how the network takes them."""

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.errors import UserError

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
SIDE, ROAD = 96, 84  # rows of the picture, and those of them above the instruments
SCORE = 12  # columns of the instruments in which the simulator writes the score: not to be seen


def encode(pictures: Bytes) -> Floats:
    """Bring pictures (B, 96, 96, 3) to -1..1, the score hidden: (B, 3, 96, 96), channels last."""
    x: Floats = pictures.astype(np.float32) * np.float32(2 / 255) - 1
    x[:, ROAD:, :SCORE] = -1
    return x.transpose(0, 3, 1, 2)


def require_camera_frame(shape: tuple[int, ...], whose: str) -> None:
    """Raise UserError where pictures (H, W, 3) are not of the camera's form."""
    if shape != (SIDE, SIDE, 3):
        raise UserError(
            "input.content",
            f"{whose} of {shape[1]} × {shape[0]} pixels; the car sees {SIDE} × {SIDE}, as"
            " CarRacing-v3 shows them (a film that neuropil drive has written is for people, and"
            " keeps its drives: neuropil open drive FILM --frame 0)",
        )
