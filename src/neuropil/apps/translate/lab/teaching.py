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

import csv
import importlib.util
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from PIL import Image

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
from neuropil.apps.translate.lines import Pixels, size_of
from neuropil.apps.translate.preprocess import LANGUAGES
from neuropil.kit.atomic import make_folders, write_together
from neuropil.kit.errors import UserError, say_install
from neuropil.kit.folders import list_files
from neuropil.kit.media.image_reader import SUFFIXES, read_image
from neuropil.kit.progress import message, ticking

SURE = 0.95  # of the teacher, 0..1, of a line that is taken
LOWEST = 8  # pixels of height of a line that is taken
HIGHEST = 48  # pixels of height to which lines are reduced
LARGEST = 1600  # pixels of the longer side to which photographs are reduced
MOST_PIXELS = 50_000_000  # of a photograph
MOST_ALIKE = 8  # lines that say the same
MOST_WRONG = 1 / 3  # share of the characters in which the teacher may differ from a table
QUALITY = 88  # of the pictures of lines, WebP


def teach(output: Path, *, data: Path) -> Path:
    """Read the photographs of a folder of folders; write taught.tsv and taught.zip."""
    paths = [output / TAUGHT, (output / TAUGHT).with_suffix(".zip")]
    rows = ["\t".join(COLUMNS)]
    with make_folders(paths), write_together(paths) as (table, archive):
        with ZipFile(archive, "w") as pictures:
            for line in keep_few_alike(find_lines(data)):
                file = f"{line.scene}/{len(rows)}.webp"
                pictures.writestr(file, encode_picture(line.pixels))
                quad = " ".join(f"{number:.1f}" for number in line.quad.flat)
                rows.append("\t".join((file, line.text, line.scene, quad)))
        if len(rows) == 1:
            words = f"{data} has no photographs with text in folders below: name another by --data"
            raise UserError("data.missing", words, path=data)
        table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    message(f"{len(rows) - 1} lines; {TAUGHT} and its .zip belong into the folder of the data")
    return paths[0]


def keep_few_alike(lines: Iterator[RealLine]) -> Iterator[RealLine]:
    """Leave out what MOST_ALIKE lines have said before, and what the reader can't say."""
    said = Counter[str]()
    for line in lines:
        said[line.text] += 1
        if said[line.text] <= MOST_ALIKE and encode(line.text) and not is_upright(line):
            yield shrink(line)


def find_lines(data: Path) -> Iterator[RealLine]:
    """Find the lines of all pictures, source by source."""
    teacher = open_teacher()
    for source in sorted(path for path in data.iterdir() if path.is_dir()):
        for path in ticking(list_files(source, SUFFIXES)):
            try:
                pixels = read_image(path, MOST_PIXELS)[0]
            except UserError as error:
                message(f"left out: {error}")
                continue
            text = read_tables(path.parent).get(path.name)
            if text is None:
                yield from teacher.read_lines(reduce(pixels), source.name)
            elif teacher.agrees(pixels, text):
                yield whole_crop(pixels, text, source.name)


@cache
def read_tables(folder: Path) -> Mapping[str, str]:
    """Read what the pictures of a folder say, by name, out of the tables in it."""
    found = {}
    for path in sorted(folder.glob("*.tsv")):
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        for row in csv.DictReader(filter(None, lines), delimiter="\t"):
            if row.get("ImageName") and row.get("Text"):
                found[row["ImageName"]] = unify(row["Text"])
    return found


def reduce(pixels: Pixels) -> Pixels:
    """Reduce a photograph whose longer side is above LARGEST."""
    image = Image.fromarray(pixels)
    image.thumbnail((LARGEST, LARGEST))
    return np.asarray(image)


def shrink(line: RealLine) -> RealLine:
    """Reduce a line that is higher than HIGHEST."""
    h, w, _ = line.pixels.shape
    factor = min(1.0, HIGHEST / size_of(line.quad)[1])
    size = max(1, round(w * factor)), max(1, round(h * factor))
    small = np.asarray(Image.fromarray(line.pixels).resize(size, Image.Resampling.LANCZOS))
    return RealLine(small, line.quad * factor, line.text, line.scene)


def encode_picture(pixels: Pixels) -> bytes:
    """Write a picture as WebP."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=QUALITY)
    return file.getvalue()


# --- the teacher --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Teacher:
    """RapidOCR, which reads photographs, and pictures of one text."""

    engine: Any

    def read_lines(self, pixels: Pixels, source: str) -> Iterator[RealLine]:
        """Read a photograph (H, W, 3), 0..255, and yield the lines of which it is sure."""
        told = self.engine(pixels[:, :, ::-1], **{**SCENE, "use_cls": False})  # or quads are turned
        for corners, text, sure in zip(*answers(told), strict=True):
            quad = np.array(corners, np.float64)
            is_sure = sure >= SURE and (text.isascii() or is_known_language(source))
            if is_sure and size_of(quad)[1] >= LOWEST:
                part, moved = cut_with_margin(pixels, quad)
                yield RealLine(part, moved, unify(text), source)

    def agrees(self, pixels: Pixels, text: str) -> bool:
        """Tell whether it reads about this text in a picture of it, blanks and case left out."""
        told = self.engine(pixels[:, :, ::-1], **CROP)
        read, known = (squeeze(each) for each in (" ".join(told.txts or ()), text))
        return count_edits(read, known) <= MOST_WRONG * len(known)


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
