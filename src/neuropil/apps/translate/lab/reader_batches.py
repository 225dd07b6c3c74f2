"""Batches for the reader: rendered lines and real words, padded to the longest of about a length.

    B  lines   L  width of the longest   S  characters of the longest text

Lines are made some batches' worth at a time and sorted by width, so that little is padding. Which
they are depends on the seed and the step alone.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from neuropil.apps.translate.alphabet import encode
from neuropil.apps.translate.geometry import axes
from neuropil.apps.translate.lab.dirt import add_dirt
from neuropil.apps.translate.lab.fonts import FOLDER, Fonts, find_fonts
from neuropil.apps.translate.lab.real_lines import RealLine, read_real, read_taught
from neuropil.apps.translate.lab.rendering import Grounds, render_line
from neuropil.apps.translate.lab.scenes import read_photos
from neuropil.apps.translate.lab.scripts import Scripts, find_scripts
from neuropil.apps.translate.lab.texts import LanguageTexts, read_texts
from neuropil.apps.translate.lab.variations import vary
from neuropil.apps.translate.lines import Floats, cut_line, size_of, stack_lines
from neuropil.apps.translate.preprocess import LANGUAGES
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

LINES = 320  # made at a time
BATCHES = 8  # that are cut out of them
LONGEST = 1200  # pixels of a line that teaches
REAL = 0.65  # share of the lines that are real
FOREIGN = 0.1  # share of the rendered lines in scripts of which the reader tells the name alone
PHOTOS = 800  # that lines are rendered on
SCENES_KEPT = 12  # one scene of so many is held out
CHECKED = 50  # rendered lines of each language, for the score
CHECKED_REAL = 500  # real words, for the score
RNG = 2015  # of the lines of the score


@dataclass(frozen=True, eq=False)
class Writing:
    """What lines are made of."""

    texts: Mapping[str, LanguageTexts]
    fonts: Fonts
    scripts: Scripts
    grounds: Grounds
    real: Sequence[RealLine]


@dataclass(frozen=True, eq=False)
class CheckedLine:
    """A line of the score, what it says, and of what kind: a language, "script" or "real"."""

    line: Floats
    text: str
    kind: str


def examples(data: Path) -> Split[object]:
    """Read a folder: Writing to learn from, and a tuple of CheckedLine."""
    writing, real = read_writing(data), read_real(data)
    kept = [line for line in real if is_held_out(line.scene)]
    learned = [line for line in real if not is_held_out(line.scene)] + read_taught(data)
    train = [line for line in learned for _ in range(line.often)]
    checked = (*check_rendered(writing.held_out, RNG), *check_real(kept))
    return Split[object](replace(writing.train, real=train), checked)


def read_writing(data: Path) -> Split[Writing]:
    """Read what lines are rendered of: texts and photographs that teach, and others."""
    fonts, scripts = find_fonts(FOLDER), find_scripts(FOLDER)
    photos, texts = read_photos(data, PHOTOS), read_texts(data)
    some, others = Grounds(photos[: -PHOTOS // 8]), Grounds(photos[-PHOTOS // 8 :])
    return Split(
        Writing(texts.train, fonts, scripts, some, ()),
        Writing(texts.held_out, fonts, scripts, others, ()),
    )


def is_held_out(scene: str) -> bool:
    """Tell the scenes whose texts are for the score, by a hash."""
    return int(hashlib.sha256(scene.encode()).hexdigest()[:8], 16) % SCENES_KEPT == 0


def check_rendered(writing: Writing, seed: int) -> list[CheckedLine]:
    """Render lines, always the same: CHECKED of each language, and of foreign scripts."""
    rng = default_rng(seed)
    made = [
        CheckedLine(line, text, language)
        for language in LANGUAGES
        for line, text in (make_line(writing, language, rng) for _ in range(CHECKED))
    ]
    foreign = (make_foreign(writing, rng) for _ in range(CHECKED))
    return made + [CheckedLine(line, text, "script") for line, text in foreign]


def check_real(lines: Sequence[RealLine]) -> list[CheckedLine]:
    """Take real words for the score, evenly."""
    some = lines[:: max(1, len(lines) // CHECKED_REAL)][:CHECKED_REAL]
    return [CheckedLine(cut_line(each.pixels, each.quad), each.text, "real") for each in some]


# --- lines --------------------------------------------------------------------------------------


def make_line(writing: Writing, language: str, rng: Generator) -> tuple[Floats, str]:
    """Render a line of a language as the reader gets it."""
    while True:
        text = writing.texts[language].draw(rng)
        line = render_dirty(text, writing.fonts, writing.grounds, rng)
        if line.shape[1] <= LONGEST:
            return line, text


def make_foreign(writing: Writing, rng: Generator) -> tuple[Floats, str]:
    """Render a line in a script that the reader does not know."""
    while True:
        of = writing.scripts.draw(rng)
        line = render_dirty(of.drawn, of.fonts, writing.grounds, rng)
        if line.shape[1] <= LONGEST:
            return line, of.text


def render_dirty(text: str, fonts: Fonts, grounds: Grounds, rng: Generator) -> Floats:
    """Render a text and cut it out as a line, with all that happens on the way."""
    made = render_line(text, fonts, grounds, rng)
    return cut_line(add_dirt(made.pixels, rng), shift_corners(made.quad, rng))


def vary_real(real: RealLine, rng: Generator) -> tuple[Floats, str]:
    """Cut a real text out a little differently each time."""
    pixels, quad = vary(real.pixels, real.quad, rng)
    return cut_line(pixels, shift_corners(quad, rng)), real.text


def shift_corners(quad: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    """Move the corners of a quad as a detector may, mostly outward, by shares of its height."""
    width, height = size_of(quad)
    along, down = axes(quad)
    along, down = along / width, down / height
    out = rng.uniform(-0.04, 0.14, 4) * height  # left, right, above, below
    moves = np.array(
        [
            -out[0] * along - out[2] * down,
            out[1] * along - out[2] * down,
            out[1] * along + out[3] * down,
            -out[0] * along + out[3] * down,
        ]
    )
    moved: NDArray[np.float64] = quad + moves + rng.normal(0, 0.03 * height, (4, 2))
    return moved


def make_batch(examples: Split[object], step: TrainingStep) -> Batch:
    """Make the batch of a step: lines, steps of each, characters, and how many, all padded."""
    writing = examples.train
    assert isinstance(writing, Writing)
    some = make_batches(writing, step.seed, step.step // BATCHES)[step.step % BATCHES]
    batch, steps = stack_lines([line for line, _ in some])
    numbers = [encode(text) or [] for _, text in some]
    target = np.zeros((len(some), max(map(len, numbers))), np.float32)
    for row, found in zip(target, numbers, strict=True):
        row[: len(found)] = found
    lengths = np.array([*map(len, numbers)], np.float32)
    return {"line": batch, "steps": steps.astype(np.float32), "target": target, "lengths": lengths}


@lru_cache(maxsize=1)
def make_batches(
    writing: Writing, seed: int, turn: int
) -> tuple[tuple[tuple[Floats, str], ...], ...]:
    """Make the lines of BATCHES steps: sorted by width, cut into batches of about equal area."""
    rng = default_rng((seed, turn))
    made: list[tuple[Floats, str]] = []
    for i in range(LINES):
        if writing.real and rng.random() < REAL:
            made.append(vary_real(writing.real[int(rng.integers(len(writing.real)))], rng))
        elif rng.random() < FOREIGN:
            made.append(make_foreign(writing, rng))
        else:
            made.append(make_line(writing, LANGUAGES[i % len(LANGUAGES)], rng))
    made.sort(key=lambda each: each[0].shape[1])
    reach = np.cumsum([line.shape[1] for line, _ in made])
    cuts = np.searchsorted(reach, reach[-1] * np.arange(BATCHES + 1) / BATCHES)
    cuts[-1] = len(made)
    order = rng.permutation(BATCHES)
    return tuple(tuple(made[cuts[k] : cuts[k + 1]]) for k in order)
