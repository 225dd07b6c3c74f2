"""Picture files as cameras, scanners and programs write them; every one is made here."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture
from refusals import refused

from neuropil.kit.media.image import Image

Colors = NDArray[np.uint8]


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
