"""What is measured of writing: whether it can be read, whose it looks like, how likely it is.

The judge is a reader of another architecture, learned from other writers than the reader's and the
writer's; it never chooses a line, and never learned from one that a network wrote.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.ctc import character_error_rate, edit_distance, edit_table
from neuropil.apps.handwrite.generation import (
    LineRequest,
    S,
    WrittenLine,
    initial_inputs,
    reset_row,
)
from neuropil.apps.handwrite.lab.data import HandwrittenLine
from neuropil.apps.handwrite.lab.style_features import hinges, style_features
from neuropil.apps.handwrite.layout import Layout, StyleMetrics, lay_out, place_line
from neuropil.apps.handwrite.probe import Floats
from neuropil.apps.handwrite.proofreading import read_line
from neuropil.apps.handwrite.strokes import (
    FEATURE_SCALE,
    Line,
    normalize,
    to_features,
)
from neuropil.apps.handwrite.verification import Draft, WriteRequest, write_verified
from neuropil.kit.drawing.drawing import Drawing
from neuropil.kit.networks.network import OnnxNetwork

HERE = Path(__file__).parent
FOLDS = 5


def sentences() -> list[str]:
    """Read the sentences that are written: 200 of Tatoeba's, none in the database."""
    return (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()


def field() -> list[str]:
    """Read what people really write: names, addresses, prices, dates, codes, capitals, accents.

    120 lines that nothing is learned or chosen by.
    """
    return (HERE / "field.txt").read_text(encoding="utf-8").splitlines()


def contexts() -> dict[str, list[str]]:
    """Read for each of the 95 characters the words that it is tried in."""
    rows = (HERE / "contexts.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    return {row[0]: row[2:].split("\t") for row in rows}


def write_drafts(pen: OnnxNetwork, reader: OnnxNetwork, order: WriteRequest) -> list[Draft]:
    """Write lines, in order."""
    found = dict(write_verified(pen, reader, order))
    return [found[number] for number in sorted(found)]


def evaluate_cer(judge: OnnxNetwork, made: Sequence[Draft]) -> float:
    """Give the character error rate by the judge."""
    return character_error_rate(
        [read_line(judge, d.penned.line) for d in made], [d.text for d in made]
    )


def cer_on_real_lines(network: OnnxNetwork, lines: Sequence[HandwrittenLine]) -> float:
    """Give a reader's character error rate on real lines."""
    return character_error_rate(
        [read_line(network, w.line) for w in lines], [w.text for w in lines]
    )


def count_recognized(network: OnnxNetwork, draft: Draft, character: str) -> tuple[int, int]:
    """Count how often a character of a draft is read, and how often it stands there."""
    read = read_line(network, draft.penned.line)
    return aligned_matches(draft.text, read, character), draft.text.count(character)


def share_read(
    network: OnnxNetwork, lines: Sequence[tuple[Line, str]], characters: Collection[str]
) -> float:
    """Give the share of such characters that are read right in lines (P, 3) of known text."""
    right = total = 0
    for line, text in lines:
        wanted = {*text} & {*characters}
        read = read_line(network, line) if wanted else ""
        right += sum(aligned_matches(text, read, character) for character in wanted)
        total += sum(text.count(character) for character in wanted)
    return right / max(1, total)


def aligned_matches(text: str, read: str, character: str) -> int:
    """Count a character's places that the best alignment of both texts keeps."""
    table = edit_table(text, read)
    i, j, found = len(text), len(read), 0
    while i and j:
        if table[i, j] == table[i - 1, j - 1] + (text[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            found += text[i] == read[j] == character
        elif table[i, j] == table[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return found


def style_accuracy(
    real: Sequence[Sequence[Line]], made: Sequence[Sequence[Line]]
) -> tuple[float, float]:
    """Tell writers apart by real lines: shares right, of unseen real lines and of made ones.

    A linear classifier on pairs of directions (scikit-learn), none of which any style is chosen by.
    Every second line of a writer is for choosing; here the others are taken.
    """
    from sklearn.model_selection import cross_val_score

    x, y = feature_table([its[1::2] for its in real], hinges)
    on_real = float(cross_val_score(style_classifier(), x, y, cv=FOLDS).mean())
    return on_real, float(style_classifier().fit(x, y).score(*feature_table(made, hinges)))


def writer_log_probabilities(
    real: Sequence[Sequence[Line]], made: Sequence[Sequence[Line]]
) -> NDArray[np.float64]:
    """Give log p (N, L, N) that each of L lines made in N styles is by each of the writers.

    For choosing styles: by every second real line, and by what is peculiar to a hand.
    """
    x, y = feature_table([its[::2] for its in real], style_features)
    lines, _ = feature_table(made, style_features)
    log_p: NDArray[np.float64] = style_classifier().fit(x, y).predict_log_proba(lines)
    return log_p.reshape(len(made), -1, len(real))


def style_classifier() -> Any:
    """Make a linear classifier that doesn't rely on any single number."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000))


def feature_table(
    lines: Sequence[Sequence[Line]], measure: Callable[[Line], NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Measure the lines of each writer: rows, and whose each is."""
    x = np.array([measure(line) for its in lines for line in its])
    return x, np.repeat(np.arange(len(lines)), [len(its) for its in lines])


def nll_per_point(pen: OnnxNetwork, line: Line, text: str, style: Floats) -> float:
    """Give -log p of a point, on average, of a line that was really written, as in training."""
    import torch

    from neuropil.apps.handwrite.lab.train import log_likelihood

    points = to_features(line)
    feeds = {name: array[:1].copy() for name, array in initial_inputs(pen).items()}
    reset_row(feeds, 0, LineRequest(text[: S - 1], style, 0.0, (0,)))
    mixtures = []
    for point in points:
        made = pen.run(**feeds)
        feeds |= {name: made[f"next_{name}"] for name in feeds if f"next_{name}" in made}
        mixtures.append(made["mixture"].astype(np.float64))
        feeds["point"] = (point * np.array(FEATURE_SCALE, np.float32))[None]
    states = points[None, :, 3].astype(np.int64)
    states[:, -1] = 2  # the pen is up for good
    given = np.stack(mixtures, axis=1), points[None, :, :2].astype(np.float64), states
    return -float(log_likelihood(*map(torch.from_numpy, given)).mean())


def tesseract_cer(lines: Sequence[tuple[Line, str]]) -> float | None:
    """Give the character error rate of Tesseract on lines as pictures; None where it is not."""
    program = shutil.which("tesseract")
    if not program:
        return None
    wrong = total = 0
    with tempfile.TemporaryDirectory() as folder:
        for line, text in lines:
            file = Path(folder, "line.png")
            render_line(line).save(file)
            call = [program, str(file), "-", "--psm", "7"]
            read = subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()
            wrong, total = wrong + edit_distance(read, text), total + len(text)
    return wrong / total


def render_line(line: Line) -> Drawing:
    """Put a line alone on a small piece of paper, in black."""
    level = normalize(line)
    layout = Layout(size=3.0)
    placed_line = place_line(
        WrittenLine(level, np.full(len(level), -1)), "", StyleMetrics(0.6, 0.5), layout, 0
    )
    sheets, paper = lay_out([placed_line], layout, 0)
    return Drawing(tuple(map(tuple, sheets)), paper, ink="#000000")
