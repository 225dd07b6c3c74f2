"""What the speech network is compared with: ridge regression, and a small LSTM with the same sound.

Both hear 26 log-mel bands of 25 ms around each frame, normalized over all clips, and learn from the
same clips as ours. The LSTM has 69,340 weights, looks 160 ms ahead and trains for 20 CPU seconds.

N  clips     F  frames     K  numbers of a mouth
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import RATE
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import Numbers
from neuropil.kit.audio.mel import MelSettings, mel_weights

BANDS, WINDOW, FFT = 26, 400, 512
BACK, AHEAD_OF_RIDGE = 6, 6  # frames
RIDGE = 300.0
AHEAD, HALVES, CELLS = 4, 2, 107  # frames of look-ahead, columns of a frame, cells
SECONDS = 20.0  # of the CPU
CLIPS = 32  # of a batch
RATE_OF_LEARNING = 4e-3


def frame_bands(samples: NDArray[np.float32], frames: int, fps: float, halves: int = 1) -> Floats:
    """Compute log-mel bands (F * halves, 26) around the middle of frames or their halves."""
    moments = (np.arange(frames * halves) + 0.5) / (fps * halves)
    start = np.round(moments * RATE).astype(int) - WINDOW // 2
    pad = WINDOW + 1
    padded = np.pad(samples, (pad, pad + max(0, int(start[-1]) + WINDOW - len(samples))))
    parts = padded[(start + pad)[:, None] + np.arange(WINDOW)] * np.hanning(WINDOW)
    power = np.abs(np.fft.rfft(parts, FFT)) ** 2
    weights = mel_weights(MelSettings(RATE, FFT, 1, BANDS, 60.0, 7600.0))
    return np.log(power @ weights.T + 1e-6).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Ridge:
    """A linear map with an intercept."""

    weights: Numbers
    intercept: Numbers

    @classmethod
    def fit(cls, inputs: Numbers | Floats, outputs: Numbers, penalty: float) -> "Ridge":
        """Solve (X'X + penalty) W = X'Y for centered inputs (N, I) and outputs (N, K)."""
        mean, center = inputs.mean(axis=0, dtype=np.float64), outputs.mean(axis=0)
        centered = inputs - mean
        gram = centered.T @ centered + penalty * np.eye(inputs.shape[1])
        weights = np.linalg.solve(gram, centered.T @ (outputs - center))
        return cls(weights, center - mean @ weights)

    def __call__(self, inputs: Numbers | Floats) -> Numbers:
        """Map inputs (.., I) to outputs (.., K)."""
        return inputs @ self.weights + self.intercept


def stack_frames(bands: Floats) -> Floats:
    """Set the bands (N, F, 26) of six frames before and after beside those of each."""
    n = bands.shape[1]
    padded = np.pad(bands, ((0, 0), (BACK, AHEAD_OF_RIDGE), (0, 0)), mode="edge")
    return np.concatenate([padded[:, k : k + n] for k in range(BACK + AHEAD_OF_RIDGE + 1)], -1)


def fit_ridge(bands: Floats, mouths: Numbers) -> Ridge:
    """Fit ridge regression to bands (N, F, 26) and mouths (N, F, K)."""
    inputs = stack_frames(bands)
    return Ridge.fit(
        inputs.reshape(-1, inputs.shape[-1]), mouths.reshape(-1, mouths.shape[-1]), RIDGE
    )


@dataclass(eq=False)
class SmallLstm:
    """The small LSTM, trained: bands (N, 2 F, 26) to mouths (N, F, K)."""

    network: Any
    mean: Numbers
    spread: Numbers

    def __call__(self, bands: Floats) -> Numbers:
        """Say mouths (N, F, K)."""
        import torch

        with torch.no_grad():
            told = run_small(self.network, torch.from_numpy(lengthen(bands))).numpy()
        made: Numbers = told * self.spread + self.mean
        return made


def lengthen(bands: Floats) -> Floats:
    """Put the two halves of each frame side by side, and let the end go on: (N, F + 4, 52)."""
    joined = bands.reshape(len(bands), -1, BANDS * HALVES)
    return np.concatenate([joined, np.repeat(joined[:, -1:], AHEAD, axis=1)], axis=1)


def run_small(network: Any, given: Any) -> Any:
    """Run the LSTM over (N, F + 4, 52), its first outputs left out."""
    return network[1](network[0](given)[0])[:, AHEAD:]


def train_small(bands: Floats, mouths: Numbers, seconds: float = SECONDS) -> SmallLstm:
    """Train the small LSTM for so many seconds of the CPU."""
    import torch
    from torch import nn

    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        lstm = nn.LSTM(BANDS * HALVES, CELLS, batch_first=True)
        network = nn.ModuleList([lstm, nn.Linear(CELLS, mouths.shape[-1])])
    mean, spread = mouths.mean(axis=(0, 1)), mouths.std(axis=(0, 1))
    known = torch.from_numpy(((mouths - mean) / spread).astype(np.float32))
    given = torch.from_numpy(lengthen(bands))
    optimizer = torch.optim.Adam(network.parameters(), RATE_OF_LEARNING)
    started = time.process_time()
    while (share := (time.process_time() - started) / seconds) <= 1:
        for group in optimizer.param_groups:
            group["lr"] = RATE_OF_LEARNING * (0.5 + 0.5 * np.cos(np.pi * share)) + 1e-5
        for some in torch.split(torch.randperm(len(given), generator=generator), CLIPS):
            x = given[some]
            loud = 0.15 * torch.randn(len(x), 1, x.shape[-1], generator=generator)
            noise = 0.1 * torch.randn(x.shape, generator=generator)
            off = (run_small(network, x + loud + noise) - known[some]).square().mean()
            optimizer.zero_grad()
            torch.autograd.backward(off)
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
    return SmallLstm(network, mean, spread)
