"""From colors on a grid to a picture: the photograph's own lightness with new colors.

h, w  cells of the grid      H, W  pixels of the photograph
Hg, Wg  pixels of the guide, which is the photograph's lightness at 640 pixels or less a side
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from neuropil.apps.colorize.cielab import (
    Floats,
    Pixels,
    encode_srgb,
    lab_f_of_y,
    lightness,
    to_gamut,
)
from neuropil.apps.colorize.preprocess import resize_uint8
from neuropil.apps.colorize.rectangle import Rectangle
from neuropil.apps.colorize.upsample import guided_filter, joint_bilateral, smooth
from neuropil.kit.progress import tick, ticking

Photo = TypeVar("Photo", bound=Pixels)  # what goes in comes out, 8 or 16 bits

GUIDE = 640  # pixels of the guide's longer side
STRIP = 1 << 15  # pixels worked on at once: what fits into the processor's cache
KNOWN_COLOR, GUESSED_COLOR = (
    np.array([250, 235, 160]),
    np.array([45, 20, 85]),
)  # RGB of the confidence map
MAX_UNCERTAINTY = 30.0  # ab units


@dataclass(frozen=True)
class LocalLinearColor:
    """Color as a line of lightness around each pixel of the guide: ab = slope * L + offset."""

    slope: Floats | None  # (2, Hg, Wg); None where the guide is the photograph itself
    offset: Floats  # (2, Hg, Wg)


def guide_size(height: int, width: int) -> tuple[int, int]:
    """Choose the guide's size: the photograph's own, or 640 pixels on the longer side."""
    scale = min(1.0, GUIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def upsample_to_guide(ab: Floats, cell_lightness: Floats, pixels: Pixels) -> LocalLinearColor:
    """Bring ab (h, w, 2) up to the guide, and fit the lines that lead on to the photograph."""
    size = guide_size(*pixels.shape[:2])
    guide = lightness(resize_uint8(pixels, *size))
    colors = joint_bilateral(smooth(ab, cell_lightness), cell_lightness, guide)
    if size == pixels.shape[:2]:
        return LocalLinearColor(None, colors)
    return LocalLinearColor(*guided_filter(colors, guide))


def apply_color(pixels: Photo, colors: LocalLinearColor, strength: float, threads: int) -> Photo:
    """Give a photograph (H, W, 3) its colors; its L stays as it is."""
    H, W, _ = pixels.shape
    made = np.empty_like(pixels)
    rows = max(1, STRIP // W)
    offset = resize_columns(colors.offset, W, strength)
    slope = None if colors.slope is None else resize_columns(colors.slope, W, strength)

    def paint(top: int) -> None:
        strip = pixels[top : top + rows]
        fy = lab_f_of_y(strip)
        ab = resize_rows(offset, top, len(strip), H)
        if slope is not None:
            ab += resize_rows(slope, top, len(strip), H) * (np.float32(116) * fy - np.float32(16))
        made[top : top + rows] = encode_srgb(to_gamut(fy, np.moveaxis(ab, 0, -1)), pixels.dtype)

    with ThreadPoolExecutor(threads) as pool:
        try:
            for _ in ticking(pool.map(paint, range(0, H, rows))):
                pass
        finally:
            pool.shutdown(cancel_futures=True)
    return made


def resize_columns(values: Floats, width: int, strength: float) -> Floats:
    """Enlarge (2, Hg, Wg) across to the photograph's width, once for all strips: (2, Hg, W)."""
    _, Hg, Wg = values.shape
    values = np.float32(strength) * values
    if Wg == width:
        return values
    how = Picture.Resampling.BILINEAR
    return np.stack([np.asarray(Picture.fromarray(v).resize((width, Hg), how)) for v in values])


def resize_rows(values: Floats, top: int, n_rows: int, height: int) -> Floats:
    """Enlarge (2, Hg, W) down to the photograph's height, n rows from `top` on: (2, n, W)."""
    Hg = values.shape[1]
    if Hg == height:
        return values[:, top : top + n_rows].copy()
    place = np.clip((np.arange(top, top + n_rows) + 0.5) * (Hg / height) - 0.5, 0, Hg - 1)
    above = place.astype(np.intp)
    below = np.minimum(above + 1, Hg - 1)
    between: Floats = values.take(below, axis=1)
    start = values.take(above, axis=1)
    between -= start
    between *= (place - above).astype(np.float32)[:, None]
    between += start
    return between


def paint_gray(pixels: Photo, threads: int) -> Photo:
    """Take the color out of a photograph (H, W, 3)."""
    none = LocalLinearColor(None, np.zeros((2, 1, 1), np.float32))
    return apply_color(pixels, none, 0.0, threads)


def confidence_map(doubt: Floats, size: tuple[int, int], inside: Rectangle) -> NDArray[np.uint8]:
    """Paint doubt (h, w) in ab units: light where the color is known, dark where it was guessed.

    size: height and width of the picture, in which doubt is of the part `inside`; a border is light
    """
    share = np.clip(doubt / MAX_UNCERTAINTY, 0, 1)[..., None]
    small = (KNOWN_COLOR + (GUESSED_COLOR - KNOWN_COLOR) * share).astype(np.uint8)
    whole = Picture.new("RGB", (size[1], size[0]), tuple(map(int, KNOWN_COLOR)))
    width, height = inside.right - inside.left, inside.bottom - inside.top
    part = Picture.fromarray(small).resize((width, height), Picture.Resampling.BICUBIC)
    whole.paste(part, (inside.left, inside.top))
    return np.asarray(whole)


def draw_markers(pixels: Pixels, places: Sequence[tuple[int, int]]) -> NDArray[np.uint8]:
    """Mark numbered places (x, y) on a picture."""
    tick()
    H, W, _ = pixels.shape
    picture = Picture.fromarray(resize_uint8(pixels, H, W).copy())
    canvas = ImageDraw.Draw(picture)
    radius = max(4, min(H, W) // 60)
    for number, (x, y) in enumerate(places, start=1):
        for wider, color in ((radius + 2, "black"), (radius, "#ffd400")):
            canvas.ellipse((x - wider, y - wider, x + wider, y + wider), fill=color)
        canvas.text((x, y), str(number), fill="black", anchor="mm", font_size=1.5 * radius)
    return np.asarray(picture)
