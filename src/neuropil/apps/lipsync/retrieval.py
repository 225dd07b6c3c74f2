"""Mouths chosen out of a library, one for each frame, by dynamic programming.

    chosen = choose_mouths(targets, library)        # (F,), numbers of mouths

The path with the least cost (Viterbi 1967) through the candidates of all frames: how far each
mouth's shape, the turn of the head and the light are from what is wanted, how far each is from what
would have followed the one before, and how differently the two move. Never an average of several:
that costs the sharpness of teeth.

F  frames     N  mouths     M  candidates of a frame     K  numbers of a shape
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.library import MouthLibrary
from neuropil.apps.lipsync.shapes import Numbers
from neuropil.kit.progress import ticking

CANDIDATES = 24  # of a frame, before those that follow the ones before are added
SHAPE_WEIGHT = 80.0  # of the squared distance of shapes, in eye distances
POSE_WEIGHT = 60.0  # of the squared distance of poses
LIGHT_WEIGHT = 20.0  # of the squared distance of lights
POSE_NOISE, LIGHT_NOISE = 0.02, 0.05  # differences that are none: the jaw draws at the points
MOTION_WEIGHT = 40.0  # of the squared difference of two shapes, beside that of what is wanted
JUMP = 1.2  # cost of not taking the frame that follows
STEP = 0.03  # of what is wanted, from which it costs as much to stay at a mouth
APPEARANCE_WEIGHT = 4.0  # of the mean squared difference from the frame that would have followed
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Targets:
    """What is wanted of each frame: shapes (F, K), poses (F, 3) and lights (F, 3)."""

    shapes: Numbers
    poses: Numbers
    lights: Numbers


@dataclass(frozen=True, eq=False)
class Shelf:
    """What is known of each mouth of a library.

    shapes: (N, K); poses, lights: (N, 3); thumbnails: (N, P)
    next: (N,) which mouth follows each in the film; -1 where none does
    """

    shapes: Numbers
    poses: Numbers
    lights: Numbers
    thumbnails: NDArray[np.float32]
    next: Integers

    def match_terms(self, targets: Targets, frame: int, mouths: Integers | slice) -> Numbers:
        """Give the squared distances (M, K + 6) of mouths from what is wanted of a frame."""
        turned = beyond(self.poses[mouths] - targets.poses[frame], POSE_NOISE)
        lit = beyond(self.lights[mouths] - targets.lights[frame], LIGHT_NOISE)
        off = self.shapes[mouths] - targets.shapes[frame]
        made: Numbers = np.square(np.column_stack([off, turned, lit]))
        return made

    @property
    def weights(self) -> Numbers:
        """Give the weights of those distances: (K + 6,)."""
        shapes = [SHAPE_WEIGHT] * self.shapes.shape[1]
        return np.array([*shapes, *[POSE_WEIGHT] * 3, *[LIGHT_WEIGHT] * 3])

    def match_costs(self, targets: Targets, frame: int) -> Numbers:
        """Give the costs (N,) of all mouths for a frame: shape, pose and light."""
        made: Numbers = self.match_terms(targets, frame, np.s_[:]) @ self.weights
        return made

    def move_costs(self, before: Integers, after: Integers, step: Numbers) -> Numbers:
        """Give the costs (M, M') of taking one mouth after another.

        step: (K,), how the shape that is wanted moves meanwhile; where it rests, staying is free
        """
        follower = np.where(self.next[before] >= 0, self.next[before], before)
        looks = square_distances(self.thumbnails[follower], self.thumbnails[after])
        costs = JUMP + APPEARANCE_WEIGHT / self.thumbnails.shape[1] * looks
        costs[self.next[before][:, None] == after] = 0.0
        costs[before[:, None] == after] = JUMP * min(1.0, float(np.linalg.norm(step)) / STEP)
        moved = square_distances(self.shapes[before] + step, self.shapes[after])
        made: Numbers = costs + MOTION_WEIGHT * moved
        return made


def beyond(off: Numbers, noise: float) -> Numbers:
    """Give what is left of differences when noise is taken away."""
    made: Numbers = np.sign(off) * (np.abs(off) - noise).clip(0)
    return made


def square_distances(a: NDArray[np.floating], b: NDArray[np.floating]) -> Numbers:
    """Give the squared distances (M, M') of all rows of two tables (M, P) and (M', P)."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    made: Numbers = squares.clip(0).astype(np.float64)
    return made


def find_next(library: MouthLibrary) -> Integers:
    """Tell which mouth follows each in the film; -1 where none does."""
    n = len(library)
    follows = np.append(library.follows()[1:], False)
    return np.where(follows, np.arange(1, n + 1), -1)


def choose_mouths(targets: Targets, shelf: Shelf) -> Integers:
    """Choose the mouths (F,) of the least cost together."""
    came_from: list[NDArray[np.intp]] = []
    sets: list[Integers] = []
    costs = np.zeros(0)
    steps = np.diff(targets.shapes, axis=0, prepend=targets.shapes[:1])
    for frame, step in enumerate(ticking(steps)):
        every = shelf.match_costs(targets, frame)
        mouths = list_candidates(every, shelf, sets[-1] if sets else None)
        if sets:
            paths = costs[:, None] + shelf.move_costs(sets[-1], mouths, step)
            best = paths.argmin(axis=0)
            came_from.append(best)
            costs = paths[best, np.arange(len(mouths))] + every[mouths]
        else:
            costs = every[mouths]
        sets.append(mouths)
    return trace_back(costs, sets, came_from)


def list_candidates(every: Numbers, shelf: Shelf, before: Integers | None) -> Integers:
    """List the mouths that fit a frame best, the candidates before it, and those that follow."""
    n = min(CANDIDATES, len(every))
    best = np.argpartition(every, n - 1)[:n]
    if before is None:
        return np.sort(best)
    followers = shelf.next[before]
    kept = before[np.argsort(every[before])[:n]]
    return np.unique(np.concatenate([best, kept, followers[followers >= 0]]))


def trace_back(costs: Numbers, sets: list[Integers], came_from: list[NDArray[np.intp]]) -> Integers:
    """Follow the path of the least cost back to the first frame."""
    if not sets:
        return np.zeros(0, np.int64)
    place = int(costs.argmin())
    path = [int(sets[-1][place])]
    for mouths, origins in zip(reversed(sets[:-1]), reversed(came_from), strict=True):
        place = int(origins[place])
        path.append(int(mouths[place]))
    return np.array(path[::-1], np.int64)
