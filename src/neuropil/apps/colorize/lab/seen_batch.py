"""Batches of crops that the eye has seen: hints told, colors numbered.

    B  crops in a batch    S = 128 pixels    h = w = 32 cells    N  colors

One example is a crop's lightness, what the eye sees and perhaps some hints, and the truth. All that
is random comes from the generator of its step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.colorize.cielab import Floats
from neuropil.apps.colorize.hints import hint_maps
from neuropil.apps.colorize.lab.data import HELD_OUT, RECOLORED_SHARE, recolor_object
from neuropil.apps.colorize.lab.seen import LIGHT_STEPS, Crops, features, open_crops
from neuropil.apps.colorize.palette import nearest_index
from neuropil.apps.colorize.preprocess import average_pool, normalize_lightness
from neuropil.kit.errors import UserError
from neuropil.training.step import TrainingStep

BATCH = 48
EVALUATED = 384  # held-out crops scored at each look
UNHINTED = 0.45  # share of the examples without hints
MOST_HINTS = 30

Order = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SeenPhotos:
    """Crops on disk, those to learn from and those held out."""

    crops: Crops
    train: Order
    held_out: Order


def load_seen(data: Path) -> SeenPhotos:
    """Open the crops that the stage `see` has made; raises UserError where there are none."""
    crops = open_crops(data)
    held = crops["photo"] % HELD_OUT == 0
    train, held_out = np.flatnonzero(~held), np.flatnonzero(held)
    if not len(train):
        raise UserError(
            "data.missing",
            f"{data} holds crops of {len(held_out)} photographs, too few to train on:"
            f" see at least {HELD_OUT} photographs",
            path=data,
        )
    return SeenPhotos(crops, train, held_out)


def make_batch(seen: SeenPhotos, moment: TrainingStep) -> dict[str, Floats]:
    """Make the batch of a step: crops go round in an order that is drawn anew each time."""
    rng = moment.rng()
    crops = seen.crops[round_robin(seen.train, moment)]
    told = [tell(ab, light, draw_number(rng), rng) for ab, light in zip(*truth(crops), strict=True)]
    return collate(crops, told)


def round_robin(train: Order, moment: TrainingStep) -> Order:
    """Choose the crops (B,) of a step, each once in every round."""
    place = moment.step * BATCH + np.arange(BATCH)
    rounds = [
        np.random.default_rng((23, moment.seed, int(turn))).permutation(train)[
            place[place // len(train) == turn] % len(train)
        ]
        for turn in np.unique(place // len(train))
    ]
    return np.sort(np.concatenate(rounds))  # sorted: the disk is read in one direction


def truth(crops: Crops) -> tuple[Floats, Floats]:
    """Give colors (B, h, w, 2) and lightness (B, h, w) of the cells of crops."""
    ab = np.moveaxis(crops["ab"], 1, -1).astype(np.float32)
    return ab, np.stack([average_pool(one) for one in lightness(crops)])


def lightness(crops: Crops) -> Floats:
    """Give the lightness of crops: (B, S, S)."""
    light: Floats = crops["light"].astype(np.float32) / np.float32(LIGHT_STEPS)
    return light


def draw_number(rng: np.random.Generator) -> int:
    """Draw how many hints are given: none in half of the cases, else few rather than many."""
    return 0 if rng.random() < UNHINTED else round(np.exp(rng.uniform(0, np.log(MOST_HINTS))))


def tell(ab: Floats, light: Floats, n: int, rng: np.random.Generator) -> dict[str, Floats]:
    """Tell n colors of one crop, in some of them of a thing that was given another color."""
    places = rng.integers(0, len(light), (n, 2))
    if n and rng.random() < RECOLORED_SHARE:
        ab = recolor_object(np.concatenate((light[..., None], ab), axis=-1), places[0], rng)
    return tell_at(ab, light, places)


def tell_at(ab: Floats, light: Floats, places: NDArray[np.int64]) -> dict[str, Floats]:
    """Tell the colors of cells (K, 2) of one crop: hints (9, h, w), label (h, w), ab (2, h, w)."""
    middle = (places + 0.5).astype(np.float32)
    return {
        "hints": hint_maps(middle, ab[tuple(places.T)], light),
        "label": nearest_index(ab).astype(np.float32),
        "ab": np.moveaxis(ab, -1, 0),
    }


def collate(crops: Crops, told: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
    """Join what is seen and what is told of crops into a batch."""
    seen = {"lightness": normalize_lightness(lightness(crops))[:, None], **features(crops)}
    return seen | {key: np.stack([one[key] for one in told]) for key in told[0]}


def validation_batches(seen: SeenPhotos, n_hints: int) -> Sequence[dict[str, Floats]]:
    """Make the same batches every time of held-out crops, hints in fixed cells."""
    chosen = seen.held_out[:: max(1, len(seen.held_out) // EVALUATED)]
    batches = []
    for start in range(0, len(chosen), BATCH):
        crops = seen.crops[chosen[start : start + BATCH]]
        told = []
        for i, (ab, light) in enumerate(zip(*truth(crops), strict=True)):
            rng = np.random.default_rng((9, start + i))
            told.append(tell_at(ab, light, rng.integers(0, len(light), (n_hints, 2))))
        batches.append(collate(crops, told))
    return batches
