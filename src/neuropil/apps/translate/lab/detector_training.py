"""What the detector is trained by: its loss, its score, its file."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from neuropil.apps.translate.detector import detect, see
from neuropil.apps.translate.lab.detector_batches import LONG, open_eye
from neuropil.apps.translate.lab.detector_model import SEEN
from neuropil.apps.translate.lab.detector_truth import LineTruth, truth_of
from neuropil.apps.translate.lab.measuring import DetectionScore, FoundLine
from neuropil.apps.translate.lab.scenes import Item, Scene
from neuropil.apps.translate.lines import Pixels
from neuropil.training.recipe import ExportSpec
from neuropil.training.split import Split

HARD = 3  # cells without text that count, for each cell of a kernel: those judged worst
FEWEST_HARD = 200  # of them, where there is no kernel
EDGE_WEIGHT = 1.0  # of the loss of distances beside that of kernels
OVERLAP_WEIGHT = 1.0  # of the loss of overlap


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how wrong the maps are: kernels by cell and by overlap, distances in kernels."""
    maps = network(batch["picture"], *(batch[name] for name in SEEN)).float()
    kernel, counts = batch["kernel"], batch["counts"]
    inside = kernel * counts
    edges = torch.stack([batch["up"], batch["down"]], dim=1).log()
    off = smooth_l1_loss(maps[:, 1:], edges, reduction="none", beta=0.1).sum(dim=1)
    distance = (off * inside).sum() / inside.sum().clamp(min=1)
    chance = maps[:, 0].sigmoid() * counts
    overlap: Tensor = 1 - 2 * (chance * inside).sum() / (chance.sum() + inside.sum() + 1)
    cells = hardest_cells(maps[:, 0], kernel, counts)
    whole: Tensor = cells + OVERLAP_WEIGHT * overlap + EDGE_WEIGHT * distance
    return whole


def hardest_cells(logits: Tensor, kernel: Tensor, counts: Tensor) -> Tensor:
    """Take the cross entropy of all cells of kernels and of the worst of the others, (B, h, w)."""
    entropy = binary_cross_entropy_with_logits(logits, kernel, reduction="none") * counts
    there = kernel * counts
    others = (entropy * (1 - kernel)).flatten()
    n = int(there.sum().item())
    hard = min(len(others), max(HARD * n, FEWEST_HARD))
    worst = others.topk(hard).values.sum()
    return ((entropy * there).sum() + worst) / (n + hard)


@torch.no_grad()
def score(network: nn.Module, examples: Split[object]) -> dict[str, float]:
    """Find the lines of held-out scenes: `hmean_SOURCE` at IoU 0.5, 0..1.

    Against the lines that neighboring words make, as nothing is read here by which to cut them.
    """
    assert isinstance(examples.held_out, tuple)
    scenes: tuple[Scene, ...] = examples.held_out
    scores: dict[str, DetectionScore] = {}
    for scene in scenes:
        found = find_in_scene(network, scene)
        items = [whole_item(line) for line in truth_of(scene.items)]
        scores.setdefault(scene.source, DetectionScore()).add(items, found)
    return {f"hmean_{source}": each.hmean for source, each in sorted(scores.items())}


def whole_item(line: LineTruth) -> Item:
    """Take a line for a text of which nothing is read."""
    return Item(line.quad, "", line.is_ignored, "line")


def find_in_scene(network: nn.Module, scene: Scene) -> list[FoundLine]:
    """Find the lines of a scene in its own pixels; each says something, so that it counts."""
    found = detect(scene.pixels, partial(run, network), long=LONG)
    return [FoundLine(quad, "x") for quad in found.quads]


def run(network: nn.Module, pixels: Pixels) -> NDArray[np.float32]:
    """Give the maps of a picture (H, W, 3)."""
    device = next(network.parameters()).device
    parts = see(open_eye(), pixels[None], tuple(SEEN))
    seen = {name: torch.from_numpy(part).to(device) for name, part in parts.items()}
    maps = network(seen["picture"], *(seen[name] for name in SEEN))[0]
    found: NDArray[np.float32] = maps.float().cpu().numpy()
    return found


def export_spec() -> ExportSpec:
    """Name inputs and outputs of the file; height and width are multiples of 32."""
    shapes: dict[str, tuple[int | str, ...]] = {"picture": ("B", 3, "H", "W")}
    for name, channels in SEEN.items():
        stride = name.removeprefix("stride_")
        shapes[name] = ("B", channels, f"H{stride}", f"W{stride}")
    return ExportSpec(
        inputs=shapes,
        outputs=("maps",),
        test_sizes=(sizes(1, 64, 96), sizes(2, 160, 64)),
        metadata={
            "neuropil": "translate",
            "licence": "MIT",
            "data": "text rendered in free fonts on photographs; scenes of ICDAR 2003 and ICDAR"
            " 2015 (research sets), receipts of softmatic/vision-data (CC BY 4.0), labels and"
            " menus of public repositories; features of EfficientNet-Lite0 (Apache-2.0)",
        },
        bits=8,
    )


def sizes(b: int, height: int, width: int) -> dict[str, int]:
    """Give the sizes of all axes of B pictures of height x width."""
    found = {"B": b, "H": height, "W": width}
    for stride in (int(name.removeprefix("stride_")) for name in SEEN):
        found |= {f"H{stride}": height // stride, f"W{stride}": width // stride}
    return found
