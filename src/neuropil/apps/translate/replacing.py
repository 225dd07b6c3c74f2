"""A picture whose blocks of text say something else: the old text erased, the new one set.

    picture = replace_texts(pixels, [Replacement(quads, texts, "Closed on Mondays")])

H, W  height and width     M  lines of a block
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from neuropil.apps.translate.erasing import InkFound, erase
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lines import Pixels
from neuropil.apps.translate.setting import TextFrame, even_out, measure_frame, set_text

LEAST_CONTRAST = 60.0  # levels between the colors of letters and ground
MIDDLE = 127.5  # of brightness: black letters stand on what is brighter
BRIGHTNESS = np.array([0.299, 0.587, 0.114])  # of red, green, blue (BT.601)


@dataclass(frozen=True, eq=False)
class Replacement:
    """A block: the quads and texts of its lines from the top (M,), and what stands there now."""

    quads: tuple[Quad, ...]
    texts: tuple[str, ...]
    text: str


def replace_texts(pixels: Pixels, blocks: Sequence[Replacement]) -> Pixels:
    """Replace blocks of text in a picture (H, W, 3), 0..255; what is in none stays as it is."""
    made, inks = erase(pixels, [quad for block in blocks for quad in block.quads])
    ends = np.cumsum([len(block.quads) for block in blocks])
    parts = [inks[end - len(block.quads) : end] for block, end in zip(blocks, ends, strict=True)]
    frames = even_out([frame_of(b, part) for b, part in zip(blocks, parts, strict=True)])
    for block, part, frame in zip(blocks, parts, frames, strict=True):
        set_text(made, frame, block.text, color_of(part))
    return made


def frame_of(block: Replacement, inks: Sequence[InkFound]) -> TextFrame:
    """Find the frame of a block."""
    share = float(np.mean([ink.share for ink in inks]))
    return measure_frame(block.quads, block.texts, share)


def color_of(inks: Sequence[InkFound]) -> tuple[int, int, int]:
    """Give the color of a block's letters; black or white where the old one was hard to read."""
    ink = np.median([each.ink for each in inks], axis=0)
    ground = np.median([each.ground for each in inks], axis=0)
    if np.linalg.norm(ink - ground) < LEAST_CONTRAST:
        return (0, 0, 0) if BRIGHTNESS @ ground > MIDDLE else (255, 255, 255)
    return cast(tuple[int, int, int], tuple(map(int, ink)))
