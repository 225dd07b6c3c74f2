"""The end of a line that stays where it is: the price of a dish, to which dots may lead.

    split_tail("Tagessuppe ........ 4,50")          ("Tagessuppe", ".", "4,50")
    find_tail(line, "Tagessuppe ........ 4,50")     0.82: from there on it keeps its pixels

L  width of a line      G  gaps

The prices of a menu stay in line, and dots lead to them, however long the names become.
"""

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.geometry import Quad, project
from neuropil.apps.translate.lines import HEIGHT, WIDER, Floats, perspective
from neuropil.apps.translate.setting import DRAWN, LIGHT, load_font

DOT_SIGNS = ".·_–—-"
LEADER = rf"(?:[{DOT_SIGNS}]\s?)"
SIGN = r"(?:€|\$|£|CHF|EUR|Euro|Fr\.?)"
ONE = rf"(?:{SIGN}\s?)?\d+(?:[.,]\d+)*(?:[.,]?[–-]+)?(?:\s?{SIGN})?"
PRICE = rf"{ONE}(?:\s?/\s?{ONE})*"
PRICES = re.compile(rf"[\W_]*(?:{PRICE})?[\W_]*")  # and nothing else, or dots alone
DOTS = re.compile(rf"[\s…{DOT_SIGNS}]*[…{DOT_SIGNS}]\s*$")  # at the end of a text
TAIL = re.compile(rf"(?:\s?({LEADER}{{3,}})({PRICE})|\s?({LEADER}{{4,}})|\s({PRICE}))$")
INK = 0.4  # share of the difference between ink and ground, from which a pixel is inked
NEARLY_ALL = 0.95
DOT = 0.2  # heights of a dot or a dash, at most
NARROW, WIDE = 0.25, 1.5  # heights of a gap with dots or dashes in it, and of one without
FAR = 0.45  # of the width of a price by which it may begin elsewhere than its letters say
BESIDE = 0.35  # heights in front of a price that are its own


class SplitLine(NamedTuple):
    """A line in parts: a name, the dot or dash that leads on from it, and a price, or none."""

    name: str
    leader: str
    price: str


def split_tail(text: str) -> SplitLine:
    """Part a text from the price at its end, and from dots or dashes in front of it.

    Three dots that lead to nothing are the text's own.
    """
    found = TAIL.search(text)
    if not found:
        return SplitLine(text.rstrip(), "", "")
    leader, price = found[1] or found[3] or "", found[2] or found[4] or ""
    return SplitLine(text[: found.start()].rstrip(), leader[:1], price.strip())


def find_tail(line: Floats, text: str) -> float | None:
    """Find the share of a line (HEIGHT, L) from which it is its price; None where none is apart.

    In front of it is a gap, of columns without ink or with that of dots and dashes, which are low.
    The widest gap tells how wide letters are, and so where the price has to begin. 1 where dots
    lead to nothing.
    """
    name, leader, price = split_tail(text)
    if not name or not (leader or price):
        return None
    if not price:
        return 1.0
    tall, length = HEIGHT * WIDER, line.shape[1]
    least = tall * (NARROW if leader else WIDE)
    gaps = [(a, b) for a, b in list_gaps(find_letters(line)) if a > 0 and b < length]
    gaps = sorted((gap for gap in gaps if gap[1] - gap[0] > least), key=lambda gap: gap[0] - gap[1])
    if not gaps:
        return None
    font = load_font(LIGHT, DRAWN)
    wanted = font.getlength(price) * gaps[0][0] / font.getlength(name)
    near = FAR * wanted + BESIDE * tall
    end = next((b for _, b in gaps if abs(length - b - wanted) < near), None)
    return float((end - BESIDE * tall) / length) if end else None


def find_letters(line: Floats) -> NDArray[np.bool_]:
    """Mark the columns of a line whose ink, from the first to the last row, is higher than dots."""
    ink = np.abs(line - np.median(line))
    inked = ink > INK * np.quantile(ink, NEARLY_ALL)
    height = HEIGHT - inked.argmax(axis=0) - inked[::-1].argmax(axis=0)
    marked: NDArray[np.bool_] = inked.any(axis=0) & (height > DOT * HEIGHT)
    return marked


def list_gaps(inked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """List the runs of columns without ink: where each begins and ends (G, 2)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], inked, [True]]).astype(np.int64)))
    return edges.reshape(-1, 2)


def cut_quad(quad: Quad, share: float) -> tuple[Quad, Quad]:
    """Cut a quad across at a share of the line that it becomes, 0..1: what is left and right of it.

    By the perspective that straightens it: nearer halves are longer.
    """
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
    seen = np.array([*perspective(square, quad), 1]).reshape(3, 3)
    upper, lower = project(seen, np.array([[share, 0], [share, 1]]))
    return np.array([quad[0], upper, lower, quad[3]]), np.array([upper, quad[1], quad[2], lower])
