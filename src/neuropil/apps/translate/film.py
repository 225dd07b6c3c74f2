"""A film whose texts are translated: read once, followed from picture to picture, read again.

    frames = translate_frames(film.frames(), read_page, find)

H, W  height and width      M  quads

A view is read when it begins. What was set into it is laid over the pictures that follow, as the
camera moves. It is read again when it can't be followed, when a line says something else or is
clearer or more of it can be seen than when it was read, and when text has come into view. That is
looked for where something changed around the lines, and now and then where nothing did.

Looking and reading take as long as many pictures that are followed: pictures pay for them, so that
a film goes on evenly where much changes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lines import Pixels, size_of
from neuropil.apps.translate.overlay import Overlay
from neuropil.apps.translate.quads import area, common_area
from neuropil.apps.translate.surroundings import Surroundings
from neuropil.apps.translate.tracking import Motion, Tracker
from neuropil.kit.media.frame import Frame

LOOK_AGAIN = 24  # pictures from one look for new text to the next, at most
LOOK, READ = 4, 6  # pictures that pay for a look, and for a reading
MOST_SAVED = 18  # pictures whose pay is kept, for cuts that follow each other
COVERED = 0.3  # share of a quad that must lie in known ones
NEW = 0.25  # of the median area of what is found: new text that is smaller is none
ALIKE = 0.5  # likeness of a line below which it says something else
CLEARER = 1.5  # gain from which a line shows better than when it was read
NEAR = 0.5  # heights from the edge of the picture within which a line may go on beyond it
INSIDE = 1.0  # heights from the edge from which it can be seen that it does not


@dataclass(frozen=True, eq=False)
class ReadView:
    """A picture of a film as it was read: its quads, and its pixels with texts replaced."""

    quads: tuple[Quad, ...]
    replaced: Pixels


ReadPage = Callable[[Pixels], ReadView]
Find = Callable[[Pixels], Sequence[Quad]]


def translate_frames(frames: Iterator[Frame], read_page: ReadPage, find: Find) -> Iterator[Frame]:
    """Replace the texts of frames, one after the other."""
    reader = FilmReader(read_page, find)
    for frame in frames:
        yield replace(frame, pixels=reader.translate(frame.pixels))


class FilmReader:
    """What is known of a film so far.

    saved: pictures whose pay is left
    """

    def __init__(self, read_page: ReadPage, find: Find) -> None:
        self.read_page, self.find = read_page, find
        self.view: FollowedView | None = None
        self.saved = MOST_SAVED

    def translate(self, pixels: Pixels) -> Pixels:
        """Replace the texts of the next picture (H, W, 3)."""
        self.saved = min(MOST_SAVED, self.saved + 1)
        motion = self.view.follow(pixels) if self.view else None
        if self.saved >= READ and self.must_read(pixels, motion):
            return self.read(pixels)
        return self.view.show(pixels, motion) if self.view else pixels

    def must_read(self, pixels: Pixels, motion: Motion | None) -> bool:
        """Tell whether what is known is not what is in the picture."""
        view = self.view
        if view is None or view.is_outdated(motion):
            return True
        return self.saved >= LOOK + READ and view.is_doubtful(pixels, motion) and self.look(pixels)

    def look(self, pixels: Pixels) -> bool:
        """Look for text that was not there when the view was read."""
        self.saved -= LOOK
        return self.view is not None and self.view.has_new(self.find(pixels), pixels)

    def read(self, pixels: Pixels) -> Pixels:
        """Read a picture, and begin a view with it."""
        self.saved -= READ
        read = self.read_page(pixels)
        self.view = FollowedView(pixels, read)
        return read.replaced


class FollowedView:
    """A view: the picture (H, W, 3) that was read, and what follows it; nothing if it has no text.

    unlooked: pictures since text was looked for
    """

    def __init__(self, pixels: Pixels, read: ReadView) -> None:
        self.quads = read.quads
        self.tracker = Tracker(pixels, read.quads) if read.quads else None
        self.overlay = Overlay(pixels, read.replaced)
        self.surroundings = Surroundings(pixels, np.eye(3))
        self.size = np.array([pixels.shape[1], pixels.shape[0]])
        self.cut = [quad for quad in read.quads if self.depth(quad) < NEAR]
        self.unlooked = 0
        self.motion = Motion(np.eye(3))

    def follow(self, pixels: Pixels) -> Motion | None:
        """Find the motion to a picture; None where it can't be found, none without text."""
        self.unlooked += 1
        motion = self.tracker.follow(pixels) if self.tracker else self.motion
        self.motion = motion or self.motion
        return motion

    def show(self, pixels: Pixels, motion: Motion | None) -> Pixels:
        """Lay what was set over a picture, but over lines that say something else by now."""
        if motion is None or not self.quads:
            return pixels
        pairs = zip(self.quads, motion.alike, strict=True)
        others = [quad for quad, alike in pairs if alike < ALIKE]
        return self.overlay.lay(pixels, motion, others)

    def is_outdated(self, motion: Motion | None) -> bool:
        """Tell whether a line should be read anew, or all of them."""
        if motion is None or min(motion.alike, default=1) < ALIKE:
            return True
        seen_whole = any(self.depth(np.asarray(motion.move(quad))) >= INSIDE for quad in self.cut)
        return seen_whole or float(np.mean(motion.gain)) > CLEARER

    def is_doubtful(self, pixels: Pixels, motion: Motion | None) -> bool:
        """Tell whether there may be text that is not known."""
        if motion is None or self.unlooked >= LOOK_AGAIN:
            return True
        return self.surroundings.have_changed(pixels, motion.matrix, self.moved_quads())

    def has_new(self, found: Sequence[Quad], pixels: Pixels) -> bool:
        """Tell whether text that is found in a picture is new; from it on changes count."""
        self.unlooked = 0
        self.surroundings = Surroundings(pixels, self.motion.matrix)
        return has_new_text(found, self.moved_quads())

    def moved_quads(self) -> list[Quad]:
        """Give the quads where they are now."""
        return [np.asarray(self.motion.move(quad)) for quad in self.quads]

    def depth(self, quad: Quad) -> float:
        """Measure how far a quad is inside of the picture, in its heights."""
        edge = min(float(quad.min()), float((self.size - 1 - quad).min()))
        return edge / max(1.0, float(size_of(quad)[1]))


def has_new_text(found: Sequence[Quad], known: Sequence[Quad]) -> bool:
    """Tell whether a text that is in view was not there when it was read."""
    if not found:
        return False
    sizes = np.array([area(quad) for quad in found])
    new = [sum(common_area(quad, k) for k in known) < COVERED * area(quad) for quad in found]
    return bool((sizes[new] >= NEW * np.median(sizes)).any())
