"""Mouths chosen out of a library, one for each frame, by dynamic programming.

    chosen = choose_mouths(targets, library)        # (F,), numbers of mouths

The path with the least cost (Viterbi 1967) through the candidates of all frames: how far each
mouth's shape and the turn of the head are from what is wanted, and how far each is from what would
have followed the one before. Never an average of several: that costs the sharpness of teeth.

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
JUMP = 1.2  # cost of not taking the frame that follows
APPEARANCE_WEIGHT = 4.0  # of the mean squared difference from the frame that would have followed
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Targets:
    """What is wanted of each frame: shapes (F, K) and poses (F, 3)."""

    shapes: Numbers
    poses: Numbers


@dataclass(frozen=True, eq=False)
class Shelf:
    """What is known of each mouth of a library: shapes (N, K), poses (N, 3), thumbnails (N, P).

    next: (N,) which mouth follows each in the film; -1 where none does
    """

    shapes: Numbers
    poses: Numbers
    thumbnails: NDArray[np.float32]
    next: Integers

    def match_costs(self, shape: Numbers, pose: Numbers, mouths: Integers) -> Numbers:
        """Give the costs of some mouths for a frame: shape and pose."""
        far = np.square(self.shapes[mouths] - shape).sum(axis=1)
        turned = np.square(self.poses[mouths] - pose).sum(axis=1)
        made: Numbers = SHAPE_WEIGHT * far + POSE_WEIGHT * turned
        return made

    def move_costs(self, before: Integers, after: Integers) -> Numbers:
        """Give the costs (M, M') of taking one mouth after another."""
        follower = np.where(self.next[before] >= 0, self.next[before], before)
        a, b = self.thumbnails[follower], self.thumbnails[after]
        squares = (a**2).mean(axis=1)[:, None] + (b**2).mean(axis=1) - 2 * a @ b.T / a.shape[1]
        costs = JUMP + APPEARANCE_WEIGHT * squares.clip(0).astype(np.float64)
        costs[self.next[before][:, None] == after] = 0.0
        made: Numbers = costs
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
    for shape, pose in ticking(zip(targets.shapes, targets.poses, strict=True)):
        every = shelf.match_costs(shape, pose, np.arange(len(shelf.shapes)))
        mouths = list_candidates(every, shelf, sets[-1] if sets else None)
        if sets:
            paths = costs[:, None] + shelf.move_costs(sets[-1], mouths)
            best = paths.argmin(axis=0)
            came_from.append(best)
            costs = paths[best, np.arange(len(mouths))] + every[mouths]
        else:
            costs = every[mouths]
        sets.append(mouths)
    return trace_back(costs, sets, came_from)


def list_candidates(every: Numbers, shelf: Shelf, before: Integers | None) -> Integers:
    """List the mouths that fit a frame best, and those that follow the candidates before it."""
    n = min(CANDIDATES, len(every))
    best = np.argpartition(every, n - 1)[:n]
    if before is None:
        return np.sort(best)
    followers = shelf.next[before]
    return np.unique(np.concatenate([best, followers[followers >= 0]]))


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
