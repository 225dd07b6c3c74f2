"""What a picture file says besides its pixels, kept so that it can be said again.

EXIF is kept as the bytes that it came in: writing it anew would change words outside ASCII and
what cameras hide in it. Two things are mended in place, because they would be wrong in a new file:
the orientation, which has been applied, and the thumbnail, which shows the picture as it was.
"""

import math
import struct
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from PIL import Image as Picture
from PIL.TiffImagePlugin import TiffImageFile

PREFIX = b"Exif\0\0"
ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 274, 282, 283, 296
DOTS_PER_INCH = {2: 1.0, 3: 2.54}  # by unit: inch, centimeter
IFD_TAGS = (34665, 34853)  # EXIF proper, GPS: directories within the directory
DESCRIPTIONS = (270, 271, 272, 305, 306, 315, 33432)  # title, camera, program, date, author, rights


@dataclass(frozen=True)
class ImageMetadata:
    """Camera data, dots per inch (across, down), color profile, and Pillow's name of the format."""

    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    icc: bytes | None = None
    format: str | None = None


def read_metadata(image: Picture.Image) -> tuple[ImageMetadata, int]:
    """Read the notes of an opened file, and the orientation that its pixels still need."""
    if isinstance(image, TiffImageFile):  # Pillow turns these upright by itself
        exif, orientation = _gather_exif(image), 1
    else:
        exif, orientation = _set_upright(image.info.get("exif"))
    dpi = _sane(image.info.get("dpi")) or _sane(_resolution(exif))
    if dpi and orientation >= 5:  # lies on its side
        dpi = dpi[::-1]
    return ImageMetadata(
        exif, dpi, image.info.get("icc_profile") or None, image.format
    ), orientation


def parse_exif(exif: bytes | None) -> Picture.Exif:
    """Read EXIF into a directory that is written again with the very same texts."""
    directory = Picture.Exif()
    if exif:
        directory.load(exif)
        _keep_texts(directory)
        for folder in IFD_TAGS:
            if folder in directory:
                _keep_texts(directory.get_ifd(folder))
    return directory


def _keep_texts(entries: MutableMapping[int, Any]) -> None:
    """Turn texts back into bytes: Pillow reads them as Latin-1 and would write them as ASCII."""
    for tag, value in list(entries.items()):
        if isinstance(value, str):
            entries[tag] = value.encode("latin-1")


def _gather_exif(image: TiffImageFile) -> bytes | None:
    """Gather EXIF from the tags of a TIFF file, without those that describe its storage.

    A camera maker's own note is lost here: it refers to places in a file, so Pillow hides it.
    """
    given, exif = image.getexif(), Picture.Exif()
    exif.update({tag: given[tag] for tag in DESCRIPTIONS if tag in given})
    _keep_texts(exif)
    for folder in IFD_TAGS:
        if entries := dict(given.get_ifd(folder)):
            _keep_texts(entries)
            exif[folder] = entries
    return exif.tobytes() if exif else None


def _set_upright(exif: bytes | None) -> tuple[bytes | None, int]:
    """Set the orientation to upright, detach the thumbnail; return it with the old orientation."""
    if not exif:
        return None, 1
    data = bytearray(exif.removeprefix(PREFIX))
    try:
        return _mend(data)
    except (struct.error, KeyError):  # damaged: nothing in it can be relied on
        return None, 1


def _mend(data: bytearray) -> tuple[bytes, int]:
    order = {b"II": "<", b"MM": ">"}[bytes(data[:2])]
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    orientation = 1
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        tag, _, _, value = struct.unpack_from(order + "HHIH", data, entry)
        if tag == ORIENTATION:
            orientation = value
            struct.pack_into(order + "H", data, entry + 8, 1)
    struct.pack_into(order + "I", data, start + 2 + 12 * count, 0)  # no second picture follows
    return PREFIX + bytes(data), orientation


def _resolution(exif: bytes | None) -> tuple[float, float] | None:
    entries = parse_exif(exif)
    scale = DOTS_PER_INCH.get(entries.get(RESOLUTION_UNIT, 2))
    if scale is None or X_RESOLUTION not in entries or Y_RESOLUTION not in entries:
        return None
    return float(entries[X_RESOLUTION]) * scale, float(entries[Y_RESOLUTION]) * scale


def _sane(dpi: Any) -> tuple[float, float] | None:
    """Leave out the zeros and infinities that programs write where they know no resolution."""
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    across, down = float(dpi[0]), float(dpi[1])
    return (across, down) if 0 < across < math.inf and 0 < down < math.inf else None
