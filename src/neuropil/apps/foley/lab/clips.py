"""The motion of rendered clips, made once and kept on disk, and batches of it.

    neuropil train foley --stage render --data DIR -o rendered
    neuropil train foley onset --data rendered -o runs/onset

    N clips   T frames   C maps, H, W cells (`motion.py`)   B clips in a batch

Kept are whole numbers of 8 bits: a clip takes 193 kB.
"""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.foley.lab.actors import Random, Sound
from neuropil.apps.foley.lab.clip_rendering import Clip, T, read_gaps, render_clip, to_color
from neuropil.apps.foley.lab.pictures import read_pictures
from neuropil.apps.foley.motion import (
    CHANNELS,
    WINDOW,
    Bytes,
    C,
    Floats,
    FrameMotion,
    H,
    MotionTracker,
    W,
    reduce_frame,
    stack_window,
)
from neuropil.apps.foley.onsets import FORMS
from neuropil.kit.atomic import atomic_path
from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError
from neuropil.kit.progress import track
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.stages import claim_file
from neuropil.training.step import TrainingStep

MOTION, TRUTH = "motion.npy", "sounds.npz"
SCALE = 127.0
BATCH, LENGTH = 10, 40  # clips of a batch, and frames of each
HELD_OUT = 100  # clips, for choices
PART = 20  # clips that a core renders at once
NARROW = 0.7, 0.03  # frames, seconds: how far around a sound its frames count
N_TARGETS = 2 + len(FORMS)
ClipMotion = tuple[NDArray[np.int8], Floats, float, Sequence[Sound]]


@dataclass(frozen=True, eq=False)
class RenderedClips:
    """Motion (N, T, C, H, W) and light (N, T) of clips, their rates, and the sounds of each.

    sounds: of each clip (M, 3): time in seconds, strength, number of the form
    """

    maps: NDArray[np.int8]
    light: Floats
    fps: NDArray[np.float64]
    sounds: Sequence[NDArray[np.float64]]

    def where(self, chosen: slice) -> "RenderedClips":
        """Take some of them."""
        return RenderedClips(
            self.maps[chosen], self.light[chosen], self.fps[chosen], self.sounds[chosen]
        )

    def motion(self, clip: int) -> list[FrameMotion]:
        """Give the motion of a clip, frame by frame."""
        maps = self.maps[clip].astype(np.float32) / SCALE
        return [
            FrameMotion(m, float(light)) for m, light in zip(maps, self.light[clip], strict=True)
        ]


def render_clips(output: Path, *, data: Path, clips: int, seed: int) -> Path:
    """Render clips on all cores and write their motion."""
    file = claim_file(output, MOTION)
    rows, pixels = read_pictures(data)
    textures = [p for row, p in zip(rows, pixels, strict=True) if row["split"] == "train"]
    make = partial(render_motion, textures, read_gaps(data), seed)
    maps = np.zeros((clips, T, C, H, W), np.int8)
    light, fps = np.zeros((clips, T), np.float32), np.zeros(clips)
    sounds = []
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        parts = pool.map(make, (range(n, min(n + PART, clips)) for n in range(0, clips, PART)))
        made = track(chain.from_iterable(parts), total=clips, title="clips")
        for n, (maps[n], light[n], fps[n], heard) in enumerate(made):
            sounds += [(n, s.time, s.strength, FORMS.index(s.form)) for s in heard]
    with atomic_path(output / TRUTH) as beside:
        np.savez(beside, light=light, fps=fps, sounds=np.array(sounds))
    with atomic_path(file) as beside:
        np.save(beside, maps)
    return file


def render_motion(
    textures: Sequence[Bytes], gaps: NDArray[np.float64], seed: int, numbers: range
) -> list[ClipMotion]:
    """Render some clips, and give the motion, the light, the rate and the sounds of each."""
    made = list[ClipMotion]()
    for n in numbers:
        clip = render_clip(textures, gaps, np.random.default_rng((seed, n)))
        motion = track_motion(clip)
        maps = np.stack([np.round(each.maps * SCALE).astype(np.int8) for each in motion])
        light = np.array([each.light for each in motion], np.float32)
        made.append((maps, light, clip.fps, clip.sounds))
    return made


