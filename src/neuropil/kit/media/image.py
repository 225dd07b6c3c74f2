"""A picture: sRGB pixels of 8 or 16 bits, alpha, and what its file said besides.

    photo = Image.open("old.jpg")
    photo.replace(pixels=photo.pixels[::-1]).save("upside-down.png")

Dimension key: H, W height and width.
"""

import dataclasses
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.kit.errors import UserError
from neuropil.kit.formats import MAX_PIXELS, QUALITY
from neuropil.kit.media import image_reader, image_writer
from neuropil.kit.media.metadata import ImageMetadata

__all__ = ["Image", "ImageMetadata"]

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, eq=False, repr=False)
class Image:
    """A picture of `pixels` (H, W, 3) and `alpha` (H, W), both uint8 or both uint16."""

    KIND: ClassVar = "image"
    SUFFIXES: ClassVar = tuple(sorted(image_writer.FORMATS, key=".png".__ne__))
    READS: ClassVar = image_reader.SUFFIXES

    pixels: Pixels
    alpha: Pixels | None = None
    metadata: ImageMetadata = field(default_factory=ImageMetadata)

    def __post_init__(self) -> None:
        shape, kind = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or kind not in (np.uint8, np.uint16):
            raise UserError(
                "input.content",
                f"pixels are {kind} of shape {shape}; an image takes (H, W, 3) uint8 or uint16",
            )
        if self.alpha is not None and (self.alpha.shape, self.alpha.dtype) != (shape[:2], kind):
            raise UserError(
                "input.content",
                f"alpha is {self.alpha.dtype} of shape {self.alpha.shape}; it must be {kind}"
                f" of shape {shape[:2]} as the pixels are",
            )

    def __repr__(self) -> str:
        return f"Image({self.height} x {self.width}, {self.pixels.dtype})"

    @classmethod
    def open(
        cls, path: Path | str, *, max_pixels: int = MAX_PIXELS, page: int | None = None
    ) -> Self:
        """Read a picture of one of these kinds; what can't be kept of it is said.

        JPEG, PNG, TIFF, WebP, AVIF, GIF, BMP, JPEG 2000, PPM and PGM, PSD, with neuropil[heic] HEIC

        page: which page of a TIFF or frame of an animation, from 1; by default the first
        """
        return cls(*image_reader.read_image(Path(path), max_pixels, page))

    @classmethod
    def count_pages(cls, path: Path) -> int:
        """Count the pages of a TIFF or the frames of an animation; 1 of all other files."""
        return image_reader.count_pages(path)

    @classmethod
    def recognize(cls, path: Path) -> bool:
        """Tell by its content whether a file is a picture, whatever its name ends in."""
        return image_reader.is_picture(path)

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write JPEG, PNG, TIFF or WebP, by the ending of `path`; what is there is overwritten."""
        image_writer.write_image(Path(path), self.pixels, self.alpha, self.metadata, quality)

    def replace(self, *, pixels: Pixels) -> Self:
        """Copy this picture with other pixels, and with its alpha and notes."""
        return dataclasses.replace(self, pixels=pixels)

    @property
    def height(self) -> int:
        """Count the pixels of a column."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Count the pixels of a row."""
        return int(self.pixels.shape[1])

    def thumbnail(self, longest: int) -> "Image":
        """Make a copy of 8 bits that is at most `longest` pixels wide and high."""
        scale = min(1, longest / max(self.height, self.width))
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        alpha = None if self.alpha is None else _resize(self.alpha, size)
        return Image(_resize(self.pixels, size), alpha)

    def png(self) -> bytes:
        """Encode as PNG, for pages."""
        file = io.BytesIO()
        image_writer.encode_image(file, "PNG", self.pixels, self.alpha, ImageMetadata(), QUALITY)
        return file.getvalue()


def _resize(plane: Pixels, size: tuple[int, int]) -> NDArray[np.uint8]:
    picture = Picture.fromarray(image_writer.to_8_bit(plane))
    return np.asarray(picture.resize(size, Picture.Resampling.LANCZOS, reducing_gap=3.0))
