"""Faces followed through a film: where the points of each lie in every frame, and where none is.

    tracker = FaceTracker(run_finder, run_points)
    for pixels in frames:
        tracker.add(pixels)
    tracks = tracker.finish()           # the longest first
    tracks[0].points, tracks[0].is_there

A face is followed by its points, each looked for where the last ones were; the finder looks for new
ones now and then, and in every frame that has none.

F  frames
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.finder import find_faces, overlaps
from neuropil.apps.lipsync.landmarks import RunPoints, find_boxed_points, find_points
from neuropil.apps.lipsync.preprocess import Floats, Pixels, map_of_points
from neuropil.apps.lipsync.shapes import MOUTH, N_POINTS, Numbers, eye_distances

LOOK_AGAIN = 12  # frames, after which the finder looks for further faces
STAYS = 0.5  # probability of a face, from which its points are believed
SAME = 0.3  # overlap of two boxes, above which they are one face
MOST = 6  # faces that are followed at once
FORGET = 50  # frames after which a face that was lost is another one when it comes back
SMALLEST = 4.0  # pixels between the eyes, below which points are noise
MOUTH_KERNEL = (1.0, 2.0, 1.0)  # weights in time that points of the mouth are smoothed by
POSE_KERNEL = (1.0, 3.0, 5.0, 6.0, 5.0, 3.0, 1.0)  # and all others, which move more slowly


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """A face through a film.

    points: (F, 68, 2) in pixels, smoothed over time; NaN where it is not there
    is_there: (F,)
    """

    points: Numbers
    is_there: NDArray[np.bool_]

    @property
    def size(self) -> float:
        """Give the median distance of the eyes, in pixels."""
        return float(np.median(eye_distances(self.points[self.is_there])))

    @property
    def width(self) -> float:
        """Give the median width of the face, in pixels."""
        seen = self.points[self.is_there]
        return float(np.median(np.ptp(seen[:, :, 0], axis=1)))


@dataclass(eq=False)
class _Followed:
    """A face while it is followed: frames and points so far, and the last box."""

    frames: list[int] = field(default_factory=list)
    points: list[Numbers] = field(default_factory=list)

    @property
    def box(self) -> Numbers:
        """Give the box of the last points."""
        return np.concatenate([self.points[-1].min(axis=0), self.points[-1].max(axis=0)])


class FaceTracker:
    """Follows all faces of a film, frame by frame.

    run_finder: gives the maps (1, 5, h, w) of a picture
    run_points: gives the points (B, 136) and logits (B, 1) of crops
    """

    def __init__(self, run_finder: Callable[[Floats], Floats], run_points: RunPoints) -> None:
        self._run_finder, self._run_points = run_finder, run_points
        self._live: list[_Followed] = []
        self._lost: list[_Followed] = []
        self.n_frames = 0

    def add(self, pixels: Pixels) -> None:
        """Look at the next frame (H, W, 3)."""
        self._follow(pixels)
        if not self._live or self.n_frames % LOOK_AGAIN == 0:
            self._find(pixels)
        self.n_frames += 1

    def _follow(self, pixels: Pixels) -> None:
        """Find the points of each face again; one that is gone, or is another's, is lost."""
        live: list[_Followed] = []
        for face in self._live:
            points, chance = find_points(pixels, map_of_points(face.points[-1]), self._run_points)
            if chance >= STAYS and is_plausible(points) and not is_taken(points, live):
                face.frames.append(self.n_frames)
                face.points.append(points)
                live.append(face)
            else:
                self._lost.append(face)
        self._live = live

    def _find(self, pixels: Pixels) -> None:
        """Look for faces that are not followed yet, or were lost a moment ago."""
        for box in find_faces(pixels, self._run_finder).boxes:
            if len(self._live) >= MOST:
                break
            if is_taken(box.reshape(2, 2), self._live):
                continue
            points, chance = find_boxed_points(pixels, box, self._run_points)
            if chance < STAYS or not is_plausible(points) or is_taken(points, self._live):
                continue
            face = self._recall(points)
            face.frames.append(self.n_frames)
            face.points.append(points)
            self._live.append(face)

    def _recall(self, points: Numbers) -> _Followed:
        """Take the face that was lost here not long ago, or a new one."""
        for face in reversed(self._lost):
            recent = self.n_frames - face.frames[-1] <= FORGET
            if recent and is_taken(points, [face]):
                self._lost.remove(face)
                return face
        return _Followed()

    def finish(self) -> list[FaceTrack]:
        """Give all faces, those that are there longest first, their points smoothed over time."""
        faces = sorted([*self._live, *self._lost], key=lambda face: -len(face.frames))
        return [self._smooth(face) for face in faces]

    def _smooth(self, face: _Followed) -> FaceTrack:
        points = np.full((self.n_frames, N_POINTS, 2), np.nan)
        points[face.frames] = face.points
        is_there = np.zeros(self.n_frames, np.bool_)
        is_there[face.frames] = True
        for run in runs(is_there):
            points[run] = smooth(points[run])
        return FaceTrack(points, is_there)


def is_plausible(points: Numbers) -> bool:
    """Tell points that can be a face's: finite, and large enough to mean anything."""
    return bool(np.isfinite(points).all()) and eye_distances(points[None])[0] >= SMALLEST


def is_taken(points: Numbers, faces: list[_Followed]) -> bool:
    """Tell whether points (N, 2) lie where one of some faces is."""
    if not faces:
        return False
    box = np.concatenate([points.min(axis=0), points.max(axis=0)])
    return bool(overlaps(box, np.stack([face.box for face in faces])).max() > SAME)


def runs(flags: NDArray[np.bool_]) -> list[slice]:
    """List the runs of true flags."""
    edges = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]


def smooth(points: Numbers) -> Numbers:
    """Smooth points (T, 68, 2) over time: the mouth a little, against the face; the face more.

    The mouth is moved along with the face, so that lips keep their speed and heads lose their
    trembling.
    """
    calm = convolve(points, POSE_KERNEL)
    calm[:, MOUTH] = convolve(points[:, MOUTH], MOUTH_KERNEL)
    return calm


def convolve(values: Numbers, kernel: tuple[float, ...]) -> Numbers:
    """Average values (T, ..) over time by weights; ends go on as they are."""
    half = len(kernel) // 2
    padded = np.concatenate([values[:1].repeat(half, 0), values, values[-1:].repeat(half, 0)])
    total = sum(w * padded[k : k + len(values)] for k, w in enumerate(kernel))
    averaged: Numbers = np.asarray(total) / sum(kernel)
    return averaged
