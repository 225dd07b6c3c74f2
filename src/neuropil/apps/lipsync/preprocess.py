"""From pictures and sound to what the networks take: the same in training and in running.

    finder_input(pixels)            # (1, 3, H, W), and how many times smaller it is
    cut_face(pixels, matrix)        # the crop (128, 128) that the landmarks are found in
    normalize_crop(crops)           # (B, 1, 128, 128)

A crop is said by its map (2, 3) from pixels of the picture to pixels of the crop; the center of the
first pixel is 0 in both.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.lipsync.shapes import LEFT_EYE, RIGHT_EYE, Numbers, Points

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

FINDER_SIDE = 192  # pixels of the long side of the picture in which faces are looked for
FINDER_STRIDE = 32  # pixels, of which both sides are multiples
CROP = 128  # pixels a side
MARGIN = 0.35  # of the larger side of the points' box, around it in the crop
LEAST_SPREAD = 4.0  # levels, below which a crop is as good as even


def finder_input(pixels: Pixels) -> tuple[Floats, float]:
    """Scale a picture (H, W, 3) for the finder, and tell how many times as large it was."""
    height, width, _ = pixels.shape
    scale = max(height, width) / FINDER_SIDE
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    small = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    return normalize_picture(np.asarray(small)[None]), scale


def normalize_picture(pixels: Pixels) -> Floats:
    """Take pictures (B, H, W, 3) to (B, 3, H', W'), -1 to 1, filled up by zeros to the stride."""
    _, height, width, _ = pixels.shape
    fill = ((0, 0), (0, -height % FINDER_STRIDE), (0, -width % FINDER_STRIDE), (0, 0))
    values = np.pad(pixels.astype(np.float32) / 127.5 - 1, fill)
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2))


def crop_map(center: Points, side: float, angle: float = 0.0) -> Numbers:
    """Make the map from a picture to the crop of a square of it.

    center: (2,), of the square
    side: its length in pixels of the picture
    angle: by which it is turned, in radians
    """
    scale = CROP / side
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.column_stack([turn, (CROP - 1) / 2 - turn @ center])


def map_of_points(points: Points) -> Numbers:
    """Make the map to the crop of a face (68, 2), in which its eyes are level."""
    x, y = points[LEFT_EYE].mean(axis=0) - points[RIGHT_EYE].mean(axis=0)
    angle = float(np.arctan2(y, x))
    level = points @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    low, high = level.min(axis=0), level.max(axis=0)
    middle = (low + high) / 2
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return crop_map(back @ middle, float((high - low).max()) * (1 + 2 * MARGIN), angle)


def invert_map(matrix: Numbers) -> Numbers:
    """Invert a map (2, 3)."""
    inverse = np.linalg.inv(matrix[:, :2])
    return np.column_stack([inverse, -inverse @ matrix[:, 2]])


def warp(picture: Image.Image, matrix: Numbers, size: tuple[int, int]) -> Image.Image:
    """Resample a picture by a map (2, 3) to (width, height) pixels, bilinearly.

    Pillow counts from the corner of the first pixel, and everything here from its center.
    """
    inverse = invert_map(matrix)
    shift = inverse[:, 2] + 0.5 - inverse[:, :2] @ np.array([0.5, 0.5])
    (a, b), (c, d) = inverse[:, :2]
    coefficients = (float(a), float(b), float(shift[0]), float(c), float(d), float(shift[1]))
    method, smooth = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    return picture.transform(size, method, coefficients, smooth)


def shrink_and_warp(picture: Image.Image, matrix: Numbers, size: tuple[int, int]) -> Image.Image:
    """Warp a picture, made whole times smaller before, as resampling would skip pixels."""
    times = max(1, int(1 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))))
    half = (times - 1) / 2  # the center of the first of the larger pixels
    shift = matrix[:, 2] + matrix[:, :2] @ [half, half]
    return warp(picture.reduce(times), np.column_stack([times * matrix[:, :2], shift]), size)


def cut_face(pixels: Pixels, matrix: Numbers) -> Pixels:
    """Cut the crop (128, 128), grey, of a picture (H, W, 3) or (H, W); its edge goes on outside."""
    corners = np.array([[0.0, 0.0], [CROP, 0.0], [0.0, CROP], [CROP, CROP]])
    inverse = invert_map(matrix)
    there = corners @ inverse[:, :2].T + inverse[:, 2]
    x0, y0 = np.floor(there.min(axis=0)).astype(int) - 2
    x1, y1 = np.ceil(there.max(axis=0)).astype(int) + 3
    height, width = pixels.shape[:2]
    rows, columns = np.arange(y0, y1).clip(0, height - 1), np.arange(x0, x1).clip(0, width - 1)
    part = Image.fromarray(pixels[rows[:, None], columns]).convert("L")
    moved = np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ [x0, y0]])
    return np.asarray(shrink_and_warp(part, moved, (CROP, CROP)))


def normalize_crop(crops: Pixels) -> Floats:
    """Take crops (B, 128, 128) to (B, 1, 128, 128), each of mean 0 and deviation 1."""
    values = crops.astype(np.float32)
    mean = values.mean(axis=(1, 2), keepdims=True)
    spread = np.maximum(values.std(axis=(1, 2), keepdims=True), LEAST_SPREAD)
    made: Floats = ((values - mean) / spread)[:, None]
    return made
