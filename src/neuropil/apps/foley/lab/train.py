"""Recipes: the tagger of recordings, the head that names scenes, the network of onsets.

neuropil train foley tagger --data DIR
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from neuropil.apps.foley.lab import clips, pictures, recordings
from neuropil.apps.foley.lab.clips import RenderedClips
from neuropil.apps.foley.lab.evaluation import OnsetCounts, count_matches, find_peaks
from neuropil.apps.foley.lab.model import OnsetNet, SceneNet, TaggerNet
from neuropil.apps.foley.lab.pictures import SeenPictures
from neuropil.apps.foley.lab.recordings import TaggedRecordings
from neuropil.apps.foley.motion import CHANNELS, WINDOW, H, W, stack_windows
from neuropil.apps.foley.onsets import AFTER
from neuropil.apps.foley.onsets import CELLS as ONSET_CELLS
from neuropil.apps.foley.scene import CELLS, FEATURES, scene_names
from neuropil.apps.foley.tagger import COLUMNS, MEL, cut, tag_names
from neuropil.training.optim import adamw
from neuropil.training.recipe import ExportSpec, Recipe
from neuropil.training.split import Split

SMOOTHING = 0.1  # share of the target that all classes have alike
ONSET_WEIGHT = 4.0  # of frames with a sound, beside those without, which are many more
STRENGTH_WEIGHT, FORM_WEIGHT = 1.0, 0.2  # of their losses, beside that of onsets
THRESHOLDS = tuple(k / 20 for k in range(2, 19))  # among which the best is chosen
TOGETHER = 64  # recordings that are scored at once


def tagger() -> Recipe:
    """Train the tagger that ships: 47 minutes on one core beside other work, half of it alone.

    neuropil train foley tagger --data DIR -o runs/tagger

    It tags 74.3 % of fold 5 of ESC-50 right, and 54 % of held-out recordings of the library, of 157
    classes (one training, November 2026).
    """
    return Recipe(
        name="foley-tagger",
        network=partial(TaggerNet, len(tag_names())),
        examples=recordings.examples,
        batch=recordings.make_batch,
        loss=tagger_loss,
        score=tagger_score,
        exports=(tagger_export(),),
        steps=20_000,
        lr=2e-3,
        ema=0.998,
        optimizer=partial(adamw, weight_decay=0.05),
    )


def tagger_of_fold() -> Recipe:
    """Train a tagger of ESC-50's own fifty classes, its first fold held out.

    neuropil train foley tagger_of_fold --data DIR -o runs/fold

    The stage `folds` trains ten of them, on other folds, and keeps but their scores.
    """
    return replace(
        tagger(),
        name="foley-tagger-of-fold",
        network=partial(TaggerNet, 50),
        examples=partial(recordings.fold_examples, fold=1, permissive=False),
    )


def scene() -> Recipe:
    """Train the head that names scenes and objects, on what the eye sees.

    neuropil train foley --stage see --data DIR -o seen     five minutes on one core
    neuropil train foley scene --data seen -o runs/scene    one minute

    Of held-out pictures it names 63.8 % at once and 82.0 % among three (one training, November
    2026).
    """
    return Recipe(
        name="foley-scene",
        network=partial(SceneNet, len(scene_names())),
        examples=pictures.examples,
        batch=pictures.make_batch,
        loss=scene_loss,
        score=scene_score,
        exports=(scene_export(),),
        steps=3000,
        lr=1e-3,
        optimizer=partial(adamw, weight_decay=0.1),
    )


def onset() -> Recipe:
    """Train the network that finds onsets, on rendered clips.

    neuropil train foley --stage render --data DIR -o rendered     eight minutes on two cores
    neuropil train foley onset --data rendered -o runs/onset       18 minutes on one

    It comes to F 0.83 on held-out clips (one training, November 2026); on real ones, which chose
    nothing: `neuropil bench foley`.
    """
    return Recipe(
        name="foley-onset",
        network=OnsetNet,
        examples=clips.examples,
        batch=clips.make_batch,
        loss=onset_loss,
        score=onset_score,
        exports=(onset_export(),),
        steps=10_000,
        lr=2e-3,
        ema=0.998,
        optimizer=partial(adamw, weight_decay=0.02),
    )


def tagger_loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true shares of classes are, in nats."""
    _, logits = network(batch["spectrogram"])
    shares = batch["shares"]
    target = shares * (1 - SMOOTHING) + SMOOTHING / shares.shape[1]
    unlikely: Tensor = -(target * logits.float().log_softmax(dim=1)).sum(dim=1).mean()
    return unlikely


@torch.no_grad()
def tagger_score(network: nn.Module, examples: Split[TaggedRecordings]) -> dict[str, float]:
    """Tag held-out recordings: the share that is right, of ESC-50 and of the library."""
    held = examples.held_out
    device = next(network.parameters()).device
    right = []
    for start in range(0, len(held.labels), TOGETHER):
        some = held.spectrograms[start : start + TOGETHER]
        batch = torch.stack([torch.from_numpy(cut(s, 0, COLUMNS))[None] for s in some])
        _, logits = network(batch.to(device))
        labels = torch.from_numpy(held.labels[start : start + TOGETHER])
        right.append(logits.float().argmax(dim=1).cpu() == labels)
    is_right, of_library = torch.cat(right).float(), torch.from_numpy(held.of_library)
    scores = {"esc50": is_right[~of_library].mean().item()}
    if of_library.any():
        scores["library"] = is_right[of_library].mean().item()
    return scores


