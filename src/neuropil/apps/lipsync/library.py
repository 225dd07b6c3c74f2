"""The mouths of a person: frames of the lower face, cut out of a film, and what each shows.

    builder = LibraryBuilder()
    builder.add(number, pixels, points)         # frame by frame, where the face is there
    library = builder.finish()
    library.decode(7)                           # the crop (h, w, 3) of the eighth mouth

Crops are kept as JPEG of high quality, so that half an hour of film fits into memory. Of longer
films runs of frames are kept, evenly spread: what is copied are moments that follow each other.

N  mouths
"""

import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.apps.lipsync.preprocess import Pixels, shrink_and_warp
from neuropil.apps.lipsync.shapes import (
    MOUTH,
    Numbers,
    Points,
    eye_distances,
    transform,
)

QUALITY = 95  # of JPEG
MOST = 4500  # mouths that are kept: three minutes at 25 frames a second
RUN = 25  # frames of a run, where not all are kept
ABOVE, BESIDE, BELOW = 0.35, 0.35, 0.75  # eye distances around the points of jaw and nose
THUMBNAIL = (16, 12)  # pixels, by which two mouths are compared
THUMB_WIDE = 1.5  # eye distances that a thumbnail is wide
AROUND = (0.6, 0.75, 0.85)  # of the way from the lips to the jaw, where light is measured
DARKEST = 4.0  # levels that are added before the logarithm, so that noise is no light
LOWER_FACE = (*range(1, 16), 30, *range(31, 36), *range(48, 68))


@dataclass(frozen=True, eq=False)
class MouthLibrary:
    """Mouths of one person.

    crops: JPEG files
    points: (N, 68, 2) in pixels of each crop
    frames: (N,) numbers of the frames that they were cut from
    thumbnails: (N, 192) grey, of the mouth alone in one pose, mean 0 and deviation 1
    lights: (N, 3) the logarithm of the mean red, green and blue of the skin around the mouth
    """

    crops: tuple[bytes, ...]
    points: NDArray[np.float32]
    frames: NDArray[np.int64]
    thumbnails: NDArray[np.float32]
    lights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.crops)

    def decode(self, number: int) -> Pixels:
        """Decode a crop: (h, w, 3)."""
        return np.asarray(Image.open(io.BytesIO(self.crops[number])).convert("RGB"))

    def follows(self) -> NDArray[np.bool_]:
        """Tell of each mouth but the first whether it is the next frame of the one before: (N,)."""
        return np.concatenate([[False], np.diff(self.frames) == 1])

    def lights_at(self, frames: NDArray[np.integer]) -> Numbers:
        """Give the light of frames (F,) of the film itself, or of the nearest kept: (F, 3)."""
        middles = (self.frames[1:] + self.frames[:-1]) / 2
        return self.lights[np.searchsorted(middles, frames)].astype(np.float64)


