"""Clips rendered for the onset network, of which every sound is known.

    neuropil train foley --stage render --data DIR -o rendered

A clip has one or two actors before a texture, at times something that moves and is not heard, a
camera that is held, pans, trembles or zooms, 12 to 30 frames a second, motion blur, and the faults
of films (`film_faults.py`). Some are cut in the middle, which is not heard.

T frames of a clip   H, W = 144, 192 pixels
"""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from neuropil.apps.foley.lab.actors import (
    SILENT,
    SOUNDING,
    WIDTH,
    Actor,
    Pose,
    Random,
    Sound,
    Times,
)
from neuropil.apps.foley.lab.film_faults import spoil
from neuropil.apps.foley.motion import Bytes
from neuropil.kit.errors import UserError

T = 64
TALL, WIDE = 144, 192
SLOWEST, FASTEST = 12.0, 30.0  # frames a second
SUBFRAMES = 2  # of which the blur of motion is made
PARTS = 12  # sprites of a clip
CUT = 0.25  # share of clips with a cut
WITHOUT_SOUND = 0.15  # share of actors that only move
SMALLEST_GAP = 0.16  # seconds between sounds
SPARSE = 0.35  # share of rhythms of which most hits are left out
SMALLEST, NEAREST = 0.4, 2.5  # times that actors are enlarged
TWO = 0.15  # share of shots in which two actors are heard


@dataclass(frozen=True, eq=False)
class Clip:
    """A rendered clip: frames (T, H, W) of grey levels, how long each lasts, what is heard."""

    frames: Bytes
    fps: float
    sounds: tuple[Sound, ...]


def read_gaps(data: Path) -> NDArray[np.float64]:
    """Read the seconds between hits that follow each other, of the training videos."""
    path = data / "rhythms.csv.gz"
    if not path.is_file():
        words = f"{data} has no rhythms.csv.gz; name the folder foley of the training data"
        raise UserError("data.missing", words, path=path)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    times = np.array([float(row["time_s"]) for row in rows])
    same = np.array([a["video"] == b["video"] for a, b in pairwise(rows)])
    gaps: NDArray[np.float64] = np.diff(times)[same]
    return gaps[(gaps > SMALLEST_GAP) & (gaps < 4)]


def draw_times(gaps: NDArray[np.float64], seconds: float, rng: Random) -> Times:
    """Draw moments of sounds: a run of real gaps, all a little longer or shorter."""
    start = int(rng.integers(0, len(gaps) - 100))
    run = gaps[start : start + 100] * rng.uniform(0.7, 1.3)
    if rng.random() < 0.3:  # a beat
        run = np.full(100, rng.uniform(0.22, 0.8)) + rng.normal(0, 0.02, 100)
    moments = rng.uniform(0.1, 0.9) + np.maximum(run, SMALLEST_GAP).cumsum() - run[0]
    chosen: Times = moments[moments < seconds - 0.05]
    if rng.random() < SPARSE:
        chosen = chosen[rng.random(len(chosen)) < 0.4]
    return chosen if len(chosen) else np.array([seconds / 2])


