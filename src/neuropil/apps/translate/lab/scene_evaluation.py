"""How well text in real pictures is found and read, and how much of its meaning comes through.

All on the split `test`, which no training has read. Where the truth of a picture has blocks with
their English (sources `menu` and `foreign`), the whole way is measured: characters of the blocks
read, and content words of their English that stand in what was made of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import numpy as np

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lab.measuring import (
    DetectionScore,
    FoundLine,
    count_edits,
    strict_key,
    word_accuracy,
)
from neuropil.apps.translate.lab.peers import ReadCrop, ReadScene
from neuropil.apps.translate.lab.scenes import Scene, WordCrop, read_rows, read_scenes, read_words
from neuropil.apps.translate.lines import Pixels, cut_line
from neuropil.apps.translate.page import TRUSTED
from neuropil.apps.translate.page_reader import read_picture
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Table

NAMES = {  # of figures, by source
    "icdar2003": "detection_hmean_easy",
    "icdar2015": "detection_hmean_hard",
    "receipts_de": "detection_hmean_receipts",
    "foreign": "detection_hmean_foreign",
    "menu": "detection_hmean_menu",
}
WORDS = {"iiit5k": "words_iiit5k", "icdar2015": "words_ic15"}
SAMPLED = {"tesseract": 300}  # crops of a source at most that a slow peer reads, one of some
READ_BY_LINES = ("menu", "foreign")
STOP_WORDS = Path(__file__).with_name("stop_words.txt")
TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, eq=False)
class TrueBlock:
    """A block of a picture: its lines' quads, what they say, and that in English."""

    quads: tuple[Quad, ...]
    text: str
    english: str
    language: str


@dataclass
class Counts:
    """What came through of the blocks of all pictures."""

    edits: int = 0
    characters: int = 0
    words: list[bool] = field(default_factory=list)
    words_of_true_text: list[bool] = field(default_factory=list)


# --- finding and reading ------------------------------------------------------------------------


def evaluate_scenes(
    ways: Mapping[str, ReadScene], scenes: Sequence[Scene]
) -> tuple[list[Table], Metrics]:
    """Find and read the lines of scenes, by the application ("") and by peers."""
    figures: Metrics = {}
    rows = []
    for name, read in ways.items():
        scores = {source: DetectionScore() for source in NAMES}
        for scene in track(scenes, total=len(scenes), title=name or "neuropil"):
            scores[scene.source].add(scene.items, read(scene.pixels))
        end = f"_{name}" if name else ""
        for source, key in NAMES.items():
            score = scores[source]
            figures[key + end] = score.hmean
            row = [name or "neuropil", source, score.precision, score.recall, score.hmean]
            if source in READ_BY_LINES:
                figures[f"lines_{source}{end}"] = score.lines_right
                figures[f"lines_{source}_folded{end}"] = score.lines_right_folded
                row += [score.lines_right, score.lines_right_folded]
            rows.append((*row, "", "")[:7])
    columns = ("", "pictures", "precision", "recall", "hmean", "lines right", "folded")
    return [Table("Text found in pictures, and lines read right", columns, tuple(rows))], figures


def read_by(app: Translate) -> ReadScene:
    """Make the application a reader of scenes."""

    def read(pixels: Pixels) -> list[FoundLine]:
        lines = read_picture(pixels, app.look, app.read_lines)
        return [FoundLine(line.quad, line.text) for line in lines]

    return read


