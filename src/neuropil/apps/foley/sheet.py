"""A picture of what a film sounds like: frames at the cues, the waveform, the spectrogram.

H, W pixels   T columns of the spectrogram   F bands
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from neuropil.apps.foley.cues import Cue, CueSheet
from neuropil.apps.foley.soundtrack import RATE
from neuropil.kit.audio.filtering import Samples
from neuropil.kit.audio.mel import MelSettings, compute_log_mel
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image

Bytes = NDArray[np.uint8]

WIDTH = 1400
FRAME = 168  # pixels of a frame's width
MOST_FRAMES = 8
WAVE, SPECTRUM, LINE = 120, 256, 18  # pixels of height
MEL = MelSettings(rate=RATE, window=2048, hop=1024, bands=128, low=30.0, high=16_000.0)
QUIETEST, LOUDEST = -10.0, 10.0  # nats, black and white in the spectrogram
PAPER, INK, EVENT, AMBIENCE = "#17171b", "#e8e6e0", "#d2483c", "#3fae5a"
MOST_NAMES = 60  # cues that are named


@dataclass(eq=False)
class SheetSound:
    """The sound of a film as it passes, reduced to what the picture shows.

    peaks: the loudest sample of each piece; columns: of the spectrogram (F,), each of a piece
    """

    seconds: float
    peaks: list[float] = field(default_factory=list)
    columns: list[NDArray[np.float32]] = field(default_factory=list)

    def watch(self, blocks: Iterable[Samples]) -> None:
        """Take the sound block by block; of long films each piece is longer."""
        piece = max(MEL.hop, int(self.seconds * RATE / WIDTH))
        held = np.zeros(0, np.float32)
        for block in blocks:
            held = np.concatenate([held, block.mean(axis=1, dtype=np.float32)])
            while len(held) >= piece:
                self.take(held[:piece])
                held = held[piece:]

    def take(self, piece: NDArray[np.float32]) -> None:
        """Take a piece of the sound."""
        self.peaks.append(float(np.abs(piece).max(initial=0)))
        self.columns.append(compute_log_mel(piece, MEL).max(axis=0))


def draw_sheet(film: Film, sheet: CueSheet, sound: SheetSound) -> Image:
    """Draw the picture."""
    shown = choose_cues(sheet.cues)
    frames = find_frames(film, [cue.time for cue in shown])
    high = round(FRAME * film.height / film.width)
    page = Picture.new("RGB", (WIDTH, high + WAVE + SPECTRUM + 4 * LINE), PAPER)
    canvas = ImageDraw.Draw(page)
    for n, (cue, frame) in enumerate(zip(shown, frames, strict=True)):
        left = n * (FRAME + 7)
        page.paste(Picture.fromarray(frame).resize((FRAME, high)), (left, LINE))
        write(canvas, left, 0, f"{cue.time:.2f} s {cue.name}", INK)
    top = high + 2 * LINE
    draw_wave(canvas, sound.peaks, top)
    page.paste(draw_spectrogram(sound.columns), (0, top + WAVE))
    draw_cues(canvas, sheet, top, top + WAVE + SPECTRUM)
    return Image(np.asarray(page).copy())


def choose_cues(cues: Sequence[Cue]) -> list[Cue]:
    """Choose the cues whose frames are shown: events, evenly; of a film without, ambiences."""
    some = [cue for cue in cues if cue.kind == "event"] or list(cues)
    chosen = np.linspace(0, len(some) - 1, min(MOST_FRAMES, len(some))).round().astype(int)
    return [some[int(n)] for n in chosen]


def find_frames(film: Film, times: Sequence[float]) -> list[Bytes]:
    """Find the frames that are shown at some moments, which go up."""
    found: list[Bytes] = []
    last = None
    for frame in film.frames():
        while last is not None and len(found) < len(times) and times[len(found)] < frame.time:
            found.append(last)
        last = frame.pixels
        if len(found) == len(times):
            break
    while last is not None and len(found) < len(times):
        found.append(last)
    return found


def draw_wave(canvas: ImageDraw.ImageDraw, peaks: Sequence[float], top: int) -> None:
    """Draw how loud each piece is."""
    for x, column in enumerate(spread(np.array(peaks or [0.0], np.float32)[:, None])[:, 0]):
        half = min(float(column), 1.0) * WAVE / 2
        middle = top + WAVE / 2
        canvas.line((x, middle - half, x, middle + half), fill=INK)


def draw_spectrogram(columns: Sequence[NDArray[np.float32]]) -> Picture.Image:
    """Draw the spectrogram, low frequencies below."""
    levels = np.stack(columns) if columns else np.full((1, MEL.bands), QUIETEST, np.float32)
    light = (levels - QUIETEST) / (LOUDEST - QUIETEST) * 255
    picture = Picture.fromarray(spread(light).T[::-1].clip(0, 255).astype(np.uint8))
    return picture.resize((WIDTH, SPECTRUM)).convert("RGB")


def spread(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Spread columns (T, F) over the width of the picture."""
    return columns[np.arange(WIDTH) * len(columns) // WIDTH]


def draw_cues(canvas: ImageDraw.ImageDraw, sheet: CueSheet, top: int, bottom: int) -> None:
    """Draw a line at each cue and name the first ones."""
    free = [0.0, 0.0]  # where each line of names ends
    for number, cue in enumerate(sheet.cues):
        x = cue.time / sheet.seconds * WIDTH
        is_event = cue.kind == "event"
        color = EVENT if is_event else AMBIENCE
        canvas.line((x, top, x, bottom), fill=color)
        row = int(not is_event)
        if number < MOST_NAMES and x >= free[row]:
            free[row] = write(canvas, x + 2, bottom + row * LINE, cue.name, color)


def write(canvas: ImageDraw.ImageDraw, x: float, y: float, text: str, color: str) -> float:
    """Write a line, and give where it ends."""
    font = ImageFont.load_default(12)
    canvas.text((x, y + 2), text, fill=color, font=font)
    return x + canvas.textlength(text, font=font) + 6
