"""Quads: four corners of a text in a picture, clockwise from its upper left as it reads.

    area(quad), common_area(quad, other)        # pixels

A quad is an array (4, 2) of x and y in pixels, x right, y down.
"""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def area(quad: Points) -> float:
    """Measure a quad, or the hull of one whose sides cross."""
    return sum(abs(signed_area(triangle)) for triangle in triangles(quad))


def common_area(first: Points, second: Points) -> float:
    """Measure what two quads share."""
    if (first.max(axis=0) <= second.min(axis=0)).any() or (
        second.max(axis=0) <= first.min(axis=0)
    ).any():
        return 0.0
    pairs = ((a, b) for a in triangles(first) for b in triangles(second))
    return sum(abs(signed_area(clip(a, b))) for a, b in pairs)


def signed_area(points: Points) -> float:
    """Measure a polygon (n, 2): above zero where it goes clockwise, y down (Gauss)."""
    x, y = points.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def triangles(quad: Points) -> tuple[Points, Points]:
    """Cut a quad in two; one whose sides cross is replaced by its hull."""
    for order in ((0, 1, 2, 3), (1, 2, 3, 0)):
        halves = quad[[*order[:3]]], quad[[order[2], order[3], order[0]]]
        first, second = map(signed_area, halves)
        if first * second >= 0:
            return halves
    corners = hull(quad)
    return corners[:3], corners[[0, -2, -1]] if len(corners) > 3 else corners[:1].repeat(3, axis=0)


def clip(polygon: Points, triangle: Points) -> Points:
    """Keep the part of a convex polygon inside a triangle (Sutherland, Hodgman 1974)."""
    inside = np.sign(signed_area(triangle))
    for start, end in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
        if not len(polygon):
            break
        side = end - start
        over = polygon - start
        depths = inside * (side[0] * over[:, 1] - side[1] * over[:, 0])
        kept = []
        for k, depth in enumerate(depths):
            before = depths[k - 1]
            if (depth >= 0) != (before >= 0):
                share = before / (before - depth)
                kept.append(polygon[k - 1] + share * (polygon[k] - polygon[k - 1]))
            if depth >= 0:
                kept.append(polygon[k])
        polygon = np.array(kept).reshape(-1, 2)
    return polygon if len(polygon) else np.zeros((1, 2))


def hull(points: Points) -> Points:
    """Find the corners around points, in turn, none on a straight side (Andrew 1979)."""
    order = points[np.lexsort((points[:, 1], points[:, 0]))]
    return np.array([*half_hull(order), *half_hull(order[::-1])])


def half_hull(points: Points) -> list[Points]:
    """Go along one side of the hull of sorted points, the last one left out."""
    found: list[Points] = []
    for point in points:
        while len(found) > 1 and not turns(found[-2], found[-1], point):
            found.pop()
        found.append(point)
    return found[:-1]


def turns(first: Points, second: Points, third: Points) -> bool:
    """Tell whether a way of three points turns clockwise, y down."""
    (a, b), (c, d) = second - first, third - first
    return bool(a * d - b * c > 0)
