"""What the judge of synchrony is trained on and by: its batches, its loss, its score, its files.

It sees clips of the speaker that no other network sees, one in four, and nothing else.

B  clips     T  steps of 20 ms     D  numbers of a direction     L  lags
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from neuropil.apps.lipsync.hearing import (
    COLUMNS,
    HEARD,
    STEPS_PER_SECOND,
    normalize_bands,
    step_times,
)
from neuropil.apps.lipsync.lab.data import FPS, Speaker
from neuropil.apps.lipsync.lab.model import JudgeNet
from neuropil.apps.lipsync.lab.sounds import (
    TEMPO,
    change_tempo,
    hear_elsewhere,
    read_clip_columns,
)
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import Numbers, opening, width
from neuropil.apps.lipsync.sync import EDGE, JUDGE_SEEN, lags, look, measure_sync, overlap_at
from neuropil.training.recipe import Batch, ExportSpec
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

CLIPS = 24  # of a batch
T = 110  # steps: of three seconds as much as can be moved by MOVED either way
MOVED = 18  # steps by which sound and mouth are apart, so that no place in a clip gives it away
OPENING_WEIGHT = 0.3  # of the squared error of the opening beside the loss of lags
STRANGERS = 0.5  # of the loss of other clips' mouths beside that of lags
NOISE = 0.12  # of opening and width, as landmarks tremble: deviations of their own
HELD_OUT = 16  # one clip in so many validates
SHIFTS = (-6, 0, 3)  # frames, for the score


@dataclass(frozen=True, eq=False)
class JudgeStock:
    """Clips: columns (N, 300, 40), and opening and width of each frame (N, 75, 2)."""

    columns: Floats
    mouths: Numbers


def examples(data: Path) -> Split[JudgeStock]:
    """Read the clips of the judge, one in sixteen of them held out."""
    speaker = Speaker.read(data)
    clips = speaker.clips("judge")
    columns = read_clip_columns(speaker, clips)
    mouths = np.stack([measure_opening(speaker, n) for n in clips])
    held = np.arange(len(clips)) % HELD_OUT == 0
    return Split(*(JudgeStock(columns[each], mouths[each]) for each in (~held, held)))


def measure_opening(speaker: Speaker, clip: int) -> Numbers:
    """Measure opening and width of a clip: (75, 2)."""
    points = speaker.points[clip].astype(np.float64)
    return np.column_stack([opening(points), width(points)])


def make_batch(examples: Split[JudgeStock], step: TrainingStep) -> Batch:
    """Make the batch of a step: what is heard and seen, and where both are."""
    stock, rng = examples.train, step.rng()
    rows = [
        make_pair(stock.columns[n], stock.mouths[n], rng)
        for n in rng.choice(len(stock.columns), min(CLIPS, len(stock.columns)), replace=False)
    ]
    names = ("heard", "seen", "opening", "lag")
    parts = zip(*rows, strict=True)
    return {n: np.stack(each).astype(np.float32) for n, each in zip(names, parts, strict=True)}


def make_pair(
    columns: Floats, mouths: Numbers, rng: Generator
) -> tuple[Floats, Floats, Numbers, Numbers]:
    """Hear a clip elsewhere and see its mouth tremble, from other moments on.

    Returns what is heard (80, T), what is seen (3, T), the opening that goes with the sound (1, T),
    and the lag at which both meet.
    """
    times = float(np.exp(rng.uniform(*np.log(TEMPO))))
    heard = hear_elsewhere(change_tempo(columns, times), rng)
    seconds = len(mouths) / FPS
    seen = at_steps(mouths, step_times(len(heard)) * seconds * STEPS_PER_SECOND / len(heard))
    trembling = rng.normal(0, NOISE, seen.shape) * seen.std(axis=0) * rng.random()
    told = (seen[:, 0] - seen[:, 0].mean()) / max(seen[:, 0].std(), 1e-3)
    room = len(heard) - T
    start = int(rng.integers(0, room + 1))
    other = int(np.clip(start + rng.integers(-MOVED, MOVED + 1), 0, room))
    return (
        heard[start : start + T].T,
        look(seen + trembling)[:, other : other + T],
        told[None, start : start + T],
        np.array(start - other),
    )


def at_steps(mouths: Numbers, times: Numbers) -> Numbers:
    """Interpolate what is known of frames (F, K) at moments (T,)."""
    frames = (np.arange(len(mouths)) + 0.5) / FPS
    return np.stack([np.interp(times, frames, column) for column in mouths.T], axis=1)


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the right lag is, and the right mouth, and how wrong the opening."""
    assert isinstance(network, JudgeNet)
    sound, mouth, told = network(batch["heard"], batch["seen"])
    sharp = network.sharpness.exp()
    evidence = evidence_of_lags(sound.float(), mouth.float())
    lag = batch["lag"].long()
    of_lags = cross_entropy(4 * sharp * evidence, lag + evidence.shape[1] // 2)
    together = evidence_of_strangers(sound.float(), mouth.float(), lag)
    of_strangers = cross_entropy(
        4 * sharp * together, torch.arange(len(sound), device=sound.device)
    )
    off: Tensor = (told.float() - batch["opening"]).square().mean()
    return of_lags + STRANGERS * of_strangers + OPENING_WEIGHT * off


def evidence_of_lags(sound: Tensor, mouth: Tensor) -> Tensor:
    """Average how well directions (B, D, T) fit at every lag: (B, L)."""
    sound, mouth = (each[:, :, EDGE:-EDGE] for each in (sound, mouth))
    columns = []
    for lag in lags().tolist():
        first, second = overlap_at(sound.shape[2], int(lag))
        columns.append((sound[:, :, first] * mouth[:, :, second]).sum(dim=1).mean(dim=1))
    return torch.stack(columns, dim=1)


def evidence_of_strangers(sound: Tensor, mouth: Tensor, lag: Tensor) -> Tensor:
    """Average how well each sound fits each mouth, at the lag of its own: (B, B)."""
    rows = []
    for k, steps in enumerate(lag.tolist()):
        first, second = overlap_at(sound.shape[2], steps)
        both = sound[k : k + 1, :, first] * mouth[:, :, second]
        rows.append(both.sum(dim=1).mean(dim=1))
    return torch.stack(rows)


@torch.no_grad()
def score(network: nn.Module, examples: Split[JudgeStock]) -> dict[str, float]:
    """Measure how often a shift is found within a frame, and how sure that is."""
    assert isinstance(network, JudgeNet)
    stock, place = examples.held_out, network.sharpness.device

    def hear(heard: Floats) -> tuple[Floats, Floats]:
        made = network.sound(torch.from_numpy(heard).to(place))
        return made[0].float().cpu().numpy(), made[1].float().cpu().numpy()

    def see(seen: Floats) -> Floats:
        made: Floats = network.mouth(torch.from_numpy(seen).to(place)).float().cpu().numpy()
        return made

    right, sure, correlations = [], [], []
    for columns, mouths in zip(stock.columns, stock.mouths, strict=True):
        for shift in SHIFTS:
            heard = normalize_bands(np.roll(columns, COLUMNS * 2 * shift, axis=0))
            seen = at_steps(mouths, step_times(len(heard)))
            found = measure_sync(hear, see, heard, seen)
            off = (found.offset_ms or 0.0) - 40 * shift
            right.append(found.offset_ms is not None and abs(off) <= 40)
            sure.append(found.offset_ms is not None)
            correlations.append(found.correlation)
    return {
        "found": float(np.mean(right)),
        "sure": float(np.mean(sure)),
        "correlation": float(np.mean(correlations)),
    }


def export_specs() -> tuple[ExportSpec, ExportSpec]:
    """Name inputs and outputs of both towers."""
    metadata = {
        "neuropil": "lipsync",
        "licence": "research (GRID)",
        "data": "GRID corpus, speaker 1: the 229 clips that no other network sees",
    }
    sizes = ({"B": 1, "T": 60}, {"B": 2, "T": 150})
    sound = ExportSpec({"heard": ("B", HEARD, "T")}, ("direction", "opening"), sizes, metadata)
    mouth = ExportSpec({"seen": ("B", JUDGE_SEEN, "T")}, ("direction",), sizes, metadata)
    return replace(sound, part="sound"), replace(mouth, part="mouth")
