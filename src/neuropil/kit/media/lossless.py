"""Writing PNG and TIFF of 8 or 16 bits per channel.

Pillow writes 16-bit colors in neither, takes twice as long over PNG, and can't write a
packed TIFF with EXIF. Rows go through in blocks, so that a scan needs no second copy of itself, and
a picture that is made block by block not even a first one.

Dimension key: H, W height and width; C 3 channels, 4 with alpha.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from neuropil.kit.media.metadata import IFD_TAGS, PREFIX, ImageMetadata, parse_exif
from neuropil.kit.progress import ticking

Samples = NDArray[Any]  # of 8 or 16 bits
Shape = tuple[int, int, int]  # H, W, C

LEVEL = 4  # of zlib, of 9: 6 takes nearly twice the time and saves a fiftieth of the size
BYTES_AT_ONCE = 1 << 21  # of a block: a tenth of a second of noise
METERS_PER_INCH = 0.0254
LEFT = 1  # the PNG filter that keeps differences to the pixel at the left


def write_png(file: BinaryIO, pixels: Samples, alpha: Samples | None, notes: ImageMetadata) -> None:
    """Write PNG (ISO 15948)."""
    H, W, C = pixels.shape
    shape, depth = (H, W, C + (alpha is not None)), pixels.itemsize
    write_png_blocks(file, shape, depth, _blocks(pixels, alpha), notes)


def write_png_blocks(
    file: BinaryIO, shape: Shape, depth: int, blocks: Iterable[Samples], notes: ImageMetadata
) -> None:
    """Write PNG from blocks of rows, each (rows, W, C), of `depth` bytes a sample."""
    H, W, C = shape
    kind = 2 if C == 3 else 6  # colors; colors with alpha
    file.write(b"\x89PNG\r\n\x1a\n")
    _chunk(file, b"IHDR", struct.pack(">IIBBBBB", W, H, 8 * depth, kind, 0, 0, 0))
    if notes.icc:
        _chunk(file, b"iCCP", b"profile\0\0" + zlib.compress(notes.icc))
    if notes.dpi:
        per_meter = (round(dots / METERS_PER_INCH) for dots in notes.dpi)
        _chunk(file, b"pHYs", struct.pack(">IIB", *per_meter, 1))
    if notes.exif:
        _chunk(file, b"eXIf", notes.exif.removeprefix(PREFIX))
    packer = zlib.compressobj(LEVEL)
    for rows in ticking(blocks):
        _chunk(file, b"IDAT", packer.compress(_filter_rows(rows)))
    _chunk(file, b"IDAT", packer.flush())
    _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, name: bytes, data: bytes) -> None:
    file.write(struct.pack(">I", len(data)) + name + data)
    file.write(struct.pack(">I", zlib.crc32(data, zlib.crc32(name))))


def _filter_rows(rows: Samples) -> bytes:
    """Keep, byte by byte, the difference to the pixel at the left, which packs far better."""
    H, W, C = rows.shape
    depth = rows.itemsize
    plain = rows.astype(f">u{depth}", copy=False).view(np.uint8).reshape(H, W * C * depth)
    pixel = C * depth
    filtered = np.empty((H, 1 + W * pixel), np.uint8)
    filtered[:, 0] = LEFT
    filtered[:, 1 : 1 + pixel] = plain[:, :pixel]
    np.subtract(plain[:, pixel:], plain[:, :-pixel], out=filtered[:, 1 + pixel :])
    return filtered.tobytes()


def write_tiff(
    file: BinaryIO, pixels: Samples, alpha: Samples | None, notes: ImageMetadata
) -> None:
    """Write TIFF (6.0, with Adobe's supplement), in strips of differences packed by zlib."""
    blocks = ticking(_blocks(pixels, alpha))
    strips = [zlib.compress(_differences(rows).tobytes(), LEVEL) for rows in blocks]
    sizes = [len(strip) for strip in strips]
    H, W, C = pixels.shape
    C += alpha is not None
    tags = _describe(notes)
    tags[256], tags[257] = W, H
    tags[258] = (8 * pixels.itemsize,) * C
    tags[259] = 8  # compression: deflate
    tags[262] = 2  # RGB
    tags[273] = tuple(sum(sizes[:strip]) for strip in range(len(sizes)))
    tags[277] = C
    tags[278] = rows_at_once(pixels.shape, pixels.itemsize)
    tags[279] = tuple(sizes)
    tags[317] = 2  # the differences
    if alpha is not None:
        tags[338] = 2  # alpha that is not multiplied into the colors
    tags.save(file)
    for strip in strips:
        file.write(strip)


def _describe(notes: ImageMetadata) -> ImageFileDirectory_v2:
    """Say in tags what the notes hold."""
    tags = ImageFileDirectory_v2()
    exif = parse_exif(notes.exif)
    for tag, value in exif.items():
        tags[tag] = exif.get_ifd(tag) if tag in IFD_TAGS else value
    if notes.icc:
        tags[34675] = notes.icc
    if notes.dpi:
        tags[282], tags[283] = notes.dpi
        tags[296] = 2  # per inch
    return tags


def _differences(rows: Samples) -> Samples:
    """Replace every sample by its difference to the one at its left, little end first."""
    first, rest = rows[:, :1], rows[:, 1:] - rows[:, :-1]
    joined = np.concatenate([first, rest], axis=1)
    return joined.astype(joined.dtype.newbyteorder("<"), copy=False)


def rows_at_once(shape: tuple[int, ...], depth: int) -> int:
    """Tell how many rows of a picture (H, W, C), of `depth` bytes a sample, make a block."""
    H, W, C = shape
    return int(min(H, max(1, BYTES_AT_ONCE // (W * C * depth))))


def _blocks(pixels: Samples, alpha: Samples | None) -> Iterator[Samples]:
    """Cut a picture into blocks of rows, each (rows, W, C)."""
    step = rows_at_once(pixels.shape, pixels.itemsize)
    for top in range(0, len(pixels), step):
        rows = pixels[top : top + step]
        yield rows if alpha is None else np.dstack([rows, alpha[top : top + step]])