@dataclass(eq=False)
class LibraryBuilder:
    """Collects mouths; where they become too many, every second run of them is left out."""

    crops: list[bytes] = field(default_factory=list)
    points: list[Points] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    thumbnails: list[Numbers] = field(default_factory=list)
    lights: list[Numbers] = field(default_factory=list)
    stride: int = 1  # one run in so many is kept

    def add(self, number: int, pixels: Pixels, points: Points) -> None:
        """Cut the lower face out of a frame (H, W, 3), where its points (68, 2) lie."""
        if number // RUN % self.stride:
            return
        if len(self.crops) >= MOST:
            self._thin()
            self.add(number, pixels, points)
            return
        (x0, y0, x1, y1), crop = cut_lower_face(pixels, points)
        self.crops.append(encode(crop))
        self.points.append(points - np.array([x0, y0]))
        self.frames.append(number)
        self.thumbnails.append(draw_thumbnail(pixels, points))
        self.lights.append(measure_light(pixels, points))

    def _thin(self) -> None:
        self.stride *= 2
        kept = [n for n, frame in enumerate(self.frames) if frame // RUN % self.stride == 0]
        self.crops = [self.crops[n] for n in kept]
        self.points = [self.points[n] for n in kept]
        self.frames = [self.frames[n] for n in kept]
        self.thumbnails = [self.thumbnails[n] for n in kept]
        self.lights = [self.lights[n] for n in kept]

    def finish(self) -> MouthLibrary:
        """Give the library."""
        return MouthLibrary(
            tuple(self.crops),
            np.array(self.points, np.float32).reshape(-1, 68, 2),
            np.array(self.frames, np.int64),
            np.array(self.thumbnails, np.float32).reshape(-1, THUMBNAIL[0] * THUMBNAIL[1]),
            np.array(self.lights, np.float32).reshape(-1, 3),
        )


def cut_lower_face(pixels: Pixels, points: Points) -> tuple[tuple[int, int, int, int], Pixels]:
    """Cut the lower face out of a frame, with room around it: the box, and its pixels."""
    height, width, _ = pixels.shape
    unit = float(eye_distances(points[None])[0])
    face = points[list(LOWER_FACE)]
    (x0, y0), (x1, y1) = face.min(axis=0), face.max(axis=0)
    left, right = max(0, int(x0 - BESIDE * unit)), min(width, int(x1 + BESIDE * unit) + 2)
    top, below = max(0, int(y0 - ABOVE * unit)), min(height, int(y1 + BELOW * unit) + 2)
    left, top = min(left, width - 1), min(top, height - 1)
    right, below = max(right, left + 1), max(below, top + 1)
    return (left, top, right, below), pixels[top:below, left:right]


def encode(crop: Pixels) -> bytes:
    """Encode a crop as JPEG, its colors as fine as its light."""
    file = io.BytesIO()
    Image.fromarray(crop).save(file, "JPEG", quality=QUALITY, subsampling=0)
    return file.getvalue()


def draw_thumbnail(pixels: Pixels, points: Points) -> Numbers:
    """Draw the mouth of a frame small, upright and grey: (192,), mean 0 and deviation 1."""
    wide, high = THUMBNAIL
    unit = float(eye_distances(points[None])[0])
    scale = wide / (THUMB_WIDE * unit)
    level = level_face(points)
    middle = transform(points[MOUTH].mean(axis=0)[None], level)[0]
    matrix = level * scale
    matrix[:, 2] = scale * (level[:, 2] - middle) + np.array([wide / 2, high / 2])
    (x0, y0, _, _), crop = cut_lower_face(pixels, points)
    moved = np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ [x0, y0]])
    part = Image.fromarray(crop).convert("L")
    small = np.asarray(shrink_and_warp(part, moved, THUMBNAIL), np.float64).ravel()
    normal: Numbers = (small - small.mean()) / max(small.std(), 1.0)
    return normal


def measure_light(pixels: Pixels, points: Points) -> Numbers:
    """Measure the light on the skin around the mouth: (3,), logarithms of red, green and blue."""
    lips = points[48:60].mean(axis=0)
    between = [lips + part * (points[4:13] - lips) for part in AROUND]
    spots = np.concatenate(between).round().astype(int)
    height, width, _ = pixels.shape
    x, y = spots[:, 0].clip(0, width - 1), spots[:, 1].clip(0, height - 1)
    made: Numbers = np.log(pixels[y, x].mean(axis=0, dtype=np.float64) + DARKEST)
    return made


def level_face(points: Points) -> Numbers:
    """Make the turn (2, 3) that brings the eyes of a face level, about the origin."""
    right, left = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    x, y = (left - right) / np.linalg.norm(left - right)
    return np.array([[x, y, 0.0], [-y, x, 0.0]])


def poses(points: Points) -> Numbers:
    """Measure how faces (N, 68, 2) are turned: (N, 3), each about 0 to 0.5 either way.

    The roll of the eyes in radians, and how far the tip of the nose lies beside and below the
    middle of the eyes, in distances of the eyes. Of the eyes their corners are taken, which neither
    lids nor the jaw move.
    """
    found = []
    for face in points:
        right, left = face[[36, 39]].mean(axis=0), face[[42, 45]].mean(axis=0)
        across = (left - right) / np.linalg.norm(left - right)
        beside, below = face[30] - (right + left) / 2, np.array([-across[1], across[0]])
        unit = float(eye_distances(face[None])[0])
        roll = np.arctan2(across[1], across[0])
        found.append([roll, beside @ across / unit, beside @ below / unit])
    return np.array(found).reshape(-1, 3)
