"""A face that is drawn, its mouth by the cues of speech: nobody's likeness.

    pixels = draw_face(opening=0.3)                     # (360, 640, 3)
    write_person(Path("person.mp4"), speech, cues)      # a film of it that speaks

F  frames

For demo and docs: the lips of real people are moved only where they have agreed.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from neuropil.apps.lipsync.hearing import STEPS_PER_SECOND, sample_at
from neuropil.apps.lipsync.preprocess import Pixels
from neuropil.apps.lipsync.shapes import MouthBasis, Numbers
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.audio_writer import to_frames
from neuropil.kit.audio.filtering import name_layout
from neuropil.kit.media.film_writer import FilmSound, write_film
from neuropil.kit.media.frame import Frame

SIZE, CENTER, EYES = (640, 360), (320.0, 170.0), 70.0  # pixels: frame, face, between the eyes
FINE = 2  # times as large it is drawn
FPS = 25
SKIN, HAIR, LIP, DARK, TEETH = "#deac8e", "#3a281e", "#b25454", "#280e10", "#f0ece2"
WALL, SHIRT, NECK, EYE = "#768c96", "#3c466e", "#c49478", "#3c2d23"
JAW_FALLS = (0.2, 0.6, 0.9, 1.0, 0.9, 0.6, 0.2)  # how much of it each point of the chin does
MOUTHS = {  # of each cue: how open; times as wide
    "A": (-0.15, 1.0),
    "B": (0.06, 1.08),
    "C": (0.3, 1.02),
    "D": (0.55, 1.0),
    "E": (0.3, 0.88),
    "F": (0.14, 0.76),
    "G": (-0.04, 1.0),
    "H": (0.26, 1.02),
    "X": (-0.15, 1.0),
}
SOFT, REACH = 1.6, 6  # steps over which the mouth goes from one to the next, and that are seen
LOUD_HZ = 48_000  # of the film's sound


def place_points(opening: float, wide: float = 1.0) -> Numbers:
    """Place the 68 points of the face in pixels, its mouth open by so much of a component."""
    basis = MouthBasis.load()
    points = basis.reference.copy()
    points[48:] = (basis.shapes.mean + opening * basis.shapes.directions[0]).reshape(20, 2)
    points[48:, 0] *= wide
    points[5:12, 1] += 0.35 * max(opening, 0.0) * np.array(JAW_FALLS)
    placed: Numbers = points * EYES + np.array(CENTER)
    return placed


def draw_face(opening: float, wide: float = 1.0) -> Pixels:
    """Draw a frame (360, 640, 3); closed at -0.15, wide open at 0.6."""
    points = place_points(opening, wide) * FINE
    image = Image.new("RGB", (SIZE[0] * FINE, SIZE[1] * FINE), WALL)
    canvas, unit = ImageDraw.Draw(image), EYES * FINE
    draw_head(canvas, points, unit)
    draw_features(canvas, points, unit)
    draw_mouth(canvas, points, unit)
    soft = image.filter(ImageFilter.GaussianBlur(1.6 * FINE))
    return np.asarray(soft.resize(SIZE, Image.Resampling.LANCZOS))


def draw_head(canvas: ImageDraw.ImageDraw, points: Numbers, unit: float) -> None:
    """Draw neck, shoulders, hair and the shape of the face."""
    x, y = points[27]
    chin = points[8]
    left, right = points[4], points[12]
    canvas.rectangle((left[0], left[1], right[0], chin[1] + unit), fill=NECK)
    shoulders = (
        chin[0] - 1.9 * unit,
        chin[1] + 0.55 * unit,
        chin[0] + 1.9 * unit,
        chin[1] + 3 * unit,
    )
    canvas.ellipse(shoulders, fill=SHIRT)
    canvas.ellipse((x - 1.25 * unit, y - 1.65 * unit, x + 1.25 * unit, y + unit), fill=HAIR)
    turn = np.linspace(0.05, np.pi - 0.05, 24)
    forehead = np.column_stack(
        [x + 1.02 * unit * np.cos(turn), y - unit * (0.1 + 1.15 * np.sin(turn))]
    )
    fill_polygon(canvas, np.concatenate([points[:17], forehead]), SKIN)
    fringe = (x - 1.15 * unit, y - 1.55 * unit, x + 1.15 * unit, y + 0.35 * unit)
    canvas.pieslice(fringe, 185, 355, fill=HAIR)


def draw_features(canvas: ImageDraw.ImageDraw, points: Numbers, unit: float) -> None:
    """Draw eyes, brows and nose."""
    for eye in (points[36:42], points[42:48]):
        fill_polygon(canvas, eye, "#f5f3f0")
        (x, y), r = eye.mean(axis=0), 0.085 * unit
        canvas.ellipse((x - r, y - r, x + r, y + r), fill=EYE)
        draw_line(canvas, eye[:4], EYE, 0.035 * unit)
    for brow in (points[17:22], points[22:27]):
        draw_line(canvas, brow, HAIR, 0.08 * unit)
    draw_line(canvas, points[27:31] + np.array([0.04 * unit, 0]), NECK, 0.05 * unit)
    draw_line(canvas, points[31:36], "#a86e5c", 0.05 * unit)


def draw_mouth(canvas: ImageDraw.ImageDraw, points: Numbers, unit: float) -> None:
    """Draw lips, the dark between them, and teeth where there is room."""
    fill_polygon(canvas, points[48:60], LIP)
    fill_polygon(canvas, points[60:68], DARK)
    gap = float(points[66, 1] - points[62, 1])
    if gap > 0.05 * unit:
        edge = points[60:65]
        below = edge + np.array([0, min(0.35 * gap, 0.09 * unit)])
        fill_polygon(canvas, np.concatenate([edge, below[::-1]]), TEETH)


def fill_polygon(canvas: ImageDraw.ImageDraw, points: Numbers, color: str) -> None:
    """Fill a polygon (N, 2)."""
    canvas.polygon([(float(x), float(y)) for x, y in points], fill=color)


def draw_line(canvas: ImageDraw.ImageDraw, points: Numbers, color: str, width: float) -> None:
    """Draw a line through points (N, 2)."""
    places = [(float(x), float(y)) for x, y in points]
    canvas.line(places, fill=color, width=max(1, round(width)), joint="curve")


def write_person(path: Path, speech: Audio, cues: Sequence[str]) -> None:
    """Write a film of the face speaking, its mouth of each step of 20 ms told by its cue."""
    sound, layout = speech.resample(LOUD_HZ), name_layout(speech.channels)
    heard = FilmSound(to_frames([sound.samples], LOUD_HZ, layout), LOUD_HZ, layout)
    shapes = shape_frames(cues)
    frames = (Frame(draw_face(*shape), Fraction(k, FPS)) for k, shape in enumerate(shapes.tolist()))
    write_film(path, frames, fps=Fraction(FPS), sound=heard)


def shape_frames(cues: Sequence[str]) -> Numbers:
    """Say how open and how wide the mouth is in every frame (F, 2), from cue to cue in a curve."""
    wanted = np.array([MOUTHS[cue] for cue in cues])
    padded = np.pad(wanted, ((REACH, REACH), (0, 0)), mode="edge")
    bell = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / SOFT) ** 2)
    smooth = np.stack([np.convolve(column, bell / bell.sum(), "valid") for column in padded.T], 1)
    moments = (np.arange(len(cues) * FPS // STEPS_PER_SECOND) + 0.5) / FPS
    return sample_at(moments, smooth)
