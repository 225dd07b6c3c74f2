"""FFmpeg's filters of sound, fed with arrays: resampling, loudness, limiting.

    chain = FilterChain(48_000, 2, ("aresample", "16000"))
    for frame in chain.push(block): ...
    for frame in chain.flush(): ...

PyAV is imported once there is a chain.

Dimension key: N samples, C channels.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av import AudioFrame

Samples = NDArray[np.float32]  # (N, C), from -1 to 1
BLOCK = 65_536  # samples at once, so that no filter has to hold a long recording


def name_layout(channels: int) -> str:
    """Name a layout of speakers as FFmpeg does."""
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")


class FilterChain:
    """Filters one after the other, which take blocks and give frames as they become ready.

    rate: of what goes in, in Hz
    channels: of what goes in
    filters: the name and the arguments of each, in FFmpeg's spelling
    """

    def __init__(self, rate: int, channels: int, *filters: tuple[str, str]) -> None:
        from av.filter import Graph

        self._rate, self._layout = rate, name_layout(channels)
        self._pushed = 0
        self._graph = Graph()
        source = self._graph.add_abuffer(
            sample_rate=rate, format="fltp", layout=self._layout, time_base=Fraction(1, rate)
        )
        nodes = [self._graph.add(name, arguments) for name, arguments in filters]
        last = self._graph.add("aformat", "sample_fmts=fltp")
        self._graph.link_nodes(source, *nodes, last, self._graph.add("abuffersink")).configure()

    def push(self, samples: Samples) -> "Iterator[AudioFrame]":
        """Push samples (N, C) of any number, and give the frames that are ready."""
        from av import AudioFrame

        for start in range(0, len(samples), BLOCK):
            block: Any = np.ascontiguousarray(samples[start : start + BLOCK].T, np.float32)
            frame = AudioFrame.from_ndarray(block, "fltp", self._layout)
            frame.sample_rate, frame.time_base = self._rate, Fraction(1, self._rate)
            frame.pts = self._pushed
            self._pushed += block.shape[1]
            self._graph.push(frame)
            yield from self._pull()

    def flush(self) -> "Iterator[AudioFrame]":
        """Give what is left; nothing can be pushed afterwards."""
        self._graph.push(None)
        yield from self._pull()

    def _pull(self) -> "Iterator[AudioFrame]":
        import av

        while True:
            try:
                frame: Any = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield frame


def filter_blocks(
    blocks: Iterable[Samples], rate: int, channels: int, *filters: tuple[str, str]
) -> Iterator[Samples]:
    """Send blocks (N, C) through filters; what comes out are blocks (N', C)."""
    chain = FilterChain(rate, channels, *filters)
    for block in blocks:
        yield from map(to_samples, chain.push(block))
    yield from map(to_samples, chain.flush())


def to_samples(frame: "AudioFrame") -> Samples:
    """Take the samples (N, C) of a frame of planes of floats."""
    return np.ascontiguousarray(frame.to_ndarray().T, np.float32)
