"""What was set into pictures, read by another: whether it says what it should, and nothing else.

The reader is RapidOCR with its own weights. Of each block that was replaced: the characters in
which what it reads differs from what was set; whether a word of the source is left. Of each
line with a number that stays as it is: whether it reads as it did before, cut out of both pictures
at the same place; and whether it does in both pictures as a whole, of which RapidOCR also finds
other lines when something else in them changes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean

import numpy as np

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.geometry import Quad, axes
from neuropil.apps.translate.lab.measuring import FoundLine, count_edits, folded_key
from neuropil.apps.translate.lab.peers import ReadCrop, ReadScene
from neuropil.apps.translate.lab.scene_evaluation import center
from neuropil.apps.translate.lab.scenes import Scene
from neuropil.apps.translate.lines import straighten
from neuropil.apps.translate.page import TRUSTED, replacements
from neuropil.apps.translate.setting import quad_around
from neuropil.apps.translate.told import ReadPage
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Table

NUMBER = re.compile(r"\d")
WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass
class ResultCounts:
    """What another reader finds in what was made."""

    edits: int = 0
    characters: int = 0
    has_residue: list[bool] = field(default_factory=list)
    numbers_kept: list[bool] = field(default_factory=list)
    numbers_kept_in_pages: list[bool] = field(default_factory=list)


def evaluate_results(
    app: Translate, reader: tuple[ReadScene, ReadCrop], scenes: Sequence[Scene]
) -> tuple[Table, Metrics]:
    """Replace the texts of pictures, and let another reader read the results.

    reader: reads whole pictures, and pictures of one line
    """
    counts = ResultCounts()
    read, read_crop = reader
    for scene in track(scenes, total=len(scenes), title="results"):
        page, made = app.replace(scene.pixels, "en", None, TRUSTED)
        after = read(made)
        count_blocks(counts, page, after)
        before = read(scene.pixels)
        for line in list_kept_numbers(page):
            crops = [straighten(pixels, line) for pixels in (scene.pixels, made)]
            counts.numbers_kept.append(is_same(*map(read_crop, crops)))
            pages = [text_inside(lines, line) for lines in (before, after)]
            counts.numbers_kept_in_pages.append(is_same(*pages))
    figures: Metrics = {
        "render_cer": counts.edits / max(1, counts.characters),
        "residue_share": mean(counts.has_residue),
        "numbers_kept": mean(counts.numbers_kept),
        "numbers_kept_in_pages": mean(counts.numbers_kept_in_pages),
    }
    title = f"{len(counts.has_residue)} replaced blocks, read by RapidOCR"
    return Table(title, ("", "share"), tuple(figures.items())), figures


def count_blocks(counts: ResultCounts, page: ReadPage, after: Sequence[FoundLine]) -> None:
    """Compare what stands in each replaced block with what was set there."""
    for change in replacements(page.lines, page.blocks):
        said = text_inside(after, quad_around(change.quads))
        counts.edits += count_edits(folded_key(said), folded_key(change.text))
        counts.characters += len(folded_key(change.text))
        old = {*WORD.findall(" ".join(change.texts).casefold())}
        old -= {*WORD.findall(change.text.casefold())}
        counts.has_residue.append(bool(old & {*WORD.findall(said.casefold())}))


def text_inside(lines: Sequence[FoundLine], quad: Quad) -> str:
    """Give what lines whose middle is in a quad say, from the top."""
    inside = [line for line in lines if holds(quad, center([line.quad]))]
    inside.sort(key=lambda line: (float(line.quad[:, 1].mean()), float(line.quad[:, 0].mean())))
    return " ".join(line.text for line in inside)


def holds(quad: Quad, point: Quad) -> bool:
    """Tell whether a point (2,) is in a quad, which may be tilted."""
    way = point - quad.mean(axis=0)
    return all(abs(float(way @ side)) <= float(side @ side) / 2 for side in axes(quad))


def list_kept_numbers(page: ReadPage) -> list[Quad]:
    """List the quads of lines with numbers that stay as they are."""
    lines = [page.lines[n] for block in page.blocks if block.kept for n in block.lines]
    return [np.asarray(line.quad) for line in lines if NUMBER.search(line.text)]


def is_same(before: str, after: str) -> bool:
    """Compare what is read of a line, case and blanks aside."""
    return folded_key(before) == folded_key(after)
