"""Pictures of answers: a contact sheet, and which class is taken for which.

K  classes     N  pictures
"""

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from neuropil.kit.errors import escape_control
from neuropil.kit.media.image import Image
from neuropil.kit.media.opaque import to_rgb8
from neuropil.kit.progress import ticking

Labels = NDArray[np.int64]

CELL, LINE, GAP, SIZE = 220, 18, 14, 14  # pixels: a picture, a line, between, letters
FIELD, HEAD = 46, 190  # pixels of a confusion matrix: a field, the names beside it
SMALLEST, WIDEST = 6, 2400  # of a field, where there are many; of all of them
INK, QUIET, PAPER = "#1d1d22", "#77736a", "#fdfcf9"
BLUE, RED = np.array([47, 111, 143]), np.array([181, 83, 45])  # right, wrong


def contact_sheet(told: Sequence[tuple[str, Image, Sequence[str]]]) -> Image:
    """Set pictures in rows, with their names and what was said of them."""
    n_columns = min(len(told), max(1, round(1.2 * len(told) ** 0.5)))
    rows = [sheet_row(told[n : n + n_columns]) for n in range(0, len(told), n_columns)]
    sheet = Picture.new("RGB", (rows[0].width, GAP + sum(row.height for row in rows)), PAPER)
    y = GAP
    for row in rows:
        sheet.paste(row, (0, y))
        y += row.height
    return Image(np.asarray(sheet))


def sheet_row(told: Sequence[tuple[str, Image, Sequence[str]]]) -> Picture.Image:
    """Set pictures side by side on one base line, what was said of each below it."""
    small = [Picture.fromarray(to_rgb8(photo.thumbnail(CELL))) for _, photo, _ in ticking(told)]
    base = max(picture.height for picture in small)
    n_lines = 1 + max(len(lines) for _, _, lines in told)
    size = GAP + len(told) * (CELL + GAP), base + n_lines * LINE + GAP
    row = Picture.new("RGB", size, PAPER)
    canvas, font = ImageDraw.Draw(row), ImageFont.load_default(SIZE)
    for n, (picture, (name, _, lines)) in enumerate(zip(small, ticking(told), strict=True)):
        x = GAP + n * (CELL + GAP)
        row.paste(picture, (x + (CELL - picture.width) // 2, base - picture.height))
        for i, words in enumerate((name, *lines)):
            ink = INK if i == 1 else QUIET
            canvas.text(
                (x, base + 4 + i * LINE), shorten_to_width(words, CELL), fill=ink, font=font
            )
    return row


def shorten_to_width(words: str, width: float) -> str:
    """Shorten a line in its middle until it fits, in letters that the font has."""
    plain = to_ascii(words)
    font = ImageFont.load_default(SIZE)
    for kept in range(len(plain), 0, -1):
        first = (kept + 1) // 2
        short = (
            plain if kept == len(plain) else f"{plain[:first]}..{plain[len(plain) - kept // 2 :]}"
        )
        if font.getlength(short) <= width:
            return short
    return ""


def to_ascii(words: str) -> str:
    """Write words in the letters of Pillow's own font, which has no accents; others become ?."""
    plain = unicodedata.normalize(
        "NFKD", escape_control(" ".join(words.split())).replace("ß", "ss")
    )
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain.encode("ascii", "replace").decode("ascii")


def number_names(names: Sequence[str]) -> list[str]:
    """Put its number before every name that loses letters: 猫 and 犬 are 1: ? and 2: ?."""
    return [
        name if to_ascii(name).count("?") == name.count("?") else f"{number}: {name}"
        for number, name in enumerate(names, 1)
    ]


def confusion_matrix(labels: Labels, told: Labels, names: Sequence[str]) -> Image:
    """Draw how often each class (a row) was taken for each (a column)."""
    K = len(names)
    counts = np.zeros((K, K), np.int64)
    np.add.at(counts, (labels, told), 1)
    size = max(SMALLEST, min(FIELD, WIDEST // K))
    side = HEAD + K * size + GAP
    picture = Picture.new("RGB", (max(side, 420), side), PAPER)
    canvas = ImageDraw.Draw(picture)
    right = f"{100 * np.trace(counts) / counts.sum():.1f} % right", f"of {counts.sum()} pictures"
    for i, words in enumerate((*right, "rows: what it is", "columns: taken for")):
        canvas.text((GAP, GAP + i * LINE), words, fill=QUIET, font_size=13)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    for row, name in enumerate(ticking(number_names(names))):
        middle = HEAD + (row + 0.5) * size
        if size >= LINE:
            label = shorten_to_width(name, HEAD - 2 * GAP)
            canvas.text((HEAD - 8, middle), label, fill=INK, anchor="rm", font_size=SIZE)
            draw_vertical_text(picture, label, round(middle))
        for column in range(K):
            place = (HEAD + column * size, HEAD + row * size, size)
            share = float(shares[row, column])
            draw_cell(
                canvas, place, int(counts[row, column]), share, BLUE if row == column else RED
            )
    return Image(np.asarray(picture))


def draw_vertical_text(picture: Picture.Image, name: str, middle: int) -> None:
    """Write the name of a column from below upward."""
    strip = Picture.new("RGB", (HEAD - 8 - GAP, 20), PAPER)
    ImageDraw.Draw(strip).text(
        (0, 10), shorten_to_width(name, strip.width), fill=INK, anchor="lm", font_size=SIZE
    )
    picture.paste(strip.rotate(90, expand=True), (middle - 10, GAP))


def draw_cell(
    canvas: ImageDraw.ImageDraw,
    place: tuple[int, int, int],
    count: int,
    share: float,
    color: NDArray[np.int64],
) -> None:
    """Draw one field, the darker the larger its share of the row is."""
    x, y, size = place
    red, green, blue = (int(v) for v in np.round(255 - share * (255 - color)))
    canvas.rectangle((x + 1, y + 1, x + size - 1, y + size - 1), fill=(red, green, blue))
    if count and size >= LINE:
        ink = "white" if share > 0.5 else INK
        canvas.text((x + size / 2, y + size / 2), str(count), fill=ink, anchor="mm", font_size=13)
