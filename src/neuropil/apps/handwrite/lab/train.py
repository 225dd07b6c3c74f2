"""Recipes for handwriting: the writer, the reader that checks it, the judge that measures both.

neuropil train handwrite writer --data DIR
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, ctc_loss, one_hot, pad

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.ctc import character_error_rate, greedy_decode
from neuropil.apps.handwrite.generation import S
from neuropil.apps.handwrite.lab import batches
from neuropil.apps.handwrite.lab.batches import LineSet
from neuropil.apps.handwrite.lab.model import (
    HIGH,
    LOW,
    A,
    D,
    EvaluationReader,
    HandwritingModel,
    K,
    M,
    Reader,
)
from neuropil.apps.handwrite.strokes import (
    FEATURE_SCALE,
    MAX_CORRELATION,
    Line,
    normalize,
    resample,
    stroke_features,
)
from neuropil.training.optim import adamw
from neuropil.training.recipe import ExportSpec, Recipe
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

N_LINES = 48  # in a batch
N_WRITTEN = 64
ALIGNMENT_WEIGHT = 0.1  # weight of windows that are off their place, in nats a character
TOLERATED = 0.5  # characters by which a window may be off
WRITER_LOSS_WEIGHT = 0.05  # weight of telling the writer from the style
LEVEL = 0.01  # share of its steps in which the rate of a part falls that another follows
LOOKED_AT = 256  # held-out lines scored at each look


def writer() -> Recipe:
    """Train the writer, hand and pen together: the first of its three parts, from nothing.

    neuropil train handwrite writer --data DIR -o runs/writer

    -1.86 nats a point on lines by held-out writers, real and composed, windows 0.17 characters off;
    4,000 steps in 225 minutes on one core of an AMD EPYC with AVX-512 bfloat16, in three runs and
    beside other work; n = 1 seed; 2026-11-28.
    """
    return Recipe(
        name="handwrite-writer",
        network=HandwritingModel,
        examples=batches.writer_examples,
        batch=partial(batches.writer_batch, n_lines=N_WRITTEN),
        optimizer=partial(adamw, weight_decay=0.01, fall=LEVEL),
        loss=writer_loss,
        score=writer_score,
        exports=(style_export(), pen_export(LOW, HIGH)),
        steps=4000,
        lr=1.5e-3,
        ema=0.9985,
    )


def writer_middle() -> Recipe:
    """Train the writer on from its averaged weights, with other lines; may be repeated.

    neuropil train handwrite writer_middle --data DIR --init runs/writer/averages.npz \\
        -o runs/writer-middle

    For what ships it was stopped at step 584, after some 100 minutes beside other work: -1.93 nats
    a point at step 400; 2026-11-29.
    """
    return replace(writer(), name="handwrite-writer-middle", lr=1e-3, seed=1)


def writer_last() -> Recipe:
    """Train the writer on while its rate falls to nothing: the last part.

    neuropil train handwrite writer_last --data DIR --init runs/writer-middle/averages.npz \\
        -o runs/writer-last

    -2.07 nats a point on lines by held-out writers, real and composed, windows 0.12 characters off;
    2,000 steps in 103 minutes on one core of an AMD EPYC with AVX-512 bfloat16, beside other work;
    n = 1 seed; 2026-11-29. Its averages ship.
    """
    falling = partial(adamw, weight_decay=0.01, fall=1.0)
    return replace(
        writer(), name="handwrite-writer-last", optimizer=falling, steps=2000, lr=1e-3, seed=9
    )


def reader() -> Recipe:
    """Train the reader of real handwriting.

    neuropil train handwrite reader --data DIR

    6.9 % of the characters of 256 real lines and 8.9 % of 256 composed ones by held-out writers
    wrong; 6,000 steps in 96 minutes on one core of an AMD EPYC with AVX-512 bfloat16, resumed
    twice and beside other work; n = 1 seed; 2026-11-29.
    """
    return Recipe(
        name="handwrite-reader",
        network=Reader,
        examples=batches.reader_examples,
        batch=partial(batches.reader_batch, n_lines=N_LINES),
        loss=loss,
        score=score,
        exports=(reader_export("reader"),),
        steps=6000,
        lr=2e-3,
        ema=0.998,
    )


def judge() -> Recipe:
    """Train the second reader, by which results are measured and never chosen.

    neuropil train handwrite judge --data DIR

    10.6 % of the characters of 256 real lines and 11.4 % of 256 composed ones by held-out writers
    wrong; 4,000 steps in 229 minutes on one core of an AMD EPYC with AVX-512 bfloat16, in three
    runs and beside other work; n = 1 seed; 2026-11-28.
    """
    return Recipe(
        name="handwrite-judge",
        network=EvaluationReader,
        examples=batches.judge_examples,
        batch=partial(batches.reader_batch, n_lines=N_LINES),
        loss=loss,
        score=score,
        exports=(reader_export("judge"),),
        steps=4000,
        lr=2e-3,
        ema=0.999,
    )


def reader_export(part_of_writers: str) -> ExportSpec:
    """Name inputs and outputs of a reader, and tell with the file what running needs."""
    return ExportSpec(
        inputs={"strokes": ("B", "T", 4)},
        outputs=("logits",),
        test_sizes=({"B": 1, "T": 64}, {"B": 3, "T": 100}),
        metadata=metadata(part_of_writers),
    )


def style_export() -> ExportSpec:
    """Pack the network that tells a style from strokes."""
    return ExportSpec(
        inputs={"strokes": ("B", "T", 4), "there": ("B", "T")},
        outputs=("style",),
        test_sizes=({"B": 1, "T": 64}, {"B": 3, "T": 100}),
        metadata=metadata("reader"),
        part="hand",
    )


def pen_export(low: int, high: int) -> ExportSpec:
    """Pack one step of the pen; what it returns goes in again, beside the point it drew."""
    state = {"kappa": K, "seen": A, "h1": low, "c1": low, "h2": high, "c2": high}
    return ExportSpec(
        inputs={
            "point": ("B", 4),
            "text": ("B", S, A),
            "style": ("B", D),
            **{name: ("B", size) for name, size in state.items()},
        },
        outputs=("mixture", "window", *(f"next_{name}" for name in state)),
        test_sizes=({"B": 1}, {"B": 3}),
        metadata=metadata("reader"),
        part="pen",
    )


def metadata(part_of_writers: str) -> dict[str, str]:
    """Tell where the numbers come from, with every file."""
    return {
        "neuropil": "handwrite",
        "alphabet": ALPHABET,
        "licence": "research, non-commercial (IAM-OnDB)",
        "data": f"IAM On-Line Handwriting Database, the writers of the part '{part_of_writers}'",
    }


def output_length(points: Tensor) -> Tensor:
    """Count the reader's places for lines of so many points."""
    return (points + 1) // 2


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely the text is, over all alignments of it to the places (CTC)."""
    log_p = network(batch["strokes"]).float().log_softmax(dim=2).transpose(0, 1)  # (U, B, N)
    n_points, n_labels = batch["lengths"].long().unbind(dim=1)
    labels = batch["labels"].long()
    loss: Tensor = ctc_loss(log_p, labels, output_length(n_points), n_labels, zero_infinity=True)
    return loss


@torch.no_grad()
def score(network: nn.Module, examples: Split[LineSet]) -> dict[str, float]:
    """Read lines of writers that nobody learned from, real and composed: character error rates."""
    held = examples.held_out
    every = max(1, len(held.lines) // LOOKED_AT)
    real = [(line.line[:, :3], line.text) for line in held.lines[::every]]
    composed = [(normalize(line[:, :3]), text) for line, text in held.composed]
    return {
        "character_error_rate": read_error_rate(network, real),
        "composed_error_rate": read_error_rate(network, composed),
    }


def read_error_rate(network: nn.Module, pairs: list[tuple[Line, str]]) -> float:
    """Read normalized lines (P, 3): the character error rate."""
    chosen = sorted(pairs, key=lambda pair: len(pair[0]))
    read: list[str] = []
    for start in range(0, len(chosen), 32):
        some = chosen[start : start + 32]
        read += read_lines(network, [stroke_features(resample(line)) for line, _ in some])
    return character_error_rate(read, [text for _, text in chosen])


@torch.no_grad()
def read_lines(network: nn.Module, lines: list[Any]) -> list[str]:
    """Read several lines at once."""
    arrays = batches.collate([(line, "") for line in lines])
    device = next(network.parameters()).device
    logits = network(torch.from_numpy(arrays["strokes"]).to(device)).float().cpu().numpy()
    return [
        greedy_decode(row[: (len(line) + 1) // 2])
        for row, line in zip(np.asarray(logits), lines, strict=True)
    ]


def writer_loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how unlikely each next point is, in nats, and how unclear whose hand it is."""
    assert isinstance(network, HandwritingModel)
    nats, astray, style = loss_terms(network, batch)
    whose = cross_entropy(network.whose(style).float(), batch["writer"].long())
    return nats + ALIGNMENT_WEIGHT * astray + WRITER_LOSS_WEIGHT * whose


