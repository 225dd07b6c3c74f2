"""A film whose lips move to other speech: what is planned for every frame, and the film itself.

    plan = plan_dub(...)
    film = DubbedFilm(source, plan, library, speech, notes)
    film.frames()               # one after the other, as they are written
    film.save(Path("new.mp4"))

F  frames that are written
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.compositing import Patch, make_patch
from neuropil.apps.lipsync.library import MouthLibrary, poses
from neuropil.apps.lipsync.mark import draw_mark
from neuropil.apps.lipsync.playback import count_room, measure_restlessness, plan_playback, replay
from neuropil.apps.lipsync.preprocess import Pixels
from neuropil.apps.lipsync.retrieval import Shelf, Targets, choose_mouths, find_next
from neuropil.apps.lipsync.shapes import Numbers, Points
from neuropil.apps.lipsync.tracking import FaceTrack, runs
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.audio_writer import to_frames
from neuropil.kit.audio.filtering import name_layout
from neuropil.kit.formats import QUALITY
from neuropil.kit.media import film_writer
from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame
from neuropil.kit.progress import track

SHAPE_WEIGHTS = (2.5, 1.0, 1.0, 1.0, 1.0, *(0.6,) * 5)  # of the ten numbers of a mouth
KEPT_BYTES = 64_000_000  # of pixels that were set in
NO_MOUTH = -1
PADDED = Fraction(3, 5)  # of a frame, by which encoders lengthen a film's own sound


@dataclass(frozen=True, eq=False)
class DubPlan:
    """What becomes of every frame.

    order: (F,) the frame of the film that is shown; times: when; mouths: (F,) which mouth of the
    library is set in, -1 where none is; points: (F, 68, 2) where the face is
    """

    order: NDArray[np.intp]
    times: tuple[Fraction, ...]
    mouths: NDArray[np.int64]
    points: Points

    @property
    def n_without_face(self) -> int:
        """Count the frames that pass untouched."""
        return int((self.mouths == NO_MOUTH).sum())


def plan_order(film: Film, face: FaceTrack, times: tuple[Fraction, ...], seconds: float) -> "Order":
    """Plan which frame is shown when: all of the film, and on until the speech ends."""
    n_film, step = len(times), 1 / film.fps
    end = times[-1] + step
    late = (Fraction(seconds).limit_denominator(10**6) - end) / step
    beyond = max(0, math.ceil(late - PADDED))
    room = count_room(film.width, film.height)
    order = plan_playback(n_film, n_film + beyond, measure_restlessness(face), room)
    later = tuple(times[-1] + step * k for k in range(1, beyond + 1))
    return Order(order, times + later)


@dataclass(frozen=True, eq=False)
class Order:
    """Which frame of a film is shown at which times."""

    frames: NDArray[np.intp]
    times: tuple[Fraction, ...]

    def middles(self, fps: Fraction) -> Numbers:
        """Give the middle of each frame in seconds, where its mouth is heard."""
        return np.array([float(time) for time in self.times]) + 0.5 / float(fps)


def make_shelf(library: MouthLibrary, mouths: Numbers) -> Shelf:
    """Put a library in order for retrieval: shapes, poses, lights, looks, what follows what."""
    points = library.points.astype(np.float64)
    return Shelf(
        mouths * np.array(SHAPE_WEIGHTS),
        poses(points),
        library.lights.astype(np.float64),
        library.thumbnails,
        find_next(library),
    )


def plan_dub(
    face: FaceTrack, order: Order, wanted: Numbers, shelf: Shelf, lights: Numbers
) -> DubPlan:
    """Choose a mouth for every frame in which the face is there.

    wanted: (F, 10), the mouths that speech asks for; lights: (F, 3), the light on the face
    """
    points = face.points[order.frames]
    is_there = face.is_there[order.frames]
    mouths = np.full(len(order.frames), NO_MOUTH, np.int64)
    for run in runs(is_there):
        targets = Targets(wanted[run] * np.array(SHAPE_WEIGHTS), poses(points[run]), lights[run])
        mouths[run] = choose_mouths(targets, shelf)
    return DubPlan(order.frames, order.times, mouths, points)


@dataclass(frozen=True, eq=False)
class DubbedFilm:
    """A film with other lips and other sound, made as it is written.

    patches: what was set into frames, by their numbers, as far as KEPT_BYTES reach; the film is
        looked through once before it is written
    """

    KIND: ClassVar = "film"
    SUFFIXES: ClassVar[tuple[str, ...]] = tuple(film_writer.KINDS)

    source: Film
    plan: DubPlan
    library: MouthLibrary
    speech: Audio
    notes: Mapping[str, str]
    mark: bool
    patches: dict[int, Patch] = field(default_factory=dict)

    def frames(self) -> Iterator[Frame]:
        """Make the frames, one after the other."""
        shown = (frame.pixels for frame in self.source.frames())
        plan = self.plan
        played = replay(shown, plan.order)
        for number, (pixels, time) in enumerate(zip(played, plan.times, strict=False)):
            has_mouth = plan.mouths[number] != NO_MOUTH
            made = self._patch(number, pixels).lay(pixels) if has_mouth else pixels
            yield Frame(draw_mark(made) if self.mark else made, time)

    def _patch(self, number: int, pixels: Pixels) -> Patch:
        """Make what is set into a frame, or take what was kept."""
        if number in self.patches:
            return self.patches[number]
        mouth = int(self.plan.mouths[number])
        crop, its_points = self.library.decode(mouth), self.library.points[mouth]
        patch = make_patch(pixels, self.plan.points[number], crop, its_points.astype(np.float64))
        if len(self.patches) * patch.pixels.nbytes < KEPT_BYTES:
            self.patches[number] = patch
        return patch

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write MP4, MOV, MKV (H.264) or WebM (VP9), by the ending of `path`, with the speech."""
        path = Path(path)
        film_writer.choose_format(path, quality)
        rate = film_writer.choose_sound_rate(path, self.speech.rate)
        sound = self.speech if rate == self.speech.rate else self.speech.resample(rate)
        layout = name_layout(sound.channels)
        heard = film_writer.FilmSound(to_frames([sound.samples], rate, layout), rate, layout)
        frames = track(self.frames(), total=len(self.plan.times), title=path.name)
        film_writer.write_film(
            path,
            frames,
            fps=self.source.fps,
            quality=quality,
            notes=self.notes,
            sound=heard,
            pixel_aspect=self.source.pixel_aspect,
        )
