"""A pen at work: the pages of a drawing stroke by stroke, as MP4 or GIF.

H, W  height and width of a picture
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from neuropil.kit.drawing.raster import (
    RULE,
    WHITE,
    Box,
    Bytes,
    Canvas,
    Color,
    InkPath,
    bounding_union,
    ink_path,
)
from neuropil.kit.drawing.strokes import Paper, Stroke
from neuropil.kit.media import film_writer
from neuropil.kit.media.frame import Frame
from neuropil.kit.progress import ticking, track

PEN_SPEED = 150.0  # mm a second of a pen that draws
TRAVEL = 450.0  # and of one in the air
LIFT_SECONDS = 0.05  # seconds from one stroke to the next, besides the way
PAUSE_SECONDS = 2.0  # seconds that a finished page stays
FILM_FPS, FILM_SIDE = 25, 1280  # frames a second, pixels of the longer side
GIF_FPS, GIF_SIDE = 10, 640
SHADES, RULED = 16, 4  # of ink and of ruling in a GIF, whose palette is their product


@dataclass(frozen=True, eq=False)
class PenAnimation:
    """What is drawn: pages of strokes on a paper, in a color, by a pen so wide and so fast.

    pen: its width in mm
    filled: whether strokes swell and taper
    speed: 1 is the pace of a hand
    """

    pages: tuple[tuple[Stroke, ...], ...]
    paper: Paper
    color: Color
    pen: float
    filled: bool
    speed: float

    def write_mp4(self, path: Path, quality: int) -> None:
        """Write a film."""
        frames = track(_frames(self), total=_Show(self, FILM_FPS).n_frames, title=path.name)
        film_writer.write_film(path, frames, fps=Fraction(FILM_FPS), quality=quality)

    def write_gif(self, path: Path) -> None:
        """Write an animation that begins again and again."""
        frames = track(_draw_indexed(self), total=_Show(self, GIF_FPS).n_frames, title=path.name)
        film_writer.write_gif(path, frames, _palette(self), fps=GIF_FPS)


class _Show:
    """When each stroke is drawn, page by page, in frames."""

    def __init__(self, animation: PenAnimation, fps: int) -> None:
        self.fps = fps
        self.pages = [_Page(strokes, animation) for strokes in animation.pages]

    @property
    def n_frames(self) -> int:
        return sum(self.frames_of(page) for page in self.pages)

    def frames_of(self, page: "_Page") -> int:
        """Count the frames in which the page is drawn, the empty one first, and read."""
        return 1 + math.ceil(round(page.seconds * self.fps, 6)) + round(PAUSE_SECONDS * self.fps)

    def play(self, canvas: Canvas) -> Iterator[Box]:
        """Draw frame by frame, say where the canvas changed, and clear it for each page."""
        for page in self.pages:
            canvas.coverage[:] = 0
            yield canvas.whole
            for i in range(1, self.frames_of(page)):
                traces = page.between((i - 1) / self.fps, i / self.fps)
                yield bounding_union([canvas.draw(trace) for trace in traces])


class _Page:
    """The traces of a page with the second at which each starts and ends."""

    def __init__(self, strokes: tuple[Stroke, ...], animation: PenAnimation) -> None:
        self.traces = [
            ink_path(s.points, animation.pen, animation.filled) for s in ticking(strokes)
        ]
        self.pace = PEN_SPEED * animation.speed
        self.starts, self.ends = [], []
        now, place = 0.0, None
        for each in self.traces:
            if place is not None:
                now += (LIFT_SECONDS + math.dist(place, each.points[0]) / TRAVEL) / animation.speed
            self.starts.append(now)
            now += float(each.arc_length[-1]) / self.pace
            self.ends.append(now)
            place = each.points[-1]
        self.seconds = now

    def between(self, start: float, end: float) -> Iterator[InkPath]:
        """Find what is drawn after `start`, or at it as the page begins, and until `end`."""
        first = int(np.searchsorted(self.ends, start, "right")) if start else 0
        last = int(np.searchsorted(self.starts, end, "right"))
        for whole, began in zip(self.traces[first:last], self.starts[first:last], strict=True):
            length = float(whole.arc_length[-1])
            since, until = (min(max((t - began) * self.pace, 0), length) for t in (start, end))
            yield whole.subpath(since, until)


def _frames(animation: PenAnimation) -> Iterator[Frame]:
    """Draw a film; its sides are even, as players want them."""
    dots = FILM_SIDE / max(animation.paper.width, animation.paper.height)
    canvas = Canvas(animation.paper, animation.color, dots, multiple=2)
    pixels = np.empty((*canvas.coverage.shape, 3), np.uint8)
    for i, box in enumerate(_Show(animation, FILM_FPS).play(canvas)):
        pixels[box] = canvas.pixels(box)
        yield Frame(pixels.copy(), Fraction(i, FILM_FPS))


def _draw_indexed(animation: PenAnimation) -> Iterator[Bytes]:
    """Draw an animation, each pixel (H, W) the number of its color in the palette."""
    dots = GIF_SIDE / max(animation.paper.width, animation.paper.height)
    canvas = Canvas(animation.paper, animation.color, dots)
    numbers = np.zeros(canvas.coverage.shape, np.uint8)
    for box in _Show(animation, GIF_FPS).play(canvas):
        numbers[box] = _shades(canvas, box)
        yield numbers


def _shades(canvas: Canvas, box: Box) -> Bytes:
    """Name the color of each pixel: shade of ink + SHADES * shade of ruling."""
    ink, rule = canvas.coverage[box] / 255, canvas.ruled[box] / 255
    named: Bytes = (np.rint(ink * (SHADES - 1)) + SHADES * np.rint(rule * (RULED - 1))).astype("u1")
    return named


def _palette(animation: PenAnimation) -> Bytes:
    """List the colors that `_shades` names, (N, 3): white, toward the rule's, toward the ink."""
    white, rule, ink = (np.array(color, float) for color in (WHITE, RULE, animation.color))
    page = white + np.linspace(0, 1, RULED)[:, None, None] * (rule - white)
    colors = page + np.linspace(0, 1, SHADES)[:, None] * (ink - page)
    listed: Bytes = np.rint(colors).astype(np.uint8).reshape(-1, 3)
    return listed
