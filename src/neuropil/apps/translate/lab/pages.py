"""Whole pictures with text for the detector: signs on photographs, menus, packages, receipts.

    page = render_page(Stock(texts, fonts, grounds), rng)
    page.pixels, page.quads         # (SIDE, SIDE, 3), 0..255; one quad a line

A page is made of panels, each with a ground of its own, and of blocks of lines on them, then seen
from the side by a perspective.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.translate.geometry import project, rotation
from neuropil.apps.translate.lab.fonts import Font, Fonts
from neuropil.apps.translate.lab.rendering import (
    Grounds,
    Paint,
    choose_paint,
    draw_ink,
    paint,
    shape_ink,
)
from neuropil.apps.translate.lab.texts import LanguageTexts, draw_price
from neuropil.apps.translate.lines import Pixels, perspective
from neuropil.apps.translate.preprocess import LANGUAGES

SIDE = 384  # pixels of a page
LOWEST, HIGHEST = 9, 64  # pixels of a font
PAGE_SHARES = (0.3, 0.25, 0.2, 0.25)  # scattered words, signs, columns, menus or receipts
TILTED = 0.6  # share of the pages seen from the side
MOST_TILT = 0.12  # of the side, by which a corner moves
SHOWN_THROUGH = 0.25  # share of pages of paper on which what is on the back can be seen
FAINTEST, FAINT = 0.04, 0.16  # share of its color that shows
TURNED = 0.06  # share of the pages that lie on their side
LEADERS = (".", ". ", "-", "_", "·")  # that lead from a name to its price
LED = 0.4  # share of the menus that have them
NAMED = 0.25  # share of those in which they lead to another name
NUMBERED = 0.2  # share of the menus whose entries are counted
COUNTS = ("{}.", "{}", "{})", "{}.-", "Nr. {}", "•", "-", "*")  # how that is written
ROUGH = {"embossed", "outlined", "shadowed"}  # of the faces of letters, those that a page has

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Stock:
    """What pages are made of: texts by language, fonts, and grounds to write on."""

    texts: Mapping[str, LanguageTexts]
    fonts: Fonts
    grounds: Grounds


@dataclass(frozen=True, eq=False)
class Page:
    """A picture and the quads of its lines, each (4, 2), clockwise from the text's upper left."""

    pixels: Pixels
    quads: tuple[NDArray[np.float64], ...]


def overlap(first: Box, second: Box) -> bool:
    """Tell two boxes that share something."""
    return all(first[k] < second[k + 2] and second[k] < first[k + 2] for k in (0, 1))


