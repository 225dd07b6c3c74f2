"""Colors that stay on their things while a film moves.

    h, w  cells of the grid, 4 x 4 pixels each      d  a shift (dy, dx) in pixels

For every cell the piece of the last frame that it came from is found (block matching over
|L - L'|), the color that this piece had is carried along, and mixed with what the network says
about the new frame: color = keep * carried + (1 - keep) * new, where keep falls from 0.9 to 0 as
the match gets worse. A cut is where hardly anything matches; there the colors start anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.locality import HintArrays
from neuropil.apps.colorize.preprocess import CELL, average_pool

REACH = 6  # pixels of the working size that a thing may move in one frame
STRIDE = 2
MOTION_PENALTY = (
    1.4  # times worse a match with motion counts than one without, so that grain moves nothing
)
KEEP = 0.9  # of the carried color where the match is perfect
MATCH = 3.0  # units of L at which a match has lost most of its weight
CUT = 0.35  # mean weight of all matches below which it is a new scene


@dataclass(frozen=True)
class TemporalState:
    """What one frame hands to the next."""

    told: HintArrays
    light: Floats | None = None  # (4h, 4w) of the last frame
    ab: Floats = field(default_factory=lambda: np.zeros((0, 0, 2), np.float32))  # its (h, w, 2)


def initial_state(told: HintArrays) -> TemporalState:
    """Begin a film with the hints of its first frame."""
    return TemporalState(told)


def next_state(
    state: TemporalState, light: Floats, predict: Callable[[HintArrays], Floats]
) -> TemporalState:
    """Color the next frame: `predict` maps hints to new colors (h, w, 2)."""
    if state.light is None:
        return TemporalState(state.told, light, predict(state.told))
    shift, misfit = block_matching(state.light, light)
    keep = np.exp(-((misfit / MATCH) ** 2))
    if keep.mean() < CUT:
        nothing = np.zeros((0, 2), np.float32)
        return TemporalState((nothing, nothing), light, predict((nothing, nothing)))
    told = warp_hints(state.told, shift)
    share = (KEEP * keep)[..., None]
    ab = share * warp_colors(state.ab, shift) + (1 - share) * predict(told)
    return TemporalState(told, light, ab)


def block_matching(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Find where each cell came from: shift (h, w, 2) in pixels, and the |L - L'| left (h, w)."""
    padded = np.pad(before, REACH, mode="edge")
    H, W = now.shape
    shifts = list(product(range(-REACH, REACH + 1, STRIDE), repeat=2))
    misfits = np.empty((len(shifts), H // CELL, W // CELL), np.float32)
    for misfit, (dy, dx) in zip(misfits, shifts, strict=True):
        there = padded[REACH + dy : REACH + dy + H, REACH + dx : REACH + dx + W]
        misfit[:] = average_pool(np.abs(now - there))
    misfits = box_filter_3x3(misfits)
    cost = np.array([1 if shift == (0, 0) else MOTION_PENALTY for shift in shifts], np.float32)
    best = (misfits * cost[:, None, None]).argmin(axis=0)
    misfit = np.take_along_axis(misfits, best[None], axis=0)[0]
    return np.array(shifts, np.float32)[best], misfit


def box_filter_3x3(values: Floats) -> Floats:
    """Average each cell of (..., h, w) with its eight neighbors."""
    *_, h, w = values.shape
    padded = np.pad(values, [(0, 0)] * (values.ndim - 2) + [(1, 1)] * 2, mode="edge")
    tall = padded[..., :h, :] + padded[..., 1 : h + 1, :] + padded[..., 2:, :]
    whole: Floats = tall[..., :w] + tall[..., 1 : w + 1] + tall[..., 2:]
    whole /= 9
    return whole


def warp_colors(ab: Floats, shift: Floats) -> Floats:
    """Fetch each cell's color (h, w, 2) from where it was, between cells in proportion."""
    h, w, _ = ab.shape
    y = np.clip(np.arange(h)[:, None] + shift[..., 0] / CELL, 0, h - 1)
    x = np.clip(np.arange(w)[None, :] + shift[..., 1] / CELL, 0, w - 1)
    top, left = np.floor(y).astype(np.intp), np.floor(x).astype(np.intp)
    bottom, right = np.minimum(top + 1, h - 1), np.minimum(left + 1, w - 1)
    v, u = (y - top)[..., None].astype(np.float32), (x - left)[..., None].astype(np.float32)
    above = (1 - u) * ab[top, left] + u * ab[top, right]
    below = (1 - u) * ab[bottom, left] + u * ab[bottom, right]
    mixed: Floats = (1 - v) * above + v * below
    return mixed


def warp_hints(told: HintArrays, shift: Floats) -> HintArrays:
    """Let hints travel with the things that they lie on; one that leaves the picture is dropped."""
    places, colors = told
    h, w, _ = shift.shape
    if not len(places):
        return told
    row, column = np.clip(places.astype(np.intp), 0, (h - 1, w - 1)).T
    places = places - shift[row, column] / CELL
    inside = ((places >= 0) & (places < (h, w))).all(axis=1)
    return places[inside], colors[inside]
