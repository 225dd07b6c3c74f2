"""From a picture file of any kind to upright sRGB pixels of 8 or 16 bits, with what else it says.

Whatever is wrong with the file ends in one sentence. Only the header is read before the number of
pixels is held against the limit, so that a small file can't unpack to all of the memory; and a file
that is far larger than so many pixels take is not read at all, as some decoders read it whole.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import PngImagePlugin, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import TiffImageFile

from neuropil.kit.bounded import too_large
from neuropil.kit.errors import UserError, require_file
from neuropil.kit.media import heif, high_bit_depth, icc
from neuropil.kit.media.film_container import explain_collection, holds_film
from neuropil.kit.media.metadata import ImageMetadata, read_metadata
from neuropil.kit.progress import message
from neuropil.kit.ranges import Range

SUFFIXES = frozenset(  # of the pictures that are looked for in folders
    ".avif .bmp .gif .heic .heif .j2c .j2k .jfif .jp2 .jpc .jpe .jpeg .jpf .jpg .jpx .pbm .pgm .png"
    " .pnm .ppm .psd .tif .tiff .webp".split()
)
EXIF_TRANSPOSE = {  # by EXIF orientation
    2: Picture.Transpose.FLIP_LEFT_RIGHT,
    3: Picture.Transpose.ROTATE_180,
    4: Picture.Transpose.FLIP_TOP_BOTTOM,
    5: Picture.Transpose.TRANSPOSE,
    6: Picture.Transpose.ROTATE_270,
    7: Picture.Transpose.TRANSVERSE,
    8: Picture.Transpose.ROTATE_90,
}
# EPS is not among them: it runs a program.
READABLE_FORMATS = tuple("JPEG PNG TIFF WEBP AVIF GIF BMP JPEG2000 PPM PSD".split())
NAMES = "JPEG, PNG, TIFF, WebP, HEIC, AVIF, GIF, BMP, JPEG 2000, PPM, PGM and PSD"
MULTI_IMAGE_FORMATS = tuple("PNG TIFF WEBP AVIF GIF".split())  # may have frames or pages
PARTLY_READ = {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"8BPS": "PSD",
}  # of which some kinds can't be read
BYTES_OF_A_PIXEL = 16  # at most, as they are stored
BYTES_OF_A_TEXT = 64_000_000  # at most, unpacked: a text or a color profile within a PNG
BYTES_OF_ALL_TEXTS = 512_000_000  # of one PNG
BYTES_BESIDES = 200_000_000  # of all else in a file: notes, previews, the film of a live photograph
NEW_SUBFILE_TYPE = 254  # a tag of TIFF whose lowest bit marks a thumbnail
END_OF_JPEG = b"\xff\xd9"
HEIC_BRANDS = (b"hei", b"hev", b"mif", b"msf")

Decoded = tuple[NDArray[Any], NDArray[Any] | None, ImageMetadata]  # (H, W, 3), alpha (H, W), notes


def read_image(path: Path, max_pixels: int, page: int | None = None) -> Decoded:
    """Decode the picture at `path`; raises UserError where that can't be done.

    page: which one of several pages or frames, from 1; the first, which is said, where it is None
    """
    require_file(path, "picture")
    most = BYTES_OF_A_PIXEL * max_pixels + BYTES_BESIDES
    if path.stat().st_size > most:
        raise too_large(f"{path} has", most, "save the picture alone, as PNG or JPEG", path=path)
    with without_pillow_limits(), _open(path) as image:
        try:
            _choose_page(path, image, page)
            _refuse_large(image, max_pixels)
            return _decode(path, image)
        except UserError as error:
            raise error.wrap(f"{path}: {error}", path) from error
        except MemoryError:
            raise
        except Exception as error:  # Pillow's decoders raise nearly anything on damaged data
            mended = _mend_jpeg(path) if image.format in ("JPEG", "MPO") else None
            if mended is None:
                raise _damage_error(path, error) from error
            message(f"{path}: the mark at its end is missing; the picture is whole")
            return _decode(path, mended)


def count_pages(path: Path) -> int:
    """Count the pages of a TIFF or the frames of an animation; 1 where the file can't be read."""
    if not path.is_file():  # a pipe would wait for ever
        return 1
    try:
        with (
            without_pillow_limits(),
            Picture.open(path, formats=MULTI_IMAGE_FORMATS) as image,
        ):
            return len(_list_pages(image))
    except Exception:  # whatever a decoder makes of it: it is said when the picture is read
        return 1


def is_picture(path: Path) -> bool:
    """Tell by its header whether a file is a picture that is known here."""
    try:
        with without_pillow_limits(), _open(path):
            return True
    except UserError as error:
        return error.code == "dependency.missing"  # HEIC, whose library isn't there


