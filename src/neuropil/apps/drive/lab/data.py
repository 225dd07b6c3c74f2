"""Recorded drives as examples: what the camera saw, and what the expert would have done then.

    B  pictures in a batch     T  steps of a drive     N  pictures in all

A drive is a file `SEED-ROUND.npz`: `pictures` (T, 96, 96, 3) bytes and `controls` (T, 3), the
expert's steering (-1 left to 1 right), gas and brake (0 to 1), whoever drove (`collect.py`). Every
tenth track is held out with all of its drives: the split is by track.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuropil.apps.drive.preprocess import Bytes, Floats, encode
from neuropil.kit.bounded import read_arrays
from neuropil.kit.errors import UserError
from neuropil.kit.progress import track
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

HELD_OUT = 10  # of so many tracks one
BATCH = 128
MOST_BYTES = 500_000_000  # of a drive, unpacked: a lap has 30 MB


@dataclass(frozen=True)
class LabeledFrames:
    """Pictures (N, 96, 96, 3) and the expert's controls (N, 3)."""

    pictures: Bytes
    controls: Floats


def examples(data: Path) -> Split[LabeledFrames]:
    """Read all drives of a folder; raises UserError where there are too few to hold some out."""
    files = sorted(data.glob("*-*.npz"))
    held = [file for file in files if track_seed(file) % HELD_OUT == 0]
    train = [file for file in files if track_seed(file) % HELD_OUT]
    if not held or not train:
        raise UserError(
            "data.missing",
            f"{data} has {len(files)} drives, too few to hold a tenth of the tracks out;"
            f" record some: neuropil train drive --stage collect -o {data}",
            path=data,
        )
    return Split(load_drives(train), load_drives(held))


def track_seed(file: Path) -> int:
    """Tell the seed of a drive's track by the file's name."""
    return int(file.name.partition("-")[0])


def load_drives(files: list[Path]) -> LabeledFrames:
    """Read drives, one after the other."""
    pictures, controls = [], []
    for file in track(files, total=len(files), title="drives"):
        advice = "delete it, and record the drive again"
        drive = read_arrays(file, MOST_BYTES, advice, names=("pictures", "controls"))
        pictures.append(drive["pictures"])
        controls.append(drive["controls"])
    return LabeledFrames(np.concatenate(pictures), np.concatenate(controls).astype(np.float32))


def batch(examples: Split[LabeledFrames], moment: TrainingStep) -> dict[str, Floats]:
    """Draw pictures of all drives, and what the expert would have done."""
    train = examples.train
    chosen = moment.rng().integers(len(train.controls), size=BATCH)
    return {"picture": encode(train.pictures[chosen]), "controls": train.controls[chosen]}
