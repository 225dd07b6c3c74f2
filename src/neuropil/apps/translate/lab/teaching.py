"""Photographs whose texts nobody wrote down: a teacher finds and reads them, for both networks.

    neuropil train translate --stage teach --data photographs -o taught

`photographs` has a folder for each source. The teacher is RapidOCR (PP-OCRv6 small, Apache-2.0, in
the extra [bench]).

The reader learns lines: what the teacher is sure of, but of lines that say the same only a few,
since one package is photographed often. It takes Å for Á: lines with accents are taken only of
folders whose name begins with a language, as de-spines. A folder may have a table of what its
pictures say, each of one text (a .tsv with the columns ImageName and Text, as AUTNT has): then that
is taken, unless the teacher reads quite another thing. The detector learns where the lines of whole
photographs are; what the teacher reads with some doubt counts neither way.

What is written, taught.tsv and taught-scenes.jsonl, each with an archive of pictures, belongs into
the folder of which both learn.
"""

import importlib.util
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
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
    stands_on_end,
    whole_crop,
)
from neuropil.apps.translate.lab.scenes import TAUGHT_SCENES, read_table
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
LIKELY = 0.6  # of the teacher, 0..1, of a line that the detector has to find
FEWEST = 2  # such lines in a photograph from which the detector learns
LEAST = 320  # pixels of the longer side of such a photograph
LOWEST = 8  # pixels of height of a line that is taken
HIGHEST = 48  # pixels of height to which lines are reduced
LARGEST = 1600  # pixels of the longer side to which photographs are reduced
MOST_PIXELS = 50_000_000  # of a photograph
MOST_NARROW = 60  # times as long as wide, at most, a picture
MOST_ALIKE = 8  # lines that say the same
MOST_WRONG = 1 / 3  # share of the characters in which the teacher may differ from a table
QUALITY = 88  # of the pictures, WebP

ASKED = {  # of the teacher: also what it doubts, and no quads that it has turned
    "use_cls": False,
    "text_score": 0.0,
    "box_thresh": 0.3,
}

