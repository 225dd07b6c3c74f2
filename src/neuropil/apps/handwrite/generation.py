"""The pen let run: from texts and a style to strokes, many lines side by side.

    B  lines side by side      S  places for characters      A  letters (one-hot)
    M  Gaussians of the next step      P  points written

Every point is drawn from what the network says of the next one, and goes in again (Graves 2013,
sections 4 and 5). The pen's state comes with it: down, up, or up for good, which ends the line.
Each line has its own random numbers and its own row, so that it comes out the same whatever is
written beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET, encode_text
from neuropil.apps.handwrite.strokes import FEATURE_SCALE, MAX_CORRELATION, Line
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import tick

B, S, A = 16, 72, len(ALPHABET) + 1
MAX_BIAS = 3.0  # Graves' bias at neatness 1: deviations times exp(-bias)
MAX_POINTS = 30, 40  # points for each character, and beside them, after which a line is cut off
MAX_CHARACTERS = S - 1  # characters of a line, an end behind them
DOWN, UP, OVER = 0, 1, 2
RANDOM_BLOCK = 64  # points whose random numbers are drawn at once

Arrays = dict[str, NDArray[np.float32]]


class PointSample(NamedTuple):
    """How a point was drawn: from which Gaussian, by which two normal numbers, with which bias.

    share: how likely this Gaussian was among all
    sigma_dx, sigma_dy, tanh_r: its deviations, and its correlation before it is kept below 1
    """

    k: int
    n1: float
    n2: float
    bias: float
    share: float
    sigma_dx: float
    sigma_dy: float
    tanh_r: float


@dataclass(frozen=True, eq=False)
class DecoderSnapshot:
    """The pen between two words: the points that it made, and the state to go on from."""

    points: list[NDArray[np.float32]]
    states: list[int]
    drawn: list[PointSample]
    letters: list[int]
    state: Arrays  # a row of every input of the network but text and style


@dataclass(frozen=True, eq=False)
class LineRequest:
    """A line to write: characters of ALPHABET, a style, how neatly, and the random numbers.

    resume_from: words at its beginning that were written before
    """

    text: str
    style: NDArray[np.float32]
    neatness: float
    seed: tuple[int, ...]
    resume_from: DecoderSnapshot | None = None

    @property
    def bias(self) -> float:
        """Give Graves' probability bias (section 5.4)."""
        return MAX_BIAS * self.neatness


@dataclass(frozen=True, eq=False)
class WrittenLine:
    """A line written.

    line: (P, 3), x, y and pen up, in units of the line's height
    letter: (P,), for each point the character that the window looked at most
    """

    line: Line
    letter: NDArray[np.int64]


@dataclass
class LineState:
    """A line while it is being written.

    points: as the network takes them, dx, dy, y, pen up
    pauses: by the place of a space, the last point before the pen went on to the next word
    """

    number: int
    task: LineRequest
    rng: np.random.Generator
    points: list[NDArray[np.float32]] = field(default_factory=list)
    states: list[int] = field(default_factory=list)
    drawn: list[PointSample] = field(default_factory=list)
    letters: list[int] = field(default_factory=list)
    pauses: dict[int, DecoderSnapshot] = field(default_factory=dict)
    chances: list[NDArray[np.float64]] = field(default_factory=list)

    def next_random(self) -> NDArray[np.float64]:
        """Take two numbers between 0 and 1 and two normal ones."""
        if not self.chances:  # many at once, for speed
            even, normal = (
                self.rng.random((RANDOM_BLOCK, 2)),
                self.rng.standard_normal((RANDOM_BLOCK, 2)),
            )
            self.chances = list(np.hstack([even, normal]))
        return self.chances.pop()

    def without_points(self) -> "LineState":
        """Keep what was to be written, but no point: most of a line's memory."""
        return LineState(self.number, replace(self.task, resume_from=None), self.rng)

    @property
    def is_finished(self) -> bool:
        """Tell whether the pen was put away, or ran away."""
        each, beside = MAX_POINTS
        n = len(self.points)
        return n > 0 and (self.states[-1] == OVER or n >= each * len(self.task.text) + beside)


def generate(pen: OnnxNetwork, tasks: Sequence[LineRequest]) -> Iterator[tuple[int, WrittenLine]]:
    """Write all lines, and yield each with its number as soon as it is over."""
    for row in generate_states(pen, tasks):
        yield row.number, to_line(row)