def track_motion(clip: Clip) -> list[FrameMotion]:
    """Measure the motion of a clip's frames."""
    tracker = MotionTracker()
    return [tracker.push(reduce_frame(to_color(frame))) for frame in clip.frames]


def examples(data: Path) -> Split[RenderedClips]:
    """Read the rendered clips, the last ones held out; raises UserError where there are none."""
    try:
        maps = np.load(data / MOTION, mmap_mode="r", allow_pickle=False)
        truth = np.load(data / TRUTH, allow_pickle=False)
        sounds = truth["sounds"]
        by_clip = [sounds[sounds[:, 0] == n][:, 1:] for n in range(len(maps))]
        every = RenderedClips(maps, truth["light"], truth["fps"], by_clip)
    except (OSError, ValueError, KeyError) as error:
        words = f"{data} holds no rendered clips ({error}); make them by: neuropil train foley"
        words += " --stage render --data DIR -o rendered"
        raise UserError("data.missing", words, path=data) from error
    n_held = min(HELD_OUT, len(maps) // 5)
    return Split(every.where(slice(0, len(maps) - n_held)), every.where(slice(-n_held, None)))


def make_batch(examples: Split[RenderedClips], step: TrainingStep) -> Batch:
    """Make a batch: motion (T, B, CHANNELS, H, W) and what is to be said of each frame."""
    rng, known = step.rng(), examples.train
    motion = np.zeros((LENGTH, BATCH, CHANNELS, H, W), np.float32)
    targets = np.zeros((LENGTH, BATCH, N_TARGETS), np.float32)
    for column in range(BATCH):
        clip = int(rng.integers(len(known.fps)))
        first = int(rng.integers(0, T - LENGTH - WINDOW + 2))
        some = known.motion(clip)[first : first + LENGTH + WINDOW - 1]
        duration = 1 / known.fps[clip]
        stacks = [stack_window(some[t : t + WINDOW], duration) for t in range(LENGTH)]
        motion[:, column] = vary(np.stack(stacks), rng)
        begin = (first + WINDOW - 2) * duration
        targets[:, column] = mark_sounds(known.sounds[clip], begin, known.fps[clip], LENGTH)
    return {"motion": motion, "targets": targets}


def vary(stacks: Floats, rng: Random) -> Floats:
    """Mirror the motion (T, CHANNELS, H, W), make it stronger or weaker, add noise."""
    maps = stacks[:, :-2].reshape(len(stacks), WINDOW, C, H, W)
    if rng.random() < 0.5:
        maps = maps[..., ::-1].copy()
        maps[:, :, (0, 2)] *= -1  # what goes across goes the other way
    maps[:, :, :6] *= np.float32(rng.uniform(0.5, 1.6))
    maps[:, :, 6] = maps[:, :, 6] * np.float32(rng.uniform(0.5, 1.2)) * rng.choice([-1, 1])
    maps += rng.normal(0, rng.uniform(0, 0.03), maps.shape).astype(np.float32)
    return np.concatenate([maps.reshape(len(stacks), -1, H, W), stacks[:, -2:]], axis=1)


def mark_sounds(sounds: NDArray[np.float64], begin: float, fps: float, length: int) -> Floats:
    """Say of frames what is heard (length, N_TARGETS): how near a sound is, its strength and form.

    begin: the moment of the first frame, in seconds
    """
    moments = begin + np.arange(length) / fps
    targets = np.zeros((length, N_TARGETS), np.float32)
    spread = max(NARROW[0] / fps, NARROW[1])
    for time, strength, form in sounds:
        near = np.exp(-0.5 * ((moments - time) / spread) ** 2)
        is_nearer = near > targets[:, 0]
        targets[is_nearer, 1] = strength
        targets[is_nearer, 2:] = np.eye(len(FORMS), dtype=np.float32)[int(form)]
        targets[is_nearer, 0] = near[is_nearer]
    return targets
