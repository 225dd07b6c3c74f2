"""From sRGB pixels to a picture file that says again what the original's said.

JPEG and WebP hold 8 bits per channel; PNG and TIFF hold 8 or 16. Nothing is lost in silence: what
a format can't hold is refused with the name of one that can.
"""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.kit.atomic import atomic_path
from neuropil.kit.errors import UserError, require_ending
from neuropil.kit.formats import QUALITIES
from neuropil.kit.media import icc, lossless
from neuropil.kit.media.metadata import (
    RESOLUTION_UNIT,
    X_RESOLUTION,
    Y_RESOLUTION,
    ImageMetadata,
    parse_exif,
)
from neuropil.kit.progress import ticking

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
LOSSLESS_WRITERS = {"PNG": lossless.write_png, "TIFF": lossless.write_tiff}
MOST_PIXELS_A_SIDE = {"JPEG": 65_500, "WEBP": 16_383}
AT_ONCE = 1 << 22  # samples that are rounded at once
MOST_EXIF = 65_533  # bytes that JPEG can hold
FULL_CHROMA_QUALITY = (
    90  # the quality from which color is kept at full size: 2×2 blocks bleed over edges
)

Samples = NDArray[Any]  # of 8 or 16 bits


def write_image(
    path: Path, pixels: Samples, alpha: Samples | None, notes: ImageMetadata, quality: int
) -> None:
    """Write by the ending of `path`; raises UserError where the format can't hold the picture."""
    require_ending(path, FORMATS)
    kind = FORMATS[path.suffix.lower()]
    QUALITIES.check("quality", quality)
    _refuse_large(path, kind, pixels, notes)
    if alpha is not None and kind == "JPEG":
        _refuse_transparent(path, alpha)
        alpha = None
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        encode_image(file, kind, pixels, alpha, notes, quality)


def encode_image(
    file: BinaryIO,
    kind: str,
    pixels: Samples,
    alpha: Samples | None,
    notes: ImageMetadata,
    quality: int,
) -> None:
    """Write in a format that Pillow knows by the name `kind`."""
    if kind in LOSSLESS_WRITERS:
        LOSSLESS_WRITERS[kind](file, icc.from_srgb(pixels, notes.icc), alpha, notes)
        return
    picture = Picture.fromarray(icc.from_srgb(to_8_bit(pixels), notes.icc))
    if alpha is not None:
        picture.putalpha(Picture.fromarray(to_8_bit(alpha)))
    picture.save(file, kind, **_settings(kind, notes, quality))


def to_8_bit(samples: Samples) -> NDArray[np.uint8]:
    """Round 16 bits to 8, without leaving 16 on the way."""
    if samples.dtype != np.uint16:
        return samples.astype(np.uint8, copy=False)
    made, step = np.empty(samples.shape, np.uint8), max(1, AT_ONCE // max(1, samples[0].size))
    for rows in ticking(slice(top, top + step) for top in range(0, len(samples), step)):
        made[rows] = (samples[rows] - (samples[rows] >> 8) + 128) >> 8
    return made


def _settings(kind: str, notes: ImageMetadata, quality: int) -> dict[str, Any]:
    """Name what Pillow shall write beside the pixels."""
    settings: dict[str, Any] = {"quality": quality, "icc_profile": notes.icc}
    if kind == "WEBP":
        return settings | {"exif": _with_resolution(notes)}
    settings |= {
        "exif": notes.exif or b"",
        "subsampling": 0 if quality >= FULL_CHROMA_QUALITY else 2,
    }
    return settings | ({"dpi": notes.dpi} if notes.dpi else {})


def _with_resolution(notes: ImageMetadata) -> bytes:
    """Put dots per inch into EXIF, the only place that WebP has for them."""
    if not notes.dpi:
        return notes.exif or b""
    exif = parse_exif(notes.exif)
    exif[X_RESOLUTION], exif[Y_RESOLUTION] = notes.dpi
    exif[RESOLUTION_UNIT] = 2  # per inch
    return exif.tobytes()


def _refuse_large(path: Path, kind: str, pixels: Samples, notes: ImageMetadata) -> None:
    most = MOST_PIXELS_A_SIDE.get(kind)
    if most and max(pixels.shape) > most:
        raise UserError(
            "output.content",
            f"{path}: {kind} holds at most {most} pixels a side; end the name in .png or .tif",
            path=path,
        )
    if kind == "JPEG" and notes.exif and len(notes.exif) > MOST_EXIF:
        raise UserError(
            "output.content",
            f"{path}: JPEG can't hold so much EXIF; end the name in .png or .tif",
            path=path,
        )


def _refuse_transparent(path: Path, alpha: Samples) -> None:
    """Let only an alpha go that says nothing."""
    if (alpha != np.iinfo(alpha.dtype).max).any():
        raise UserError(
            "output.content",
            f"{path}: JPEG can't hold what is transparent; end the name in .png, .webp or .tif",
            path=path,
        )
