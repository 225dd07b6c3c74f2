"""Text set where another one stood: its size, line breaks, alignment, weight, and perspective.

    set_text(clean, frame, "Please keep the entrance clear", ink)

H, W  height and width of the picture      M  lines of the block that is replaced

A block has one frame: a quad around all its lines. Text is set upright on a sheet of the frame's
size, as large as the old one was or as it fits, and the sheet is laid into the frame by a
perspective. Pixels that no letter touches stay as they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from neuropil.apps.translate.erasing import box_around
from neuropil.apps.translate.geometry import Quad, grow, turn_upright
from neuropil.apps.translate.lines import Pixels, perspective, size_of

FINE = 3  # pixels of the sheet for one of the picture; for letters of LARGE pixels one is enough
LARGE = 60
DRAWN = 100  # pixels of a letter's em at which texts are measured
SMALLEST = 0.45  # of the old size of letters; what still does not fit is set so small as it must
STEP = 0.95  # from one size that is tried to the next
NARROW = (1.0, 0.92, 0.84)  # widths of letters that are tried at each size
LEADING, WIDEST_LEADING = 1.17, 1.4  # ems from line to line
HEIGHT = 0.92  # ems from the top of a line's capitals to the bottom of its letters
OVER = 1.06  # heights of a frame that the lines in it may have
MARGIN = 0.4  # ems around a frame that letters may stick out
ALIKE = 1.25  # times as large as another: sizes of letters that were meant to be the same
LIGHT, HEAVY = "Roboto-Regular.ttf", "Roboto-Bold.ttf"  # see LICENSE-fonts

Alignment = Literal["left", "center", "right"]


@dataclass(frozen=True, eq=False)
class TextFrame:
    """Where a block stood: the quad around it, the height of its letters, and how it was set.

    em: pixels of the size that the old letters had in our font
    pitch: pixels from line to line
    """

    quad: Quad
    em: float
    pitch: float
    alignment: Alignment
    is_bold: bool


@dataclass(frozen=True)
class TextLayout:
    """Lines of text, their em in pixels, and the width of letters, 1 as drawn."""

    lines: tuple[str, ...]
    em: float
    width: float


@lru_cache(maxsize=64)
def load_font(file: str, em: int) -> ImageFont.FreeTypeFont:
    """Load a font of the package in a size in pixels."""
    path = Path(__file__).parent / "fonts" / file
    return ImageFont.truetype(path, em, layout_engine=ImageFont.Layout.BASIC)


def measure_frame(quads: Sequence[Quad], texts: Sequence[str], share: float) -> TextFrame:
    """Find the frame of the lines of a block.

    quads, texts: of its lines, from the top (M,)
    share: of the quads that ink covers, 0..1, which tells bold letters
    """
    em = float(np.median([em_of(quad, text) for quad, text in zip(quads, texts, strict=True)]))
    pitch = LEADING * em
    if len(quads) > 1:
        middles = np.array([quad.mean(axis=0) for quad in quads])
        pitch = float(np.linalg.norm(middles[-1] - middles[0])) / (len(quads) - 1)
        em = min(em, pitch / LEADING)
        pitch = min(pitch, WIDEST_LEADING * em)
    weights = [abs(ink_share(texts, file) - share) for file in (LIGHT, HEAVY)]
    return TextFrame(quad_around(quads), em, pitch, align(quads), weights[1] < weights[0])


def even_out(frames: Sequence[TextFrame]) -> list[TextFrame]:
    """Give letters of about one size the same one: the median of those that are about as large."""
    ems = np.array([frame.em for frame in frames])
    medians = [float(np.median(ems[(ems < e * ALIKE) & (e < ems * ALIKE)])) for e in ems]
    return [
        replace(frame, em=em, pitch=frame.pitch / frame.em * em)
        for frame, em in zip(frames, medians, strict=True)
    ]


def em_of(quad: Quad, text: str) -> float:
    """Find the em at which a text is as high as its quad."""
    _, top, _, bottom = load_font(LIGHT, DRAWN).getbbox(text or "x")
    return DRAWN * size_of(quad)[1] / max(1.0, bottom - top)


def ink_share(texts: Sequence[str], file: str) -> float:
    """Measure which share of the boxes around texts their letters cover in a font, 0..1."""
    shares = []
    for text in texts:
        font = load_font(file, 40)
        left, top, right, bottom = font.getbbox(text or "x")
        image = Image.new("L", (int(right - left) + 1, int(bottom - top) + 1))
        ImageDraw.Draw(image).text((-left, -top), text, font=font, fill=255)
        shares.append(float(np.asarray(image).mean()) / 255)
    return float(np.mean(shares))


def quad_around(quads: Sequence[Quad]) -> Quad:
    """Find the quad around lines, whose upper edge is the first's and whose lower the last's."""
    upright, turn = turn_upright(quads)
    corners = np.concatenate(upright)
    left, right = corners[:, 0].min(), corners[:, 0].max()
    top, bottom = upright[0][:2], upright[-1][[3, 2]]
    ends = [(left, at(top, left)), (right, at(top, right))]
    ends += [(right, at(bottom, right)), (left, at(bottom, left))]
    found: Quad = np.array(ends) @ turn.T
    return quads[0] if len(quads) == 1 else found


def at(edge: Quad, x: float) -> float:
    """Give y of the straight line through two points at an x."""
    (x0, y0), (x1, y1) = edge
    return float(y0 + (y1 - y0) * (x - x0) / (x1 - x0))


def align(quads: Sequence[Quad]) -> Alignment:
    """Tell how lines are aligned: by what varies least, their left ends, centers or right ends."""
    upright, _ = turn_upright(quads)
    left = np.array([quad[[0, 3], 0].mean() for quad in upright])
    right = np.array([quad[[1, 2], 0].mean() for quad in upright])
    spread = {"left": left.std(), "center": ((left + right) / 2).std(), "right": right.std()}
    ways: tuple[Alignment, ...] = ("left", "center", "right")
    return min(ways, key=lambda way: float(spread[way]))  # the left where all vary alike


def lay_out(text: str, frame: TextFrame) -> TextLayout:
    """Break a text into lines that fit into a frame, as large as they can be."""
    width, height = size_of(frame.quad)
    file = HEAVY if frame.is_bold else LIGHT
    ratio = frame.pitch / frame.em
    for em in sizes(frame.em):
        room = 1 + max(0, int((OVER * height - HEIGHT * em) / (ratio * em)))
        for narrow in NARROW:
            lines = break_lines(text, width / narrow, em, file)
            if len(lines) <= room and widest(lines, em, file) <= width / narrow:
                return TextLayout(lines, em, narrow)
    em, narrow = SMALLEST * frame.em, NARROW[-1]
    lines = break_lines(text, width / narrow, em, file)
    too_high = (HEIGHT + (len(lines) - 1) * ratio) * em / (OVER * height)
    too_wide = widest(lines, em, file) * narrow / width
    return TextLayout(lines, em / max(1.0, too_high, too_wide), narrow)


def sizes(em: float) -> Iterator[float]:
    """Yield the sizes that are tried, from the largest."""
    smallest = SMALLEST * em
    while em >= smallest:
        yield em
        em *= STEP


def break_lines(text: str, width: float, em: float, file: str) -> tuple[str, ...]:
    """Break a text at blanks into lines of at most a width; a word that is wider has its own."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", em, file) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def widest(lines: Sequence[str], em: float, file: str) -> float:
    """Measure the widest of some lines in pixels."""
    return max((text_width(line, em, file) for line in lines), default=0.0)


