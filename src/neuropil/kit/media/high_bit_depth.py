"""Reading pictures of 16 bits per channel, which Pillow by itself would cut to 8.

Pillow takes the upper byte of every 16-bit sample of a color picture. Told that the bytes lie in
the other order it takes the lower one, so two readings give all 16 bits, and Pillow's decoders for
every compression, interlacing and tiling serve as they are.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL.ImageFile import ImageFile
from PIL.PsdImagePlugin import PsdImageFile
from PIL.TiffImagePlugin import TiffImageFile

from neuropil.kit.errors import UserError

UInt16Array = NDArray[np.uint16]

OTHER = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}  # N: this machine's
WHITE_IS_ZERO = 0
BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC, SAMPLE_FORMAT, SUBSAMPLING = 258, 259, 262, 339, 530
YCBCR, UNCOMPRESSED, UNSIGNED, FLOAT = 6, 1, 1, 3  # values of these tags of TIFF
MERGED, MULTICHANNEL = 1057, 7  # a resource and a color mode of PSD
SIZE_OF_JPEG_2000 = b"\xff\x4f\xff\x51"  # begins the codestream; the depth follows


def is_16_bit(image: ImageFile) -> bool:
    """Tell whether an opened file has more than 8 bits per channel that are read here.

    16-bit CMYK and alpha-premultiplied colors are not: Pillow reads these as 8 bits.
    """
    is_deep = image.mode.startswith("I") or _rawmode(image) == "LA;16B" or _is_deep_ppm(image)
    return is_deep or _order(image) is not None


def lost_bits(image: ImageFile) -> int:
    """Tell how many bits a channel has that come as 8; 0 where none are lost."""
    if image.format == "JPEG2000" and not image.mode.startswith("I"):
        bits = _jpeg_2000_bits(image)
    else:
        is_8 = is_16_bit(image) or not image.tile
        bits = 16 if not is_8 and (";16" in _rawmode(image) or _maximum(image) > 255) else 8
    return bits if bits > 8 else 0


def refuse_rare(image: ImageFile) -> None:
    """Raise UserError for layouts that Pillow opens, but would guess at."""
    why = _find_rare(image)
    if why:
        words = f"{why}, which can't be read; save it as RGB of 8 or 16 bits a channel"
        raise UserError("input.kind", words)


def _find_rare(image: ImageFile) -> str:
    if isinstance(image, PsdImageFile):
        merged = [data[4:5] for number, _, data in image.resources if number == MERGED]
        image.fp.seek(24)  # type: ignore[union-attr]
        is_multichannel = image.fp.read(2) == bytes([0, MULTICHANNEL])  # type: ignore[union-attr]
        return (
            "it is of channels that are no colors"
            if is_multichannel
            else "it holds layers and no merged picture"
            if merged == [b"\0"]
            else ""
        )
    if not isinstance(image, TiffImageFile):
        return ""
    if _tag(image, SAMPLE_FORMAT) not in (None, UNSIGNED, FLOAT):
        return "its samples are numbers with a sign"
    if image.mode == "I" and _tag(image, BITS_PER_SAMPLE) == 32:
        return "its samples have 32 bits"
    is_raw = _tag(image, COMPRESSION) in (None, UNCOMPRESSED)
    if is_raw and image.mode == "YCbCr" and image.tag_v2.get(SUBSAMPLING, (2, 2)) != (1, 1):
        return "its colors are smaller than its lightness, and not compressed"
    return ""


def read_16_bit(
    image: ImageFile, again: Callable[[], ImageFile], turned: Callable[[Any], Picture.Image]
) -> tuple[UInt16Array, UInt16Array | None]:
    """Decode grey (H, W) or color (H, W, 3), and alpha (H, W) where there is one.

    image: opened, not yet decoded
    again: opens it a second time
    turned: brings a decoded picture upright
    """
    if image.mode.startswith("I"):
        color = _grey(image, turned)
    elif _is_deep_ppm(image):
        color = _ppm(image)
    elif _rawmode(image) == "LA;16B":  # four bytes a pixel, which look like red, green, blue, alpha
        _rename(image, lambda rawmode: "RGBA")
        samples = np.asarray(turned(image)).view(">u2").astype(np.uint16)
        return samples[..., 0], samples[..., 1]
    else:
        color = _color(image, again, turned)
    if color.ndim == 3 and color.shape[2] == 4:
        return np.ascontiguousarray(color[..., :3]), np.ascontiguousarray(color[..., 3])
    return color, _alpha_of_key(color, image.info.get("transparency"))


def _color(
    image: ImageFile, again: Callable[[], ImageFile], turned: Callable[[Any], Picture.Image]
) -> UInt16Array:
    """Join the upper and the lower byte of every sample; shape (H, W, 3 or 4)."""
    order = _order(image)
    assert order
    _rename(image, lambda rawmode: f"{rawmode.partition(';')[0]};16{order}")
    color = np.asarray(turned(image)).astype(np.uint16)
    color <<= 8
    with again() as second:
        _rename(second, lambda rawmode: f"{rawmode.partition(';')[0]};16{OTHER[order]}")
        color |= np.asarray(turned(second))
    return color


def _grey(image: ImageFile, turned: Callable[[Any], Picture.Image]) -> UInt16Array:
    """Take grey samples, which Pillow reads whole; shape (H, W)."""
    grey = np.asarray(turned(image))
    if grey.min() < 0 or grey.max() > 65535:
        raise UserError(
            "input.kind", "its pixels have 32 bits, and 16 can be read; save it with 16"
        )
    if _tag(image, BITS_PER_SAMPLE) == 12:
        grey = grey.astype(np.uint16)
        grey = grey << 4 | grey >> 8
    white_is_zero = _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO
    return (65535 - grey if white_is_zero else grey).astype(np.uint16)


def _maximum(image: ImageFile) -> int:
    """Say which sample of a PPM or PGM is white, 0 of other files."""
    args = image.tile[0].args if image.format == "PPM" and image.tile else None
    return int(args[1]) if isinstance(args, tuple) else 0


def _is_deep_ppm(image: ImageFile) -> bool:
    """Tell color of more than 8 bits in binary, which Pillow would cut to 8."""
    is_color = image.format == "PPM" and image.mode == "RGB" and bool(image.tile)
    return is_color and image.tile[0].codec_name == "ppm" and _maximum(image) > 255


def _ppm(image: ImageFile) -> UInt16Array:
    """Read color of a binary PPM; shape (H, W, 3)."""
    n = image.width * image.height * 3
    assert image.fp
    image.fp.seek(image.tile[0].offset)
    data = image.fp.read(2 * n)
    if len(data) < 2 * n:
        raise OSError("image file is truncated")
    samples = np.frombuffer(data, ">u2").reshape(image.height, image.width, 3)
    most = _maximum(image)
    return (samples.clip(max=most) * (65535 / most)).round().astype(np.uint16)


def _jpeg_2000_bits(image: ImageFile) -> int:
    """Read the bits of a channel out of a JPEG 2000's header, which Pillow keeps to itself."""
    assert image.fp
    place = image.fp.tell()
    image.fp.seek(0)
    size = image.fp.read(1 << 16).partition(SIZE_OF_JPEG_2000)[2]
    image.fp.seek(place)
    return (size[38] & 0x7F) + 1 if len(size) > 38 else 8


