"""The text lines of a picture: found, cut out, read, whichever way up the picture lies.

    lines = read_picture(pixels, look, read)        # pixels (H, W, 3), 0..255

H, W  height and width      N  lines

`look` gives the maps of a part of a picture (detector.py), `read` what lines say (reader.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from neuropil.apps.translate.alphabet import ReadLine
from neuropil.apps.translate.detector import FoundQuads, detect
from neuropil.apps.translate.geometry import (
    Matrix,
    Quad,
    axes,
    laid_along,
    project,
    rotation,
    text_angle,
    turn_upright,
)
from neuropil.apps.translate.lines import Floats, Pixels, cut_line, size_of
from neuropil.apps.translate.page import TextLine

Look = Callable[[Pixels], Floats]
Read = Callable[[Sequence[Floats]], list[ReadLine]]

LEAST, MOST = 640, 2400  # pixels of the long side in which lines are sought
LARGEST, ENLARGED = 3000, 2.5  # pixels of it where they are sought larger, and times its own
SMALL = 20  # pixels of the usual height of lines, as they were sought, below which that is done
LARGER = 1.5  # times, or that times itself
SMALLER = 3  # times, where no line is found at all
AS_MUCH = 0.9  # of the length of all lines that has to be found then
TILTED = 12.0  # degrees off level or upright from which text is tilted
FEWEST, TOGETHER = 3, 0.7  # pieces of a text, and share of their length, that tell its direction
UNSURE = 0.8  # confidence of a line below which it is read upside down too
SURER = 0.1  # by which the confidence upside down must be higher
ASKEW = 4.0, 45.0  # degrees off the direction of the page at which a line is read along it too
AS_SURE = 0.01  # by which the confidence along it may be lower
UNSURE_PAGE = 0.6  # mean confidence of a picture's characters below which it is turned


def read_picture(pixels: Pixels, look: Look, read: Read) -> list[TextLine]:
    """Find and read the lines of a picture; corners of quads begin at the upper left of the text.

    A picture that seems to lie on its side, or of which little is read, is read turned, too; of
    both ways the one is taken that says more. Each line that stands on its head is turned.
    """
    lines = read_quads(pixels, quads := find_lines(pixels, look), read)
    if not is_sideways(quads) and sureness(lines) >= UNSURE_PAGE:
        return lines
    upright = np.ascontiguousarray(np.rot90(pixels))
    other = read_quads(upright, find_lines(upright, look), read)
    if content(other) <= content(lines):
        return lines
    return [turn_back(line, pixels.shape[1]) for line in other]


def sureness(lines: Sequence[TextLine]) -> float:
    """Give the mean confidence of the characters of lines, 1 where there are none."""
    letters = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / letters if letters else 1.0


def content(lines: Sequence[TextLine]) -> float:
    """Count the characters that lines say, as far as the reader is surer of them than not."""
    return sum(max(0.0, 2 * line.confidence - 1) * len(line.text) for line in lines)


def find_lines(pixels: Pixels, look: Look) -> list[Quad]:
    """Find the quads of the lines of a picture; where its text is tilted, in the level picture.

    The detector knows lines that run about level or upright; others it finds word by word.
    """
    found = find_as_it_lies(pixels, look)
    angle = tilt_of([*found.quads])
    if angle is None:
        return [*found.quads]
    level, way_back = make_level(pixels, angle)
    again = find_as_it_lies(level, look)
    if extent(again) < AS_MUCH * extent(found):
        return [*found.quads]
    return [project(way_back, quad) for quad in again.quads]


def tilt_of(quads: Sequence[Quad]) -> float | None:
    """Find the angle in radians at which the pieces of a text run; None where it is level enough.

    Level or upright, or in no direction: each piece is a vector of its length at twice its angle,
    as some may lie on their head, and these are added.
    """
    along = np.array([axes(quad)[0] for quad in quads]).reshape(-1, 2) @ [1, 1j]
    lengths = np.abs(along)
    if len(along) < FEWEST or not lengths.all():
        return None
    whole = complex((along**2 / lengths).sum())
    angle = float(np.angle(whole)) / 2
    off = abs(angle - np.pi / 2 * round(2 * angle / np.pi))
    is_one = abs(whole) > TOGETHER * lengths.sum()
    return angle if is_one and off > np.radians(TILTED) else None


def make_level(pixels: Pixels, angle: float) -> tuple[Pixels, Matrix]:
    """Turn a picture back by an angle in radians, all of it; also give the way back (3, 3)."""
    h, w, _ = pixels.shape
    turn = rotation(angle)  # from the level picture to the one that was
    width, height = (int(np.ceil(side)) for side in np.abs(turn) @ [w, h])
    moved = np.array([w, h]) / 2 - turn @ [width / 2, height / 2]
    way_back = np.array([[*turn[0], moved[0]], [*turn[1], moved[1]], [0, 0, 1]])
    image, how = Image.fromarray(pixels), Image.Transform.AFFINE
    fill = tuple(int(level) for level in np.median(pixels, axis=(0, 1)))
    smooth = Image.Resampling.BICUBIC
    made = image.transform((width, height), how, [*way_back[:2].ravel()], smooth, fillcolor=fill)
    return np.asarray(made), way_back


def find_as_it_lies(pixels: Pixels, look: Look) -> FoundQuads:
    """Find the quads of lines; where they are small, by a second, larger look.

    Kernels of small lines that stand close to each other are missed, or become one. Where there is
    no line, it is looked as large as can be, and where there is none even then, smaller: letters
    may be larger than the detector knows them.
    """
    own = max(pixels.shape[:2])
    long = min(max(own, LEAST), MOST)
    found = detect(pixels, look, long=long)
    larger = enlarge(long, min(LARGEST, ENLARGED * own), usual_height(found) * long / own)
    if larger > long:
        again = detect(pixels, look, long=larger)
        found = again if extent(again) >= AS_MUCH * extent(found) else found
    if not len(found.quads):
        found = detect(pixels, look, long=round(long / SMALLER))
    return found


def enlarge(long: int, most: float, height: float) -> int:
    """Give the length of a picture at which lines of a height at `long` are not small any more."""
    while height < SMALL and long * LARGER <= most:
        long, height = round(long * LARGER), height * LARGER
    return long


def usual_height(found: FoundQuads) -> float:
    """Give the median height of lines, in pixels of the picture; 0 where there is none."""
    heights = [size_of(quad)[1] for quad in found.quads]
    return float(np.median(heights)) if heights else 0.0


def extent(found: FoundQuads) -> float:
    """Add up the lengths of all lines, in pixels, each as far as it is sure."""
    lengths = np.array([size_of(quad)[0] for quad in found.quads])
    return float(lengths @ found.confidences) if len(lengths) else 0.0


def is_sideways(quads: Sequence[Quad]) -> bool:
    """Tell whether most of the text, by its length, goes up or down."""
    along = np.array([axes(quad)[0] for quad in quads]).reshape(-1, 2)
    lengths = np.hypot(*along.T)
    steep = np.abs(along[:, 1]) > np.abs(along[:, 0])
    return bool(lengths[steep].sum() > lengths.sum() / 2)


def turn_back(line: TextLine, width: int) -> TextLine:
    """Bring a line from a picture turned by np.rot90 to the picture of that width before."""
    x, y = line.quad.T
    return replace(line, quad=np.column_stack([width - y, x]))


def read_quads(pixels: Pixels, quads: Sequence[Quad], read: Read) -> list[TextLine]:
    """Read the lines of quads; those that are surer to say something upside down are turned.

    Where most of the text is upside down, so are the other lines, unless they are much surer not.
    """
    said = read([cut_line(pixels, quad) for quad in quads])
    upright = [as_line(quad, line) for quad, line in zip(quads, said, strict=True)]
    unsure = [n for n, line in enumerate(upright) if line.confidence < UNSURE]
    lines = turn_some(pixels, upright, unsure, read, SURER)
    kept = [n for n, line in enumerate(lines) if line is upright[n]]
    letters = [len(line.text) for line in lines]
    if 2 * sum(letters[n] for n in kept) < sum(letters):
        lines = turn_some(pixels, lines, kept, read, -SURER)
    return level_some(pixels, lines, read)


def turn_some(
    pixels: Pixels, lines: Sequence[TextLine], numbers: Sequence[int], read: Read, by: float
) -> list[TextLine]:
    """Turn those of some lines whose confidence upside down is higher by so much."""
    turned = {n: np.roll(lines[n].quad, 2, axis=0) for n in numbers}
    return read_again(pixels, lines, turned, read, by)


def level_some(pixels: Pixels, lines: Sequence[TextLine], read: Read) -> list[TextLine]:
    """Lay lines that are askew along their page where they are as surely read so.

    A short line, or one beside an ornament, is easily found a few degrees off.
    """
    quads = [line.quad for line in lines]
    if not quads:
        return []
    page, (upright, _) = text_angle(quads), turn_upright(quads)
    least, most = np.radians(ASKEW)
    off = [abs(text_angle([quad])) for quad in upright]
    level = {n: laid_along(quads[n], page) for n in range(len(quads)) if least < off[n] < most}
    return read_again(pixels, lines, level, read, -AS_SURE) if level else [*lines]


def read_again(
    pixels: Pixels, lines: Sequence[TextLine], quads: Mapping[int, Quad], read: Read, by: float
) -> list[TextLine]:
    """Read some lines, by number, at other quads; those that are surer by so much are taken."""
    made = [*lines]
    said = read([cut_line(pixels, quad) for quad in quads.values()])
    for (n, quad), line in zip(quads.items(), said, strict=True):
        if line.text and line.confidence > lines[n].confidence + by:
            made[n] = as_line(quad, line)
    return made


def as_line(quad: Quad, line: ReadLine) -> TextLine:
    """Put together what a line says and where."""
    return TextLine(np.asarray(quad, np.float64), line.text, line.confidence, line.tail)
