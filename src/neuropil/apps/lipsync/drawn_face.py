"""A face that is drawn, and syllables made of sine waves: nobody's likeness, nobody's voice.

    pixels = draw_face(opening=0.3)                     # (360, 640, 3)
    write_person(Path("person.mp4"), "aiua" * 3)        # a film of it that says mamimuma
    samples = make_syllables("aiua")                    # 16 kHz

For demo and docs: the lips of real people are moved only where they have agreed.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from neuropil.apps.lipsync.hearing import RATE
from neuropil.apps.lipsync.preprocess import Floats, Pixels
from neuropil.apps.lipsync.shapes import MouthBasis, Numbers
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.audio_writer import to_frames
from neuropil.kit.media.film_writer import FilmSound, write_film
from neuropil.kit.media.frame import Frame

SIZE, CENTER, EYES = (640, 360), (320.0, 170.0), 70.0  # pixels: frame, face, between the eyes
FINE = 2  # times as large it is drawn
FPS = 25
SKIN, HAIR, LIP, DARK, TEETH = "#deac8e", "#3a281e", "#b25454", "#280e10", "#f0ece2"
WALL, SHIRT, NECK, EYE = "#768c96", "#3c466e", "#c49478", "#3c2d23"
JAW_FALLS = (0.2, 0.6, 0.9, 1.0, 0.9, 0.6, 0.2)  # how much of it each point of the chin does
FORMANTS = {"a": (750, 1200, 2500), "i": (300, 2300, 3000), "u": (320, 800, 2300)}  # Hz
PITCH, WIDTH_HZ = 118.0, 90.0
QUIET, SYLLABLE, CLOSED = 0.3, 0.32, 0.09  # seconds: before and after; of them closed
MOUTHS = {"a": (0.55, 1.0), "i": (0.2, 1.12), "u": (0.12, 0.8)}  # how open; times as wide
REST = -0.15  # opening of closed lips
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


def write_person(path: Path, vowels: str) -> None:
    """Write a film of the face saying a syllable for each of the vowels a, i, u."""
    samples = Audio(make_syllables(vowels)[:, None], RATE)
    loud = to_frames([samples.resample(LOUD_HZ).samples], LOUD_HZ, "mono")
    frames = (
        Frame(draw_face(*shape_at(vowels, (k + 0.5) / FPS)), Fraction(k, FPS))
        for k in range(int(samples.seconds * FPS))
    )
    sound = FilmSound(loud, LOUD_HZ, "mono")
    write_film(path, frames, fps=Fraction(FPS), sound=sound)


def shape_at(vowels: str, time: float) -> tuple[float, float]:
    """Say how open and how wide the mouth is at a moment of some syllables."""
    number, phase = divmod(time - QUIET, SYLLABLE)
    if not 0 <= number < len(vowels):
        return REST, 1.0
    opening, wide = MOUTHS[vowels[int(number)]]
    share = float(np.sin(np.pi * np.clip((phase - CLOSED) / (SYLLABLE - CLOSED), 0, 1)))
    return REST + share * (opening - REST), 1 + share * (wide - 1)


def make_syllables(vowels: str) -> NDArray[np.float32]:
    """Make syllables of 16 kHz that begin with closed lips, one for each of the vowels a, i, u."""
    quiet = np.zeros(round(QUIET * RATE), np.float32)
    return np.concatenate([quiet, *map(make_syllable, vowels), quiet]).astype(np.float32)


def make_syllable(vowel: str) -> Floats:
    """Make a hum with closed lips, and a vowel of three formants behind it."""
    n = round(SYLLABLE * RATE)
    times = np.arange(n) / RATE
    harmonics = np.arange(1, int(4000 / PITCH))[:, None]
    strengths = sum(
        1 / (1 + ((harmonics * PITCH - formant) / WIDTH_HZ) ** 2) for formant in FORMANTS[vowel]
    )
    voiced = (strengths * np.sin(2 * np.pi * PITCH * harmonics * times)).sum(axis=0)
    hum = np.sin(2 * np.pi * PITCH * times) + 0.3 * np.sin(4 * np.pi * PITCH * times)
    is_open = np.clip((times - CLOSED) / 0.02, 0, 1) * np.clip((SYLLABLE - times) / 0.03, 0, 1)
    sound: Floats = (0.12 * is_open * voiced + 0.05 * (1 - is_open) * hum).astype(np.float32)
    return sound
