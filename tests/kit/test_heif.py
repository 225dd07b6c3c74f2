"""AVIF and HEIC of 10 bits per channel; every one is made here."""

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from listening import listening
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.kit.media import heif
from neuropil.kit.media.image import Image

Deep = NDArray[np.uint16]
STEP = 65535 / 1023  # of 10 bits


@pytest.fixture
def ramp() -> Deep:
    """All levels of 10 bits from left to right, green from right to left: (64, 1024, 3)."""
    levels = (np.arange(1024) * STEP).round().astype(np.uint16)
    return np.tile(np.stack([levels, levels[::-1], levels // 2], axis=-1), (64, 1, 1))


def save_heic(path: Path, samples: Deep, mode: str, exif: bytes | None = None) -> None:
    library = pytest.importorskip("pillow_heif")
    size = samples.shape[1], samples.shape[0]
    file = library.from_bytes(mode=mode, size=size, data=np.ascontiguousarray(samples).tobytes())
    file.save(path, quality=-1, chroma=444, exif=exif)


def save_avif(path: Path, samples: Deep, numbers: tuple[int, int, int]) -> None:
    """Write 10 bits by FFmpeg, with BT.709's matrix, and say so by the numbers alone."""
    frame = av.VideoFrame.from_ndarray(samples, "rgb48le")
    frame = frame.reformat(format="yuv420p10le", dst_colorspace="ITU709", dst_color_range="MPEG")
    frame.colorspace, frame.color_range = 2, 0
    with av.open(str(path), "w", format="avif") as file:
        stream = file.add_stream("libsvtav1", rate=1, options={"crf": "1", "preset": "12"})
        stream.height, stream.width, _ = samples.shape
        stream.pix_fmt = "yuv420p10le"
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    data = path.read_bytes()
    at = data.index(b"colrnclx") + 8
    path.write_bytes(data[:at] + struct.pack(">HHHB", *numbers, 0) + data[at + 7 :])


def off(pixels: NDArray[Any], truth: Deep) -> float:
    """Measure the mean deviation in steps of 10 bits."""
    return float(np.abs(pixels.astype(float) - truth).mean() / STEP)


def test_heic_keeps_10_bits(tmp_path: Path, ramp: Deep) -> None:
    save_heic(tmp_path / "a.heic", ramp, "RGB;16")
    with listening() as said:
        image = Image.open(tmp_path / "a.heic")
    assert said == []
    assert off(image.pixels, ramp) < 1.5
    assert len(np.unique(image.pixels[..., 1])) > 800  # 8 bits have 256
    assert (image.pixels.max(), image.pixels.min()) == (65535, 0)


def test_grey_heic_has_a_white(tmp_path: Path, ramp: Deep) -> None:
    save_heic(tmp_path / "a.heic", ramp[..., 0], "L;16")
    pixels = Image.open(tmp_path / "a.heic").pixels
    assert pixels[0, -1].tolist() == [65535] * 3
    assert off(pixels, ramp[..., :1]) < 1


def test_opacity_and_turn_of_a_heic(tmp_path: Path, ramp: Deep) -> None:
    exif = Picture.Exif()
    exif[274] = 6  # its left side is to be shown above
    save_heic(tmp_path / "a.heic", np.dstack([ramp, ramp[..., 0]]), "RGBA;16", exif.tobytes())
    image = Image.open(tmp_path / "a.heic")
    assert image.alpha is not None
    assert off(image.pixels, np.rot90(ramp, -1)) < 1.5
    assert off(image.alpha, np.rot90(ramp[..., 0], -1)) < 1


def test_colors_multiplied_by_opacity_come_as_8_bits(tmp_path: Path, ramp: Deep) -> None:
    half = np.full_like(ramp[..., :1], 32768)
    path = tmp_path / "a.heic"
    save_heic(path, np.dstack([ramp // 2, half]), "RGBa;16")
    with listening() as said:
        image = Image.open(path)
    assert said == [f"{path}: its 10 bits a channel are read as 8"]
    assert np.abs(image.pixels - ramp / 257).mean() < 3


def test_avif_keeps_10_bits_and_its_matrix(tmp_path: Path, ramp: Deep) -> None:
    save_avif(tmp_path / "a.avif", ramp, (1, 13, 1))
    with listening() as said:
        image = Image.open(tmp_path / "a.avif")
    assert said == []
    assert off(image.pixels, ramp) < 4
    assert len(np.unique(image.pixels[..., 1])) > 600


def test_avif_of_a_high_range_is_converted_from_10_bits(tmp_path: Path, ramp: Deep) -> None:
    white = np.full_like(ramp, round(0.58 * 65535))  # reference white of PQ (ITU-R BT.2408)
    save_avif(tmp_path / "a.avif", white, (9, 16, 1))
    with listening() as said:
        image = Image.open(tmp_path / "a.avif")
    assert len(said) == 1
    assert "PQ and BT.2020" in said[0]
    assert image.pixels.dtype == np.uint16
    assert image.pixels.min() > 0.93 * 65535


def test_opacity_and_turn_of_an_avif(tmp_path: Path, ramp: Deep) -> None:
    colors = (np.dstack([ramp, ramp[..., 0]]) / 257).round().astype(np.uint8)
    Picture.fromarray(colors).save(tmp_path / "a.avif", quality=100)
    with Picture.open(tmp_path / "a.avif") as image:
        assert heif.count_bits(tmp_path / "a.avif", image) == 8
        deep = heif.read_deep(
            tmp_path / "a.avif", image, lambda p: p.transpose(Picture.Transpose.ROTATE_270)
        )
        assert deep is not None
        assert deep[1] is not None
        assert off(deep[0], np.rot90(ramp, -1)) < 12
        assert np.array_equal(deep[1][:, 5], np.asarray(image.getchannel("A"))[-6] * np.uint16(257))


def test_one_tile_of_an_avif_is_not_taken_for_all(tmp_path: Path, ramp: Deep) -> None:
    save_avif(tmp_path / "tile.avif", ramp, (1, 13, 1))
    Picture.new("RGB", (2048, 64)).save(tmp_path / "all.avif")
    with Picture.open(tmp_path / "all.avif") as image:
        assert heif.count_bits(tmp_path / "tile.avif", image) == 10
        assert heif.read_deep(tmp_path / "tile.avif", image, lambda picture: picture) is None