def loss_terms(
    network: HandwritingModel, batch: Mapping[str, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Give the mean of -log p(next point), how far windows are astray, and the styles (B, D)."""
    strokes, n_points = batch["strokes"], batch["lengths"][:, 0]
    B, T, _ = strokes.shape
    style = network.hand(batch["shown"], valid_mask(batch["shown_lengths"][:, 0], batch["shown"]))
    text = one_hot(append_end(batch), A).float()
    before = torch.cat([torch.zeros_like(strokes[:, :1]), strokes[:, :-1]], dim=1)
    mixtures, windows = network(before * strokes.new_tensor(FEATURE_SCALE), text, style, n_points)
    there = valid_mask(n_points, strokes)
    last = torch.arange(T, device=strokes.device) == n_points[:, None] - 1
    pen = torch.where(last, 2, strokes[..., 3].long())
    per_point = -log_likelihood(mixtures.float(), strokes[..., :2], pen)
    nats = (per_point * there).sum() / there.sum()
    return nats, alignment_loss(windows.float(), batch["places"]), style


def alignment_loss(windows: Tensor, places: Tensor) -> Tensor:
    """Measure by how many characters windows (B, T, S) miss places (B, T), beyond TOLERATED.

    It teaches the window to move with the text, which takes many times as long to find out from the
    strokes alone.
    """
    u = torch.arange(windows.shape[2], device=windows.device, dtype=windows.dtype)
    center = (windows * u).sum(dim=2) / windows.sum(dim=2).clamp_min(1e-6)
    known = (places >= 0).to(windows.dtype)
    miss = torch.relu((center - places).abs() - TOLERATED) * known
    return miss.sum() / known.sum().clamp_min(1)


def valid_mask(n_points: Tensor, strokes: Tensor) -> Tensor:
    """Mark where lines have points: (B, T) of 1 and 0."""
    places = torch.arange(strokes.shape[1], device=strokes.device)
    return (places < n_points[:, None]).to(strokes.dtype)


def append_end(batch: Mapping[str, Tensor]) -> Tensor:
    """Number the characters (B, S + 1); 0 follows the last."""
    return pad(batch["labels"].long(), (0, 1))


def log_likelihood(mixtures: Tensor, steps: Tensor, pen: Tensor) -> Tensor:
    """Give log p of a step (B, T, 2) and the pen's state (B, T): equations 23 to 26 of Graves 2013.

    The pen is down, up, or up for good (0, 1, 2), where Graves has one bit.
    """
    weight, mx, my, sx, sy, r = torch.split(mixtures[..., : 6 * M], M, dim=-1)
    rho = MAX_CORRELATION * torch.tanh(r)
    dx, dy = steps[..., :1] * FEATURE_SCALE[0] - mx, steps[..., 1:] * FEATURE_SCALE[1] - my
    x, y = dx * torch.exp(-sx), dy * torch.exp(-sy)
    left = 1 - rho * rho
    z = x * x + y * y - 2 * rho * x * y
    log_n = -z / (2 * left) - math.log(2 * math.pi) - sx - sy - 0.5 * torch.log(left)
    log_p = torch.logsumexp(torch.log_softmax(weight, dim=-1) + log_n, dim=-1)
    log_pen = torch.log_softmax(mixtures[..., 6 * M :], dim=-1).gather(-1, pen[..., None])[..., 0]
    return log_p + log_pen


@torch.no_grad()
def writer_score(network: nn.Module, examples: Split[LineSet]) -> dict[str, float]:
    """Write lines of writers that nobody learned from: nats a point."""
    assert isinstance(network, HandwritingModel)
    total = []
    for i in range(4):
        arrays = batches.held_out_batch(examples, TrainingStep(step=i), 48)
        device = next(network.parameters()).device
        batch = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
        nats, astray, _ = loss_terms(network, batch)
        total.append((nats.item(), astray.item()))
    nats_per_point, off = np.mean(total, axis=0)
    return {"nats_per_point": float(nats_per_point), "characters_off": float(off)}
