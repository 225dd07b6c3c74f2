import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from listening import listening
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageCms
from refusals import refused

from neuropil.kit.media import image_reader
from neuropil.kit.media.image import Image, ImageMetadata
from neuropil.kit.media.metadata import IFD_TAGS, parse_exif

Colors = NDArray[np.uint8]
Deep = NDArray[np.uint16]

LOSSLESS = [".png", ".tif", ".tiff"]
ALL = [".jpg", ".jpeg", ".webp", *LOSSLESS]


def camera(orientation: int = 1) -> Picture.Exif:
    """EXIF as cameras write it, with a text outside ASCII and a note in the maker's own form."""
    exif = Picture.Exif()
    exif[271], exif[274], exif[315] = "Agfa", orientation, "José Ñandú".encode()
    exif.get_ifd(IFD_TAGS[0]).update({33434: (1, 250), 37500: bytes(range(99))})
    exif.get_ifd(IFD_TAGS[1]).update({1: "N", 2: (48.0, 8.0, 1.5)})
    return exif


def far(one: Any, other: Any) -> float:
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).max())


# Values


def test_it_is_shown_by_its_size() -> None:
    assert repr(Image(np.zeros((2, 3, 3), np.uint8))) == "Image(2 x 3, uint8)"


def test_pixels_alone_make_an_image(colors: Colors) -> None:
    image = Image(colors)
    assert (image.height, image.width, image.alpha) == (24, 40, None)
    assert image.metadata == ImageMetadata()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((3, 4)),
        np.zeros((3, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((3, 4, 4), np.uint8),
    ],
)
def test_other_arrays_are_refused(pixels: Any) -> None:
    with refused("input.content", pixels.dtype, pixels.shape):
        Image(pixels)


def test_alpha_fits_the_pixels(colors: Colors) -> None:
    with refused("input.content", "uint16", "uint8", (24, 40)):
        Image(colors, np.zeros((24, 40), np.uint16))


def test_replace_keeps_alpha_and_notes(colors: Colors) -> None:
    image = Image(colors, colors[..., 0], ImageMetadata(format="PNG"))
    other = image.replace(pixels=255 - colors)
    assert (other.alpha is image.alpha, other.metadata) == (True, image.metadata)
    assert far(other.pixels, 255 - colors) == 0


@pytest.mark.parametrize(("longest", "size"), [(20, (12, 20)), (1, (1, 1)), (99, (24, 40))])
def test_a_thumbnail_is_smaller_never_larger(
    colors: Colors, longest: int, size: tuple[int, int]
) -> None:
    image = Image(colors.astype(np.uint16) * 257, colors[..., 0].astype(np.uint16) * 257)
    small = image.thumbnail(longest)
    assert small.alpha is not None
    assert (small.pixels.shape, small.alpha.shape) == ((*size, 3), size)
    assert {small.pixels.dtype, small.alpha.dtype} == {np.dtype(np.uint8)}
    assert abs(small.pixels.mean() - colors.mean()) < 3


def test_png_for_pages_holds_the_pixels(colors: Colors) -> None:
    with Picture.open(io.BytesIO(Image(colors, colors[..., 1]).png())) as picture:
        assert far(picture, np.dstack([colors, colors[..., 1]])) == 0


# What comes in goes out


