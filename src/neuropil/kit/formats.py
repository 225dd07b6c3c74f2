"""What pictures and films may be: the quality that they are written with, their size."""

from neuropil.kit.ranges import Range

QUALITIES = Range(1, 100)  # of JPEG, WebP and films
QUALITY = 92
MAX_PIXELS = 200_000_000  # of a picture, unless more are asked for
