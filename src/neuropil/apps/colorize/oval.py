"""Oval mounts: one tone around an ellipse, at which it ends all around.

    h, w  pixels of the reduced picture in which they are sought

Where each row and column leaves the tone, from both its ends, lie the points of an ellipse if there
is one. It is fitted to them, again without those that lie off it (what was written on the mount, or
is as light as it), and believed if the tone is all around it and hardly anywhere within.
"""

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.rectangle import Rectangle

TOLERANCE = 6.0  # units of L around the tone of a mount
EDGE = 0.9  # share of the outermost pixels that have the tone
SMALLEST = 0.5  # axis of the oval, share of the side of the picture
LONGEST = 1.8  # times the shorter axis
OFF = 0.03  # of the radius that points lie off the ellipse at most
ROUNDS, FEWEST = 6, 20  # of fitting; points
AT_EDGE, BAND = 0.02, 0.06  # of the radius: the edge to each side, what lies next to it
OUTSIDE, ALL_AROUND, INSIDE = 0.9, 0.97, 0.3  # share with the tone: all, near the edge; just inside
WEDGES = 24  # parts of the way around, most of which have an edge
CLEAR = 0.8  # share of them


def find_oval(light: Floats) -> Rectangle | None:
    """Find the oval that a mount leaves of L (h, w); None where there is none."""
    edge = np.concatenate((light[0], light[-1], light[:, 0], light[:, -1]))
    has_tone = smooth(np.abs(light - np.median(edge)) < TOLERANCE)
    rim = np.concatenate((has_tone[0], has_tone[-1], has_tone[:, 0], has_tone[:, -1]))
    if rim.mean() < EDGE:
        return None
    oval = fit_ellipse(edge_points(has_tone))
    return oval if oval and is_mount(oval, has_tone) else None


def mirror_corners(light: Floats) -> Floats:
    """Put into the corners of L (h, w) around an oval what lies within, mirrored at its edge.

    There the mount would tell the network of a scene that is none.
    """
    h, w = light.shape
    y, x = np.indices((h, w))
    far = Rectangle(0, 0, w, h).radius(x, y)
    back = np.where(far > 1, 2 / np.maximum(far, 1) - 1, 1)
    row = ((y + 0.5 - h / 2) * back + h / 2).astype(np.intp)
    column = ((x + 0.5 - w / 2) * back + w / 2).astype(np.intp)
    mirrored: Floats = light[row, column]
    return mirrored


def smooth(has_tone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Let each pixel of (h, w) be what most of the nine around it are: grain is no edge."""
    h, w = has_tone.shape
    padded = np.pad(has_tone, 1, mode="edge").astype(np.uint8)
    n = sum(padded[i : i + h, j : j + w] for i in range(3) for j in range(3))
    return np.asarray(n >= 5)


def edge_points(has_tone: NDArray[np.bool_]) -> Floats:
    """List where rows and columns of (h, w) leave the tone, from both ends: (n, 2) as x, y."""
    points = []
    for picture, flip in ((has_tone, False), (has_tone.T, True)):
        lines = np.flatnonzero(~picture.all(axis=1))
        first = (~picture[lines]).argmax(axis=1)
        last = picture.shape[1] - (~picture[lines, ::-1]).argmax(axis=1)
        for ends in (first, last):
            pairs = np.stack((ends, lines + 0.5), axis=1)
            points.append(pairs[:, ::-1] if flip else pairs)
    return np.concatenate(points).astype(np.float32)


def fit_ellipse(points: Floats) -> Rectangle | None:
    """Fit an upright ellipse to most of (n, 2) points: the box around it; None where it is none.

    It is A x² + B y² + C x + D y = 1 around the mean of the points.
    """
    kept, ends = points, np.zeros(4)
    for _ in range(ROUNDS):
        if len(kept) < max(FEWEST, len(points) // 2):
            return None
        center = kept.mean(axis=0)
        x, y = (kept - center).astype(np.float64).T
        terms = np.stack((x * x, y * y, x, y), axis=1)
        A, B, C, D = np.linalg.lstsq(terms, np.ones(len(x)), rcond=None)[0]
        if min(A, B) <= 0:
            return None
        middle = center - np.array([C / A, D / B]) / 2
        half = np.sqrt((1 + C * C / (4 * A) + D * D / (4 * B)) / np.array([A, B]))
        off = np.abs(np.hypot(*((points - middle) / half).T) - 1)
        kept = points[off < max(OFF, float(np.median(off)))]
        ends = np.concatenate((middle - half, middle + half))
    left, top, right, bottom = (round(float(end)) for end in ends)
    return Rectangle(left, top, right, bottom, is_oval=True)


def is_mount(oval: Rectangle, has_tone: NDArray[np.bool_]) -> bool:
    """Tell whether an oval of (h, w) has the tone all around it and hardly anywhere within."""
    h, w = has_tone.shape
    width, height = oval.right - oval.left, oval.bottom - oval.top
    if min(width / w, height / h) < SMALLEST or max(width, height) > LONGEST * min(width, height):
        return False
    if min(oval.left, oval.top) < 0 or oval.right > w or oval.bottom > h:
        return False
    far = oval.radius(*np.indices((h, w))[::-1])
    around = (far > 1 + AT_EDGE) & (far < 1 + AT_EDGE + BAND)
    if has_tone[far > 1 + AT_EDGE].mean() < OUTSIDE or has_tone[around].mean() < ALL_AROUND:
        return False
    return share_of_edge(oval, far, has_tone) >= CLEAR


def share_of_edge(oval: Rectangle, far: Floats, has_tone: NDArray[np.bool_]) -> float:
    """Tell along how much of the way around the pixels just inside have another tone."""
    y, x = np.nonzero((far > 1 - AT_EDGE - BAND) & (far < 1 - AT_EDGE))
    middle_x, middle_y = (oval.left + oval.right) / 2, (oval.top + oval.bottom) / 2
    turn = np.arctan2(y + 0.5 - middle_y, x + 0.5 - middle_x) / (2 * np.pi) + 0.5  # 0 to 1
    wedge = (turn * WEDGES).astype(np.intp).clip(max=WEDGES - 1)
    n = np.bincount(wedge, minlength=WEDGES)
    n_tone = np.bincount(wedge, has_tone[y, x], WEDGES)
    return float(np.mean(n_tone < INSIDE * n))
