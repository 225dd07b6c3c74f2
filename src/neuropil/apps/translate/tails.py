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

LEADERS = r"\s?(?:[.·_–-]\s?){3,}"
SIGN = r"(?:€|\$|£|CHF|EUR|Euro|Fr\.?)"
PRICE = rf"(?:{SIGN}\s?)?\d+(?:[.,]\d+)*(?:[.,]?[–-]+)?(?:\s?{SIGN})?"
TAIL = re.compile(rf"(?:({LEADERS})({PRICE})?|\s({PRICE}))$")
INK = 0.4  # share of the difference between ink and ground, from which a pixel is inked
NEARLY_ALL = 0.95
DOT = 0.17  # heights of ink in a column of a dot or a dash, at most
NARROW, WIDE = 0.3, 1.5  # heights of a gap with dots or dashes in it, and of one without
THINNEST = 0.3  # heights of a character of a price
BESIDE = 0.25  # heights in front of a price that are its own


class SplitLine(NamedTuple):
    """A line in parts: a name, the dot or dash that leads on from it, and a price, or none."""

    name: str
    leader: str
    price: str


def split_tail(text: str) -> SplitLine:
    """Part a text from the price at its end, and from dots or dashes in front of it."""
    found = TAIL.search(text)
    if not found:
        return SplitLine(text.rstrip(), "", "")
    leader = (found[1] or "").strip()[:1]
    return SplitLine(text[: found.start()].rstrip(), leader, (found[2] or found[3] or "").strip())


def find_tail(line: Floats, text: str) -> float | None:
    """Find the share of a line (HEIGHT, L) from which it is its price; None where none is apart.

    In front of it is the last gap between letters; dots and dashes have less ink in a column than
    any of them. 1 where dots lead to nothing.
    """
    name, leader, price = split_tail(text)
    if not name or not (leader or price):
        return None
    if not price:
        return 1.0
    ink = np.abs(line - np.median(line))
    inked = (ink > INK * np.quantile(ink, NEARLY_ALL)).sum(axis=0)  # rows of each column
    tall = HEIGHT * WIDER  # pixels along the line for one height
    least = tall * (NARROW if leader else WIDE)
    last = line.shape[1] - tall * THINNEST * len(price)
    gaps = list_gaps(inked > DOT * HEIGHT)
    ends = [b for a, b in gaps if a > 0 and b - a > least and b < last]
    return (ends[-1] - tall * BESIDE) / line.shape[1] if ends else None


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
