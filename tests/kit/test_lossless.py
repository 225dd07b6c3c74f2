"""Large pictures are written in blocks."""

import io
from pathlib import Path

import numpy as np
import pytest
from stopwatch import stopped_soon

from neuropil.kit.media import image_writer, lossless
from neuropil.kit.media.image import Image
from neuropil.kit.media.metadata import ImageMetadata


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_large_picture_is_written_in_steps_that_can_be_stopped(
    tmp_path: Path, suffix: str
) -> None:
    noise = np.random.default_rng(0).integers(0, 60000, (900, 1500, 3), dtype=np.uint16)
    with stopped_soon():
        Image(noise).save(tmp_path / f"a{suffix}")
    large = np.repeat(noise, 16, axis=0)
    with stopped_soon():
        image_writer.to_8_bit(large)


@pytest.mark.parametrize(("channels", "kind"), [(3, np.uint8), (3, np.uint16), (4, np.uint8)])
def test_a_picture_may_come_in_blocks(tmp_path: Path, channels: int, kind: type) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, np.iinfo(kind).max, (50, 31, channels), dtype=kind)
    file = io.BytesIO()
    blocks = (pixels[top : top + 7] for top in range(0, 50, 7))
    lossless.write_png_blocks(file, (50, 31, channels), pixels.itemsize, blocks, ImageMetadata())
    (tmp_path / "a.png").write_bytes(file.getvalue())
    read = Image.open(tmp_path / "a.png")
    np.testing.assert_array_equal(read.pixels, pixels[..., :3])
    assert (read.alpha is not None) == (channels == 4)
