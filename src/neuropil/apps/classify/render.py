"""Pictures of answers: a contact sheet, and which class is taken for which.

K  classes     N  pictures
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from neuropil.apps.classify.views import shallow
from neuropil.kit.image import Image

Labels = NDArray[np.int64]

CELL, LINE, GAP = 220, 18, 14  # pixels of a contact sheet: a picture, a line of text, between
LETTERS = 30  # of a line, at most
FIELD, HEAD = 46, 150  # pixels of a confusion matrix: a field, the names beside it
INK, QUIET, PAPER = "#1d1d22", "#77736a", "#fdfcf9"
BLUE, RED = np.array([47, 111, 143]), np.array([181, 83, 45])  # right, wrong


def contacts(told: Sequence[tuple[str, Image, Sequence[str]]]) -> Image:
    """Set pictures in rows, with their names and what was said of them."""
    columns = min(len(told), max(1, round(1.2 * len(told) ** 0.5)))
    n_lines = 1 + max(len(lines) for _, _, lines in told)
    high = CELL + n_lines * LINE + GAP
    size = GAP + columns * (CELL + GAP), GAP + -(-len(told) // columns) * high
    sheet = Picture.new("RGB", size, PAPER)
    canvas = ImageDraw.Draw(sheet)
    for n, (name, photo, lines) in enumerate(told):
        x, y = GAP + n % columns * (CELL + GAP), GAP + n // columns * high
        small = Picture.fromarray(shallow(photo.thumbnail(CELL)))
        sheet.paste(small, (x + (CELL - small.width) // 2, y + (CELL - small.height) // 2))
        for i, words in enumerate((name, *lines)):
            ink = INK if i == 1 else QUIET
            canvas.text((x, y + CELL + 4 + i * LINE), cut(words), fill=ink, font_size=14)
    return Image(np.asarray(sheet))


def cut(words: str) -> str:
    """Shorten a line in its middle."""
    half = LETTERS // 2
    return words if len(words) <= LETTERS else f"{words[: half - 1]}…{words[-half:]}"


def confusion(labels: Labels, told: Labels, names: Sequence[str]) -> Image:
    """Draw how often each class (a row) was taken for each (a column)."""
    K = len(names)
    counts = np.zeros((K, K), np.int64)
    np.add.at(counts, (labels, told), 1)
    side = HEAD + K * FIELD + GAP
    picture = Picture.new("RGB", (side, side), PAPER)
    canvas = ImageDraw.Draw(picture)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    for row, name in enumerate(names):
        middle = HEAD + (row + 0.5) * FIELD
        canvas.text((HEAD - 8, middle), cut(name)[:18], fill=INK, anchor="rm", font_size=14)
        upright(picture, cut(name)[:18], round(middle))
        for column in range(K):
            field(canvas, row, column, int(counts[row, column]), float(shares[row, column]))
    canvas.text((GAP, HEAD - 26), "rows: what it is", fill=QUIET, font_size=13)
    canvas.text((GAP, HEAD - 44), "columns: taken for", fill=QUIET, font_size=13)
    return Image(np.asarray(picture))


def upright(picture: Picture.Image, name: str, middle: int) -> None:
    """Write the name of a column from below upward."""
    strip = Picture.new("RGB", (HEAD - 8, 20), PAPER)
    ImageDraw.Draw(strip).text((0, 10), name, fill=INK, anchor="lm", font_size=14)
    picture.paste(strip.rotate(90, expand=True), (middle - 10, 0))


def field(canvas: ImageDraw.ImageDraw, row: int, column: int, count: int, share: float) -> None:
    """Draw one field, the darker the larger its share of the row is."""
    x, y = HEAD + column * FIELD, HEAD + row * FIELD
    color = BLUE if row == column else RED
    shade = tuple(int(v) for v in np.round(255 - share * (255 - color)))
    canvas.rectangle((x + 1, y + 1, x + FIELD - 1, y + FIELD - 1), fill=shade)
    if count:
        ink = "white" if share > 0.5 else INK
        middle = (x + FIELD / 2, y + FIELD / 2)
        canvas.text(middle, str(count), fill=ink, anchor="mm", font_size=15)
