"""A film taken apart: shots, what each shows, and the onsets in them. Frames pass one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neuropil.apps.foley import motion
from neuropil.apps.foley.cuts import CutFinder
from neuropil.apps.foley.motion import Floats
from neuropil.apps.foley.onsets import Onset, OnsetFinder
from neuropil.apps.foley.scene import SceneWatcher, SeenShot
from neuropil.kit.errors import UserError
from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.progress import track

LOOK_EVERY = 0.5  # seconds between looks at what a shot shows
MOST_LOOKS = 40  # at a shot, after which what it shows is known
LONGEST = 6 * 3600  # seconds of a film
DARK, DARK_SHARE = 64, 0.6  # levels and share of an intertitle's ground
LIGHT, LIGHT_SHARE = 120, 0.01  # levels and share of its letters
STILL, NEARLY_ALL = 0.1, 0.97  # change of cells that an intertitle has at most, but for dust


@dataclass(frozen=True, eq=False)
class Shot:
    """A part of a film between two cuts.

    start, end: in seconds
    seen: what it shows
    is_title: whether it is an intertitle, text on a dark ground
    onsets: what is to be heard in it
    """

    start: float
    end: float
    seen: SeenShot
    is_title: bool
    onsets: tuple[Onset, ...]


@dataclass(eq=False)
class _OpenShot:
    """A shot as long as it goes on."""

    start: float
    watcher: SceneWatcher
    looked: float = -LOOK_EVERY
    titles: list[bool] = field(default_factory=list)

    def look(self, frame: Frame, grey: Floats, moves: motion.FrameMotion) -> None:
        """Look at it where it is time to."""
        time = float(frame.time)
        if time - self.looked >= LOOK_EVERY and self.watcher.looks < MOST_LOOKS:
            self.watcher.look_at(frame.pixels)
            self.titles.append(is_title(grey, moves))
            self.looked = time

    def close(self, end: float) -> Shot:
        """Say what it was."""
        title = bool(self.titles) and sum(self.titles) > len(self.titles) / 2
        return Shot(self.start, end, self.watcher.seen, title, ())


def is_title(grey: Floats, moves: motion.FrameMotion) -> bool:
    """Tell text on a dark ground, which stands still, in the grey levels (72, 96) of a frame."""
    has_ground = (grey < DARK).mean() > DARK_SHARE
    has_letters = LIGHT_SHARE < (grey > LIGHT).mean() < 1 - DARK_SHARE
    return bool(has_ground and has_letters and np.quantile(moves.strength, NEARLY_ALL) < STILL)


@dataclass(eq=False)
class FilmAnalyzer:
    """Watches a film and takes it apart.

    eye, head, onset: the networks
    threshold: chance from which on something is heard; by default that of the network's training
    surest: the largest chance of the film that was watched last
    """

    eye: OnnxNetwork
    head: OnnxNetwork
    onset: OnnxNetwork
    threshold: float | None = None
    surest: float = 0.0

    def watch(self, film: Film) -> tuple[Shot, ...]:
        """Give the shots of a film; raises UserError where there is but one frame, or too many."""
        if film.seconds > LONGEST:
            words = f"{film.path} lasts {film.seconds / 3600:.1f} hours, and at most"
            words += f" {LONGEST / 3600:g} are taken; cut it into parts"
            raise UserError("input.too_large", words, path=film.path)
        total = film.n_frames or round(film.seconds * film.fps) or None
        frames = track(film.frames(), total=total, title=f"watching {film.path.name}")
        shots, onsets = self.divide(frames, film.path, float(1 / film.fps))
        return tuple(assign(shots, onsets))

    def divide(
        self, frames: Iterator[Frame], path: Path, step: float
    ) -> tuple[list[Shot], list[Onset]]:
        """Go through the frames once, and give shots and onsets.

        A cut is known a frame late: what is of the first frame of a shot is then taken from the
        shot before, which costs a look at most.
        """
        cuts, finder = CutFinder(), OnsetFinder(self.onset, self.threshold)
        shots: list[Shot] = []
        onsets: list[Onset] = []
        shot, before = None, 0.0
        for frame in frames:
            time, grey = float(frame.time), motion.reduce_frame(frame.pixels)
            shot = shot or self.begin_shot(time)
            moves = finder.tracker.push(grey)
            onsets += finder.push_motion(moves, time)
            if cuts.push(grey):
                shots.append(shot.close(before))
                shot = self.begin_shot(before)
            shot.look(frame, grey, moves)
            before = time
        if finder.pushed < 2 or shot is None:
            words = f"{path} has one frame, in which nothing can move; name a film"
            raise UserError("input.content", words, path=path)
        onsets += finder.finish()
        self.surest = finder.surest
        return [*shots, shot.close(before + step)], onsets

    def begin_shot(self, start: float) -> _OpenShot:
        """Begin to watch a shot, of which nothing is known."""
        return _OpenShot(start, SceneWatcher(self.eye, self.head))


def assign(shots: list[Shot], onsets: list[Onset]) -> Iterator[Shot]:
    """Give each shot its onsets; those right at a cut are what the network takes it for."""
    for shot in shots:
        own = tuple(
            onset
            for onset in onsets
            if shot.start + AT_CUT <= onset.time < shot.end or (shot.start == 0 >= onset.time)
        )
        yield Shot(shot.start, shot.end, shot.seen, shot.is_title, own)


AT_CUT = 0.06  # seconds after a cut in which no onset counts
