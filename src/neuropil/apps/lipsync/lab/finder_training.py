"""What the finder is trained on and by: its batches, its loss, its score, its file."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from neuropil.apps.lipsync.finder import (
    CELL,
    OVERLAP,
    FoundFaces,
    cell_centers,
    find_faces,
    overlaps,
)
from neuropil.apps.lipsync.lab.data import FinderPicture, read_finder_pictures
from neuropil.apps.lipsync.preprocess import Floats, Pixels, normalize_picture
from neuropil.apps.lipsync.shapes import Numbers
from neuropil.training.recipe import Batch, ExportSpec
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

PICTURES = 12  # of a batch
SIDE = 192  # pixels of a picture to learn from
SCALES = (0.7, 2.0)  # by which a picture is enlarged
FACES = 0.75  # share of the pictures that have a face
LEAST = 6.0  # pixels: smaller faces do not count
KERNEL = 0.25  # of a box, around its center: its cells answer for it
HARD = 8  # cells without a face that count, for each cell of a face: those judged worst
FEWEST_HARD = 60  # of a batch
EDGE_WEIGHT = 1.0  # of the loss of distances beside that of centers
CANDIDATE = 0.02  # probability of a box for the curve of recall over false alarms
FALSE_ALARMS = 0.1  # a picture, at which recall is told
HELD_OUT_SHARE = 10  # one in so many training pictures validates

Run = Callable[[Floats], Floats]
Known = dict[str, NDArray[np.float32]]


def examples(data: Path) -> Split[Sequence[FinderPicture]]:
    """Read the pictures of the training part, one in ten of them held out."""
    pictures = read_finder_pictures(data, "train")
    held = pictures[::HELD_OUT_SHARE]
    train = [p for n, p in enumerate(pictures) if n % HELD_OUT_SHARE]
    return Split[Sequence[FinderPicture]](train, held)


def make_batch(examples: Split[Sequence[FinderPicture]], step: TrainingStep) -> Batch:
    """Make the batch of a step: pictures, and of each cell what the finder has to say."""
    rng = step.rng()
    pictures = examples.train
    with_faces = [p for p in pictures if len(p.boxes)]
    shown, truths = [], []
    for _ in range(PICTURES):
        among = with_faces if rng.random() < FACES else pictures
        pixels, boxes, doubtful = view(among[int(rng.integers(len(among)))], rng)
        shown.append(pixels)
        truths.append(draw_truth(boxes, doubtful))
    known = {part: np.stack([truth[part] for truth in truths]) for part in truths[0]}
    return {"picture": normalize_picture(np.stack(shown)), **known}


def view(picture: FinderPicture, rng: Generator) -> tuple[Pixels, Numbers, Numbers]:
    """Show a picture at some scale and place, mirrored or not, in other light: pixels and boxes."""
    source = Image.fromarray(picture.pixels)
    scale = float(np.exp(rng.uniform(*np.log(SCALES))))
    if len(picture.boxes):  # none of its faces smaller than can be seen
        smallest = (picture.boxes[:, 2] - picture.boxes[:, 0]).max()
        scale = min(max(scale, 9 / smallest), 150 / smallest)
    size = np.maximum(np.round(np.array(source.size) * scale), 1).astype(int)
    resized = source.resize((int(size[0]), int(size[1])), Image.Resampling.BILINEAR)
    room = size - SIDE
    x, y = (int(rng.integers(min(0, r), max(0, r) + 1)) for r in room)
    pixels = np.asarray(resized.crop((x, y, x + SIDE, y + SIDE)))
    boxes, doubtful = (
        (each + 0.5) * np.tile(size / source.size, 2) - 0.5 - np.array([x, y, x, y])
        for each in (picture.boxes, picture.doubtful)
    )
    if rng.random() < 0.5:
        pixels = pixels[:, ::-1]
        boxes, doubtful = (mirror(each) for each in (boxes, doubtful))
    return relight(pixels, rng), boxes, doubtful


def mirror(boxes: Numbers) -> Numbers:
    """Mirror boxes from left to right."""
    x0, y0, x1, y1 = boxes.T
    return np.stack([SIDE - 1 - x1, y0, SIDE - 1 - x0, y1], axis=1)


def relight(pixels: Pixels, rng: Generator) -> Pixels:
    """Change contrast, brightness and colors of a picture; one in five becomes grey."""
    values: NDArray[np.floating] = pixels.astype(np.float32)
    if rng.random() < 0.2:
        values = np.repeat(values.mean(axis=2, keepdims=True), 3, axis=2)
    gains = rng.uniform(0.6, 1.3) * rng.uniform(0.85, 1.15, 3)
    values = (values - 128) * gains + 128 + rng.uniform(-40, 40)
    values += rng.normal(0, rng.uniform(0, 8), values.shape)
    return values.clip(0, 255).astype(np.uint8)


def draw_truth(boxes: Numbers, doubtful: Numbers) -> Known:
    """Say of each cell whether a face has its center there, how far its edges are, if it counts."""
    cells = SIDE // CELL
    center = np.zeros((cells, cells), np.float32)
    counts = np.ones((cells, cells), np.float32)
    edges = np.ones((4, cells, cells), np.float32)
    y, x = np.meshgrid(
        cell_centers(np.arange(cells)), cell_centers(np.arange(cells)), indexing="ij"
    )
    for x0, y0, x1, y1 in doubtful:
        counts[(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)] = 0
    for box in sorted(boxes.tolist(), key=lambda b: b[0] - b[2]):  # the largest first
        x0, y0, x1, y1 = box
        is_there = 0 <= (x0 + x1) / 2 < SIDE and 0 <= (y0 + y1) / 2 < SIDE
        if x1 - x0 < LEAST or not is_there:
            counts[(x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)] = 0
            continue
        beside = np.abs(x - (x0 + x1) / 2), np.abs(y - (y0 + y1) / 2)
        halves = (max((x1 - x0) * KERNEL, CELL) / 2, max((y1 - y0) * KERNEL, CELL) / 2)
        inside = (beside[0] <= halves[0]) & (beside[1] <= halves[1])
        around = (beside[0] <= 2 * halves[0]) & (beside[1] <= 2 * halves[1])
        counts[around & ~inside & (center == 0)] = 0
        center[inside], counts[inside] = 1, 1
        near = np.stack([x - x0, y - y0, x1 - x, y1 - y])
        edges[:, inside] = near[:, inside].clip(1)
    return {"center": center, "counts": counts, "edges": edges}


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how wrong the maps are: centers by the hardest cells, distances at centers."""
    maps = network(batch["picture"]).float()
    center = batch["center"]
    each = binary_cross_entropy_with_logits(maps[:, 0], center, reduction="none")
    n = center.sum()
    free = (each * (1 - center) * batch["counts"]).flatten()
    hard = free.topk(min(int(HARD * n.item()) + FEWEST_HARD, len(free))).values.sum()
    found = (each * center).sum()
    off = smooth_l1_loss(maps[:, 1:], batch["edges"].log(), reduction="none", beta=0.1).sum(dim=1)
    distance: Tensor = (off * center).sum() / n.clamp(min=1)
    return found / n.clamp(min=1) + hard / (n + FEWEST_HARD) + EDGE_WEIGHT * distance


