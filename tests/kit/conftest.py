"""Small things that several tests of the kit need, made here so that no file has to be kept."""

import struct

import numpy as np
import pytest
from numpy.typing import NDArray


def fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def gamma(exponent: float) -> bytes:
    return struct.pack(">4s4xIH2x", b"curv", 1, round(exponent * 256))


def icc(kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Make the smallest profile that LittleCMS takes; `kind` is `RGB ` or `GRAY`."""
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249), **tags}
    table, data, start = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, start + len(data), len(tag))
        data += tag
    header = struct.pack(
        ">I4xI4s4s4s12x4s", start + len(data), 0x02100000, b"mntr", kind, b"XYZ ", b"acsp"
    )
    header = header.ljust(68, b"\0") + fixed(0.9642, 1, 0.8249)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def primaries(red: bytes, green: bytes, blue: bytes) -> dict[bytes, bytes]:
    colors = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}
    return {name: b"XYZ \0\0\0\0" + xyz for name, xyz in colors.items()}


@pytest.fixture
def adobe_rgb() -> bytes:
    """A profile with the primaries of Adobe RGB and its exponent."""
    wide = primaries(
        fixed(0.60974, 0.31111, 0.01947),
        fixed(0.20528, 0.62567, 0.06087),
        fixed(0.14919, 0.06322, 0.74457),
    )
    return icc(b"RGB ", wide | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma(563 / 256)))


@pytest.fixture
def grey_profile() -> bytes:
    """A grey profile with an exponent that differs much from that of sRGB."""
    return icc(b"GRAY", {b"kTRC": gamma(1.5)})


@pytest.fixture
def colors() -> NDArray[np.uint8]:
    """A smooth picture of 24 × 40 pixels with no two corners alike."""
    y, x = np.mgrid[0:24, 0:40]
    return np.stack([x * 6, y * 10, 255 - x * 3 - y * 5], axis=-1).astype(np.uint8)


@pytest.fixture
def deep_colors() -> NDArray[np.uint16]:
    """16-bit noise: its lower bytes are as full as its upper ones."""
    return np.random.default_rng(7).integers(0, 65536, (24, 40, 3), dtype=np.uint16)
