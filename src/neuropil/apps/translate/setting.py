"""Text set where another one stood: its size, line breaks, alignment, weight, and perspective.

    set_text(clean, frame, "Please keep the entrance clear", ink)

H, W  height and width of the picture      M  lines of the block that is replaced

A block has one frame: a quad around all its lines. Text is set upright on a sheet of the frame's
size, as large as the old one was or as it fits, and the sheet is laid into the frame by a
perspective. Pixels that no letter touches stay as they are.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from neuropil.apps.translate.erasing import Color, box_around
from neuropil.apps.translate.geometry import (
    Box,
    Quad,
    axes,
    grow,
    rotation,
    text_angle,
    turn_upright,
    upright_boxes,
)
from neuropil.apps.translate.lines import Pixels, perspective, size_of

FINE = 3  # pixels of the sheet for one of the picture; for letters of LARGE pixels one is enough
LARGE = 60
DRAWN = 100  # pixels of a letter's em at which texts are measured
SMALLEST = 4.0  # pixels of an em; what does not fit even so is one line as small as it must be
STEP = 0.95  # from one size that is tried to the next
NARROW = (1.0, 0.92, 0.84)  # widths of letters that are tried at each size
LEADING, TIGHTEST, WIDEST_LEADING = 1.17, 1.0, 1.4  # ems from line to line
ASCENT, DESCENT = 0.75, 0.21  # ems of letters above and below the baseline
HEIGHT = ASCENT + DESCENT
OVER = 1.06  # heights of a frame that the lines in it may have
MARGIN = 0.4  # ems around a frame that letters may stick out
ALIKE = 1.2  # times as large as another: sizes of letters that were meant to be the same
ROUNDS = 8  # of medians, after which they hardly move
SAME_COLOR = 60.0  # levels between colors of lines that were meant to be the same
OTHER_WEIGHT = 0.4  # between the boldness of one line and the next bolder one of other letters
MOST_CUT = 0.2  # of a frame's height, above and below, where others reach into it
FIT_ALIKE = 0.85  # of the old size to which all letters are made smaller for one text of them
WOBBLE = 0.15  # heights by which a corner of a quad may be wrong
EQUAL = 0.35  # heights between ends of lines that were meant to be the same
NEARLY = 0.7  # of the most lines with equal ends: as good a reason for ends farther left
SAME_HEIGHT = 1.6  # times as high as another line: in one column it may be so
AWAY = 6.0  # heights to a line that is in one column with another
NEIGHBORS = 6  # lines of a column that are asked
LIGHT, HEAVY = "Roboto-Regular.ttf", "Roboto-Bold.ttf"  # see LICENSE-fonts

Alignment = Literal["left", "center", "right"]
WAYS: tuple[Alignment, ...] = ("left", "center", "right")


@dataclass(frozen=True, eq=False)
class TextFrame:
    """Where a block stood: the quad around it, the height of its letters, and how it was set.

    quad: from ASCENT above the first baseline to DESCENT below the last, as wide as the ink
    em: pixels of the size that the old letters had in our font
    pitch: pixels from line to line
    boldness: 0 of light letters, 1 of heavy ones
    leader: the dot or dash that leads from the end of the text to a point of the picture, or none
    leads_to: that point (2,)
    """

    quad: Quad
    em: float
    pitch: float
    alignment: Alignment
    boldness: float = 0.0
    leader: str = ""
    leads_to: Quad | None = None

    @property
    def file(self) -> str:
        """Name the font that is as heavy."""
        return HEAVY if self.boldness > 0.5 else LIGHT


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


def measure_frame(
    quads: Sequence[Quad], texts: Sequence[str], share: float, alignment: Alignment = "left"
) -> TextFrame:
    """Find the frame of the lines of a block.

    quads, texts: of its lines, from the top (M,); quads as high as their ink
    share: of the quads that ink covers, 0..1, which tells bold letters
    """
    em = float(np.median([em_of(quad, text) for quad, text in zip(quads, texts, strict=True)]))
    lines = [type_box(quad, text, em) for quad, text in zip(quads, texts, strict=True)]
    pitch = LEADING * em
    if len(lines) > 1:
        middles = np.array([quad.mean(axis=0) for quad in lines])
        pitch = float(np.linalg.norm(middles[-1] - middles[0])) / (len(lines) - 1)
        em = min(em, pitch / TIGHTEST)
        pitch = min(pitch, WIDEST_LEADING * em)
    light, heavy = (ink_share(texts, file) for file in (LIGHT, HEAVY))
    boldness = float(np.clip((share - light) / max(1e-3, heavy - light), 0, 1))
    return TextFrame(quad_around(lines), em, pitch, alignment, boldness)


def type_box(quad: Quad, text: str, em: float) -> Quad:
    """Make the quad around the ink of a text as high as any text of the size, on its baseline."""
    _, top, _, bottom = load_font(LIGHT, DRAWN).getbbox(text or "x", anchor="ls")
    scale = size_of(quad)[1] / max(1.0, bottom - top)
    return straighten(stretch(quad, ASCENT * em + top * scale, DESCENT * em - bottom * scale))


def stretch(quad: Quad, up: float, down: float) -> Quad:
    """Move the upper side of a quad up and the lower one down, by some pixels."""
    way = axes(quad)[1] / size_of(quad)[1]
    made: Quad = quad + np.array([-up, -up, down, down])[:, None] * way
    return made


def straighten(quad: Quad) -> Quad:
    """Make a rectangle of a quad that is about one: its sides are not known any better."""
    (width, height), center, angle = size_of(quad), quad.mean(axis=0), text_angle([quad])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width / 2, height / 2)
    made: Quad = center + corners @ rotation(angle).T
    return made if np.abs(made - quad).max() < WOBBLE * height else quad


def even_out(frames: Sequence[TextFrame], colors: Sequence[Color]) -> list[TextFrame]:
    """Give letters of about one size and color the same size, weight and angle.

    The size is the median of those that are about as large, and of those about as large as that.
    """
    if not frames:
        return []
    levels = np.array(colors, np.float64)
    bold = np.array([frame.boldness for frame in frames])
    same = np.linalg.norm(levels[:, None] - levels, axis=2) < SAME_COLOR
    weights = group_weights(bold)
    same &= weights[:, None] == weights
    ems = np.array([frame.em for frame in frames])
    for _ in range(ROUNDS):
        near = same & (np.abs(np.log(ems[:, None] / ems)) < np.log(ALIKE))
        ems = np.array([float(np.median(ems[row])) for row in near])
    alike = same & np.isclose(ems[:, None], ems, rtol=0.01)
    quads = even_angles([frame.quad for frame in frames], alike)
    return [
        resize(replace(frame, quad=quad, boldness=float(np.median(bold[row]))), em)
        for frame, quad, em, row in zip(frames, quads, ems.tolist(), alike, strict=True)
    ]


def group_weights(bold: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number the weights that letters have (N,), by their boldness: parted where none lies between.

    How bold a line is is measured roughly; of many lines of one font some seem bold, some light.
    """
    order = np.argsort(bold)
    numbers = np.zeros(len(bold), np.int64)
    numbers[order[1:]] = np.cumsum(np.diff(bold[order]) > OTHER_WEIGHT)
    return numbers