def render_clip(textures: Sequence[Bytes], gaps: NDArray[np.float64], rng: Random) -> Clip:
    """Render a clip.

    textures: (64, 64) each, of which backgrounds and sprites are made
    gaps: seconds between hits, of real rhythms
    """
    fps = float(rng.choice([12, 15, 16, 18, 24, 25, 30, rng.uniform(SLOWEST, FASTEST)]))
    cut = int(rng.integers(T // 4, 3 * T // 4)) if rng.random() < CUT else T
    shots = [(0, cut), (cut, T)] if cut < T else [(0, T)]
    frames: list[Bytes] = []
    sounds: list[Sound] = []
    for first, end in shots:
        shot = make_shot(textures, gaps, (end - first) / fps, rng)
        frames += [shot.draw(n / fps, 1 / fps) for n in range(end - first)]
        heard = (sound for sound in shot.sounds if sound.time < (end - first) / fps)
        sounds += [replace(sound, time=sound.time + first / fps) for sound in heard]
    made = spoil(np.stack(frames), rng)
    return Clip(made, fps, tuple(sorted(sounds, key=lambda sound: sound.time)))


@dataclass(frozen=True, eq=False)
class RenderedShot:
    """A background, a camera and actors."""

    background: Picture.Image
    sprites: tuple[Picture.Image, ...]
    actors: tuple[Actor, ...]
    camera: "Camera"
    shutter: float  # share of a frame's time in which it is exposed
    near: float  # times that the actors are enlarged

    @property
    def sounds(self) -> tuple[Sound, ...]:
        """List what is heard."""
        return tuple(sound for actor in self.actors for sound in actor.sounds)

    def draw(self, time: float, duration: float) -> Bytes:
        """Draw the frame of a moment (H, W)."""
        moments = [time - self.shutter * duration * k / SUBFRAMES for k in range(SUBFRAMES)]
        total = sum(np.asarray(self.draw_still(t), np.float32) for t in moments)
        return (np.asarray(total) / SUBFRAMES).round().astype(np.uint8)

    def draw_still(self, time: float) -> Picture.Image:
        """Draw what is there at a moment, sharp."""
        x, y, zoom, turned = self.camera.place(time)
        canvas = warp(self.background, x, y, zoom, turned, 2 * WIDTH, 2.0)
        for actor in self.actors:
            for pose in actor.poses(time):
                paste(canvas, self.sprites[pose.part % PARTS], pose, (x, y, zoom * self.near))
        return canvas.convert("L")


@dataclass(frozen=True)
class Camera:
    """How the camera moves: pan and zoom by the second, tremble, all in parts of the height."""

    pan: tuple[float, float]
    zoom: float
    tremble: float
    phase: float

    def place(self, time: float) -> tuple[float, float, float, float]:
        """Give where it looks: across, down, how near, how it is turned."""
        wobble = np.sin(2 * np.pi * np.array([1.3, 2.1, 3.7]) * time + self.phase)
        x = self.pan[0] * time + self.tremble * (wobble[0] + wobble[2] / 2)
        y = self.pan[1] * time + self.tremble * wobble[1]
        return float(x), float(y), 1 + self.zoom * time, float(self.tremble * wobble[2])


def make_shot(
    textures: Sequence[Bytes], gaps: NDArray[np.float64], seconds: float, rng: Random
) -> RenderedShot:
    """Choose what a shot shows."""
    actors = []
    n_silent = int(rng.random() < 0.4) + int(rng.random() < 0.2)
    makers = [rng.choice(np.array(SILENT, object)) for _ in range(n_silent)]
    n_sounding = int(rng.random() > WITHOUT_SOUND) + int(rng.random() < TWO)
    makers += [rng.choice(np.array(SOUNDING, object)) for _ in range(n_sounding)]
    for make in makers:
        actors.append(make(draw_times(gaps, seconds, rng), rng))
    moves = rng.random() < 0.35
    pan = tuple(rng.normal(0, 0.08, 2)) if moves else (0.0, 0.0)
    camera = Camera(
        (float(pan[0]), float(pan[1])),
        float(rng.normal(0, 0.03)) if rng.random() < 0.15 else 0.0,
        float(rng.choice([0, 0, 0.002, 0.006])),
        float(rng.uniform(0, 6)),
    )
    background = make_background(textures, rng)
    sprites = tuple(make_sprite(textures, rng) for _ in range(PARTS))
    near = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(NEAREST))))
    return RenderedShot(
        background, sprites, tuple(actors), camera, float(rng.uniform(0.1, 0.9)), near
    )


def make_background(textures: Sequence[Bytes], rng: Random) -> Picture.Image:
    """Make a large background of a texture, soft or sharp, of little or much contrast."""
    texture = Picture.fromarray(textures[int(rng.integers(len(textures)))])
    large = texture.resize((2 * WIDE, 2 * TALL), Picture.Resampling.BICUBIC)
    levels = np.asarray(large.filter(ImageFilter.GaussianBlur(rng.uniform(0, 4))), np.float32)
    contrast, light = rng.uniform(0.15, 0.9), rng.uniform(60, 190)
    levels = (levels - levels.mean()) * contrast + light + rng.normal(0, 6, levels.shape)
    return Picture.fromarray(levels.clip(0, 255).astype(np.uint8)).convert("LA")