@pytest.mark.parametrize("suffix", ALL)
def test_a_file_keeps_pixels_exif_dots_and_profile(
    tmp_path: Path, colors: Colors, adobe_rgb: bytes, suffix: str
) -> None:
    exif, muted = camera(), (colors // 4 + 96).astype(np.uint8)  # colors that sRGB has too
    exif[282], exif[283], exif[296] = 300, 300, 2  # WebP has no other place for dots per inch
    settings: dict[str, Any] = {"exif": exif.tobytes(), "dpi": (300, 300), "icc_profile": adobe_rgb}
    if suffix not in LOSSLESS:
        settings["quality"] = 100
    if suffix.startswith(".tif"):
        settings["exif"] = parse_exif(exif.tobytes())  # of bytes Pillow would keep ASCII alone
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    Picture.fromarray(muted).save(first, **settings)
    image = Image.open(first)
    image.save(second, quality=100)

    again = Image.open(second)
    assert far(again.pixels, image.pixels) <= (2 if suffix in LOSSLESS else 12)
    assert (image.width, image.height, str(image.pixels.dtype)) == (40, 24, "uint8")
    assert again.metadata.icc == adobe_rgb
    assert again.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    told = parse_exif(again.metadata.exif)
    assert (told[271], told.get(274, 1)) == (b"Agfa", 1)
    assert told.get_ifd(IFD_TAGS[0])[33434] == (1, 250)
    assert suffix.startswith(".tif") or told.get_ifd(IFD_TAGS[0])[37500] == bytes(range(99))
    assert told.get_ifd(IFD_TAGS[1])[2] == (48.0, 8.0, 1.5)
    assert told[315] == "José Ñandú".encode()


@pytest.mark.parametrize("suffix", LOSSLESS)
@pytest.mark.parametrize("clear", [False, True])
def test_sixteen_bits_stay_sixteen(
    tmp_path: Path, deep_colors: Deep, suffix: str, clear: bool
) -> None:
    alpha = deep_colors[..., 2] if clear else None
    notes = ImageMetadata(camera().tobytes(), (600.0, 300.0), None)
    Image(deep_colors, alpha, notes).save(tmp_path / f"deep{suffix}")
    again = Image.open(tmp_path / f"deep{suffix}")
    assert again.pixels.dtype == np.uint16
    assert far(again.pixels, deep_colors) == 0
    assert (again.alpha is None) == (not clear)
    assert alpha is None or np.array_equal(again.alpha, alpha)  # type: ignore[arg-type]
    assert again.metadata.dpi == pytest.approx((600, 300), abs=0.1)
    assert parse_exif(again.metadata.exif)[271] == b"Agfa"


def test_sixteen_bits_keep_their_profile(
    tmp_path: Path, deep_colors: Deep, adobe_rgb: bytes
) -> None:
    muted = deep_colors // 2 + 16384
    for suffix in (".png", ".tif"):
        Image(muted, None, ImageMetadata(icc=adobe_rgb)).save(tmp_path / f"deep{suffix}")
        again = Image.open(tmp_path / f"deep{suffix}")
        assert far(again.pixels, muted) <= 8
        assert again.metadata.icc == adobe_rgb


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_sixteen_bits_are_rounded_where_a_format_has_eight(
    tmp_path: Path, colors: Colors, suffix: str
) -> None:
    Image(colors.astype(np.uint16) * 257).save(tmp_path / f"deep{suffix}", quality=100)
    assert far(Image.open(tmp_path / f"deep{suffix}").pixels, colors) < 24


def test_rounding_to_eight_bits_is_exact() -> None:
    from neuropil.kit.media.image_writer import to_8_bit

    every = np.arange(65536, dtype=np.uint16)
    assert far(to_8_bit(every), every / 257) <= 0.51
    assert np.array_equal(to_8_bit(np.arange(256, dtype=np.uint16) * 257), np.arange(256))


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_alpha_is_kept(tmp_path: Path, colors: Colors, suffix: str) -> None:
    Image(colors, colors[..., 0]).save(tmp_path / f"clear{suffix}")
    assert np.array_equal(Image.open(tmp_path / f"clear{suffix}").alpha, colors[..., 0])  # type: ignore[arg-type]


def test_alpha_is_not_lost_in_a_jpeg(tmp_path: Path, colors: Colors) -> None:
    with refused("output.content", "clear.jpg"):
        Image(colors, colors[..., 0]).save(tmp_path / "clear.jpg")
    Image(colors, np.full((24, 40), 255, np.uint8)).save(tmp_path / "opaque.jpg")
    assert Image.open(tmp_path / "opaque.jpg").alpha is None
    assert [file.name for file in tmp_path.iterdir()] == ["opaque.jpg"]


def test_quality_makes_larger_files(tmp_path: Path, colors: Colors) -> None:
    for quality in (30, 95):
        Image(colors).save(tmp_path / f"{quality}.jpg", quality=quality)
    assert (tmp_path / "30.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size
    with refused("option.range", "quality", 101, "between 1 and 100"):
        Image(colors).save(tmp_path / "new.jpg", quality=101)


# Kinds of files


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_a_turned_picture_is_opened_upright(
    tmp_path: Path, colors: Colors, orientation: int, suffix: str
) -> None:
    settings: dict[str, Any] = {"exif": camera(orientation).tobytes(), "dpi": (300, 150)}
    if suffix not in LOSSLESS:
        settings["quality"] = 100
    Picture.fromarray(colors).save(tmp_path / f"turned{suffix}", **settings)
    image = Image.open(tmp_path / f"turned{suffix}")
    upright = {
        1: colors, 2: colors[:, ::-1], 3: colors[::-1, ::-1], 4: colors[::-1],
        5: colors.swapaxes(0, 1), 6: np.rot90(colors, -1), 7: np.rot90(colors.swapaxes(0, 1), 2),
        8: np.rot90(colors),
    }[orientation]  # fmt: skip
    assert far(image.pixels, upright) < 24
    assert parse_exif(image.metadata.exif).get(274, 1) == 1
    if suffix in (".jpg", ".png"):
        assert image.metadata.dpi == pytest.approx(
            (150, 300) if orientation >= 5 else (300, 150), abs=0.1
        )
    image.save(tmp_path / "again.png")
    assert far(Image.open(tmp_path / "again.png").pixels, image.pixels) == 0


def png16(samples: NDArray[Any], kind: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Make a 16-bit PNG of any kind: 0 grey, 2 color, 4 grey and alpha, 6 color and alpha."""
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    body = (
        struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def test_every_kind_of_16_bit_png(tmp_path: Path, deep_colors: Deep) -> None:
    path, grey, alpha = tmp_path / "deep.png", deep_colors[..., 0], deep_colors[..., 1]
    three = np.stack([grey] * 3, axis=-1)
    first = struct.pack(">HHH", *(int(value) for value in deep_colors[0, 0]))
    for samples, kind, chunks, pixels, clear in [
        (grey, 0, (), three, None),
        (deep_colors, 2, (), deep_colors, None),
        (np.dstack([grey, alpha]), 4, (), three, alpha),
        (np.dstack([deep_colors, alpha]), 6, (), deep_colors, alpha),
        (
            deep_colors,
            2,
            ((b"tRNS", first),),
            deep_colors,
            np.where(np.arange(960).reshape(24, 40), 65535, 0),
        ),
    ]:
        path.write_bytes(png16(samples, kind, *chunks))
        image = Image.open(path)
        assert image.pixels.dtype == np.uint16
        assert np.array_equal(image.pixels, pixels)
        assert (image.alpha is None) == (clear is None)
        assert clear is None or np.array_equal(image.alpha, clear)  # type: ignore[arg-type]


def tiff16(
    samples: NDArray[Any], order: str, *, planar: bool = False, photometric: int | None = None
) -> bytes:
    """Make a 16-bit TIFF of either byte order, its channels mixed or in planes of their own."""
    height, width, n_channels = samples.shape
    data = samples.astype(f"{order}u2")
    strips = [data[..., c].tobytes() for c in range(n_channels)] if planar else [data.tobytes()]
    photometric = photometric if photometric is not None else 2 if n_channels > 2 else 1
    n_tags, start = 10, 8 + 2 + 12 * 10 + 4
    bits, offsets, sizes = start, start + 2 * n_channels, start + 2 * n_channels + 4 * len(strips)
    place = sizes + 4 * len(strips)
    places = [place + sum(map(len, strips[:strip])) for strip in range(len(strips))]

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        short = kind == 3 and count == 1
        return struct.pack(f"{order}HHI" + ("H2x" if short else "I"), tag, kind, count, value)

    one = len(strips) == 1
    tags = [
        entry(256, 3, 1, width), entry(257, 3, 1, height),
        entry(258, 3, n_channels, 16 if n_channels == 1 else bits), entry(259, 3, 1, 1),
        entry(262, 3, 1, photometric), entry(273, 4, len(strips), places[0] if one else offsets),
        entry(277, 3, 1, n_channels), entry(278, 3, 1, height),
        entry(279, 4, len(strips), len(strips[0]) if one else sizes), entry(284, 3, 1, 1 + planar),
    ]  # fmt: skip
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, n_tags)
    tables = struct.pack(f"{order}{n_channels}H", *[16] * n_channels)
    tables += struct.pack(f"{order}{len(strips)}I", *places)
    tables += struct.pack(f"{order}{len(strips)}I", *map(len, strips))
    return head + b"".join(tags) + bytes(4) + tables + b"".join(strips)


@pytest.mark.parametrize("order", "<>")
def test_every_kind_of_16_bit_tiff(tmp_path: Path, deep_colors: Deep, order: str) -> None:
    path, grey = tmp_path / "deep.tif", deep_colors[..., :1]
    three = np.repeat(grey, 3, axis=2)
    for data, pixels in [
        (tiff16(deep_colors, order), deep_colors),
        (tiff16(deep_colors, order, planar=True), deep_colors),
        (tiff16(grey, order), three),
        (tiff16(grey, "<", photometric=0), 65535 - three),
    ]:
        path.write_bytes(data)
        image = Image.open(path)
        assert image.pixels.dtype == np.uint16
        assert far(image.pixels, pixels) == 0


def test_grey_of_16_bits_is_read_by_its_profile(tmp_path: Path, grey_profile: bytes) -> None:
    chunk = (b"iCCP", b"grey\0\0" + zlib.compress(grey_profile))
    (tmp_path / "grey.png").write_bytes(png16(np.full((2, 2), 32768), 0, chunk))
    image = Image.open(tmp_path / "grey.png")
    assert image.pixels[0, 0, 0] != 32768
    assert image.metadata.icc is not None
    assert ImageCms.ImageCmsProfile(io.BytesIO(image.metadata.icc)).profile.xcolor_space == "RGB "


def test_palettes_greys_and_one_bit_come_as_colors(tmp_path: Path, colors: Colors) -> None:
    picture = Picture.fromarray(colors)
    for name, made in [
        ("palette.png", picture.quantize(16)),
        ("palette.gif", picture.quantize(16)),
        ("grey.jpg", picture.convert("L")),
        ("bit.png", picture.convert("1")),
        ("plain.bmp", picture),
        ("cmyk.jpg", picture.convert("CMYK")),
        ("cmyk.tif", picture.convert("CMYK")),
    ]:
        made.save(tmp_path / name)
        image = Image.open(tmp_path / name)
        assert (image.pixels.shape, str(image.pixels.dtype)) == ((24, 40, 3), "uint8")
        assert image.alpha is None
        with Picture.open(tmp_path / name) as reference:
            assert far(image.pixels, reference.convert("RGB")) == 0


def test_transparency_of_every_kind_becomes_alpha(tmp_path: Path, colors: Colors) -> None:
    picture = Picture.fromarray(colors)
    alpha = Picture.fromarray(np.where(colors[..., 0] > 99, 255, 0).astype(np.uint8))
    picture.putalpha(alpha)
    picture.convert("LA").save(tmp_path / "grey.png")
    picture.save(tmp_path / "clear.webp", lossless=True)
    for name in ("grey.png", "clear.webp"):
        image = Image.open(tmp_path / name)
        assert image.alpha is not None
        assert far(image.alpha, alpha) == 0
    palette = Picture.fromarray(colors).quantize(8)
    palette.save(tmp_path / "palette.png", transparency=bytes(range(0, 240, 30)))
    expected = np.asarray(palette).astype(int) * 30
    assert np.array_equal(Image.open(tmp_path / "palette.png").alpha, expected)  # type: ignore[arg-type]
    Picture.fromarray(colors[..., 0]).save(tmp_path / "key.png", transparency=0)
    assert np.array_equal(Image.open(tmp_path / "key.png").alpha == 0, colors[..., 0] == 0)


def test_grey_with_a_profile_gets_a_profile_for_colors(
    tmp_path: Path, colors: Colors, grey_profile: bytes
) -> None:
    Picture.fromarray(colors[..., 0]).save(
        tmp_path / "grey.jpg", icc_profile=grey_profile, quality=100
    )
    image = Image.open(tmp_path / "grey.jpg")
    image.save(tmp_path / "new.jpg")
    assert image.pixels[0, 20, 0] != colors[0, 20, 0]
    with Picture.open(tmp_path / "new.jpg") as picture:
        assert (
            ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"])).profile.xcolor_space
            == "RGB "
        )


def test_heic_is_read_where_its_library_is(
    tmp_path: Path, colors: Colors, monkeypatch: pytest.MonkeyPatch
) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Picture.fromarray(colors)).save(tmp_path / "phone.heic", quality=100)
    assert far(Image.open(tmp_path / "phone.heic").pixels, colors) < 30
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with refused("dependency.missing", "phone.heic", "neuropil[heic]"):
        Image.open(tmp_path / "phone.heic")


def test_the_old_thumbnail_does_not_stay(tmp_path: Path, colors: Colors) -> None:
    exif = bytearray(camera(6).tobytes()[6:])
    order = "<" if exif[:2] == b"II" else ">"
    (count,) = struct.unpack_from(f"{order}H", exif, 8)
    struct.pack_into(
        f"{order}I", exif, 10 + 12 * count, 8
    )  # a second directory, where the first is
    Picture.fromarray(colors).save(tmp_path / "old.jpg", exif=b"Exif\0\0" + bytes(exif))
    told = Image.open(tmp_path / "old.jpg").metadata.exif
    assert told is not None
    assert struct.unpack_from(f"{order}I", told, 6 + 10 + 12 * count) == (0,)


def test_damaged_exif_is_left_out(tmp_path: Path, colors: Colors) -> None:
    for exif in (b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"Exif\0\0nonsense"):
        Picture.fromarray(colors).save(tmp_path / "old.jpg", exif=exif)
        assert Image.open(tmp_path / "old.jpg").metadata.exif is None


# Mistakes


def test_what_can_not_be_opened_is_refused(tmp_path: Path, colors: Colors) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("not a picture", encoding="utf-8")
    Picture.fromarray(colors).save(tmp_path / "program.eps")  # would run another program
    Picture.fromarray(colors[..., 0]).convert("F").save(tmp_path / "float.tif")
    for name, code in [
        ("none.jpg", "input.missing"),
        ("", "input.kind"),
        ("empty.jpg", "input.empty"),
        ("text.jpg", "input.kind"),
        ("program.eps", "input.kind"),
        ("float.tif", "input.kind"),
    ]:
        with refused(code, tmp_path / name):
            Image.open(tmp_path / name)


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_file_cut_off_anywhere_is_said_to_be_damaged(
    tmp_path: Path, deep_colors: Deep, suffix: str, depth: Any
) -> None:
    path = tmp_path / f"cut{suffix}"
    Image((deep_colors >> (8 if depth == np.uint8 else 0)).astype(depth)).save(path)
    whole = path.read_bytes()
    for share in (0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        with refused("input.damaged", path):
            Image.open(path)


def test_pages_count_but_thumbnails_do_not(tmp_path: Path, colors: Colors) -> None:
    page = Picture.fromarray(colors)
    small = page.resize((10, 6))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    page.save(tmp_path / "thumbnail.tif", save_all=True, append_images=[small])
    assert far(Image.open(tmp_path / "thumbnail.tif").pixels, colors) == 0
    page.save(tmp_path / "pages.tif", save_all=True, append_images=[page])
    with listening() as said:
        Image.open(tmp_path / "pages.tif")
    assert said == [f"{tmp_path / 'pages.tif'}: it holds 2 pictures, of which the first is taken"]


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    header = png16(np.zeros((1, 1)), 2)
    huge = header.replace(struct.pack(">II", 1, 1), struct.pack(">II", 20_000, 20_000), 1)
    checked = huge[:29] + struct.pack(">I", zlib.crc32(huge[12:29])) + huge[33:]
    (tmp_path / "bomb.png").write_bytes(checked)
    with refused("input.too_large", "bomb.png", "--max-pixels 400000000") as caught:
        Image.open(tmp_path / "bomb.png")
    assert caught.value.facts["high"] == 200_000_000


def test_the_limit_can_be_moved(tmp_path: Path, colors: Colors) -> None:
    Image(colors).save(tmp_path / "small.png")
    Image.open(tmp_path / "small.png", max_pixels=960)
    with refused("input.too_large", "small.png", 960, 959):
        Image.open(tmp_path / "small.png", max_pixels=959)


def test_a_file_far_larger_than_its_pixels_is_not_read(
    tmp_path: Path, colors: Colors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_reader, "BYTES_BESIDES", 20_000)
    path = tmp_path / "small.webp"
    Image(colors).save(path)
    with path.open("ab") as file:
        file.write(bytes(20_000))  # a live photograph has its film there
    Image.open(path, max_pixels=960)
    with path.open("ab") as file:
        file.write(bytes(16 * 960))
    with refused("input.too_large", path):
        Image.open(path, max_pixels=960)


def test_what_can_not_be_written_is_refused(tmp_path: Path, colors: Colors) -> None:
    wide = Image(np.zeros((1, 70_000, 3), np.uint8))
    wordy = Image(colors, None, ImageMetadata(exif=bytes(70_000)))
    for image, name, code in [
        (Image(colors), "new", "output.ending"),
        (Image(colors), "new.bmp", "output.ending"),
        (Image(colors), "none/new.jpg", "output.place"),
        (wordy, "wordy.jpg", "output.content"),
        (wide, "wide.jpg", "output.content"),
        (wide, "wide.webp", "output.content"),
    ]:
        with refused(code, tmp_path / name):
            image.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_same_pixels_make_the_same_file(tmp_path: Path, colors: Colors) -> None:
    for suffix in ALL:
        for name in ("one", "two"):
            Image(colors, None, ImageMetadata(icc=None)).save(tmp_path / f"{name}{suffix}")
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()