def _damage_error(path: Path, error: Exception) -> UserError:
    return UserError(
        "input.damaged", f"{path} is damaged or cut off: {error}; find a whole copy", path=path
    )


@contextmanager
def without_pillow_limits() -> Iterator[None]:
    """Replace Pillow's own limits, 89 megapixels and texts of 1 MB, by ours; quiet its warnings.

    They are the process's own, so threads share them: the first that reads sets them, and the last
    puts them back as they were.
    """
    with _Shared.lock:
        if not _Shared.readers:
            _Shared.before.enter_context(_lift_limits())
        _Shared.readers += 1
    try:
        yield
    finally:
        with _Shared.lock:
            _Shared.readers -= 1
            if not _Shared.readers:
                _Shared.before.close()


class _Shared:
    """Who reads at the moment, in all threads, and how to put back what they share."""

    lock = Lock()
    readers = 0
    before = ExitStack()


@contextmanager
def _lift_limits() -> Iterator[None]:
    """Set Pillow's limits and the filters of warnings aside."""
    png = PngImagePlugin
    limits = Picture.MAX_IMAGE_PIXELS, png.MAX_TEXT_CHUNK, png.MAX_TEXT_MEMORY
    Picture.MAX_IMAGE_PIXELS, png.MAX_TEXT_CHUNK = None, BYTES_OF_A_TEXT
    png.MAX_TEXT_MEMORY = BYTES_OF_ALL_TEXTS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Picture.MAX_IMAGE_PIXELS, png.MAX_TEXT_CHUNK, png.MAX_TEXT_MEMORY = limits


def _open(path: Path) -> ImageFile:
    """Read the header."""
    try:
        with path.open("rb") as file:
            start = file.read(12)
        if start[4:8] == b"ftyp" and start[8:11] in HEIC_BRANDS:
            return heif.open_heic(path)
        image = Picture.open(path, formats=READABLE_FORMATS)
        image.filename = ""  # else Pillow maps files into memory, and some TIFF come out scrambled
        return image
    except UnidentifiedImageError:
        words = _explain_other_kind(path)
        if kind := PARTLY_READ.get(start[:4]):
            words = f"{path} is a {kind} of a rare layout; save it as RGB of 8 or 16 bits, in a PNG"
        raise UserError("input.kind", words, path=path) from None
    except (UserError, MemoryError):
        raise
    except Exception as error:  # of the machine, or whatever a decoder makes of a damaged header
        if not isinstance(error, OSError) or error.errno is None:
            raise _damage_error(path, error) from error
        raise UserError(
            "input.unreadable", f"{path} can't be read: {error.strerror}", path=path
        ) from error


def _explain_other_kind(path: Path) -> str:
    """Say what a file is that is no picture."""
    if words := explain_collection(path):
        return words
    if holds_film(path):
        return f"{path} is a film; save one of its frames as PNG, and name that"
    return f"{path} is not a picture that can be read; {NAMES} can"


def _refuse_large(image: ImageFile, max_pixels: int) -> None:
    n_pixels = image.width * image.height
    if n_pixels > max_pixels:
        raise UserError(
            "input.too_large",
            f"it has {_size(n_pixels)} and the limit is {_size(max_pixels)};"
            f" if it is meant to be so large: --max-pixels {n_pixels}",
            value=n_pixels,
            high=max_pixels,
        )


def _size(n_pixels: int) -> str:
    """Word the size of a picture."""
    large = n_pixels >= 1_000_000
    return f"{n_pixels / 1e6:,.0f} megapixels" if large else f"{n_pixels:,} pixels"


def _choose_page(path: Path, image: ImageFile, page: int | None) -> None:
    """Go to a frame of an animation or to a page, the first where none is named, and say so."""
    pages = _list_pages(image)
    Range(1, len(pages)).check("the page", page or 1)
    wanted = pages[(page or 1) - 1]
    if image.format in MULTI_IMAGE_FORMATS and image.tell() != wanted:
        image.seek(wanted)  # back from thumbnails that were looked at, or on to the page
    if len(pages) > 1 and page is None:
        message(f"{path}: it holds {len(pages)} pictures, of which the first is taken")


def _list_pages(image: ImageFile) -> list[int]:
    """List the frames of an animation, or the pages that are no thumbnails."""
    n_frames = int(getattr(image, "n_frames", 1)) if image.format in MULTI_IMAGE_FORMATS else 1
    pages = list(range(n_frames))
    if isinstance(image, TiffImageFile) and n_frames > 1:
        pages = [page for page in pages if _is_page(image, page)] or pages
    return pages


