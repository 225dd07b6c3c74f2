"""Lines for the reader out of photographs whose texts nobody wrote down: a teacher reads them.

    neuropil train translate --stage teach --data photographs -o taught

`photographs` has a folder for each source. The teacher is RapidOCR (PP-OCRv6 small, Apache-2.0, in
the extra [bench]): what it is sure of is taken, but of lines that say the same only a few, since
one package is photographed often. It takes Å for Á: lines with accents are taken only of folders
whose name begins with a language, as de-spines. A folder may have a table of what its pictures say,
each of one text (a .tsv with the columns ImageName and Text, as AUTNT has): then that is taken,
unless the teacher reads quite another thing. What is written, taught.tsv and taught.zip, belongs
into the folder of which the reader learns.
"""

import importlib.util
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from PIL import Image as Picture

from neuropil.apps.translate.alphabet import encode, unify
from neuropil.apps.translate.lab.measuring import count_edits
from neuropil.apps.translate.lab.peers import CROP, SCENE, open_v6
from neuropil.apps.translate.lab.real_lines import (
    COLUMNS,
    TAUGHT,
    RealLine,
    cut_with_margin,
    is_upright,
    whole_crop,
)
from neuropil.apps.translate.lab.scenes import read_table
from neuropil.apps.translate.lines import HEIGHT, WIDEST, Pixels, size_of
from neuropil.apps.translate.preprocess import LANGUAGES
from neuropil.kit.atomic import write_together
from neuropil.kit.errors import UserError, say_install
from neuropil.kit.folders import list_files
from neuropil.kit.media.image import Image
from neuropil.kit.media.image_reader import SUFFIXES
from neuropil.kit.media.opaque import to_rgb8
from neuropil.kit.progress import message, track
from neuropil.training.stages import claim_file

SURE = 0.95  # of the teacher, 0..1, of a line that is taken
LOWEST = 8  # pixels of height of a line that is taken
HIGHEST = 48  # pixels of height to which lines are reduced
LARGEST = 1600  # pixels of the longer side to which photographs are reduced
MOST_PIXELS = 50_000_000  # of a photograph
MOST_NARROW = 60  # times as long as wide, at most, a picture
MOST_ALIKE = 8  # lines that say the same
MOST_WRONG = 1 / 3  # share of the characters in which the teacher may differ from a table
QUALITY = 88  # of the pictures of lines, WebP


def teach(output: Path, *, data: Path) -> Path:
    """Read the photographs of a folder of folders; write taught.tsv and taught.zip.

    Raises UserError where there are none, and where what would be written is there already.
    """
    sources, teacher = find_sources(data), open_teacher()
    paths = [claim_file(output, TAUGHT), claim_file(output, Path(TAUGHT).stem + ".zip")]
    rows = ["\t".join(COLUMNS)]
    with write_together(paths) as (table, archive):
        with ZipFile(archive, "w") as pictures:
            for line in keep_few_alike(find_lines(sources, teacher)):
                file = f"{line.scene}/{len(rows)}.webp"
                pictures.writestr(file, encode_picture(line.pixels))
                quad = " ".join(f"{number:.1f}" for number in line.quad.flat)
                rows.append("\t".join((file, line.text, line.scene, quad)))
        if len(rows) == 1:
            raise no_text(data)
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    message(f"{len(rows) - 1} lines; {TAUGHT} and its .zip belong into the folder of the data")
    return paths[0]


def find_sources(data: Path) -> Mapping[str, Sequence[Path]]:
    """List the photographs of each folder; raises UserError for names that no table can hold."""
    folders = sorted(path for path in data.iterdir() if path.is_dir())
    found = {f.name: [*list_files(f, SUFFIXES)] for f in folders if not f.name.startswith(".")}
    for name in found:
        if not name.isprintable():
            words = f"the name of the folder {name!r} can't be written into a table: rename it"
            raise UserError("input.content", words, path=data / name)
    if not any(found.values()):
        raise no_text(data)
    return found


def no_text(data: Path) -> UserError:
    """Word that there is nothing to read."""
    words = f"{data} has no photographs with text in folders, one for each source"
    return UserError("data.missing", f"{words}: name another by --data", path=data)


def keep_few_alike(lines: Iterator[RealLine]) -> Iterator[RealLine]:
    """Leave out what the reader can't say or see, and what MOST_ALIKE lines have said before."""
    said = Counter[str]()
    for line in lines:
        if encode(line.text) and not is_upright(line) and has_a_size(line):
            said[line.text] += 1
            if said[line.text] <= MOST_ALIKE:
                yield shrink(line)


