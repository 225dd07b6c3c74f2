"""Picture files as cameras, scanners and programs write them; every one is made here."""

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
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from refusals import refused

from neuropil.kit.media import icc
from neuropil.kit.media.image import Image

Colors = NDArray[np.uint8]
Deep = NDArray[np.uint16]
SUFFIXES = [".gif", ".png", ".webp", ".tif", ".avif"]


def chunk(name: bytes, data: bytes) -> bytes:
    """Make a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def with_chunk(png: bytes, name: bytes, data: bytes) -> bytes:
    """Put a chunk behind the header of a PNG."""
    return png[:33] + chunk(name, data) + png[33:]


@pytest.mark.parametrize(
    ("name", "start"), [(b"iCCP", b"p\0\0"), (b"zTXt", b"p\0\0"), (b"iTXt", b"p\0\1\0\0\0")]
)
def test_a_png_with_much_beside_the_picture_is_read(
    tmp_path: Path, colors: Colors, adobe_rgb: bytes, name: bytes, start: bytes
) -> None:
    Picture.fromarray(colors).save(tmp_path / "plain.png")
    png, path = (tmp_path / "plain.png").read_bytes(), tmp_path / "much.png"
    text = adobe_rgb + bytes(2_000_000)
    text = struct.pack(">I", len(text)) + text[4:]
    path.write_bytes(with_chunk(png, name, start + zlib.compress(text)))
    assert Image.open(path).pixels.shape == colors.shape
    path.write_bytes(with_chunk(png, name, start + zlib.compress(bytes(70_000_000))))
    with refused("input.damaged", path):
        Image.open(path)


def test_a_png_with_many_texts_is_read(tmp_path: Path, colors: Colors) -> None:
    Picture.fromarray(colors).save(tmp_path / "plain.png")
    png, path = (tmp_path / "plain.png").read_bytes(), tmp_path / "many.png"
    text = zlib.compress(bytes(9_000_000))
    for number in range(9):
        png = with_chunk(png, b"zTXt", b"p%d\0\0" % number + text)
    path.write_bytes(png)
    assert Image.open(path).pixels.shape == colors.shape


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("place", [40_000, 0xFFFFFFF0])
def test_a_strip_beyond_the_end_is_said(
    tmp_path: Path, colors: Colors, compression: str | None, place: int
) -> None:
    path = tmp_path / "cut.tif"
    Picture.fromarray(colors[..., 0]).save(path, compression=compression)
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", data, 4)
    entry = next(at for at in range(start + 2, len(data), 12) if data[at : at + 2] == b"\x11\x01")
    struct.pack_into("<I", data, entry + 8, place)
    path.write_bytes(data)
    with refused("input.damaged", path):
        Image.open(path)


@pytest.mark.parametrize("error", [ValueError, SyntaxError, RuntimeError, KeyError])
def test_whatever_a_decoder_raises_is_said(
    tmp_path: Path, colors: Colors, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error("odd")

    Picture.fromarray(colors).save(tmp_path / "a.png")
    monkeypatch.setattr(Picture, "open", fail)
    with refused("input.damaged", "a.png", "odd"):
        Image.open(tmp_path / "a.png")


# TIFF of rare kinds


def tiff(path: Path, data: bytes, shape: tuple[int, int], **tags: Any) -> Path:
    """Write a TIFF of one strip that is not compressed; tags are t258=12 and so on."""
    directory = ImageFileDirectory_v2()
    plain = {256: shape[1], 257: shape[0], 259: 1, 262: 1, 273: 0, 277: 1, 278: shape[0]}
    given = {int(name[1:]): value for name, value in tags.items()}
    for tag, value in {**plain, 279: len(data), **given}.items():
        directory[tag] = value
    with path.open("wb") as file:
        directory.save(file)
        file.write(data)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "I;16"])
def test_a_turned_tiff_of_one_strip_is_read_upright(
    tmp_path: Path, deep_colors: Deep, mode: str, orientation: int
) -> None:
    n = {"L": 1, "I;16": 1}.get(mode, 4)
    samples = np.dstack([deep_colors, deep_colors[..., :1]])[..., :n]
    if mode != "I;16":
        samples = (samples >> 8).astype(np.uint8)
    bits, photometric = (8 * samples.itemsize,) * n, {"RGBA": 2, "CMYK": 5}.get(mode, 1)
    tags = {"t258": bits, "t262": photometric, "t277": n}
    tags |= {"t338": 2} if mode == "RGBA" else {}
    upright = Image.open(tiff(tmp_path / "a.tif", samples.tobytes(), (24, 40), **tags))
    turned = Image.open(
        tiff(tmp_path / "b.tif", samples.tobytes(), (24, 40), t274=orientation, **tags)
    )
    pixels: Any = upright.pixels
    expected = {
        1: pixels, 2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1],
        5: pixels.swapaxes(0, 1), 6: np.rot90(pixels, -1), 7: np.rot90(pixels.swapaxes(0, 1), 2),
        8: np.rot90(pixels),
    }[orientation]  # fmt: skip
    assert np.array_equal(turned.pixels, expected)


@pytest.mark.parametrize("order", ["II", "MM"])
def test_twelve_bits_fill_the_whole_range(tmp_path: Path, order: str) -> None:
    levels = np.arange(4096).reshape(64, 64)
    a, b = levels.reshape(-1, 2).T
    packed = np.stack([a >> 4, (a & 15) << 4 | b >> 8, b & 255], axis=1).astype(np.uint8)
    path = tiff(tmp_path / "a.tif", packed.tobytes(), (64, 64), t258=12)
    pixels = Image.open(path).pixels
    assert pixels.dtype == np.uint16
    assert np.abs(pixels[..., 0] / 65535 - levels / 4095).max() < 1e-4


@pytest.mark.parametrize(
    "tags",
    [
        {"t258": 32},
        {"t258": 16, "t339": 2},
        {"t258": 8, "t339": 2},
        {"t258": 32, "t339": 3},
        {"t258": 10},
        {"t258": 14},
        {"t258": 64},
        {"t258": (12, 12, 12), "t262": 2, "t277": 3},
        {"t258": (16, 16), "t277": 2, "t338": 2},
        {"t258": (8, 8, 8), "t277": 3, "t262": 8},
        {"t258": (8, 8, 8), "t277": 3, "t262": 6, "t530": (2, 2)},
        {"t258": 8, "t262": 32803},
    ],
)
def test_layouts_that_would_be_guessed_at_are_refused(tmp_path: Path, tags: dict[str, Any]) -> None:
    path = tiff(tmp_path / "rare.tif", bytes(range(64)) * 64, (16, 16), **tags)
    with refused("input.kind", path, "save it as RGB"):
        Image.open(path)


# JPEG without its end


@pytest.mark.parametrize("settings", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_without_the_mark_at_its_end_is_whole(
    tmp_path: Path, colors: Colors, settings: dict[str, Any]
) -> None:
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    for picture in (Picture.fromarray(colors), Picture.fromarray(noise).convert("L")):
        picture.save(path, **settings)
        data, whole = path.read_bytes(), Image.open(path).pixels
        for cut in (1, 2):
            path.write_bytes(data[:-cut])
            with listening() as said:
                assert np.array_equal(Image.open(path).pixels, whole)
            said_so = said == [f"{path}: the mark at its end is missing; the picture is whole"]
            assert said_so or "restart_marker_rows" in settings  # a mark that may end it as well
        for cut in (40, len(data) // 4):
            path.write_bytes(data[:-cut])
            with refused("input.damaged", path):
                Image.open(path)


# Colors told by numbers


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_gamma_of_a_png_is_honored(tmp_path: Path, colors: Colors, depth: type) -> None:
    top = np.iinfo(depth).max
    linear = (colors / 255) ** 2.2
    for gamma, pixels in [(1.0, linear), (1 / 1.8, linear ** (1 / 1.8)), (1 / 2.2, colors / 255)]:
        Image((pixels * top).round().astype(depth)).save(tmp_path / "a.png")
        data = with_chunk(
            (tmp_path / "a.png").read_bytes(), b"gAMA", struct.pack(">I", round(gamma * 100_000))
        )
        (tmp_path / "a.png").write_bytes(data)
        made = Image.open(tmp_path / "a.png").pixels
        assert made.dtype == depth
        far = np.abs(made / top * 255 - colors)[colors > 60]  # below, rounding of 8 bits shows
        assert far.max() < 8  # the curve of sRGB is not quite 2.2
        told = with_chunk(data, b"sRGB", b"\0")
        (tmp_path / "a.png").write_bytes(told)
        assert np.array_equal(Image.open(tmp_path / "a.png").pixels, (pixels * top).round())


def test_primaries_of_a_png_are_honored(tmp_path: Path, colors: Colors, adobe_rgb: bytes) -> None:
    deep = colors.astype(np.uint16) * 257
    expected = icc.to_srgb_16_bit(deep, adobe_rgb)
    Image(deep).save(tmp_path / "b.png")
    places = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
    data = with_chunk((tmp_path / "b.png").read_bytes(), b"cHRM", struct.pack(">8I", *places))
    data = with_chunk(data, b"gAMA", struct.pack(">I", round(256 / 563 * 100_000)))
    (tmp_path / "b.png").write_bytes(data)
    given = Image.open(tmp_path / "b.png").pixels
    assert np.abs(given.astype(int) - expected).max() <= 257


@pytest.mark.parametrize(("transfer", "white"), [(16, 0.5807), (18, 0.75)])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_high_range_is_converted_and_said(
    tmp_path: Path, transfer: int, white: float, depth: type
) -> None:
    pixels: NDArray[Any] = np.zeros((24, 40, 3), depth)
    pixels[:, 20:] = round(np.iinfo(depth).max * white)  # reference white (ITU-R BT.2408)
    Image(pixels).save(tmp_path / "a.png")
    data = with_chunk((tmp_path / "a.png").read_bytes(), b"cICP", bytes([9, transfer, 0, 1]))
    (tmp_path / "a.png").write_bytes(data)
    with listening() as said:
        image = Image.open(tmp_path / "a.png")
    (line,) = said
    assert {16: "PQ", 18: "HLG"}[transfer] in line
    assert "sRGB" in line
    assert image.pixels.dtype == depth
    assert image.pixels[:, 20:].min() > 0.93 * np.iinfo(depth).max
    assert image.pixels[:, :20].max() == 0


def test_numbers_of_an_avif_are_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.avif"
    Picture.new("RGB", (40, 24), (148, 148, 148)).save(path, quality=100)
    data = path.read_bytes()
    at = data.index(b"colrnclx") + 8
    path.write_bytes(data[:at] + struct.pack(">HH", 9, 16) + data[at + 4 :])
    with listening() as said:
        pixels = Image.open(path).pixels
    assert len(said) == 1
    assert pixels.min() > 240
    path.write_bytes(data)
    with listening() as said:
        assert abs(int(Image.open(path).pixels.mean()) - 148) < 3
    assert said == []


# Further kinds


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_first_of_several_pictures_is_taken_and_said(
    tmp_path: Path, colors: Colors, suffix: str
) -> None:
    path = tmp_path / f"several{suffix}"
    others = [Picture.new("RGB", (40, 24), color) for color in ("red", "blue")]
    Picture.fromarray(colors).save(path, save_all=True, append_images=others, quality=100)
    with listening() as said:
        pixels = Image.open(path).pixels
    assert said == [f"{path}: it holds 3 pictures, of which the first is taken"]
    assert np.abs(pixels.astype(int) - colors).mean() < 12


def test_a_thumbnail_in_front_is_passed_over(tmp_path: Path, deep_colors: Deep) -> None:
    page = Picture.fromarray(deep_colors[..., 0])
    small = page.resize((10, 6))
    for each, kind in ((small, 1), (page, 0)):
        each.encoderinfo = {"tiffinfo": {254: kind}}
    small.save(tmp_path / "a.tif", save_all=True, append_images=[page], tiffinfo={254: 1})
    image = Image.open(tmp_path / "a.tif")
    assert np.array_equal(image.pixels[..., 0], deep_colors[..., 0])


@pytest.mark.parametrize(
    ("name", "mode"),
    [("a.jp2", "RGB"), ("a.j2k", "RGBA"), ("a.jp2", "L"), ("a.ppm", "RGB"), ("a.pgm", "L"),
     ("a.pbm", "1")],
)  # fmt: skip
def test_jpeg_2000_and_portable_maps_are_pictures(
    tmp_path: Path, colors: Colors, name: str, mode: str
) -> None:
    picture = Picture.fromarray(colors).convert(mode)
    picture.save(tmp_path / name)
    image = Image.open(tmp_path / name)
    assert (image.alpha is not None) == (mode == "RGBA")
    assert np.array_equal(image.pixels, np.asarray(picture.convert("RGB")))


@pytest.mark.parametrize("most", [255, 100, 1023, 65535])
@pytest.mark.parametrize("kind", ["P5", "P6"])
def test_portable_maps_keep_their_depth(
    tmp_path: Path, deep_colors: Deep, most: int, kind: str
) -> None:
    samples = (
        deep_colors.astype(int) % (most + 1)
        if kind == "P6"
        else deep_colors[..., 0].astype(int) % (most + 1)
    )
    data = samples.astype(">u2" if most > 255 else np.uint8).tobytes()
    (tmp_path / "a.pnm").write_bytes(f"{kind} 40 24 {most}\n".encode() + data)
    with listening() as said:
        pixels = Image.open(tmp_path / "a.pnm").pixels
    assert said == []
    assert pixels.dtype == (np.uint16 if most > 255 else np.uint8)
    shares = samples if kind == "P6" else samples[..., None]
    assert np.abs(pixels / np.iinfo(pixels.dtype).max - shares / most).max() < 0.003
    (tmp_path / "a.pnm").write_bytes(f"{kind} 40 24 {most}\n".encode() + data[:-9])
    with refused("input.damaged", "a.pnm"):
        Image.open(tmp_path / "a.pnm")


def psd(colors: Colors, *, bits: int = 8, mode: int = 3, merged: int = 1) -> bytes:
    """Make a PSD of a merged picture alone."""
    height, width, n = colors.shape
    version = struct.pack(">4sHHIIB", b"8BIM", 1057, 0, 5, 1, merged) + b"\0"
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, n, height, width, bits, mode)
    resources = struct.pack(">II", 0, len(version)) + version
    planes = colors.transpose(2, 0, 1).astype(f">u{bits // 8}").tobytes()
    return header + resources + struct.pack(">IH", 0, 0) + planes


def test_the_merged_picture_of_a_psd_is_read(tmp_path: Path, colors: Colors) -> None:
    path = tmp_path / "a.psd"
    path.write_bytes(psd(colors))
    assert np.array_equal(Image.open(path).pixels, colors)
    path.write_bytes(psd(colors[..., :1], mode=1))
    assert np.array_equal(Image.open(path).pixels[..., 1], colors[..., 0])
    for data in (psd(colors, merged=0), psd(colors, bits=16), psd(colors, mode=7)):
        path.write_bytes(data)
        with refused("input.kind", path, "save it as RGB"):
            Image.open(path)
    path.write_bytes(psd(colors, bits=16))
    with refused("input.kind", "PSD of a rare layout", "in a PNG"):  # no other PSD would help
        Image.open(path)


def test_bits_that_are_lost_are_said(tmp_path: Path, deep_colors: Deep) -> None:
    samples = np.dstack([deep_colors, deep_colors[..., :1]])
    tags = {"t258": (16,) * 4, "t262": 5, "t277": 4}
    path = tiff(tmp_path / "cmyk.tif", samples.astype("<u2").tobytes(), (24, 40), **tags)
    with listening() as said:
        assert Image.open(path).pixels.dtype == np.uint8
    assert said == [f"{path}: its 16 bits a channel are read as 8"]
    file = io.BytesIO()
    Picture.fromarray((deep_colors >> 8).astype(np.uint8)).save(file, "JPEG2000")
    data = bytearray(file.getvalue())
    at = data.index(b"\xff\x4f\xff\x51") + 4 + 38
    assert data[at] == 7
