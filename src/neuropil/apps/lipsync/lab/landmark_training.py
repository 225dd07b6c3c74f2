"""What the landmark network is trained on and by: its batches, its loss, its score, its file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from neuropil.apps.lipsync.lab.data import (
    FinderPicture,
    LabeledFaces,
    Speaker,
    read_clips,
    read_faces,
    read_finder_pictures,
)
from neuropil.apps.lipsync.landmarks import from_output, mirror_points, to_output
from neuropil.apps.lipsync.preprocess import (
    CROP,
    Floats,
    Pixels,
    crop_map,
    cut_face,
    map_of_points,
    normalize_crop,
)
from neuropil.apps.lipsync.shapes import (
    INNER_LIPS,
    LEFT_EYE,
    MOUTH,
    N_POINTS,
    RIGHT_EYE,
    Numbers,
    Points,
    transform,
)
from neuropil.training.recipe import Batch, ExportSpec
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep

CROPS = 32  # of a batch
OF_SPEAKER, NOT_FACES = 0.25, 0.1  # shares of a batch: frames of the speaker, crops without a face
EVERY = 5  # frames of a clip of the speaker, of which one is kept
TURN, GROW, MOVE = 0.35, (0.8, 1.3), 0.09  # radians, times, sides: by which crops differ
MOUTH_WEIGHT = 2.0  # of the mouth's points beside the others
OPENING_WEIGHT = 5.0  # of the gaps between the lips beside the points
FACE_WEIGHT = 0.1
UNIT = 2.0 / (CROP - 1)  # of the output, a pixel of the crop


@dataclass(frozen=True, eq=False)
class SpeakerFrames:
    """Frames of the speaker, (N, 160, 160) grey, and their points (N, 68, 2)."""

    pixels: Pixels
    points: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FaceStock:
    """What crops are made of: faces, frames of the speaker, pictures without a face."""

    faces: LabeledFaces
    speaker: SpeakerFrames
    empty: Sequence[FinderPicture]


def examples(data: Path) -> Split[object]:
    """Read all that has points: a stock to learn from, and the faces of a few persons held out."""
    faces = read_faces(data, "train")
    held = faces.persons % 10 == 0
    empty = [p for p in read_finder_pictures(data, "train") if p.is_empty]
    stock = FaceStock(faces.select(~held), read_speaker_frames(data), empty)
    return Split[object](stock, faces.select(held))


def read_speaker_frames(data: Path) -> SpeakerFrames:
    """Decode every fifth frame of the clips with pictures that are not kept for the judge."""
    speaker = Speaker.read(data)
    allowed = {speaker.ids[n]: n for n in speaker.clips("train")}
    shown, known = [], []
    for clip in read_clips(data, allowed.keys()):
        pixels = np.stack([to_grey(frame) for frame in clip.frames[::EVERY]])
        shown.append(pixels)
        points = speaker.points[allowed[clip.name]][::EVERY]
        known.append(points[: len(pixels)] - clip.corner)
    return SpeakerFrames(np.concatenate(shown), np.concatenate(known).astype(np.float32))


def to_grey(pixels: Pixels) -> Pixels:
    """Weigh red, green and blue as Pillow does."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return (pixels @ weights).round().astype(np.uint8)


def make_batch(examples: Split[object], step: TrainingStep) -> Batch:
    """Make the batch of a step: crops, their points, and which of them are faces."""
    stock, rng = examples.train, step.rng()
    assert isinstance(stock, FaceStock)
    crops, points, is_face = [], [], []
    for _ in range(CROPS):
        crop, known = draw_example(stock, rng)
        is_face.append(known is not None)
        known = np.zeros((N_POINTS, 2)) if known is None else known
        if rng.random() < 0.5:
            crop, known = crop[:, ::-1], mirror_points(known)
        crops.append(relight(crop, rng))
        points.append(to_output(known))
    return {
        "crop": normalize_crop(np.stack(crops)),
        "points": np.stack(points).astype(np.float32),
        "is_face": np.array(is_face, np.float32)[:, None],
    }


def draw_example(stock: FaceStock, rng: Generator) -> tuple[Pixels, Numbers | None]:
    """Draw a crop and its points, None where it shows no face."""
    kind = rng.random()
    if kind < NOT_FACES:
        return cut_nothing(stock, rng), None
    if kind < NOT_FACES + OF_SPEAKER:
        number = rng.integers(len(stock.speaker.pixels))
        pixels, points = stock.speaker.pixels[number], stock.speaker.points[number]
    else:
        number = rng.integers(len(stock.faces.crops))
        pixels, points = stock.faces.decode(int(number)), stock.faces.points[number]
    matrix = jitter(map_of_points(points), rng)
    return cut_face(pixels, matrix), transform(points, matrix)


def cut_nothing(stock: FaceStock, rng: Generator) -> Pixels:
    """Cut a square from a picture without a face, or a face that is far out of its place."""
    if rng.random() < 0.3:
        number = int(rng.integers(len(stock.faces.crops)))
        points = stock.faces.points[number]
        away = rng.choice([-1, 1], 2) * rng.uniform(0.5, 0.8, 2) * CROP
        side = float(np.ptp(points, axis=0).max()) * rng.uniform(1.2, 2.0)
        return cut_face(stock.faces.decode(number), crop_map(points.mean(axis=0) + away, side))
    pixels = stock.empty[int(rng.integers(len(stock.empty)))].pixels
    side = rng.uniform(0.2, 0.9) * min(pixels.shape[:2])
    center = rng.uniform(0, 1, 2) * (pixels.shape[1], pixels.shape[0])
    return cut_face(pixels, crop_map(center, side, rng.uniform(-TURN, TURN)))


