"""A drawing: pen strokes on pages, for screens, printers, plotters and films.

    letter = Drawing(((Stroke(points),),), Paper(210, 297))
    letter.save("letter.svg")                    also .png .gif .mp4 .pdf .gcode .hpgl .dxf .json
    Drawing.open("letter.svg").save("letter.gcode")

Dimension key: H, W height and width of a picture; P points of a stroke. All places are mm, y down.
"""

import dataclasses
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self
from xml.etree import ElementTree

import numpy as np

from neuropil.kit.atomic import atomic_path, write_together
from neuropil.kit.bounded import read_bytes
from neuropil.kit.drawing import svg_pdf
from neuropil.kit.drawing.animation import PenAnimation
from neuropil.kit.drawing.dxf import dxf, require_dxf
from neuropil.kit.drawing.gcode import Plotter, gcode
from neuropil.kit.drawing.hpgl import hpgl
from neuropil.kit.drawing.raster import Canvas, Color, ink_path
from neuropil.kit.drawing.strokes import Floats, Paper, Stroke
from neuropil.kit.errors import UserError, require_ending, require_file
from neuropil.kit.formats import QUALITIES, QUALITY
from neuropil.kit.media import lossless
from neuropil.kit.media.image import Image
from neuropil.kit.media.metadata import ImageMetadata
from neuropil.kit.progress import message, ticking
from neuropil.kit.ranges import Range

__all__ = ["Drawing", "Paper", "Plotter", "Stroke"]

FORMAT = "neuropil drawing 1"
MOST_BYTES = 200_000_000  # of a file that is read
PARSE_ERRORS = (  # what goes wrong with a file that holds something else
    *(AttributeError, ElementTree.ParseError, LookupError, OverflowError),
    *(RecursionError, TypeError, ValueError),
)
PATHS_ALONE = (".gcode", ".hpgl", ".dxf")  # files for plotters, whose pen has its own width
DPI = 300
TITLE = 80  # characters


