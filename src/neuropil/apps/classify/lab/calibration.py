"""What a trained network still lacks: how sure it may be, and when it is none of the classes.

    neuropil train classify --stage calibrate --data DIR --network TRAINED.onnx -o runs/calibrated

The temperature T of the softmax makes the true classes of the 5,000 held-out pictures of CIFAR-10
most likely (Guo et al. 2017). The neurons that say *none of them* learn (`none_head.py`) from the
features of photographs of one of the ten classes and of none, and of small pictures of the ten;
how sure they may be is found by cross-validation. DIR holds `cifar10.zip` and `photos-*.zip`. Which
photograph shows what was seen by eye: the collections are sorted by what they show, so that ranges
of numbers tell it.

    N  pictures     K  classes     D  features
"""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from neuropil.apps.classify import lda, preprocess
from neuropil.apps.classify.app import CLASSIFIER, Classify, extract_features
from neuropil.apps.classify.classifier import of_network
from neuropil.apps.classify.lab import data, none_head
from neuropil.apps.classify.prediction import NONE_LABEL
from neuropil.apps.classify.preprocess import CLASSES
from neuropil.kit.errors import UserError
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.kit.networks.onnx_file import OnnxFile
from neuropil.kit.progress import track
from neuropil.training.stages import claim_file

Floats = NDArray[np.float64]

NONE, CIFAR_IMAGE = "none", "one of the ten, small"
PHOTOS = "photos-[0-9].zip"
MAX_PER_RANGE = 100  # photographs from one range, evenly spread over it
RANGES = {  # collection -> first and last number, and what these photographs show
    "caltech101": (
        *((2, 427, NONE), (630, 795, NONE), (801, 836, NONE), (839, 1518, "airplane")),
        *((1524, 2179, NONE), (2285, 2536, NONE), (2544, 2592, "dog"), (2596, 2776, NONE)),
        *((2781, 2823, "bird"), (2824, 2915, NONE), (2927, 2978, "ship"), (2980, 3084, "bird")),
        *((3118, 3341, NONE), (3425, 3499, "bird"), (3503, 3644, NONE), (3651, 3746, "ship")),
        *((3750, 4251, NONE), (4290, 4354, NONE), (4360, 4383, "bird"), (4388, 4595, NONE)),
        *((4599, 4626, "bird"), (4629, 4644, NONE), (4648, 4691, "ship"), (4698, 5330, NONE)),
        (5363, 5396, NONE),
    ),
    "inet_mini": ((0, 220, NONE), (222, 537, "bird")),
    "pacs_photo": (
        *((0, 175, "dog"), (180, 369, NONE), (370, 545, NONE), (549, 688, NONE)),
        *((691, 880, "horse"), (881, 1159, NONE), (1160, 2000, NONE)),
    ),
    "imagenette": (
        *((0, 910, NONE), (951, 1806, "dog"), (1855, 2300, NONE), (2508, 3100, NONE)),
        *((3237, 4078, NONE), (4118, 4899, NONE), (4953, 5780, "truck"), (6003, 6650, NONE)),
        *((6727, 7518, NONE), (7558, 8375, NONE), (10454, 10807, "truck")),
    ),
    "voc_bits": tuple(
        (n, n, "automobile")
        for n in (
            *(35, 41, 60, 79, 81, 88, 99, 101, 104, 111, 119, 129, 130, 132, 133, 146, 165, 193),
            *(206, 210, 215, 218, 263, 300, 302, 323, 340, 346, 360, 391, 399, 406, 409, 414, 430),
            *(468, 474, 486, 501, 516, 536, 573, 575, 613, 617, 638, 662, 667, 677, 684, 702, 753),
            *(770, 806, 817, 828),
        )
    ),
    "cats_dogs": ((0, 9999, "cat or dog"),),
    "food": ((0, 9999, NONE),),
    "clothing": ((0, 9999, NONE),),
    "houses": ((0, 9999, NONE),),
    "intel_scenes": ((0, 99999, NONE),),
    "ccp_people": ((0, 9999, NONE),),
}
SMALL = 300  # held-out pictures of CIFAR-10, of each class: small pictures are in it too


def calibrate_network(output: Path, *, data: Path, network: Path) -> Path:
    """Write a calibrated network, under the name that it has."""
    trained = read_trained(network)
    file = claim_file(output, network.name)
    calibrate(trained, data).save(file)
    return file


def read_trained(path: Path) -> OnnxNetwork:
    """Open the file of a training; raises UserError where no recipe for CIFAR-10 has made it."""
    network = Classify(networks=path).network(CLASSIFIER)
    names = [each.name for each in of_network(network).metadata.classes]
    if names != CLASSES or not tells_training(network):
        raise UserError(
            "network.mismatch",
            f"{path} was not made by a recipe of classify; name the .onnx file of a training",
            path=path,
        )
    return network


def tells_training(network: OnnxNetwork) -> bool:
    """Tell whether a file has the recipe that made it, and its scores."""
    try:
        recipe, scores = (json.loads(network.metadata[key]) for key in ("recipe", "scores"))
        return {"name", "steps", "seed"} <= recipe.keys() and "seconds" in scores
    except (KeyError, ValueError, AttributeError, TypeError):
        return False


