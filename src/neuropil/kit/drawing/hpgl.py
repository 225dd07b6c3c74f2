"""Strokes in HPGL, the language of pen plotters and vinyl cutters, 40 units to a mm.

IN; SP1;           begin, and take the first pen
PU x,y; PD x,y,…;  travel with the pen up, draw with it down
PU; SP0;           lift it and put it away
"""

from collections.abc import Iterator, Sequence

import numpy as np

from neuropil.kit.drawing.polylines import polylines
from neuropil.kit.drawing.strokes import Floats, Paper, Stroke

UNITS = 40  # to a mm


def hpgl(strokes: Sequence[Stroke], paper: Paper) -> str:
    """Write one page; raises UserError where a stroke leaves the paper."""
    lines = map(_draw, polylines(strokes, paper))
    return "\n".join(["IN;", "SP1;", *lines, "PU;", "SP0;"]) + "\n"


def _draw(corners: Floats) -> str:
    first, *others = _places(corners)
    return f"PU{first};PD{','.join(others)};"


def _places(corners: Floats) -> Iterator[str]:
    units = np.round(corners * UNITS).astype(int)
    return (f"{x},{y}" for x, y in units.tolist())
