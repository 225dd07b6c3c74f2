"""Pictures brought to 8 bits, on white where they are transparent."""

import numpy as np

from neuropil.kit.media.image import Image
from neuropil.kit.media.opaque import to_rgb8


def test_sixteen_bits_and_glass_become_eight_on_white() -> None:
    deep = Image(np.full((2, 2, 3), 65535, np.uint16))
    assert (to_rgb8(deep) == 255).all()
    clear = Image(np.zeros((2, 2, 3), np.uint8), np.array([[0, 255], [128, 255]], np.uint8))
    assert to_rgb8(clear)[..., 0].tolist() == [[255, 0], [127, 0]]
