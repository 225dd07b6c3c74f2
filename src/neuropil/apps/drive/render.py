"""Pictures of drives: the frames of a film, and the track with the way that was driven.

A frame is the camera's picture, enlarged, with what the network looks at in violet over it; beside
it a steering wheel, the bars of gas and brake, speed and score.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from neuropil.apps.drive.preprocess import SIDE
from neuropil.apps.drive.replay import film_metadata
from neuropil.apps.drive.rollout import DriveStep, RecordedDrive
from neuropil.apps.drive.saliency import saliency_map, steering_network
from neuropil.core import Network
from neuropil.kit.formats import QUALITY
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image
from neuropil.kit.networks.onnx_file import OnnxFile
from neuropil.kit.progress import track

Bytes = NDArray[np.uint8]

FPS = 50
SCALE = 5  # times: the camera's picture in the film
VIEW = SIDE * SCALE
WIDE = VIEW + 160  # pixels of a frame: the picture and the instruments beside it
OVERLAY_OPACITY = 0.75  # of the violet, where most was looked at
VIOLET = np.array([190, 30, 255], np.float32)
PAPER, INK, QUIET, GAS, BRAKE = "#17171b", "#e8e6e0", "#8a8780", "#3fae5a", "#d2483c"
WHEEL = (VIEW + 80, 120, 52)  # x, y, radius
BAR = (26, 130)  # width, height
BARS = {"gas": VIEW + 38, "brake": VIEW + 96}  # left edges
FOOT = 370  # the bars' lower edge
MAP, MARGIN = 900, 40  # pixels of the map's side, and around the track
ROAD_WIDE = 40 / 6 * 2  # units


@dataclass(frozen=True, eq=False)
class DriveFilm:
    """A film of drives, drawn as it is written; the container keeps seeds and controls."""

    KIND: ClassVar = "film"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".mp4", ".mkv", ".webm")  # whose comments may be long
    NAMED_ONLY: ClassVar = True  # drawing it takes longer than driving

    drives: tuple[RecordedDrive, ...]
    network: OnnxFile  # the one that drove, as it was then

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write MP4, MKV or WebM, by the ending of the name."""
        total = sum(len(taped.lap.instants) for taped in self.drives)
        frames = track(self.frames(), total=total, title=Path(path).name)
        kept = film_metadata([taped.lap for taped in self.drives])
        write_film(path, frames, fps=Fraction(FPS), quality=quality, notes=kept)

    def frames(self) -> Iterator[Frame]:
        """Draw frame after frame, drive after drive."""
        number, network = 0, steering_network(self.network)
        for taped in self.drives:
            for instant in taped.lap.instants:
                lit = overlay_saliency(network, taped.picture(instant.step))
                yield Frame(draw_frame(taped.lap.seed, lit, instant), Fraction(number, FPS))
                number += 1


def draw_frame(seed: int, lit: Bytes, instant: DriveStep) -> Bytes:
    """Draw one frame (480, 640, 3) around what the camera saw (96, 96, 3)."""
    frame = Picture.new("RGB", (WIDE, VIEW), PAPER)
    frame.paste(Picture.fromarray(lit).resize((VIEW, VIEW), Picture.Resampling.NEAREST))
    canvas = ImageDraw.Draw(frame)
    draw_steering_wheel(canvas, instant.steering)
    for name, value, color in (("gas", instant.gas, GAS), ("brake", instant.brake, BRAKE)):
        draw_pedal(canvas, name, value, color)
    font = ImageFont.load_default(15)
    lines = (
        f"score {instant.score:7.1f}",
        f"speed {instant.speed:5.1f}",
        f"{instant.step / FPS:.2f} s",
        f"track {seed}",
    )
    for row, line in enumerate(lines):
        canvas.text((VIEW + 26, FOOT + 24 + 20 * row), line, fill=INK, font=font)
    return np.asarray(frame)


