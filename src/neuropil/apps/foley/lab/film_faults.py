"""What films have that the camera did not see: grain, age, compression, frames shown twice.

T frames   H, W pixels
"""

import io

import numpy as np

from neuropil.apps.foley.lab.actors import Random
from neuropil.apps.foley.motion import Bytes

OLD = 0.35  # share of clips that look like old films
COMPRESSED, ROUGHNESS = 0.6, (22, 38)  # share of clips that are, and by which crf of H.264
REPEATED = 0.2  # share of clips in which frames are shown twice
EVERY = 3, 7  # one frame in so many is


def spoil(frames: Bytes, rng: Random) -> Bytes:
    """Give a clip (T, H, W) the faults that films have."""
    made = age(frames, rng) if rng.random() < OLD else add_grain(frames, rng.uniform(0, 5), rng)
    if rng.random() < REPEATED:
        made = repeat_frames(made, rng)
    return compress(made, int(rng.integers(*ROUGHNESS))) if rng.random() < COMPRESSED else made


def repeat_frames(frames: Bytes, rng: Random) -> Bytes:
    """Show the frame before in place of one in a few, as films of another rate do."""
    every = int(rng.integers(*EVERY))
    chosen = np.arange(len(frames))
    chosen[int(rng.integers(1, every)) :: every] -= 1
    return frames[chosen]


def compress(frames: Bytes, crf: int) -> Bytes:
    """Encode and decode: small motion is lost, and comes back all at once at a key frame."""
    import av

    file = io.BytesIO()
    T, H, W = frames.shape
    with av.open(file, "w", format="matroska") as target:
        # without the macroblock tree, which differs from run to run
        options = {"crf": str(crf), "preset": "veryfast", "x264-params": "mbtree=0:keyint=40"}
        stream = target.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = W, H, "yuv420p"
        stream.thread_count = 1
        for levels in frames:
            target.mux(stream.encode(av.VideoFrame.from_ndarray(levels, format="gray")))
        target.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as source:
        decoded = [frame.to_ndarray(format="gray") for frame in source.decode(video=0)]
    return np.stack(decoded)


def add_grain(frames: Bytes, size: float, rng: Random) -> Bytes:
    """Add noise to every pixel."""
    noise = rng.normal(0, size, frames.shape).astype(np.float32)
    return (frames + noise).clip(0, 255).astype(np.uint8)


def age(frames: Bytes, rng: Random) -> Bytes:
    """Make frames look like those of an old film."""
    T, TALL, WIDE = frames.shape
    flicker = 1 + rng.normal(0, rng.uniform(0.01, 0.12), (T, 1, 1))
    made = frames * flicker.astype(np.float32)
    made = add_grain(made.clip(0, 255).astype(np.uint8), rng.uniform(3, 14), rng).copy()
    for _ in range(int(rng.integers(0, 5))):  # scratches, each for some frames
        first = int(rng.integers(0, T))
        column = int(rng.integers(0, WIDE))
        for n in range(first, min(T, first + int(rng.integers(1, 20)))):
            column = int(np.clip(column + rng.integers(-1, 2), 0, WIDE - 1))
            made[n, :, column] = rng.choice([20, 235])
    for n in choose_frames(T, 0.6, rng):  # dust, of one frame each
        size = int(rng.integers(1, 9))
        row, column = int(rng.integers(0, TALL - size)), int(rng.integers(0, WIDE - size))
        made[n, row : row + size, column : column + size] = rng.choice([15, 240])
    for n in choose_frames(T, 0.15, rng):  # the picture jumps
        made[n] = np.roll(made[n], int(rng.integers(-2, 3)), axis=0)
    return made


def choose_frames(T: int, most: float, rng: Random) -> list[int]:
    """Choose frames that something befalls, of some clips many, of others few."""
    found: list[int] = np.flatnonzero(rng.random(T) < rng.uniform(0, most)).tolist()
    return found