def _alpha_of_key(color: UInt16Array, key: Any) -> UInt16Array | None:
    """Make alpha of the one color that a PNG may declare to be transparent."""
    if key is None:
        return None
    seen = color != np.array(key, np.uint16)
    return np.where(seen.any(axis=2) if color.ndim == 3 else seen, 65535, 0).astype(np.uint16)


def _order(image: ImageFile) -> str | None:
    """Say how the bytes of 16-bit colors lie: L, B, N; None where the colors are not such."""
    kind, _, order = _rawmode(image).partition(";16")
    if kind in ("RGB", "RGBA", "RGBX") and order in OTHER:
        return order
    if image.mode in ("RGB", "RGBA") and kind == "R" and _tag(image, BITS_PER_SAMPLE) == 16:
        assert isinstance(image, TiffImageFile)  # that keeps one plane per channel
        return {"II": "L", "MM": "B"}[image.tag_v2.prefix.decode()]
    return None


def _tag(image: ImageFile, tag: int) -> Any:
    """Look up the first value of a tag, None where the file is no TIFF or has none."""
    value = image.tag_v2.get(tag) if isinstance(image, TiffImageFile) else None
    return value[0] if isinstance(value, tuple) else value


def _rawmode(image: ImageFile) -> str:
    """Say how the samples of a file are laid out, in Pillow's words."""
    if not image.tile:
        return ""
    arguments = image.tile[0].args
    return str(arguments[0] if isinstance(arguments, tuple) else arguments)


def _rename(image: ImageFile, name: Callable[[str], str]) -> None:
    """Have the samples of a file taken for laid out otherwise."""
    image.tile = [
        tile._replace(
            args=(name(tile.args[0]), *tile.args[1:])
            if isinstance(tile.args, tuple)
            else name(str(tile.args))
        )
        for tile in image.tile
    ]
