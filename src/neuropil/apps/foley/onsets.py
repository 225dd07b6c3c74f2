"""When something is to be heard: the onset network along a film, and the peaks of what it says.

    finder = OnsetFinder(network)
    for frame in film.frames():
        for onset in finder.push(frame): ...
    for onset in finder.finish(): ...

T frames   C maps of motion, H, W cells (`motion.py`)   N = 10 outputs: onset, strength, forms
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.motion import (
    WINDOW,
    Floats,
    FrameMotion,
    H,
    MotionTracker,
    W,
    reduce_frame,
    stack_window,
)
from neuropil.kit.media.frame import Frame
from neuropil.kit.networks.network import OnnxNetwork

FORMS = ("strike", "bounce", "step", "clap", "slam", "splash", "blast", "call")  # of motion
CELLS = 96  # of the LSTM
AFTER = 2  # frames that the network goes on before it judges one
TOGETHER = 16  # frames that are run at once
APART = 0.12  # seconds between onsets, at least
USUAL_SECONDS = 1 / 25  # of a frame whose duration is not known
DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, eq=False)
class Onset:
    """A moment at which something is to be heard.

    time: in seconds; frame: its number
    probability: 0 to 1
    strength: 0 to 1, of the motion
    forms: (8,) how likely each form of motion is
    place: -1 (left) to 1 (right), the middle of what moves
    size: share of the picture that moves
    """

    time: float
    frame: int
    probability: float
    strength: float
    forms: NDArray[np.float64]
    place: float
    size: float


@dataclass(frozen=True, eq=False)
class JudgedFrame:
    """A frame, and what the network says of it: (N,)."""

    number: int
    time: float
    motion: FrameMotion
    output: Floats

    @property
    def probability(self) -> float:
        """Give the probability of an onset."""
        return float(1 / (1 + np.exp(-np.float64(self.output[0]))))


@dataclass(eq=False)
class OnsetFinder:
    """Runs the onset network along a film, frame by frame; memory does not grow.

    inputs: what was given to the network last, for whoever opens it
    """

    network: OnnxNetwork
    threshold: float | None = None  # of probability; by default that of the network's training
    tracker: MotionTracker = field(default_factory=MotionTracker)
    window: deque[FrameMotion] = field(default_factory=lambda: deque(maxlen=WINDOW))
    times: deque[float] = field(default_factory=deque)
    stacks: list[Floats] = field(default_factory=list)
    waiting: deque[tuple[int, float, FrameMotion]] = field(default_factory=deque)
    h: Floats = field(default_factory=lambda: np.zeros((1, 1, CELLS), np.float32))
    c: Floats = field(default_factory=lambda: np.zeros((1, 1, CELLS), np.float32))
    steps: int = 0
    pushed: int = 0
    near: deque[JudgedFrame] = field(default_factory=deque)
    judged: int = 0  # how many of those near are judged
    least: float = field(init=False)
    surest: float = 0.0  # of all peaks, those that are no onset too

    def __post_init__(self) -> None:
        self.least = read_threshold(self.network) if self.threshold is None else self.threshold

    def push(self, frame: Frame) -> Iterator[Onset]:
        """Take the next frame, and give the onsets that are sure by now."""
        yield from self.push_motion(
            self.tracker.push(reduce_frame(frame.pixels)), float(frame.time)
        )

    def push_motion(self, motion: FrameMotion, time: float) -> Iterator[Onset]:
        """Take the motion of the next frame."""
        if not self.window:
            self.window.extend([motion] * (WINDOW - 2))
        self.window.append(motion)
        self.times.append(time)
        self.waiting.append((self.pushed, time, motion))
        self.pushed += 1
        if len(self.window) == WINDOW:
            self.stack(time - self.times[-2] if len(self.times) > 1 else USUAL_SECONDS)
        if len(self.stacks) >= TOGETHER:
            yield from self.run()

    def stack(self, seconds: float) -> None:
        """Prepare the frame before the last for the network."""
        self.stacks.append(stack_window(list(self.window), seconds))
        while len(self.times) > 2:
            self.times.popleft()

    def run(self) -> Iterator[Onset]:
        """Run the network over the frames that are prepared."""
        if not self.stacks:
            return
        made = self.network.run(motion=np.stack(self.stacks), h=self.h, c=self.c)
        self.h, self.c = made["h_out"], made["c_out"]
        self.stacks.clear()
        for output in made["onsets"][:, 0]:
            if self.steps >= AFTER:
                number, time, motion = self.waiting.popleft()
                yield from self.judge(JudgedFrame(number, time, motion, output))
            self.steps += 1

    def judge(self, frame: JudgedFrame) -> Iterator[Onset]:
        """Keep the frames of the last moments, and give an onset where one of them is a peak."""
        self.near.append(frame)
        while frame.time - self.near[self.judged].time > APART:
            yield from self.take_peak()

    def take_peak(self) -> Iterator[Onset]:
        """Give the next frame as an onset where none around is more likely, and forget older ones.

        What comes within APART after it is known by then.
        """
        frame = self.near[self.judged]
        around = [each for each in self.near if abs(each.time - frame.time) <= APART]
        is_peak = max(around, key=lambda each: each.probability) is frame
        if is_peak:
            self.surest = max(self.surest, frame.probability)
        if is_peak and frame.probability >= self.least:
            yield to_onset(frame, refine(self.near, self.judged))
        self.judged += 1
        while frame.time - self.near[0].time > APART:
            self.near.popleft()
            self.judged -= 1

    def finish(self) -> Iterator[Onset]:
        """Give the onsets of the last frames; motion stops behind them."""
        if not self.waiting:
            return
        still = FrameMotion(np.zeros_like(self.waiting[-1][2].maps), 0.0)
        for _ in range(AFTER + 1):
            self.window.append(still)
            if len(self.window) == WINDOW:
                self.stacks.append(stack_window(list(self.window), USUAL_SECONDS))
        yield from self.run()
        while self.judged < len(self.near):
            yield from self.take_peak()


def read_threshold(network: OnnxNetwork) -> float:
    """Read the threshold that was best on held-out rendered clips."""
    scores = json.loads(network.metadata.get("scores", "{}"))
    return float(scores.get("threshold", DEFAULT_THRESHOLD))


def refine(near: "deque[JudgedFrame]", place: int) -> float:
    """Refine the moment of a peak by the parabola through it and its neighbors, in seconds."""
    frame = near[place]
    if not 0 < place < len(near) - 1:
        return frame.time
    before, after = near[place - 1], near[place + 1]
    a, b, c = (float(each.output[0]) for each in (before, frame, after))
    bend = a - 2 * b + c
    shift = 0.5 * (a - c) / bend if bend < -1e-6 else 0.0
    step = (after.time - before.time) / 2
    return frame.time + float(np.clip(shift, -0.5, 0.5)) * step


def to_onset(frame: JudgedFrame, time: float) -> Onset:
    """Say of a peak what is known of it."""
    powers = np.exp(frame.output[2:].astype(np.float64) - frame.output[2:].max())
    strength = float(1 / (1 + np.exp(-np.float64(frame.output[1]))))
    place, size = locate(frame.motion.strength)
    forms = powers / powers.sum()
    return Onset(time, frame.number, frame.probability, strength, forms, place, size)


def locate(strength: Floats) -> tuple[float, float]:
    """Find the middle of what moves, -1 (left) to 1 (right), and its share of the picture."""
    moving = np.maximum(strength - np.median(strength) * 1.5, 0) ** 2
    total = float(moving.sum())
    if total < 1e-6:
        return 0.0, 0.0
    columns = (np.arange(W) + 0.5) / W * 2 - 1
    place = float((moving.sum(axis=0) * columns).sum() / total)
    size = float(total**2 / ((moving**2).sum() * H * W))
    return place, min(size, 1.0)
