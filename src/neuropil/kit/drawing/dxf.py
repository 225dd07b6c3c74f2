"""Strokes in DXF, which programs for drawing, lasers and cutters read: polylines in mm.

The same strokes give the same bytes: ezdxf is told to write no time and no name of a computer.
"""

import io
from collections.abc import Sequence
from importlib.util import find_spec

from neuropil.kit.drawing.polylines import draw_dot, polylines
from neuropil.kit.drawing.raster import Color
from neuropil.kit.drawing.strokes import Paper, Stroke
from neuropil.kit.errors import UserError, say_install

VERSION = "R2004"  # the oldest with colors of any kind
MILLIMETERS = 4


def require_dxf() -> None:
    """Raise UserError where the library that writes DXF is missing."""
    if find_spec("ezdxf") is None:
        raise UserError(
            "dependency.missing",
            "ezdxf is missing, which writes .dxf; install the extra [plotter]:"
            f" {say_install('plotter')},"
            " or write .svg, .hpgl or .gcode",
            name="ezdxf",
        )


def dxf(strokes: Sequence[Stroke], paper: Paper, ink: Color) -> str:
    """Write one page; raises UserError where a stroke leaves the paper."""
    require_dxf()
    from ezdxf._options import options
    from ezdxf.filemanagement import new

    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        document = new(VERSION, units=MILLIMETERS)
        page = document.modelspace()
        for corners in polylines(strokes, paper):
            line = page.add_lwpolyline(draw_dot(corners).round(3).tolist())
            line.rgb = ink
        text = io.StringIO()
        document.write(text)
    finally:
        options.write_fixed_meta_data_for_testing = before
    return text.getvalue()
