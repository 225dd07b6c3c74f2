"""Strokes as a plotter draws them: straight lines in mm, y UP from the lower left corner.

A curve becomes lines that are nowhere further than TOLERANCE from it; a dot is one point. Whatever
lies off the paper is refused, for the pen's sake.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from neuropil.kit.drawing.strokes import Floats, Paper, Stroke, catmull_rom_beziers, flatten_beziers
from neuropil.kit.errors import UserError
from neuropil.kit.progress import ticking

TOLERANCE = 0.05  # mm between a curve and the straight lines that a plotter draws
DOT = 0.1  # mm: as long is the line of a dot in a format whose readers drop lines of no length


def polylines(strokes: Sequence[Stroke], paper: Paper) -> Iterator[Floats]:
    """Yield the corners (P, 2) of each stroke; raises UserError where one leaves the paper."""
    return (_turn_upward(_flatten(stroke), paper) for stroke in ticking(strokes))


def draw_dot(corners: Floats) -> Floats:
    """Make a dot a line of 0.1 mm; others stay as they are."""
    return corners if len(corners) > 1 else corners + np.array([[0, 0], [DOT, 0]])


def _flatten(stroke: Stroke) -> Floats:
    pieces = catmull_rom_beziers(stroke.points)
    return flatten_beziers(pieces, TOLERANCE)[0] if len(pieces) else stroke.points[:1]


def _turn_upward(points: Floats, paper: Paper) -> Floats:
    """Turn y upward: y' = height - y."""
    off = ((points < -TOLERANCE) | (points > np.add((paper.width, paper.height), TOLERANCE))).any(1)
    if off.any():
        x, y = points[off][0]
        raise UserError(
            "output.content",
            f"a stroke reaches ({x:.1f}, {y:.1f}) mm, off the paper of {paper.width:g} ×"
            f" {paper.height:g} mm, where a plotter can't go; move it or take a larger paper",
        )
    return np.column_stack([points[:, 0], paper.height - points[:, 1]])
