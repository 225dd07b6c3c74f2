"""What was read in a picture and how it was translated, corrected by hand, from a file.

    neuropil translate-read menu.webp --json > menu.json       to be edited
    neuropil translate-render menu.webp menu.json -o menu-en.png

The file is what `translate-read` prints: `lines`, each with `quad` and `text`, and `blocks`, each
with the numbers of its lines, its `text` and its `translation`. A block whose translation is not
its text is set, whatever else the file says of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.page import TextLine, TranslatedBlock
from neuropil.apps.translate.preprocess import SAME, normalize
from neuropil.apps.translate.setting import LIGHT, load_font
from neuropil.kit.bounded import read_bytes
from neuropil.kit.errors import UserError, require_file
from neuropil.kit.formats import MAX_PIXELS
from neuropil.kit.progress import message

MOST_BYTES = 50_000_000
LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
NO_LETTER = "\uffff"  # which no font has
FARTHEST = 1e6  # pixels of a corner from the upper left of the picture
LEAST_AREA = 4  # pixels that a line covers
ADVICE = "mend it, or write it anew by: neuropil translate-read PICTURE --json > FILE"


@dataclass(frozen=True, eq=False)
class Corrections:
    """The lines and blocks of a picture, as a person wants them."""

    KIND: ClassVar = "corrections"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".json",)
    READS: ClassVar = (".json",)

    lines: tuple[TextLine, ...]
    blocks: tuple[TranslatedBlock, ...]

    @classmethod
    def open(cls, path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Read what `translate-read --json` prints; raises UserError that names what is wrong."""
        path = Path(path)
        require_file(path, "file of corrections")
        try:
            given = json.loads(read_bytes(path, MOST_BYTES, ADVICE).decode("utf-8-sig"))
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            words = f"{path} is no JSON of one object ({error})"
            if str(error).startswith("Extra data"):
                words = f"{path} has several lines: keep the one of your picture"
            raise damaged(words, path) from error
        for name in ("lines", "blocks"):
            if not isinstance(given, dict) or not isinstance(given.get(name), list):
                raise damaged(f"{path} has no list of {name}", path)
        lines = [read_line(n, each, path) for n, each in enumerate(given["lines"])]
        blocks = [read_block(n, each, lines, path) for n, each in enumerate(given["blocks"])]
        return cls(tuple(lines), tuple(blocks))

    def require_inside(self, width: int, height: int) -> None:
        """Raise UserError for a line that lies outside a picture of this size."""
        for n, line in enumerate(self.lines):
            x, y = line.quad.mean(axis=0)
            if not (0 <= x <= width and 0 <= y <= height):
                words = f"line {n} ({line.text!r}) lies at {x:.0f}, {y:.0f}, and the picture has"
                words += f" {width} × {height} pixels; the corrections are of another picture"
                raise UserError("input.content", words)


def damaged(words: str, path: Path) -> UserError:
    """Make the error of a file that is no file of corrections."""
    return UserError("input.damaged", f"{words}; {ADVICE}", path=path)


def read_line(number: int, given: Any, path: Path) -> TextLine:
    """Read a line: four corners, a text, and perhaps where its end begins that stays."""
    given = given if isinstance(given, Mapping) else {}
    text, quad, tail = given.get("text"), read_quad(given.get("quad")), given.get("tail")
    if not isinstance(text, str) or quad is None:
        words = "has no text, or no quad of four corners [x, y] around it"
        raise damaged(f"{path}: line {number} {words}", path)
    if tail is not None and not is_share(tail):
        words = f"has the tail {json.dumps(tail)}; it is null, or a share of the line, 0.62 say"
        raise damaged(f"{path}: line {number} {words}", path)
    return TextLine(quad, text, 1.0, tail)


def read_quad(given: Any) -> Quad | None:
    """Read four corners, or None where they are none around anything."""
    try:
        quad = np.array(given, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if quad.shape != (4, 2) or not (np.abs(quad) < FARTHEST).all():
        return None
    x, y = quad.T
    area = abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2  # after Gauss
    return quad if area >= LEAST_AREA else None


def read_block(number: int, given: Any, lines: list[TextLine], path: Path) -> TranslatedBlock:
    """Read a block: the numbers of its lines, and what is to stand there."""
    if not isinstance(given, Mapping):
        raise damaged(f"{path}: block {number} is no object", path)
    numbers, text, made = (given.get(name) for name in ("lines", "text", "translation"))
    if not isinstance(text, str):
        raise damaged(f"{path}: block {number} has no text", path)
    if not isinstance(made, str) or not made.strip():
        words = "has no translation; what is to stay as it is has its text there"
        raise damaged(f"{path}: block {number} {words}", path)
    if not isinstance(numbers, list) or not numbers or not all(map(is_number, numbers)):
        raise damaged(f"{path}: block {number} has no list of numbers of lines", path)
    if len({*numbers}) < len(numbers):
        raise damaged(f"{path}: block {number} has a line twice: {numbers}", path)
    if max(numbers) >= len(lines):
        words = f"has line {max(numbers)}, and there are {len(lines)}, counted from 0"
        raise damaged(f"{path}: block {number} {words}", path)
    return TranslatedBlock(tuple(numbers), text, None, writable(made, number), None)


def writable(text: str, number: int) -> str:
    """Give a text of composed letters, on one line; tells of those that the font lacks."""
    composed = normalize(text, SAME | LIGATURES)
    lacking = {letter: None for letter in composed if is_lacking(letter)}
    if lacking:
        message(f"block {number}: the font has no {' '.join(lacking)}, so they are left out")
    return "".join(letter for letter in composed if letter not in lacking)


def is_lacking(letter: str) -> bool:
    """Tell a letter that the font has no shape for."""
    font = load_font(LIGHT, 20)
    return letter != " " and bytes(font.getmask(letter)) == bytes(font.getmask(NO_LETTER))


def is_share(given: Any) -> bool:
    """Tell a share of a line, above 0, at most 1; a browser writes 1 without a point."""
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 < given <= 1


def is_number(given: Any) -> bool:
    """Tell the number of a line."""
    return isinstance(given, int) and not isinstance(given, bool) and given >= 0