def resize(frame: TextFrame, em: float) -> TextFrame:
    """Give the letters of a frame another size, and it as much more or less height."""
    more = HEIGHT * (em - frame.em) / 2
    pitch = max(frame.pitch, TIGHTEST * em)
    return replace(frame, quad=stretch(frame.quad, more, more), em=em, pitch=pitch)


def keep_apart(frames: Sequence[TextFrame]) -> list[TextFrame]:
    """Lower frames that reach into each other, each to the middle of what they share."""
    if not frames:
        return []
    boxes = upright_boxes([frame.quad for frame in frames])
    made = []
    for n, (frame, own) in enumerate(zip(frames, boxes, strict=True)):
        up = down = 0.0
        for box in [*boxes[:n], *boxes[n + 1 :]]:
            if own.overlap(box) > 0 and own.top < box.bottom and box.top < own.bottom:
                if box.top + box.bottom < own.top + own.bottom:
                    up = max(up, (box.bottom - own.top) / 2)
                else:
                    down = max(down, (own.bottom - box.top) / 2)
        most = MOST_CUT * own.height
        made.append(replace(frame, quad=stretch(frame.quad, -min(up, most), -min(down, most))))
    return made


def even_angles(quads: Sequence[Quad], alike: NDArray[np.bool_]) -> list[Quad]:
    """Turn lines that run in about one direction to that of the longest, each about its center.

    alike: which lines were meant to be the same (N, N)

    How exactly an angle is known depends on how long the line is for its height.
    """
    sizes = np.array([size_of(quad) for quad in quads])
    angles = np.array([text_angle([quad]) for quad in quads])
    exact = WOBBLE * sizes[:, 1] / sizes[:, 0]
    off = (angles - angles[:, None] + np.pi) % (2 * np.pi) - np.pi
    weights = (alike & (np.abs(off) < exact[:, None] + exact)) / exact**2
    turns = (weights * off).sum(axis=1) / weights.sum(axis=1)
    return [
        quad.mean(axis=0) + (quad - quad.mean(axis=0)) @ rotation(turn).T
        for quad, turn in zip(quads, turns.tolist(), strict=True)
    ]


