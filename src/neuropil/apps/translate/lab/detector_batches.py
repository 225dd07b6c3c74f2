"""Batches for the detector: rendered pages and parts of real pictures, and what the eye sees there.

    B  pictures of SIDE x SIDE pixels     h, w  cells of 4 x 4 pixels

Which they are depends on the seed and the step alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.translate.detector import see
from neuropil.apps.translate.lab.detector_model import SEEN
from neuropil.apps.translate.lab.detector_truth import LineTruth, draw_truth, truth_of
from neuropil.apps.translate.lab.dirt import add_dirt
from neuropil.apps.translate.lab.fonts import FOLDER, find_fonts
from neuropil.apps.translate.lab.pages import SIDE, Stock, render_page
from neuropil.apps.translate.lab.reader_batches import PHOTOS, is_held_out
from neuropil.apps.translate.lab.rendering import Grounds
from neuropil.apps.translate.lab.scenes import Scene, read_photos, read_scenes, read_taught_scenes
from neuropil.apps.translate.lab.texts import read_texts
from neuropil.apps.translate.lines import Pixels
from neuropil.eye.network import NETWORK
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

PICTURES = 4  # of a batch
REAL = 0.5  # share of the pictures that are real
DIRTY = 0.2  # share of the real ones that get more dirt
OFTEN = {"icdar2015": 1.0, "icdar2003": 1.0, "receipts_de": 1.0, "foreign": 6.0, "menu": 8.0}
OFTEN_TAUGHT = 3.0  # how often a scene that a teacher has read is drawn
SCALES = (0.7, 2.4)  # of a real picture whose long side is LONG, in which lines are sought
LONG = 1000
CHECKED = 36  # scenes for the score, about


@dataclass(frozen=True, eq=False)
class Views:
    """What pictures are made of."""

    stock: Stock
    scenes: Sequence[Scene]
    reach: NDArray[np.float64]  # of the scenes, how often each is drawn, added up


def examples(data: Path) -> Split[object]:
    """Read a folder: Views to learn from, and the scenes of the score, split off by photograph."""
    scenes = read_scenes(data, "train")
    kept = [scene for scene in scenes if is_held_out(scene.photo)]
    train = [scene for scene in scenes if not is_held_out(scene.photo)]
    train += read_taught_scenes(data)
    reach = np.cumsum([OFTEN.get(scene.source, OFTEN_TAUGHT) for scene in train])
    grounds = Grounds(read_photos(data, PHOTOS))
    stock = Stock(read_texts(data).train, find_fonts(FOLDER), grounds)
    return Split[object](Views(stock, train, reach), tuple(kept[:: max(1, len(kept) // CHECKED)]))


@cache
def open_eye() -> OnnxNetwork:
    """Open the eye, on one core: the other one trains."""
    return NETWORK.open(threads=1)


def make_batch(examples: Split[object], step: TrainingStep) -> Batch:
    """Make the batch of a step: pictures as seen, and of each cell what the detector has to say."""
    views = examples.train
    assert isinstance(views, Views)
    rng = step.rng()
    made = [
        cut_scene(views, rng) if rng.random() < REAL else make_page(views, rng)
        for _ in range(PICTURES)
    ]
    truths = [draw_truth(lines, SIDE, SIDE) for _, lines in made]
    parts = ("kernel", "counts", "up", "down")
    known = {part: np.stack([getattr(truth, part) for truth in truths]) for part in parts}
    return see(open_eye(), np.stack([pixels for pixels, _ in made]), tuple(SEEN)) | known


def make_page(views: Views, rng: Generator) -> tuple[Pixels, list[LineTruth]]:
    """Render a page, and what becomes of it in a picture."""
    page = render_page(views.stock, rng)
    return add_dirt(page.pixels, rng), [ignore_cut(LineTruth(quad)) for quad in page.quads]


def cut_scene(views: Views, rng: Generator) -> tuple[Pixels, list[LineTruth]]:
    """Cut a square out of a real picture at some scale; lines that are cut through don't count."""
    place = np.searchsorted(views.reach, rng.random() * views.reach[-1], side="right")
    scene = views.scenes[int(place)]
    pixels = scene.pixels
    h, w, _ = pixels.shape
    scale = np.exp(rng.uniform(*np.log(SCALES))) * LONG / max(h, w)
    side = SIDE / scale
    lines = truth_of(scene.items)
    x, y = choose_place(lines, side, (h, w), rng)
    way_back = (1 / scale, 0, x, 0, 1 / scale, y)
    method, smooth = Image.Transform.AFFINE, Image.Resampling.BILINEAR
    source = Image.fromarray(pixels)
    if scale < 0.7:  # as resampling would skip pixels
        source = source.resize((round(w * scale), round(h * scale)), Image.Resampling.BOX)
        way_back = (1, 0, x * scale, 0, 1, y * scale)
    part = np.asarray(source.transform((SIDE, SIDE), method, way_back, smooth))
    moved = [LineTruth((line.quad - [x, y]) * scale, line.is_ignored) for line in lines]
    part = 255 - part if rng.random() < 0.05 else part
    return (add_dirt(part, rng) if rng.random() < DIRTY else part), [*map(ignore_cut, moved)]


def choose_place(
    lines: Sequence[LineTruth], side: float, size: tuple[int, int], rng: Generator
) -> tuple[float, float]:
    """Choose the upper left of a square: mostly one with a readable line in it."""
    readable = [line.quad for line in lines if not line.is_ignored]
    if readable and rng.random() < 0.8:
        x, y = readable[rng.integers(len(readable))].mean(axis=0) - side * rng.uniform(0.2, 0.8, 2)
    else:
        x, y = rng.uniform(0, 1, 2) * (size[1], size[0]) - side / 2
    room = max(0.0, size[1] - side), max(0.0, size[0] - side)
    return float(np.clip(x, 0, room[0])), float(np.clip(y, 0, room[1]))


def ignore_cut(line: LineTruth) -> LineTruth:
    """Leave a line out of account where the edge of the picture cuts it across."""
    low, high = line.quad.min(axis=0), line.quad.max(axis=0)
    outside = (low < -2).any() or (high > SIDE + 2).any()
    if not outside or line.is_ignored:
        return line
    tall = high[1] - low[1]
    is_cut_along = low[1] < -0.15 * tall or high[1] > SIDE + 0.15 * tall
    return LineTruth(line.quad, is_ignored=bool(is_cut_along))
