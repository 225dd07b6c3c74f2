"""Strokes as motions of a plotter: G-code in mm, y UP from the lower left corner of the page.

G21 G90      millimeters, places from the origin
M3 S0        the pen goes up, G0 X.. Y.. travels
M3 S1000     the pen goes down, G1 X.. Y.. F3000 draws
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from neuropil.kit.drawing.polylines import polylines
from neuropil.kit.drawing.strokes import Floats, Paper, Stroke
from neuropil.kit.errors import UserError
from neuropil.kit.ranges import Range

LONGEST_LINE = 80  # characters that controllers take


@dataclass(frozen=True)
class Plotter:
    """The machine: `feed` in mm a minute, the lines that lift and lower its pen, rest in seconds.

    The defaults are for GRBL with the pen on a servo at the output of the spindle; the servo has
    `settle` seconds to move (G4 P, which GRBL reads as seconds), 0 for none.
    """

    feed: float = 3000.0
    pen_up: str = "M3 S0"
    pen_down: str = "M3 S1000"
    settle: float = 0.15

    def __post_init__(self) -> None:
        Range(1, 100_000).check("the plotter's feed", self.feed)
        Range(0, 10).check("the plotter's settle", self.settle)
        for name, line in (("pen_up", self.pen_up), ("pen_down", self.pen_down)):
            plain = line.isascii() and line.isprintable() and line.strip()
            if not plain or len(line) > LONGEST_LINE:
                raise UserError(
                    "option.syntax",
                    f"the plotter's {name} is {line!r}; give one line of G-code of at most"
                    f" {LONGEST_LINE} characters, like M3 S0",
                    name=name,
                    value=line,
                )


def gcode(strokes: Sequence[Stroke], paper: Paper, plotter: Plotter) -> str:
    """Write one page; raises UserError where a stroke leaves the paper, for the pen's sake."""
    return "\n".join(_lines(strokes, paper, plotter)) + "\n"


def _lines(strokes: Sequence[Stroke], paper: Paper, plotter: Plotter) -> Iterator[str]:
    rest = [f"G4 P{plotter.settle:.3g}"] if plotter.settle else []
    up, down = [plotter.pen_up, *rest], [plotter.pen_down, *rest]
    yield from ("G21", "G90", *up)
    for corners in polylines(strokes, paper):
        first, *others = _places(corners)
        yield from (f"G0 {first}", *down)
        yield from (f"G1 {place} F{plotter.feed:g}" for place in others)
        yield from up
    yield "G0 X0 Y0"


def _places(points: Floats) -> list[str]:
    return [f"X{x:.3f} Y{y:.3f}" for x, y in (np.round(points, 3) + 0.0).tolist()]  # no -0.000