def text_width(text: str, em: float, file: str) -> float:
    """Measure a line of text in pixels."""
    return load_font(file, DRAWN).getlength(text) * em / DRAWN


def set_text(pixels: Pixels, frame: TextFrame, text: str, color: tuple[int, int, int]) -> None:
    """Set a text into a frame of a picture (H, W, 3), which is changed."""
    layout = lay_out(text, frame)
    fine = FINE if layout.em < LARGE else 1
    sheet = draw_sheet(layout, frame, fine)
    quad = grow(frame.quad, MARGIN * layout.em)
    rows, columns = window = box_around(quad, 1, *pixels.shape[:2])
    corners = [(0, 0), (sheet.width, 0), (sheet.width, sheet.height), (0, sheet.height)]
    place = fine * (quad - [columns.start, rows.start])
    way_back = perspective(place, np.array(corners, np.float64))
    spot = (columns.stop - columns.start) * fine, (rows.stop - rows.start) * fine
    method = Image.Transform.PERSPECTIVE
    laid = sheet.transform(spot, method, way_back, Image.Resampling.BICUBIC).reduce(fine)
    cover = np.asarray(laid, np.float32)[:, :, None] / 255
    mixed = cover * np.array(color, np.float32) + (1 - cover) * pixels[window]
    pixels[window] = np.rint(mixed).astype(np.uint8)


def draw_sheet(layout: TextLayout, frame: TextFrame, fine: int) -> Image.Image:
    """Draw lines of text upright, so much finer than the picture: where their ink is.

    The sheet is as large as the frame and its margin.
    """
    margin = MARGIN * layout.em
    width, height = (max(1, round(fine * (side + 2 * margin))) for side in size_of(frame.quad))
    em = max(1, round(fine * layout.em))
    font = load_font(HEAVY if frame.is_bold else LIGHT, em)
    sheet = Image.new("L", (max(1, round(width / layout.width)), height))
    pitch = frame.pitch / frame.em * em
    _, top, _, bottom = font.getbbox("".join(layout.lines) or "x")
    y = (height - pitch * (len(layout.lines) - 1) - (bottom - top)) / 2 - top
    side = fine * margin / layout.width
    for n, line in enumerate(layout.lines):
        space = sheet.width - 2 * side - font.getlength(line)
        x = side + {"left": 0.0, "center": space / 2, "right": space}[frame.alignment]
        ImageDraw.Draw(sheet).text((x, y + n * pitch), line, font=font, fill=255)
    return sheet.resize((width, height), Image.Resampling.BICUBIC)