def fit_together(frames: Sequence[TextFrame], texts: Sequence[str]) -> list[TextFrame]:
    """Make letters of one size so much smaller that most of their texts fit, all of them alike.

    A text for which they would have to be smaller than FIT_ALIKE has its own size.
    """
    fits = np.array([lay_out(text, f).em for text, f in zip(texts, frames, strict=True)])
    ems = np.array([frame.em for frame in frames])
    made = []
    for frame, fit in zip(frames, fits.tolist(), strict=True):
        others = fits[(ems == frame.em) & (fits >= FIT_ALIKE * frame.em)]
        em = min(fit, float(others.min(initial=frame.em)))
        made.append(replace(frame, em=em, pitch=frame.pitch / frame.em * em))
    return made


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
    if len(quads) == 1:
        return quads[0]
    upright, turn = turn_upright(quads)
    corners = np.concatenate(upright)
    left, right = corners[:, 0].min(), corners[:, 0].max()
    top, bottom = upright[0][:2], upright[-1][[3, 2]]
    ends = [(left, at(top, left)), (right, at(top, right))]
    ends += [(right, at(bottom, right)), (left, at(bottom, left))]
    found: Quad = np.array(ends) @ turn.T
    return found


def at(edge: Quad, x: float) -> float:
    """Give y of the straight line through two points at an x."""
    (x0, y0), (x1, y1) = edge
    return float(y0 + (y1 - y0) * (x - x0) / (x1 - x0))


def align_blocks(blocks: Sequence[Sequence[Quad]], width: int) -> list[Alignment]:
    """Tell how each block is aligned: by its lines, or the lines of its column where those can't.

    width: of the picture; what no line is in one column with may be in its middle
    """
    quads = [quad for block in blocks for quad in block]
    if not quads:
        return []
    boxes = upright_boxes(quads)
    owners = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
    found = []
    for n, block in enumerate(blocks):
        own = [box for box, owner in zip(boxes, owners, strict=True) if owner == n]
        rest = [box for box, owner in zip(boxes, owners, strict=True) if owner != n]
        off = float(np.mean([quad[:, 0].mean() for quad in block])) - width / 2
        is_centered = abs(off) < EQUAL * own[0].height
        found.append(align(own, column_of(own, rest), is_centered))
    return found


def column_of(own: Sequence[Box], rest: Sequence[Box]) -> list[Box]:
    """Find the lines of about one height that stand nearest above and below a block."""
    first, last = own[0], own[-1]
    near = [
        (distance, n)
        for n, box in enumerate(rest)
        if max(box.overlap(line) for line in own) > 0
        and 1 / SAME_HEIGHT < box.height / first.height < SAME_HEIGHT
        and (distance := max(first.top - box.top, box.bottom - last.bottom)) < AWAY * first.height
    ]
    return [rest[n] for _, n in sorted(near)[:NEIGHBORS]]


def align(own: Sequence[Box], others: Sequence[Box], is_centered: bool) -> Alignment:
    """Tell how lines are aligned: by what varies least, their left ends, centers or right ends.

    others: lines of the same column, which are asked where that is about the same

    The left end, where it varies by hardly more.
    """
    ends, spreads = places(own), {}
    equal = EQUAL * float(np.median([box.height for box in own]))
    for way, x in ends.items():
        spreads[way] = float(np.abs(x - np.median(x)).mean())
    least = min(spreads.values())
    ways = [way for way in WAYS if spreads[way] <= least + equal / 2]
    votes = {
        way: int((np.abs(x - np.median(ends[way])) < equal).sum())
        for way, x in places(others).items()
        if way in ways
    }
    most = max(votes.values())
    if most == 0:
        return "center" if is_centered and "center" in ways else ways[0]
    return next(way for way in ways if votes[way] >= NEARLY * most)


def places(boxes: Sequence[Box]) -> dict[Alignment, NDArray[np.float64]]:
    """Give the left ends, centers and right ends of lines."""
    left = np.array([box.left for box in boxes])
    right = np.array([box.right for box in boxes])
    return {"left": left, "center": (left + right) / 2, "right": right}


def lay_out(text: str, frame: TextFrame) -> TextLayout:
    """Break a text into lines that fit into a frame, as large as they can be."""
    width, file = size_of(frame.quad)[0], frame.file
    for em in sizes(frame.em):
        room = rows_of(frame, em)
        for narrow in NARROW:
            lines = break_lines(text, width / narrow, em, file)
            if len(lines) <= room and widest(lines, em, file) <= width / narrow:
                return TextLayout(lines, em, narrow)
    em = min(SMALLEST, frame.em)
    return TextLayout((text,), em * min(1.0, width / max(1.0, text_width(text, em, file))), 1.0)


