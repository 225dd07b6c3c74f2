"""A mouth set into a frame: turned to its pose, matched in color, blended at the seam.

    compose(pixels, points, crop, crop_points)      # pixels (H, W, 3) with another lower face

The whole lower face is replaced, from below the nose to below the chin, so that jaw and chin go
with the lips; the seam runs over cheeks and neck.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from neuropil.apps.lipsync.preprocess import Floats, Pixels, invert_map
from neuropil.apps.lipsync.shapes import (
    STILL,
    Numbers,
    Points,
    eye_distances,
    fit_similarity,
    to_complex,
    transform,
)

JAW = np.s_[3:14]
NOSE = 33  # its lowest point
CHIN = (0.0, 0.0, 0.3, 0.7, 1.0, 1.0, 1.0, 0.7, 0.3, 0.0, 0.0)  # how much of it each point is
CHEEK_GROWS, CHIN_GROWS = 0.97, 1.13  # times, by which the jaw is widened about the mouth
OLD_CHIN = 1.0  # times what the old chin is lower, by which the region reaches farther down
TURNED = 1.0  # times what the jaws differ by a turn, by which it stays within the cheeks
TOP = 0.35  # of the way from the nose to the upper lip: the upper edge of the region
FEATHER = 0.07  # eye distances: deviation of the blur of the seam
SKIN, LIPS = 0.92, 1.35  # times the jaw and the lips, about the mouth: between them is skin
KEPT = 85  # percent of the skin that colors are compared on: beards, hands, folds differ by more
FEWEST = 12  # pixels, from which a plane of color is fitted
MOST_GAIN = 2.5  # times that there can be more or less light
MOST_SHIFT = 40.0  # levels by which a color is moved at most beside that


@dataclass(frozen=True, eq=False)
class Patch:
    """The part of a frame that changes: what it becomes (h, w, 3), and where that lies."""

    left: int
    top: int
    pixels: Pixels

    def lay(self, frame: Pixels) -> Pixels:
        """Lay it over the frame (H, W, 3) that it was made for; a new array."""
        h, w, _ = self.pixels.shape
        made = frame.copy()
        made[self.top : self.top + h, self.left : self.left + w] = self.pixels
        return made


def compose(pixels: Pixels, points: Points, crop: Pixels, crop_points: Points) -> Pixels:
    """Set the lower face of a crop into a frame (H, W, 3); a new array.

    points, crop_points: (68, 2) of the face in the frame and in the crop
    """
    return make_patch(pixels, points, crop, crop_points).lay(pixels)


def make_patch(pixels: Pixels, points: Points, crop: Pixels, crop_points: Points) -> Patch:
    """Make what a frame (H, W, 3) becomes around the lower face; see `compose`."""
    still = list(STILL)
    matrix = fit_similarity(crop_points[None, still], points[None, still])[0]
    moved = transform(crop_points, matrix)
    outline = outline_region(points, moved)
    box = find_box(outline, pixels.shape, float(eye_distances(points[None])[0]))
    left, top, right, below = box
    if right - left < 2 or below - top < 2:
        return Patch(0, 0, pixels[:0, :0])
    shifted = matrix.copy()
    shifted[:, 2] -= (left, top)
    warped, inside = warp_crop(crop, shifted, (right - left, below - top))
    unit = float(eye_distances(points[None])[0])
    weights = draw_mask(outline - [left, top], inside, FEATHER * unit)
    there = pixels[top:below, left:right].astype(np.float32)
    skin = find_skin(points - [left, top], moved - [left, top], weights)
    matched = match_colors(warped, there, skin)
    mixed = there + weights[..., None] * (matched - there)
    return Patch(left, top, mixed.round().clip(0, 255).astype(np.uint8))


def outline_region(points: Points, moved: Points) -> Numbers:
    """Draw around the lower face: at the cheeks within both jaws, at the chin around both.

    So no background is set into a cheek where the head was turned otherwise, and no second chin is
    left where the mouth was wider open. The upper edge runs below the nose.

    points, moved: (68, 2), of the frame and of what is set in, in pixels of the frame
    """
    center = (points[48:60].mean(axis=0) + moved[48:60].mean(axis=0)) / 2
    jaw = points[JAW] - center
    old = np.linalg.norm(jaw, axis=1)
    new = measure_reach(moved[JAW] - center, jaw)
    chin = np.array(CHIN)
    both = (1 - chin) * np.minimum(old, new) + chin * np.maximum(old, new)
    grown = both * (CHEEK_GROWS + chin * (CHIN_GROWS - CHEEK_GROWS))
    lower, turned = (old - new + (old - new)[::-1]) / 2, np.abs(old - new - (old - new)[::-1]) / 2
    grown += chin * OLD_CHIN * lower.clip(0) - (1 - chin) * TURNED * turned
    around = center + jaw / np.maximum(old, 1e-6)[:, None] * grown[:, None]
    lip = np.minimum(points[51], moved[51])
    nose = points[NOSE] + TOP * (lip - points[NOSE])
    return np.concatenate([around, nose[None]])


def measure_reach(jaw: Numbers, toward: Numbers) -> Numbers:
    """Measure how far a jaw (11, 2) about the mouth reaches in the directions of another: (11,)."""
    down = jaw[len(jaw) // 2]
    turned = np.array([to_complex(points) / to_complex(down) for points in (jaw, toward)])
    order = np.argsort(np.angle(turned[0]))
    lengths = np.linalg.norm(jaw, axis=1)
    reach: Numbers = np.interp(np.angle(turned[1]), np.angle(turned[0])[order], lengths[order])
    return reach


def find_box(outline: Numbers, shape: tuple[int, ...], unit: float) -> tuple[int, int, int, int]:
    """Give the box of a region with its seam, within the frame: left, top, right, below."""
    room = 4 * FEATHER * unit + 1
    (x0, y0), (x1, y1) = outline.min(axis=0) - room, outline.max(axis=0) + room
    height, width = shape[:2]
    left, right = np.clip([np.floor(x0), np.ceil(x1) + 1], 0, width).astype(int)
    top, below = np.clip([np.floor(y0), np.ceil(y1) + 1], 0, height).astype(int)
    return int(left), int(top), int(right), int(below)


def warp_crop(
    crop: Pixels, matrix: Numbers, size: tuple[int, int]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Resample a crop bicubically to (width, height), and tell which pixels it reaches."""
    inverse = invert_map(matrix)
    shift = inverse[:, 2] + 0.5 - inverse[:, :2] @ np.array([0.5, 0.5])
    (a, b), (c, d) = inverse[:, :2]
    coefficients = (float(a), float(b), float(shift[0]), float(c), float(d), float(shift[1]))
    method, smooth = Image.Transform.AFFINE, Image.Resampling.BICUBIC
    warped = Image.fromarray(crop).transform(size, method, coefficients, smooth)
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    there_x = a * x + b * y + inverse[0, 2]
    there_y = c * x + d * y + inverse[1, 2]
    height, width, _ = crop.shape
    reached = (there_x >= 1) & (there_x <= width - 2) & (there_y >= 1) & (there_y <= height - 2)
    return np.asarray(warped, np.float32), reached


