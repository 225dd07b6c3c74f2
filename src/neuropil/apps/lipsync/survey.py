"""A film looked through before anything is made of it: its faces, its times, its mouths.

    survey = look_through(film, networks)
    survey.tracks, survey.times
    library = cut_mouths(film, survey.tracks[0])

F  frames
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from neuropil.apps.lipsync.hearing import HEARD, hear, mono, step_times
from neuropil.apps.lipsync.landmarks import RunPoints
from neuropil.apps.lipsync.library import LibraryBuilder, MouthLibrary, poses
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.apps.lipsync.shapes import (
    STILL,
    MouthBasis,
    Numbers,
    Points,
    fit_similarity,
    transform,
)
from neuropil.apps.lipsync.sync import SyncScore, correlate, is_known, measure_sync
from neuropil.apps.lipsync.tracking import FaceTrack, FaceTracker
from neuropil.kit.audio.audio import Audio
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film
from neuropil.kit.progress import message, track

SMALLEST_FACE = 60.0  # pixels
MOST_TURNED = 0.55  # of the nose's tip beside the middle of the eyes: a profile is more
LEAST_RANGE = 0.03  # eye distances between closed and open lips: who speaks has 0.1 and more
FEWEST_FRAMES = 5  # with a face, below which there is none


@dataclass(frozen=True, eq=False)
class Judge:
    """The networks that judge synchrony, and had no part in what they judge."""

    hear_directions: Callable[[Floats], tuple[Floats, Floats]]
    see_directions: Callable[[Floats], Floats]

    def measure(self, heard: Floats, seen: Numbers) -> SyncScore:
        """Measure the offset of what is heard (T, 80) and seen (T, 2) at the same steps."""
        return measure_sync(self.hear_directions, self.see_directions, heard, seen)


@dataclass(frozen=True, eq=False)
class Survey:
    """What a film shows: its faces, the longest first, and the time of each frame."""

    tracks: list[FaceTrack]
    times: tuple[Fraction, ...]

    @property
    def n_frames(self) -> int:
        """Count the frames."""
        return len(self.times)


def look_through(
    film: Film, run_finder: Callable[[Floats], Floats], run_points: RunPoints
) -> Survey:
    """Follow all faces through a film."""
    tracker, times = FaceTracker(run_finder, run_points), list[Fraction]()
    total = film.n_frames or round(film.seconds * film.fps) or None
    for frame in track(film.frames(), total=total, title="faces"):
        tracker.add(frame.pixels)
        times.append(frame.time)
    found = [t for t in tracker.finish() if t.is_there.sum() >= FEWEST_FRAMES]
    return Survey(found, tuple(times))


def require_face(film: Film, survey: Survey, number: int | None) -> None:
    """Raise UserError where there is no face, or no face of that number."""
    if survey.n_frames < FEWEST_FRAMES:
        words = (
            f"{film.path} has {survey.n_frames} frame{'s' * (survey.n_frames > 1)}, and"
            f" {FEWEST_FRAMES} are needed at least; name a longer film"
        )
        raise UserError("input.content", words, path=film.path, value=survey.n_frames)
    if not survey.tracks:
        words = (
            f"{film.path} shows no face in any of its {survey.n_frames} frames;"
            " name a film of someone who faces the camera"
        )
        raise UserError("input.content", words, path=film.path)
    if number is not None and number > len(survey.tracks):
        words = (
            f"--face {number}: {film.path} shows {len(survey.tracks)}"
            f" face{'s' * (len(survey.tracks) > 1)}, counted from the largest, which is 1"
        )
        raise UserError("option.range", words, path=film.path, value=number)


def require_usable(film: Film, face: FaceTrack) -> None:
    """Raise UserError where a face is too small, or seen from the side."""
    if face.width < SMALLEST_FACE:
        words = (
            f"{film.path}: the face is {face.width:.0f} pixels wide, and {SMALLEST_FACE:.0f} are"
            " needed; take a larger copy, or cut the face out"
        )
        raise UserError("input.content", words, path=film.path, value=face.width)
    turned = float(np.median(np.abs(poses(face.points[face.is_there])[:, 1])))
    if turned > MOST_TURNED:
        words = (
            f"{film.path}: the face is seen from the side; name a film in which it faces the camera"
        )
        raise UserError("input.content", words, path=film.path, value=turned)


def order_by_size(tracks: list[FaceTrack]) -> list[FaceTrack]:
    """Bring faces into order: the largest that are there long enough first."""
    longest = max((int(t.is_there.sum()) for t in tracks), default=0)
    return sorted(tracks, key=lambda t: (t.is_there.sum() * 2 < longest, -t.size))


def choose_face(tracks: list[FaceTrack], seen: list[Numbers], said: Numbers | None) -> int:
    """Choose the face whose opening goes best with what its own sound asks for; else the first.

    seen: the opening of each face in every frame (F,), NaN where it is not there
    said: (F,) the opening that the film's own sound asks for
    """
    if said is None or len(tracks) < 2:
        return 0
    scores = [correlate_seen(opening, said) for opening in seen]
    best = int(np.argmax(scores))
    return best if scores[best] > LEAST_CORRELATION else 0


LEAST_CORRELATION = 0.3  # from which sound tells who speaks


def correlate_seen(seen: Numbers, said: Numbers) -> float:
    """Correlate an opening with another one, where both are known."""
    known = np.isfinite(seen)
    return correlate(seen[known], said[known]) if known.sum() >= FEWEST_FRAMES else 0.0


def measure_mouths(points: Points) -> Numbers:
    """Measure mouths (N, 68, 2) of one person, each in the pose of the reference: (N, 10)."""
    basis = MouthBasis.load()
    still = list(STILL)
    onto = np.broadcast_to(basis.reference[still], (len(points), len(still), 2))
    upright = transform(points, fit_similarity(points[:, still], onto))
    return basis.measure(upright)


def spread_out(values: Numbers, face: FaceTrack) -> Numbers:
    """Put what was measured where a face is (N, K) into all frames (F, K), NaN elsewhere."""
    whole = np.full((len(face.is_there), values.shape[1]), np.nan)
    whole[face.is_there] = values
    return whole


def cut_mouths(film: Film, face: FaceTrack) -> MouthLibrary:
    """Cut the lower face out of every frame in which it is seen from the front."""
    builder = LibraryBuilder()
    frames = track(film.frames(), total=len(face.is_there), title="mouths")
    for number, frame in enumerate(frames):
        if number < len(face.is_there) and face.is_there[number]:
            builder.add(number, frame.pixels, face.points[number])
    return builder.finish()


def tell_of_few(mouths: Numbers) -> None:
    """Say it where mouths (N, 10) are next to the same, so that lips can't move by them."""
    closed, widest = np.percentile(mouths[:, 0], [5, 95])
    if widest - closed < LEAST_RANGE:
        message(
            "the film shows too few mouths: its lips hardly part or close, so they can hardly move;"
            " name a film in which the person speaks"
        )


def at_steps(seen: Numbers, times: Numbers, n: int) -> Numbers:
    """Interpolate what is seen in frames (F, K) at n steps; NaN where no face is, or no frame."""
    steps = step_times(n)
    known = is_known(seen)
    if known.sum() < 2:
        return np.full((n, seen.shape[1]), np.nan)
    made = np.stack([np.interp(steps, times[known], c[known]) for c in seen.T], axis=1)
    near = np.searchsorted(times, steps).clip(0, len(times) - 1)
    there = known[near] & known[(near - 1).clip(0)] & (steps <= times[-1] + 0.04)
    made[~there] = np.nan
    return made


def judge_film(judge: Judge, sound: Audio, seen: Numbers, times: Numbers) -> SyncScore:
    """Measure how sound and the opening and width (F, 2) that are seen fit."""
    samples = mono(sound)
    heard = hear(samples) if len(samples) else np.zeros((0, HEARD), np.float32)
    return judge.measure(heard, at_steps(seen, times, len(heard)))
