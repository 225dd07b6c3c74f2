"""The application: a text in, pen strokes out, in a hand.

    Handwrite()("Dear Ada,", style=Style.parse("lise")).drawing.save(Path("letter.svg"))

The same text with the same seed is written the same again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, final

import numpy as np

from neuropil.apps.handwrite.diacritics import decompose, decompose_line
from neuropil.apps.handwrite.generation import MAX_CHARACTERS, LineRequest, generate
from neuropil.apps.handwrite.layout import (
    FREE,
    MARGIN,
    SIZE,
    SLANT,
    SPACING,
    Layout,
    StyleMetrics,
    check_pen,
    check_room,
    lay_out,
    measure_style,
    sheet_size,
)
from neuropil.apps.handwrite.probe import build_probe
from neuropil.apps.handwrite.recording import StrokeRecording
from neuropil.apps.handwrite.setting import SetLine, Setter
from neuropil.apps.handwrite.strokes import Line, split_strokes
from neuropil.apps.handwrite.styles import FIRST, RANDOM, Style, encode_style
from neuropil.apps.handwrite.typed_text import normalize_text
from neuropil.apps.handwrite.verification import Draft, WriteRequest, write_verified
from neuropil.contract import App, verb
from neuropil.core.probe import Probe
from neuropil.kit.drawing.drawing import Drawing, Paper, Plotter, Stroke, check_color
from neuropil.kit.errors import UserError, require_file
from neuropil.kit.formats import MAX_PIXELS
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import NetworkFile
from neuropil.kit.progress import ticking, track
from neuropil.kit.ranges import Range

FOLDER = Path(__file__).parent / "weights"
LICENCE = "research, non-commercial (IAM-OnDB)"
PEN = NetworkFile(
    FOLDER,
    "handwrite-pen-v3.onnx",
    "3db922edd05ad73d8b1ad5f4395c81c7ef480f13fe70804e35d1a5fa810a5365",
    LICENCE,
)
STYLE_ENCODER = NetworkFile(
    FOLDER,
    "handwrite-hand-v3.onnx",
    "3f9346dfc66dae7ee2a69847a848ec3b9754c2f9fc51de85eb1e43e6d4ba2965",
    LICENCE,
)
READER = NetworkFile(
    FOLDER,
    "handwrite-reader-v2.onnx",
    "c91500a603b08bd987b2ecf9fa1b2e73d59be75c2655bbb2235a02ba77a7976b",
    LICENCE,
)

NEATNESS_RANGE, SEED, TRIES = Range(0, 1), Range(0, 10**9), Range(1, 64)
SPEED, WIDTH, FEED = Range(0.05, 100), Range(0.05, 10), Range(1, 1e5)
MM_OF_A_LINE, DOTS = 5.0, 6.0  # of the picture of a line that is opened: its height, dots a mm
STEP = Range(0, 10**6)
DEFAULT_TRIES = 32
LENGTH = Range(1, 1_000_000)  # characters of a text
MEASURED = (  # as many as are written side by side: more would take longer
    "the quick brown fox",
    "runs over a lazy dog",
    "and he jumps again",
    "some words in a row",
    "five jugs of wine",
    "her black coat fits",
    "it will be fine by May",
    "six more weeks to go",
    "Dear Mr Quill, hello!",
    "We met Ann and Tom",
    "Paris, London, York",
    "King Henry VIII, Bath",
    "Zoe's U-boat (grey)",
    "from 10:30 to 24:59",
    'over 678 "fans" @ $3',
    "50% of it; 7 & more?",
)


JUDGE = NetworkFile(
    FOLDER,
    "handwrite-judge-v2.onnx",
    "d42c2ac149c7ed7c30ce133bce5c92dd521905e66117e56a428e96d938c8af8e",
    LICENCE,
    role="measure",
)


@dataclass(frozen=True)
class StrokeFile:
    """A file with strokes of one's own hand, read once its text is known."""

    KIND: ClassVar = "strokes"
    SUFFIXES: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar = (".json", ".svg", ".inkml", ".xml")

    path: Path

    @classmethod
    def open(cls, path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Self:
        """Take a file's name; raises UserError where there is none."""
        path = Path(path)
        require_file(path, "recording")
        return cls(path)


@dataclass(frozen=True, eq=False)
class LearnedStyle:
    """A style made of a recording, and of how many lines."""

    style: Style
    lines: int


@dataclass(frozen=True, eq=False)
class HandwritingResult:
    """What was written, in which style, and what the reader read of it.

    character_error_rate: edits over characters, of the text as it was read back
    retried_lines: lines of which a later draft was kept, which reads better or surer than the first
    misread_lines: lines that the reader reads otherwise than they were meant, as it reads them
    unread_words: the words of these lines that it reads otherwise, as they were meant
    """

    drawing: Drawing
    style: str
    seed: int
    character_error_rate: float
    retried_lines: int
    misread_lines: tuple[str, ...]
    unread_words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class WritingSettings:
    """How to write: in which style, how neatly, by which random numbers, and how often at most."""

    style: Style
    neatness: float
    seed: int
    tries: int
    replace: bool


@dataclass(frozen=True)
class InkSettings:
    """What the writing is drawn with."""

    ink: str
    width: float  # mm
    filled: bool
    speed: float
    plotter: Plotter

    def __post_init__(self) -> None:
        check_color(self.ink)


def check_writing(given: Mapping[str, Any]) -> None:
    """Refuse a text that can't be written, a color that is none, a plotter without commands."""
    check_text(given["text"], replace=given["replace"])
    check_color(given["ink"])
    if given["paper"] != FREE:
        sheet_size(given["paper"])
    Plotter(given["feed"], given["pen_up"], given["pen_down"])


def check_text(text: str, *, replace: bool) -> str:
    """Give a text as it is written, its spaces single; raises UserError where it can't be."""
    seen = normalize_text(text)
    if not seen.strip():
        raise UserError(
            "input.empty",
            'there is nothing to write; give a text, as in neuropil handwrite "Dear Ada,"',
            name="text",
        )
    LENGTH.check("the length of the text", len(text))
    decompose(seen.replace("\n", " "), replace=replace)  # tells of all that can't be written
    return seen


@final
class Handwrite(App):
    """Writes texts by hand."""

    summary = "Write a text by hand, in a chosen, a random or your own style."
    open_example = 'neuropil open handwrite "Dear Ada," --step 20'
    networks: ClassVar = {"pen": PEN, "hand": STYLE_ENCODER, "reader": READER, "judge": JUDGE}

    @verb(example='neuropil handwrite "Dear Ada," -o letter.svg', check=check_writing)
    def __call__(
        self,
        text: str,
        *,
        style: Style | None = None,
        neatness: Annotated[float, NEATNESS_RANGE] = 0.5,
        seed: Annotated[int, SEED] = 0,
        tries: Annotated[int, TRIES] = DEFAULT_TRIES,
        replace: bool = False,
        paper: str = FREE,
        ruled: bool = False,
        size: Annotated[float, SIZE] = 2.5,
        spacing: Annotated[float, SPACING] = Layout.spacing,
        margin: Annotated[float, MARGIN] = 20.0,
        align: Literal["left", "center", "right"] = "left",
        slant: Annotated[float, SLANT] = 0.0,
        ink: str = "#1a2a6c",
        width: Annotated[float, WIDTH] = 0.45,
        filled: bool = False,
        speed: Annotated[float, SPEED] = 1.0,
        feed: Annotated[float, FEED] = Plotter.feed,
        pen_up: str = Plotter.pen_up,
        pen_down: str = Plotter.pen_down,
    ) -> HandwritingResult:
        """Write a text by hand, in a chosen, a random or your own style.

        text: the text to write
        style: the hand to write in: a name such as lise, random (drawn by the seed), or the file of
            a style that was learned; by default ada
        neatness: how neat the writing is: 0 is careless, 1 very neat
        seed: random seed of the writing: another number gives another draft, the same number the
            same strokes
        tries: how often a line may be written until it reads right beyond doubt
        replace: write ? in place of characters that can't be written
        paper: size of the paper: a3, a4, a5, a6, legal, letter, or width and height in mm such as
            148x210; none makes it as large as the writing
        ruled: draw the lines of ruled paper
        size: height of small letters in mm
        spacing: distance between lines, in heights of small letters
        margin: margin of the paper in mm
        align: side that the lines are aligned to, on paper and among lines of different length
        slant: degrees by which the writing leans further to the right
        ink: color of the ink, as #rrggbb
        width: width of the pen's line in mm
        filled: draw swelling lines, as filled outlines; not for plotters
        speed: speed of the pen in animations; 1 is a quick hand
        feed: speed of the plotter's pen in G-code, in mm a minute
        pen_up: G-code that lifts the pen
        pen_down: G-code that lowers the pen
        """
        layout = Layout(paper, ruled, size, spacing, margin, align, slant, width)
        manner = WritingSettings(choose(style, seed), neatness, seed, tries, replace)
        look = InkSettings(ink, width, filled, speed, Plotter(feed, pen_up, pen_down))
        return self.render(text, manner, layout, look)

    @verb(example="neuropil handwrite-learn strokes.json -o mine.style")
    def learn(self, recording: StrokeFile, *, text: str = "") -> LearnedStyle:
        """Learn your own hand from a few recorded lines.

        recording: a recording of one to ten lines of your writing, as JSON, SVG or InkML
        text: what the recorded lines say, where the file does not tell; a new line as \\n
        """
        lines = [line.strokes for line in StrokeRecording.open(recording.path, text or None).lines]
        style = Style(
            recording.path.stem, encode_style(self.network("hand"), lines), {"lines": len(lines)}
        )
        return LearnedStyle(style, len(lines))

    def render(
        self, text: str, manner: WritingSettings, layout: Layout, look: InkSettings
    ) -> HandwritingResult:
        """Write a text, and lay it on paper."""
        text = check_text(text, replace=manner.replace)
        check_pen(layout)
        its = self.measure_style(manner)
        check_room(its, layout)
        pen = partial(self.write_lines, manner)
        paragraphs = [decompose_line(line, replace=manner.replace) for line in text.split("\n")]
        lines = Setter(pen, its, layout, manner.seed).lines(paragraphs)
        sheets, paper = lay_out(
            [line.placed.line if line.placed else None for line in lines], layout, manner.seed
        )
        done = [line.placed.draft for line in lines if line.placed]
        rate = sum(d.edit_distance for d in done) / sum(len(d.text) for d in done)
        kept = {
            "text": text,
            "seed": manner.seed,
            "neatness": manner.neatness,
            "style": manner.style.to_json(),
            "character_error_rate": rate,
        }
        drawn = (look.ink, look.width, look.filled, look.speed, look.plotter)
        return HandwritingResult(
            Drawing(tuple(map(tuple, sheets)), paper, *drawn, kept),
            manner.style.name,
            manner.seed,
            rate,
            sum(d.attempt > 0 for d in done),
            tuple(d.read for d in done if d.edit_distance),
            unread_words(text, lines),
        )

    def probe(
        self,
        text: str,
        *,
        step: Annotated[int, STEP],
        style: Style | None = None,
        neatness: Annotated[float, NEATNESS_RANGE] = 0.5,
        seed: Annotated[int, SEED] = 0,
    ) -> Probe:
        """Find the neuron behind a step of the pen.

        text: the line of text, as it was written
        step: number of the step of the pen, the first is 0
        style: style that the line was written in; by default ada
        neatness: neatness that the line was written with
        seed: random seed that the line was written with
        """
        style = choose(style, seed)
        line = normalize_text(text).strip()
        if "\n" in line:
            raise UserError(
                "input.content", "the text has several lines; open one of them", name="text"
            )
        line = decompose(line).text
        if not 0 < len(line) <= MAX_CHARACTERS:
            raise UserError(
                "option.range",
                f"the line has {len(line)} characters; open one of 1 to {MAX_CHARACTERS}",
                name="text",
                value=len(line),
                low=1,
                high=MAX_CHARACTERS,
            )
        order = WriteRequest([line], style.vector, neatness, seed, DEFAULT_TRIES)
        ((_, draft),) = write_verified(self.network("pen"), self.network("reader"), order)
        n = len(draft.penned.line)
        if step >= n:
            raise UserError(
                "option.range",
                f"step {step}: the line has {n}, from 0 on",
                name="step",
                value=step,
                low=0,
                high=n - 1,
            )
        return build_probe(
            self.network("pen"), *draft.behind(step), *render_point(draft.penned.line, step)
        )

    def write_lines(
        self, manner: WritingSettings, texts: Sequence[str], numbers: Sequence[int]
    ) -> Iterator[tuple[int, Draft]]:
        """Write, of some lines, those with certain numbers until they read right."""
        order = WriteRequest(texts, manner.style.vector, manner.neatness, manner.seed, manner.tries)
        proofs = write_verified(self.network("pen"), self.network("reader"), order, numbers)
        made = ((number, draft.settle()) for number, draft in proofs)
        return track(made, total=len(numbers), title="writing")

    def measure_style(self, manner: WritingSettings) -> StyleMetrics:
        """Measure how large and how wide a style is, by a few lines written in it."""
        vector, neatness = manner.style.vector, manner.neatness
        tasks = [LineRequest(text, vector, neatness, (i,)) for i, text in enumerate(MEASURED)]
        found = sorted(generate(self.network("pen"), tasks), key=lambda pair: pair[0])
        return measure_style([penned for _, penned in found], MEASURED)


def choose(style: Style | None, seed: int) -> Style:
    """Take the first style where none is named, and the seed's where any will do."""
    if style is None:
        return Style.parse(FIRST)
    return Style.draw(seed) if style.name == RANDOM else style


def unread_words(text: str, lines: Sequence[SetLine]) -> tuple[str, ...]:
    """List the words that read otherwise, with their accents, and whole where a line broke them."""
    paragraphs = [paragraph.split() for paragraph in text.split("\n")]
    wrong = {  # of a word that two lines share, only once
        (line.paragraph, line.part.word + number): None
        for line in ticking(lines)
        if line.placed
        for number in line.placed.draft.wrong
    }
    return tuple(paragraphs[paragraph][word] for paragraph, word in wrong)


def render_point(line: Line, step: int) -> tuple[Image, tuple[int, int]]:
    """Draw a line as it was written, and find the pixel (x, y) of one of its points."""
    places = (line[:, :2] - line[:, :2].min(axis=0) + 1) * MM_OF_A_LINE
    whole = np.column_stack([places, line[:, 2]])
    width, height = places.max(axis=0) + MM_OF_A_LINE
    drawing = Drawing(
        (tuple(Stroke(stroke[:, :2]) for stroke in split_strokes(whole)),), Paper(width, height)
    )
    x, y = (places[step] * DOTS).round().astype(int)
    return drawing.image(dots=DOTS), (int(x), int(y))