def tagger_export() -> ExportSpec:
    """Name input and outputs of the tagger's file."""
    return ExportSpec(
        inputs={"spectrogram": ("B", 1, "T", MEL.bands)},
        outputs=("embedding", "logits"),
        test_sizes=({"B": 1, "T": 50}, {"B": 2, "T": 250}),
        metadata={
            "neuropil": "foley",
            "licence": "MIT",
            "data": "1,770 clips of ESC-50 under CC0 and CC BY, and the 693 recordings (CC0, CC BY)"
            " of the library",
        },
        bits=8,
    )


def scene_loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the true class is after each look, in nats; later looks count more."""
    features, labels = batch["features"], batch["labels"].long()
    T, B, _ = features.shape
    logits, _, _ = network(features, *new_state(B, features.device))
    each = cross_entropy(
        logits.float().flatten(0, 1), labels.repeat(T), label_smoothing=SMOOTHING, reduction="none"
    )
    weights = torch.arange(1, T + 1, device=each.device) / sum(range(1, T + 1))
    total: Tensor = (each.view(T, B).mean(dim=1) * weights).sum()
    return total


def new_state(B: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Give the state before the first look."""
    zeros = torch.zeros(1, B, CELLS, device=device)
    return zeros, zeros


@torch.no_grad()
def scene_score(network: nn.Module, examples: Split[SeenPictures]) -> dict[str, float]:
    """Name held-out pictures at one look: the share right at once, and among three."""
    held = examples.held_out
    device = next(network.parameters()).device
    features = torch.from_numpy(held.features[:, 0].astype("float32"))[None].to(device)
    logits, _, _ = network(features, *new_state(features.shape[1], device))
    ranks = logits[0].float().topk(3, dim=1).indices.cpu()
    is_right = ranks == torch.from_numpy(held.labels)[:, None]
    first, three = is_right[:, 0].float().mean(), is_right.any(dim=1).float().mean()
    return {"top1": first.item(), "top3": three.item()}


def scene_export() -> ExportSpec:
    """Name inputs and outputs of the scene network's file."""
    return ExportSpec(
        inputs={
            "features": ("T", 1, FEATURES),
            "h": (1, 1, CELLS),
            "c": (1, 1, CELLS),
        },
        outputs=("logits", "h_out", "c_out"),
        test_sizes=({"T": 1}, {"T": 4}),
        metadata={
            "neuropil": "foley",
            "licence": "MIT",
            "data": "what the eye sees of 8,034 small grey pictures of research sets (tinyimagenet,"
            " imagenette, caltech101, intel_scenes, scene15, weather5, pacs, voc, cats and dogs)",
        },
    )


def onset_loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely it is what is heard and what is not, and how far off its strength.

    What is said at a frame is of the one `AFTER` frames before.
    """
    assert isinstance(network, OnsetNet)
    said = network.along(batch["motion"]).float()[AFTER:]
    targets = batch["targets"][:-AFTER]
    near = targets[..., 0]
    weights = 1 + (ONSET_WEIGHT - 1) * near
    onsets = binary_cross_entropy_with_logits(said[..., 0], near, weights)
    strengths = ((said[..., 1].sigmoid() - targets[..., 1]) ** 2 * near).sum() / near.sum()
    true_forms = targets[..., 2:].flatten(0, 1)
    forms = cross_entropy(said[..., 2:].flatten(0, 1), true_forms, reduction="none")
    total: Tensor = onsets + STRENGTH_WEIGHT * strengths
    return total + FORM_WEIGHT * (forms * near.flatten()).sum() / near.sum()


@torch.no_grad()
def onset_score(network: nn.Module, examples: Split[RenderedClips]) -> dict[str, float]:
    """Find the onsets of held-out clips: the best F of all thresholds, and that threshold."""
    assert isinstance(network, OnsetNet)
    held = examples.held_out
    device = next(network.parameters()).device
    total = {threshold: OnsetCounts() for threshold in THRESHOLDS}
    for clip, fps in enumerate(held.fps):
        motion = held.motion(clip)
        batch = torch.from_numpy(stack_windows(motion, 1 / fps))[:, None].to(device)
        likely = network.along(batch)[AFTER:, 0, 0].float().sigmoid().cpu().numpy()
        moments = (np.arange(len(likely)) + WINDOW - 2) / fps
        true = held.sounds[clip][:, 0]
        inside = true[(true >= moments[0]) & (true <= moments[-1])]
        for threshold in THRESHOLDS:
            found = find_peaks(moments, likely, threshold)
            total[threshold] += count_matches(found, inside)
    best = max(THRESHOLDS, key=lambda threshold: total[threshold].f)
    made = total[best]
    rates = {"f": made.f, "precision": made.precision, "recall": made.recall}
    return rates | {"threshold": best}


def onset_export() -> ExportSpec:
    """Name inputs and outputs of the onset network's file."""
    return ExportSpec(
        inputs={
            "motion": ("T", CHANNELS, H, W),
            "h": (1, 1, ONSET_CELLS),
            "c": (1, 1, ONSET_CELLS),
        },
        outputs=("onsets", "h_out", "c_out"),
        test_sizes=({"T": 1}, {"T": 5}),
        metadata={
            "neuropil": "foley",
            "licence": "MIT",
            "data": "rendered clips alone, their textures cut from the pictures of scenes, their"
            " rhythms those of Greatest Hits (CondFoleyGen, MIT)",
        },
        bits=8,
    )
