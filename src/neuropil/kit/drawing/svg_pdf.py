"""Pages of strokes as lines in files: SVG 1.1 and PDF 1.4, written by hand.

Both draw the same: a Bézier curve for each stroke, or a closed outline where ink is filled. Places
are millimeters with at most three decimals, y down; a PDF gets there by its first matrix.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from neuropil.kit.drawing.polylines import DOT
from neuropil.kit.drawing.raster import RULE, RULE_WIDTH, Color, ink_path, stroke_outline
from neuropil.kit.drawing.strokes import Floats, Paper, Stroke, catmull_rom_beziers
from neuropil.kit.progress import ticking

ROUND = 'fill="none" stroke-linecap="round"'
POINTS = 72 / 25.4  # PDF's unit: points to a mm
DECIMALS = 3  # a micrometer
LEVEL = 3  # of compression: higher ones take twice as long to save a tenth
COARSE = 2  # decimals of an outline, which has many corners

PathWriter = Callable[[Stroke], str]


@dataclass(frozen=True)
class InkStyle:
    """How strokes look: paper, color, width of the pen in mm, even or with its weight."""

    paper: Paper
    ink: Color
    pen: float
    filled: bool


def format_numbers(values: Floats, decimals: int = DECIMALS) -> list[str]:
    """Word numbers of any shape, in order, as short as they go."""
    rounded = np.round(values, decimals).ravel() + 0.0  # turns -0.0 into 0.0
    words = (f"%.{decimals}f " * len(rounded) % tuple(rounded.tolist())).split()
    return [word.rstrip("0").rstrip(".") for word in words]


def format_number(value: float) -> str:
    """Word one number."""
    return format_numbers(np.array([value]))[0]


# SVG


def svg(strokes: Sequence[Stroke], look: InkStyle, title: str, metadata: str) -> str:
    """Write one page; `metadata` is carried word for word."""
    paper, ink = look.paper, "#{:02x}{:02x}{:02x}".format(*look.ink)
    width, height = format_number(paper.width), format_number(paper.height)
    if look.filled:
        group, start, path = f'<g id="ink" fill="{ink}">', "<path", _svg_outline(look)
    else:
        pen = f'stroke="{ink}" stroke-width="{format_number(look.pen)}" stroke-linejoin="round"'
        group, start, path = f'<g id="ink" {pen}>', f"<path {ROUND}", _svg_line
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
            f' viewBox="0 0 {width} {height}" style="background:#fff">',
            f"<title>{escape(title)}</title>",
            f"<metadata>{escape(metadata)}</metadata>",
            *_svg_ruling(paper),
            group,
            *(f'{start} d="{path(stroke)}"/>' for stroke in ticking(strokes)),
            "</g>",
            "</svg>\n",
        ]
    )


def _svg_ruling(paper: Paper) -> Iterator[str]:
    if paper.ruling:
        left, right = format_number(paper.margin), format_number(paper.width - paper.margin)
        lines = "".join(f"M{left} {format_number(y)}H{right}" for y in paper.ruling)
        color = "#{:02x}{:02x}{:02x}".format(*RULE)
        pen = f'stroke="{color}" stroke-width="{RULE_WIDTH}"'
        yield f'<path id="ruling" {ROUND} {pen} d="{lines}"/>'


def _svg_line(stroke: Stroke) -> str:
    pieces = catmull_rom_beziers(stroke.points)
    x, y = format_numbers(stroke.points[0])
    if not len(pieces):
        return f"M{x} {y}h{DOT}"  # not h0, which programs for plotters drop
    return f"M{x} {y}C{' '.join(format_numbers(pieces[:, 1:]))}"


def _svg_outline(look: InkStyle) -> PathWriter:
    def path(stroke: Stroke) -> str:
        x, y, *others = format_numbers(
            stroke_outline(ink_path(stroke.points, look.pen, filled=True)), COARSE
        )
        return f"M{x} {y}L{' '.join(others)}Z"

    return path


# PDF


def pdf(pages: Sequence[Sequence[Stroke]], look: InkStyle, title: str) -> bytes:
    """Write all pages: a catalog, its pages with a stream each, the title, and the index."""
    n = len(pages)
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(n))
    width, height = look.paper.width * POINTS, look.paper.height * POINTS
    box = f"0 0 {format_number(width)} {format_number(height)}"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {n} /MediaBox [{box}] >>".encode(),
    ]
    for i, strokes in enumerate(pages):
        page = f"<< /Type /Page /Parent 2 0 R /Resources << >> /Contents {4 + 2 * i} 0 R >>"
        objects += [page.encode(), _stream(_pdf_page(strokes, look))]
    words = b"\xfe\xff" + title.encode("utf-16-be")  # a text as PDF spells any language
    objects.append(f"<< /Title <{words.hex()}> /Producer (neuropil) >>".encode())
    return _join_objects(objects)


def _stream(text: str) -> bytes:
    packed = zlib.compress(text.encode(), LEVEL)
    head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
    return head + packed + b"\nendstream"


def _join_objects(objects: list[bytes]) -> bytes:
    """Join numbered objects and say at which byte each begins, in lines of exactly 20 bytes."""
    file, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for i, content in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (i, content)
    start, size = len(file), len(objects) + 1
    file += b"xref\n0 %d\n0000000000 65535 f \n" % size
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\n" % (size, size - 1)
    file += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(file)


def _pdf_page(strokes: Sequence[Stroke], look: InkStyle) -> str:
    """Draw in mm, y down: (x, y) -> (POINTS x, POINTS (height - y))."""
    paper, scale = look.paper, f"{POINTS:.6f}"
    ink = " ".join(format_numbers(np.array(look.ink) / 255))
    matrix = f"{scale} 0 0 -{scale} 0 {format_number(paper.height * POINTS)} cm"
    lines = [matrix, "1 J 1 j", *_pdf_ruling(paper)]
    if look.filled:
        lines += [f"{ink} rg", *(_pdf_outline(stroke, look.pen) for stroke in ticking(strokes))]
    else:
        lines += [f"{ink} RG", f"{format_number(look.pen)} w", *map(_pdf_line, ticking(strokes))]
    return "\n".join(lines)


def _pdf_ruling(paper: Paper) -> Iterator[str]:
    if paper.ruling:
        left, right = format_number(paper.margin), format_number(paper.width - paper.margin)
        yield f"{' '.join(format_numbers(np.array(RULE) / 255))} RG {RULE_WIDTH} w"
        for height in paper.ruling:
            yield f"{left} {format_number(height)} m {right} {format_number(height)} l S"


def _pdf_line(stroke: Stroke) -> str:
    pieces = catmull_rom_beziers(stroke.points)
    x, y = format_numbers(stroke.points[0])
    if not len(pieces):
        right = format_number(stroke.points[0, 0] + DOT)
        return f"{x} {y} m {right} {y} l S"
    values = format_numbers(pieces[:, 1:])
    arcs = (" ".join(values[i : i + 6]) for i in range(0, len(values), 6))
    return f"{x} {y} m\n" + "".join(f"{arc} c\n" for arc in arcs) + "S"


def _pdf_outline(stroke: Stroke, pen: float) -> str:
    values = format_numbers(stroke_outline(ink_path(stroke.points, pen, filled=True)), COARSE)
    corners = [f"{x} {y}" for x, y in zip(values[::2], values[1::2], strict=True)]
    return f"{corners[0]} m\n" + "".join(f"{corner} l\n" for corner in corners[1:]) + "f"