@torch.no_grad()
def score(network: nn.Module, examples: Split[Sequence[FinderPicture]]) -> dict[str, float]:
    """Measure recall at one false alarm per ten pictures without a face."""
    place = next(network.parameters()).device

    def run(picture: Floats) -> Floats:
        maps: Floats = network(torch.from_numpy(picture).to(place)).float().cpu().numpy()
        return maps

    return {"recall": measure_recall(examples.held_out, run)}


def measure_recall(pictures: Sequence[FinderPicture], run: Run) -> float:
    """Tell the share of the faces that are found at one false alarm per ten empty pictures."""
    return count_recall(pictures, [find_faces(p.pixels, run, CANDIDATE) for p in pictures])


def count_recall(pictures: Sequence[FinderPicture], found: Sequence[FoundFaces]) -> float:
    """Tell the same of what has been found in each picture, however unsure."""
    alarms, hits, n_empty, n_faces = list[float](), list[float](), 0, 0
    for picture, faces in zip(pictures, found, strict=True):
        if picture.is_empty:
            n_empty += 1
            alarms += faces.confidences.tolist()
        n_faces += len(picture.boxes)
        for box in picture.boxes:
            near = overlaps(box, faces.boxes) > OVERLAP if len(faces.boxes) else np.zeros(0, bool)
            hits.append(float(faces.confidences[near].max()) if near.any() else 0.0)
    allowed = int(FALSE_ALARMS * n_empty)
    limit = sorted(alarms, reverse=True)[allowed] if len(alarms) > allowed else 0.0
    return sum(hit > limit for hit in hits) / max(1, n_faces)


def export_spec() -> ExportSpec:
    """Name input and output of the finder."""
    return ExportSpec(
        inputs={"picture": ("B", 3, "H", "W")},
        outputs=("maps",),
        test_sizes=({"B": 1, "H": 128, "W": 192}, {"B": 2, "H": 96, "W": 64}),
        metadata={
            "neuropil": "lipsync",
            "licence": "research, non-commercial (YouTube Faces, BSDS)",
            "data": "1,770 pictures with and without faces; see the card",
        },
    )
