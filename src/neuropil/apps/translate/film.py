"""A film whose texts are translated: read once, followed from picture to picture, read again.

    frames = translate_frames(film.frames(), read_page, find)

H, W  height and width

A view is read when it begins. What was set into it is laid over the pictures that follow, as the
camera moves. It is read again when it can't be followed, and when text has come into view.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lines import Pixels
from neuropil.apps.translate.overlay import Overlay
from neuropil.apps.translate.quads import area, common_area
from neuropil.apps.translate.tracking import Motion, Tracker
from neuropil.kit.media.frame import Frame

LOOK_AGAIN = 24  # pictures from one look for new text to the next
COVERED = 0.3  # share of a quad that must lie in known ones
NEW = 0.25  # share of all text that must be new for a view to be read again


@dataclass(frozen=True, eq=False)
class ReadView:
    """A picture of a film as it was read: its quads, and its pixels with texts replaced."""

    quads: tuple[Quad, ...]
    replaced: Pixels


ReadPage = Callable[[Pixels], ReadView]
Find = Callable[[Pixels], Sequence[Quad]]


@dataclass(eq=False)
class FollowedView:
    """A view, what is laid over it, and what follows it; None where it has no text."""

    quads: tuple[Quad, ...]
    overlay: Overlay | None
    tracker: Tracker | None

    @classmethod
    def begin(cls, pixels: Pixels, view: ReadView) -> "FollowedView":
        """Begin with the picture (H, W, 3) that was read."""
        if not view.quads:
            return cls((), None, None)
        return cls(view.quads, Overlay(pixels, view.replaced), Tracker(pixels, view.quads))

    def follow(self, pixels: Pixels) -> Motion | None:
        """Find the motion to a picture; None where it can't be found."""
        return self.tracker.follow(pixels) if self.tracker else None


def translate_frames(frames: Iterator[Frame], read_page: ReadPage, find: Find) -> Iterator[Frame]:
    """Replace the texts of frames, one after the other."""
    view: FollowedView | None = None
    for number, frame in enumerate(frames):
        motion = view.follow(frame.pixels) if view else None
        is_lost = view is None or (motion is None and view.tracker is not None)
        is_due = number % LOOK_AGAIN == 0 and not is_lost
        if is_due and view is not None:
            is_lost = has_new_text(find(frame.pixels), moved_quads(view, motion))
        if is_lost or view is None:
            read = read_page(frame.pixels)
            view = FollowedView.begin(frame.pixels, read)
            yield replace(frame, pixels=read.replaced)
        elif view.overlay and motion:
            yield replace(frame, pixels=view.overlay.lay(frame.pixels, motion))
        else:
            yield frame


def moved_quads(view: FollowedView, motion: Motion | None) -> list[Quad]:
    """Give the quads of a view where they are now."""
    return [np.asarray(motion.move(quad)) for quad in view.quads] if motion else []


def has_new_text(found: Sequence[Quad], known: Sequence[Quad]) -> bool:
    """Tell whether much of the text that is in view was not there when it was read."""
    sizes = np.array([area(quad) for quad in found])
    new = [sum(common_area(quad, k) for k in known) < COVERED * area(quad) for quad in found]
    return bool(len(found)) and float(sizes[new].sum()) > NEW * float(sizes.sum())
