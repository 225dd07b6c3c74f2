"""Reading AVIF and HEIC, the two kinds of HEIF, of 10 or 12 bits per channel: whole, not cut to 8.

Pillow would give 8 bits. HEIC comes from pillow-heif, which can give all, AVIF from PyAV. What
Pillow knows besides, the size, the turn, the opacity of an AVIF, is asked of Pillow.

Dimension key: H, W height and width.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL.ImageFile import ImageFile

from neuropil.kit.errors import UserError

Deep = NDArray[np.uint16]

BYTES_OF_A_HEAD = 1 << 20  # in which a file says what its colors are
CODED_AS = b"av1C"  # a box, with the bits of a channel in its third byte
DEEP, DEEPER = 0x40, 0x20  # more than 8 bits, more than 10
PREMULTIPLIED = b"prem"  # a reference from colors to the opacity that they were multiplied by
COLORS = b"colrnclx"  # a box, with two numbers of 16 bits and others behind it


def open_heic(path: Path) -> ImageFile:
    """Read the header of a HEIC; raises UserError where the library for it isn't installed."""
    try:
        from pillow_heif import register_heif_opener
    except ModuleNotFoundError:
        raise UserError(
            "dependency.missing",
            f'{path} is HEIC; to read it: pip install "neuropil[heic]"',
            name="pillow-heif",
            path=path,
        ) from None
    register_heif_opener()
    return Picture.open(path, formats=("HEIF",))


def read_color_numbers(path: Path) -> tuple[int, int] | None:
    """Read the numbers of primaries and transfer function (ITU-T H.273), None where not told."""
    _, found, rest = read_head(path).partition(COLORS)
    if not found or len(rest) < 4:
        return None
    primaries, transfer = struct.unpack_from(">HH", rest)
    return primaries, transfer


def count_bits(path: Path, image: ImageFile) -> int:
    """Tell how many bits a channel has: 8, 10 or 12; 8 of all other kinds of files."""
    if image.format == "HEIF":
        return int(image.info.get("bit_depth", 8))
    if image.format != "AVIF":
        return 8
    boxes = [box[2] for box in read_head(path).split(CODED_AS)[1:] if len(box) > 2]
    return max((8 + 2 * bool(b & DEEP) + 2 * bool(b & DEEPER) for b in boxes), default=8)


def read_deep(
    path: Path, image: ImageFile, turned: Callable[[Picture.Image], Picture.Image]
) -> tuple[Deep, Deep | None] | None:
    """Decode grey (H, W) or color (H, W, 3), and alpha (H, W) where there is one.

    None for what can't be had whole: colors multiplied by their opacity, an AVIF made of tiles.

    image: opened, not yet decoded
    turned: brings a decoded picture upright
    """
    samples = _read_heic(path, image) if image.format == "HEIF" else _read_avif(path, image)
    if samples is None:
        return None
    planes = [np.asarray(turned(Picture.fromarray(plane))) for plane in np.moveaxis(samples, 2, 0)]
    alpha = planes.pop() if len(planes) in (2, 4) else None
    if alpha is None and image.mode == "RGBA":  # of an AVIF, whose opacity Pillow gives in 8 bits
        alpha = np.asarray(turned(image).getchannel("A")).astype(np.uint16) * 257
    return planes[0] if len(planes) == 1 else np.stack(planes, axis=-1), alpha


def _read_heic(path: Path, image: ImageFile) -> Deep | None:
    """Read all channels (H, W, C), their bits repeated where 16 have more."""
    from pillow_heif import open_heif

    file = open_heif(path, convert_hdr_to_8bit=False)
    if file.premultiplied_alpha:
        return None
    samples = np.asarray(file)
    return np.atleast_3d(samples | samples >> int(image.info["bit_depth"]))


def _read_avif(path: Path, image: ImageFile) -> Deep | None:
    """Read red, green and blue (H, W, 3), not yet upright."""
    import av

    if PREMULTIPLIED in read_head(path):
        return None
    with av.open(f"file:{path}", format="mov") as file:
        frame = next(file.decode(video=0))
    if (frame.width, frame.height) != image.size:  # one tile of several
        return None
    made: NDArray[Any] = frame.to_ndarray(format="rgb48le")
    return made


def read_head(path: Path) -> bytes:
    """Read the part of a file in which it says what its pixels are."""
    with path.open("rb") as file:
        return file.read(BYTES_OF_A_HEAD)
