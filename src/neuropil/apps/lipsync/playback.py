"""In which order the frames of a film are played where the speech is longer: forth and back.

    order = plan_playback(n_film, n_needed, restlessness, room)     # (n_needed,), numbers of frames
    for pixels in replay(frames, order):
        ...

The film is played to its end once; then it goes back and forth over the last frames that memory
holds, and turns where the head is quietest, so that nothing jumps.

F  frames of the film
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.preprocess import Pixels
from neuropil.apps.lipsync.shapes import STILL, Numbers
from neuropil.apps.lipsync.tracking import FaceTrack

BUDGET = 384_000_000  # bytes of frames that are held for playing backward
END_SHARE = 0.2  # of the frames that are held, at either end: where the film may turn
ABSENT = 1.0  # restlessness of a frame without a face


def plan_playback(n_film: int, n_needed: int, restlessness: Numbers, room: int) -> NDArray[np.intp]:
    """List which frame of the film is played at each moment.

    restlessness: (F,) how much the head moves
    room: frames at most that are held for playing backward
    """
    if n_needed <= n_film:
        return np.arange(n_film)
    first = max(0, n_film - max(1, room))
    share = max(1, round(END_SHARE * (n_film - first)))
    low = first + int(restlessness[first : first + share].argmin())
    high = n_film - share + int(restlessness[n_film - share :].argmin())
    low, high = min(low, high), max(low, high)
    turn = high - low
    if turn == 0:
        return np.concatenate([np.arange(high + 1), np.full(n_needed - high - 1, high)])[:n_needed]
    beyond = np.arange(n_needed - high)  # 0 at the turn
    place = beyond % (2 * turn)
    return np.concatenate([np.arange(high), high - np.where(place > turn, 2 * turn - place, place)])


def count_room(width: int, height: int) -> int:
    """Count the frames that are held for playing backward."""
    return max(2, BUDGET // (3 * width * height))


def measure_restlessness(track: FaceTrack) -> Numbers:
    """Measure how much the head moves in every frame, in eye distances: (F,)."""
    points = track.points[:, list(STILL)]
    moved = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1) / max(track.size, 1e-9)
    around = np.concatenate([moved[:1], np.maximum(moved[1:], moved[:-1]), moved[-1:]])
    around = around if len(around) == len(points) else np.full(len(points), ABSENT)
    return np.where(np.isfinite(around), around, ABSENT)


def replay(frames: Iterable[Pixels], order: NDArray[np.intp]) -> Iterator[Pixels]:
    """Play frames in an order: forward through the film, then among the last ones, which are held.

    order: as it comes from `plan_playback`
    """
    turn = int(np.argmax(np.diff(order, append=order[-1]) < 1)) if len(order) else 0
    kept_from = int(order[turn:].min()) if len(order) else 0
    held: dict[int, Pixels] = {}
    is_longer = turn < len(order) - 1
    place = 0
    for number, pixels in enumerate(frames):
        if is_longer and number >= kept_from:
            held[number] = pixels
        if place < len(order) and order[place] == number:
            yield pixels
            place += 1
        if number == order[turn]:
            break
    for number in order[place:].tolist():
        yield held[number]
