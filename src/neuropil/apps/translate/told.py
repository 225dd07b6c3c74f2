"""What is told of a picture: its lines and blocks, as plain values."""

from dataclasses import dataclass

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
    """

    quad: tuple[Point, Point, Point, Point]
    text: str
    confidence: float
    language: str | None

    def __str__(self) -> str:
        """Word it in a line."""
        return f"{self.text}  ({self.language or 'language not known'}, {self.confidence:.2f})"


@dataclass(frozen=True)
class PictureBlock:
    """Lines that are one text.

    lines: their numbers among the lines of the picture, from 0, in reading order
    translation: the text itself where it was kept
    kept: why it stays as it is; None where it was translated
    word_for_word: translated by lists alone, since the network was at a loss
    """

    lines: tuple[int, ...]
    text: str
    language: str | None
    translation: str
    kept: str | None
    word_for_word: bool

    def __str__(self) -> str:
        """Word it in a line."""
        note = " (word for word)" if self.word_for_word else ""
        made = f"kept: {self.kept}" if self.kept else f"{self.translation}{note}"
        return f"{self.text}  ->  {made}"


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
            word_quad(line.quad), name_marks(line.text), round(line.confidence, 4), language
        )
        for line, language in zip(page.lines, page.languages, strict=True)
    )


def word_quad(quad: Quad) -> tuple[Point, Point, Point, Point]:
    """Give the corners of a quad as plain numbers, in tenths of pixels."""
    a, b, c, d = ((round(float(x), 1), round(float(y), 1)) for x, y in quad)
    return a, b, c, d


def word_blocks(page: ReadPage) -> tuple[PictureBlock, ...]:
    """Give the blocks of a page as plain values."""
    return tuple(
        PictureBlock(
            block.lines,
            name_marks(block.text),
            block.language,
            name_marks(block.translation),
            block.kept,
            block.word_for_word,
        )
        for block in page.blocks
    )
