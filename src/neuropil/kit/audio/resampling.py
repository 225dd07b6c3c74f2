"""Another number of samples a second, by FFmpeg's resampler.

Dimension key: N samples, C channels.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from neuropil.kit.audio.filtering import Samples, filter_blocks


def resample_blocks(
    blocks: Iterable[Samples], rate: int, wanted: int, channels: int
) -> Iterator[Samples]:
    """Resample blocks (N, C) that follow each other, from one rate in Hz to another."""
    if rate == wanted:
        return iter(blocks)
    return filter_blocks(blocks, rate, channels, ("aresample", str(wanted)))


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """Resample a whole recording (N, C); it has N · wanted / rate samples, rounded."""
    if rate == wanted or len(samples) == 0:
        return samples
    N, C = samples.shape
    length = round(N * wanted / rate)
    blocks = list(resample_blocks([samples], rate, wanted, C))
    whole = np.concatenate(blocks)[:length]
    return np.pad(whole, ((0, length - len(whole)), (0, 0)))