def lead_on(layout: TextLayout, frame: TextFrame) -> TextLayout:
    """Put as many leaders behind the last line as there is room for."""
    if frame.leads_to is None:
        return layout
    *lines, last = layout.lines
    along, corner = axes(frame.quad)[0] / size_of(frame.quad)[0], frame.quad[0]
    whole = float((frame.leads_to - corner) @ along) / layout.width
    font = load_font(frame.file, DRAWN)
    room = whole * DRAWN / layout.em - font.getlength(f"{last} ")
    n = int(room / font.getlength(frame.leader))
    return replace(layout, lines=(*lines, f"{last} {n * frame.leader}")) if n > 1 else layout


def rows_of(frame: TextFrame, em: float) -> int:
    """Count the lines of a size for which a frame is high enough."""
    height, ratio = size_of(frame.quad)[1], frame.pitch / frame.em
    return 1 + math.floor((OVER * height - HEIGHT * em) / (ratio * em))


def sizes(em: float) -> Iterator[float]:
    """Yield the sizes that are tried, from the largest."""
    while em >= SMALLEST:
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
    """Measure the ink of a line of text in pixels."""
    left, right = bearings(text, file)
    return load_font(file, DRAWN).getlength(text) * em / DRAWN - (left + right) * em


def bearings(text: str, file: str) -> tuple[float, float]:
    """Measure what a line of text has before its first ink and after its last, in ems."""
    return (
        (letter_bearings(text[0], file)[0], letter_bearings(text[-1], file)[1]) if text else (0, 0)
    )


@lru_cache(maxsize=1024)
def letter_bearings(letter: str, file: str) -> tuple[float, float]:
    """Measure what a letter has before and after its ink, in ems."""
    font = load_font(file, DRAWN)
    sheet = Image.new("L", (3 * DRAWN, 2 * DRAWN))
    ImageDraw.Draw(sheet).text((DRAWN, DRAWN), letter, font=font, fill=255, anchor="ls")
    left, _, right, _ = sheet.getbbox() or (DRAWN, 0, DRAWN, 0)
    return (left - DRAWN) / DRAWN, (DRAWN + font.getlength(letter) - right) / DRAWN


def set_text(pixels: Pixels, frame: TextFrame, text: str, color: Color | Pixels) -> None:
    """Set a text into a frame of a picture (H, W, 3), which is changed.

    color: of the text, or that of each pixel (H, W, 3)
    """
    layout = lead_on(lay_out(text, frame), frame)
    fine = FINE if layout.em < LARGE else 1
    sheet = draw_sheet(layout, frame, fine)
    quad = grow(move_inside(frame.quad, *pixels.shape[:2]), MARGIN * layout.em)
    rows, columns = window = box_around(quad, 1, *pixels.shape[:2])
    corners = [(0, 0), (sheet.width, 0), (sheet.width, sheet.height), (0, sheet.height)]
    place = fine * (quad - [columns.start, rows.start])
    way_back = perspective(place, np.array(corners, np.float64))
    spot = (columns.stop - columns.start) * fine, (rows.stop - rows.start) * fine
    method = Image.Transform.PERSPECTIVE
    laid = sheet.transform(spot, method, way_back, Image.Resampling.BICUBIC).reduce(fine)
    cover = np.asarray(laid, np.float32)[:, :, None] / 255
    ink = np.broadcast_to(np.asarray(color, np.float32), pixels.shape)[window]
    mixed = cover * ink + (1 - cover) * pixels[window]
    pixels[window] = np.rint(mixed).astype(np.uint8)


def move_inside(quad: Quad, height: int, width: int) -> Quad:
    """Move a quad that sticks out of a picture into it, as far as it has room there."""
    size = np.array([width, height], np.float64)
    low, high = np.maximum(-quad.min(axis=0), 0), np.maximum(quad.max(axis=0) - size, 0)
    moved: Quad = quad + np.where(low > 0, low, -high)
    return moved


def draw_sheet(layout: TextLayout, frame: TextFrame, fine: int) -> Image.Image:
    """Draw lines of text upright, so much finer than the picture: where their ink is.

    The sheet is as large as the frame and its margin.
    """
    margin = MARGIN * layout.em
    width, height = (max(1, round(fine * (side + 2 * margin))) for side in size_of(frame.quad))
    em = max(1, round(fine * layout.em))
    font = load_font(frame.file, em)
    sheet = Image.new("L", (max(1, round(width / layout.width)), height))
    pitch = frame.pitch / frame.em * em
    baseline = (height - pitch * (len(layout.lines) - 1) - HEIGHT * em) / 2 + ASCENT * em
    side = fine * margin / layout.width
    for n, line in enumerate(layout.lines):
        left, right = bearings(line, frame.file)
        space = sheet.width - 2 * side - font.getlength(line) + (left + right) * em
        x = side - left * em + {"left": 0.0, "center": space / 2, "right": space}[frame.alignment]
        place = (x, baseline + n * pitch)
        ImageDraw.Draw(sheet).text(place, line, font=font, fill=255, anchor="ls")
    return sheet.resize((width, height), Image.Resampling.BICUBIC)