def calibrate(network: OnnxNetwork, folder: Path) -> OnnxFile:
    """Find T and the neurons that say none of them, and put both into the file."""
    held = data.examples(folder).held_out
    logits = run_network(network, held)["logits"]
    T = 1 / lda.fit_logit_scale(logits, held.labels)
    z = (logits - logits.max(axis=1, keepdims=True)) / T
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    photos, shown = zip(*(*labeled_photos(folder), *held_out_images(held)), strict=True)
    x, groups = (
        extract_features(of_network(network), photos),
        np.array([group_of(word) for word in shown]),
    )
    unseen = none_head.cross_validate(x, groups)
    neurons = none_head.train_none_head(x, groups).scaled(none_head.fit_none_scale(unseen, groups))
    is_none = groups == none_head.OF_NONE
    scores = json.loads(network.metadata["scores"]) | {
        "held_out_accuracy": float((logits.argmax(axis=1) == held.labels).mean()),
        "held_out_calibration_error": calibration_error(p, held.labels),
        "outside_accuracy": float(((unseen > 0) == is_none).mean()),
        "outside_pictures": len(photos),
    }
    return OnnxFile(network.content).with_tensors(
        {
            "hidden.weight": neurons.hidden_weight,
            "hidden.bias": neurons.hidden_bias,
            "outside.weight": neurons.weight,
            "outside.bias": neurons.bias,
        },
        {"temperature": f"{T:.6g}", "outside": NONE_LABEL, "scores": json.dumps(scores)},
    )


def group_of(word: str) -> int:
    """Tell to which group a picture belongs by the word for what it shows."""
    if word == NONE:
        return none_head.OF_NONE
    return none_head.SMALL if word == CIFAR_IMAGE else none_head.OF_TEN


def run_network(network: OnnxNetwork, pictures: data.LabeledImages) -> dict[str, Floats]:
    """Find all outputs for pictures, each seen whole: logits (N, K), outside (N, 1), features."""
    parts = [
        network.run(picture=np.ascontiguousarray(preprocess.encode(pictures.pixels[i : i + 250])))
        for i in track(range(0, len(pictures), 250), total=len(pictures) // 250, title="held out")
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: values.astype(np.float64) for name, values in joined.items()}


def calibration_error(p: Floats, labels: NDArray[np.int64], n_bins: int = 15) -> float:
    """Measure how far confidence is from accuracy, 0 to 1 (Naeini et al. 2015).

    The mean over 15 bins of confidence (the largest p) of |share right - mean confidence|, each bin
    weighted by how many pictures are in it.
    """
    return expected_calibration_error(p.max(axis=1), p.argmax(axis=1) == labels, n_bins)


def expected_calibration_error(sure: Floats, right: NDArray[np.bool_], n_bins: int = 15) -> float:
    """Measure it for answers of whatever kind: how sure each was (N,), and whether it was right."""
    bins = np.minimum((n_bins * sure).astype(np.int64), n_bins - 1)
    gaps = [abs((right[bins == b].astype(float) - sure[bins == b]).sum()) for b in range(n_bins)]
    return float(np.sum(gaps) / len(sure))


def labeled_photos(folder: Path) -> Iterator[tuple[Image, str]]:
    """Read the photographs that RANGES tell about, and what each shows."""
    for archive, name, shows in list_photos(folder):
        with zipfile.ZipFile(archive) as files:
            yield read_from_zip(files, name), shows


def read_from_zip(files: zipfile.ZipFile, name: str) -> Image:
    """Read a photograph of an archive."""
    return Image(np.asarray(Picture.open(io.BytesIO(files.read(name))).convert("RGB")))


def list_photos(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """List the photographs to read: archive, name in it, what it shows; at most MOST of a range."""
    names = {key: where for key, where in index_archives(folder).items() if key[0] in RANGES}
    if not any(folder.glob(PHOTOS)):
        raise UserError(
            "data.missing",
            f"{folder} has no photos-0.zip, photos-1.zip, ...; the card says what is in",
            path=folder,
        )
    for source, ranges in RANGES.items():
        for first, last, shows in ranges:
            its = sorted(key for key in names if key[0] == source and first <= key[1] <= last)
            step = max(1, -(-len(its) // MAX_PER_RANGE))
            yield from ((*names[key], shows) for key in its[::step])


def index_archives(folder: Path) -> dict[tuple[str, int], tuple[Path, str]]:
    """Find all photographs by collection and number: the archive of each, and its name there."""
    found = {}
    for archive in sorted(folder.glob(PHOTOS)):
        with zipfile.ZipFile(archive) as files:
            for path in map(Path, files.namelist()):
                if path.stem.isdecimal():
                    found[path.parent.name, int(path.stem)] = archive, path.as_posix()
    return found


def held_out_images(held: data.LabeledImages) -> Iterator[tuple[Image, str]]:
    """Take held-out pictures of every class; of deer and frogs there are no photographs."""
    for k in range(len(CLASSES)):
        for i in np.flatnonzero(held.labels == k)[:SMALL]:
            yield Image(held.pixels[i]), CIFAR_IMAGE