@dataclass(eq=False)
class Sheet:
    """A page while it is written on."""

    pixels: Pixels
    boxes: list[Box]  # of each line

    def has_room(self, box: Box) -> bool:
        """Tell a box that lies on the sheet, and touches no other."""
        left, top, right, bottom = box
        if left < 0 or top < 0 or right > SIDE or bottom > SIDE:
            return False
        gap = max(2, (bottom - top) // 5)
        wide = (left - gap, top - 1, right + gap, bottom + 1)
        return not any(overlap(wide, other) for other in self.boxes)


@dataclass(frozen=True)
class Writer:
    """What a block is written with."""

    font: Font
    size: int
    paint: Paint
    texts: LanguageTexts

    def write(self, sheet: Sheet, text: str, x: int, y: int, rng: Generator) -> bool:
        """Write a line whose letters begin at x and y; False where there is no room for it."""
        ink = draw_ink(text, self.font, self.size, 3)
        left, top, right, bottom = map(int, ink.box)
        box = (x, y, x + right - left, y + bottom - top)
        if not sheet.has_room(box):
            return False
        cover = shape_ink(ink, self.paint.faces - {"curved", "slanted"}, rng)
        cover = cover.crop((left - 3, top - 3, right + 3, bottom + 3))
        low, high = np.array([y - 3, x - 3]), np.array([y - 3 + cover.height, x - 3 + cover.width])
        (y0, x0), (y1, x1) = low.clip(0), high.clip(max=SIDE)
        cover = cover.crop((x0 - low[1], y0 - low[0], x1 - low[1], y1 - low[0]))
        sheet.pixels[y0:y1, x0:x1] = paint(sheet.pixels[y0:y1, x0:x1], cover, self.paint, rng)
        sheet.boxes.append(box)
        return True


@dataclass(frozen=True)
class EntryStyle:
    """How the entries of a menu are written.

    leader: what leads from a name to what is at the right, or nothing
    is_named: that is another name, not a price
    count: the form of the number in front of a name, or nothing
    """

    leader: str
    is_named: bool
    count: str


def render_page(stock: Stock, rng: Generator) -> Page:
    """Render a page of one kind, in one language or in several."""
    sheet = Sheet(np.array(make_ground(stock.grounds, rng)), [])
    kinds: tuple[Callable[[Sheet, Stock, Generator], None], ...] = (
        scatter,
        put_signs,
        put_columns,
        put_entries,
    )
    chosen = kinds[rng.choice(len(kinds), p=PAGE_SHARES)]
    chosen(sheet, stock, rng)
    quads = [np.array([[a, b], [c, b], [c, d], [a, d]], np.float64) for a, b, c, d in sheet.boxes]
    pixels, turn = sheet.pixels, tilt(rng) if rng.random() < TILTED else np.eye(3)
    if not np.array_equal(turn, np.eye(3)):
        pixels, quads = see_from(pixels, turn), [project(turn, quad) for quad in quads]
    if rng.random() < TURNED:
        pixels, quads = np.rot90(pixels), [lay_down(quad) for quad in quads]
    return Page(np.ascontiguousarray(pixels), tuple(quads))


def make_ground(grounds: Grounds, rng: Generator) -> Pixels:
    """Make what lies behind everything: mostly photographs, as large as they are or larger."""
    kind = rng.random()
    if kind < 0.35:
        return grounds.lay_out(SIDE, SIDE, rng)
    return grounds.cut(SIDE, SIDE, rng) if kind < 0.7 else grounds.make(SIDE, SIDE, rng)


def choose_writer(stock: Stock, ground: Pixels, size: int, rng: Generator) -> Writer:
    """Choose a language, a font that has its letters, and colors."""
    language = LANGUAGES[rng.integers(len(LANGUAGES))]
    font = stock.fonts.choose("äéèñçßÄÉÑ€", rng)
    style = choose_paint(ground, rng)
    faces = style.faces & ROUGH if size > 14 else frozenset[str]()
    return Writer(font, size, replace(style, faces=faces), stock.texts[language])


def choose_size(rng: Generator, low: int = LOWEST, high: int = HIGHEST) -> int:
    """Draw a size of a font in pixels: small ones as often as twice as large ones."""
    return int(np.exp(rng.uniform(np.log(low), np.log(high))))


# --- kinds of pages -----------------------------------------------------------------------------


def scatter(sheet: Sheet, stock: Stock, rng: Generator) -> None:
    """Write some words anywhere, each in its own way."""
    for _ in range(int(rng.integers(1, 14))):
        x, y = (int(v) for v in rng.integers(0, SIDE, 2))
        ground = sheet.pixels[y : y + 60, x : x + 160]
        writer = choose_writer(stock, ground, choose_size(rng), rng)
        writer.write(sheet, writer.texts.draw(rng)[: int(rng.integers(3, 25))].strip(), x, y, rng)


def put_signs(sheet: Sheet, stock: Stock, rng: Generator) -> None:
    """Put up panels with a few centered lines each."""
    for _ in range(int(rng.integers(1, 4))):
        w, h = (int(v) for v in rng.integers(80, SIDE, 2))
        x, y = int(rng.integers(0, SIDE - w + 1)), int(rng.integers(0, SIDE - h + 1))
        panel = put_panel(sheet, x, y, w, h, stock.grounds, rng)
        if panel is None:
            continue
        size = choose_size(rng, 12)
        writer = choose_writer(stock, panel, size, rng)
        row = y + size // 2
        while row + size < y + h:
            text = fit_text(writer, w - 12, rng)
            length = int(writer.font.load(size).getlength(text))
            writer.write(sheet, text, x + max(6, (w - length) // 2), row, rng)
            row += int(size * rng.uniform(1.15, 2))


def put_columns(sheet: Sheet, stock: Stock, rng: Generator) -> None:
    """Write columns of running text, as on packages, each with a heading."""
    n = int(rng.integers(1, 4))
    width, size = SIDE // n, choose_size(rng, LOWEST, 20)
    panel = put_panel(sheet, 0, 0, SIDE, SIDE, stock.grounds, rng) if rng.random() < 0.7 else None
    ground = sheet.pixels if panel is None else panel
    if rng.random() < SHOWN_THROUGH:
        show_through(sheet, stock, rng)
    leading = rng.uniform(1.1, 1.5)
    for column in range(n):
        writer = choose_writer(stock, ground, size, rng)
        left, row = column * width + int(rng.integers(4, 14)), int(rng.integers(4, 60))
        heading = replace(writer, size=int(size * rng.uniform(1, 2.2)))
        heading.write(sheet, fit_text(heading, width - 20, rng), left, row, rng)
        row += int(1.5 * heading.size)
        while row + size < SIDE and rng.random() < 0.96:
            writer.write(sheet, fill_line(writer, width - 20, rng), left, row, rng)
            row += int(size * leading)


def put_entries(sheet: Sheet, stock: Stock, rng: Generator) -> None:
    """Write the entries of a menu or a receipt: names at the left, prices at the right.

    With dots or dashes between them both are one line, as are a number and the name behind it.
    """
    n, size = int(rng.integers(1, 3)), choose_size(rng, LOWEST, 22)
    put_panel(sheet, 0, 0, SIDE, SIDE, stock.grounds, rng)
    if rng.random() < SHOWN_THROUGH:
        show_through(sheet, stock, rng)
    writer = choose_writer(stock, sheet.pixels, size, rng)
    width, leading = SIDE // n, rng.uniform(1.2, 2.2)
    style, number = choose_style(rng), int(rng.integers(1, 90))
    for column in range(n):
        left, row = column * width + int(rng.integers(4, 16)), int(rng.integers(4, 40))
        right = (column + 1) * width - int(rng.integers(4, 16))
        while row + size < SIDE:
            put_entry(sheet, writer, style, number, (left, right, row), rng)
            number += 1
            row += int(size * leading * (2 if rng.random() < 0.1 else 1))


def choose_style(rng: Generator) -> EntryStyle:
    """Draw how the entries of a menu are written."""
    leader = LEADERS[rng.integers(len(LEADERS))] if rng.random() < LED else ""
    is_named = bool(leader) and rng.random() < NAMED
    count = COUNTS[rng.integers(len(COUNTS))] if rng.random() < NUMBERED else ""
    return EntryStyle(leader, is_named, count + " " * int(rng.integers(1, 4)) if count else "")


def put_entry(
    sheet: Sheet,
    writer: Writer,
    style: EntryStyle,
    number: int,
    place: tuple[int, int, int],
    rng: Generator,
) -> None:
    """Write an entry into a row, from its left to its right end: place has these three."""
    left, right, row = place
    room = (right - left - writer.size) // 2
    price = fit_text(writer, room, rng) if style.is_named else draw_price(rng)
    start = right - int(writer.font.load(writer.size).getlength(price))
    name = style.count.format(number) + fit_text(writer, start - left - writer.size, rng)
    if style.leader:
        line = lead(writer, name, price, style.leader, right - left, rng)
        writer.write(sheet, line, left, row, rng)
        return
    writer.write(sheet, name, left, row, rng)
    if rng.random() < 0.8:
        writer.write(sheet, price, start, row, rng)


def lead(writer: Writer, name: str, price: str, leader: str, width: int, rng: Generator) -> str:
    """Join a name and a price by as many leaders as there is room for, or by a few."""
    font = writer.font.load(writer.size)
    room = width - font.getlength(f"{name}  {price}")
    most = max(0, int(room / max(1.0, font.getlength(leader))))
    n = most if rng.random() < 0.7 else min(most, int(rng.integers(1, 6)))
    return f"{name} {leader * n} {price}"


def show_through(sheet: Sheet, stock: Stock, rng: Generator) -> None:
    """Let mirrored lines of the back of the paper shine through: no text to be found."""
    back = Sheet(sheet.pixels.copy(), [])
    size = choose_size(rng, LOWEST, 20)
    writer = choose_writer(stock, back.pixels, size, rng)
    for row in range(int(rng.integers(2, 40)), SIDE - size, int(size * rng.uniform(1.2, 2))):
        writer.write(back, fit_text(writer, SIDE - 20, rng), int(rng.integers(4, 120)), row, rng)
    share = rng.uniform(FAINTEST, FAINT)
    mirrored = back.pixels[:, ::-1].astype(np.float32)
    sheet.pixels[:] = (sheet.pixels + share * (mirrored - sheet.pixels)).astype(np.uint8)


def put_panel(
    sheet: Sheet, x: int, y: int, w: int, h: int, grounds: Grounds, rng: Generator
) -> Pixels | None:
    """Lay a ground of one color or two on a part where nothing is written yet; None elsewhere."""
    if not sheet.has_room((x, y, x + w, y + h)):
        return None
    made = replace(grounds, photos=()).make(h, w, rng)
    sheet.pixels[y : y + h, x : x + w] = made
    return made


def fit_text(writer: Writer, width: int, rng: Generator) -> str:
    """Draw a text, and leave out words at its end until it is short enough."""
    words = writer.texts.draw(rng).split()
    font = writer.font.load(writer.size)
    while len(words) > 1 and font.getlength(" ".join(words)) > width:
        words.pop()
    text = " ".join(words)
    while len(text) > 1 and font.getlength(text) > width:
        text = text[:-1]
    return text


def fill_line(writer: Writer, width: int, rng: Generator) -> str:
    """Fill a line with running text."""
    font, text = writer.font.load(writer.size), writer.texts.draw_sentence(rng)
    while font.getlength(text) < width:
        text += " " + writer.texts.draw_sentence(rng)
    words = text.split()
    while len(words) > 1 and font.getlength(" ".join(words)) > width:
        words.pop()
    return " ".join(words)


# --- perspective --------------------------------------------------------------------------------


def tilt(rng: Generator) -> NDArray[np.float64]:
    """Draw a perspective of the page, 3 x 3: corners moved, and all turned a little."""
    corners = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float64)
    turned = (corners - SIDE / 2) @ rotation(-rng.normal(0, 0.12)) + SIDE / 2
    seen = turned + rng.uniform(-MOST_TILT, MOST_TILT, (4, 2)) * SIDE
    return np.array([*perspective(corners, seen), 1]).reshape(3, 3)


def see_from(pixels: Pixels, turn: NDArray[np.float64]) -> Pixels:
    """Draw a page as a perspective shows it."""
    back = np.linalg.inv(turn)
    a, b, c, d, e, f, g, h, _ = map(float, (back / back[2, 2]).ravel())
    image, how = Image.fromarray(pixels), Image.Transform.PERSPECTIVE
    fill = tuple(int(v) for v in pixels[0, 0])
    way_back = (a, b, c, d, e, f, g, h)
    made = image.transform(image.size, how, way_back, Image.Resampling.BICUBIC, fillcolor=fill)
    return np.asarray(made)


def lay_down(quad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn a quad as np.rot90 turns a square page, by 90 degrees to the left."""
    return np.column_stack([quad[:, 1], SIDE - quad[:, 0]])