def make_sprite(textures: Sequence[Bytes], rng: Random) -> Picture.Image:
    """Make a part of a thing: a texture in a round or a square shape, its edge soft."""
    side = 64
    texture = np.asarray(textures[int(rng.integers(len(textures)))], np.float32)
    levels = (texture - texture.mean()) * rng.uniform(0.1, 0.7) + rng.uniform(20, 235)
    y, x = (np.mgrid[0:side, 0:side] + 0.5) / side * 2 - 1
    power = rng.choice([2.0, 3.0, 8.0])  # an ellipse, or nearly a rectangle
    inside = (1 - (np.abs(x) ** power + np.abs(y) ** power)) * 6
    planes = np.stack([levels.clip(0, 255), (inside * 255).clip(0, 255)], axis=-1)
    return Picture.fromarray(planes.astype(np.uint8), "LA")


def warp(
    background: Picture.Image,
    x: float,
    y: float,
    zoom: float,
    turned: float,
    wide: float,
    high: float,
) -> Picture.Image:
    """Show the part of the background that the camera sees."""
    scale = background.width / wide / zoom / TALL
    a, b = scale * np.cos(turned), scale * np.sin(turned)
    center = ((wide / 2 + x) * background.width / wide, (high / 2 + y) * background.height / high)
    left = center[0] - a * WIDE / 2 + b * TALL / 2
    top = center[1] - b * WIDE / 2 - a * TALL / 2
    size = (WIDE, TALL)
    matrix = (a, -b, left, b, a, top)
    return background.transform(size, Picture.Transform.AFFINE, matrix, Picture.Resampling.BILINEAR)


def paste(
    canvas: Picture.Image, sprite: Picture.Image, pose: Pose, camera: tuple[float, float, float]
) -> None:
    """Paste a part where its pose and the camera place it."""
    x = (pose.x - camera[0] - WIDTH / 2) * camera[2] * TALL + WIDE / 2
    y = (pose.y - camera[1] - 0.5) * camera[2] * TALL + TALL / 2
    wide, high = max(2.0, pose.wide * TALL * camera[2]), max(2.0, pose.high * TALL * camera[2])
    cos, sin = np.cos(pose.angle), np.sin(pose.angle)
    reach_x = (abs(wide * cos) + abs(high * sin)) / 2 + 1
    reach_y = (abs(wide * sin) + abs(high * cos)) / 2 + 1
    left, top = int(np.floor(x - reach_x)), int(np.floor(y - reach_y))
    size = (int(2 * reach_x) + 2, int(2 * reach_y) + 2)
    if left > WIDE or top > TALL or left + size[0] < 0 or top + size[1] < 0 or size[0] > 4 * WIDE:
        return
    across, down = sprite.width / wide, sprite.height / high
    dx, dy = left - x, top - y  # from the anchor to the corner of the patch
    matrix = (
        *(cos * across, sin * across, (dx * cos + dy * sin) * across + sprite.width / 2),
        *(-sin * down, cos * down, (-dx * sin + dy * cos) * down + sprite.height / 2),
    )
    patch = sprite.transform(size, Picture.Transform.AFFINE, matrix, Picture.Resampling.BILINEAR)
    levels, mask = patch.split()
    if pose.light:
        levels = levels.point(partial(_lighten, pose.light))
    if pose.opacity < 1:
        mask = mask.point(partial(_scale, pose.opacity))
    canvas.paste(Picture.merge("LA", (levels, Picture.new("L", size, 255))), (left, top), mask)


def _lighten(light: float, level: float) -> float:
    return level + light


def _scale(share: float, level: float) -> float:
    return level * share


def to_color(frame: Bytes) -> Bytes:
    """Give a grey frame (H, W) as RGB, as films have it."""
    return np.repeat(frame[:, :, None], 3, axis=2)
