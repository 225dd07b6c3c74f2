"""What is told of a picture: its lines and blocks, as plain values."""

from dataclasses import dataclass, replace

from neuropil.apps.translate.alphabet import name_marks
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.page import TextLine, TranslatedBlock

Point = tuple[float, float]


@dataclass(frozen=True)
class PictureLine:
    """A line of text in a picture.

    quad: corners x, y in pixels, clockwise from the upper left of the text as it reads
    confidence: of the reading, 0..1
    language: None where it is not known
    tail: the share of its length from which it stays as it is, the price of a dish, say; or None
    """

    quad: tuple[Point, Point, Point, Point]
    text: str
    confidence: float
    language: str | None
    tail: float | None = None

    def __str__(self) -> str:
        """Word it in a line."""
        return f"{self.text}  ({self.language or 'language not known'}, {self.confidence:.2f})"


@dataclass(frozen=True, eq=False)
class ReadPage:
    """The lines and blocks of a picture."""

    lines: tuple[TextLine, ...]
    languages: tuple[str | None, ...]
    blocks: tuple[TranslatedBlock, ...]


def word_lines(page: ReadPage) -> tuple[PictureLine, ...]:
    """Give the lines of a page as plain values."""
    return tuple(
        PictureLine(
            word_quad(line.quad),
            name_marks(line.text),
            round(line.confidence, 4),
            language,
            None if line.tail is None else round(line.tail, 4),
        )
        for line, language in zip(page.lines, page.languages, strict=True)
    )


def word_quad(quad: Quad) -> tuple[Point, Point, Point, Point]:
    """Give the corners of a quad as plain numbers, in tenths of pixels."""
    a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in quad)
    return a, b, c, d


def word_blocks(page: ReadPage) -> tuple[TranslatedBlock, ...]:
    """Give the blocks of a page as they are told, marks by their names."""
    return tuple(
        replace(block, text=name_marks(block.text), translation=name_marks(block.translation))
        for block in page.blocks
    )