def _is_page(image: TiffImageFile, page: int) -> bool:
    image.seek(page)
    return not int(image.tag_v2.get(NEW_SUBFILE_TYPE, 0)) & 1


def _mend_jpeg(path: Path) -> ImageFile | None:
    """Open a JPEG with the mark at its end put back, or nothing where more than that is missing.

    Of a picture that is whole, bytes before the mark change nothing; else they would be part of it.
    """
    data = path.read_bytes().rstrip(END_OF_JPEG[:1])
    try:
        one, other = (
            np.asarray(Picture.open(io.BytesIO(data + 16 * between + END_OF_JPEG)))
            for between in (b"\0", b"\x55")
        )
    except Exception:  # whatever a decoder makes of it
        return None
    if not np.array_equal(one, other):
        return None
    return Picture.open(io.BytesIO(data + END_OF_JPEG), formats=("JPEG",))


def _decode(path: Path, image: ImageFile) -> Decoded:
    notes, orientation = read_metadata(image)
    page = image.tell()

    def reopen() -> ImageFile:
        again = _open(path)
        again.seek(page)
        return again

    def turned(picture: Picture.Image) -> Picture.Image:
        picture.load()
        return (
            picture.transpose(EXIF_TRANSPOSE[orientation])
            if orientation in EXIF_TRANSPOSE
            else picture
        )

    high_bit_depth.refuse_rare(image)
    deep = _read_deep(path, image, reopen, turned)
    numbers = _color_numbers(path, image)
    if numbers and image.format == "PNG":  # where they go before a profile
        notes = replace(notes, icc=None)
    if deep:
        colors, alpha = deep
        pixels = icc.to_srgb_16_bit(colors, notes.icc)
    else:
        picture, opacity = _split(turned(image))
        pixels = np.asarray(icc.to_srgb(picture, notes.icc))
        alpha = None if opacity is None else np.asarray(opacity)
    if not notes.icc:
        pixels = _convert_untagged(path, image, pixels, numbers)
    elif icc.color_space(notes.icc) != "RGB":  # it can't describe a color picture
        notes = replace(notes, icc=icc.srgb())
    return pixels, alpha, notes


def _read_deep(
    path: Path,
    image: ImageFile,
    reopen: Callable[[], ImageFile],
    turned: Callable[[Picture.Image], Picture.Image],
) -> tuple[NDArray[np.uint16], NDArray[np.uint16] | None] | None:
    """Decode colors and alpha of more than 8 bits a channel; say it of those that come as 8."""
    bits = heif.count_bits(path, image)
    deep = heif.read_deep(path, image, turned) if bits > 8 else None
    if deep is None and high_bit_depth.is_16_bit(image):
        deep = high_bit_depth.read_16_bit(image, reopen, turned)
    lost = max(bits, high_bit_depth.lost_bits(image))
    if deep is None and lost > 8:
        message(f"{path}: its {lost} bits a channel are read as 8")
    return deep


def _convert_untagged(
    path: Path, image: ImageFile, pixels: NDArray[Any], numbers: tuple[int, int] | None
) -> NDArray[Any]:
    """Bring pixels to sRGB whose file tells their colors not by a profile, but by numbers."""
    if numbers and icc.is_wide(*numbers):
        message(f"{path}: its colors, {icc.word_colors(*numbers)}, are converted to sRGB")
        return icc.from_numbers(pixels, *numbers)
    if numbers or "srgb" in image.info or image.format != "PNG":
        return pixels
    return icc.from_gamma(pixels, image.info.get("gamma"), image.info.get("chromaticity"))


def _color_numbers(path: Path, image: ImageFile) -> tuple[int, int] | None:
    """Read the numbers of primaries and transfer function (ITU-T H.273) in AVIF, HEIC and PNG."""
    if image.format in ("AVIF", "HEIF"):
        return heif.read_color_numbers(path)
    if image.format != "PNG":
        return None
    head, found, rest = heif.read_head(path).partition(b"cICP")
    return (rest[0], rest[1]) if found and b"IDAT" not in head and len(rest) > 1 else None


def _split(picture: Picture.Image) -> tuple[Picture.Image, Picture.Image | None]:
    """Part colors from alpha, which is a channel, a palette entry or one color."""
    if picture.mode in ("F", "LAB"):
        raise UserError(
            "input.kind",
            f"pixels of the kind {picture.mode} can't be read; save it as RGB of 16 bits",
        )
    if picture.has_transparency_data:
        whole = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        return picture.convert("L" if picture.mode == "LA" else "RGB"), whole.getchannel("A")
    return picture.convert("RGB") if picture.mode in ("1", "P") else picture, None