def jitter(matrix: Numbers, rng: Generator) -> Numbers:
    """Turn, scale and shift the map of a crop by chance, about its middle."""
    angle, scale = rng.uniform(-TURN, TURN), np.exp(rng.uniform(*np.log(GROW)))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / scale
    middle = np.full(2, (CROP - 1) / 2)
    shift = middle - turn @ middle + rng.uniform(-MOVE, MOVE, 2) * CROP
    return np.column_stack([turn @ matrix[:, :2], turn @ matrix[:, 2] + shift])


def relight(crop: Pixels, rng: Generator) -> Pixels:
    """Change gamma, add noise and a slope of light, blur or cover a part, each now and then."""
    values = crop.astype(np.float32) / 255
    values = values ** np.exp(rng.uniform(-0.4, 0.4))
    if rng.random() < 0.3:
        x = np.linspace(-1, 1, CROP, dtype=np.float32)
        values = values + rng.uniform(-0.25, 0.25) * x + rng.uniform(-0.25, 0.25) * x[:, None]
    if rng.random() < 0.3:
        values = (values + np.roll(values, 1, 0) + np.roll(values, 1, 1)) / 3
    values = values + rng.normal(0, rng.uniform(0, 0.03), values.shape)
    if rng.random() < 0.1:  # a hand, a microphone
        x, y = rng.integers(0, CROP, 2)
        wide, high = rng.integers(10, 45, 2)
        values[y : y + high, x : x + wide] = rng.random()
    made: Pixels = (values.clip(0, 1) * 255).astype(np.uint8)
    return made


def loss(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Measure how far points are off, in distances of the eyes, and who is taken for a face."""
    made, logit = network(batch["crop"])
    made, known = (each.float().view(-1, N_POINTS, 2) for each in (made, batch["points"]))
    is_face = batch["is_face"]
    unit = tensor_eye_distance(known).clamp(min=8 * UNIT)[:, None]
    weights = torch.ones(N_POINTS, device=made.device)
    weights[MOUTH] = MOUTH_WEIGHT
    off = ((made - known).abs().sum(dim=2) / unit * weights).mean(dim=1)
    gaps = sum(
        ((made[:, a] - made[:, b]) - (known[:, a] - known[:, b])).abs().sum(dim=1)
        for a, b in INNER_LIPS
    )
    each = off + OPENING_WEIGHT * gaps / len(INNER_LIPS) / unit[:, 0]
    points: Tensor = (each * is_face[:, 0]).sum() / is_face.sum().clamp(min=1)
    return points + FACE_WEIGHT * binary_cross_entropy_with_logits(logit.float(), is_face)


def tensor_eye_distance(points: Tensor) -> Tensor:
    """Measure the distance between the centers of the eyes: (B,)."""
    made: Tensor = (points[:, RIGHT_EYE].mean(dim=1) - points[:, LEFT_EYE].mean(dim=1)).norm(dim=1)
    return made


@torch.no_grad()
def score(network: nn.Module, examples: Split[object]) -> dict[str, float]:
    """Measure the mean error of all points and of the mouth's, in distances of the eyes."""
    faces = examples.held_out
    assert isinstance(faces, LabeledFaces)
    place = next(network.parameters()).device

    def run(crops: Floats) -> Floats:
        made: Floats = network(torch.from_numpy(crops).to(place))[0].float().cpu().numpy()
        return made

    error, mouth = measure_errors(faces, run)
    return {"error": error, "mouth": mouth}


def measure_errors(
    faces: LabeledFaces, run: Callable[[Floats], Floats], known: Points | None = None
) -> tuple[float, float]:
    """Measure the mean error of all points and of the mouth's, each face cut out by its points.

    known: which points count as right, (N, 68, 2); those by MediaPipe where none are given
    """
    known = faces.points if known is None else known
    maps = np.stack([map_of_points(points) for points in faces.points])
    crops = cut_faces(faces, maps)
    outputs = [run(normalize_crop(crops[i : i + 64])) for i in range(0, len(crops), 64)]
    return compare_points(from_output(np.concatenate(outputs)), transform(known, maps))


def cut_faces(faces: LabeledFaces, maps: Numbers) -> Pixels:
    """Cut each face out by its map: crops (N, 128, 128)."""
    return np.stack([cut_face(faces.decode(n), matrix) for n, matrix in enumerate(maps)])


def compare_points(made: Numbers, right: Numbers) -> tuple[float, float]:
    """Measure the mean distance of points (N, 68, 2) to the right ones, and of the mouth's.

    The unit is the distance of the eyes of each face.
    """
    eyes = right[:, RIGHT_EYE].mean(axis=1) - right[:, LEFT_EYE].mean(axis=1)
    off = np.linalg.norm(made - right, axis=2) / np.linalg.norm(eyes, axis=1)[:, None]
    return float(off.mean()), float(off[:, MOUTH].mean())


def export_spec() -> ExportSpec:
    """Name input and outputs of the landmark network."""
    return ExportSpec(
        inputs={"crop": ("B", 1, CROP, CROP)},
        outputs=("points", "face"),
        test_sizes=({"B": 1}, {"B": 3}),
        metadata={
            "neuropil": "lipsync",
            "licence": "research, non-commercial (YouTube Faces; GRID)",
            "data": "3,123 faces of YouTube Faces with points by MediaPipe, GRID speaker 1; card",
        },
    )