def evaluate_words(
    ways: Mapping[str, ReadCrop], crops: Sequence[WordCrop]
) -> tuple[list[Table], Metrics]:
    """Read crops of one word each."""
    figures: Metrics = {}
    rows = []
    for source, key in WORDS.items():
        some = [crop for crop in crops if crop.source == source]
        for name, read in ways.items():
            its = some[:: -(-len(some) // SAMPLED.get(name, len(some)))]
            said = [read(c.pixels) for c in track(its, total=len(its), title=name or "neuropil")]
            share = word_accuracy([crop.text for crop in its], said)
            figures[f"{key}_{name}" if name else key] = share
            rows.append((name or "neuropil", source, len(its), share))
    return [Table("Words read right", ("", "crops", "of", "right"), tuple(rows))], figures


def crop_reader(app: Translate) -> ReadCrop:
    """Make the application a reader of crops."""
    return lambda pixels: app.read_lines([cut_line(pixels)])[0].text


# --- the whole way ------------------------------------------------------------------------------


def evaluate_blocks(app: Translate, data: Path, scenes: Sequence[Scene]) -> tuple[Table, Metrics]:
    """Read and translate pictures into English, and see what comes through of their blocks."""
    blocks, counts = read_blocks(data), Counts()
    some = [scene for scene in scenes if scene.file in blocks]
    for scene in track(some, total=len(some), title="blocks"):
        page = app.read_page(scene.pixels, "en", None, TRUSTED)
        places = [center([page.lines[n].quad for n in block.lines]) for block in page.blocks]
        for truth, numbers in assign(blocks[scene.file], places):
            read = " ".join(page.blocks[n].text for n in numbers)
            made = " ".join(page.blocks[n].translation for n in numbers)
            (of_truth,) = app.translate_texts([truth.text], "en", truth.language)
            count(counts, truth, read, made, of_truth)
    figures: Metrics = {
        "end_to_end_characters": 1 - counts.edits / max(1, counts.characters),
        "end_to_end_words": mean(counts.words),
        "end_to_end_words_true_text": mean(counts.words_of_true_text),
    }
    n = sum(len(of_picture) for of_picture in blocks.values())
    title = f"{n} blocks of menus, labels and signs, into English"
    rows = tuple((key.removeprefix("end_to_end_"), value) for key, value in figures.items())
    return Table(title, ("right", "share"), rows), figures


def read_blocks(data: Path) -> dict[str, list[TrueBlock]]:
    """Read the blocks of the test pictures, by file."""
    _, rows = read_rows(data, "test")
    return {
        row["file"]: [
            TrueBlock(
                tuple(np.array(row["items"][n]["quad"], np.float64) for n in block["lines"]),
                block["text"],
                block["english"],
                block["language"],
            )
            for block in row["blocks"]
        ]
        for row in rows
        if row.get("blocks")
    }


def assign(
    truths: Sequence[TrueBlock], places: Sequence[Quad]
) -> list[tuple[TrueBlock, list[int]]]:
    """Give each true block what was found in it: blocks whose center lies in the box around it.

    places: centers of what was found (2,); one that lies in several belongs to the nearest
    """
    found: list[list[int]] = [[] for _ in truths]
    for n, place in enumerate(places):
        near = [
            (float(np.linalg.norm(center(truth.quads) - place)), k)
            for k, truth in enumerate(truths)
            if is_inside(place, truth.quads)
        ]
        if near:
            found[min(near)[1]].append(n)
    return [*zip(truths, found, strict=True)]


def center(quads: Sequence[Quad]) -> Quad:
    """Give the middle of some quads (2,)."""
    middle: Quad = np.concatenate(list(quads)).mean(axis=0)
    return middle


def is_inside(place: Quad, quads: Sequence[Quad]) -> bool:
    """Tell whether a place lies in the upright box around quads."""
    corners = np.concatenate(list(quads))
    return bool((place >= corners.min(axis=0)).all() and (place <= corners.max(axis=0)).all())


def count(counts: Counts, truth: TrueBlock, read: str, made: str, of_truth: str) -> None:
    """Count what came through of a block: characters read, content words translated."""
    known = strict_key(truth.text)
    counts.edits += min(count_edits(strict_key(read), known), len(known))
    counts.characters += len(known)
    wanted = content_words(truth.english, stop_words())
    for text, words in ((made, counts.words), (of_truth, counts.words_of_true_text)):
        there = {*TOKEN.findall(text.casefold())}
        words += [word in there for word in wanted]


def content_words(text: str, stops: frozenset[str]) -> list[str]:
    """List the words of a text that are none of the commonest."""
    return [word for word in TOKEN.findall(text.casefold()) if word not in stops]


def stop_words() -> frozenset[str]:
    """Read the hundred words that every text has."""
    return frozenset(STOP_WORDS.read_text(encoding="utf-8").split())


def read_test(data: Path) -> tuple[list[Scene], list[WordCrop]]:
    """Read the pictures and word crops that measure."""
    return read_scenes(data, "test"), read_words(data, "test")
