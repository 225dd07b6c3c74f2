"""A picture whose blocks of text say something else: the old text erased, the new one set.

    picture = replace_texts(pixels, [Replacement(quads, texts, "Closed on Mondays")])

H, W  height and width     M  lines of a block
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from neuropil.apps.translate.erasing import Color, ColorPair, InkFound, erase
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.lines import Pixels
from neuropil.apps.translate.setting import (
    SAME_COLOR,
    Alignment,
    TextFrame,
    align_blocks,
    even_out,
    fit_together,
    keep_apart,
    measure_frame,
    set_text,
)
from neuropil.apps.translate.widening import make_room

NO_INK = 8.0  # levels between letters and ground below which there are no letters
MIDDLE = 127.5  # of brightness
BRIGHTNESS = np.array([0.299, 0.587, 0.114])  # of red, green, blue (BT.601)
LEAST_CONTRAST = 60.0  # levels between the colors of letters and ground
MOST_RAISED = 1.3  # times as far from the ground as the old letters were


@dataclass(frozen=True, eq=False)
class Replacement:
    """A block: the quads and texts of its lines from the top (M,), and what stands there now.

    leader: the dot or dash that leads from the end of the text to that of the last line
    """

    quads: tuple[Quad, ...]
    texts: tuple[str, ...]
    text: str
    leader: str = ""


def replace_texts(
    pixels: Pixels, blocks: Sequence[Replacement], kept: Sequence[Quad] = ()
) -> Pixels:
    """Replace blocks of text in a picture (H, W, 3), 0..255; what is in none stays as it is.

    kept: the quads of texts that stay, also where those of blocks reach into them
    """
    made, inks = erase(pixels, [quad for block in blocks for quad in block.quads], kept)
    ends = np.cumsum([len(block.quads) for block in blocks])
    parts = [inks[end - len(block.quads) : end] for block, end in zip(blocks, ends, strict=True)]
    ways = align_blocks([[ink.quad for ink in part] for part in parts], pixels.shape[1])
    colors = [color_of(part) for part in parts]
    frames = [frame_of(*each) for each in zip(blocks, parts, ways, strict=True)]
    texts = [block.text for block in blocks]
    frames = make_room(keep_apart(even_out(frames, colors)), texts, made, kept)
    frames = fit_together(frames, texts)
    for block, frame, color, part in zip(blocks, frames, colors, parts, strict=True):
        pairs = [pair for ink in part for pair in ink.pairs]
        set_text(made, frame, block.text, color_grounds(made, pairs) if pairs else color)
    return made


def color_grounds(pixels: Pixels, pairs: Sequence[ColorPair]) -> Pixels:
    """Give each pixel of a picture (H, W, 3) the color that letters have on such a ground."""
    colors = np.array(pairs, np.float32)
    away = [np.square(pixels - ground).sum(axis=2) for ground in colors[:, 1]]
    made: Pixels = colors[np.argmin(away, axis=0), 0].astype(np.uint8)
    return made


def frame_of(block: Replacement, inks: Sequence[InkFound], alignment: Alignment) -> TextFrame:
    """Find the frame of a block."""
    share = float(np.mean([ink.share for ink in inks]))
    made = measure_frame([ink.quad for ink in inks], block.texts, share, alignment)
    if not block.leader:
        return made
    end = inks[-1].quad[1:3].mean(axis=0)
    return replace(made, leader=block.leader, leads_to=end)


def color_of(inks: Sequence[InkFound]) -> Color:
    """Give the color that most lines of a block have, the first's where none has more.

    A faint one is moved a little away from the ground, in the direction in which it was; where
    there was no ink, black or white stands out.
    """
    colors = np.array([each.ink for each in inks], np.float64)
    alike = np.linalg.norm(colors[:, None] - colors, axis=2) < SAME_COLOR
    most = alike[int(alike.sum(axis=1).argmax())]
    ink = np.median(colors[most], axis=0)
    ground = np.median([each.ground for each in inks], axis=0)
    contrast = float(np.linalg.norm(ink - ground))
    if contrast < NO_INK:
        return (0, 0, 0) if BRIGHTNESS @ ground > MIDDLE else (255, 255, 255)
    raised = ground + (ink - ground) * min(max(1.0, LEAST_CONTRAST / contrast), MOST_RAISED)
    red, green, blue = (int(level) for level in np.clip(np.rint(raised), 0, 255))
    return red, green, blue
