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
from PIL.TiffImagePlugin import TiffImageFile

from neuropil.kit.errors import UserError

UInt16Array = NDArray[np.uint16]

OTHER = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}  # N: this machine's
WHITE_IS_ZERO = 0
BITS_PER_SAMPLE, PHOTOMETRIC = 258, 262  # tags of TIFF


def is_16_bit(image: ImageFile) -> bool:
    """Tell whether an opened file has more than 8 bits per channel that are read here.

    16-bit CMYK and alpha-premultiplied colors are not: Pillow reads these as 8 bits.
    """
    return image.mode.startswith("I") or _rawmode(image) == "LA;16B" or _order(image) is not None


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
    white_is_zero = _tag(image, PHOTOMETRIC) == WHITE_IS_ZERO
    return (65535 - grey if white_is_zero else grey).astype(np.uint16)


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