def has_a_size(line: RealLine) -> bool:
    """Tell whether a line is neither too low to be read nor too long for the reader."""
    width, height = size_of(line.quad)
    return height >= LOWEST and width * HEIGHT / height <= WIDEST and min(line.pixels.shape) > 0


def find_lines(sources: Mapping[str, Sequence[Path]], teacher: "Teacher") -> Iterator[RealLine]:
    """Find the lines of all pictures, source by source."""
    for source, paths in sources.items():
        for path in track(paths, total=len(paths), title=source):
            try:
                pixels = to_rgb8(Image.open(path, max_pixels=MOST_PIXELS))
            except UserError as error:
                message(f"left out: {error}")
                continue
            text = read_tables(path.parent).get(path.name)
            if text is None:
                yield from teacher.read_lines(reduce(pixels), source)
            elif teacher.agrees(reduce(pixels), text):
                yield whole_crop(pixels, text, source)


@cache
def read_tables(folder: Path) -> Mapping[str, str]:
    """Read what the pictures of a folder say, by name, out of the tables in it.

    Raises UserError for a table that can't be read.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.tsv")):
        texts = {
            row.get("ImageName"): unify(row.get("Text", "").strip('"')) for row in read_table(path)
        }
        found |= {name: text for name, text in texts.items() if name and text}
    return found


def reduce(pixels: Pixels) -> Pixels:
    """Reduce a photograph whose longer side is above LARGEST."""
    image = Picture.fromarray(pixels)
    image.thumbnail((LARGEST, LARGEST))
    return np.asarray(image)


def shrink(line: RealLine) -> RealLine:
    """Reduce a line that is higher than HIGHEST."""
    h, w, _ = line.pixels.shape
    factor = min(1.0, HIGHEST / size_of(line.quad)[1])
    size = max(1, round(w * factor)), max(1, round(h * factor))
    small = np.asarray(Picture.fromarray(line.pixels).resize(size, Picture.Resampling.LANCZOS))
    return RealLine(small, line.quad * factor, line.text, line.scene)


def encode_picture(pixels: Pixels) -> bytes:
    """Write a picture as WebP."""
    file = BytesIO()
    Picture.fromarray(pixels).save(file, "WEBP", quality=QUALITY)
    return file.getvalue()


# --- the teacher --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Teacher:
    """RapidOCR, which reads photographs, and pictures of one text."""

    engine: Any

    def read_lines(self, pixels: Pixels, source: str) -> Iterator[RealLine]:
        """Read a photograph (H, W, 3), 0..255, and yield the lines of which it is sure."""
        if max(pixels.shape[:2]) > MOST_NARROW * min(pixels.shape[:2]):
            return  # no photograph; the engine would be at it for minutes
        told = self.engine(pixels[:, :, ::-1], **{**SCENE, "use_cls": False})  # or quads are turned
        for corners, said, sure in zip(*answers(told), strict=True):
            quad, text = np.array(corners, np.float64), unify(said)
            if sure >= SURE and (is_plain(text) or is_known_language(source)):
                part, moved = cut_with_margin(pixels, quad)
                yield RealLine(part, moved, text, source)

    def agrees(self, pixels: Pixels, text: str) -> bool:
        """Tell whether it reads about this text in a picture of it, blanks and case left out."""
        told = self.engine(pixels[:, :, ::-1], **CROP)
        read, known = (squeeze(each) for each in (" ".join(told.txts or ()), text))
        return count_edits(read, known) <= MOST_WRONG * len(known)


def is_plain(text: str) -> bool:
    """Tell a text whose letters have no accents."""
    return all(c.isascii() for c in text if c.isalpha())


def is_known_language(source: str) -> bool:
    """Tell whether the name of a source begins with a language that the reader is to know."""
    return source.partition("-")[0] in LANGUAGES


def answers(told: Any) -> tuple[Any, Any, Any]:
    """Take quads, texts and how sure they are, of which there may be none."""
    return ((), (), ()) if told.txts is None else (told.boxes, told.txts, told.scores)


def squeeze(text: str) -> str:
    """Leave out blanks and case."""
    return "".join(unify(text).casefold().split())


def open_teacher() -> Teacher:
    """Open RapidOCR; raises UserError where it is not installed."""
    if importlib.util.find_spec("rapidocr") is None:
        words = f"RapidOCR, the teacher, is not installed: {say_install('bench')}"
        raise UserError("dependency.missing", words)
    return Teacher(open_v6(1))