def overlay_saliency(network: Network, picture: Bytes) -> Bytes:
    """Lay violet over what the network looks at in a picture (96, 96, 3)."""
    share = OVERLAY_OPACITY * saliency_map(network, picture)[..., None]
    mixed: Bytes = (picture * (1 - share) + VIOLET * share).round().astype(np.uint8)
    return mixed


def draw_steering_wheel(canvas: ImageDraw.ImageDraw, steering: float) -> None:
    """Draw the steering wheel, turned by up to a right angle."""
    x, y, radius = WHEEL
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), outline=INK, width=7)
    for spoke in (0.0, 2.2, -2.2):
        angle = spoke + steering * math.pi / 2 + math.pi / 2
        end = (x + radius * math.cos(angle), y + radius * math.sin(angle))
        canvas.line((x, y, *end), fill=INK, width=7)
    font = ImageFont.load_default(15)
    canvas.text((x, y + radius + 8), f"{steering:+.3f}", fill=INK, anchor="ma", font=font)


def draw_pedal(canvas: ImageDraw.ImageDraw, name: str, value: float, color: str) -> None:
    """Draw how far a pedal is pressed."""
    left, (width, height) = BARS[name], BAR
    top = FOOT - height * value
    canvas.rectangle((left, FOOT - height, left + width, FOOT), outline=QUIET)
    if value > 0:
        canvas.rectangle((left, top, left + width, FOOT), fill=color)
    font = ImageFont.load_default(13)
    canvas.text((left + width / 2, FOOT + 3), name, fill=QUIET, anchor="ma", font=font)


def draw_maps(drives: Sequence[RecordedDrive]) -> Image:
    """Draw tracks from above with the way that was driven: green where fast."""
    maps = [draw_map(taped) for taped in drives]
    columns = min(len(maps), math.ceil(math.sqrt(len(maps))))
    rows = -(-len(maps) // columns)
    sheet = Picture.new("RGB", (columns * MAP, rows * MAP), PAPER)
    for n, each in enumerate(maps):
        sheet.paste(each, (n % columns * MAP, n // columns * MAP))
    return Image(np.asarray(sheet))


def draw_map(taped: RecordedDrive) -> Picture.Image:
    """Draw one track and the way around it."""
    middle = np.array([*taped.centerline, taped.centerline[0]])
    center = (middle.min(axis=0) + middle.max(axis=0)) / 2
    scale = (MAP - 2 * MARGIN) / np.ptp(middle, axis=0).max()

    def pixels(points: NDArray[np.float64]) -> list[tuple[float, float]]:
        x, y = ((points - center) * scale + MAP / 2).T
        return [(float(a), MAP - float(b)) for a, b in zip(x, y, strict=True)]

    picture = Picture.new("RGB", (MAP, MAP), "#2c3b2c")
    canvas = ImageDraw.Draw(picture)
    half = ROAD_WIDE * scale / 2
    canvas.line(pixels(middle), fill="#666666", width=round(2 * half))
    for x, y in pixels(middle):  # round joints
        canvas.ellipse((x - half, y - half, x + half, y + half), fill="#666666")
    instants = taped.lap.instants
    way = pixels(np.array([(i.x, i.y) for i in instants]))
    fastest = max(i.speed for i in instants) or 1.0
    for i, (start, end) in enumerate(pairwise(way)):
        share = instants[i].speed / fastest
        color = (round(255 * (1 - share)), round(230 * share), 60)
        canvas.line((*start, *end), fill=color, width=3)
    (x, y), (ahead_x, ahead_y) = way[0], way[min(40, len(way) - 1)]
    canvas.ellipse((x - 7, y - 7, x + 7, y + 7), outline=INK, width=2)
    canvas.line((x, y, ahead_x, ahead_y), fill=INK, width=2)
    words = f"track {taped.lap.seed}: {taped.lap.score:.1f} points in {len(instants) / FPS:.1f} s"
    canvas.text((MARGIN, 12), words, fill=INK, font=ImageFont.load_default(20))
    legend = "from the white circle on; green fast, red slow"
    canvas.text((MARGIN, MAP - 30), legend, fill=QUIET, font=ImageFont.load_default(16))
    return picture
