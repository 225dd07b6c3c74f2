"""Lines of text drawn as on signs, menus and labels: fonts, colors, outlines, shadows, grounds.

    made = render_line("Käse", fonts, grounds, rng)
    made.pixels, made.quad          # (H, W, 3), 0..255; four corners around the letters

H, W  height, width of what is drawn

How a picture came about, blurred or dark, is in dirt.py; pages of many lines are in pages.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from neuropil.apps.translate.lab.fonts import Font, Fonts
from neuropil.apps.translate.lines import Pixels

SMALLEST, LARGEST = 9, 50  # pixels of a font
LOWEST_CONTRAST = 28  # levels between letters and ground, of 255
TURNED = 0.2  # share of the short texts that slope in an upright box, as words are cut out
LONGEST_TURNED = 12  # characters of them
STEEPEST = 25  # degrees, two standard deviations
FACES = {  # share of the lines that look like that
    "spaced": 0.08,
    "slanted": 0.06,
    "outlined": 0.12,
    "shadowed": 0.12,
    "embossed": 0.06,
    "worn": 0.1,
    "curved": 0.1,
}


@dataclass(frozen=True)
class Rendered:
    """A picture of text, and the corners of a text in it, clockwise from its upper left."""

    pixels: Pixels  # (H, W, 3)
    quad: NDArray[np.float64]  # (4, 2)


@dataclass(frozen=True, eq=False)
class Ink:
    """A text as it is drawn: how much of each pixel its letters cover, and the box around them."""

    cover: Image.Image  # grey
    box: tuple[float, float, float, float]  # left, top, right, bottom, in pixels of the cover


@dataclass(frozen=True)
class Paint:
    """Colors of a text and of what is around it, and what is done to its letters."""

    letters: NDArray[np.float32]  # (3,)
    edge: NDArray[np.float32]  # of outlines and shadows
    faces: frozenset[str]


# --- letters ------------------------------------------------------------------------------------


def draw_ink(text: str, font: Font, size: int, margin: int, spacing: int = 0) -> Ink:
    """Draw a text in white on black, with an empty margin around it.

    spacing: pixels that are added behind each letter
    """
    loaded = font.load(size)
    ascent, descent = loaded.getmetrics()
    if spacing:
        starts = np.cumsum([0.0, *(loaded.getlength(c) + spacing for c in text)])
        width = int(starts[-1])
    else:
        width = int(loaded.getlength(text)) + 1
    cover = Image.new("L", (width + 2 * margin, ascent + descent + 2 * margin))
    pen = ImageDraw.Draw(cover)
    if spacing:
        for letter, x in zip(text, starts, strict=False):
            pen.text((margin + x, margin), letter, font=loaded, fill=255)
    else:
        pen.text((margin, margin), text, font=loaded, fill=255)
    box = cover.getbbox() or (margin, margin, margin + width, margin + ascent)
    return Ink(cover, box)


def choose_faces(rng: Generator) -> frozenset[str]:
    """Draw what is done to the letters of a line."""
    return frozenset(name for name, share in FACES.items() if rng.random() < share)


def bend(cover: Image.Image, rise: float) -> Image.Image:
    """Move columns up and down along an arc that is `rise` pixels high."""
    values = np.asarray(cover)
    h, w = values.shape
    x = np.linspace(-1, 1, w)
    rows = np.arange(h)[:, None] + np.round(rise * (x**2 - 0.5)).astype(int)
    there = (rows >= 0) & (rows < h)
    moved = np.take_along_axis(values, rows.clip(0, h - 1), axis=0)
    return Image.fromarray(np.where(there, moved, 0).astype(np.uint8))


def slant(cover: Image.Image, shear: float) -> Image.Image:
    """Lean letters to the right, by so many pixels a row."""
    middle = cover.height / 2
    way_back = (1, shear, -shear * middle, 0, 1, 0)
    return cover.transform(cover.size, Image.Transform.AFFINE, way_back, Image.Resampling.BILINEAR)


def wear(cover: Image.Image, rng: Generator) -> Image.Image:
    """Thin letters out in blots, as paint does that was brushed on or has come off."""
    w, h = cover.size
    coarse = rng.uniform(0.25, 1.4, (max(2, h // 5), max(2, w // 5))).clip(0, 1)
    blots = Image.fromarray((255 * coarse).astype(np.uint8)).resize(
        (w, h), Image.Resampling.BICUBIC
    )
    return ImageChops.multiply(cover, blots)


def shape_ink(ink: Ink, faces: frozenset[str], rng: Generator) -> Image.Image:
    """Bend, slant and wear the letters that are to be."""
    cover, height = ink.cover, ink.box[3] - ink.box[1]
    if "slanted" in faces:
        cover = slant(cover, rng.uniform(-0.15, 0.3))
    if "curved" in faces:
        cover = bend(cover, rng.uniform(-0.35, 0.35) * height)
    return wear(cover, rng) if "worn" in faces else cover


# --- colors -------------------------------------------------------------------------------------


def choose_paint(ground: Pixels, rng: Generator) -> Paint:
    """Draw colors of which the letters stand out from the ground, often well, sometimes little."""
    mean = ground.reshape(-1, 3).mean(axis=0)
    luma = float(mean @ (0.3, 0.59, 0.11))
    room = max(luma, 255 - luma)
    contrast = rng.uniform(LOWEST_CONTRAST, room) if rng.random() < 0.35 else rng.uniform(90, room)
    lighter = luma < 128 if rng.random() < 0.85 else luma < 255 - contrast
    target = luma + contrast if lighter else luma - contrast
    color = rng.uniform(0, 255, 3) if rng.random() < 0.5 else np.full(3, target)
    color = color + (target - color @ (0.3, 0.59, 0.11))
    edge = np.full(3, 0.0 if lighter else 255.0) if rng.random() < 0.7 else rng.uniform(0, 255, 3)
    return Paint(color.clip(0, 255).astype(np.float32), edge.astype(np.float32), choose_faces(rng))


def paint(ground: Pixels, cover: Image.Image, style: Paint, rng: Generator) -> Pixels:
    """Put letters on a ground of the same size, with their outline, shadow or relief."""
    made = ground.astype(np.float32)
    height = cover.height
    if "shadowed" in style.faces:
        off = max(1, round(height * rng.uniform(0.02, 0.07)))
        soft = ImageChops.offset(cover, off, off).filter(ImageFilter.BoxBlur(rng.uniform(0, 2)))
        made = lay(made, soft, style.edge, rng.uniform(0.4, 1))
    if "outlined" in style.faces:
        made = lay(made, cover.filter(ImageFilter.MaxFilter(3 if height < 60 else 5)), style.edge)
    if "embossed" in style.faces:
        for off, level in ((-1, 255.0), (1, 0.0)):
            color = np.full(3, level, np.float32)
            made = lay(made, ImageChops.offset(cover, off, off), color, 0.8)
    made = lay(made, cover, style.letters)
    return made.clip(0, 255).astype(np.uint8)


def lay(
    made: NDArray[np.float32], cover: Image.Image, color: NDArray[np.float32], share: float = 1.0
) -> NDArray[np.float32]:
    """Mix a color over a picture, by how much of each pixel is covered."""
    alpha = np.asarray(cover, np.float32)[..., None] * (share / 255)
    return made + alpha * (color - made)


# --- grounds ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Grounds:
    """What text stands on: photographs, plain colors, colors that change, paper."""

    photos: Sequence[Pixels]

    def make(self, height: int, width: int, rng: Generator) -> Pixels:
        """Make a ground (height, width, 3)."""
        kind = rng.random()
        if kind < 0.3 and self.photos:
            return self.cut(height, width, rng)
        if kind < 0.7:
            plain = np.broadcast_to(choose_color(rng), (height, width, 3))
            return np.ascontiguousarray(plain, np.uint8)
        return blend(choose_color(rng), choose_color(rng), height, width, rng)

    def lay_out(self, height: int, width: int, rng: Generator) -> Pixels:
        """Put photographs as they are beside and below each other, as sharp as letters are."""
        made = np.zeros((height, width, 3), np.uint8)
        step = min(min(photo.shape[:2]) for photo in self.photos)
        for top in range(0, height, step):
            for left in range(0, width, step):
                photo = self.photos[int(rng.integers(len(self.photos)))]
                h, w = min(step, height - top), min(step, width - left)
                made[top : top + h, left : left + w] = photo[:h, :w]
        return made

    def cut(self, height: int, width: int, rng: Generator) -> Pixels:
        """Cut a part of a photograph, as large as it is or blown up to twice and more."""
        photo = self.photos[int(rng.integers(len(self.photos)))]
        h, w, _ = photo.shape
        scale = min(rng.uniform(0.3, 1), h / height, w / width)
        size = max(1, int(height * scale)), max(1, int(width * scale))
        top, left = (int(rng.integers(a - b + 1)) for a, b in zip((h, w), size, strict=True))
        part = Image.fromarray(photo[top : top + size[0], left : left + size[1]])
        return np.asarray(part.resize((width, height), Image.Resampling.BILINEAR))


def choose_color(rng: Generator) -> NDArray[np.float32]:
    """Draw a color as grounds have: often near white or black, else any."""
    kind = rng.random()
    if kind < 0.45:
        return (rng.uniform(170, 255) + rng.normal(0, 8, 3)).clip(0, 255).astype(np.float32)
    if kind < 0.65:
        return (rng.uniform(0, 70) + rng.normal(0, 8, 3)).clip(0, 255).astype(np.float32)
    return rng.uniform(0, 255, 3).astype(np.float32)


def blend(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    height: int,
    width: int,
    rng: Generator,
) -> Pixels:
    """Go from a color part of the way to another, over a plane or in blots."""
    size = (2, 2) if rng.random() < 0.5 else (rng.integers(2, 9), rng.integers(4, 40))
    share = rng.uniform(0, rng.uniform(0.1, 0.6), (*size, 1))
    coarse = (first + share * (second - first)).clip(0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


# --- a line -------------------------------------------------------------------------------------


def render_line(text: str, fonts: Fonts, grounds: Grounds, rng: Generator) -> Rendered:
    """Render a line, perhaps with others above and below; its quad is around the letters."""
    font = fonts.choose(text, rng)
    size = int(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
    margin = size // 2 + 2
    faces = choose_faces(rng)
    spacing = int(size * rng.uniform(0.05, 0.5)) if "spaced" in faces else 0
    ink = draw_ink(text, font, size, margin, spacing)
    left, top, right, bottom = ink.box
    if rng.random() < 0.3:  # as high as the letters of the font can be
        top, bottom = margin, ink.cover.height - margin
    cover = shape_ink(ink, faces, rng)
    if rng.random() < 0.4:
        cover = add_neighbors(cover, draw_other(text, font, size, rng), ink.box, rng)
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    quad = np.array(corners, np.float64)
    if len(text) <= LONGEST_TURNED and rng.random() < TURNED:
        cover, quad = turn(cover, quad, rng.normal(0, STEEPEST / 2))
    ground = grounds.make(cover.height, cover.width, rng)
    colors = choose_paint(ground, rng)
    pixels = paint(ground, cover, Paint(colors.letters, colors.edge, faces), rng)
    return Rendered(pixels, quad)


def turn(
    cover: Image.Image, quad: NDArray[np.float64], angle: float
) -> tuple[Image.Image, NDArray[np.float64]]:
    """Turn letters by an angle in degrees; the quad becomes the upright box around them."""
    made = cover.rotate(-angle, Image.Resampling.BILINEAR, expand=True)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    away = (quad - np.array(cover.size) / 2) @ np.array([[c, s], [-s, c]])
    moved = away + np.array(made.size) / 2
    (left, top), (right, bottom) = moved.min(axis=0), moved.max(axis=0)
    return made, np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def draw_other(text: str, font: Font, size: int, rng: Generator) -> Image.Image:
    """Draw the letters of a text in another order, with some more, and nothing around them."""
    other = draw_ink("".join(rng.permutation([*text, *"easgh"])), font, size, 0)
    return other.cover.crop(other.cover.getbbox())


def add_neighbors(
    cover: Image.Image,
    other: Image.Image,
    box: tuple[float, float, float, float],
    rng: Generator,
) -> Image.Image:
    """Draw other letters close above and below the box of a text, and at its ends."""
    made = cover.copy()
    left, top, right, bottom = map(int, box)
    gaps = np.maximum(1, (bottom - top) * rng.uniform(0.06, 0.4, 4)).astype(int)
    x = int(rng.integers(-other.height, other.height + 1))
    places = (
        *((x, top - gaps[0] - other.height), (x, bottom + gaps[1])),
        *((left - gaps[2] - other.width, top), (right + gaps[3], top)),
    )
    for place, share in zip(places, (0.6, 0.6, 0.3, 0.3), strict=True):
        if rng.random() < share:
            layer = Image.new("L", made.size)
            layer.paste(other, (int(place[0]), int(place[1])))
            made = ImageChops.lighter(made, layer)
    return made
