"""The eye at work: pictures to features, and to what is in them.

    network = NETWORK.open()
    seen = network.run(picture=normalize(pixels))   # pixels (B, H, W, 3), 0..255
    seen["mean_features"], seen["logits"], seen["stride_16"]
    classes()[int(seen["logits"][0].argmax())].name

B pictures   H, W pixels, multiples of 32   N = 1000 classes   D = 1280 mean features

Features (B, C, H/s, W/s) at strides s: 24 channels at 4, 40 at 8, 112 at 16, 320 at 32.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropil.kit.networks.network import NetworkFile

STRIDE = 32  # of which height and width are multiples
MEAN, SPREAD = 127.0, 128.0  # of a pixel, as the published network was trained with
HERE = Path(__file__).parent
NETWORK = NetworkFile(
    HERE / "weights",
    "eye-lite0-v1.onnx",
    "1ea2cd0c6620eee43c7b41a144b1d344b8148202060174a016eb69deb173fd30",
    "Apache-2.0",
)


@dataclass(frozen=True)
class SeenClass:
    """One of the thousand things: its name, the coarser word for it or "", and other names."""

    name: str
    group: str
    synonyms: tuple[str, ...]


def normalize(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Bring pixels (B, H, W, 3), 0..255, to what the network takes: (B, 3, H, W), -1..1."""
    scaled = (pixels.astype(np.float32) - MEAN) / SPREAD
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


@cache
def classes() -> tuple[SeenClass, ...]:
    """List the thousand classes in the order of the logits."""
    rows = (HERE / "names.tsv").read_text(encoding="utf-8").splitlines()
    cells = (row.split("\t") for row in rows)
    return tuple(
        SeenClass(name, group, tuple(filter(None, others.split(", "))))
        for name, group, others in cells
    )
