"""How good the pictures are: mouths set into test clips, beside the true ones.

    library = build_library(clips)
    pictures = dub_clip(clip, shelf, library, wanted)
    compare_mouths(clip, pictures)

The points are those of the data, so that finder and landmarks have no part in these figures.

F  frames
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.compositing import compose
from neuropil.apps.lipsync.dubbing import SHAPE_WEIGHTS, make_shelf
from neuropil.apps.lipsync.lab.data import SpeakerFilm
from neuropil.apps.lipsync.library import LibraryBuilder, MouthLibrary, measure_light, poses
from neuropil.apps.lipsync.preprocess import Pixels
from neuropil.apps.lipsync.retrieval import Shelf, Targets, choose_mouths
from neuropil.apps.lipsync.shapes import MOUTH, Numbers, Points
from neuropil.apps.lipsync.survey import measure_mouths

WIDE, HIGH = 64, 48  # pixels of the window around the mouth
ORANGE = 4.0  # red over blue, from which a clip has an orange cast and is no example
RING = 10  # pixels of the band around the window in which the seam lies


@dataclass(frozen=True, eq=False)
class ShownClip:
    """A clip with pictures, and its points in them (F, 68, 2)."""

    film: SpeakerFilm
    points: Points

    @property
    def has_cast(self) -> bool:
        """Tell a clip whose colors are orange."""
        red, _, blue = np.mean(self.film.frames[0], axis=(0, 1))
        return bool(red > ORANGE * blue)


@dataclass(frozen=True)
class PictureScores:
    """What pictures are like beside the true ones: means over all frames.

    psnr: dB at the mouth; sharpness: gradient energy over the true; seam: the same in the band
    around; flicker: change from frame to frame over the true
    """

    psnr: float
    sharpness: float
    seam: float
    flicker: float


def build_library(clips: Sequence[ShownClip]) -> tuple[MouthLibrary, Shelf]:
    """Cut the mouths out of clips, and put them in order for retrieval."""
    builder = LibraryBuilder()
    number = 0
    for clip in clips:
        for pixels, points in zip(clip.film.frames, clip.points, strict=False):
            builder.add(number, pixels, points)
            number += 1
        number += 1  # frames of two clips do not follow each other
    library = builder.finish()
    return library, make_shelf(library, measure_mouths(library.points.astype(np.float64)))


def choose_nearest(targets: Targets, shelf: Shelf) -> NDArray[np.int64]:
    """Choose for each frame the mouth of the nearest shape, whatever comes before it."""
    frames = range(len(targets.shapes))
    return np.array([shelf.match_costs(targets, k).argmin() for k in frames], np.int64)


def ask_for(clip: ShownClip, wanted: Numbers) -> Targets:
    """Ask for mouths (F, 10) in the poses of a clip."""
    shown = zip(clip.film.frames, clip.points, strict=False)
    lights = np.stack([measure_light(pixels, points) for pixels, points in shown])
    n = min(len(wanted), len(lights))
    return Targets(wanted[:n] * np.array(SHAPE_WEIGHTS), poses(clip.points[:n]), lights[:n])


def dub_clip(clip: ShownClip, library: MouthLibrary, mouths: NDArray[np.int64]) -> list[Pixels]:
    """Set chosen mouths into the frames of a clip."""
    return [
        compose(pixels, points, library.decode(mouth), library.points[mouth].astype(np.float64))
        for pixels, points, mouth in zip(
            clip.film.frames, clip.points, mouths.tolist(), strict=False
        )
    ]


def choose_with_continuity(targets: Targets, shelf: Shelf) -> NDArray[np.int64]:
    """Choose mouths as the application does."""
    return choose_mouths(targets, shelf)


def average_mouths(
    clip: ShownClip, library: MouthLibrary, targets: Targets, shelf: Shelf, n: int = 5
) -> list[Pixels]:
    """Set in the mean of the n nearest mouths: sharp is what it is not."""
    made = []
    for k in range(len(targets.shapes)):
        nearest = np.argsort(shelf.match_costs(targets, k))[:n]
        pictures = [
            compose(
                clip.film.frames[k],
                clip.points[k],
                library.decode(int(m)),
                library.points[m].astype(np.float64),
            )
            for m in nearest
        ]
        made.append(np.mean(pictures, axis=0).round().astype(np.uint8))
    return made


def compare_mouths(clip: ShownClip, made: Sequence[Pixels]) -> PictureScores:
    """Compare the mouths of finished pictures with the true ones."""
    scores = []
    before: tuple[Numbers, Numbers] | None = None
    for pixels, true, points in zip(made, clip.film.frames, clip.points, strict=False):
        (x, y), outer = place_window(points, true.shape)
        a, b = (each[y : y + HIGH, x : x + WIDE].astype(np.float64) for each in (pixels, true))
        psnr = 10 * np.log10(255**2 / max(((a - b) ** 2).mean(), 1e-3))
        grey = to_light(a), to_light(b)
        ring = [to_light(each[outer].astype(np.float64)) for each in (pixels, true)]
        seam = band_energy(ring[0]) / max(band_energy(ring[1]), 1e-9)
        flicker = (
            np.nan
            if before is None
            else ((grey[0] - before[0]) ** 2).mean() / max(((grey[1] - before[1]) ** 2).mean(), 0.5)
        )
        before = grey
        scores.append((psnr, energy(grey[0]) / energy(grey[1]), seam, flicker))
    table = np.array(scores)
    means = [*table[:, :3].mean(axis=0), np.nanmedian(table[:, 3])]
    return PictureScores(*map(float, means))


def place_window(
    points: Points, shape: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[slice, slice]]:
    """Place the window of the mouth in a frame: its corner, and a larger one with the seam."""
    height, width = shape[:2]
    center = np.round(points[MOUTH].mean(axis=0)).astype(int)
    x = int(np.clip(center[0] - WIDE // 2, 0, width - WIDE))
    y = int(np.clip(center[1] - HIGH // 2, 0, height - HIGH))
    rows = slice(max(0, y - RING), min(height, y + HIGH + 2 * RING))
    columns = slice(max(0, x - 2 * RING), min(width, x + WIDE + 2 * RING))
    return (x, y), (rows, columns)


def to_light(pixels: Numbers) -> Numbers:
    """Weigh red, green and blue to the light that is seen."""
    light: Numbers = pixels @ np.array([0.299, 0.587, 0.114])
    return light


def energy(light: Numbers) -> float:
    """Add up the squared differences of neighbors, in both directions."""
    across, down = np.diff(light, axis=1), np.diff(light, axis=0)
    return float((across**2).sum() + (down**2).sum())


def band_energy(light: Numbers) -> float:
    """Add up the squared differences of neighbors in the band around the window of the mouth."""
    inner = light[RING : -2 * RING, 2 * RING : -2 * RING]
    return max(energy(light) - energy(inner), 0.0)