def generate_states(pen: OnnxNetwork, tasks: Sequence[LineRequest]) -> Iterator[LineState]:
    """Let the pen run in B rows, each taking up the next line when its own is over."""
    rows: list[LineState | None] = [None] * B
    feeds = initial_inputs(pen)
    waiting = iter(enumerate(tasks))
    while True:
        for place, row in enumerate(rows):
            if row is None and (given := next(waiting, None)):
                rows[place] = start(*given)
                reset_row(feeds, place, given[1])
                restore(feeds, place, given[1].resume_from)
        if not any(rows):
            return
        tick()
        made = pen.run(**feeds)
        feeds |= {name: made[f"next_{name}"] for name in feeds if f"next_{name}" in made}
        sample_points(rows, made["mixture"], feeds["point"])
        for place, row in enumerate(rows):
            if row is not None:
                row.points.append(feeds["point"][place].copy())
                row.letters.append(int(made["window"][place].argmax()))
                save_snapshot(feeds, place, row)
                if row.is_finished:
                    rows[place] = None
                    yield row


def start(number: int, task: LineRequest) -> LineState:
    """Take up a line."""
    row = LineState(number, task, np.random.default_rng(task.seed))
    if kept := task.resume_from:
        row.points, row.states = kept.points.copy(), kept.states.copy()
        row.drawn, row.letters = kept.drawn.copy(), kept.letters.copy()
    return row


def initial_inputs(pen: OnnxNetwork) -> Arrays:
    """Make inputs for B rows that say nothing yet."""
    sizes = pen.input_shapes
    return {
        name: np.zeros((B, S, A) if name == "text" else (B, sizes[name][-1]), np.float32)
        for name in pen.inputs
    }


def reset_row(feeds: Arrays, place: int, task: LineRequest) -> None:
    """Put a line's text and style into a row, and its state back to nothing."""
    for array in feeds.values():
        array[place] = 0.0
    numbers = np.zeros(S, np.int64)
    numbers[: len(task.text)] = encode_text(task.text)
    feeds["text"][place] = np.eye(A, dtype=np.float32)[numbers]
    feeds["style"][place] = task.style
    feeds["seen"][place] = feeds["text"][place, 0]


def restore(feeds: Arrays, place: int, kept: DecoderSnapshot | None) -> None:
    """Put a row back to where the pen paused."""
    for name, array in kept.state.items() if kept else ():
        feeds[name][place] = array


def save_snapshot(feeds: Arrays, place: int, row: LineState) -> None:
    """Remember the pen's state if it is in the air and looks at a space."""
    letter = row.letters[-1]
    if row.states[-1] == UP and row.task.text[letter : letter + 1] == " ":
        row.pauses[letter] = DecoderSnapshot(
            row.points.copy(),
            row.states.copy(),
            row.drawn.copy(),
            row.letters.copy(),
            {name: feeds[name][place].copy() for name in feeds.keys() - {"text", "style"}},
        )


def sample_points(
    rows: Sequence[LineState | None], mixture: NDArray[np.float32], point: NDArray[np.float32]
) -> None:
    """Draw every row's next point (dx, dy, y, pen) from its mixture (B, 6M + 3), in place."""
    M = (mixture.shape[1] - 3) // 6
    busy = [(place, row) for place, row in enumerate(rows) if row]
    bias, luck = np.zeros(B), np.zeros((B, 4))
    for place, row in busy:
        bias[place], luck[place] = row.task.bias, row.next_random()
    u1, u2, n1, n2 = luck.T
    logits = mixture[:, :M] * (1 + bias[:, None])
    k, share = sample_categorical(logits, u1)
    mx, my, sx, sy, r = mixture[:, M : 6 * M].reshape(B, 5, M)[np.arange(B), :, k].T
    sigma_dx, sigma_dy, tanh_r = np.exp(sx - bias), np.exp(sy - bias), np.tanh(r)
    rho = MAX_CORRELATION * tanh_r
    dx = mx + sigma_dx * n1
    dy = my + sigma_dy * (rho * n1 + np.sqrt(1 - rho**2) * n2)
    state, _ = sample_categorical(mixture[:, 6 * M :], u2)
    told = np.column_stack([n1, n2, bias, share, sigma_dx, sigma_dy, tanh_r]).tolist()
    for place, row in busy:
        point[place] = dx[place], dy[place], point[place, 2] + dy[place], state[place] > DOWN
        row.states.append(int(state[place]))
        row.drawn.append(PointSample(int(k[place]), *told[place]))


def sample_categorical(
    logits: NDArray[np.floating[Any]], luck: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Draw one of several (B, N) by their logits, from numbers (B,) between 0 and 1.

    Returns which it is, and how likely it was.
    """
    powers = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    sums = powers.cumsum(axis=1)
    below = sums < luck[:, None] * sums[:, -1:]
    places: NDArray[np.int64] = below.sum(axis=1).clip(max=logits.shape[1] - 1)
    return places, powers[np.arange(len(places)), places] / sums[:, -1]


def to_line(row: LineState) -> WrittenLine:
    """Add a row's steps up to a line."""
    points = np.array(row.points, np.float64)
    x, y, up = (
        points[:, 0].cumsum() / FEATURE_SCALE[0],
        points[:, 2] / FEATURE_SCALE[1],
        points[:, 3],
    )
    up[-1] = 1
    return WrittenLine(np.column_stack([x, y, up]), np.array(row.letters))
