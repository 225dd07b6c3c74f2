"""Drawn forms of characters: corners on a grid, `"00 05, 20 25"`, to rounded strokes.

P  points
"""

import numpy as np

from neuropil.apps.handwrite.strokes import Line

ROUNDINGS = 2


def parse_glyph(form: str) -> Line:
    """Read a form into rounded strokes (P, 3) on the grid."""
    parts = []
    for chain in form.split(","):
        points = np.array([[int(point[0]), int(point[1])] for point in chain.split()], np.float64)
        for _ in range(ROUNDINGS):
            points = chaikin(points)
        up = np.zeros((len(points), 1))
        up[-1] = 1
        parts.append(np.hstack([points, up]))
    return np.concatenate(parts)


def chaikin(points: Line) -> Line:
    """Cut the corners of a chain (P, 2): each link keeps its middle half, the ends stay."""
    a, b = points[:-1], points[1:]
    cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
    return np.concatenate([points[:1], cut, points[-1:]])
