"""What a film shows, over time: what the eye sees of a small grey square, smoothed by an LSTM.

    H = W = 64 pixels of the square   D = 1280 features of the eye   N classes   T looks at a shot
    K = 1000 things that the eye knows by itself

Whatever a film is like, the square is made as the training's pictures were: grey, reduced to 60
pixels, enlarged to 64, blurred a little, its contrast stretched. Things are those that the eye was
trained to name, by its author; it is shown the whole frame for them, in color.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageFilter

from neuropil.eye.network import STRIDE, classes, normalize
from neuropil.kit.networks.network import OnnxNetwork

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIDE, REDUCED = 64, 60  # pixels of the square, and to which it is reduced before
BLUR = 0.6  # pixels
DARKEST, LIGHTEST = 1, 99  # percentiles that become black and white
EYE_SIDE = 160  # pixels that the eye is shown of the square
SHORTER, LONGEST = 224, 448  # pixels of the sides of a frame in which it looks for things
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


def encode_frame(pixels: Bytes) -> Floats:
    """Prepare a frame (H, W, 3) for the eye, of its own proportions as far as they are usual."""
    height, width = pixels.shape[:2]
    scale = SHORTER / min(height, width)
    size = [min(LONGEST, round(side * scale / STRIDE) * STRIDE) for side in (width, height)]
    picture = Picture.fromarray(pixels).resize((size[0], size[1]), Picture.Resampling.BILINEAR)
    return normalize(np.asarray(picture)[None])


def see(eye: OnnxNetwork, square: Bytes) -> Floats:
    """Give the eye's features (D,) of a square."""
    features: Floats = eye.run(picture=encode_square(square))["mean_features"][0]
    return features


@dataclass(frozen=True, eq=False)
class SeenShot:
    """What a shot shows: how likely each scene or object is (N,), and each of the things (K,)."""

    scene: NDArray[np.float64]
    things: NDArray[np.float64]


@dataclass(eq=False)
class SceneWatcher:
    """Looks at a shot again and again, and says what it shows."""

    eye: OnnxNetwork
    head: OnnxNetwork
    h: Floats = field(default_factory=lambda: np.zeros((1, 1, CELLS), np.float32))
    c: Floats = field(default_factory=lambda: np.zeros((1, 1, CELLS), np.float32))
    looks: int = 0
    scenes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(scene_names())))
    things: NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(classes())))

    def look_at(self, pixels: Bytes) -> None:
        """Look at a frame (H, W, 3) of the shot: at its square, and for things."""
        self.look(reduce_frame(pixels))
        logits = self.eye.run(picture=encode_frame(pixels))["logits"][0]
        self.things += softmax(logits.astype(np.float64))

    def look(self, square: Bytes) -> None:
        """Look at a square of the shot."""
        features = see(self.eye, square)[None, None]
        made = self.head.run(features=features, h=self.h, c=self.c)
        self.h, self.c = made["h_out"], made["c_out"]
        self.scenes += softmax(made["logits"][0, 0].astype(np.float64))
        self.looks += 1

    @property
    def seen(self) -> SeenShot:
        """Give the means over all looks; without one, all scenes are alike."""
        if not self.looks:
            return SeenShot(np.full_like(self.scenes, 1 / len(self.scenes)), self.things)
        return SeenShot(self.scenes / self.looks, self.things / self.looks)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits (N,) into probabilities."""
    powers = np.exp(logits - logits.max())
    probabilities: NDArray[np.float64] = powers / powers.sum()
    return probabilities