Quad = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Told:
    """A text that the teacher tells: where it is, what it says, how sure it is, 0..1."""

    quad: Quad
    text: str
    sure: float


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph that was read; `known` is what a table says of it, whose only text that is."""

    source: str
    pixels: Pixels
    told: Sequence[Told] = ()
    known: str | None = None


@dataclass
class PictureShelf:
    """Pictures that are put into an archive, and a row that tells of each."""

    archive: ZipFile
    rows: list[str] = field(default_factory=list)

    def put(self, source: str, pixels: Pixels) -> str:
        """Add a picture and name its file; its row is to follow."""
        file = f"{source}/{len(self.rows) + 1}.webp"
        self.archive.writestr(file, encode_picture(pixels))
        return file


def teach(output: Path, *, data: Path) -> Path:
    """Read the photographs of a folder of folders; write what both networks learn of them.

    Raises UserError where there are none, and where what would be written is there already.
    """
    sources, teacher = find_sources(data), open_teacher()
    names = [each for name in (TAUGHT, TAUGHT_SCENES) for each in (name, archive_of(name))]
    paths = [claim_file(output, name) for name in names]
    with write_together(paths) as (table, lines_zip, list_of_scenes, scenes_zip):
        with ZipFile(lines_zip, "w") as first, ZipFile(scenes_zip, "w") as second:
            lines, scenes = PictureShelf(first), PictureShelf(second)
            shelve(read_photographs(sources, teacher), lines, scenes)
        if not lines.rows:
            raise no_text(data)
        table.write_text("\n".join(["\t".join(COLUMNS), *lines.rows, ""]), encoding="utf-8")
        list_of_scenes.write_text("\n".join([*scenes.rows, ""]), encoding="utf-8")
    found = f"{len(lines.rows)} lines and {len(scenes.rows)} scenes"
    message(f"{found}; {', '.join(names)} belong into the folder of the data")
    return paths[0]


def archive_of(name: str) -> str:
    """Name the archive of the pictures that a table tells of."""
    return Path(name).stem + ".zip"


def shelve(photographs: Iterator[Photograph], lines: PictureShelf, scenes: PictureShelf) -> None:
    """Put lines of photographs, and those with enough text as a whole, on their shelves."""
    said = Counter[str]()
    for photograph in photographs:
        for line in lines_of(photograph):
            said[line.text] += 1
            if said[line.text] <= MOST_ALIKE:
                put_line(lines, shrink(line))
        items = items_of(photograph)
        if sum(not item["ignore"] for item in items) >= FEWEST:
            file = scenes.put(photograph.source, photograph.pixels)
            row = {"file": file, "source": photograph.source, "photo": file, "split": "train"}
            scenes.rows.append(json.dumps(row | {"items": items}, ensure_ascii=False))


def put_line(lines: PictureShelf, line: RealLine) -> None:
    """Put a line on the shelf."""
    file = lines.put(line.scene, line.pixels)
    quad = " ".join(f"{number:.1f}" for number in line.quad.flat)
    lines.rows.append("\t".join((file, line.text, line.scene, quad)))


def find_sources(data: Path) -> Mapping[str, Sequence[Path]]:
    """List the photographs of each folder; raises UserError for names that no table can hold."""
    folders = sorted(path for path in data.iterdir() if path.is_dir())
    found = {f.name: [*list_files(f, SUFFIXES)] for f in folders if not f.name.startswith(".")}
    for name in found:
        if not name.isprintable():
            words = f"the name of the folder {name!r} can't be written into a table: rename it"
            raise UserError("input.content", words, path=data / name)
        read_tables(data / name)  # a damaged one is told before the work
    if not any(found.values()):
        raise no_text(data)
    return found


def no_text(data: Path) -> UserError:
    """Word that there is nothing to read."""
    words = f"{data} has no photographs with text in folders, one for each source"
    return UserError("data.missing", f"{words}: name another by --data", path=data)


def read_photographs(
    sources: Mapping[str, Sequence[Path]], teacher: "Teacher"
) -> Iterator[Photograph]:
    """Read all photographs, source by source; those of which a table says wrong are left out."""
    for source, paths in sources.items():
        for path in track(paths, total=len(paths), title=source):
            try:
                pixels = reduce(to_rgb8(Image.open(path, max_pixels=MOST_PIXELS)))
            except UserError as error:
                message(f"left out: {error}")
                continue
            text = read_tables(path.parent).get(path.name)
            if text is None:
                yield Photograph(source, pixels, teacher.read(pixels))
            elif teacher.agrees(pixels, text):
                yield Photograph(source, pixels, known=text)


def lines_of(photograph: Photograph) -> Iterator[RealLine]:
    """Yield the lines that are sure, can be said and seen, and lie as a line does."""
    pixels, source = photograph.pixels, photograph.source
    if photograph.known is not None:
        found = [whole_crop(pixels, photograph.known, source)]
    else:
        sure = [told for told in photograph.told if is_sure(told, source)]
        parts = (cut_with_margin(pixels, told.quad) for told in sure)
        pairs = zip(sure, parts, strict=True)
        found = [RealLine(part, quad, told.text, source) for told, (part, quad) in pairs]
    for line in found:
        if encode(line.text) and not is_upright(line) and has_a_size(line):
            yield line


def is_sure(told: Told, source: str) -> bool:
    """Tell whether the reader may learn what is told, accents where the language is known."""
    return told.sure >= SURE and (is_plain(told.text) or is_known_language(source))


def has_a_size(line: RealLine) -> bool:
    """Tell whether a line is neither too low to be read nor too long for the reader."""
    width, height = size_of(line.quad)
    return height >= LOWEST and width * HEIGHT / height <= WIDEST and min(line.pixels.shape) > 0


def items_of(photograph: Photograph) -> list[dict[str, Any]]:
    """List what is told of a photograph as scenes.jsonl does; quads follow the text."""
    if max(photograph.pixels.shape) < LEAST:
        return []
    return [
        {
            "quad": np.round(along_text(told), 1).tolist(),
            "text": told.text,
            "ignore": told.sure < LIKELY,
            "unit": "line",
        }
        for told in photograph.told
    ]


def along_text(told: Told) -> Quad:
    """Turn the quad of a text that stands on end, so that its first side is along it."""
    return np.roll(told.quad, 1, axis=0) if stands_on_end(told.quad, told.text) else told.quad


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

    def read(self, pixels: Pixels) -> list[Told]:
        """Read a photograph (H, W, 3), 0..255."""
        if max(pixels.shape[:2]) > MOST_NARROW * min(pixels.shape[:2]):
            return []  # no photograph; the engine would be at it for minutes
        said = self.engine(pixels[:, :, ::-1], **(SCENE | ASKED))
        return [
            Told(np.array(corners, np.float64), unify(text), float(sure))
            for corners, text, sure in zip(*answers(said), strict=True)
        ]

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