@dataclass(frozen=True, eq=False)
class Drawing:
    """Pages of strokes; `ink` is #rrggbb, `pen` the width of a line in mm.

    filled: the line has its weight: thin where the pen was fast, tapered at its ends
    speed: of animations; 1 draws about 150 mm a second
    about: whatever JSON can hold: text, seed, style; it travels in SVG and JSON
    """

    pages: tuple[tuple[Stroke, ...], ...]
    paper: Paper
    ink: str = "#1a2a6c"
    pen: float = 0.45
    filled: bool = False
    speed: float = 1.0
    plotter: Plotter = field(default_factory=Plotter)
    about: Mapping[str, Any] = field(default_factory=dict)

    KIND: ClassVar = "drawing"
    SUFFIXES: ClassVar = (
        *(".svg", ".png", ".gif", ".mp4", ".pdf", ".gcode", ".hpgl", ".dxf", ".json"),
    )
    BY_PAGE: ClassVar = (".svg", ".png", ".gcode", ".hpgl", ".dxf")  # files hold one page each

    def __post_init__(self) -> None:
        if not any(self.pages):
            raise UserError("input.empty", "the drawing has no stroke; give at least one")
        check_color(self.ink)
        Range(0.01, 20).check("the pen's width in mm", self.pen)
        Range(0.01, 100).check("the speed", self.speed)
        try:
            about = json.loads(json.dumps(dict(self.about), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise UserError(
                "input.content", f"about can't be kept as JSON: {error}; give texts and numbers"
            ) from None
        object.__setattr__(self, "about", about)  # as it will be read again

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Read .json or .svg that `save` wrote, with every stroke to the micrometer.

        The first .svg of several holds all pages, each further one its own.
        """
        path = Path(path)
        require_file(path, "drawing")
        if path.suffix.lower() not in (".json", ".svg"):
            raise UserError(
                "input.kind",
                f"{path} can't be read as a drawing; name a .json or .svg",
                path=path,
                possible=(".json", ".svg"),
            )
        content = read_bytes(path, MOST_BYTES, "name a drawing of fewer pages")
        try:
            record = _record(content.decode("utf-8"), path.suffix.lower())
            if record["format"] != FORMAT:
                raise UserError("input.kind", f"its format is {record['format']!r}, not {FORMAT!r}")
            return cls(**_fields(record))
        except UserError as error:
            raise error.wrap(f"{path} can't be read as a drawing: {error}", path) from error
        except PARSE_ERRORS as error:
            raise UserError(
                "input.damaged",
                f"{path} is no drawing that neuropil wrote, or damaged; name one that it saved",
                path=path,
            ) from error

    def output_paths(self, path: Path | str) -> list[Path]:
        """List what `save` writes: letter.svg, letter-2.svg, ... or one file where it holds all."""
        path = Path(path)
        require_ending(path, self.SUFFIXES)
        ending = path.suffix.lower()
        if ending == ".dxf":
            require_dxf()
        if ending not in self.BY_PAGE:
            return [path]
        further = range(2, len(self.pages) + 1)
        return [path, *(path.with_name(f"{path.stem}-{n}{path.suffix}") for n in further)]

    def split(self, path: Path) -> "dict[Path, Drawing | PageFile]":
        """Give what is to be saved to each of the files that a drawing takes."""
        files = self.output_paths(path)
        if len(files) == 1:
            return {path: self}
        return {file: PageFile(self, number) for number, file in enumerate(files)}

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write by the ending of `path`; `quality` is of films alone."""
        path = Path(path)
        files, ending = self.output_paths(path), path.suffix.lower()
        QUALITIES.check("quality", quality)
        if ending == ".mp4":
            self.animation.write_mp4(path, quality)
        elif ending == ".gif":
            self.animation.write_gif(path)
        else:
            with write_together(files) as places:
                for i, place in enumerate(places):
                    place.write_bytes(_content(self, ending, i))

    def image(self, page: int = 0, *, dots: float = 8.0) -> Image:
        """Draw a page with `dots` pixels to a mm, edges smooth."""
        if not 0 <= page < len(self.pages):
            raise UserError(
                "option.range",
                f"page is {page}; it lies between 0 and {len(self.pages) - 1}",
                name="page",
                value=page,
                low=0,
                high=len(self.pages) - 1,
            )
        Range(0.1, 200).check("dots", dots)
        canvas = _canvas(self, page, dots)
        return Image(canvas.pixels(canvas.whole))

    @property
    def animation(self) -> PenAnimation:
        """Give what a film of it shows."""
        drawn = self.pages, self.paper, self.color
        return PenAnimation(*drawn, self.pen, self.filled, self.speed)

    @property
    def color(self) -> Color:
        """Split the ink into red, green and blue, 0 to 255."""
        red, green, blue = bytes.fromhex(self.ink[1:])
        return red, green, blue

    @property
    def title(self) -> str:
        """Take the first line of the text that the drawing is about, for programs that show one."""
        lines = str(self.about.get("text", "")).split("\n")
        line = next((line.strip() for line in lines if line.strip()), "Drawing")
        return "".join(c for c in line if c.isprintable())[:TITLE]


@dataclass(frozen=True, eq=False)
class PageFile:
    """The file of one page of a drawing of several."""

    drawing: Drawing
    number: int  # from 0

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write by the ending of `path`; `quality` is of films alone."""
        path = Path(path)
        with atomic_path(path) as beside:
            beside.write_bytes(_content(self.drawing, path.suffix.lower(), self.number))


def check_color(ink: str) -> None:
    """Raise UserError for what is no color like #1a2a6c."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", ink):
        raise UserError(
            "option.syntax",
            f"the ink is {ink!r}; give red, green and blue like #1a2a6c",
            name="ink",
            value=ink,
        )


# Files


def _content(drawing: Drawing, ending: str, page: int) -> bytes:
    """Make the file of a page, or the one for all."""
    paper, strokes = drawing.paper, drawing.pages[page]
    if drawing.filled and ending in PATHS_ALONE and page == 0:
        message("lines are drawn plain, not filled: files for plotters hold the pen's way alone")
    look = svg_pdf.InkStyle(paper, drawing.color, drawing.pen, drawing.filled)
    if ending == ".svg":
        held = drawing.pages if page == 0 else (strokes,)
        return svg_pdf.svg(strokes, look, drawing.title, _json(drawing, held)).encode()
    if ending == ".pdf":
        return svg_pdf.pdf(drawing.pages, look, drawing.title)
    if ending == ".gcode":
        return gcode(strokes, paper, drawing.plotter).encode()
    if ending == ".hpgl":
        return hpgl(strokes, paper).encode()
    if ending == ".dxf":
        return dxf(strokes, paper, drawing.color).encode()
    if ending == ".json":
        return _json(drawing, drawing.pages).encode()
    file, canvas = io.BytesIO(), _canvas(drawing, page, DPI / 25.4)
    shape = (*canvas.coverage.shape, 3)
    blocks = canvas.blocks(
        lossless.rows_at_once(shape, 1)
    )  # a large page is never there as a whole
    lossless.write_png_blocks(file, shape, 1, blocks, ImageMetadata(dpi=(DPI, DPI)))
    return file.getvalue()


def _canvas(drawing: Drawing, page: int, dots: float) -> Canvas:
    """Draw a page with `dots` pixels to a mm."""
    canvas = Canvas(drawing.paper, drawing.color, dots)
    for stroke in drawing.pages[page]:
        canvas.draw(ink_path(stroke.points, drawing.pen, drawing.filled))
    return canvas


def _json(drawing: Drawing, pages: tuple[tuple[Stroke, ...], ...]) -> str:
    """Word everything that it takes to open the drawing again."""
    names = [f.name for f in dataclasses.fields(drawing) if f.name != "pages"]
    record: dict[str, Any] = {"format": FORMAT} | {name: getattr(drawing, name) for name in names}
    record["paper"] = dataclasses.asdict(drawing.paper)
    record["plotter"] = dataclasses.asdict(drawing.plotter)
    head = json.dumps(record, separators=(",", ":")).removesuffix("}")
    return f'{head},"pages":[{",".join(map(_json_page, pages))}]}}'


def _json_page(page: tuple[Stroke, ...]) -> str:
    """Word a page stroke by stroke, so that it can be stopped."""
    strokes = (_round_points(stroke.points) for stroke in ticking(page))
    return f"[{','.join(json.dumps(points, separators=(',', ':')) for points in strokes)}]"


def _round_points(points: Floats) -> Any:
    return (np.round(points, svg_pdf.DECIMALS) + 0.0).tolist()


def _record(text: str, ending: str) -> Any:
    """Read what `_json` wrote, out of the metadata where the file is SVG."""
    if ending == ".json":
        return json.loads(text)
    if "<!DOCTYPE" in text:  # we write none, and only there can a small file ask for much memory
        raise ValueError("definitions of its own")
    return json.loads(ElementTree.fromstring(text).findtext("{*}metadata", ""))


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    paper = record["paper"]
    return {name: value for name, value in record.items() if name != "format"} | {
        "pages": tuple(tuple(Stroke(points) for points in page) for page in record["pages"]),
        "paper": Paper(**paper | {"ruling": tuple(paper["ruling"])}),
        "plotter": Plotter(**record["plotter"]),
    }
