"""Sounds laid over each other: gain, place between two loudspeakers, crossfades, a limit of peaks.

Dimension key: N samples, C channels.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.audio.filtering import Samples, filter_blocks

OVERSAMPLING = 4  # at which peaks between the samples are seen, as R128 does
ATTACK_MS, RELEASE_MS = 5, 80  # of the limiter
MARGIN_DB = 0.3  # that the way back to the rate may add to a peak


def to_gain(decibels: float) -> float:
    """Turn decibels into the factor of an amplitude."""
    return float(10 ** (decibels / 20))


def pan(mono: NDArray[np.float32], place: float) -> Samples:
    """Place one channel (N,) between two loudspeakers, (N, 2): -1 left, 0 middle, 1 right.

    Power stays the same everywhere: left = cos θ, right = sin θ, θ from 0 to π/2.
    """
    angle = (place + 1) * np.pi / 4
    return np.outer(mono, [np.cos(angle), np.sin(angle)]).astype(np.float32)


def fade_curve(n: int) -> NDArray[np.float32]:
    """Give a rising fade (n,) of equal power: with the falling one, f² + g² = 1 at each sample."""
    return np.sin((np.arange(n) + 0.5) / max(n, 1) * np.pi / 2).astype(np.float32)


def fade(samples: Samples, n_in: int, n_out: int) -> Samples:
    """Fade a sound (N, C) in over its first samples and out over its last, in a copy."""
    faded = samples.copy()
    n_in, n_out = min(n_in, len(samples)), min(n_out, len(samples))
    faded[:n_in] *= fade_curve(n_in)[:, None]
    faded[len(samples) - n_out :] *= fade_curve(n_out)[::-1, None]
    return faded


def crossfade(first: Samples, second: Samples, n: int) -> Samples:
    """Join two sounds (N, C) so that they lie over each other for n samples, at equal power."""
    n = min(n, len(first), len(second))
    before, after = fade(first, 0, n), fade(second, n, 0)
    overlap = before[len(first) - n :] + after[:n]
    return np.concatenate([before[: len(first) - n], overlap, after[n:]])


def repeat_loop(loop: Samples, start: int, n: int) -> Samples:
    """Take n samples from any place on of a sound (N, C) that begins again where it ends."""
    return loop[np.arange(start, start + n) % len(loop)]


def mix_in(block: Samples, sound: Samples, offset: int) -> None:
    """Add what of a sound (N, C) falls into a block, which begins `offset` samples before it.

    offset: negative where the sound has begun before the block
    """
    first, last = max(offset, 0), min(offset + len(sound), len(block))
    if first < last:
        block[first:last] += sound[first - offset : last - offset]


def limit_peaks(
    blocks: Iterable[Samples], rate: int, channels: int, ceiling_db: float
) -> Iterator[Samples]:
    """Hold the true peak of blocks (N, C) at a ceiling in dBTP; quiet passages stay as they are."""
    limit = to_gain(ceiling_db - MARGIN_DB)
    settings = f"limit={limit:.6f}:attack={ATTACK_MS}:release={RELEASE_MS}:level=0:latency=1"
    return filter_blocks(
        blocks,
        rate,
        channels,
        ("aresample", str(rate * OVERSAMPLING)),
        ("alimiter", settings),
        ("aresample", str(rate)),
    )