def draw_mask(outline: Numbers, inside: NDArray[np.bool_], blur: float) -> Floats:
    """Draw the weight of what is set in, 0 to 1: (h, w); soft at the seam, 0 where nothing is."""
    height, width = inside.shape
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in outline], fill=255)
    reached = Image.fromarray(inside.astype(np.uint8) * 255).filter(ImageFilter.MinFilter(3))
    mask.paste(0, mask=Image.eval(reached, lambda v: 255 - v))
    soft: Floats = np.asarray(mask.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    return np.where(inside, soft / np.float32(255), np.float32(0))


def find_skin(points: Points, moved: Points, weights: Floats) -> NDArray[np.bool_]:
    """Find the skin that frame and crop both show, (h, w): inside both jaws, not at the lips."""
    height, width = weights.shape
    skin = Image.new("L", (width, height), 255)
    for face in (points, moved):
        inside = Image.new("L", (width, height))
        canvas = ImageDraw.Draw(inside)
        center = face[48:60].mean(axis=0)
        cheeks = center + SKIN * (face[JAW] - center)
        canvas.polygon([(float(x), float(y)) for x, y in [*cheeks, face[NOSE]]], fill=255)
        lips = center + LIPS * (face[48:60] - center)
        canvas.polygon([(float(x), float(y)) for x, y in lips], fill=0)
        skin = ImageChops.darker(skin, inside)
    found: NDArray[np.bool_] = (np.asarray(skin) > 0) & (weights > 0)
    return found


def find_gains(warped: Floats, there: Floats) -> Floats:
    """Find by how much more light the frame has, of each color: (3,), from skin (P, 3) of both."""
    typical, wanted = (np.median(each, axis=0) + 1 for each in (warped, there))
    gains: Floats = (wanted / typical).clip(1 / MOST_GAIN, MOST_GAIN).astype(np.float32)
    return gains


def match_colors(warped: Floats, there: Floats, skin: NDArray[np.bool_]) -> Floats:
    """Bring the colors of what is set in to those of the frame, by a gain and a plane of each.

    warped, there: (h, w, 3); skin: (h, w), where both are compared. The gain follows how much light
    there is, a plane a + b x + c y light that falls from a side; both are bounded.
    """
    if np.count_nonzero(skin) < FEWEST:
        return warped
    warped = warped * find_gains(warped[skin], there[skin])
    y, x = np.nonzero(skin)
    height, width = skin.shape
    columns = np.column_stack([np.ones(len(x)), x / width - 0.5, y / height - 0.5])
    off = (there - warped)[skin].astype(np.float64)
    typical = np.median(off, axis=0)
    spread = np.abs(off - typical).sum(axis=1)
    kept = spread <= np.percentile(spread, KEPT)
    planes, *_ = np.linalg.lstsq(columns[kept], off[kept], rcond=None)
    grid_y, grid_x = np.meshgrid(
        np.arange(height) / height - 0.5, np.arange(width) / width - 0.5, indexing="ij"
    )
    shift = planes[0] + grid_x[..., None] * planes[1] + grid_y[..., None] * planes[2]
    moved: Floats = (warped + shift.clip(-MOST_SHIFT, MOST_SHIFT)).astype(np.float32)
    return moved
