"""What a film shows, over time: what the eye sees of a small grey square, smoothed by an LSTM.

    H = W = 64 pixels of the square   D = 1280 features of the eye   N classes   T looks at a shot

Whatever a film is like, the square is made as the training's pictures were: grey, reduced to 60
pixels, enlarged to 64, blurred a little, its contrast stretched.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from neuropil.eye.network import normalize
from neuropil.kit.networks.network import OnnxNetwork

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE, REDUCED = 64, 60  # pixels of the square, and to which it is reduced before
BLUR = 0.6  # pixels
DARKEST, LIGHTEST = 1, 99  # percentiles that become black and white
EYE_SIDE = 160  # pixels that the eye is shown
FEATURES = 1280
CELLS = 96  # of the LSTM
HERE = Path(__file__).parent


@cache
def scene_names() -> tuple[str, ...]:
    """List the classes of scenes and objects in the order of the logits."""
    lines = (HERE / "scenes.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(line.split("\t")[0] for line in lines)


def reduce_frame(pixels: Bytes) -> Bytes:
    """Make the small grey square (64, 64) of a frame (H, W, 3)."""
    picture = Picture.fromarray(pixels).convert("L")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    size = (REDUCED, REDUCED)
    box = (left, top, left + side, top + side)
    small = picture.resize(size, Picture.Resampling.BOX, box=box)
    square = small.resize((SIDE, SIDE), Picture.Resampling.BICUBIC)
    grey = np.asarray(square.filter(ImageFilter.GaussianBlur(BLUR)), np.float32)
    return stretch_contrast(grey)


def stretch_contrast(grey: Floats) -> Bytes:
    """Let the darkest be black and the lightest white, but for the outermost hundredths."""
    low, high = np.percentile(grey, (DARKEST, LIGHTEST))
    stretched = (grey - low) * (255 / max(high - low, 1.0))
    levels: Bytes = stretched.clip(0, 255).round().astype(np.uint8)
    return levels


def encode_square(square: Bytes) -> Floats:
    """Prepare a square (64, 64) for the eye: (1, 3, 160, 160)."""
    large = Picture.fromarray(square).resize((EYE_SIDE, EYE_SIDE), Picture.Resampling.BICUBIC)
    return normalize(np.repeat(np.asarray(large)[None, :, :, None], 3, axis=3))


def see(eye: OnnxNetwork, square: Bytes) -> Floats:
    """Give the eye's features (D,) of a square."""
    features: Floats = eye.run(picture=encode_square(square))["mean_features"][0]
    return features


@dataclass(eq=False)
class SceneWatcher:
    """Looks at a shot again and again, and says what it shows.

    probabilities: (N,) after the last look, of the scene and object classes
    """

    eye: OnnxNetwork
    head: OnnxNetwork
    h: Floats = field(default_factory=lambda: np.zeros((1, 1, CELLS), np.float32))
    c: Floats = field(default_factory=lambda: np.zeros((1, 1, CELLS), np.float32))
    looks: int = 0
    total: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(scene_names())))

    def look(self, square: Bytes) -> None:
        """Look at a square of the shot."""
        features = see(self.eye, square)[None, None]
        made = self.head.run(features=features, h=self.h, c=self.c)
        self.h, self.c = made["h_out"], made["c_out"]
        self.total += softmax(made["logits"][0, 0].astype(np.float64))
        self.looks += 1

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Give the mean over all looks; without one, all classes alike."""
        return (
            self.total / self.looks if self.looks else np.full_like(self.total, 1 / len(self.total))
        )


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits (N,) into probabilities."""
    powers = np.exp(logits - logits.max())
    probabilities: NDArray[np.float64] = powers / powers.sum()
    return probabilities
